package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"tmk/consult"
	"tmk/consult/consulttest"
)

const base = "/v1/abm/video"

// house is an API over a real desk, reached over real HTTP.
type house struct {
	*consulttest.World
	t      *testing.T
	api    *API
	url    string
	bearer string // of an API key of "lk" with all scopes
	logs   *logs
	dir    string // recordings
	specs  []routers.Router
}

func newHouse(t *testing.T, change ...func(*Config)) *house {
	t.Helper()
	return houseOn(t, consulttest.New(t), change...)
}

// documents are LK's and the pages', read once.
var documents = sync.OnceValues(func() (all []routers.Router, err error) {
	for _, file := range specs {
		doc, err := readSpec(file)
		if err != nil {
			return nil, err
		}
		doc.Servers = nil // every house has an address of its own
		spec, err := gorillamux.NewRouter(doc)
		if err != nil {
			return nil, err
		}
		all = append(all, spec)
	}
	return all, nil
})

// houseOn is a house on a world that is there already.
func houseOn(t *testing.T, w *consulttest.World, change ...func(*Config)) *house {
	t.Helper()
	h := &house{World: w, t: t, logs: &logs{}, dir: t.TempDir()}
	cfg := Config{
		PublicURL: consulttest.PublicURL, RatePerSecond: 1000, Ready: w.Store, Feed: w.Feed, Now: w.Clock.Now,
		Log: slog.New(slog.NewJSONHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, fn := range change {
		fn(&cfg)
	}
	h.api = New(cfg, w.Desk, w.Auth, h)
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	t.Cleanup(h.api.Close) // before the server, which waits for everybody
	h.url = server.URL
	_, h.bearer = w.Key(t)
	var err error
	if h.specs, err = documents(); err != nil {
		t.Fatal(err)
	}
	return h
}

// Open makes the house its own RecordingContent.
func (h *house) Open(id string) (io.ReadSeekCloser, error) {
	return os.Open(filepath.Join(h.dir, filepath.Base(id)))
}

type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// call is one request; the zero one is sent with the house's API key.
type call struct {
	method, path string
	body         any // string: as it is; else marshalled
	header       map[string]string
	anonymous    bool
}

// reply is an answer, read whole.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// do sends a request and checks the answer against the documents.
func (h *house) do(c call) *reply {
	h.t.Helper()
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			h.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	if c.method == "" {
		c.method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(h.t.Context(), c.method, h.url+c.path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if !c.anonymous {
		req.Header.Set("Authorization", "Bearer "+h.bearer)
	}
	for k, v := range c.header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatalf("read answer of %s %s: %v", c.method, c.path, err)
	}
	r := &reply{h.t, resp.StatusCode, resp.Header, raw}
	h.checkContract(req, r)
	return r
}

// described finds the operation of a request in one of the documents.
func (h *house) described(req *http.Request) (route *routers.Route, params map[string]string, err error) {
	for _, spec := range h.specs {
		if route, params, err = spec.FindRoute(req); err == nil {
			return route, params, nil
		}
	}
	return nil, nil, err
}

// checkContract fails the test when no document describes the answer.
func (h *house) checkContract(req *http.Request, r *reply) {
	h.t.Helper()
	if r.header.Get("X-Request-Id") == "" {
		h.t.Errorf("%s %s: no X-Request-Id", req.Method, req.URL.Path)
	}
	if r.header.Get("X-Content-Type-Options") != "nosniff" {
		h.t.Errorf("%s %s: no nosniff", req.Method, req.URL.Path)
	}
	head := req.Method == http.MethodHead
	if head {
		req = req.Clone(req.Context())
		req.Method = http.MethodGet
	}
	route, params, err := h.described(req)
	if err != nil {
		if r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed {
			return // what is not described is not there
		}
		h.t.Errorf("%s %s is in no document: %v", req.Method, req.URL.Path, err)
		return
	}
	covered.note(route, r.status)
	bytesOnly := !strings.Contains(r.header.Get("Content-Type"), "json") || head
	err = openapi3filter.ValidateResponse(h.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 r.status,
		Header:                 r.header,
		Body:                   io.NopCloser(bytes.NewReader(r.body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: bytesOnly},
	})
	if err != nil {
		h.t.Errorf("%s %s: the answer breaks the contract: %v\n%d %s", req.Method, req.URL.Path, err, r.status, r.body)
	}
}

// want fails unless the status is as given.
func (r *reply) want(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

// wantProblem fails unless the answer is a problem of the code.
func (r *reply) wantProblem(status int, code consult.Code) Problem {
	r.t.Helper()
	r.want(status)
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.t.Errorf("content type %q", got)
	}
	p := into[Problem](r)
	if p.Code != ProblemCode(code) || p.Status != status || p.Title == "" ||
		p.Type != consulttest.PublicURL+"/problems/"+string(code) {
		r.t.Errorf("problem %+v, want code %s", p, code)
	}
	return p
}

// wantField fails unless the problem points at the field.
func wantField(t *testing.T, p Problem, pointer string) FieldProblem {
	t.Helper()
	for _, f := range p.Errors {
		if f.Pointer == pointer {
			return f
		}
	}
	t.Errorf("no error at %s: %+v", pointer, p.Errors)
	return FieldProblem{}
}

func into[T any](r *reply) T {
	r.t.Helper()
	var v T
	if err := json.Unmarshal(r.body, &v); err != nil {
		r.t.Fatalf("decode answer: %v: %s", err, r.body)
	}
	return v
}

func (h *house) post(path string, body any) *reply {
	h.t.Helper()
	return h.do(call{method: http.MethodPost, path: path, body: body})
}

func (h *house) get(path string) *reply {
	h.t.Helper()
	return h.do(call{path: path})
}

// as sends a request with another credential.
func (h *house) as(bearer, method, path string, body any) *reply {
	h.t.Helper()
	return h.do(call{method: method, path: path, body: body, header: map[string]string{"Authorization": "Bearer " + bearer}})
}

// key makes an API key.
func (h *house) key(integration string, scopes ...consult.Scope) string {
	h.t.Helper()
	_, secret, err := h.Desk.CreateAPIKey(h.t.Context(), consult.System, integration, "test", scopes, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

// begin makes a consultation in which both are in the room.
func (h *house) begin(change func(*consult.Order)) *consulttest.Visit {
	h.t.Helper()
	v := h.Schedule(h.t, change)
	if _, err := h.Desk.Admit(h.t.Context(), consult.Principal{Seat: v.Doctor}, v.Patient.ID); err != nil {
		h.t.Fatal(err)
	}
	for _, s := range []*consult.Seat{v.Doctor, v.Patient} {
		if _, _, err := h.Desk.Arrive(h.t.Context(), s.ID); err != nil {
			h.t.Fatal(err)
		}
	}
	return v
}

func sessionURL(v *consulttest.Visit, rest string) string {
	return fmt.Sprintf("%s/sessions/%s%s", base, v.ID, rest)
}

// order is the body of api.md.
func order() map[string]any {
	return map[string]any{
		"externalId": "lk-48213",
		"doctor":     map[string]any{"id": "d-17", "name": "Иванова Мария Петровна", "specialty": "терапевт"},
		"patient":    map[string]any{"id": "p-902", "name": "Петров Олег Ильич"},
		"startsAt":   "2026-12-01T18:30:00+03:00", "durationMinutes": 30, "timeZone": "Europe/Moscow",
		"topic": "Повторная консультация", "language": "ru", "recording": "ask",
		"metadata": map[string]any{"branch": "north"},
	}
}

// staffCookie logs somebody with the role in, without the cost of a password.
func (h *house) staffCookie(role consult.StaffRole) string {
	h.t.Helper()
	cookie := consult.NewToken(32)
	now := h.Clock.Now()
	s := &consult.Staff{ID: consult.StaffID(consult.NewID("u_", now)), Roles: []consult.StaffRole{role}, CreatedAt: now}
	s.Login = strings.ToLower(string(s.ID))
	err := h.Store.Update(h.t.Context(), func(tx consult.Tx) error {
		if err := tx.AddStaff(s); err != nil {
			return err
		}
		return tx.AddStaffSession(&consult.StaffSession{
			ID: consult.NewID("ss_", now), Hash: consult.HashToken(cookie), StaffID: s.ID, Way: "password", CreatedAt: now, SeenAt: now,
			ExpiresAt: now.Add(time.Hour),
		})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return cookie
}

func (h *house) adminCookie() string {
	h.t.Helper()
	return h.staffCookie(consult.StaffAdmin)
}
