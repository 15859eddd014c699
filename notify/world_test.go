package notify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

// patience bounds every wait of these tests; it is reached only by a failure.
const patience = 20 * time.Second

// received is one request that came to an endpoint.
type received struct {
	header http.Header
	body   []byte
	event  struct {
		ID        string
		Type      string
		CreatedAt time.Time
		Sequence  int64
		Data      struct {
			SessionID string
			Status    string
		}
	}
}

// endpoint is LK's receiver.
type endpoint struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	all    []received
	answer func(n int, w http.ResponseWriter, r *http.Request) // n from 1; nil: 204
	inside map[string]int                                      // of a session, now
	twice  bool                                                // two at a time for one session
}

func newEndpoint(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *endpoint {
	t.Helper()
	e := &endpoint{t: t, answer: answer, inside: make(map[string]int)}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // a sender that died
	}
	got := received{header: r.Header, body: body}
	if err := json.Unmarshal(body, &got.event); err != nil {
		e.t.Errorf("body %q: %v", body, err)
	}
	session := got.event.Data.SessionID
	e.mu.Lock()
	e.all = append(e.all, got)
	n, answer := len(e.all), e.answer
	e.inside[session]++
	e.twice = e.twice || e.inside[session] > 1
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.inside[session]--
	}()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(n, w, r)
}

func (e *endpoint) got() []received {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

// world is a desk, its outbox seen from outside, and workers.
type world struct {
	*consulttest.World
	t *testing.T

	mu        sync.Mutex
	outcomes  []consult.Outcome
	delivered map[consult.EventID]bool
	claiming  int                              // claims that have not come back
	underWay  int                              // claimed and not settled
	rests     int                              // how often the test wanted to know whether anything is due
	nothingAt time.Time                        // when a claim of the last rest found that nothing is; zero when that may have changed
	retries   map[consult.DeliveryID]time.Time // of what waits for its next try
}

func newWorld(t *testing.T) *world { return worldOf(t, consulttest.New(t)) }

func worldOf(t *testing.T, w *consulttest.World) *world {
	return &world{World: w, t: t, delivered: make(map[consult.EventID]bool), retries: make(map[consult.DeliveryID]time.Time)}
}

func (w *world) ClaimDeliveries(ctx context.Context, _ time.Time, lease time.Duration, limit, perWebhook int) ([]consult.Delivery, error) {
	w.mu.Lock()
	idle, rest := w.underWay == 0 && w.claiming == 0, w.rests // before: what is settled meanwhile may make room for more
	w.claiming++
	now := w.Clock.Now() // it may have gone on since the worker looked
	w.mu.Unlock()
	ds, err := w.Store.ClaimDeliveries(ctx, now, lease, limit, perWebhook)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.claiming--
	w.underWay += len(ds)
	switch {
	case len(ds) > 0:
		w.nothingAt = time.Time{}
	case err == nil && idle && rest == w.rests:
		w.nothingAt = now
	}
	return ds, err
}

func (w *world) SettleDelivery(ctx context.Context, d *consult.Delivery, o consult.Outcome) error {
	err := w.Store.SettleDelivery(ctx, d, o)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.outcomes = append(w.outcomes, o)
		w.underWay--
		w.nothingAt = time.Time{} // its successor may be due
		delete(w.retries, d.ID)
		if !o.RetryAt.IsZero() {
			w.retries[d.ID] = o.RetryAt
		}
		if o.Delivered {
			w.delivered[d.Event.ID] = true
		}
	}
	return err
}

// allDelivered reports whether n events were delivered.
func (w *world) allDelivered(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.delivered) == n
}

// rest waits until all that is due now has been tried.
func (w *world) rest() {
	w.t.Helper()
	w.mu.Lock()
	w.rests++ // what a claim found that began before knows nothing of what the test did since
	w.nothingAt = time.Time{}
	w.mu.Unlock()
	until(w.t, "rest", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.underWay == 0 && w.claiming == 0 && w.nothingAt.Equal(w.Clock.Now()) {
			return true
		}
		w.wake()
		return false
	})
}

// pass lets time go by until the clock shows at: each try takes place when it is due.
func (w *world) pass(at time.Time) {
	w.t.Helper()
	for {
		w.rest()
		next := at
		w.mu.Lock()
		for _, retry := range w.retries {
			if retry.Before(next) {
				next = retry
			}
		}
		w.mu.Unlock()
		now := w.Clock.Now()
		if !now.Before(at) {
			return
		}
		if !next.After(now) {
			w.t.Fatalf("a try was due at %v, and at %v nobody has made it", next, now)
		}
		w.advance(next.Sub(now))
	}
}

func (w *world) settled() []consult.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.outcomes)
}

// start runs a worker that is woken by hints only, until stop is called or the test ends.
func (w *world) start(change func(*Config)) (stop func()) {
	w.t.Helper()
	cfg := Config{AllowPrivate: true, Poll: time.Hour, Now: w.Clock.Now}
	if change != nil {
		change(&cfg)
	}
	worker := New(cfg, w, w.Feed, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				w.t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			w.t.Error("Run does not end")
		}
	})
	w.t.Cleanup(stop)
	return stop
}

func (w *world) wake() { w.Feed.Publish(consult.Hint{Kind: consult.HintOutbox}) }

// advance moves the clock and lets the workers look.
func (w *world) advance(d time.Duration) {
	w.Clock.Advance(d)
	w.wake()
}

// webhook registers an endpoint that wants everything.
func (w *world) webhook(url string) *consult.Webhook {
	w.t.Helper()
	now := w.Clock.Now()
	h := &consult.Webhook{
		ID: consult.WebhookID(consult.NewID("wh_", now)), Integration: "lk", URL: url, CreatedAt: now, Version: 1,
		Secrets: []consult.WebhookSecret{newSecret()},
	}
	w.update(func(tx consult.Tx) error { return tx.AddWebhook(h) })
	return h
}

func newSecret() consult.WebhookSecret {
	key := make([]byte, 32)
	rand.Read(key) // never fails (Go 1.24)
	return consult.WebhookSecret{Value: secretPrefix + base64.StdEncoding.EncodeToString(key)}
}

func (w *world) update(fn func(consult.Tx) error) {
	w.t.Helper()
	if err := w.Store.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// stored reads a webhook anew.
func (w *world) stored(id consult.WebhookID) (h *consult.Webhook) {
	w.t.Helper()
	if err := w.Store.View(w.t.Context(), func(tx consult.Tx) (err error) { h, err = tx.Webhook(id); return err }); err != nil {
		w.t.Fatal(err)
	}
	return h
}

// finish takes a consultation from its booking to its end: some events.
func (w *world) finish(v *consulttest.Visit) {
	w.t.Helper()
	ctx := w.t.Context()
	if _, err := w.Desk.Admit(ctx, consult.Principal{Seat: v.Doctor}, v.Patient.ID); err != nil {
		w.t.Fatal(err)
	}
	for _, s := range []*consult.Seat{v.Doctor, v.Patient} {
		if _, _, err := w.Desk.Arrive(ctx, s.ID); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.Desk.Finish(ctx, consult.Principal{Seat: v.Doctor}, v.ID, consult.EndedByDoctor); err != nil {
		w.t.Fatal(err)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (w *world) untilSettled(n int) []consult.Outcome {
	w.t.Helper()
	until(w.t, fmt.Sprintf("%d outcomes", n), func() bool { return len(w.settled()) >= n })
	all := w.settled()
	if len(all) > n {
		w.t.Fatalf("%d outcomes, want %d: %+v", len(all), n, all)
	}
	return all
}

// events lists what should arrive of all consultations.
func (w *world) events() []*consult.Event {
	w.t.Helper()
	if err := w.Desk.Seal(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	var all []*consult.Event
	err := w.Store.View(w.t.Context(), func(tx consult.Tx) (err error) {
		all, err = tx.Events("lk", "", 100_000)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// checkOrder fails unless everything arrived and, of each consultation, first
// arrivals came in order.
func (w *world) checkOrder(e *endpoint) {
	w.t.Helper()
	last := make(map[string]int64)
	for _, r := range e.got() {
		s, n := r.event.Data.SessionID, r.event.Sequence
		if n > last[s]+1 {
			w.t.Errorf("%s: %d came after %d", s, n, last[s])
		}
		last[s] = max(last[s], n)
	}
	want := make(map[string]int64)
	for _, ev := range w.events() {
		want[string(ev.ConsultationID)] = max(want[string(ev.ConsultationID)], ev.Sequence)
	}
	if !maps.Equal(last, want) {
		w.t.Errorf("arrived %v, want %v", last, want)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.twice {
		w.t.Error("two at a time for one session")
	}
}
