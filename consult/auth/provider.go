package auth

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"tmk/consult"
)

const (
	providerTimeout = 10 * time.Second // of one request to the provider
	discoverAgain   = 5 * time.Second  // after one that failed: people who press the button do not add up
	providerBytes   = 1 << 20          // the largest answer that is read
)

// OIDC says which provider staff may log in with (OpenID Connect Core 1.0,
// authorization code flow with PKCE).
type OIDC struct {
	Issuer       string // "https://id.example/realms/clinic"
	ClientID     string
	ClientSecret string // "" for a public client
	RedirectURL  string // "{publicUrl}/v1/admin/oidc/callback"
	Name         string // what the button says
	Scopes       []string
	RolesClaim   string                       // "roles"; dots go into objects: "realm_access.roles"
	RoleMap      map[string]consult.StaffRole // value of the claim → role
	Client       *http.Client                 // nil: one with limits
}

// provider finds the provider when it is first needed, and tries again after a
// failure: one that is down when the server starts holds nothing up.
type provider struct {
	cfg   OIDC
	flows *sealer
	now   func() time.Time

	mu     sync.Mutex
	found  *oidc.Provider
	failed error
	tried  time.Time
}

func newProvider(cfg OIDC, flows *sealer, now func() time.Time) *provider {
	if cfg.Client == nil {
		cfg.Client = &http.Client{Transport: http.DefaultTransport}
	}
	client := *cfg.Client
	client.Timeout = providerTimeout
	client.Transport = shortAnswers{client.Transport}
	cfg.Client = &client
	return &provider{cfg: cfg, flows: flows, now: now}
}

// discover reads what the provider says of itself (OpenID Connect Discovery 1.0). Code: unavailable.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock() // who comes meanwhile waits for the same answer
	if p.found != nil {
		return p.found, nil
	}
	now := p.now()
	if p.failed != nil && now.Sub(p.tried) < discoverAgain {
		return nil, p.failed
	}
	// Whoever goes away must not spoil it for those who wait.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTimeout)
	defer cancel()
	found, err := oidc.NewProvider(p.client(ctx), p.cfg.Issuer)
	if err != nil {
		p.tried, p.failed = now, &consult.Error{
			Code: consult.CodeUnavailable, Message: "the login provider does not answer", Err: fmt.Errorf("discover %s: %.300s", p.cfg.Issuer, err.Error()), // the library puts the whole answer into it
		}
		return nil, p.failed
	}
	p.found, p.failed = found, nil
	return found, nil
}

// client makes the libraries use our HTTP client.
func (p *provider) client(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.cfg.Client)
}

// oauth is the client's side of the code flow.
func (p *provider) oauth(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, RedirectURL: p.cfg.RedirectURL,
		Endpoint: found.Endpoint(), Scopes: p.cfg.Scopes,
	}
}

// Describe reads what the provider says of itself: for people who set it up. Code: unavailable.
func (o OIDC) Describe(ctx context.Context) (authURL, tokenURL string, err error) {
	p := newProvider(o, nil, time.Now)
	found, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	e := found.Endpoint()
	return e.AuthURL, e.TokenURL, nil
}

// shortAnswers reads only so much of an answer: the libraries read all of it.
type shortAnswers struct{ next http.RoundTripper }

func (s shortAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	next := s.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = shortBody{io.LimitReader(resp.Body, providerBytes), resp.Body}
	return resp, nil
}

type shortBody struct {
	io.Reader
	io.Closer
}
