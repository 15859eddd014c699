package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// Codes of HTTP's own, which the domain has no use for.
const (
	codeMethodNotAllowed consult.Code = "method_not_allowed"
	codeBadRange         consult.Code = "range_not_satisfiable"
)

// statuses is the one place where a domain code becomes an HTTP status.
var statuses = map[consult.Code]int{
	consult.CodeInvalid:      http.StatusBadRequest,
	consult.CodeUnauthorized: http.StatusUnauthorized,
	consult.CodeForbidden:    http.StatusForbidden,
	consult.CodeNotFound:     http.StatusNotFound,
	codeMethodNotAllowed:     http.StatusMethodNotAllowed,
	codeBadRange:             http.StatusRequestedRangeNotSatisfiable,
	consult.CodeConflict:     http.StatusConflict,
	consult.CodeDuplicate:    http.StatusConflict,
	consult.CodeLinkUnknown:  http.StatusNotFound,
	consult.CodeLinkExpired:  http.StatusGone,
	consult.CodeTooEarly:     http.StatusForbidden,
	consult.CodeCancelled:    http.StatusGone,
	consult.CodeFinished:     http.StatusGone,
	consult.CodeTooLarge:     http.StatusRequestEntityTooLarge,
	consult.CodeUnsupported:  http.StatusUnsupportedMediaType,
	consult.CodeRateLimited:  http.StatusTooManyRequests,
	consult.CodeConsent:      http.StatusForbidden,
	consult.CodeStale:        http.StatusPreconditionFailed,
	consult.CodeMismatch:     http.StatusUnprocessableEntity,
	consult.CodeBusy:         http.StatusConflict,
	consult.CodeUnclaimed:    http.StatusServiceUnavailable,
	consult.CodeUnavailable:  http.StatusServiceUnavailable,
	consult.CodeInternal:     http.StatusInternalServerError,
}

// How long to wait where nobody knows better.
const (
	retryUnavailable = 5 * time.Second
	retryLimited     = time.Minute
	retryBusy        = time.Second
	retryUnclaimed   = 30 * time.Second
)

// fail is echo's error handler: it answers with problem details (RFC 9457).
func (a *API) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	e := domainError(err)
	if c.Request().Context().Err() != nil && e.Code == consult.CodeInternal {
		e = consult.Errorf(consult.CodeUnavailable, "the caller went away") // nobody reads it; no defect of ours
	}
	c.Set(keyCause, err)
	p := a.problem(c, e)
	var shown any = p
	var over *overError
	if errors.As(err, &over) {
		shown = showRoomProblem(p, over.entered, language(c))
	}
	h := c.Response().Header()
	switch e.Code {
	case consult.CodeUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="tmk"`)
	case consult.CodeRateLimited:
		setRetryAfterOnce(c, retryLimited)
	case consult.CodeUnavailable:
		setRetryAfterOnce(c, retryUnavailable)
	case consult.CodeBusy:
		setRetryAfterOnce(c, retryBusy)
	case consult.CodeUnclaimed:
		setRetryAfterOnce(c, retryUnclaimed)
	}
	h.Del("ETag")
	h.Set("Content-Language", language(c))
	h.Set("Vary", "Accept-Language")
	h.Set(echo.HeaderContentType, "application/problem+json")
	c.Response().WriteHeader(p.Status)
	if c.Request().Method == http.MethodHead {
		return
	}
	// A client that does not read its answer is told by the access log only.
	_ = json.NewEncoder(c.Response()).Encode(shown)
}

func (a *API) problem(c echo.Context, e *consult.Error) Problem {
	lang := language(c)
	p := Problem{
		Type:     strings.TrimSuffix(a.cfg.PublicURL, "/") + "/problems/" + string(e.Code),
		Title:    titles[e.Code].in(lang),
		Status:   statuses[e.Code],
		Detail:   translate(lang, e.Message),
		Instance: c.Request().URL.EscapedPath(),
		Code:     ProblemCode(e.Code),
		Ref:      e.Ref,
	}
	if e.Code == consult.CodeInternal {
		p.Detail = translate(lang, msgInternal)
	}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, FieldProblem{Pointer: f.Pointer, Message: translate(lang, f.Message)})
	}
	return p
}

// domainError finds the domain's error in err's chain, or makes one of what
// echo and context report. What is left is a defect of ours.
func domainError(err error) *consult.Error {
	var e *consult.Error
	if errors.As(err, &e) {
		if _, known := statuses[e.Code]; known {
			return e
		}
	}
	var he *echo.HTTPError
	switch {
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		return consult.Errorf(consult.CodeNotFound, msgNoRoute)
	case errors.As(err, &he) && he.Code == http.StatusMethodNotAllowed:
		return consult.Errorf(codeMethodNotAllowed, msgNoMethod)
	case errors.Is(err, context.DeadlineExceeded):
		return &consult.Error{Code: consult.CodeUnavailable, Message: msgTooSlow, Err: err}
	}
	return &consult.Error{Code: consult.CodeInternal, Message: msgInternal, Err: err}
}

// overError is the refusal of a pass whose consultation is over; its page may
// still show what it was.
type overError struct {
	error
	entered *consult.Entered
}

func (e *overError) Unwrap() error { return e.error }

func setRetryAfter(c echo.Context, wait time.Duration) {
	seconds := max(int(math.Ceil(wait.Seconds())), 1)
	c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(seconds))
}

func setRetryAfterOnce(c echo.Context, wait time.Duration) {
	if c.Response().Header().Get(echo.HeaderRetryAfter) == "" {
		setRetryAfter(c, wait)
	}
}
