package notify

import (
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
	"tmk/store/pgtest"
)

// onBoth runs a test in a world on each database.
func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	for name, url := range map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "tmk.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(name, func(t *testing.T) { fn(t, worldOf(t, consulttest.Open(t, url(t), nil))) })
	}
}

// outage is an endpoint that fails until it is repaired, and a webhook that leads there.
func outage(t *testing.T, w *world) (lk *endpoint, hook *consult.Webhook, repair func()) {
	var up atomic.Bool
	lk = newEndpoint(t, func(_ int, rw http.ResponseWriter, _ *http.Request) {
		if !up.Load() {
			rw.WriteHeader(http.StatusBadGateway)
		}
	})
	return lk, w.webhook(lk.URL), func() { up.Store(true) }
}

// deliveries reads the whole log of a webhook, by session and sequence.
func (w *world) deliveries(hook *consult.Webhook) map[consult.ConsultationID][]*consult.Delivery {
	w.t.Helper()
	all := make(map[consult.ConsultationID][]*consult.Delivery)
	if err := w.Store.View(w.t.Context(), func(tx consult.Tx) error {
		list, err := tx.Deliveries(consult.DeliveryQuery{Webhook: hook.ID, Limit: 10_000})
		for _, d := range list {
			all[d.Event.ConsultationID] = append(all[d.Event.ConsultationID], d)
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	for _, ds := range all {
		slices.SortFunc(ds, func(a, b *consult.Delivery) int { return int(a.Event.Sequence - b.Event.Sequence) })
	}
	return all
}

// checkSchedule compares the tries of a delivery with what is promised.
func checkSchedule(t *testing.T, d *consult.Delivery) {
	t.Helper()
	for i := range d.Log[:max(len(d.Log)-1, 0)] {
		wait := d.Log[i+1].At.Sub(d.Log[i].At)
		if least := promised[i]; wait < least || wait > least+least/10 {
			t.Errorf("%s: try %d came %s after the one before, want %s and at most a tenth more", d.Event.ID, i+2, wait, least)
		}
		if d.Log[i].Status != http.StatusBadGateway {
			t.Errorf("%s: try %d has status %d", d.Event.ID, i+1, d.Log[i].Status)
		}
	}
}

// An endpoint is down for a day while consultations go on: nothing is lost,
// the schedule is kept, and afterwards everything arrives in order.
func TestOutageOfADay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		lk, hook, repair := outage(t, w)
		w.start(nil)
		began := w.Clock.Now()
		for hour := range 24 {
			w.finish(w.Schedule(t, nil)) // some events in each hour
			w.pass(began.Add(time.Duration(hour+1) * time.Hour))
		}
		repair()
		w.pass(w.Clock.Now().Add(24 * time.Hour)) // no try was more than 14 h and a tenth away
		w.checkOrder(lk)
		tries := 0
		for _, ds := range w.deliveries(hook) {
			for i, d := range ds {
				if d.State() != consult.DeliveryDelivered || i > 0 && len(d.Log) != 1 {
					t.Errorf("%s is %s after %d tries", d.Event.ID, d.State(), len(d.Log))
				}
				checkSchedule(t, d)
				tries = max(tries, len(d.Log))
			}
		}
		if tries != 9 { // at 0, 5 s, 1 min, 6 min, 36 min, 2.6 h, 7.6 h, 17.6 h, 31.6 h
			t.Errorf("the first event was tried %d times", tries)
		}
	})
}

// An endpoint is down for longer than anybody waits: what dies, dies after its
// last try and no sooner; and who sends again gets it in order.
func TestOutageOfAWeek(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		lk, hook, repair := outage(t, w)
		w.start(nil)
		began := w.Clock.Now()
		for range 3 {
			w.finish(w.Schedule(t, nil))
		}
		w.pass(began.Add(76 * time.Hour)) // 75.6 h is the soonest that the last try can be
		for id, ds := range w.deliveries(hook) {
			if dead := slices.ContainsFunc(ds[1:], func(d *consult.Delivery) bool { return len(d.Log) > 0 }); dead && ds[0].DeadAt.IsZero() {
				t.Errorf("%s: one was tried before its predecessor was given up", id)
			}
		}
		w.pass(began.Add(7 * 24 * time.Hour)) // time for two of each session to die
		repair()
		w.pass(w.Clock.Now().Add(27 * time.Hour))

		dead := 0
		for _, ds := range w.deliveries(hook) {
			for i, d := range ds {
				if want := i < 2; want == d.DeadAt.IsZero() || !want && d.State() != consult.DeliveryDelivered {
					t.Errorf("event %d is %s", i+1, d.State())
				}
				checkSchedule(t, d)
				if !d.DeadAt.IsZero() {
					dead++
					if len(d.Log) != 1+len(promised) || !d.DeadAt.Equal(d.Log[len(d.Log)-1].At) {
						t.Errorf("event %d is dead since %s after %d tries", i+1, d.DeadAt, len(d.Log))
					}
				}
			}
		}
		before := len(lk.got())
		w.update(func(tx consult.Tx) error {
			n, err := tx.RequeueDead(hook.ID, began, w.Clock.Now())
			if n != dead || n != 6 {
				t.Errorf("%d queued again, %d are dead", n, dead)
			}
			return err
		})
		w.advance(time.Second)
		w.rest()
		var again []int64
		bySession := make(map[string]int64)
		for _, r := range lk.got()[before:] {
			again = append(again, r.event.Sequence)
			if r.event.Sequence <= bySession[r.event.Data.SessionID] {
				t.Errorf("%d came after %d", r.event.Sequence, bySession[r.event.Data.SessionID])
			}
			bySession[r.event.Data.SessionID] = r.event.Sequence
		}
		slices.Sort(again)
		if !slices.Equal(again, []int64{1, 1, 1, 2, 2, 2}) {
			t.Errorf("sent again: %v", again)
		}
		for _, ds := range w.deliveries(hook) {
			for _, d := range ds {
				if d.State() != consult.DeliveryDelivered {
					t.Errorf("event %d is %s", d.Event.Sequence, d.State())
				}
			}
		}
	})
}

// An endpoint that hangs keeps no more than its share of the tries, however
// many sessions wait for it: the others get theirs.
func TestHangingEndpointStarvesNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		const share, sessions = 3, 30
		inside := make(chan struct{}, 100)
		hangs := newEndpoint(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
			inside <- struct{}{}
			<-r.Context().Done()
		})
		healthy := newEndpoint(t, nil)
		w.webhook(hangs.URL)
		w.webhook(healthy.URL)
		for range sessions { // before anybody works: the hanging one's are as old as the others
			w.finish(w.Schedule(t, nil))
		}
		for range 2 { // two nodes share the bound
			w.start(func(c *Config) { c.Workers, c.PerWebhook, c.StopWithin = 8, share, time.Nanosecond })
		}
		want := len(w.events())
		until(t, "the healthy one's events", func() bool { return w.allDelivered(want) })
		if n := len(inside); n != share {
			t.Errorf("%d tries hang, want %d", n, share)
		}
		w.checkOrder(healthy)
	})
}
