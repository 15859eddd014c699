package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tmk/consult"
)

const log = base + "/events"

func TestEventLog(t *testing.T) {
	h := newHouse(t)
	if page := into[EventPage](h.get(log).want(200)); len(page.Items) != 0 || page.NextAfter != "" {
		t.Errorf("an empty log: %+v", page)
	}
	v := h.begin(nil)
	h.post(sessionURL(v, "/finish"), nil).want(200)
	whole := into[EventPage](h.get(log).want(200))
	if len(whole.Items) < 4 || whole.Items[0].Type != EventTypeSessionCreated || whole.NextAfter != whole.Items[len(whole.Items)-1].ID {
		t.Fatalf("%+v", whole)
	}
	var read []WebhookEvent
	after := ""
	for {
		page := into[EventPage](h.get(log + "?limit=2&after=" + after).want(200))
		if len(page.Items) == 0 {
			if page.NextAfter != after {
				t.Errorf("nothing new, and nextAfter went from %s to %s", after, page.NextAfter)
			}
			break
		}
		read, after = append(read, page.Items...), page.NextAfter
	}
	if a, b := string(marshalled(t, read)), string(marshalled(t, whole.Items)); a != b {
		t.Errorf("by pages %s, at once %s", a, b)
	}
	if others := into[EventPage](h.as(h.key("other"), "GET", log, nil).want(200)); len(others.Items) != 0 {
		t.Errorf("another integration reads %+v", others)
	}
	for query, field := range map[string]string{
		"after=evt_none": "/after", "limit=0": "/limit", "limit=201": "/limit", "wait=-1": "/wait", "wait=26": "/wait", "wait=": "/wait",
		"wait=x": "/wait", "cursor=a": "/cursor",
	} {
		wantField(t, h.get(log+"?"+query).wantProblem(400, consult.CodeInvalid), field)
	}
	wantField(t, h.as(h.key("other"), "GET", log+"?after="+after, nil).wantProblem(400, consult.CodeInvalid), "/after")
	h.as(h.key("lk", consult.ScopeSessionsWrite), "GET", log, nil).wantProblem(403, consult.CodeForbidden)
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Who waits is answered by what happens, well before the time is over.
func TestEventsWait(t *testing.T) {
	h := newHouse(t)
	answered := make(chan *reply)
	go func() { answered <- h.get(log + "?wait=25") }()
	h.awaitWaiting(1)
	began := time.Now()
	v := h.Schedule(t, nil)
	page := into[EventPage]((<-answered).want(200))
	if len(page.Items) != 1 || !strings.Contains(string(page.Items[0].Data), string(v.ID)) {
		t.Fatalf("%+v", page)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	h.awaitWaiting(0)

	// Nothing happens: no items, and the same place to go on from.
	empty := into[EventPage](h.get(log + "?wait=1&after=" + page.NextAfter).want(200))
	if len(empty.Items) != 0 || empty.NextAfter != page.NextAfter {
		t.Errorf("%+v", empty)
	}
	// What is there already is given at once, and HEAD waits for nothing.
	h.get(log + "?wait=25").want(200)
	h.do(call{method: http.MethodHead, path: log + "?wait=25&after=" + page.NextAfter}).want(200)

	// A server that stops lets everybody go.
	go func() { answered <- h.get(log + "?wait=25&after=" + page.NextAfter) }()
	h.awaitWaiting(1)
	h.api.Close()
	(<-answered).want(200)
	h.get(log + "?wait=25&after=" + page.NextAfter).want(200)
}

// A key that ends while its owner waits opens nothing any more.
func TestEventsWaitWithAKeyThatEnds(t *testing.T) {
	h := newHouse(t)
	key, secret, err := h.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "lost", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan *reply)
	go func() { answered <- h.as(secret, "GET", log+"?wait=25", nil) }()
	h.awaitWaiting(1)
	if err := h.Desk.RevokeAPIKey(t.Context(), consult.System, key.ID); err != nil {
		t.Fatal(err)
	}
	h.Schedule(t, nil)
	(<-answered).wantProblem(401, consult.CodeUnauthorized)
}

// awaitWaiting returns when so many wait for events.
func (h *house) awaitWaiting(n int) {
	h.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-tick.C {
		h.api.waiting.mu.Lock()
		total := h.api.waiting.total
		h.api.waiting.mu.Unlock()
		if total == n {
			return
		}
	}
	h.t.Fatalf("never did %d wait", n)
}

// Without a feed, as when another node made the event, it is found a second later.
func TestEventsWaitWithoutHints(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Feed = nil })
	answered := make(chan *reply)
	go func() { answered <- h.get(log + "?wait=25") }()
	h.awaitWaiting(1)
	h.Schedule(t, nil)
	if page := into[EventPage]((<-answered).want(200)); len(page.Items) != 1 {
		t.Errorf("%+v", page)
	}
}

// Those who wait are bounded, per integration and altogether.
func TestWaitersAreBounded(t *testing.T) {
	h := newHouse(t)
	for range maxWaitingOfOne {
		if !h.api.waiting.enter("lk") {
			t.Fatal("too few may wait")
		}
	}
	r := h.get(log + "?wait=25")
	r.wantProblem(429, consult.CodeRateLimited)
	if r.header.Get("Retry-After") != "5" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
	h.get(log).want(200)

	// Many at a time, of many integrations.
	w := newWaitingRoom()
	var wg sync.WaitGroup
	var let atomic.Int64
	for i := range 4 * maxWaiting {
		wg.Go(func() {
			if w.enter(string(rune('a' + i%40))) {
				let.Add(1)
			}
		})
	}
	wg.Wait()
	if let.Load() != maxWaiting {
		t.Errorf("%d may wait, want %d", let.Load(), maxWaiting)
	}
	for range 10 {
		news := w.news()
		wg.Go(func() { <-news })
	}
	w.hear(consult.Hint{Kind: consult.HintThread})
	w.hear(consult.Hint{Kind: consult.HintOutbox})
	wg.Wait()
	for i := range 40 {
		for w.of[string(rune('a'+i))] > 0 {
			w.leave(string(rune('a' + i)))
		}
	}
	if w.total != 0 || len(w.of) != 0 {
		t.Errorf("%d are left, of %v", w.total, w.of)
	}
	w.end()
	w.end()
}
