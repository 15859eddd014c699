package api

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"tmk/consult"
	"tmk/consult/auth"
)

const (
	keyVisit   = "visit" // in echo's context: the *auth.Visit of a member of staff
	flowCookie = "tmk_oidc"
	flowPath   = "/v1/admin/oidc"
	flowBack   = flowPath + "/callback"
	adminPages = "/admin/"

	problemDeclined = "declined" // beside the codes: what the login page says of [auth.ErrDeclined]
)

// beforeClaim are the routes that answer while the installation has no administrator.
var beforeClaim = []string{"/healthz", "/readyz", "/v1/admin/claim", "/v1/admin/config"}

// identityRoutes are how staff come in, and what they do with their own accounts.
func (a *API) identityRoutes() []route {
	const account = "/v1/admin/account"
	own := everybody("about the one who asks")
	browser := everybody("a page before anybody is known")
	return []route{
		{"GET", "/v1/admin/config", forBrowser, browser, nil, a.getEntrance, nil},
		{"POST", "/v1/admin/claim", forBrowser, everybody("the token of the server's log in the body is the credential"), nil, a.claim, nil},
		{"POST", "/v1/admin/login", forBrowser, everybody("login and password in the body are the credential"), nil, a.login, nil},
		{"POST", "/v1/admin/login/totp", forBrowser, everybody("ticket and code in the body are the credential"), nil, a.loginCode, nil},
		{"POST", "/v1/admin/logout", forBrowser, everybody("ends the one session of the cookie"), nil, bodiless(a.logout), nil},
		{"GET", flowPath + "/start", forBrowser, browser, []string{"to"}, a.startOIDC, nil},
		{"GET", flowBack, forBrowser, everybody("the provider's code and the sealed cookie are the credential"),
			[]string{"code", "state", "error", "error_description", "error_uri", "iss", "session_state", "scope", "authuser", "prompt", "hd"}, a.finishOIDC, nil},
		{"GET", "/v1/admin/me", forStaff, own, nil, a.getMe, nil},
		{"POST", account + "/password", forStaff, own, nil, a.changePassword, nil},
		{"POST", account + "/totp", forStaff, own, nil, a.beginTOTP, nil},
		{"POST", account + "/totp/confirm", forStaff, own, nil, a.confirmTOTP, nil},
		{"POST", account + "/totp/disable", forStaff, own, nil, a.disableTOTP, nil},
		{"POST", account + "/recovery", forStaff, own, nil, a.renewRecovery, nil},
		{"GET", account + "/sessions", forStaff, own, nil, a.listOwnSessions, nil},
		{"DELETE", account + "/sessions", forStaff, own, nil, bodiless(a.endOtherSessions), nil},
		{"DELETE", account + "/sessions/:id", forStaff, own, nil, bodiless(a.endOwnSession), nil},
	}
}

// claimed lets nobody further while the installation has no administrator.
func (a *API) claimed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if slices.Contains(beforeClaim, c.Request().URL.Path) || a.auth.Claimed(c.Request().Context()) {
			return next(c)
		}
		return consult.Errorf(consult.CodeUnclaimed, msgUnclaimed)
	}
}

// unclaimed tells whether an answer was the refusal of claimed, which is no failure.
func unclaimed(c echo.Context) bool {
	cause, _ := c.Get(keyCause).(error)
	return consult.CodeOf(cause) == consult.CodeUnclaimed
}

// visit is the member of staff who calls; only behind forStaff.
func visit(c echo.Context) *auth.Visit {
	v, _ := c.Get(keyVisit).(*auth.Visit)
	return v
}

// enrolled refuses staff who have to set up a second factor first.
func enrolled(c echo.Context) error {
	if v := visit(c); v != nil && v.MustEnrol {
		return consult.Errorf(consult.CodeForbidden, msgMustEnrol)
	}
	return nil
}

func (a *API) getEntrance(c echo.Context) error {
	e := Entrance{Brand: Brand{Name: a.cfg.Brand}, Claimed: a.auth.Claimed(c.Request().Context())}
	if name := a.auth.OIDCName(); name != "" {
		e.Oidc = EntranceOidc{Name: name}
	}
	return answer(c, http.StatusOK, e)
}

func (a *API) claim(c echo.Context) error {
	body, err := decode[Claim](c)
	if err != nil {
		return err
	}
	if wait := a.logins.take(address(c)); wait > 0 {
		return tooMany(c, wait)
	}
	r := c.Request()
	door, err := a.auth.Claim(r.Context(), body.Token, auth.StaffOrder{Login: body.Login, Name: body.Name}, body.Password, r.UserAgent())
	if err != nil {
		return err
	}
	return a.letIn(c, door)
}

func (a *API) login(c echo.Context) error {
	body, err := decode[Login](c)
	if err != nil {
		return err
	}
	if wait := a.logins.take(address(c)); wait > 0 {
		return tooMany(c, wait)
	}
	door, err := a.auth.Login(c.Request().Context(), body.Login, body.Password, auth.Browser{
		Address: address(c), Agent: c.Request().UserAgent(),
	})
	if err != nil {
		return err
	}
	if door.Ticket != "" {
		return answer(c, http.StatusOK, LoginStep{Ticket: door.Ticket, Need: LoginStepNeedTotp})
	}
	return a.letIn(c, door)
}

func (a *API) loginCode(c echo.Context) error {
	body, err := decode[LoginCode](c)
	if err != nil {
		return err
	}
	if wait := a.logins.take(address(c)); wait > 0 {
		return tooMany(c, wait)
	}
	door, err := a.auth.LoginCode(c.Request().Context(), body.Ticket, body.Code, c.Request().UserAgent())
	if err != nil {
		return err
	}
	return a.letIn(c, door)
}

// letIn gives the browser the cookie of the session that was opened.
func (a *API) letIn(c echo.Context, door *auth.Door) error {
	c.SetCookie(a.cookie(door.Cookie, 0))
	return c.NoContent(http.StatusNoContent)
}

func (a *API) logout(c echo.Context) error {
	if cookie, err := c.Cookie(cookieName); err == nil {
		err := a.auth.Logout(c.Request().Context(), cookie.Value)
		if err != nil && consult.CodeOf(err) != consult.CodeUnauthorized {
			return err
		}
	}
	c.SetCookie(a.cookie("", -1))
	return c.NoContent(http.StatusNoContent)
}

// cookie lasts as long as the browser does; how long the login holds the server
// knows. It goes to the API only.
func (a *API) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: value, Path: "/v1", MaxAge: maxAge,
		HttpOnly: true, Secure: a.cfg.CookieSecure, SameSite: http.SameSiteStrictMode,
	}
}

// flow is the cookie of a login at the provider: it has to come back with a
// navigation that begins at another site, hence Lax.
func (a *API) flow(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: flowCookie, Value: value, Path: flowPath, MaxAge: maxAge,
		HttpOnly: true, Secure: a.cfg.CookieSecure, SameSite: http.SameSiteLaxMode,
	}
}

func (a *API) startOIDC(c echo.Context) error {
	if wait := a.logins.take(address(c)); wait > 0 {
		return a.back(c, string(consult.CodeRateLimited))
	}
	target, envelope, err := a.auth.BeginOIDC(c.Request().Context(), belowAdmin(c.QueryParam("to")))
	if consult.CodeOf(err) == consult.CodeNotFound {
		return err
	}
	if err != nil {
		return a.problemPage(c, err)
	}
	c.SetCookie(a.flow(envelope, int(auth.FlowLasts.Seconds())))
	return c.Redirect(http.StatusFound, target)
}

func (a *API) finishOIDC(c echo.Context) error {
	envelope := ""
	if cookie, err := c.Cookie(flowCookie); err == nil {
		envelope = cookie.Value
	}
	if wait := a.logins.take(address(c)); wait > 0 {
		return a.back(c, string(consult.CodeRateLimited))
	}
	door, to, err := a.auth.FinishOIDC(c.Request().Context(), envelope, auth.Callback{
		State: c.QueryParam("state"), Code: c.QueryParam("code"), Error: c.QueryParam("error"), Issuer: c.QueryParam("iss"),
	}, c.Request().UserAgent())
	if consult.CodeOf(err) == consult.CodeNotFound {
		return err
	}
	c.SetCookie(a.flow("", -1)) // works once
	if err != nil {
		return a.problemPage(c, err)
	}
	c.SetCookie(a.cookie(door.Cookie, 0))
	return c.Redirect(http.StatusFound, belowAdmin(to))
}

// problemPage sends a browser that came by itself, not by a script, to the page
// that says what went wrong; the log says more.
func (a *API) problemPage(c echo.Context, err error) error {
	e := domainError(err)
	var cause *consult.Error
	if errors.As(err, &cause) && cause.Err != nil {
		a.cfg.Log.WarnContext(c.Request().Context(), "login at the provider failed", "code", string(e.Code), "request", requestID(c), "err", cause.Err)
	}
	if errors.Is(err, auth.ErrDeclined) {
		return a.back(c, problemDeclined)
	}
	return a.back(c, string(e.Code))
}

func (a *API) back(c echo.Context, problem string) error {
	return c.Redirect(http.StatusFound, adminPages+"?"+url.Values{"problem": {problem}}.Encode())
}

// belowAdmin is a path of our own administration pages, whatever somebody asks for.
func belowAdmin(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.ContainsAny(to, "\\\r\n\t") {
		return adminPages
	}
	if clean := path.Clean(u.Path); strings.HasPrefix(clean, adminPages) {
		return (&url.URL{Path: clean}).EscapedPath()
	}
	return adminPages
}

func (a *API) getMe(c echo.Context) error {
	v := visit(c)
	s := v.Staff
	me := Me{
		ID: string(s.ID), Login: s.Login, Name: s.Name, Roles: showRoles(s.Roles), Admin: s.Is(consult.StaffAdmin),
		Local: s.PasswordHash != "", Totp: s.TOTPSecret != nil, RecoveryLeft: len(s.Recovery),
		Way: showWay(v.Session.Way), MustEnrol: v.MustEnrol, Can: []string{},
	}
	for _, action := range consult.Actions() {
		if consult.Can(v.Principal(), action, nil) {
			me.Can = append(me.Can, string(action))
		}
	}
	return answer(c, http.StatusOK, me)
}

func showRoles(roles []consult.StaffRole) []StaffRole {
	shown := make([]StaffRole, len(roles))
	for i, r := range roles {
		shown[i] = StaffRole(r)
	}
	return shown
}

// showWay shows how a session began; those of an older version had passwords only.
func showWay(way string) StaffWay {
	if w := StaffWay(way); w.Valid() {
		return w
	}
	return StaffWayPassword
}
