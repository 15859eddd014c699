package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"tmk/consult"
)

// moody is a receiver with several endpoints that mostly answers, and
// sometimes fails, hangs, is slow or hangs up. It remembers what came.
type moody struct {
	*httptest.Server
	hooks []*consult.Webhook

	mu       sync.Mutex
	secrets  map[string][]string // by webhook, all that ever signed
	lines    map[line]*arrivals
	first    map[string]int // events that arrived, by webhook
	requests int
	again    int // requests for an event that was answered before
	wrong    []string
	news     chan struct{} // closed and replaced with each request and each 2xx
}

// line is where order holds.
type line struct{ webhook, session string }

// arrivals is what came of one line.
type arrivals struct {
	last     int64           // the highest sequence that came
	answered int64           // the highest that got its 2xx
	inside   context.Context // of the request under way; nil: none
}

func newMoody(t *testing.T) *moody {
	m := &moody{secrets: make(map[string][]string), lines: make(map[line]*arrivals), first: make(map[string]int), news: make(chan struct{})}
	m.Server = httptest.NewServer(m)
	for n := range 3 {
		secret := newSecret()
		h := &consult.Webhook{
			ID: consult.WebhookID(fmt.Sprint("wh_", n)), Integration: "lk", CreatedAt: time.Now(), Version: 1,
			Secrets: []consult.WebhookSecret{secret},
		}
		h.URL = m.URL + "/" + string(h.ID)
		m.hooks = append(m.hooks, h)
		m.secrets[string(h.ID)] = []string{secret.Value}
	}
	return m
}

func (m *moody) webhooks() []*consult.Webhook { return m.hooks }

func (m *moody) trust(webhook, secret string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets[webhook] = append(m.secrets[webhook], secret)
}

func (m *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed
	}
	var told struct {
		Sequence int64
		Data     struct{ SessionID string }
	}
	if err := json.Unmarshal(body, &told); err != nil {
		m.complain("body %q: %v", body, err)
		return
	}
	at := line{path.Base(r.URL.Path), told.Data.SessionID}
	m.mu.Lock()
	secrets := slices.Clone(m.secrets[at.webhook])
	m.mu.Unlock()
	if err := Verify(secrets, r.Header, body, time.Now()); err != nil {
		m.complain("%v %d: %v", at, told.Sequence, err)
	}
	sent, err := strconv.ParseInt(r.Header.Get(sentAt), 10, 64)
	if err != nil {
		m.complain("%v %d: sent at %v", at, told.Sequence, err)
	}
	if !m.enter(r, time.Unix(0, sent), at, told.Sequence) {
		<-r.Context().Done()
		return
	}
	m.answer(w, r, at, told.Sequence)
}

// enter notes an arrival. An event may come when the one before it was
// answered, and when no other request of its line is under way whose sender lives.
// It is false for a request that took so long to get here that its sender waits
// for it no more.
func (m *moody) enter(r *http.Request, sent time.Time, at line, sequence int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.lines[at]
	if a == nil {
		a = new(arrivals)
		m.lines[at] = a
	}
	for a.inside != nil && a.inside.Err() == nil {
		before := a.inside
		m.mu.Unlock()
		select {
		case <-before.Done(): // its sender was killed, or gave up: the news of it took its time
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
		m.mu.Lock()
		if r.Context().Err() != nil {
			return false
		}
		if a.inside == nil || before.Err() == nil { // it was answered while this one was here, or still is not
			m.wrong = append(m.wrong, fmt.Sprintf("%v: two at a time, %d the second", at, sequence))
			break
		}
	}
	if time.Since(sent) >= killTimeout {
		return false
	}
	a.inside = r.Context()
	if sequence > a.answered+1 {
		m.wrong = append(m.wrong, fmt.Sprintf("%v: %d came when %d was answered", at, sequence, a.answered))
	}
	if sequence > a.last {
		a.last = sequence
		m.first[at.webhook]++
	}
	if sequence <= a.answered {
		m.again++
	}
	m.requests++
	m.tellLocked()
	return true
}

func (m *moody) tellLocked() {
	close(m.news)
	m.news = make(chan struct{})
}

// answer does what endpoints do. Whoever answers has left before the sender can know.
func (m *moody) answer(w http.ResponseWriter, r *http.Request, at line, sequence int64) {
	leave := func(good bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if r.Context().Err() != nil {
			return // nobody hears it
		}
		a := m.lines[at]
		a.inside = nil
		if good {
			a.answered = max(a.answered, sequence)
			m.tellLocked()
		}
	}
	switch mood := rand.N(100); {
	case mood < 5:
		leave(false)
		w.WriteHeader(http.StatusInternalServerError)
		return
	case mood < 8:
		leave(false)
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case mood < 10: // hangs: the sender gives up
		<-r.Context().Done()
		return
	case mood < 13:
		leave(false)
		panic(http.ErrAbortHandler) // hangs up
	case mood < 30:
		slow := time.NewTimer(rand.N(20 * time.Millisecond))
		defer slow.Stop()
		select {
		case <-slow.C:
		case <-r.Context().Done():
			return
		}
	}
	leave(true)
	w.WriteHeader(http.StatusNoContent)
}

func (m *moody) complain(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wrong = append(m.wrong, fmt.Sprintf(format, args...))
}

// arrivedEverywhere is how many events came to the endpoint that got fewest.
func (m *moody) arrivedEverywhere() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	fewest := m.first[string(m.hooks[0].ID)]
	for _, h := range m.hooks {
		fewest = min(fewest, m.first[string(h.ID)])
	}
	return fewest
}

func (m *moody) answered(webhook, session string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lines[line{webhook, session}].answered
}

// next waits for a request or a 2xx.
func (m *moody) next(ctx context.Context) {
	m.mu.Lock()
	news := m.news
	m.mu.Unlock()
	select {
	case <-news:
	case <-ctx.Done():
	}
}

// await waits until something happened n times.
func (m *moody) await(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range n {
		m.next(ctx)
	}
	if ctx.Err() != nil {
		t.Fatalf("nothing happens any more: %s", m)
	}
}

// awaitAll waits until all events have been answered everywhere.
func (m *moody) awaitAll(t *testing.T, made int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	for {
		m.mu.Lock()
		var answered int64
		for _, a := range m.lines {
			answered += a.answered
		}
		m.mu.Unlock()
		if answered == int64(made*len(m.hooks)) {
			return
		}
		if m.next(ctx); ctx.Err() != nil {
			t.Fatalf("%d events were made for %d endpoints, %d answered: %s", made, len(m.hooks), answered, m)
		}
	}
}

func (m *moody) check(t *testing.T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.wrong[:min(len(m.wrong), 20)] {
		t.Error(w)
	}
	if m.again == 0 {
		t.Log("no worker was killed between an answer and its settling")
	}
}

// String tells in figures what came.
func (m *moody) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fmt.Sprintf("%d requests for %v events, %d of them answered before", m.requests, m.first, m.again)
}
