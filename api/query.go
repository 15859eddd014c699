package api

import (
	"encoding/base64"
	"regexp"
	"slices"
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
	switch order := c.QueryParam("order"); {
	case order == "desc":
		q.NewestFirst = true
	case order != "asc" && c.QueryParams().Has("order"):
		add(&consult.FieldError{Pointer: "/order", Message: msgNotInEnum})
	}
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
	t, ok := parseTime(c.QueryParam(name))
	switch {
	case !ok:
		return t, &consult.FieldError{Pointer: pointer("", name), Message: msgNotTime}
	case t.IsZero(): // which stands for no bound at all
		return t, &consult.FieldError{Pointer: pointer("", name), Message: msgUnsetTime}
	}
	return t, nil
}

// timeShape is RFC 3339 §5.6, without the leap second, which no clock here can show.
// [time.Parse] takes more: one digit of an hour, a comma, offsets of a day and longer.
var timeShape = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

func parseTime(text string) (t time.Time, ok bool) {
	if !timeShape.MatchString(text) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	return t, err == nil
}

// threadCursor names the message that a page ended with.
func threadCursor(seq int64) string { return encodeCursor('m', strconv.FormatInt(seq, 10)) }

func parseThreadCursor(cursor string) (after int64, ok bool) {
	last, ok := decodeCursor('m', cursor)
	if !ok || last == "" {
		return 0, ok
	}
	after, err := strconv.ParseInt(last, 10, 64)
	return after, err == nil && after > 0
}

// encodeCursor hides where a page ended, so that nobody counts on its shape. kind keeps cursors of lists apart. "" stays "".
func encodeCursor(kind byte, last string) string {
	if last == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(string(kind) + last))
}

func decodeCursor(kind byte, cursor string) (last string, ok bool) {
	if cursor == "" {
		return "", true
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) < 2 || b[0] != kind {
		return "", false
	}
	return string(b[1:]), true
}

// slice is the page of a short list, which is in the order of its ids, that the caller asks for.
func slice[T any](c echo.Context, all []T, id func(T) string) (page []T, next string, err error) {
	limit, bad := limitParam(c)
	after, ok := decodeCursor('i', c.QueryParam("cursor"))
	var wrong []consult.FieldError
	if bad != nil {
		wrong = append(wrong, *bad)
	}
	if !ok {
		wrong = append(wrong, consult.FieldError{Pointer: "/cursor", Message: msgBadCursor})
	}
	if len(wrong) > 0 {
		return nil, "", invalid(wrong)
	}
	if after != "" { // what the page before ended with may be gone
		all = all[len(all)-countBehind(all, id, after):]
	}
	if len(all) <= limit {
		return all, "", nil
	}
	return all[:limit], encodeCursor('i', id(all[limit-1])), nil
}

func countBehind[T any](all []T, id func(T) string, after string) int {
	if i := slices.IndexFunc(all, func(one T) bool { return id(one) == after }); i >= 0 {
		return len(all) - i - 1
	}
	if i := slices.IndexFunc(all, func(one T) bool { return id(one) > after }); i >= 0 {
		return len(all) - i
	}
	return 0
}
