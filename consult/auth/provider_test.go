package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tmk/consult"
	"tmk/consult/auth"
	"tmk/consult/consulttest"
)

const (
	clientID     = "tmk"
	clientSecret = "the client's secret"
	redirectURL  = "https://tmk.example/v1/admin/oidc/callback"
)

// provider is an OpenID Connect provider, as strict as the specification, with
// switches for what a bad one would do.
type provider struct {
	*httptest.Server
	t   *testing.T
	now func() time.Time
	key *rsa.PrivateKey

	mu       sync.Mutex
	down     bool
	claims   map[string]any             // of the person who logs in
	userinfo map[string]any             // nil: none
	bend     func(map[string]any)       // changes the claims of the token, unless nil
	sign     func(claims []byte) string // unless nil, in place of RS256
	grants   map[string]url.Values      // code → what was asked for
	requests int                        // discoveries
}

func newProvider(t *testing.T, now func() time.Time) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, now: now, key: key, grants: map[string]url.Values{}}
	p.claims = map[string]any{
		"sub": "person-1", "preferred_username": "Anna", "name": "Анна Сергеевна", "email": "anna@clinic.example",
		"realm_access": map[string]any{"roles": []string{"tmk-admins", "something else"}},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.person)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *provider) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.requests++; p.down {
		http.Error(w, "down", http.StatusBadGateway)
		return
	}
	d := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	}
	if p.userinfo != nil {
		d["userinfo_endpoint"] = p.URL + "/userinfo"
	}
	p.answer(w, d)
}

func (p *provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
}

func (p *provider) person(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer access" {
		http.Error(w, "who?", http.StatusUnauthorized)
		return
	}
	p.answer(w, p.userinfo)
}

// authorize is what the browser does at the provider: it comes with our address and goes back with a code.
func (p *provider) authorize(address string) auth.Callback {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"client_id": clientID, "redirect_uri": redirectURL, "response_type": "code", "scope": "openid profile", "code_challenge_method": "S256",
	} {
		if q.Get(name) != want {
			p.t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20 || len(q.Get("code_challenge")) != 43 {
		p.t.Errorf("weak: %v", q)
	}
	code := rand.Text()
	p.set(func() { p.grants[code] = q })
	return auth.Callback{State: q.Get("state"), Code: code, Issuer: p.URL}
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	asked, known := p.grants[r.FormValue("code")]
	delete(p.grants, r.FormValue("code"))
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || id != clientID || secret != clientSecret || r.FormValue("redirect_uri") != redirectURL ||
		base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		p.answer(w, map[string]any{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{
		"iss": p.URL, "aud": clientID, "exp": p.now().Add(time.Minute).Unix(), "iat": p.now().Unix(), "nonce": asked.Get("nonce"),
	}
	maps.Copy(claims, p.claims)
	if p.bend != nil {
		p.bend(claims)
	}
	raw, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	sign := p.sign
	if sign == nil {
		sign = p.rs256(p.key)
	}
	p.answer(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": sign(raw)})
}

func (p *provider) rs256(key *rsa.PrivateKey) func([]byte) string {
	return func(claims []byte) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
		if err != nil {
			p.t.Error(err)
			return ""
		}
		signed, err := signer.Sign(claims)
		if err != nil {
			p.t.Error(err)
			return ""
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			p.t.Error(err)
		}
		return token
	}
}

// clinic is a world whose staff may log in at a provider.
func clinic(t *testing.T, w *consulttest.World, change func(*auth.OIDC)) (*provider, *auth.Auth) {
	t.Helper()
	p := newProvider(t, w.Clock.Now)
	cfg := auth.OIDC{
		Issuer: p.URL, ClientID: clientID, ClientSecret: clientSecret, RedirectURL: redirectURL, Name: "Клиника",
		Scopes: []string{"openid", "profile"}, RolesClaim: "realm_access.roles",
		RoleMap: map[string]consult.StaffRole{"tmk-admins": consult.StaffAdmin, "tmk-heads": consult.StaffHead},
	}
	if change != nil {
		change(&cfg)
	}
	w.Auth = auth.Hurry(auth.New(w.Store, auth.Config{Now: w.Clock.Now, OIDC: &cfg}))
	return p, w.Auth
}

// throughProvider logs in at the provider.
func throughProvider(t *testing.T, p *provider, a *auth.Auth) (*auth.Door, string, error) {
	t.Helper()
	address, envelope, err := a.BeginOIDC(t.Context(), "/admin/staff")
	if err != nil {
		return nil, "", err
	}
	return a.FinishOIDC(t.Context(), envelope, p.authorize(address), firefox)
}
