package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
	"tmk/consult/auth"
)

// RecordingContent opens the file of a recording by its id.
type RecordingContent interface {
	Open(id string) (io.ReadSeekCloser, error)
}

// Minted verifies a link that an integration has minted by itself; consult/auth has the real one.
type Minted interface {
	Claims(ctx context.Context, token, session string) (*consult.Claims, error)
}

// Pinger is asked whether the server can serve.
type Pinger interface {
	Ping(ctx context.Context) error
}

// Config is what an installation may choose; fields that say what they are
// when empty may be left so.
type Config struct {
	PublicURL     string           // "https://tmk.example"
	Brand         string           // shown by the pages; "TMK"
	CookieSecure  bool             // send the staff cookie over https only
	RatePerSecond int              // requests of one caller, twice that in a burst; 100
	Ready         Pinger           // the database; nil: /readyz asks nobody
	Minted        Minted           // verifies links of integrations' own making; nil: there are none
	IPExtractor   echo.IPExtractor // finds the caller behind proxies; nil: the connection's address
	Tester        Tester           // sends test events to webhooks; nil: it cannot be asked for
	Feed          consult.Feed     // wakes who waits for events; nil: they look every second
	Now           func() time.Time // time.Now
	Log           *slog.Logger
}

// API answers REST. It is an [http.Handler] with middleware and error handling of
// its own, so that it may stand beside anything else.
type API struct {
	cfg     Config
	desk    *consult.Desk
	auth    *auth.Auth
	content RecordingContent

	echo        *echo.Echo
	origins     *http.CrossOriginProtection
	unsubscribe func() // nil without a feed

	callers  *limiter // by who calls; by address where nobody is known
	failures *limiter // credentials that failed, by address
	logins   *limiter // tries to log in, by address
	links    *limiter // uses of one link
	waiting  *waitingRoom
}

// New makes an API.
func New(cfg Config, desk *consult.Desk, who *auth.Auth, content RecordingContent) *API {
	if cfg.Brand == "" {
		cfg.Brand = "TMK"
	}
	if cfg.RatePerSecond <= 0 {
		cfg.RatePerSecond = 100
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.IPExtractor == nil {
		cfg.IPExtractor = echo.ExtractIPDirect()
	}
	a := &API{
		cfg: cfg, desk: desk, auth: who, content: content,
		origins:  trusting(cfg.PublicURL),
		callers:  newLimiter(float64(cfg.RatePerSecond), 2*cfg.RatePerSecond, cfg.Now),
		failures: newLimiter(failuresPerSecond, failuresBurst, cfg.Now),
		logins:   newLimiter(loginsPerSecond, loginsBurst, cfg.Now),
		links:    newLimiter(entriesPerSecond, entriesBurst, cfg.Now),
		waiting:  newWaitingRoom(),
	}
	if cfg.Feed != nil {
		a.unsubscribe = cfg.Feed.Subscribe(a.waiting.hear)
	}
	a.echo = a.router()
	return a
}

// trusting makes the check of cookie requests' origin. The public URL is named
// to it since behind a proxy the Host header may be another.
func trusting(publicURL string) *http.CrossOriginProtection {
	p := http.NewCrossOriginProtection()
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		// Fails only for what is no origin; then the Host header alone decides.
		_ = p.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	return p
}

// Register mounts the API's routes on e.
func (a *API) Register(e *echo.Echo) {
	h := echo.WrapHandler(a)
	for _, path := range []string{"/v1", "/v1/*", "/openapi.yaml", "/healthz", "/readyz", "/problems/*"} {
		e.Any(path, h)
	}
}

// Close lets everybody go who waits for events: a server that stops need not wait
// for them. What else is asked is still answered.
func (a *API) Close() {
	a.waiting.end()
	if a.unsubscribe != nil {
		a.unsubscribe()
	}
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.echo.ServeHTTP(w, r) }

func (a *API) router() *echo.Echo {
	e := echo.New()
	e.HideBanner = true
	e.IPExtractor = a.cfg.IPExtractor
	e.HTTPErrorHandler = a.fail
	e.Pre(a.identify, a.record, a.rescue, a.harden, a.claimed, a.bound)
	for _, r := range a.routes() {
		chain := []echo.MiddlewareFunc{a.admit(r), onlyQuery(r.query, r.path == flowBack)}
		switch {
		case r.access == forProbe:
			chain = nil
		case r.method == http.MethodPost && r.access.takesKeys():
			chain = append(chain, a.once(r.again))
		}
		e.Add(r.method, r.path, r.handle, chain...)
		if r.method == http.MethodGet { // net/http leaves the body out
			e.Add(http.MethodHead, r.path, r.handle, chain...)
		}
	}
	return e
}

// sessionPath is the URL path of a session.
func sessionPath(id consult.ConsultationID) string {
	return root + "/sessions/" + url.PathEscape(string(id))
}
