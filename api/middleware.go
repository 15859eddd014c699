package api

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// maxBody is the largest request body; nothing larger is ever needed here,
// since files do not come this way.
const maxBody = 64 << 10

const (
	headerRequestID = "X-Request-Id"
	keyPrincipal    = "principal" // in echo's context
	keyCause        = "cause"     // the error behind a problem, for the log
)

var requestIDShape = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// identify gives the request an id, the caller's own when it is a decent one.
func (a *API) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(headerRequestID)
		if !requestIDShape.MatchString(id) {
			id = rand.Text()
		}
		c.Response().Header().Set(headerRequestID, id)
		return next(c)
	}
}

// record answers errors and then logs the request: the route's pattern and not
// the path, who called by id, no address, nothing of the content.
func (a *API) record(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := a.cfg.Now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		r, status := c.Request(), c.Response().Status
		attrs := []slog.Attr{
			slog.String("method", r.Method),
			slog.String("route", c.Path()),
			slog.Int("status", status),
			slog.Duration("took", a.cfg.Now().Sub(start)),
			slog.Int64("bytes", c.Response().Size),
			slog.String("by", principal(c).Actor()),
			slog.String("request", requestID(c)),
		}
		level := slog.LevelInfo
		switch {
		case r.Context().Err() != nil: // the caller went away: no answer was read, nothing is wrong here
			level = slog.LevelDebug
		case status >= 500 && !unclaimed(c):
			level = slog.LevelError
			if cause, ok := c.Get(keyCause).(error); ok {
				attrs = append(attrs, slog.Any("err", cause))
			}
		case strings.HasSuffix(c.Path(), "z"): // the probes come every few seconds
			level = slog.LevelDebug
		}
		a.cfg.Log.LogAttrs(r.Context(), level, "request", attrs...)
		return nil
	}
}

// rescue turns a panic into a 500. When an answer is on its way already, the
// connection is broken off, so that nobody takes half of it for the whole.
func (a *API) rescue(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			a.cfg.Log.Error("panic in a request", "panic", p, "route", c.Path(),
				"request", requestID(c), "stack", string(debug.Stack()))
			if c.Response().Committed {
				panic(http.ErrAbortHandler)
			}
			err = consult.Errorf(consult.CodeInternal, "panic: %v", p)
		}()
		return next(c)
	}
}

// harden sets the headers that keep an answer from being taken for a page.
func (a *API) harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

// bound keeps bodies small and paths decent: no id has such characters, and the
// database takes none of them.
func (a *API) bound(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if path := r.URL.Path; !utf8.ValidString(path) || strings.ContainsRune(path, 0) {
			return consult.Errorf(consult.CodeInvalid, msgBadPath)
		}
		if r.ContentLength > maxBody {
			c.Response().Header().Set("Connection", "close")
			return errBodyTooLarge
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
		return next(c)
	}
}

// onlyQuery refuses parameters that the route does not know, those given twice, and empty ones, which would be taken for
// none. With others, what it does not know is passed over: a login provider may add to its answer what it likes (RFC 6749 §4.1.2).
func onlyQuery(known []string, others bool) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			given, err := url.ParseQuery(c.Request().URL.RawQuery)
			if err != nil { // what cannot be read, a filter perhaps, c.QueryParams has dropped
				return &consult.Error{Code: consult.CodeInvalid, Message: msgBadQuery, Err: err}
			}
			var wrong []consult.FieldError
			for name, values := range given {
				switch {
				case !slices.Contains(known, name) && others:
				case !slices.Contains(known, name):
					wrong = append(wrong, consult.FieldError{Pointer: pointer("", name), Message: msgUnknownParameter})
				case len(values) > 1 && name != "status":
					wrong = append(wrong, consult.FieldError{Pointer: pointer("", name), Message: msgTwice})
				case values[0] == "" && name == "cursor":
					wrong = append(wrong, consult.FieldError{Pointer: pointer("", name), Message: msgBadCursor})
				case values[0] == "" && slices.Contains(filters, name):
					wrong = append(wrong, consult.FieldError{Pointer: pointer("", name), Message: msgEmpty})
				}
			}
			if len(wrong) > 0 {
				return invalid(wrong)
			}
			return next(c)
		}
	}
}

// filters are the parameters that take any word; what others take their readers know. "after" may be empty: so is
// a log that nobody has read yet.
var filters = []string{"integration", "sessionId", "actor", "action", "session", "object"}

// bodiless refuses a body that says something, on a route that would not look at it.
func bodiless(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := readAll(c)
		if err != nil {
			return err
		}
		switch strings.Join(strings.Fields(string(body)), "") {
		case "", "{}":
			return next(c)
		}
		return consult.Errorf(consult.CodeInvalid, msgBodiless)
	}
}

func requestID(c echo.Context) string { return c.Response().Header().Get(headerRequestID) }

// param is a part of the path, decoded: echo leaves it encoded where the path
// holds an encoded slash.
func param(c echo.Context, name string) string {
	value := c.Param(name)
	if c.Request().URL.RawPath == "" {
		return value
	}
	decoded, err := url.PathUnescape(value)
	if err != nil {
		return value // net/http has parsed the path, so this does not happen
	}
	return decoded
}
