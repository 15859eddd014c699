package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

func TestRequestID(t *testing.T) {
	h := newHouse(t)
	with := func(id string) string {
		return h.do(call{path: "/healthz", header: map[string]string{"X-Request-Id": id}}).want(200).header.Get("X-Request-Id")
	}
	if got := with("lk-7.A_b"); got != "lk-7.A_b" {
		t.Errorf("a decent id became %q", got)
	}
	first, second := with("new\tline"), with(strings.Repeat("x", 65))
	if first == second || len(first) < 20 || len(second) < 20 || len(second) > 64 {
		t.Errorf("ids %q, %q", first, second)
	}
}

func TestRateLimit(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.RatePerSecond = 2 })
	other := h.key("lk")
	path := base + "/sessions/doctor/d-1"
	for range 4 {
		h.get(path).want(200)
	}
	r := h.get(path)
	r.wantProblem(429, consult.CodeRateLimited)
	if r.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
	h.as(other, "GET", path, nil).want(200) // each key for itself
	h.do(call{path: "/healthz", anonymous: true}).want(200)
	h.Clock.Advance(500 * time.Millisecond)
	h.get(path).want(200)
	h.get(path).wantProblem(429, consult.CodeRateLimited)
}

func TestGuessingKeysIsLimited(t *testing.T) {
	h := newHouse(t)
	path := base + "/sessions/doctor/d-1"
	for range failuresBurst {
		h.as("tmk_guess", "GET", path, nil).wantProblem(401, consult.CodeUnauthorized)
	}
	h.as("tmk_guess", "GET", path, nil).wantProblem(429, consult.CodeRateLimited)
	h.get(path).want(200) // a known key from the same address is not hindered
}

func TestLimiterForgetsTheLongestUnseen(t *testing.T) {
	now := time.Now()
	l := newLimiter(1, 1, func() time.Time { return now })
	for i := range maxRemembered {
		l.take(fmt.Sprint(i))
	}
	if l.take("0") == 0 { // seen again: no longer the oldest
		t.Error("a second token")
	}
	l.take("newcomer")
	if len(l.buckets) != maxRemembered || l.order.Len() != maxRemembered {
		t.Errorf("%d remembered, %d in order", len(l.buckets), l.order.Len())
	}
	if l.take("0") == 0 || l.take("1") != 0 {
		t.Error("the wrong one was forgotten")
	}
}

func TestLimiterFromManySides(t *testing.T) {
	now := time.Now()
	l := newLimiter(1, 50, func() time.Time { return now })
	var mu sync.Mutex
	passed := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if l.take("one") == 0 {
					mu.Lock()
					passed++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if passed != 50 {
		t.Errorf("%d passed, want 50", passed)
	}
}

// Nothing that names a person may get into the log: neither a path's ids of
// LK's, nor bodies, nor credentials, nor addresses.
func TestAccessLog(t *testing.T) {
	h := newHouse(t)
	h.post(base+"/sessions/create", order()).want(201)
	h.get(base + "/sessions/patient/p-902?status=UPCOMING").want(200)
	h.enter("secret-link-token", "ru").wantProblem(404, consult.CodeLinkUnknown)
	for _, secret := range []string{"p-902", "Петров", "lk-48213", h.bearer, "secret-link-token", "127.0.0.1", "UPCOMING"} {
		if strings.Contains(h.logs.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	var line struct{ Method, Route, By, Request string }
	lines := strings.Split(strings.TrimSpace(h.logs.String()), "\n")
	if err := json.Unmarshal([]byte(lines[1]), &line); err != nil {
		t.Fatal(err)
	}
	if line.Method != "GET" || line.Route != base+"/sessions/patient/:patientId" || !strings.HasPrefix(line.By, "key:k_") || line.Request == "" {
		t.Errorf("%+v", line)
	}
}

type brokenStore struct{}

func (brokenStore) Ping(context.Context) error { return errors.New("connection refused") }

func TestHealth(t *testing.T) {
	h := newHouse(t)
	h.do(call{path: "/healthz", anonymous: true}).want(200)
	h.do(call{path: "/readyz", anonymous: true}).want(200)
	sick := newHouse(t, func(c *Config) { c.Ready = brokenStore{} })
	sick.do(call{path: "/healthz", anonymous: true}).want(200)
	r := sick.do(call{path: "/readyz", anonymous: true})
	r.wantProblem(503, consult.CodeUnavailable)
	if strings.Contains(string(r.body), "refused") || r.header.Get("Retry-After") == "" {
		t.Errorf("%v %s", r.header, r.body)
	}
}

func TestSpecIsServed(t *testing.T) {
	h := newHouse(t)
	r := h.do(call{path: "/openapi.yaml", anonymous: true}).want(200)
	if !bytes.Equal(r.body, openapiYAML) || r.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("%d bytes of %s", len(r.body), r.header.Get("Content-Type"))
	}
}

// panicking makes the API's recording store panic, before or amid an answer.
type panicking struct{ after int }

func (p *panicking) Open(string) (io.ReadSeekCloser, error) {
	if p.after == 0 {
		panic("a defect")
	}
	return &panickingReader{strings.NewReader(strings.Repeat("x", p.after)), p}, nil
}

type panickingReader struct {
	*strings.Reader
	p *panicking
}

func (r *panickingReader) Read(b []byte) (int, error) {
	if r.Len() == 0 {
		panic("a defect amid")
	}
	return r.Reader.Read(b)
}

func (r *panickingReader) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return int64(r.p.after) + 1, nil // one byte that is not there
	}
	return r.Reader.Seek(offset, whence)
}
func (r *panickingReader) Close() error { return nil }

func TestPanics(t *testing.T) {
	h := newHouse(t)
	v := h.begin(recorded)
	path := base + "/recordings/" + string(h.record(v.Doctor, webm).ID) + "/content"

	h.api.content = &panicking{}
	r := h.get(path)
	r.wantProblem(500, consult.CodeInternal)
	if strings.Contains(string(r.body), "defect") {
		t.Errorf("the answer tells of the inside: %s", r.body)
	}
	if log := h.logs.String(); !strings.Contains(log, "a defect") || !strings.Contains(log, "recordings.go") || !strings.Contains(log, r.header.Get("X-Request-Id")) {
		t.Errorf("the log lacks the panic, its stack or the request:\n%s", log)
	}

	// Amid an answer the connection is broken off: half a file is not taken for the whole.
	h.api.content = &panicking{after: 1 << 20}
	req, _ := http.NewRequest("GET", h.url+path, nil)
	req.Header.Set("Authorization", "Bearer "+h.bearer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the answer ended as if it were whole")
	}
	h.get("/healthz").want(200)
}

func TestRegisterBesideOthers(t *testing.T) {
	h := newHouse(t)
	e := echo.New()
	e.GET("/*", func(c echo.Context) error { return c.String(200, "a page") })
	h.api.Register(e)
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/openapi.yaml": 200, "/v1/admin/me": 401, "/v1/none": 404, "/v1": 404, "/j/abc": 200,
	} {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		if strings.HasPrefix(path, "/v1") && w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s", path, w.Header().Get("Content-Type"))
		}
	}
}

func TestAddress(t *testing.T) {
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect()
	for remote, want := range map[string]string{
		"192.0.2.7:1234": "ip:192.0.2.7", "[::ffff:192.0.2.7]:1": "ip:192.0.2.7",
		"[2001:db8:1:2:3::4]:1": "ip:2001:db8:1:2::", "nonsense": "ip:unknown",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "10.0.0.1") // anybody can write that
		if got := address(e.NewContext(r, nil)); got != want {
			t.Errorf("%s: %s, want %s", remote, got, want)
		}
	}
}

func TestErrorsThatAreNotOurs(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		code consult.Code
	}{
		"plain":        {errors.New("disk I/O error"), consult.CodeInternal},
		"wrapped":      {fmt.Errorf("a: %w", fmt.Errorf("b: %w", consult.Errorf(consult.CodeTooEarly, "c"))), consult.CodeTooEarly},
		"deadline":     {fmt.Errorf("query: %w", context.DeadlineExceeded), consult.CodeUnavailable},
		"unknown code": {consult.Errorf("brand_new", "x"), consult.CodeInternal},
	} {
		if got := domainError(tc.err); got.Code != tc.code {
			t.Errorf("%s: %s, want %s", name, got.Code, tc.code)
		}
	}
}

// A key that runs out soon says so, and every use of a key is noted.
func TestKeyTellsItsEnd(t *testing.T) {
	h := newHouse(t)
	_, secret, err := h.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "yearly", nil, 365*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ends := h.Clock.Now().Add(365 * 24 * time.Hour).Format(time.RFC3339)
	for _, tc := range []struct {
		later time.Duration
		want  string
	}{{0, ""}, {334 * 24 * time.Hour, ""}, {24 * time.Hour, ends}, {29 * 24 * time.Hour, ends}} {
		h.Clock.Advance(tc.later)
		if got := h.as(secret, "GET", base+"/events", nil).want(200).header.Get("TMK-Key-Expires"); got != tc.want {
			t.Errorf("%s later: %q, want %q", tc.later, got, tc.want)
		}
	}
	// In refusals too: a key that is used wrongly is still one that ends.
	if got := h.as(secret, "GET", base+"/sessions/c_none", nil).want(404).header.Get("TMK-Key-Expires"); got != ends {
		t.Errorf("404 with %q", got)
	}
	if got := h.get(base + "/events").header.Get("TMK-Key-Expires"); got != "" {
		t.Errorf("a key without end tells %q", got)
	}
	keys, err := h.Desk.APIKeys(t.Context(), consult.System)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if k.Name == "yearly" && !k.LastUsedAt.Equal(h.Clock.Now()) {
			t.Errorf("last used %s, want %s", k.LastUsedAt, h.Clock.Now())
		}
	}
	h.Clock.Advance(24 * time.Hour)
	h.as(secret, "GET", base+"/events", nil).wantProblem(401, consult.CodeUnauthorized)
}
