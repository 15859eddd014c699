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

var resendLaws = []law{
	{"sent again", sentAgain},
	{"sent again while another is on its way", sentAgainUnderALease},
	{"all dead sent again", deadSentAgain},
	{"what happens while a webhook is disabled can be sent again", sentWhenEnabled},
	{"everything at once", everythingAtOnce},
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

func sentWhenEnabled(t *testing.T, s consult.Store) {
	a, b := setScene(t, s, "a"), setScene(t, s, "b")
	setWebhook(t, s, "wh_1")
	add(t, s, consult.Tx.AddWebhook, &consult.Webhook{
		ID: "wh_some", Integration: "lk", CreatedAt: morning, DisabledAt: morning, Events: []consult.EventType{consult.SessionRated},
	})
	tell(t, s, a, "a1", 0)
	claim(t, s, morning, 1)
	settle(t, s, "evt_a1", "wh_1", delivered)
	disable(t, s, "wh_1", morning)
	tell(t, s, a, "a2", time.Minute)
	tell(t, s, b, "b1", 2*time.Minute) // of a session that it has heard nothing of
	tell(t, s, b, "b2", 3*time.Minute)
	later := morning.Add(time.Hour)
	want(t, "nothing goes out", claim(t, s, later, 10), []string{})
	dead := deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_1", State: consult.DeliveryDead})
	want(t, "what happened is kept", eventsOf(dead), []string{"evt_b2", "evt_b1", "evt_a2"})
	for _, d := range dead {
		if !d.DeadAt.Equal(d.Event.CreatedAt) || d.Attempts != 0 {
			t.Errorf("%s is dead since %v after %d attempts", d.Event.ID, d.DeadAt, d.Attempts)
		}
		want(t, "its log", d.Log, []consult.Attempt{{At: d.Event.CreatedAt, Error: "the webhook is disabled"}})
	}
	want(t, "what a webhook does not want is not", eventsOf(deliveries(t, s, consult.DeliveryQuery{Webhook: "wh_some"})), []string{})
	enable(t, s, "wh_1")
	want(t, "on again, it waits to be asked for", claim(t, s, later, 10), []string{})
	if err := requeue(t, s, "evt_b2", later); err != nil { // into a queue that never was
		t.Fatal(err)
	}
	want(t, "one by one", claim(t, s, later, 10), []string{"evt_b2>wh_1"})
	settle(t, s, "evt_b2", "wh_1", deliveredAt(later))
	update(t, s, func(tx consult.Tx) error {
		n, err := tx.RequeueDead("wh_1", time.Time{}, later)
		if err == nil && n != 2 {
			t.Errorf("%d queued", n)
		}
		return err
	})
	want(t, "or all, in order", claim(t, s, later, 10), []string{"evt_a2>wh_1", "evt_b1>wh_1"})
	settle(t, s, "evt_a2", "wh_1", deliveredAt(later))
	settle(t, s, "evt_b1", "wh_1", deliveredAt(later))
	tell(t, s, b, "b3", 4*time.Minute)
	want(t, "and what comes follows", claim(t, s, later, 10), []string{"evt_b3>wh_1"})
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
