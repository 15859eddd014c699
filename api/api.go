package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// Auth tells who is calling; consult/auth has the real one.
type Auth interface {
	Key(ctx context.Context, bearer string) (consult.Principal, error)
	Pass(ctx context.Context, pass string) (consult.Principal, error)
	Staff(ctx context.Context, cookie string) (consult.Principal, error)
	Login(ctx context.Context, login, password string) (cookie string, s *consult.Staff, err error)
	Logout(ctx context.Context, cookie string) error
}

// RecordingContent opens the file of a recording by its id.
type RecordingContent interface {
	Open(id string) (io.ReadSeekCloser, error)
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
	IPExtractor   echo.IPExtractor // finds the caller behind proxies; nil: the connection's address
	Now           func() time.Time // time.Now
	Log           *slog.Logger
}

// API answers REST. It is an [http.Handler] with middleware and error handling of
// its own, so that it may stand beside anything else.
type API struct {
	cfg     Config
	desk    *consult.Desk
	auth    Auth
	content RecordingContent

	echo     *echo.Echo
	origins  *http.CrossOriginProtection
	callers  *limiter // by who calls; by address where nobody is known
	failures *limiter // credentials that failed, by address
	logins   *limiter // tries to log in, by address
	links    *limiter // uses of one link
	audited  *recently
}

// New makes an API.
func New(cfg Config, desk *consult.Desk, auth Auth, content RecordingContent) *API {
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
		cfg: cfg, desk: desk, auth: auth, content: content,
		origins:  trusting(cfg.PublicURL),
		callers:  newLimiter(float64(cfg.RatePerSecond), 2*cfg.RatePerSecond, cfg.Now),
		failures: newLimiter(failuresPerSecond, failuresBurst, cfg.Now),
		logins:   newLimiter(loginsPerSecond, loginsBurst, cfg.Now),
		links:    newLimiter(entriesPerSecond, entriesBurst, cfg.Now),
		audited:  newRecently(sameDownload, cfg.Now),
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
	for _, path := range []string{"/v1", "/v1/*", "/openapi.yaml", "/healthz", "/readyz"} {
		e.Any(path, h)
	}
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.echo.ServeHTTP(w, r) }

// access says who may come to a route; what they may do there is the desk's to say.
type access int

const (
	forAll        access = iota
	forKey               // an integration
	forPass              // a tab in a room
	forStaff             // a member of staff
	forKeyOrStaff        // either
	forBrowser           // anybody, but a browser must come from our own pages
	forProbe             // health checks: not limited
)

// route is one line of the router; a test compares them with openapi.yaml.
type route struct {
	method, path string
	access       access
	query        []string // the parameters it knows; others are an error
	handle       echo.HandlerFunc
}

func (a *API) routes() []route {
	const base = "/v1/abm/video"
	list := []string{"status", "from", "to", "limit", "cursor"}
	return []route{
		{"POST", base + "/sessions/create", forKey, nil, a.createSession},
		{"POST", base + "/sessions/create/simpl", forKey, nil, a.createSimpleSession},
		{"GET", base + "/sessions/doctor/:doctorId", forKey, list, a.listDoctorSessions},
		{"GET", base + "/sessions/patient/:patientId", forKey, list, a.listPatientSessions},
		{"GET", base + "/sessions/:id", forKey, nil, a.getSession},
		{"POST", base + "/sessions/:id/cancel", forKey, nil, a.cancelSession},
		{"POST", base + "/sessions/:id/finish", forKey, nil, a.finishSession},
		{"POST", base + "/sessions/:id/invites", forKey, nil, a.createInvite},
		{"GET", base + "/sessions/:id/messages", forKey, []string{"limit", "cursor"}, a.listMessages},
		{"GET", base + "/sessions/:id/files/:fileId/content", forKey, nil, a.getFileContent},
		{"GET", base + "/sessions/:id/recordings", forKey, nil, a.listRecordings},
		{"GET", base + "/recordings/:id", forKeyOrStaff, nil, a.getRecording},
		{"GET", base + "/recordings/:id/content", forKeyOrStaff, nil, a.getRecordingContent},

		{"POST", "/v1/room/enter", forAll, nil, a.enterRoom},
		{"GET", "/v1/room/state", forPass, nil, a.getRoomState},
		{"GET", "/v1/room/files/:id/content", forPass, nil, a.getRoomFileContent},

		{"POST", "/v1/admin/login", forBrowser, nil, a.login},
		{"POST", "/v1/admin/logout", forBrowser, nil, a.logout},
		{"GET", "/v1/admin/me", forStaff, nil, a.getMe},
		{"GET", "/v1/admin/recordings", forStaff, []string{"limit"}, a.listAllRecordings},
		{"GET", "/v1/admin/sessions", forStaff, list, a.listAllSessions},

		{"GET", "/healthz", forProbe, nil, a.getHealth},
		{"GET", "/readyz", forProbe, nil, a.getReadiness},
		{"GET", "/openapi.yaml", forAll, nil, a.getOpenapi},
	}
}

func (a *API) router() *echo.Echo {
	e := echo.New()
	e.HideBanner = true
	e.IPExtractor = a.cfg.IPExtractor
	e.HTTPErrorHandler = a.fail
	e.Pre(a.identify, a.record, a.rescue, a.harden, a.bound)
	for _, r := range a.routes() {
		chain := []echo.MiddlewareFunc{a.admit(r.access), onlyQuery(r.query)}
		if r.access == forProbe {
			chain = nil
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
	return fmt.Sprintf("/v1/abm/video/sessions/%s", url.PathEscape(string(id)))
}
