package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tmk/consult"
)

const password = "correct horse battery"

func (h *house) staff() {
	h.t.Helper()
	if _, err := h.Auth.CreateStaff(h.t.Context(), "admin", password, consult.StaffAdmin); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) login(login, password string, header map[string]string) *reply {
	h.t.Helper()
	return h.do(call{method: "POST", path: "/v1/admin/login", anonymous: true, header: header,
		body: map[string]any{"login": login, "password": password}})
}

// cookieOf reads the staff cookie that an answer sets.
func cookieOf(t *testing.T, r *reply) *http.Cookie {
	t.Helper()
	c, err := http.ParseSetCookie(r.header.Get("Set-Cookie"))
	if err != nil || c.Name != cookieName {
		t.Fatalf("Set-Cookie %q: %v", r.header.Get("Set-Cookie"), err)
	}
	return c
}

func (h *house) asStaff(cookie, method, path string, header ...string) *reply {
	h.t.Helper()
	hs := map[string]string{"Cookie": cookieName + "=" + cookie}
	for i := 0; i < len(header); i += 2 {
		hs[header[i]] = header[i+1]
	}
	return h.do(call{method: method, path: path, anonymous: true, header: hs})
}

func TestLogin(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.CookieSecure = true })
	h.staff()
	wrong := h.login("admin", "wrong password", nil).wantProblem(401, consult.CodeUnauthorized)
	unknown := h.login("nobody", "wrong password", nil).wantProblem(401, consult.CodeUnauthorized)
	if wrong.Detail != unknown.Detail {
		t.Errorf("%q tells more than %q", wrong.Detail, unknown.Detail)
	}
	wantField(t, h.post("/v1/admin/login", `{"login":"admin"}`).wantProblem(400, consult.CodeInvalid), "/password")

	c := cookieOf(t, h.login("admin", password, nil).want(204))
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/v1" {
		t.Errorf("cookie %v", c)
	}
	me := into[Me](h.asStaff(c.Value, "GET", "/v1/admin/me").want(200))
	if me.Login != "admin" || !me.Admin {
		t.Errorf("%+v", me)
	}
	gone := cookieOf(t, h.asStaff(c.Value, "POST", "/v1/admin/logout").want(204))
	if gone.Value != "" || gone.MaxAge >= 0 {
		t.Errorf("cookie after logout %v", gone)
	}
	h.asStaff(c.Value, "GET", "/v1/admin/me").wantProblem(401, consult.CodeUnauthorized)
	h.asStaff(c.Value, "POST", "/v1/admin/logout").want(204)
	h.do(call{method: "POST", path: "/v1/admin/logout", anonymous: true}).want(204)
}

func TestAdminNeedsTheCookie(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/v1/admin/me", "/v1/admin/recordings", "/v1/admin/sessions"} {
		h.do(call{path: path, anonymous: true}).wantProblem(401, consult.CodeUnauthorized)
		h.get(path).wantProblem(401, consult.CodeUnauthorized) // a key is no member of staff
		h.asStaff("guess", "GET", path).wantProblem(401, consult.CodeUnauthorized)
	}
}

func TestForeignPagesAreRefused(t *testing.T) {
	h := newHouse(t)
	h.staff()
	cookie := cookieOf(t, h.login("admin", password, map[string]string{"Sec-Fetch-Site": "same-origin"}).want(204)).Value
	for name, header := range map[string][]string{
		"another site":      {"Sec-Fetch-Site", "cross-site"},
		"another subdomain": {"Sec-Fetch-Site", "same-site"},
		"another origin":    {"Origin", "https://evil.example"},
		"no origin":         {"Origin", "null"},
	} {
		t.Run(name, func(t *testing.T) {
			h.asStaff(cookie, "POST", "/v1/admin/logout", header...).wantProblem(403, consult.CodeForbidden)
			h.login("admin", password, map[string]string{header[0]: header[1]}).wantProblem(403, consult.CodeForbidden)
		})
	}
	h.asStaff(cookie, "GET", "/v1/admin/me").want(200) // nobody was logged out
	// Behind a proxy the Host may be another; the public URL's origin is ours.
	h.asStaff(cookie, "POST", "/v1/admin/logout", "Origin", "https://tmk.example", "Sec-Fetch-Site", "same-origin").want(204)
}

func TestAdminLists(t *testing.T) {
	h := newHouse(t)
	h.staff()
	cookie := cookieOf(t, h.login("admin", password, nil).want(204)).Value
	v := h.begin(func(o *consult.Order) { o.Recording, o.ExternalID = consult.RecordAsk, "lk-1" })
	older := h.record(v.Doctor, webm)
	h.Clock.Advance(time.Second)
	newer := h.record(v.Patient, pdf)
	later := order()
	later["startsAt"] = h.Clock.Now().Add(48 * time.Hour).Format(time.RFC3339)
	h.as(h.key("other"), "POST", base+"/sessions/create", later).want(201)

	list := into[AdminRecordingList](h.asStaff(cookie, "GET", "/v1/admin/recordings", "Accept-Language", "ru").want(200))
	if len(list.Items) != 2 || list.Items[0].ID != string(newer.ID) || list.Items[1].ID != string(older.ID) {
		t.Fatalf("%+v", list)
	}
	got := list.Items[1]
	if got.State != RecordingStateReady || got.Role != RoleDoctor || got.DurationMs != 90_000 || got.Sha256 == "" ||
		got.Session.ID != string(v.ID) || got.Session.ExternalID != "lk-1" || got.Session.StatusName != "Текущая" ||
		got.Session.Doctor.Name != "Иванова Мария Петровна" || got.Session.Patient.Name != "Петров Олег Ильич" {
		t.Errorf("%+v", got)
	}
	if one := into[AdminRecordingList](h.asStaff(cookie, "GET", "/v1/admin/recordings?limit=1").want(200)); len(one.Items) != 1 {
		t.Errorf("%d items", len(one.Items))
	}
	wantField(t, h.asStaff(cookie, "GET", "/v1/admin/recordings?limit=0").wantProblem(400, consult.CodeInvalid), "/limit")

	all := into[SessionPage](h.asStaff(cookie, "GET", "/v1/admin/sessions").want(200))
	if len(all.Items) != 2 || all.Items[0].ID == string(v.ID) || all.Items[1].ID != string(v.ID) {
		t.Errorf("sessions of all integrations, newest first: %+v", all.Items)
	}
	if some := into[SessionPage](h.asStaff(cookie, "GET", "/v1/admin/sessions?status=CURRENT").want(200)); len(some.Items) != 1 {
		t.Errorf("%d current", len(some.Items))
	}

	content := h.asStaff(cookie, "GET", base+"/recordings/"+string(older.ID)+"/content").want(200)
	checkAttachment(t, content, webm)
	if n := h.audited(v, consult.ActReadRecording); n != 1 {
		t.Errorf("%d rows in the audit", n)
	}
	h.asStaff(cookie, "GET", base+"/recordings/"+string(older.ID)).want(200)
	h.asStaff(cookie, "GET", sessionURL(v, "")).wantProblem(401, consult.CodeUnauthorized) // LK's routes take keys
}

func TestLoginIsThrottled(t *testing.T) {
	h := newHouse(t)
	h.staff()
	limited := false
	for range loginsBurst + 1 {
		r := h.login("nobody", "wrong password", nil)
		if r.status == http.StatusTooManyRequests {
			r.wantProblem(429, consult.CodeRateLimited)
			limited = r.header.Get("Retry-After") != ""
			break
		}
		r.wantProblem(401, consult.CodeUnauthorized)
	}
	if !limited {
		t.Fatal("guessing went on")
	}
}

func TestLoginsAreThrottledByAddress(t *testing.T) {
	h := newHouse(t)
	h.staff()
	h.api.logins = newLimiter(loginsPerSecond, 3, h.Clock.Now) // each try costs a real password hash
	for i := range 3 {
		h.login("nobody"+strings.Repeat("x", i), "wrong password", nil).wantProblem(401, consult.CodeUnauthorized)
	}
	// A right password helps nobody who has guessed at many logins.
	if r := h.login("admin", password, nil); r.status != 429 || r.header.Get("Retry-After") != "5" {
		t.Errorf("status %d, Retry-After %q", r.status, r.header.Get("Retry-After"))
	}
	h.Clock.Advance(5 * time.Second)
	h.login("admin", password, nil).want(204)
}
