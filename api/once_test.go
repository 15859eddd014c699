package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
	"tmk/store/pgtest"
)

// keyed sends a POST with an Idempotency-Key.
func (h *house) keyed(key, path string, body any, header ...string) *reply {
	h.t.Helper()
	hs := map[string]string{"Idempotency-Key": key}
	for i := 0; i < len(header); i += 2 {
		hs[header[i]] = header[i+1]
	}
	return h.do(call{method: http.MethodPost, path: path, body: body, header: hs})
}

// wantReplay fails unless b is the answer a again.
func wantReplay(t *testing.T, a, b *reply) {
	t.Helper()
	if a.header.Get("Idempotency-Replayed") != "" || b.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("replayed %q, then %q", a.header.Get("Idempotency-Replayed"), b.header.Get("Idempotency-Replayed"))
	}
	wantSame(t, a, b)
}

func wantSame(t *testing.T, a, b *reply) {
	t.Helper()
	if a.status != b.status || string(a.body) != string(b.body) {
		t.Errorf("first %d %s\nthen  %d %s", a.status, a.body, b.status, b.body)
	}
	for _, name := range kept {
		if a.header.Get(name) != b.header.Get(name) {
			t.Errorf("%s was %q and is %q", name, a.header.Get(name), b.header.Get(name))
		}
	}
	if a.header.Get("X-Request-Id") == b.header.Get("X-Request-Id") {
		t.Error("two requests have one id")
	}
}

func (h *house) sessionCount() int {
	h.t.Helper()
	by, _ := h.Key(h.t)
	page, err := h.Desk.Consultations(h.t.Context(), by, consult.ListQuery{Limit: 200})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(page.Items)
}

func TestOnce(t *testing.T) {
	h := newHouse(t)
	body := map[string]any{"doctorId": "d-1", "patientId": "p-1"}
	first := h.keyed("a key", base+"/sessions/create/simpl", body).want(201)
	again := h.keyed("a key", base+"/sessions/create/simpl", body, "Accept-Language", "en")
	wantReplay(t, first, again)
	if n := h.sessionCount(); n != 1 {
		t.Errorf("%d sessions", n)
	}
	// What is another: the body, the path, and whose key it is.
	h.keyed("a key", base+"/sessions/create/simpl", map[string]any{"doctorId": "d-2", "patientId": "p-1"}).wantProblem(422, consult.CodeMismatch)
	h.keyed("a key", base+"/sessions/create", body).wantProblem(422, consult.CodeMismatch)
	h.as2(h.key("other"), "a key", base+"/sessions/create/simpl", body).want(201)
	// Another key of the same integration is the same caller: keys are changed amid repeats.
	wantReplay(t, first, h.as2(h.key("lk"), "a key", base+"/sessions/create/simpl", body))

	h.Clock.Advance(72*time.Hour + time.Second)
	fresh := h.keyed("a key", base+"/sessions/create/simpl", body).want(201)
	if fresh.header.Get("Idempotency-Replayed") != "" {
		t.Error("kept longer than 72 hours")
	}
}

// A kept answer holds links and secrets: it is for who could get it by asking anew.
func TestOnceIsForWhoMay(t *testing.T) {
	h := newHouse(t)
	path, body := base+"/sessions/create/simpl", map[string]any{"doctorId": "d-1", "patientId": "p-1"}
	h.keyed("a key", path, body).want(201)
	h.as2(h.key("lk", consult.ScopeSessionsRead, consult.ScopeWebhooks), "a key", path, body).wantProblem(403, consult.CodeForbidden)
	lost, secret, err := h.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "lost", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Desk.RevokeAPIKey(t.Context(), consult.System, lost.ID); err != nil {
		t.Fatal(err)
	}
	h.as2(secret, "a key", path, body).wantProblem(401, consult.CodeUnauthorized)
	// Administrators have keys of their own each.
	hook := map[string]any{"integration": "lk", "url": "https://lk.example"}
	made := func(admin string) *reply {
		return h.do(call{method: "POST", path: base + "/webhooks", body: hook, anonymous: true,
			header: map[string]string{"Idempotency-Key": "a hook", "Cookie": cookieName + "=" + admin}}).want(201)
	}
	one, two := into[WebhookWithSecret](made(h.staffCookie(consult.StaffAdmin))), into[WebhookWithSecret](made(h.staffCookie(consult.StaffAdmin)))
	if one.ID == two.ID || one.Secret == two.Secret {
		t.Errorf("one administrator got the other's answer: %+v, %+v", one, two)
	}
}

// as2 is keyed with another credential.
func (h *house) as2(bearer, key, path string, body any) *reply {
	h.t.Helper()
	return h.keyed(key, path, body, "Authorization", "Bearer "+bearer)
}

func TestOnceIsChecked(t *testing.T) {
	h := newHouse(t)
	for _, key := range []string{"", strings.Repeat("k", 256), "ключ", "a\tb"} {
		p := h.keyed(key, base+"/sessions/create/simpl", `{"doctorId":"d","patientId":"p"}`).wantProblem(400, consult.CodeInvalid)
		wantField(t, p, "/Idempotency-Key")
	}
	h.keyed(strings.Repeat("k", 255), base+"/sessions/create/simpl", `{"doctorId":"d","patientId":"p"}`).want(201)
	h.keyed(" !~", base+"/sessions/create/simpl", `{"doctorId":"d","patientId":"p"}`).want(201)
}

// Refusals that would be the same again are kept; those that may pass are not.
func TestOnceKeepsWhatStays(t *testing.T) {
	h := newHouse(t)
	path := base + "/sessions/create"
	wantReplay(t, h.keyed("bad", path, `{}`).want(400), h.keyed("bad", path, `{}`))
	h.post(path, order()).want(201)
	wantReplay(t, h.keyed("twice", path, order()).want(409), h.keyed("twice", path, order()))
	wantReplay(t, h.keyed("none", base+"/sessions/c_none/cancel", nil).want(404), h.keyed("none", base+"/sessions/c_none/cancel", nil))

	simple := `{"doctorId":"d","patientId":"p"}`
	for name, refuse := range map[string]func(key string) *reply{
		"401": func(key string) *reply { return h.as2("tmk_guess", key, path+"/simpl", simple) },
		"403": func(key string) *reply {
			return h.as2(h.key("lk", consult.ScopeSessionsRead), key, path+"/simpl", simple)
		},
		"413": func(key string) *reply { return h.keyed(key, path+"/simpl", strings.Repeat(" ", maxBody+1)) },
		"415": func(key string) *reply { return h.keyed(key, path+"/simpl", simple, "Content-Type", "text/plain") },
	} {
		if r := refuse(name); fmt.Sprint(r.status) != name {
			t.Errorf("%d, want %s", r.status, name)
		}
		if r := h.keyed(name, path+"/simpl", simple).want(201); r.header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%s was kept", name)
		}
	}

	// A defect, and an answer of 503.
	w := h.hook(`{"url":"https://lk.example"}`)
	h.api.cfg.Tester = nil
	h.keyed("later", hooks+"/"+w.ID+"/test", nil).wantProblem(503, consult.CodeUnavailable)
	h.api.cfg.Tester = panickingTester{}
	h.keyed("later", hooks+"/"+w.ID+"/test", nil).wantProblem(500, consult.CodeInternal)
	h.api.cfg.Tester = &fakeTester{outcome: consult.Outcome{Delivered: true, Status: 200, At: h.Clock.Now()}}
	if r := h.keyed("later", hooks+"/"+w.ID+"/test", nil).want(200); r.header.Get("Idempotency-Replayed") != "" {
		t.Error("503 was kept")
	}
}

type panickingTester struct{}

func (panickingTester) Test(context.Context, *consult.Webhook) consult.Outcome { panic("a defect") }

// While the first is being answered others wait, and are told to come again.
func TestOnceInProgress(t *testing.T) {
	t.Parallel() // it waits for five seconds
	e := newEstate(t)
	by, _ := e.Key(t)
	var wg sync.WaitGroup
	for _, r := range (&API{}).routes() {
		if r.method != http.MethodPost || !r.access.takesKeys() {
			continue
		}
		path := e.fill(r.path)
		e.hook = "" // keeps the webhook
		e.taken(by, r.path, path, bodyFor(r))
		wg.Go(func() {
			answer := e.keyed(r.path, path, bodyFor(r))
			if answer.status != http.StatusConflict || into[Problem](answer).Code != ProblemCode(consult.CodeBusy) || answer.header.Get("Retry-After") != "1" {
				t.Errorf("%s: %d, Retry-After %q: %s", r.path, answer.status, answer.header.Get("Retry-After"), answer.body)
			}
		})
	}
	wg.Wait()

	path, body := base+"/sessions/create/simpl", `{"doctorId":"d","patientId":"p"}`
	e.taken(by, "busy", path, body)
	e.keyed("busy", path, `{"doctorId":"d","patientId":"q"}`).wantProblem(422, consult.CodeMismatch)
	e.Clock.Advance(time.Minute) // whoever had taken it up died
	e.keyed("busy", path, body).want(201)
}

// taken is a request that somebody has taken up, and not answered.
func (h *house) taken(by consult.Principal, key, path, body string) *consult.Once {
	h.t.Helper()
	r := &http.Request{Method: http.MethodPost, URL: &url.URL{Path: path}}
	o, mine, err := h.Desk.BeginOnce(h.t.Context(), by, key, fingerprint(r, []byte(body)))
	if err != nil || !mine {
		h.t.Fatalf("mine %v: %v", mine, err)
	}
	return o
}

// losing is a store that keeps no answers: a crash came before.
type losing struct{ consult.Store }

func (s losing) Update(ctx context.Context, fn func(consult.Tx) error) error {
	return s.Store.Update(ctx, func(tx consult.Tx) error { return fn(losingTx{tx}) })
}

type losingTx struct{ consult.Tx }

func (tx losingTx) SaveOnce(o *consult.Once) error {
	if o.Status != 0 {
		return consult.Errorf(consult.CodeUnavailable, "the process is dead")
	}
	return tx.Tx.SaveOnce(o)
}

// crashing is the same house before its crash.
func (h *house) crashing() *house {
	h.t.Helper()
	w := *h.World
	w.Desk = consult.NewDesk(losing{h.Store}, h.Blobs, h.Feed, h.Desk.Config(), slog.New(slog.DiscardHandler), h.Clock.Now)
	return houseOn(h.t, &w)
}

// A crash between the change and its answer: whoever sends the request again gets the
// answer as it would have been, and nothing is changed twice.
func TestOnceAfterCrash(t *testing.T) {
	h := newHouse(t)
	crashing := h.crashing()
	w := h.hook(`{"url":"https://lk.example"}`)
	v := h.Schedule(t, nil)
	current := h.begin(func(o *consult.Order) { o.Patient.ID = "p-2" })
	cancelled := h.Schedule(t, func(o *consult.Order) { o.Patient.ID = "p-3" })
	h.settle(consult.Outcome{Status: 500, Error: "500 Internal Server Error"})
	dead := into[DeliveryPage](h.get(hooks + "/" + w.ID + "/deliveries?state=dead").want(200)).Items[0]
	for _, tc := range []struct {
		name, path, body string
		status           int
		has              string // in the answer
	}{
		{"create", base + "/sessions/create", `{"doctor":{"id":"d-1"},"patient":{"id":"p-9"},"externalId":"x"}`, 201, `"doctor":"https://tmk.example/j/`},
		{"simpl", base + "/sessions/create/simpl", `{"doctorId":"d-1","patientId":"p-9"}`, 201, `"patientUrl":"https://tmk.example/j/`},
		{"cancel", sessionURL(cancelled, "/cancel"), `{"reason":"x"}`, 200, `"status":"CANCELLED"`},
		{"finish", sessionURL(current, "/finish"), ``, 200, `"status":"FINISHED"`},
		{"invite", sessionURL(v, "/invites"), `{"role":"relative"}`, 201, `"url":"https://tmk.example/j/`},
		{"link", base + "/invites/" + string(v.Patient.ID) + "/link", ``, 200, `"url":"https://tmk.example/j/`},
		{"webhook", hooks, `{"url":"https://lk.example/b"}`, 201, `"secret":"whsec_`},
		{"rotate", hooks + "/" + w.ID + "/secret/rotate", ``, 200, `"secret":"whsec_`},
		{"resend", base + "/deliveries/" + dead.ID + "/resend", ``, 202, `"state":"pending"`},
		{"resend dead", hooks + "/" + w.ID + "/resend", `{}`, 202, `{`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lost := crashing.keyed(tc.name, tc.path, tc.body).want(tc.status)
			h.Clock.Advance(31 * time.Second)
			before := h.audits()
			again := h.keyed(tc.name, tc.path, tc.body).want(tc.status)
			if again.header.Get("Idempotency-Replayed") != "true" || !strings.Contains(string(again.body), tc.has) {
				t.Errorf("%v %s", again.header, again.body)
			}
			if tc.name != "resend dead" { // how many there were nobody knows any more
				wantSame(t, lost, again)
			}
			if after := h.audits(); after != before {
				t.Errorf("%d entries more in the audit", after-before)
			}
			third := h.keyed(tc.name, tc.path, tc.body) // it is kept now
			wantSame(t, again, third)
		})
	}
}

func (h *house) audits() int {
	h.t.Helper()
	n := 0
	err := h.Store.View(h.t.Context(), func(tx consult.Tx) error {
		rows, err := tx.Audit(consult.AuditQuery{Limit: 10_000})
		n = len(rows)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// One session, however many ask for it at a time: by one Idempotency-Key, by one externalId, by both.
func TestCreatedOnceInParallel(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) *house{
		"SQLite":     func(t *testing.T) *house { return newHouse(t) },
		"PostgreSQL": func(t *testing.T) *house { return houseOn(t, consulttest.Open(t, pgtest.URL(t), nil)) },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			for way, tc := range map[string]struct {
				key, externalID string
				others          int // what those get who were not first
			}{
				"key": {key: "one", others: 201}, "externalId": {externalID: "one", others: 409}, "both": {key: "two", externalID: "two", others: 201},
			} {
				h.createTogether(t, way, tc.key, tc.externalID, tc.others)
			}
			if n := h.sessionCount(); n != 3 {
				t.Errorf("%d sessions, want 3", n)
			}
		})
	}
}

func (h *house) createTogether(t *testing.T, way, key, externalID string, others int) {
	t.Helper()
	body := order()
	if body["externalId"] = externalID; externalID == "" {
		delete(body, "externalId")
	}
	header := map[string]string{}
	if key != "" {
		header["Idempotency-Key"] = key
	}
	const callers = 20
	answers := make([]*reply, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			answers[i] = h.do(call{method: http.MethodPost, path: base + "/sessions/create", body: body, header: header})
		})
	}
	wg.Wait()
	ids := make(map[string]bool)
	created, replayed := 0, 0
	for _, r := range answers {
		switch {
		case r.status == http.StatusCreated:
			created++
			ids[into[Session](r).ID] = true
			if r.header.Get("Idempotency-Replayed") == "true" {
				replayed++
			}
		case r.status == others:
			ids[into[Problem](r).Ref] = true
		default:
			t.Errorf("%s: %d %s", way, r.status, r.body)
		}
	}
	if len(ids) != 1 || created-replayed != 1 || others == http.StatusConflict && created != 1 {
		t.Errorf("%s: %d created, %d of them replayed, sessions %v", way, created, replayed, ids)
	}
}
