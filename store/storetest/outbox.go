package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tmk/consult"
)

var outboxLaws = []law{
	{"a webhook gets what it asked for", wantedEvents},
	{"a webhook has only so much on its way", capPerWebhook},
	{"a bound for all claimers together", capForAll},
	{"every attempt is logged", attemptsAreLogged},
	{"the log of one delivery is bounded", boundedLog},
	{"the list of deliveries", deliveryList},
	{"what waits dies with its webhook", waitingDie},
	{"a dead webhook's worker comes too late", tooLateForTheDead},
	{"an event comes while its webhook dies", eventWhileItDies},
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
	for round := range 20 { // in each the leases of the last have run out
		claimed := make([]int, writers)
		together(t, func(ctx context.Context, w int) error {
			list, err := s.ClaimDeliveries(ctx, morning.Add(time.Duration(round)*time.Minute), time.Minute, 4, 5)
			claimed[w] = len(list)
			return err
		})
		sum := 0
		for _, n := range claimed {
			sum += n
		}
		if sum != 5 {
			t.Fatalf("claimed %v in round %d, %d together, want 5", claimed, round, sum)
		}
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
	want(t, "its log stays", eventsOf(deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_1"})), []string{"evt_a4", "evt_a3", "evt_b1", "evt_a2", "evt_a1"})
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

// An event is added while its webhook answers 410 to another: wherever the two
// transactions meet, nothing is left waiting for a webhook that is off.
func eventWhileItDies(t *testing.T, s consult.Store) {
	a, b := setScene(t, s, "a"), setScene(t, s, "b")
	setWebhook(t, s, "wh_1")
	tell(t, s, a, "a1", 0)
	claim(t, s, morning, 1)
	gone := claimOf(t, s, "evt_a1", "wh_1", morning)
	settled := make(chan error, 1)
	runs := 0
	update(t, s, func(tx consult.Tx) error {
		if err := tx.AddEvent(newEvent(b, "b1", 1)); err != nil {
			return err
		}
		if runs++; runs > 1 {
			return nil
		}
		done := make(chan struct{})
		go func() {
			settled <- s.SettleDelivery(ctxOf(t), gone, consult.Outcome{DisableWebhook: true, Status: 410, At: morning})
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(100 * time.Millisecond): // it waits for this one to end
		}
		return nil
	})
	if err := <-settled; err != nil {
		t.Fatal(err)
	}
	if w := read(t, s, func(tx consult.Tx) (*consult.Webhook, error) { return tx.Webhook("wh_1") }); w.DisabledReason != consult.DisabledGone {
		t.Errorf("the webhook is %+v", w)
	}
	for _, d := range deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_1", State: consult.DeliveryPending}) {
		t.Errorf("%s waits", d.Event.ID)
	}
}
