package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tmk/consult"
)

var deliveryLaws = []law{
	{"an event goes to its integration's live webhooks", fanOut},
	{"one at a time and in order", oneAtATime},
	{"a lease keeps others away", leases},
	{"a retry waits", retries},
	{"the dead let others pass", theDeadLetPass},
	{"a disabled webhook gets nothing", disabledGetNothing},
	{"settling", settling},
	{"workers share", workersShare},
}

// claim gives the claimed as "event>webhook".
func claim(t *testing.T, s consult.Store, now time.Time, limit int) []string {
	t.Helper()
	list, err := s.ClaimDeliveries(ctxOf(t), now, time.Minute, limit, 1000)
	if err != nil {
		t.Fatalf("ClaimDeliveries: %v", err)
	}
	return names(list)
}

func names(list []consult.Delivery) []string {
	out := make([]string, len(list))
	for i, d := range list {
		out[i] = string(d.Event.ID + ">" + consult.EventID(d.Webhook.ID))
	}
	return out
}

// settle settles by the claim that claim made at the outcome's time.
func settle(t *testing.T, s consult.Store, event consult.EventID, webhook consult.WebhookID, o consult.Outcome) {
	t.Helper()
	if err := s.SettleDelivery(ctxOf(t), claimOf(t, s, event, webhook, o.At), o); err != nil {
		t.Fatalf("SettleDelivery: %v", err)
	}
}

// claimOf is the delivery of an event to a webhook as claim claimed it at a time.
func claimOf(t *testing.T, s consult.Store, event consult.EventID, webhook consult.WebhookID, at time.Time) *consult.Delivery {
	t.Helper()
	list := read(t, s, func(tx consult.Tx) ([]*consult.Delivery, error) {
		return tx.Deliveries(consult.DeliveryQuery{Webhook: webhook, Limit: 1000})
	})
	i := slices.IndexFunc(list, func(d *consult.Delivery) bool { return d.Event.ID == event })
	if i < 0 {
		t.Fatalf("%s has no delivery of %s", webhook, event)
	}
	list[i].LeaseUntil = at.Add(time.Minute)
	return list[i]
}

var delivered = deliveredAt(morning)

func deliveredAt(at time.Time) consult.Outcome {
	return consult.Outcome{Delivered: true, Status: 200, At: at}
}

func setWebhook(t *testing.T, s consult.Store, id consult.WebhookID) *consult.Webhook {
	t.Helper()
	w := &consult.Webhook{ID: id, Integration: "lk", URL: "https://lk.example", Secrets: []consult.WebhookSecret{{Value: "whsec_x"}}, CreatedAt: morning}
	add(t, s, consult.Tx.AddWebhook, w)
	return w
}

// tell adds an event at morning + after, numbered by the store.
func tell(t *testing.T, s consult.Store, sc scene, name string, after time.Duration) *consult.Event {
	t.Helper()
	e, err := tellIn(ctxOf(t), s, sc, name, after)
	if err != nil {
		t.Fatalf("tell: %v", err)
	}
	return e
}

func tellIn(ctx context.Context, s consult.Store, sc scene, name string, after time.Duration) (*consult.Event, error) {
	e := newEvent(sc, name, 0)
	e.CreatedAt = morning.Add(after)
	return e, s.Update(ctx, func(tx consult.Tx) (err error) {
		if e.Sequence, err = tx.NextEventSeq(sc.c.ID); err != nil {
			return err
		}
		return tx.AddEvent(e)
	})
}

func fanOut(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	w := setWebhook(t, s, "wh_1")
	setWebhook(t, s, "wh_2")
	off := setWebhook(t, s, "wh_off")
	off.DisabledAt = morning
	add(t, s, consult.Tx.SaveWebhook, off)
	add(t, s, consult.Tx.AddWebhook, &consult.Webhook{ID: "wh_other", Integration: "other", CreatedAt: morning})
	e := tell(t, s, sc, "1", 0)
	setWebhook(t, s, "wh_late") // hears of what comes, not of what was
	want(t, "before its time", claim(t, s, morning.Add(-time.Microsecond), 10), []string{})

	list, err := s.ClaimDeliveries(ctxOf(t), morning, time.Minute, 10, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[1].Webhook.ID != "wh_2" {
		t.Fatalf("claimed %+v, want two", list)
	}
	if list[0].ID == "" || list[0].ID == list[1].ID {
		t.Errorf("ids %q and %q", list[0].ID, list[1].ID)
	}
	want(t, "whole", list[0], consult.Delivery{
		ID: list[0].ID, Event: *e, Webhook: *w, NextAt: morning, LeaseUntil: morning.Add(time.Minute),
	})
	tell(t, s, setScene(t, s, "b"), "2", 0)
	want(t, "the next event", claim(t, s, morning, 10), []string{"evt_2>wh_1", "evt_2>wh_2", "evt_2>wh_late"})
}

func oneAtATime(t *testing.T, s consult.Store) {
	a, b := setScene(t, s, "a"), setScene(t, s, "b")
	setWebhook(t, s, "wh_1")
	tell(t, s, b, "b1", time.Second)
	tell(t, s, a, "a1", 2*time.Second)
	tell(t, s, b, "b2", 3*time.Second)
	tell(t, s, a, "a2", 0) // a clock that went back: the number rules
	now := morning.Add(time.Hour)
	want(t, "the oldest", claim(t, s, now, 1), []string{"evt_b1>wh_1"})
	want(t, "the oldest of the other", claim(t, s, now, 10), []string{"evt_a1>wh_1"})
	want(t, "nothing while they are on their way", claim(t, s, now, 10), []string{})
	settle(t, s, "evt_b1", "wh_1", deliveredAt(now))
	settle(t, s, "evt_a1", "wh_1", deliveredAt(now))
	want(t, "no more than asked for", claim(t, s, now, 1), []string{"evt_a2>wh_1"})
	want(t, "the rest", claim(t, s, now, 1), []string{"evt_b2>wh_1"})
	settle(t, s, "evt_a2", "wh_1", deliveredAt(now))
	settle(t, s, "evt_b2", "wh_1", deliveredAt(now))
	want(t, "all done", claim(t, s, now.Add(time.Hour), 10), []string{})
}

func leases(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	setWebhook(t, s, "wh_1")
	tell(t, s, sc, "1", 0)
	want(t, "claimed", claim(t, s, morning, 10), []string{"evt_1>wh_1"})
	want(t, "leased", claim(t, s, morning.Add(time.Minute-time.Microsecond), 10), []string{})
	want(t, "the lease ran out", claim(t, s, morning.Add(time.Minute), 10), []string{"evt_1>wh_1"})
}

func retries(t *testing.T, s consult.Store) {
	a, b := setScene(t, s, "a"), setScene(t, s, "b")
	setWebhook(t, s, "wh_1")
	setWebhook(t, s, "wh_2")
	tell(t, s, a, "a1", 0)
	tell(t, s, a, "a2", 0)
	tell(t, s, b, "b1", time.Second)
	want(t, "first", claim(t, s, morning, 10), []string{"evt_a1>wh_1", "evt_a1>wh_2"})
	later := morning.Add(5 * time.Second)
	settle(t, s, "evt_a1", "wh_1", consult.Outcome{RetryAt: later, Status: 503, Error: "503", At: morning})
	settle(t, s, "evt_a1", "wh_2", delivered)
	want(t, "its successor waits, everybody else does not", claim(t, s, later.Add(-time.Microsecond), 10),
		[]string{"evt_a2>wh_2", "evt_b1>wh_1", "evt_b1>wh_2"})
	list, err := s.ClaimDeliveries(ctxOf(t), later, time.Minute, 10, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Event.ID != "evt_a1" || list[0].Attempts != 1 || !list[0].NextAt.Equal(later) {
		t.Errorf("claimed %+v, want evt_a1 after one attempt, due at %v", list, later)
	}
}

func theDeadLetPass(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	setWebhook(t, s, "wh_1")
	tell(t, s, sc, "1", 0)
	tell(t, s, sc, "2", 0)
	want(t, "first", claim(t, s, morning, 10), []string{"evt_1>wh_1"})
	settle(t, s, "evt_1", "wh_1", consult.Outcome{Status: 400, Error: "400", At: morning})
	want(t, "then", claim(t, s, morning, 10), []string{"evt_2>wh_1"})
	want(t, "the dead stays dead", claim(t, s, morning.Add(time.Hour), 10), []string{"evt_2>wh_1"})
}

func disabledGetNothing(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	w := setWebhook(t, s, "wh_1")
	setWebhook(t, s, "wh_2")
	tell(t, s, sc, "1", 0)
	tell(t, s, sc, "2", 0)
	want(t, "first", claim(t, s, morning, 10), []string{"evt_1>wh_1", "evt_1>wh_2"})
	gone := morning.Add(time.Second)
	first := claimOf(t, s, "evt_1", "wh_1", morning)
	if err := s.SettleDelivery(ctxOf(t), first, consult.Outcome{DisableWebhook: true, Status: 410, At: gone}); err != nil {
		t.Fatal(err)
	}
	noted := read(t, s, func(tx consult.Tx) ([]*consult.AuditEntry, error) {
		return tx.Audit(consult.AuditQuery{Object: "wh_1", Limit: 10})
	})
	if len(noted) != 1 || noted[0].Action != string(consult.ActDisableWebhook) || noted[0].Actor != "system" || !noted[0].At.Equal(gone) {
		t.Errorf("the audit holds %v of the webhook that is gone", noted)
	}
	settle(t, s, "evt_1", "wh_2", delivered)
	w.DisabledAt, w.DisabledReason, w.Version = gone, consult.DisabledGone, 1
	want(t, "the webhook", read(t, s, func(tx consult.Tx) (*consult.Webhook, error) { return tx.Webhook("wh_1") }), w)
	want(t, "then", claim(t, s, morning, 10), []string{"evt_2>wh_2"})
	tell(t, s, sc, "3", 0)
	settle(t, s, "evt_2", "wh_2", delivered)
	want(t, "and later", claim(t, s, morning.Add(time.Hour), 10), []string{"evt_3>wh_2"})
	w.DisabledAt, w.DisabledReason = time.Time{}, ""
	add(t, s, consult.Tx.SaveWebhook, w)
	want(t, "on again, what waited stays dead", claim(t, s, morning.Add(time.Hour), 10), []string{})
	tell(t, s, sc, "4", 0)
	want(t, "and what comes is sent", claim(t, s, morning, 10), []string{"evt_4>wh_1"})
	want(t, "what died tells why", logOf(t, s, "evt_2", "wh_1"), []consult.Attempt{{At: gone, Error: "the webhook is disabled"}})
}

func settling(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	setWebhook(t, s, "wh_1")
	tell(t, s, sc, "1", 0)
	wantCode(t, consult.CodeNotFound, "an unknown one", s.SettleDelivery(ctxOf(t), &consult.Delivery{ID: "d_none", LeaseUntil: morning}, delivered))
	wantCode(t, consult.CodeInvalid, "without a time", s.SettleDelivery(ctxOf(t), &consult.Delivery{ID: "d_none"}, consult.Outcome{Delivered: true}))
	unclaimed := claimOf(t, s, "evt_1", "wh_1", morning)
	for _, lease := range []time.Time{{}, morning.Add(time.Minute)} {
		unclaimed.LeaseUntil = lease
		if err := s.SettleDelivery(ctxOf(t), unclaimed, delivered); err != nil {
			t.Errorf("what nobody claimed: %v", err)
		}
	}
	want(t, "what nobody claimed waits", claim(t, s, morning, 10), []string{"evt_1>wh_1"})
	settle(t, s, "evt_1", "wh_1", delivered)
	tell(t, s, sc, "2", 0)
	want(t, "the next", claim(t, s, morning, 10), []string{"evt_2>wh_1"})
	// A worker that was too slow for its lease tells of the first afterwards.
	settle(t, s, "evt_1", "wh_1", consult.Outcome{RetryAt: morning, At: morning})
	settle(t, s, "evt_1", "wh_1", delivered)
	want(t, "the next is leased still", claim(t, s, morning, 10), []string{})
	settle(t, s, "evt_2", "wh_1", delivered)
	want(t, "what was delivered stays so", claim(t, s, morning.Add(time.Hour), 10), []string{})
	want(t, "and only attempts are logged", logOf(t, s, "evt_1", "wh_1"), []consult.Attempt{{At: morning, Status: 200}})

	// One that overslept settles as long as nobody else has it, and not after.
	tell(t, s, sc, "3", 0)
	claim(t, s, morning, 10)
	again := morning.Add(time.Hour)
	want(t, "after the lease", claim(t, s, again, 10), []string{"evt_3>wh_1"})
	settle(t, s, "evt_3", "wh_1", delivered)
	want(t, "still somebody else's", claim(t, s, again, 10), []string{})
	settle(t, s, "evt_3", "wh_1", consult.Outcome{RetryAt: again, Status: 500, At: again})
	claim(t, s, again, 10)
	overslept := claimOf(t, s, "evt_3", "wh_1", again)
	if err := s.SettleDelivery(ctxOf(t), overslept, deliveredAt(again.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	want(t, "settled late", claim(t, s, again.Add(2*time.Hour), 10), []string{})
}

func logOf(t *testing.T, s consult.Store, event consult.EventID, webhook consult.WebhookID) []consult.Attempt {
	t.Helper()
	return claimOf(t, s, event, webhook, morning).Log
}

// workersShare lets several workers deliver at once while the events come,
// with failures between, and checks that no two hold one queue, that each
// queue keeps its order, and that none is forgotten when it empties just as an
// event comes.
func workersShare(t *testing.T, s consult.Store) {
	const scenes, perScene, workers = 5, 6, 4
	hooks := []consult.WebhookID{"wh_1", "wh_2"}
	for _, id := range hooks {
		setWebhook(t, s, id)
	}
	b := &bench{open: scenes * perScene * len(hooks), held: map[string]bool{}, last: map[string]int64{}, tries: map[string]int{}}
	ctx := ctxOf(t)
	var group sync.WaitGroup
	for i := range scenes {
		sc := setScene(t, s, fmt.Sprint(i))
		group.Go(func() {
			for j := range perScene {
				if _, err := tellIn(ctx, s, sc, fmt.Sprintf("%d_%d", i, j), 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range workers {
		group.Go(func() {
			for b.left() > 0 && ctx.Err() == nil {
				if err := b.work(ctx, s); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	for _, complaint := range b.complaints {
		t.Error(complaint)
	}
	if b.open != 0 {
		t.Errorf("%d deliveries were never made", b.open)
	}
}

// bench is what the workers see of each other.
type bench struct {
	mu         sync.Mutex
	open       int              // deliveries still to make
	held       map[string]bool  // queues that somebody has claimed
	last       map[string]int64 // by queue
	tries      map[string]int   // by delivery
	complaints []string
}

func (b *bench) left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

// work claims some and settles them; every third delivery fails at first.
func (b *bench) work(ctx context.Context, s consult.Store) error {
	list, err := s.ClaimDeliveries(ctx, morning, time.Hour, 3, 3)
	if err != nil {
		return err
	}
	for _, d := range list {
		b.take(d)
	}
	for _, d := range list {
		if err := s.SettleDelivery(ctx, &d, b.done(d)); err != nil {
			return err
		}
	}
	return nil
}

func queue(d consult.Delivery) string {
	return string(d.Webhook.ID) + " " + string(d.Event.ConsultationID)
}

func (b *bench) take(d consult.Delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := queue(d)
	if b.held[q] {
		b.complaints = append(b.complaints, "two hold "+q)
	}
	b.held[q] = true
	if d.Event.Sequence != b.last[q]+1 {
		b.complaints = append(b.complaints, fmt.Sprintf("%s: %d after %d", q, d.Event.Sequence, b.last[q]))
	}
	name := string(d.Event.ID) + ">" + string(d.Webhook.ID)
	if d.Attempts != b.tries[name] {
		b.complaints = append(b.complaints, fmt.Sprintf("%s: %d attempts, want %d", name, d.Attempts, b.tries[name]))
	}
	b.tries[name]++
}

// done decides the outcome and lets the queue go, which the store has not done yet.
func (b *bench) done(d consult.Delivery) consult.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.held, queue(d))
	if d.Event.Sequence%3 == 0 && d.Attempts == 0 {
		return consult.Outcome{RetryAt: morning, Status: 500, At: morning}
	}
	b.last[queue(d)] = d.Event.Sequence
	b.open--
	return delivered
}
