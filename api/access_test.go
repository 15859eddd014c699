package api

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

// Every route says who may come, by the table of rights or with a reason why all may.
func TestEveryRouteHasARule(t *testing.T) {
	for _, r := range (&API{}).routes() {
		name := r.method + " " + r.path
		_, known := consult.Rights()[r.rule.action]
		switch {
		case r.rule.action == "" && r.rule.open == "":
			t.Errorf("%s has no rule", name)
		case r.rule.action != "" && (r.rule.open != "" || !known):
			t.Errorf("%s has the rule %+v", name, r.rule)
		case r.rule.action != "" && credentials[r.access] == "none":
			t.Errorf("%s wants the right to %s of somebody whom nobody knows", name, r.rule.action)
		}
		if post := r.method == http.MethodPost && r.access.takesKeys(); !post && r.again != nil {
			t.Errorf("%s takes no Idempotency-Key, and answers again", name)
		}
	}
}

// visitor is somebody who sends real requests.
type visitor struct {
	name   string
	header map[string]string
	// expected tells whether the router and the table of rights let him.
	expected func(r route) bool
}

// estate is a house with one of everything.
type estate struct {
	*house
	visit   *consulttest.Visit // in which all seats are
	file    *consult.File
	revoked string // pass of a guest who was sent away
	seats   map[string]string
	keys    map[string]string
	expired string
	hook    consult.WebhookID // the last one made
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	w := consulttest.Open(t, "sqlite:"+t.TempDir()+"/tmk.db", func(c *consult.Config) { c.MaxSeats = 20 })
	h := houseOn(t, w, func(c *Config) { c.Tester = &fakeTester{outcome: consult.Outcome{At: w.Clock.Now()}} })
	for _, l := range []**limiter{&h.api.failures, &h.api.logins, &h.api.links, &h.api.callers} {
		*l = newLimiter(1e6, 1e6, w.Clock.Now) // so many refusals are the test's purpose
	}
	e := &estate{house: h, seats: make(map[string]string), keys: make(map[string]string)}
	_, expired, err := h.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "old", nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	e.expired = expired
	h.Clock.Advance(2 * time.Hour)
	for _, s := range consult.AllScopes {
		e.keys["key "+string(s)] = h.key("lk", s)
	}
	e.visit = h.begin(nil)
	e.file = h.sendFile(e.visit.Patient, "a.pdf", pdf)
	e.seats["doctor"], e.seats["patient"] = h.Pass(t, e.visit.DoctorLink), h.Pass(t, e.visit.PatientLink)
	for _, role := range []consult.Role{consult.RolePatient, consult.RoleRelative, consult.RoleInterpreter, consult.RoleObserver} {
		_, e.seats[string(role)+", waiting"] = e.guest(role)
		if role != consult.RolePatient {
			s, pass := e.guest(role)
			if _, err := h.Desk.Admit(t.Context(), consult.Principal{Seat: e.visit.Doctor}, s.ID); err != nil {
				t.Fatal(err)
			}
			e.seats[string(role)] = pass
		}
	}
	gone, pass := e.guest(consult.RoleRelative)
	if err := h.Desk.Revoke(t.Context(), e.system(), gone.ID); err != nil {
		t.Fatal(err)
	}
	e.revoked = pass
	return e
}

// system is a key with all scopes.
func (e *estate) system() consult.Principal {
	by, _ := e.Key(e.t)
	return by
}

func (e *estate) guest(role consult.Role) (*consult.Seat, string) {
	e.t.Helper()
	seat, link, err := e.Desk.Invite(e.t.Context(), e.system(), e.visit.ID, role, consult.Person{})
	if err != nil {
		e.t.Fatal(err)
	}
	return seat, e.Pass(e.t, tokenOf(link))
}

// visitors are all callers of docs/access.md, and those who are refused everything that is somebody's.
func (e *estate) visitors() []visitor {
	e.t.Helper()
	bearer := func(token string) map[string]string { return map[string]string{"Authorization": "Bearer " + token} }
	cookie := func(value string) map[string]string { return map[string]string{"Cookie": cookieName + "=" + value} }
	var all []visitor
	for _, c := range Callers() {
		v := visitor{name: c.Name, expected: func(r route) bool { return r.admits(c.principal) }}
		switch {
		case c.principal.Key != nil:
			v.header = bearer(e.keys[c.Name])
		case c.principal.Seat != nil:
			v.header = bearer(e.seats[c.Name])
		case c.principal.Staff != nil:
			v.header = cookie(e.staffCookie(c.principal.Staff.Roles[0]))
		}
		all = append(all, v)
	}
	unknown := func(r route) bool { return r.admits(consult.Principal{}) }
	revoked, secret, err := e.Desk.CreateAPIKey(e.t.Context(), consult.System, "lk", "revoked", nil, 0)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := e.Desk.RevokeAPIKey(e.t.Context(), consult.System, revoked.ID); err != nil {
		e.t.Fatal(err)
	}
	strangers := consult.Principal{Key: &consult.APIKey{Integration: "other", Scopes: consult.AllScopes}}
	elsewhere := e.begin(func(o *consult.Order) { o.Patient.ID = "p-elsewhere" })
	return append(all,
		visitor{"key of another integration", bearer(e.key("other")), func(r route) bool { return r.admits(strangers) && !r.ofOne() }},
		visitor{"expired key", bearer(e.expired), unknown},
		visitor{"revoked key", bearer(secret), unknown},
		visitor{"guessed key", bearer("tmk_guess"), unknown},
		visitor{"key as a cookie", cookie(e.bearer), unknown},
		visitor{"seat of another consultation", bearer(e.Pass(e.t, elsewhere.DoctorLink)), func(r route) bool {
			return r.admits(seatOf(consult.RoleDoctor, true)) && !r.ofOne()
		}},
		visitor{"revoked seat", bearer(e.revoked), unknown},
		visitor{"guessed cookie", cookie("guess"), unknown},
		visitor{"cookie as a key", bearer(e.staffCookie(consult.StaffAdmin)), unknown},
	)
}

// ofOne tells whether the route is about one thing that belongs to somebody.
func (r route) ofOne() bool {
	return strings.Contains(r.path, "/:") && !strings.Contains(r.path, ":doctorId") && !strings.Contains(r.path, ":patientId") && !strings.Contains(r.path, ":code")
}

// fill puts real ids into the path, of things that are new.
func (e *estate) fill(path string) string {
	e.t.Helper()
	ctx := e.t.Context()
	must := func(err error) {
		e.t.Helper()
		if err != nil {
			e.t.Fatal(err)
		}
	}
	has := func(part string) bool { return strings.Contains(path, part) }
	put := func(name, id string) { path = strings.Replace(path, ":"+name, id, 1) }
	switch {
	case has("/files/:fileId"):
		put("id", string(e.visit.ID))
		put("fileId", string(e.file.ID))
	case has("/room/files/:id"):
		put("id", string(e.file.ID))
	case has("/sessions/:id") && !has("/admin/"):
		put("id", string(e.Schedule(e.t, nil).ID))
	case has("/invites/:inviteId"):
		put("inviteId", string(e.Schedule(e.t, nil).Patient.ID))
	case has("/recordings/:id"):
		put("id", string(e.record(e.begin(recorded).Doctor, webm).ID))
	case has("/webhooks/:id"), has("/deliveries/:id"):
		w, err := e.Desk.CreateWebhook(ctx, consult.System, "lk", consult.WebhookOrder{URL: "https://lk.example"})
		must(err)
		if e.hook != "" { // so many and no more may be live
			if err := e.Desk.DeleteWebhook(ctx, consult.System, e.hook); consult.CodeOf(err) != consult.CodeNotFound {
				must(err)
			}
		}
		e.hook = w.ID
		id := string(w.ID)
		if has("/deliveries/:id") {
			e.Schedule(e.t, nil)
			page, err := e.Desk.Deliveries(ctx, consult.System, consult.DeliveryQuery{Webhook: w.ID})
			must(err)
			id = string(page.Items[0].ID)
		}
		put("id", id)
	case has("/admin/staff/:id"):
		now := e.Clock.Now()
		s := &consult.Staff{ID: consult.StaffID(consult.NewID("u_", now)), Roles: []consult.StaffRole{consult.StaffOperator}, CreatedAt: now, PasswordHash: "x"}
		s.Login = strings.ToLower(string(s.ID))
		session := &consult.StaffSession{ID: consult.NewID("ss_", now), Hash: consult.HashToken(consult.NewToken(32)), StaffID: s.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
		must(e.Store.Update(ctx, func(tx consult.Tx) error {
			if err := tx.AddStaff(s); err != nil {
				return err
			}
			return tx.AddStaffSession(session)
		}))
		put("id", string(s.ID))
		put("sessionId", session.ID)
	case has("/apikeys/:id"):
		k, _, err := e.Desk.CreateAPIKey(ctx, consult.System, "lk", "x", nil, 0)
		must(err)
		put("id", string(k.ID))
	case has("/signingkeys/:id"):
		k, err := e.Desk.CreateSigningKey(ctx, consult.System, consult.SigningKeyOrder{
			Integration: "lk", Issuer: "lk", KID: consult.NewID("kid", e.Clock.Now()), Algorithm: "HS256",
		})
		must(err)
		put("id", string(k.ID))
	}
	return strings.NewReplacer(":doctorId", "d-17", ":patientId", "p-902", ":code", "invalid", ":id", "none").Replace(path)
}

// Every caller at every route, with real requests: who is let is whom router and table of rights let.
func TestAccess(t *testing.T) {
	e := newEstate(t)
	requests := 0
	for _, r := range (&API{}).routes() {
		visitors := e.visitors()
		slices.SortStableFunc(visitors, func(a, b visitor) int { // refused ones first: they leave everything as it is
			return compareBool(a.expected(r), b.expected(r))
		})
		path := e.fill(r.path)
		for _, v := range visitors {
			want := v.expected(r)
			if want && r.ofOne() {
				path = e.fill(r.path)
			}
			c := call{method: r.method, path: path, header: maps.Clone(v.header), anonymous: true}
			if r.method != http.MethodGet {
				c.body = bodyFor(r)
			}
			answer := e.do(c)
			requests++
			if got := answer.lets(r); got != want {
				t.Errorf("%s %s: %s is let: %v, want %v (%d %s)", r.method, r.path, v.name, got, want, answer.status, answer.body)
			}
		}
	}
	if least := 20 * len((&API{}).routes()); requests < least {
		t.Errorf("%d requests, want %d at least", requests, least)
	}
}

// bodyFor is decent where the desk asks the table of rights, behind the checks of the body.
func bodyFor(r route) string {
	for end, body := range map[string]string{
		"/sessions/:id/invites": `{"role":"relative"}`, "/recordings/:id": `{"reason":"x"}`, "/room/rating": `{"stars":5}`,
	} {
		if strings.HasSuffix(r.path, end) {
			return body
		}
	}
	return `{}`
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// lets tells whether the caller came past the rule. What another owns is not there for him; who may come
// without a right finds only his own, and what he asks for here need not be there.
func (r *reply) lets(to route) bool {
	r.t.Helper()
	switch r.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return false
	case http.StatusNotFound:
		return to.rule.action == ""
	case http.StatusTooManyRequests:
		r.t.Fatalf("%s: too many requests", to.path)
	}
	return true
}
