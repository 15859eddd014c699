package api

import (
	"encoding/base32"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"tmk/consult"
	"tmk/consult/auth"
)

// person is a member of staff at a browser.
type person struct {
	*house
	cookie string
}

// hire makes an account with the roles and logs in.
func (h *house) hire(login string, roles ...consult.StaffRole) *person {
	h.t.Helper()
	if _, err := h.Auth.CreateStaff(h.t.Context(), login, password, roles...); err != nil {
		h.t.Fatal(err)
	}
	return &person{h, cookieOf(h.t, h.login(login, password, nil).want(204)).Value}
}

// ask sends a request with the person's cookie.
func (p *person) ask(method, path string, body any, header ...string) *reply {
	p.t.Helper()
	hs := map[string]string{"Cookie": cookieName + "=" + p.cookie}
	for i := 0; i < len(header); i += 2 {
		hs[header[i]] = header[i+1]
	}
	return p.do(call{method: method, path: path, body: body, anonymous: true, header: hs})
}

// identify changes who says who is calling; before anybody does.
func (h *house) identify(change func(*auth.Config)) {
	h.t.Helper()
	cfg := auth.Config{Now: h.Clock.Now}
	change(&cfg)
	h.Auth = auth.New(h.Store, cfg)
	h.api.auth = h.Auth
}

func proof(secret, code string) map[string]any {
	return map[string]any{"password": secret, "code": code}
}

// enrol turns the second factor on and returns what shows codes, and the recovery codes.
func (p *person) enrol() (code func() string, recovery []string) {
	p.t.Helper()
	setup := into[TotpSetup](p.ask("POST", "/v1/admin/account/totp", map[string]any{"password": password}).want(200))
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(setup.Secret); err != nil ||
		!strings.HasPrefix(setup.URI, "otpauth://totp/") || !strings.HasPrefix(setup.Qr, "data:image/svg+xml;base64,") {
		p.t.Errorf("%+v", setup)
	}
	code = func() string {
		c, err := totp.GenerateCode(setup.Secret, p.Clock.Now())
		if err != nil {
			p.t.Fatal(err)
		}
		return c
	}
	body := map[string]any{"setup": setup.Setup, "code": "000000"}
	p.ask("POST", "/v1/admin/account/totp/confirm", body).wantProblem(403, consult.CodeForbidden)
	body["code"] = code()
	recovery = into[RecoveryCodes](p.ask("POST", "/v1/admin/account/totp/confirm", body).want(200)).RecoveryCodes
	p.Clock.Advance(time.Minute)
	body["code"] = code()
	p.ask("POST", "/v1/admin/account/totp/confirm", body).wantProblem(409, consult.CodeConflict)
	return code, recovery
}

func TestMe(t *testing.T) {
	h := newHouse(t)
	boss := h.hire("boss", consult.StaffAdmin)
	me := into[Me](boss.ask("GET", "/v1/admin/me", nil).want(200))
	if !strings.HasPrefix(me.ID, "u_") || me.Login != "boss" || !me.Admin || !me.Local || me.Totp || me.RecoveryLeft != 0 || me.MustEnrol || me.Way != StaffWayPassword {
		t.Errorf("%+v", me)
	}
	can := func(me Me) string { return " " + strings.Join(me.Can, " ") + " " }
	for _, right := range []string{"staff.manage", "apikey.manage", "audit.read", "webhook.manage", "recording.erase"} {
		if !strings.Contains(can(me), " "+right+" ") {
			t.Errorf("an administrator cannot %s: %v", right, me.Can)
		}
	}
	doctor := into[Me](h.hire("doc", consult.StaffDoctor).ask("GET", "/v1/admin/me", nil).want(200))
	if len(doctor.Can) != 0 || doctor.Admin || doctor.Roles[0] != StaffRoleDoctor {
		t.Errorf("%+v", doctor)
	}
}

func TestSecondFactorOverREST(t *testing.T) {
	h := newHouse(t)
	anna := h.hire("anna", consult.StaffHead)
	anna.ask("POST", "/v1/admin/account/totp", map[string]any{"password": "a wrong password"}).wantProblem(403, consult.CodeForbidden)
	code, recovery := anna.enrol()
	anna.ask("POST", "/v1/admin/account/totp", map[string]any{"password": password}).wantProblem(409, consult.CodeConflict)
	if me := into[Me](anna.ask("GET", "/v1/admin/me", nil).want(200)); !me.Totp || me.RecoveryLeft != 10 || me.Way != StaffWayTotp {
		t.Errorf("%+v", me)
	}

	r := h.login("anna", password, nil).want(200)
	step := into[LoginStep](r)
	if r.header.Get("Set-Cookie") != "" || step.Need != LoginStepNeedTotp {
		t.Errorf("a password is enough: %v", r.header)
	}
	second := func(code string) *reply {
		return h.do(call{method: "POST", path: "/v1/admin/login/totp", anonymous: true, body: map[string]any{"ticket": step.Ticket, "code": code}})
	}
	second("000000").wantProblem(401, consult.CodeUnauthorized)
	c := cookieOf(t, second(code()).want(204))
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
		t.Errorf("cookie %v", c)
	}
	phone := &person{h, c.Value}
	phone.ask("POST", "/v1/admin/account/recovery", proof(password, "000000")).wantProblem(403, consult.CodeForbidden)
	fresh := into[RecoveryCodes](phone.ask("POST", "/v1/admin/account/recovery", proof(password, recovery[0])).want(200)).RecoveryCodes
	if len(fresh) != 10 || fresh[0] == recovery[0] {
		t.Errorf("%v", fresh)
	}
	phone.ask("POST", "/v1/admin/account/totp/disable", proof("a wrong password", fresh[0])).wantProblem(403, consult.CodeForbidden)
	phone.ask("POST", "/v1/admin/account/totp/disable", proof(password, fresh[0])).want(204)
	phone.ask("POST", "/v1/admin/account/totp/disable", proof(password, fresh[1])).wantProblem(409, consult.CodeConflict)
	phone.ask("POST", "/v1/admin/account/recovery", proof(password, fresh[1])).wantProblem(409, consult.CodeConflict)
	h.login("anna", password, nil).want(204)
	for _, secret := range append(fresh, step.Ticket, c.Value, password) {
		if strings.Contains(h.logs.String(), secret) {
			t.Error("the log holds a secret")
		}
	}
}

func TestSecondFactorIsDemanded(t *testing.T) {
	h := newHouse(t)
	h.identify(func(c *auth.Config) { c.RequireTOTP = true })
	boss := h.hire("boss", consult.StaffAdmin)
	if me := into[Me](boss.ask("GET", "/v1/admin/me", nil).want(200)); !me.MustEnrol {
		t.Errorf("%+v", me)
	}
	for _, path := range []string{"/v1/admin/staff", "/v1/admin/recordings", "/v1/admin/sessions", "/v1/admin/audit", root + "/webhooks?integration=lk"} {
		p := boss.ask("GET", path, nil, "Accept-Language", "en").wantProblem(403, consult.CodeForbidden)
		if p.Detail != msgMustEnrol {
			t.Errorf("%s: %q", path, p.Detail)
		}
	}
	code, _ := boss.enrol()
	boss.ask("GET", "/v1/admin/staff", nil).want(200)
	boss.ask("POST", "/v1/admin/account/totp/disable", proof(password, code())).wantProblem(409, consult.CodeConflict)
}

func TestOwnPasswordAndSessions(t *testing.T) {
	h := newHouse(t)
	anna := h.hire("anna", consult.StaffOperator)
	tablet := &person{h, cookieOf(t, h.login("anna", password, map[string]string{
		"User-Agent": "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
	}).want(204)).Value}
	list := into[StaffSessionList](anna.ask("GET", "/v1/admin/account/sessions", nil).want(200)).Items
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	for _, s := range list {
		if s.Current == (s.Agent == "Safari on iOS") || !strings.HasPrefix(s.ID, "ss_") {
			t.Errorf("%+v", s)
		}
		if !s.Current {
			anna.ask("DELETE", "/v1/admin/account/sessions/"+s.ID, nil).want(204)
			anna.ask("DELETE", "/v1/admin/account/sessions/"+s.ID, nil).wantProblem(404, consult.CodeNotFound)
		}
	}
	tablet.ask("GET", "/v1/admin/me", nil).wantProblem(401, consult.CodeUnauthorized)

	other := &person{h, cookieOf(t, h.login("anna", password, nil).want(204)).Value}
	const fresh = "another long password"
	change := func(p *person, current, password string) *reply {
		return p.ask("POST", "/v1/admin/account/password", map[string]any{"current": current, "password": password})
	}
	change(anna, "a wrong password", fresh).wantProblem(403, consult.CodeForbidden)
	wantField(t, change(anna, password, "short").wantProblem(400, consult.CodeInvalid), "/password")
	change(anna, password, fresh).want(204)
	anna.ask("GET", "/v1/admin/me", nil).want(200)
	other.ask("GET", "/v1/admin/me", nil).wantProblem(401, consult.CodeUnauthorized)
	other.cookie = cookieOf(t, h.login("anna", fresh, nil).want(204)).Value
	for method, path := range map[string]string{"DELETE": "/v1/admin/account/sessions", "POST": "/v1/admin/account/totp"} {
		other.ask(method, path, nil, "Sec-Fetch-Site", "cross-site").wantProblem(403, consult.CodeForbidden)
	}
	other.ask("DELETE", "/v1/admin/account/sessions/ss_x", nil, "Origin", "https://evil.example").wantProblem(403, consult.CodeForbidden)
	other.ask("DELETE", "/v1/admin/account/sessions", nil).want(204)
	anna.ask("GET", "/v1/admin/me", nil).wantProblem(401, consult.CodeUnauthorized)
	other.ask("GET", "/v1/admin/me", nil).want(200)
}

func TestClaimOverREST(t *testing.T) {
	h := newHouse(t)
	entrance := func() Entrance {
		return into[Entrance](h.do(call{path: "/v1/admin/config", anonymous: true}).want(200))
	}
	token, err := h.Auth.OpenClaim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := entrance(); e.Claimed || e.Brand.Name == "" || e.Oidc.Name != "" {
		t.Errorf("%+v", e)
	}
	p := h.do(call{path: root + "/sessions/doctor/d-1", header: map[string]string{"Accept-Language": "ru"}}).wantProblem(503, consult.CodeUnclaimed)
	if !strings.Contains(p.Detail, "администратор") {
		t.Errorf("%+v", p)
	}
	h.do(call{method: "POST", path: "/v1/admin/login", anonymous: true, body: `{`}).wantProblem(503, consult.CodeUnclaimed)
	h.do(call{path: "/healthz", anonymous: true}).want(200)
	if strings.Contains(h.logs.String(), `"ERROR"`) {
		t.Error("that nobody has claimed it yet is no error")
	}
	claim := func(token, login string) *reply {
		return h.do(call{method: "POST", path: "/v1/admin/claim", anonymous: true, body: map[string]any{"token": token, "login": login, "password": password}})
	}
	claim("guess", "boss").wantProblem(401, consult.CodeUnauthorized)
	wantField(t, claim(token, "two words").wantProblem(400, consult.CodeInvalid), "/login")
	boss := &person{h, cookieOf(t, claim(token, "boss").want(204)).Value}
	if me := into[Me](boss.ask("GET", "/v1/admin/me", nil).want(200)); !me.Admin {
		t.Errorf("%+v", me)
	}
	claim(token, "second").wantProblem(409, consult.CodeConflict)
	if !entrance().Claimed {
		t.Error("not claimed")
	}
	h.get(root + "/sessions/doctor/d-1").want(200)
	if strings.Contains(h.logs.String(), token) {
		t.Error("the log holds the token")
	}
}

func TestClaimsAreThrottled(t *testing.T) {
	h := newHouse(t)
	if _, err := h.Auth.OpenClaim(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.api.logins = newLimiter(loginsPerSecond, 3, h.Clock.Now)
	guess := func() *reply {
		return h.do(call{method: "POST", path: "/v1/admin/claim", anonymous: true, body: map[string]any{"token": "x", "login": "x", "password": password}})
	}
	for range 3 {
		guess().wantProblem(401, consult.CodeUnauthorized)
	}
	guess().wantProblem(429, consult.CodeRateLimited)
}

// fakeProvider is as much of an OIDC provider as the edge needs; consult/auth has the strict one.
func fakeProvider(t *testing.T) *httptest.Server {
	t.Helper()
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/.well-known/openid-configuration" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		if err := json.NewEncoder(w).Encode(map[string]any{
			"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token", "jwks_uri": s.URL + "/keys",
		}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestOIDCOverREST(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.CookieSecure = true })
	get := func(path, cookie string) *reply {
		return h.do(call{path: path, anonymous: true, header: map[string]string{"Cookie": cookie}})
	}
	get("/v1/admin/oidc/start", "").wantProblem(404, consult.CodeNotFound)
	get("/v1/admin/oidc/callback?state=x&code=y", "").wantProblem(404, consult.CodeNotFound)

	p := fakeProvider(t)
	h.identify(func(c *auth.Config) {
		c.OIDC = &auth.OIDC{Issuer: p.URL, ClientID: "tmk", Name: "Клиника", Scopes: []string{"openid"}, RedirectURL: "https://tmk.example/v1/admin/oidc/callback"}
	})
	if e := into[Entrance](get("/v1/admin/config", "").want(200)); e.Oidc.Name != "Клиника" {
		t.Errorf("%+v", e)
	}
	r := get("/v1/admin/oidc/start?to=/admin/staff", "").want(302)
	to, err := url.Parse(r.header.Get("Location"))
	if err != nil || !strings.HasPrefix(to.String(), p.URL+"/authorize?") || to.Query().Get("code_challenge_method") != "S256" {
		t.Fatalf("to %v, %v", to, err)
	}
	c, err := http.ParseSetCookie(r.header.Get("Set-Cookie"))
	if err != nil || c.Name != "tmk_oidc" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/v1/admin/oidc" || c.MaxAge != 600 {
		t.Errorf("cookie %v, %v", c, err)
	}
	back := func(query, cookie, problem string) {
		t.Helper()
		r := get("/v1/admin/oidc/callback?"+query, cookie).want(302)
		if got := r.header.Get("Location"); got != "/admin/?problem="+problem {
			t.Errorf("%s: to %q", query, got)
		}
		gone, err := http.ParseSetCookie(r.header.Get("Set-Cookie"))
		if err != nil || gone.Name != "tmk_oidc" || gone.MaxAge >= 0 || len(r.header.Values("Set-Cookie")) != 1 {
			t.Errorf("%s: cookies %v", query, r.header.Values("Set-Cookie"))
		}
	}
	state, kept := to.Query().Get("state"), c.Name+"="+c.Value
	back("state="+state+"&code=x", "", "unauthorized")
	back("state=another&code=x", kept, "unauthorized")
	back("state="+state+"&error=access_denied&error_description=no", kept, "declined")
	back("state="+state+"&error=invalid_scope", kept, "forbidden")
	back("state="+state+"&error=temporarily_unavailable", kept, "unavailable")
	back("state="+state+"&code=x&client-request-id=1&client-request-id=2", kept, "unauthorized") // what providers add is passed over
	back("state="+state+"&code=x&session_state=1", kept, "unauthorized")                         // the provider does not know the code
	get("/v1/admin/oidc/callback?state=a&state=b", kept).wantProblem(400, consult.CodeInvalid)
	p.Close()
	back("state="+state+"&code=x", kept, "unavailable")

	h.identify(func(c *auth.Config) { c.OIDC = &auth.OIDC{Issuer: p.URL, ClientID: "tmk", Name: "x"} })
	if r := get("/v1/admin/oidc/start", "").want(302); r.header.Get("Location") != "/admin/?problem=unavailable" || r.header.Get("Set-Cookie") != "" {
		t.Errorf("%v", r.header)
	}
	for _, secret := range []string{state, c.Value} {
		if strings.Contains(h.logs.String(), secret) {
			t.Error("the log holds a secret")
		}
	}
}

func TestOIDCIsThrottled(t *testing.T) {
	h := newHouse(t)
	h.api.logins = newLimiter(loginsPerSecond, 1, h.Clock.Now)
	for i, path := range []string{"/v1/admin/oidc/start", "/v1/admin/oidc/start", "/v1/admin/oidc/callback"} {
		r := h.do(call{path: path, anonymous: true})
		if i > 0 && r.header.Get("Location") != "/admin/?problem=rate_limited" {
			t.Errorf("%s: %d %v", path, r.status, r.header)
		}
	}
}

func TestBelowAdmin(t *testing.T) {
	for to, want := range map[string]string{
		"": "/admin/", "/admin/staff": "/admin/staff", "/admin/": "/admin/", "/admin": "/admin/", "/j/x": "/admin/", "/admin/../j/x": "/admin/",
		"//evil.example/admin/": "/admin/", "https://evil.example/admin/x": "/admin/", `/\evil.example/admin/`: "/admin/", "/admin//evil.example": "/admin/evil.example",
		"/admin/x?y#z": "/admin/x", "javascript:alert(1)": "/admin/", "/admin/a\r\nb": "/admin/", "%": "/admin/", "/admin/%2e%2e/j": "/admin/", "//user@/admin/x": "/admin/",
	} {
		if got := belowAdmin(to); got != want {
			t.Errorf("%q: %q, want %q", to, got, want)
		}
	}
}
