package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// cookieName is the staff's session cookie.
const cookieName = "tmk_staff"

// Bounds on guessing. A person who forgot his password is not hindered, and an
// integration with a wrong key learns it from the first 401.
const (
	failuresPerSecond = 1
	failuresBurst     = 30
	loginsPerSecond   = 0.2
	loginsBurst       = 15
)

// admit finds out who is calling, refuses who may not come to the route, and
// keeps each caller within his rate. The rule of the route is asked before a body
// is read; for a seat it hangs on the consultation, and the desk asks it.
func (a *API) admit(to route) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			p, err := a.who(c, to.access)
			if err != nil {
				if consult.CodeOf(err) == consult.CodeUnauthorized {
					if wait := a.failures.take(address(c)); wait > 0 {
						return tooMany(c, wait)
					}
				}
				return err
			}
			c.Set(keyPrincipal, p)
			caller := p.Actor()
			if p == (consult.Principal{}) {
				caller = address(c)
			}
			if wait := a.callers.take(caller); wait > 0 {
				return tooMany(c, wait)
			}
			if p.Key != nil {
				a.noteKey(c, p.Key)
			}
			if to.rule.action != "" && p.Seat == nil {
				if err := enrolled(c); err != nil {
					return err
				}
				if err := consult.Authorize(p, to.rule.action, nil); err != nil {
					return err
				}
			}
			return next(c)
		}
	}
}

// keyWarning is how long before its end a key's answers tell of it.
const keyWarning = 30 * 24 * time.Hour

// noteKey notes that a key is in use, and tells when it runs out soon.
func (a *API) noteKey(c echo.Context, k *consult.APIKey) {
	if !k.ExpiresAt.IsZero() && k.ExpiresAt.Sub(a.cfg.Now()) <= keyWarning {
		c.Response().Header().Set("TMK-Key-Expires", k.ExpiresAt.UTC().Format(time.RFC3339))
	}
	if err := a.desk.TouchKey(c.Request().Context(), k.ID); err != nil {
		// It only shows when the key was last used; the request goes on.
		a.cfg.Log.WarnContext(c.Request().Context(), "use of key not noted", "key", string(k.ID), "err", err)
	}
}

// who authenticates as the route wants it. Codes: unauthorized, forbidden
// (a browser that comes from elsewhere), link_unknown.
func (a *API) who(c echo.Context, to access) (consult.Principal, error) {
	ctx := c.Request().Context()
	token, hasToken := bearer(c.Request())
	switch to {
	case forKey, forKeyOrStaff:
		if hasToken {
			return a.auth.Key(ctx, token)
		}
		if to == forKeyOrStaff {
			return a.staff(c)
		}
	case forPass:
		if hasToken {
			return a.auth.Pass(ctx, token)
		}
	case forStaff:
		return a.staff(c)
	case forBrowser:
		return consult.Principal{}, a.fromHere(c)
	default:
		return consult.Principal{}, nil
	}
	return consult.Principal{}, consult.Errorf(consult.CodeUnauthorized, msgNoBearer)
}

// staff authenticates by the cookie.
func (a *API) staff(c echo.Context) (consult.Principal, error) {
	cookie, err := c.Cookie(cookieName)
	if err != nil {
		return consult.Principal{}, consult.Errorf(consult.CodeUnauthorized, msgNotLoggedIn)
	}
	if err := a.fromHere(c); err != nil {
		return consult.Principal{}, err
	}
	v, err := a.auth.Staff(c.Request().Context(), cookie.Value)
	if err != nil {
		return consult.Principal{}, err
	}
	c.Set(keyVisit, v)
	return v.Principal(), nil
}

// fromHere refuses changes that another site's page sends with our cookie.
func (a *API) fromHere(c echo.Context) error {
	if err := a.origins.Check(c.Request()); err != nil {
		return &consult.Error{Code: consult.CodeForbidden, Message: msgForeignOrigin, Err: err}
	}
	return nil
}

// principal is who calls, or nobody.
func principal(c echo.Context) consult.Principal {
	p, _ := c.Get(keyPrincipal).(consult.Principal)
	return p
}

// bearer reads the credential of "Authorization: Bearer …" (RFC 6750 §2.1).
func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

func tooMany(c echo.Context, wait time.Duration) error {
	setRetryAfter(c, wait)
	return consult.Errorf(consult.CodeRateLimited, msgTooMany)
}
