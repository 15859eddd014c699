package notify

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func tester(clock *consulttest.Clock) *Worker {
	return New(Config{AllowPrivate: true, Now: clock.Now}, nil, new(consult.LocalFeed), slog.New(slog.DiscardHandler))
}

func TestOfAWebhook(t *testing.T) {
	clock := consulttest.NewClock()
	answer := http.StatusAccepted
	lk := newEndpoint(t, func(_ int, rw http.ResponseWriter, _ *http.Request) {
		clock.Advance(70 * time.Millisecond)
		rw.WriteHeader(answer)
	})
	hook := &consult.Webhook{ID: "wh_1", Integration: "lk", URL: lk.URL, Secrets: []consult.WebhookSecret{{Value: exampleSecret}}}
	hook.DisabledAt = clock.Now() // one tries before one enables again
	w := tester(clock)
	began := clock.Now()
	o := w.Test(t.Context(), hook)
	if want := (consult.Outcome{Delivered: true, Status: 202, At: began.Add(70 * time.Millisecond), Took: 70 * time.Millisecond}); o != want {
		t.Errorf("%+v, want %+v", o, want)
	}
	r := lk.got()[0]
	if err := Verify([]string{exampleSecret}, r.header, r.body, began); err != nil {
		t.Error(err)
	}
	if r.event.Type != "webhook.test" || r.event.ID == "" || r.event.ID != r.header.Get(HeaderID) || !r.event.CreatedAt.Equal(began) {
		t.Errorf("%s", r.body)
	}
	for status, text := range map[int]string{410: "410 Gone", 500: "500 Internal Server Error", 301: "301 Moved Permanently"} {
		answer = status
		if o := w.Test(t.Context(), hook); o.Delivered || o.Status != status || o.Error != text || o.DisableWebhook || !o.RetryAt.IsZero() {
			t.Errorf("%d: %+v", status, o)
		}
	}
	if a, b := lk.got()[0].event.ID, lk.got()[1].event.ID; a == b {
		t.Error("two tests have one id")
	}
}

func TestOfAWebhookInside(t *testing.T) {
	lk := newEndpoint(t, nil)
	w := New(Config{}, nil, new(consult.LocalFeed), slog.New(slog.DiscardHandler))
	o := w.Test(t.Context(), &consult.Webhook{URL: lk.URL, Secrets: []consult.WebhookSecret{{Value: exampleSecret}}})
	if o.Delivered || o.Status != 0 || o.Error == "" || len(lk.got()) != 0 {
		t.Errorf("%+v", o)
	}
}

// Tests of endpoints that hang are bounded in number.
func TestOfWebhooksIsBounded(t *testing.T) {
	came := make(chan struct{}, maxTests)
	lk := newEndpoint(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		<-r.Context().Done()
	})
	hook := &consult.Webhook{URL: lk.URL, Secrets: []consult.WebhookSecret{{Value: exampleSecret}}}
	w := tester(consulttest.NewClock())
	ctx, cancel := context.WithCancel(t.Context())
	outcomes := make(chan consult.Outcome, maxTests)
	for range maxTests {
		go func() { outcomes <- w.Test(ctx, hook) }()
		<-came
	}
	if o := w.Test(t.Context(), hook); o.Delivered || o.Error != "too many tests at a time" {
		t.Errorf("%+v", o)
	}
	cancel()
	for range maxTests {
		if o := <-outcomes; o.Delivered || o.Error == "" {
			t.Errorf("%+v", o)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if o := w.Test(done, hook); o.Error == "too many tests at a time" {
		t.Error("the places are not given back")
	}
}
