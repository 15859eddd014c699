package api

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// Bounds on the length of a list.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// sessionQuery reads the filters of a list of sessions, and says all that is
// wrong with them.
func sessionQuery(c echo.Context) (consult.ListQuery, error) {
	q := consult.ListQuery{Cursor: c.QueryParam("cursor")}
	var wrong []consult.FieldError
	add := func(err *consult.FieldError) {
		if err != nil {
			wrong = append(wrong, *err)
		}
	}
	var err *consult.FieldError
	q.Limit, err = limitParam(c)
	add(err)
	q.From, err = timeParam(c, "from")
	add(err)
	q.To, err = timeParam(c, "to")
	add(err)
	for _, s := range c.QueryParams()["status"] {
		if !Status(s).Valid() {
			add(&consult.FieldError{Pointer: "/status", Message: msgNotInEnum})
			break
		}
		q.Status = append(q.Status, consult.Status(strings.ToLower(s)))
	}
	if len(wrong) > 0 {
		return q, invalid(wrong)
	}
	return q, nil
}

func limitParam(c echo.Context) (int, *consult.FieldError) {
	value := c.QueryParam("limit")
	if value == "" && !c.QueryParams().Has("limit") {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxLimit {
		return 0, &consult.FieldError{Pointer: "/limit", Message: msgBadLimit}
	}
	return n, nil
}

func timeParam(c echo.Context, name string) (time.Time, *consult.FieldError) {
	if !c.QueryParams().Has(name) {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, c.QueryParam(name))
	if err != nil {
		return t, &consult.FieldError{Pointer: pointer("", name), Message: msgNotTime}
	}
	return t, nil
}

// threadCursor names the message that a page ended with.
func threadCursor(seq int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("m" + strconv.FormatInt(seq, 10)))
}

func parseThreadCursor(cursor string) (after int64, ok bool) {
	if cursor == "" {
		return 0, true
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) < 2 || b[0] != 'm' {
		return 0, false
	}
	after, err = strconv.ParseInt(string(b[1:]), 10, 64)
	return after, err == nil && after > 0
}
