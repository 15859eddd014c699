package api

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

const (
	headerIdempotencyKey = "Idempotency-Key"
	headerReplayed       = "Idempotency-Replayed"
	maxIdempotencyKey    = 255
)

// kept are the headers that belong to an answer and are kept with it.
var kept = []string{"Content-Type", "Content-Language", "Vary", "Location", "ETag"}

// once lets a request that carries an Idempotency-Key take effect once: whoever
// sends it again gets the first answer. Where a crash came between the effect and the answer, again makes it anew.
func (a *API) once(again func(echo.Context, string) error) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			key, err := idempotencyKey(c.Request().Header)
			if err != nil || key == "" {
				return either(err, next, c)
			}
			body, err := readAll(c)
			if err != nil {
				return err
			}
			c.Request().Body = io.NopCloser(bytes.NewReader(body))
			ctx := c.Request().Context()
			o, mine, err := a.desk.BeginOnce(ctx, principal(c), key, fingerprint(c.Request(), body))
			switch {
			case err != nil:
				return err
			case !mine:
				return replay(c, o)
			case o.Object != "" && again != nil:
				c.Response().Header().Set(headerReplayed, "true")
				return a.answerOnce(c, o, func(c echo.Context) error { return again(c, o.Object) })
			}
			c.SetRequest(c.Request().WithContext(consult.WithOnce(ctx, o)))
			return a.answerOnce(c, o, next)
		}
	}
}

func either(err error, next echo.HandlerFunc, c echo.Context) error {
	if err != nil {
		return err
	}
	return next(c)
}

// idempotencyKey is "" where the request carries none. Code: invalid.
func idempotencyKey(h http.Header) (string, error) {
	values := h.Values(headerIdempotencyKey)
	if len(values) == 0 {
		return "", nil
	}
	at := pointer("", headerIdempotencyKey)
	if len(values) > 1 {
		return "", consult.Invalid(at, msgTwice)
	}
	key := values[0]
	unprintable := slices.ContainsFunc([]byte(key), func(b byte) bool { return b < ' ' || b > '~' })
	if key == "" || len(key) > maxIdempotencyKey || unprintable {
		return "", consult.Invalid(at, msgBadIdempotencyKey)
	}
	return key, nil
}

// fingerprint names what is asked for: the same key with another one is a mistake.
func fingerprint(r *http.Request, body []byte) []byte {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery} {
		io.WriteString(h, part+"\n") // never fails
	}
	h.Write(body)
	return h.Sum(nil)
}

// replay sends the kept answer.
func replay(c echo.Context, o *consult.Once) error {
	h := c.Response().Header()
	for name, value := range o.Header {
		h.Set(name, value)
	}
	h.Set(headerReplayed, "true")
	c.Response().WriteHeader(o.Status)
	_, err := c.Response().Write(o.Body)
	return err
}

// answerOnce lets fn answer, and keeps the answer before it goes out. What went wrong
// for reasons that may pass is not kept: the key can be used again.
func (a *API) answerOnce(c echo.Context, o *consult.Once, fn echo.HandlerFunc) error {
	held := &heldAnswer{ResponseWriter: c.Response().Writer}
	c.Response().Writer = held
	done := false
	defer func() { // a panic in fn
		c.Response().Writer = held.ResponseWriter
		if !done {
			c.Response().Committed = false
			a.dropOnce(c, o)
		}
	}()
	err := fn(c)
	if err != nil {
		a.fail(err, c)
	}
	done = true
	if passing(err) {
		a.dropOnce(c, o)
		return held.send()
	}
	o.Status, o.Body, o.Header = held.status, held.body.Bytes(), make(map[string]string)
	for _, name := range kept {
		if value := held.Header().Get(name); value != "" {
			o.Header[name] = value
		}
	}
	if err := a.desk.EndOnce(c.Request().Context(), o); err != nil {
		// What was asked for is done. Who asks again gets the answer made anew.
		a.cfg.Log.ErrorContext(c.Request().Context(), "answer not kept", "request", requestID(c), "err", err)
	}
	return held.send()
}

// passing tells whether the same request may be answered otherwise later, or with another header.
func passing(err error) bool {
	if err == nil {
		return false
	}
	e := domainError(err)
	switch e.Code {
	case consult.CodeUnauthorized, consult.CodeForbidden, consult.CodeRateLimited, consult.CodeUnsupported, consult.CodeBusy:
		return true
	}
	return statuses[e.Code] >= http.StatusInternalServerError
}

func (a *API) dropOnce(c echo.Context, o *consult.Once) {
	if err := a.desk.DropOnce(c.Request().Context(), o); err != nil {
		// Its lease runs out by itself.
		a.cfg.Log.WarnContext(c.Request().Context(), "request not given up", "request", requestID(c), "err", err)
	}
}

// heldAnswer holds an answer back until it is kept. Answers are small: lists and
// files are not asked for by POST.
type heldAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) WriteHeader(status int)      { h.status = status }
func (h *heldAnswer) Write(p []byte) (int, error) { return h.body.Write(p) }

// Unwrap is for [http.ResponseController].
func (h *heldAnswer) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *heldAnswer) send() error {
	h.ResponseWriter.WriteHeader(h.status)
	_, err := h.ResponseWriter.Write(h.body.Bytes())
	return err
}
