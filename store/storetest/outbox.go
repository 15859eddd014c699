package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tmk/consult"
)

var outboxLaws = []law{
	{"a webhook gets what it asked for", wantedEvents},
	{"a webhook has only so much on its way", capPerWebhook},
	{"a bound for all claimers together", capForAll},
	{"every attempt is logged", attemptsAreLogged},
	{"the log of one delivery is bounded", boundedLog},
	{"the list of deliveries", deliveryList},
	{"sent again", sentAgain},
	{"sent again while another is on its way", sentAgainUnderALease},
	{"all dead sent again", deadSentAgain},
	{"what waits dies with its webhook", waitingDie},
	{"a dead webhook's worker comes too late", tooLateForTheDead},
	{"everything at once", everythingAtOnce},
}

func wantedEvents(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	add(t, s, consult.Tx.AddWebhook, &consult.Webhook{ID: "wh_all", Integration: "lk", CreatedAt: morning})
	add(t, s, consult.Tx.AddWebhook, &consult.Webhook{
		ID: "wh_some", Integration: "lk", CreatedAt: morning, Events: []consult.EventType{consult.MessageCreated, consult.SessionCreated},
	})
	for i, of := range []consult.EventType{consult.SessionStatusChanged, consult.SessionCreated, consult.ParticipantJoined, consult.MessageCreated} {
		e := newEvent(sc, fmt.Sprint(i), int64(i+1))
		e.Type = of
		add(t, s, consult.Tx.AddEvent, e)
	}
	events := func(id consult.WebhookID) []string {
		return eventsOf(deliveries(t, s, consult.DeliveryQuery{Webhook: id}))
	}
	want(t, "all", events("wh_all"), []string{"evt_3", "evt_2", "evt_1", "evt_0"})
	want(t, "some", events("wh_some"), []string{"evt_3", "evt_1"})
	want(t, "claimed", claim(t, s, morning, 10), []string{"evt_0>wh_all", "evt_1>wh_some"})
	settle(t, s, "evt_1", "wh_some", delivered)
	want(t, "and then", claim(t, s, morning, 10), []string{"evt_3>wh_some"})
}

func deliveries(t *testing.T, s consult.Store, q consult.DeliveryQuery) []*consult.Delivery {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	return read(t, s, func(tx consult.Tx) ([]*consult.Delivery, error) { return tx.Deliveries(q) })
}

func eventsOf(list []*consult.Delivery) []string {
	return ids(list, func(d *consult.Delivery) consult.EventID { return d.Event.ID })
}

func capPerWebhook(t *testing.T, s consult.Store) {
	setWebhook(t, s, "wh_1")
	setWebhook(t, s, "wh_2")
	for i := range 5 {
		tell(t, s, setScene(t, s, fmt.Sprint(i)), fmt.Sprint(i), time.Duration(i)*time.Second)
	}
	now := morning.Add(time.Hour)
	atMost := func(at time.Time, limit, perWebhook int) []string {
		list, err := s.ClaimDeliveries(ctxOf(t), at, time.Minute, limit, perWebhook)
		if err != nil {
			t.Fatal(err)
		}
		return names(list)
	}
	want(t, "two each", atMost(now, 100, 2), []string{"evt_0>wh_1", "evt_0>wh_2", "evt_1>wh_1", "evt_1>wh_2"})
	want(t, "no more while they are on their way", atMost(now, 100, 2), []string{})
	want(t, "for somebody who may have three", atMost(now, 100, 3), []string{"evt_2>wh_1", "evt_2>wh_2"})
	settle(t, s, "evt_0", "wh_1", deliveredAt(now))
	want(t, "still two on their way", atMost(now, 100, 2), []string{})
	settle(t, s, "evt_1", "wh_1", deliveredAt(now))
	want(t, "one more for the first", atMost(now, 100, 2), []string{"evt_3>wh_1"})
	want(t, "leases that ran out do not count", atMost(now.Add(time.Minute), 3, 2), []string{"evt_0>wh_2", "evt_1>wh_2", "evt_2>wh_1"})
	_, err := s.ClaimDeliveries(ctxOf(t), now, time.Minute, 10, 0)
	wantCode(t, consult.CodeInvalid, "none at all", err)
}

// Many claim at once: together they do not get more than one may have.
func capForAll(t *testing.T, s consult.Store) {
	setWebhook(t, s, "wh_1")
	for i := range 20 {
		tell(t, s, setScene(t, s, fmt.Sprint(i)), fmt.Sprint(i), 0)
	}
	claimed := make([]int, writers)
	together(t, func(ctx context.Context, w int) error {
		list, err := s.ClaimDeliveries(ctx, morning, time.Minute, 4, 5)
		claimed[w] = len(list)
		return err
	})
	sum := 0
	for _, n := range claimed {
		sum += n
	}
	if sum != 5 {
		t.Errorf("claimed %v, %d together, want 5", claimed, sum)
	}
}

func attemptsAreLogged(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	w := setWebhook(t, s, "wh_1")
	e := tell(t, s, sc, "1", 0)
	claim(t, s, morning, 1)
	later := morning.Add(time.Minute)
	settle(t, s, "evt_1", "wh_1", consult.Outcome{RetryAt: later, Status: 503, Error: "503 Service Unavailable", At: morning, Took: 1500 * time.Millisecond})
	claim(t, s, later, 1)
	settle(t, s, "evt_1", "wh_1", consult.Outcome{Delivered: true, Status: 204, At: later, Took: 7})
	d := deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_1"})[0]
	wanted := &consult.Delivery{
		ID: d.ID, Event: *e, Webhook: *w, Attempts: 2, NextAt: later, DeliveredAt: later,
		Log: []consult.Attempt{
			{At: morning, Took: 1500 * time.Millisecond, Status: 503, Error: "503 Service Unavailable"},
			{At: later, Took: 7, Status: 204},
		},
	}
	want(t, "in the list", d, wanted)
	byID := func(id consult.DeliveryID) func(tx consult.Tx) (*consult.Delivery, error) {
		return func(tx consult.Tx) (*consult.Delivery, error) { return tx.Delivery(id) }
	}
	want(t, "alone", read(t, s, byID(d.ID)), wanted)
	missing(t, s, "no such delivery", byID("d_none"))
}

func boundedLog(t *testing.T, s consult.Store) {
	const kept = 50
	setWebhook(t, s, "wh_1")
	tell(t, s, setScene(t, s, "a"), "1", 0)
	for i := range kept + 3 {
		claim(t, s, morning, 1)
		settle(t, s, "evt_1", "wh_1", consult.Outcome{RetryAt: morning, Status: 500 + i, At: morning})
	}
	d := deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_1"})[0]
	if d.Attempts != kept+3 || len(d.Log) != kept || d.Log[0].Status != 503 || d.Log[kept-1].Status != 500+kept+2 {
		t.Errorf("%d attempts, %d logged, want %d and the last %d", d.Attempts, len(d.Log), kept+3, kept)
	}
	disable(t, s, "wh_1", morning)
	d = deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_1"})[0]
	if len(d.Log) != kept || d.Log[0].Status != 504 || d.Log[kept-1].Error == "" {
		t.Errorf("%d logged after its death, want %d", len(d.Log), kept)
	}
}

// disable turns a webhook off by hand.
func disable(t *testing.T, s consult.Store, id consult.WebhookID, at time.Time) {
	t.Helper()
	changeWebhook(t, s, id, func(w *consult.Webhook) { w.DisabledAt, w.DisabledReason = at, consult.DisabledByHand })
}

func enable(t *testing.T, s consult.Store, id consult.WebhookID) {
	t.Helper()
	changeWebhook(t, s, id, func(w *consult.Webhook) { w.DisabledAt, w.DisabledReason = time.Time{}, "" })
}

func changeWebhook(t *testing.T, s consult.Store, id consult.WebhookID, change func(*consult.Webhook)) {
	t.Helper()
	update(t, s, func(tx consult.Tx) error {
		w, err := tx.Webhook(id)
		if err != nil {
			return err
		}
		change(w)
		return tx.SaveWebhook(w)
	})
}

func deliveryList(t *testing.T, s consult.Store) {
	a, b := setScene(t, s, "a"), setScene(t, s, "b")
	setWebhook(t, s, "wh_1")
	setWebhook(t, s, "wh_2")
	tell(t, s, a, "a1", time.Hour) // the order of writing rules, not the time
	tell(t, s, b, "b1", 0)
	tell(t, s, a, "a2", 0)
	tell(t, s, b, "b2", 0)
	now := morning.Add(time.Hour)
	claim(t, s, now, 10)
	settle(t, s, "evt_a1", "wh_1", deliveredAt(now))
	settle(t, s, "evt_b1", "wh_1", consult.Outcome{Status: 400, At: now})
	q := consult.DeliveryQuery{Webhook: "wh_1"}
	list := deliveries(t, s, q)
	want(t, "all, the newest first", eventsOf(list), []string{"evt_b2", "evt_a2", "evt_b1", "evt_a1"})
	for i, state := range []consult.DeliveryState{consult.DeliveryPending, consult.DeliveryPending, consult.DeliveryDead, consult.DeliveryDelivered} {
		if list[i].State() != state {
			t.Errorf("%s is %s, want %s", list[i].Event.ID, list[i].State(), state)
		}
	}
	of := func(change func(*consult.DeliveryQuery)) []string {
		q := q
		change(&q)
		return eventsOf(deliveries(t, s, q))
	}
	want(t, "pending", of(func(q *consult.DeliveryQuery) { q.State = consult.DeliveryPending }), []string{"evt_b2", "evt_a2"})
	want(t, "delivered", of(func(q *consult.DeliveryQuery) { q.State = consult.DeliveryDelivered }), []string{"evt_a1"})
	want(t, "dead", of(func(q *consult.DeliveryQuery) { q.State = consult.DeliveryDead }), []string{"evt_b1"})
	want(t, "of one", of(func(q *consult.DeliveryQuery) { q.ConsultationID = a.c.ID }), []string{"evt_a2", "evt_a1"})
	want(t, "of one, pending", of(func(q *consult.DeliveryQuery) { q.ConsultationID, q.State = a.c.ID, consult.DeliveryPending }), []string{"evt_a2"})
	want(t, "a page", of(func(q *consult.DeliveryQuery) { q.Limit = 2 }), []string{"evt_b2", "evt_a2"})
	want(t, "the next", of(func(q *consult.DeliveryQuery) { q.Limit, q.After = 2, list[1].ID }), []string{"evt_b1", "evt_a1"})
	want(t, "behind the last", of(func(q *consult.DeliveryQuery) { q.After = list[3].ID }), []string{})
	for name, wrong := range map[string]consult.DeliveryQuery{
		"of no webhook":           {Webhook: "wh_none", Limit: 1},
		"behind none":             {Webhook: "wh_1", Limit: 1, After: "d_none"},
		"behind another webhooks": {Webhook: "wh_2", Limit: 1, After: list[0].ID},
	} {
		missing(t, s, name, func(tx consult.Tx) ([]*consult.Delivery, error) { return tx.Deliveries(wrong) })
	}
	err := s.View(ctxOf(t), func(tx consult.Tx) error {
		_, err := tx.Deliveries(consult.DeliveryQuery{Webhook: "wh_1", Limit: 1, State: "lost"})
		return err
	})
	wantCode(t, consult.CodeInvalid, "an unknown state", err)
}

// requeue sends the delivery of an event again.
func requeue(t *testing.T, s consult.Store, event consult.EventID, at time.Time) error {
	t.Helper()
	d := claimOf(t, s, event, "wh_1", at)
	return s.Update(ctxOf(t), func(tx consult.Tx) error { return tx.Requeue(d.ID, at) })
}

func sentAgain(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	setWebhook(t, s, "wh_1")
	for _, name := range []string{"1", "2", "3", "4"} {
		tell(t, s, sc, name, 0)
	}
	wantCode(t, consult.CodeConflict, "what waits", requeue(t, s, "evt_1", morning))
	claim(t, s, morning, 1)
	wantCode(t, consult.CodeConflict, "what is on its way", requeue(t, s, "evt_1", morning))
	settle(t, s, "evt_1", "wh_1", delivered)
	claim(t, s, morning, 1)
	settle(t, s, "evt_2", "wh_1", consult.Outcome{Status: 400, At: morning})
	later := morning.Add(time.Hour)
	for _, id := range []consult.EventID{"evt_2", "evt_1"} { // one dead, one delivered
		if err := requeue(t, s, id, later); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "not before its time", claim(t, s, later.Add(-time.Microsecond), 10), []string{})
	for _, id := range []consult.EventID{"evt_1", "evt_2", "evt_3", "evt_4"} {
		want(t, "in the old order", claim(t, s, later, 10), []string{string(id) + ">wh_1"})
		settle(t, s, id, "wh_1", deliveredAt(later))
	}
	again := claimOf(t, s, "evt_2", "wh_1", later)
	if again.Attempts != 1 || len(again.Log) != 2 || !again.DeadAt.IsZero() {
		t.Errorf("%+v, want one attempt anew, and two in the log", again)
	}
	if err := requeue(t, s, "evt_3", later); err != nil { // into an empty queue
		t.Fatal(err)
	}
	tell(t, s, sc, "5", 0)
	want(t, "alone", claim(t, s, later, 10), []string{"evt_3>wh_1"})
	disable(t, s, "wh_1", later)
	wantCode(t, consult.CodeConflict, "of a disabled webhook", requeue(t, s, "evt_1", later))
	refused(t, s, consult.CodeNotFound, "no such delivery", func(tx consult.Tx) error { return tx.Requeue("d_none", later) })
}

// An earlier one is put in front of one that somebody is just delivering:
// each settles by itself, and nothing comes before its turn.
func sentAgainUnderALease(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	setWebhook(t, s, "wh_1")
	for _, name := range []string{"1", "2", "3"} {
		tell(t, s, sc, name, 0)
	}
	claim(t, s, morning, 1)
	settle(t, s, "evt_1", "wh_1", delivered)
	want(t, "on its way", claim(t, s, morning, 1), []string{"evt_2>wh_1"})
	if err := requeue(t, s, "evt_1", morning); err != nil {
		t.Fatal(err)
	}
	want(t, "the queue is leased", claim(t, s, morning, 1), []string{})
	settle(t, s, "evt_2", "wh_1", consult.Outcome{RetryAt: morning.Add(time.Hour), Status: 500, At: morning})
	want(t, "the first, at once", claim(t, s, morning, 1), []string{"evt_1>wh_1"})
	settle(t, s, "evt_1", "wh_1", delivered)
	want(t, "the second still waits its time", claim(t, s, morning.Add(time.Minute), 1), []string{})
	want(t, "then it comes", claim(t, s, morning.Add(time.Hour), 1), []string{"evt_2>wh_1"})
	// The lease runs out, the first comes in front, and somebody takes that: the late one changes nothing.
	if err := requeue(t, s, "evt_1", morning); err != nil {
		t.Fatal(err)
	}
	later := morning.Add(2 * time.Hour)
	want(t, "the first again", claim(t, s, later, 1), []string{"evt_1>wh_1"})
	late := claimOf(t, s, "evt_2", "wh_1", morning.Add(time.Hour))
	if err := s.SettleDelivery(ctxOf(t), late, deliveredAt(later)); err != nil {
		t.Fatal(err)
	}
	want(t, "leased still", claim(t, s, later, 1), []string{})
	settle(t, s, "evt_1", "wh_1", deliveredAt(later))
	want(t, "the second once more", claim(t, s, later, 1), []string{"evt_2>wh_1"})
}

func deadSentAgain(t *testing.T, s consult.Store) {
	a, b := setScene(t, s, "a"), setScene(t, s, "b")
	setWebhook(t, s, "wh_1")
	setWebhook(t, s, "wh_2")
	for i, name := range []string{"a1", "a2", "a3"} {
		tell(t, s, a, name, time.Duration(i)*time.Minute)
	}
	tell(t, s, b, "b1", time.Minute)
	now := morning.Add(time.Hour)
	dead := consult.Outcome{Status: 400, At: now}
	claim(t, s, now, 10)
	for _, w := range []consult.WebhookID{"wh_1", "wh_2"} {
		settle(t, s, "evt_a1", w, dead)
		settle(t, s, "evt_b1", w, dead)
	}
	claim(t, s, now, 10)
	settle(t, s, "evt_a2", "wh_1", dead)
	settle(t, s, "evt_a2", "wh_2", deliveredAt(now))
	again := func(since time.Time) (n int) {
		update(t, s, func(tx consult.Tx) (err error) {
			n, err = tx.RequeueDead("wh_1", since, now)
			return err
		})
		return n
	}
	if n := again(morning.Add(time.Minute)); n != 2 {
		t.Errorf("%d sent again, want a2 and b1", n)
	}
	if n := again(morning.Add(time.Minute)); n != 0 {
		t.Errorf("%d sent again the second time", n)
	}
	want(t, "in order, and nobody else's", claim(t, s, now, 10), []string{"evt_a2>wh_1", "evt_b1>wh_1", "evt_a3>wh_2"})
	settle(t, s, "evt_a2", "wh_1", deliveredAt(now))
	if n := again(time.Time{}); n != 1 {
		t.Errorf("%d sent again, want a1", n)
	}
	want(t, "the first before what never was sent", claim(t, s, now, 10), []string{"evt_a1>wh_1"})
	settle(t, s, "evt_a1", "wh_1", deliveredAt(now))
	want(t, "then that", claim(t, s, now, 10), []string{"evt_a3>wh_1"})
	disable(t, s, "wh_1", now)
	for id, code := range map[consult.WebhookID]consult.Code{"wh_1": consult.CodeConflict, "wh_none": consult.CodeNotFound} {
		refused(t, s, code, string(id), func(tx consult.Tx) error {
			_, err := tx.RequeueDead(id, time.Time{}, now)
			return err
		})
	}
}

func waitingDie(t *testing.T, s consult.Store) {
	a, b := setScene(t, s, "a"), setScene(t, s, "b")
	setWebhook(t, s, "wh_1")
	setWebhook(t, s, "wh_2")
	tell(t, s, a, "a1", 0)
	tell(t, s, a, "a2", 0)
	tell(t, s, b, "b1", 0)
	claim(t, s, morning, 1)
	off := morning.Add(time.Minute)
	disable(t, s, "wh_1", off)
	want(t, "the other's go on", claim(t, s, off, 10), []string{"evt_a1>wh_2", "evt_b1>wh_2"})
	for _, d := range deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_1"}) {
		if d.State() != consult.DeliveryDead || !d.DeadAt.Equal(off) || d.Attempts != 0 {
			t.Errorf("%s is %s since %v after %d attempts", d.Event.ID, d.State(), d.DeadAt, d.Attempts)
		}
		want(t, "its log", d.Log, []consult.Attempt{{At: off, Error: "the webhook is disabled"}})
	}
	tell(t, s, a, "a3", 0)
	enable(t, s, "wh_1")
	want(t, "on again, it begins afresh", claim(t, s, off.Add(time.Hour), 10), []string{"evt_a1>wh_2", "evt_b1>wh_2"})
	tell(t, s, a, "a4", 0)
	want(t, "with what comes", claim(t, s, off, 10), []string{"evt_a4>wh_1"})
	changeWebhook(t, s, "wh_1", func(w *consult.Webhook) { w.DeletedAt = off })
	tell(t, s, a, "a5", 0)
	want(t, "deleted", claim(t, s, off.Add(2*time.Hour), 10), []string{"evt_a1>wh_2", "evt_b1>wh_2"})
	want(t, "its log stays", eventsOf(deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_1"})), []string{"evt_a4", "evt_b1", "evt_a2", "evt_a1"})
}

func tooLateForTheDead(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	setWebhook(t, s, "wh_1")
	tell(t, s, sc, "1", 0)
	claim(t, s, morning, 1)
	disable(t, s, "wh_1", morning)
	settle(t, s, "evt_1", "wh_1", delivered)
	if d := claimOf(t, s, "evt_1", "wh_1", morning); d.State() != consult.DeliveryDead || len(d.Log) != 1 {
		t.Errorf("it is %s, with %d in the log", d.State(), len(d.Log))
	}
	enable(t, s, "wh_1")
	if err := requeue(t, s, "evt_1", morning); err != nil {
		t.Fatal(err)
	}
	settle(t, s, "evt_1", "wh_1", delivered) // with the lease of before
	want(t, "it waits for its own", claim(t, s, morning, 1), []string{"evt_1>wh_1"})
}

// everythingAtOnce lets events come, workers deliver and fail, somebody send
// again, and somebody turn a webhook off and on. In the end every delivery that waits is made,
// one after another within its queue (the store's own test looks into the queues as well).
func everythingAtOnce(t *testing.T, s consult.Store) {
	const scenes, perScene = 4, 8
	setWebhook(t, s, "wh_1")
	setWebhook(t, s, "wh_off")
	group, ctx := errgroup.WithContext(ctxOf(t))
	for i := range scenes {
		sc := setScene(t, s, fmt.Sprint(i))
		group.Go(func() error {
			for j := range perScene {
				if _, err := tellIn(ctx, s, sc, fmt.Sprintf("%d_%d", i, j), 0); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for w := range 2 {
		group.Go(func() error {
			for range 30 {
				if err := deliverSome(ctx, s, w == 0); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		for range 20 {
			if err := resendSome(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		for i := range 6 {
			if err := s.Update(ctx, func(tx consult.Tx) error {
				w, err := tx.Webhook("wh_off")
				if err != nil {
					return err
				}
				if w.DisabledAt = morning; i%2 == 1 {
					w.DisabledAt = time.Time{}
				}
				return tx.SaveWebhook(w)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	last := map[string]int64{}
	for {
		list, err := s.ClaimDeliveries(ctxOf(t), morning, time.Minute, 100, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, d := range list {
			if q := queue(d); d.Event.Sequence <= last[q] {
				t.Errorf("%s: %d after %d", q, d.Event.Sequence, last[q])
			} else {
				last[q] = d.Event.Sequence
			}
			if err := s.SettleDelivery(ctxOf(t), &d, delivered); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, id := range []consult.WebhookID{"wh_1", "wh_off"} {
		for _, d := range deliveries(t, s, consult.DeliveryQuery{Webhook: id, State: consult.DeliveryPending}) {
			t.Errorf("%s waits for %s, and nobody gets it", d.Event.ID, id)
		}
	}
	if n := len(deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_1"})); n != scenes*perScene {
		t.Errorf("%d deliveries, want %d", n, scenes*perScene)
	}
}

func deliverSome(ctx context.Context, s consult.Store, well bool) error {
	list, err := s.ClaimDeliveries(ctx, morning, time.Minute, 3, 3)
	if err != nil {
		return err
	}
	for i, d := range list {
		o := delivered
		switch {
		case !well && i%3 == 0:
			o = consult.Outcome{Status: 400, At: morning}
		case !well && i%3 == 1:
			o = consult.Outcome{RetryAt: morning, Status: 500, At: morning}
		}
		if err := s.SettleDelivery(ctx, &d, o); err != nil {
			return err
		}
	}
	return nil
}

// resendSome sends one delivery and all dead ones of a webhook again.
func resendSome(ctx context.Context, s consult.Store) error {
	return s.Update(ctx, func(tx consult.Tx) error {
		if _, err := tx.RequeueDead("wh_1", time.Time{}, morning); err != nil {
			return err
		}
		list, err := tx.Deliveries(consult.DeliveryQuery{Webhook: "wh_1", State: consult.DeliveryDelivered, Limit: 3})
		if err != nil || len(list) == 0 {
			return err
		}
		err = tx.Requeue(list[len(list)-1].ID, morning)
		var known *consult.Error
		if errors.As(err, &known) && known.Code == consult.CodeConflict {
			return nil
		}
		return err
	})
}
