package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tmk/consult"
	"tmk/consult/auth"
	"tmk/consult/consulttest"
)

func TestLoginAtTheProvider(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		p, a := clinic(t, w, nil)
		door, to, err := throughProvider(t, p, a)
		if err != nil {
			t.Fatal(err)
		}
		v := visit(t, w, door.Cookie)
		s := v.Staff
		if s.Login != "anna" || s.Name != "Анна Сергеевна" || s.Issuer != p.URL || s.Subject != "person-1" || s.PasswordHash != "" ||
			!slices.Equal(s.Roles, []consult.StaffRole{consult.StaffAdmin}) || v.Session.Way != auth.WayOIDC || to != "/admin/staff" {
			t.Errorf("%+v, %+v, to %q", s, v.Session, to)
		}
		for _, try := range []string{"", password} { // it has no password, so none is right
			_, err = a.Login(t.Context(), "anna", try, auth.Browser{})
			wantCode(t, err, consult.CodeUnauthorized)
		}

		p.set(func() {
			p.claims["preferred_username"], p.claims["name"] = "other", "Анна Петрова"
			p.claims["realm_access"] = map[string]any{"roles": []string{"tmk-heads"}}
		})
		if door, _, err = throughProvider(t, p, a); err != nil {
			t.Fatal(err)
		}
		again := visit(t, w, door.Cookie).Staff
		if again.ID != s.ID || again.Login != "anna" || again.Name != "Анна Петрова" || !slices.Equal(again.Roles, []consult.StaffRole{consult.StaffHead}) {
			t.Errorf("%+v", again)
		}

		p.set(func() { p.claims["realm_access"] = map[string]any{"roles": []string{"nobody's"}} })
		_, _, err = throughProvider(t, p, a)
		wantCode(t, err, consult.CodeForbidden)
		_, err = a.Staff(t.Context(), door.Cookie)
		wantCode(t, err, consult.CodeUnauthorized) // who has lost every role is out at once
		if n, err := a.StaffCount(t.Context()); n != 1 || err != nil {
			t.Errorf("%d accounts, %v", n, err)
		}
	})
}

func TestStrangersGetNoAccount(t *testing.T) {
	w := newWorld(t)
	p, a := clinic(t, w, nil)
	for name, roles := range map[string]any{
		"none": nil, "another": []string{"tmk-admin"}, "no list": 7, "empty": []string{}, "our word for it": []string{"admin"},
	} {
		t.Run(name, func(t *testing.T) {
			p.set(func() { p.claims["realm_access"] = map[string]any{"roles": roles} })
			_, _, err := throughProvider(t, p, a)
			wantCode(t, err, consult.CodeForbidden)
		})
	}
	if n, err := a.StaffCount(t.Context()); n != 0 || err != nil {
		t.Errorf("%d accounts, %v", n, err)
	}
}

func TestAccountsAreKnownBySubject(t *testing.T) {
	w := newWorld(t)
	p, a := clinic(t, w, nil)
	local, err := a.CreateStaff(t.Context(), "anna", password, consult.StaffAdmin) // the same login and, for all we know, e-mail
	if err != nil {
		t.Fatal(err)
	}
	door, _, err := throughProvider(t, p, a)
	if err != nil {
		t.Fatal(err)
	}
	if s := visit(t, w, door.Cookie).Staff; s.ID == local.ID || !strings.HasPrefix(s.Login, "anna-") {
		t.Errorf("a provider's account took a local one: %+v", s)
	}
	enter(t, w, "anna", password) // which is as it was
	p.set(func() { p.claims["sub"] = "person-2" })
	if door, _, err = throughProvider(t, p, a); err != nil {
		t.Fatal(err)
	}
	if n, err := a.StaffCount(t.Context()); n != 3 || err != nil {
		t.Errorf("%d accounts, %v", n, err)
	}
	// One that an administrator has disabled stays out, whatever the provider says.
	yes := true
	if _, err := a.AmendStaff(t.Context(), consult.System, door.Staff.ID, auth.StaffAmendment{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	_, _, err = throughProvider(t, p, a)
	wantCode(t, err, consult.CodeForbidden)
	// Its roles and its password are the provider's.
	_, err = a.AmendStaff(t.Context(), consult.System, door.Staff.ID, auth.StaffAmendment{Roles: []consult.StaffRole{consult.StaffHead}})
	wantCode(t, err, consult.CodeConflict)
	_, err = a.ResetPassword(t.Context(), consult.System, door.Staff.ID)
	wantCode(t, err, consult.CodeConflict)
}

// Whatever of what comes back is not as it must be, nobody gets in by it.
func TestForgedAnswersAreRefused(t *testing.T) {
	w := newWorld(t)
	p, a := clinic(t, w, nil)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	none := func(claims []byte) string {
		e := base64.RawURLEncoding
		return e.EncodeToString([]byte(`{"alg":"none"}`)) + "." + e.EncodeToString(claims) + "."
	}
	// The public key as an HMAC secret, for verifiers that believe the header.
	confused := func(claims []byte) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: p.key.N.Bytes()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign(claims)
		if err != nil {
			t.Fatal(err)
		}
		token, _ := signed.CompactSerialize()
		return token
	}
	tests := map[string]struct {
		bend func(map[string]any)
		sign func([]byte) string
		back func(*auth.Callback)
	}{
		"wrong nonce":         {bend: claim("nonce", "another")},
		"no nonce":            {bend: func(c map[string]any) { delete(c, "nonce") }},
		"wrong audience":      {bend: claim("aud", "somebody else")},
		"no audience":         {bend: func(c map[string]any) { delete(c, "aud") }},
		"audience of others":  {bend: claim("aud", []string{clientID, "somebody else"})},
		"made for another":    {bend: claim("azp", "somebody else")},
		"wrong issuer":        {bend: claim("iss", "https://evil.example")},
		"expired":             {bend: claim("exp", w.Clock.Now().Add(-time.Second).Unix())},
		"no end":              {bend: func(c map[string]any) { delete(c, "exp") }},
		"not yet":             {bend: claim("nbf", w.Clock.Now().Add(time.Hour).Unix())},
		"no subject":          {bend: claim("sub", "")},
		"long subject":        {bend: claim("sub", strings.Repeat("x", 256))},
		"not signed":          {sign: none},
		"signed by another":   {sign: p.rs256(other)},
		"signed with our key": {sign: confused},
		"no token":            {sign: func([]byte) string { return "" }},
		"wrong state":         {back: func(b *auth.Callback) { b.State = "another" }},
		"no state":            {back: func(b *auth.Callback) { b.State = "" }},
		"wrong code":          {back: func(b *auth.Callback) { b.Code = "another" }},
		"mixed up providers":  {back: func(b *auth.Callback) { b.Issuer = "https://evil.example" }},
		"a refusal, not ours": {back: func(b *auth.Callback) { b.State, b.Error = "another", "access_denied" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p.set(func() { p.bend, p.sign = test.bend, test.sign })
			address, envelope, err := a.BeginOIDC(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			back := p.authorize(address)
			if test.back != nil {
				test.back(&back)
			}
			_, _, err = a.FinishOIDC(t.Context(), envelope, back, "")
			wantCode(t, err, consult.CodeUnauthorized)
		})
	}
	p.set(func() { p.bend, p.sign = nil, nil })
	if n, err := a.StaffCount(t.Context()); n != 0 || err != nil {
		t.Errorf("%d accounts, %v", n, err)
	}
	if _, _, err := throughProvider(t, p, a); err != nil {
		t.Errorf("the true answer: %v", err)
	}
}

func TestLoginAtTheProviderBelongsToOneBrowser(t *testing.T) {
	w := newWorld(t)
	p, a := clinic(t, w, nil)
	begin := func() (auth.Callback, string) {
		address, envelope, err := a.BeginOIDC(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		return p.authorize(address), envelope
	}
	mine, envelope := begin()
	theirs, _ := begin()
	_, _, err := a.FinishOIDC(t.Context(), envelope, theirs, "") // a link with somebody else's answer
	wantCode(t, err, consult.CodeUnauthorized)
	for _, forged := range []string{"", "x", envelope + "x"} {
		_, _, err = a.FinishOIDC(t.Context(), forged, mine, "")
		wantCode(t, err, consult.CodeUnauthorized)
	}
	// A code that was stolen is worth nothing with another verifier.
	other, otherEnvelope := begin()
	other.Code = mine.Code
	_, _, err = a.FinishOIDC(t.Context(), otherEnvelope, other, "")
	wantCode(t, err, consult.CodeUnauthorized)

	late, envelope := begin()
	w.Clock.Advance(auth.FlowLasts)
	_, _, err = a.FinishOIDC(t.Context(), envelope, late, "")
	wantCode(t, err, consult.CodeUnauthorized)

	no, envelope := begin()
	no.Code, no.Error = "", "access_denied"
	_, _, err = a.FinishOIDC(t.Context(), envelope, no, "")
	wantCode(t, err, consult.CodeForbidden)

	good, envelope := begin()
	good.Issuer = "" // providers before RFC 9207
	if _, _, err := a.FinishOIDC(t.Context(), envelope, good, ""); err != nil {
		t.Error(err)
	}
	_, _, err = a.FinishOIDC(t.Context(), envelope, good, "") // pressing back
	wantCode(t, err, consult.CodeUnauthorized)
}

func TestRolesMayBeAtUserinfo(t *testing.T) {
	w := newWorld(t)
	p, a := clinic(t, w, func(o *auth.OIDC) { o.RolesClaim = "https://tmk.example/groups" })
	p.userinfo = map[string]any{"sub": "person-1", "https://tmk.example/groups": "tmk-heads"}
	door, _, err := throughProvider(t, p, a)
	if err != nil || !door.Staff.Is(consult.StaffHead) {
		t.Fatalf("%+v, %v", door, err)
	}
	p.set(func() { p.userinfo["sub"] = "person-2" })
	_, _, err = throughProvider(t, p, a)
	wantCode(t, err, consult.CodeUnauthorized)
	p.set(func() { p.claims["https://tmk.example/groups"] = []string{"tmk-admins"} }) // the token's own come first
	if door, _, err = throughProvider(t, p, a); err != nil || !slices.Equal(door.Staff.Roles, []consult.StaffRole{consult.StaffAdmin}) {
		t.Errorf("%+v, %v", door, err)
	}
}

// A provider that is down does not keep the server from starting, is not asked
// for every press of the button, and is found when it is up again.
func TestProviderMayBeDown(t *testing.T) {
	w := newWorld(t)
	p, a := clinic(t, w, nil)
	p.down = true
	for range 3 {
		_, _, err := a.BeginOIDC(t.Context(), "")
		wantCode(t, err, consult.CodeUnavailable)
	}
	p.set(func() {
		if p.requests != 1 {
			t.Errorf("asked %d times at once", p.requests)
		}
		p.down = false
	})
	w.Clock.Advance(5 * time.Second)
	if _, _, err := throughProvider(t, p, a); err != nil {
		t.Fatal(err)
	}
	address, envelope, err := a.BeginOIDC(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	back := p.authorize(address)
	p.Close()
	_, _, err = a.FinishOIDC(t.Context(), envelope, back, "")
	wantCode(t, err, consult.CodeUnavailable)
}

func TestProviderIsCheckedAndBounded(t *testing.T) {
	w := newWorld(t)
	liar := newProvider(t, w.Clock.Now)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { // says it is another
		liar.Config.Handler.ServeHTTP(rw, r)
	}))
	defer front.Close()
	endless := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := rw.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	for _, issuer := range []string{front.URL, endless.URL} {
		_, _, err := auth.OIDC{Issuer: issuer, ClientID: clientID}.Describe(t.Context())
		wantCode(t, err, consult.CodeUnavailable)
	}
	at, token, err := auth.OIDC{Issuer: liar.URL, ClientID: clientID}.Describe(t.Context())
	if err != nil || at != liar.URL+"/authorize" || token != liar.URL+"/token" {
		t.Errorf("%q, %q, %v", at, token, err)
	}
}

type answersBy func(*http.Request) (*http.Response, error)

func (f answersBy) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What goes wrong is logged, and the libraries put the whole answer into their errors.
func TestErrorsHoldNoWholeAnswer(t *testing.T) {
	for _, path := range []string{"/keys", "/token"} {
		w := newWorld(t)
		p, a := clinic(t, w, func(o *auth.OIDC) {
			o.Client = &http.Client{Transport: answersBy(func(r *http.Request) (*http.Response, error) {
				resp, err := http.DefaultTransport.RoundTrip(r)
				if err == nil && r.URL.Path == path {
					resp.Body.Close()
					resp.StatusCode = http.StatusBadRequest
					resp.Body = io.NopCloser(strings.NewReader(`{"error":"` + strings.Repeat("x", 100_000) + `"}`))
				}
				return resp, err
			})}
		})
		_, _, err := throughProvider(t, p, a)
		wantCode(t, err, consult.CodeUnauthorized)
		var e *consult.Error
		if !errors.As(err, &e) || e.Err == nil || len(e.Err.Error()) > 400 {
			t.Errorf("%s: an error of %d bytes", path, len(e.Err.Error()))
		}
	}
}

func TestWithoutAProvider(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.Auth.BeginOIDC(t.Context(), "")
	wantCode(t, err, consult.CodeNotFound)
	_, _, err = w.Auth.FinishOIDC(t.Context(), "", auth.Callback{}, "")
	wantCode(t, err, consult.CodeNotFound)
	if w.Auth.OIDCName() != "" {
		t.Error("there is a button")
	}
}
