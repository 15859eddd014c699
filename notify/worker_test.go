package notify

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tmk/consult"
)

func TestDeliver(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, nil)
	hook := w.webhook(lk.URL)
	w.start(nil)
	v := w.Schedule(t, func(o *consult.Order) { o.ExternalID = "lk-1" })
	w.finish(v)
	events := w.events()
	w.untilSettled(len(events))

	var story []string
	for i, r := range lk.got() {
		if err := Verify(hook.LiveSecrets(w.Clock.Now()), r.header, r.body, w.Clock.Now()); err != nil {
			t.Errorf("event %d: %v", i, err)
		}
		want := events[i]
		if r.event.ID != string(want.ID) || r.header.Get(HeaderID) != r.event.ID || r.event.Sequence != int64(i+1) ||
			!r.event.CreatedAt.Equal(want.CreatedAt) || r.event.Data.SessionID != string(v.ID) {
			t.Errorf("event %d: %s", i, r.body)
		}
		if r.header.Get("Content-Type") != "application/json" {
			t.Errorf("content type %q", r.header.Get("Content-Type"))
		}
		if strings.Contains(string(r.body), "Петров") || strings.Contains(string(r.body), "p-902") {
			t.Errorf("personal data: %s", r.body)
		}
		if r.event.Type == "session.created" || r.event.Type == "session.status_changed" {
			story = append(story, r.event.Data.Status)
		}
	}
	if got := strings.Join(story, " "); got != "UPCOMING CURRENT FINISHED" {
		t.Errorf("LK was told %q", got)
	}
}

// During a rotation both secrets sign, the new one first; when the old one's time is over, the new one only.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, nil)
	hook := w.webhook(lk.URL)
	old := hook.Secrets[0].Value
	until := w.Clock.Now().Add(24 * time.Hour)
	hook.Secrets = []consult.WebhookSecret{{Value: exampleSecret}, {Value: old, ExpiresAt: until}}
	w.update(func(tx consult.Tx) error { return tx.SaveWebhook(hook) })
	w.start(nil)
	for n, moment := range []time.Time{w.Clock.Now(), until.Add(-time.Microsecond), until} {
		w.advance(moment.Sub(w.Clock.Now()))
		w.Schedule(t, nil)
		w.untilSettled(n + 1)
		r := lk.got()[n]
		signatures := strings.Fields(r.header.Get(HeaderSignature))
		alone := make(http.Header)
		for _, k := range []string{HeaderID, HeaderTimestamp} {
			alone.Set(k, r.header.Get(k))
		}
		alone.Set(HeaderSignature, signatures[0])
		if err := Verify([]string{exampleSecret}, alone, r.body, moment); err != nil {
			t.Errorf("event %d: the new secret, by the first signature: %v", n, err)
		}
		oldSigns := Verify([]string{old}, r.header, r.body, moment) == nil
		if want := moment.Before(until); oldSigns != want || len(signatures) != 1+map[bool]int{true: 1}[want] {
			t.Errorf("event %d: the old secret signs: %v, %d signatures", n, oldSigns, len(signatures))
		}
	}
}

func TestEndpointDownThenUp(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, nil)
	down := httptest.NewUnstartedServer(nil)
	address := down.Listener.Addr().String()
	down.Close() // nobody listens there now
	w.webhook("http://" + address)
	w.start(nil)
	w.finish(w.Schedule(t, nil))

	first := w.untilSettled(1)[0]
	if first.Delivered || first.Status != 0 || first.Error == "" || !first.RetryAt.After(w.Clock.Now().Add(5*time.Second-1)) {
		t.Errorf("%+v", first)
	}
	if strings.Contains(first.Error, "http://") {
		t.Errorf("the error tells the URL: %q", first.Error)
	}
	w.advance(4 * time.Second)
	w.advance(2 * time.Second)
	w.untilSettled(2) // and the events behind it wait

	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("somebody took the port: %v", err)
	}
	up := &httptest.Server{Listener: listener, Config: &http.Server{Handler: lk}}
	up.Start()
	t.Cleanup(up.Close)
	w.advance(2 * time.Minute)
	w.untilSettled(2 + len(w.events()))
	w.checkOrder(lk)
}

func TestGivesUpAfterTheSchedule(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, func(n int, rw http.ResponseWriter, _ *http.Request) {
		if n <= 1+len(promised) {
			rw.WriteHeader(http.StatusInternalServerError)
		}
	})
	w.webhook(lk.URL)
	w.start(nil)
	v := w.Schedule(t, nil)
	tries := 1 + len(promised)
	for n := 1; n <= tries; n++ {
		all := w.untilSettled(n)
		o := all[n-1]
		if o.Delivered || o.Status != 500 || o.Error != "500 Internal Server Error" {
			t.Fatalf("try %d: %+v", n, o)
		}
		if n == tries {
			if !o.RetryAt.IsZero() {
				t.Fatalf("the last try comes again at %v", o.RetryAt)
			}
			break
		}
		if n == tries-1 { // its successor is made while the first still blocks it
			if _, err := w.Desk.Cancel(t.Context(), consult.System, v.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		w.advance(o.RetryAt.Sub(w.Clock.Now()))
	}
	all := w.untilSettled(tries + 1) // the dead one stands no longer in the way
	if !all[tries].Delivered {
		t.Errorf("%+v", all[tries])
	}
	got := lk.got()
	if got[0].event.ID != got[tries-1].event.ID || got[tries].event.Sequence != 2 {
		t.Errorf("sequence %d at last", got[tries].event.Sequence)
	}
	if got[0].header.Get(HeaderTimestamp) == got[1].header.Get(HeaderTimestamp) {
		t.Error("each try has its own timestamp")
	}
}

func TestGone(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, func(_ int, rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusGone) })
	hook := w.webhook(lk.URL)
	w.start(nil)
	v := w.Schedule(t, nil)
	if o := w.untilSettled(1)[0]; !o.DisableWebhook || o.Delivered {
		t.Errorf("%+v", o)
	}
	w.finish(v)
	w.advance(48 * time.Hour)
	if h := w.stored(hook.ID); h.DisabledAt.IsZero() {
		t.Errorf("%+v", h)
	}
	ds, err := w.Store.ClaimDeliveries(t.Context(), w.Clock.Now(), time.Second, 10, 10)
	if err != nil || len(ds) != 0 || len(lk.got()) != 1 {
		t.Errorf("%d deliveries left, %d requests, %v", len(ds), len(lk.got()), err)
	}
}

// A try that could outlive its lease could be overtaken by another worker's, so there is none.
func TestLateClaimIsNotTried(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, nil)
	w.webhook(lk.URL)
	w.Schedule(t, nil)
	worker := New(Config{AllowPrivate: true, Timeout: time.Minute, Now: w.Clock.Now}, w, w.Feed, slog.New(slog.DiscardHandler))
	ds := worker.claim(t.Context(), 1)
	if len(ds) != 1 {
		t.Fatalf("%d claimed", len(ds))
	}
	worker.deliver(t.Context(), ds[0], time.Now().Add(59*time.Second))
	if tried, settled := len(lk.got()), len(w.settled()); tried != 0 || settled != 0 {
		t.Errorf("%d tries, %d settled", tried, settled)
	}
	w.advance(worker.lease)
	if ds = worker.claim(t.Context(), 1); len(ds) != 1 {
		t.Fatalf("%d claimed when the lease was over", len(ds))
	}
	worker.deliver(t.Context(), ds[0], time.Now().Add(worker.lease))
	if tried, settled := len(lk.got()), w.settled(); tried != 1 || len(settled) != 1 || !settled[0].Delivered {
		t.Errorf("%d tries, settled %+v", tried, settled)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, func(n int, rw http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			rw.Header().Set("Retry-After", "600")
			rw.WriteHeader(http.StatusTooManyRequests)
		}
	})
	w.webhook(lk.URL)
	w.start(nil)
	w.Schedule(t, nil)
	o := w.untilSettled(1)[0]
	if o.Status != 429 || !o.RetryAt.Equal(w.Clock.Now().Add(10*time.Minute)) {
		t.Errorf("%+v", o)
	}
	ds, err := w.Store.ClaimDeliveries(t.Context(), o.RetryAt.Add(-time.Second), time.Second, 1, 1)
	if err != nil || len(ds) != 0 {
		t.Errorf("%d too early, %v", len(ds), err)
	}
	w.advance(10 * time.Minute)
	if o := w.untilSettled(2)[1]; !o.Delivered {
		t.Errorf("%+v", o)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	w := newWorld(t)
	inner := newEndpoint(t, nil)
	lk := newEndpoint(t, func(_ int, rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, inner.URL, http.StatusTemporaryRedirect)
	})
	w.webhook(lk.URL)
	w.start(nil)
	w.Schedule(t, nil)
	if o := w.untilSettled(1)[0]; o.Delivered || o.Status != 307 || o.RetryAt.IsZero() {
		t.Errorf("%+v", o)
	}
	if n := len(inner.got()); n != 0 {
		t.Errorf("%d requests came there", n)
	}
}

func TestInnerAddressesAreRefused(t *testing.T) {
	w := newWorld(t)
	inner := newEndpoint(t, nil)
	u, err := url.Parse(inner.URL)
	if err != nil {
		t.Fatal(err)
	}
	urls := []string{inner.URL, "http://localhost:" + u.Port(), "http://[::ffff:127.0.0.1]:" + u.Port()}
	for _, one := range urls {
		w.webhook(one)
	}
	w.start(func(c *Config) { c.AllowPrivate = false })
	w.Schedule(t, nil)
	for _, o := range w.untilSettled(len(urls)) {
		// The integration reads it: a name of our network must not tell its address.
		if o.Delivered || o.Status != 0 || o.Error != "the address is not public" {
			t.Errorf("%+v", o)
		}
	}
	if n := len(inner.got()); n != 0 {
		t.Errorf("%d requests came through", n)
	}
}

func TestSlowEndpoint(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	w.webhook(lk.URL)
	w.start(func(c *Config) { c.Timeout = 20 * time.Millisecond })
	w.Schedule(t, nil)
	if o := w.untilSettled(1)[0]; o.Delivered || o.Error != "no answer in time" || o.RetryAt.IsZero() {
		t.Errorf("%+v", o)
	}
}

func TestEndlessAnswerIsNotReadToItsEnd(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, func(_ int, rw http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := rw.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	})
	w.webhook(lk.URL)
	w.start(func(c *Config) { c.Timeout = patience })
	w.Schedule(t, nil)
	if o := w.untilSettled(1)[0]; !o.Delivered {
		t.Errorf("%+v", o)
	}
}

// Whatever is wrong with a webhook's row, its deliveries fail like others.
func TestBrokenWebhook(t *testing.T) {
	w := newWorld(t)
	for _, change := range []func(*consult.Webhook){
		func(h *consult.Webhook) { h.Secrets = []consult.WebhookSecret{{Value: "rubbish"}} },
		func(h *consult.Webhook) { h.URL = "ftp://lk.example/" },
		func(h *consult.Webhook) { h.URL = "http://[" },
	} {
		h := w.webhook("https://lk.example/hook")
		change(h)
		w.update(func(tx consult.Tx) error { return tx.SaveWebhook(h) })
	}
	w.start(nil)
	w.Schedule(t, nil)
	for _, o := range w.untilSettled(3) {
		if o.Delivered || o.Error == "" || o.RetryAt.IsZero() || strings.Contains(o.Error, "lk.example") {
			t.Errorf("%+v", o)
		}
	}
}

func TestPanicIsAFailedTry(t *testing.T) {
	w := New(Config{}, nil, new(consult.LocalFeed), slog.New(slog.DiscardHandler))
	w.client = nil
	d := consult.Delivery{Webhook: consult.Webhook{URL: "https://lk.example", Secrets: []consult.WebhookSecret{{Value: exampleSecret}}}, Event: consult.Event{Data: []byte("{}")}}
	if o := w.trySafely(t.Context(), d, w.log); o.Delivered || o.Error == "" || o.RetryAt.IsZero() {
		t.Errorf("%+v", o)
	}
}

func TestTwoWorkers(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, func(n int, rw http.ResponseWriter, _ *http.Request) {
		if n%7 == 0 {
			rw.WriteHeader(http.StatusBadGateway)
		}
	})
	w.webhook(lk.URL)
	for range 2 {
		w.start(func(c *Config) { c.Workers = 3 })
	}
	for range 12 {
		w.finish(w.Schedule(t, nil))
	}
	want := len(w.events())
	for began := w.Clock.Now(); !w.allDelivered(want); w.advance(5 * time.Second) {
		w.rest() // the clock must not take the leases of tries under way
		if w.Clock.Now().Sub(began) > 24*time.Hour {
			t.Fatal("not everything was delivered")
		}
	}
	w.checkOrder(lk)
}

// A worker that dies while an endpoint is busy settles nothing; when its
// lease is over, another one delivers.
func TestDyingWorker(t *testing.T) {
	w := newWorld(t)
	came := make(chan struct{}, 1)
	lk := newEndpoint(t, func(n int, _ http.ResponseWriter, r *http.Request) {
		if n == 1 {
			came <- struct{}{}
			<-r.Context().Done()
		}
	})
	w.webhook(lk.URL)
	stop := w.start(func(c *Config) { c.StopWithin = time.Nanosecond })
	w.Schedule(t, nil)
	<-came
	stop()
	if all := w.settled(); len(all) != 0 {
		t.Fatalf("settled %+v", all)
	}
	if ds, err := w.Store.ClaimDeliveries(t.Context(), w.Clock.Now(), time.Second, 1, 1); err != nil || len(ds) != 0 {
		t.Fatalf("claimed %d during the lease, %v", len(ds), err)
	}
	w.Clock.Advance(time.Minute)
	w.start(nil)
	if o := w.untilSettled(1)[0]; !o.Delivered {
		t.Errorf("%+v", o)
	}
}

// A stop lets a try under way come to its end.
func TestGracefulStop(t *testing.T) {
	w := newWorld(t)
	came, goOn := make(chan struct{}), make(chan struct{})
	lk := newEndpoint(t, func(int, http.ResponseWriter, *http.Request) {
		close(came)
		<-goOn
	})
	w.webhook(lk.URL)
	stop := w.start(func(c *Config) { c.StopWithin = patience })
	w.Schedule(t, nil)
	<-came
	go close(goOn)
	stop()
	if all := w.settled(); len(all) != 1 || !all[0].Delivered {
		t.Errorf("%+v", all)
	}
}

// Workers that die again and again, at whatever point, lose nothing and keep the order.
func TestNothingIsLost(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, nil)
	w.webhook(lk.URL)
	for range 10 {
		w.finish(w.Schedule(t, nil))
	}
	want := len(w.events())
	deaths := 0
	until(t, "all deliveries through many deaths", func() bool {
		before := len(lk.got())
		stop := w.start(func(c *Config) { c.Workers, c.StopWithin = 2, time.Nanosecond })
		until(t, "one more request", func() bool { return len(lk.got()) > before || w.allDelivered(want) })
		stop()
		deaths++
		w.Clock.Advance(time.Minute) // the dead one's leases
		return w.allDelivered(want)
	})
	w.checkOrder(lk)
	t.Logf("%d deaths, %d requests for %d events", deaths, len(lk.got()), want)
}

// Without a hint the outbox is looked into all the same.
func TestPoll(t *testing.T) {
	w := newWorld(t)
	lk := newEndpoint(t, nil)
	w.webhook(lk.URL)
	w.Feed = new(consult.LocalFeed) // the worker's: the desk publishes elsewhere
	w.start(func(c *Config) { c.Poll = time.Millisecond })
	w.Schedule(t, nil)
	w.untilSettled(1)
}
