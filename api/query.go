package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
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
	q := consult.ListQuery{Cursor: c.QueryParam("cursor")} // which the desk reads
	var badLimit, badFrom, badTo, badOrder, badStatus *consult.FieldError
	q.Limit, badLimit = limitParam(c)
	q.From, badFrom = timeParam(c, "from")
	q.To, badTo = timeParam(c, "to")
	switch order := c.QueryParam("order"); {
	case order == "desc":
		q.NewestFirst = true
	case order != "asc" && c.QueryParams().Has("order"):
		badOrder = &consult.FieldError{Pointer: "/order", Message: msgNotInEnum}
	}
	for _, s := range c.QueryParams()["status"] {
		if !Status(s).Valid() {
			badStatus = &consult.FieldError{Pointer: "/status", Message: msgNotInEnum}
			break
		}
		q.Status = append(q.Status, consult.Status(strings.ToLower(s)))
	}
	return q, invalidOf(badLimit, badFrom, badTo, badOrder, badStatus)
}

// invalidOf is nil when nothing is wrong.
func invalidOf(found ...*consult.FieldError) error {
	var wrong []consult.FieldError
	for _, f := range found {
		if f != nil {
			wrong = append(wrong, *f)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return invalid(wrong)
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

// cursorList is how many bytes of a cursor name the list that it belongs to.
const cursorList = 8

// listed names the list that is asked for, whatever page: whose, where and with which filters.
func listed(c echo.Context) []byte {
	filters := maps.Clone(c.QueryParams())
	delete(filters, "limit")
	delete(filters, "cursor")
	integration := ""
	if k := principal(c).Key; k != nil {
		integration = k.Integration
	}
	name := sha256.Sum256(fmt.Appendf(nil, "%q %q %s", integration, c.Request().URL.Path, filters.Encode()))
	return name[:cursorList]
}

// cursorBehind hides where a page ended, so that nobody counts on its shape. "" stays "": there is no next page.
func cursorBehind(c echo.Context, last string) string {
	if last == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(listed(c), last...))
}

// cursorParam is what the page before ended with, "" at the beginning. Another list's cursor is none.
func cursorParam(c echo.Context) (last string, bad *consult.FieldError) {
	if !c.QueryParams().Has("cursor") {
		return "", nil
	}
	cursor, list := c.QueryParam("cursor"), listed(c)
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || base64.RawURLEncoding.EncodeToString(b) != cursor || len(b) <= len(list) || !bytes.HasPrefix(b, list) {
		return "", badCursor
	}
	return string(b[len(list):]), nil
}

var badCursor = &consult.FieldError{Pointer: "/cursor", Message: msgBadCursor}

// slice is the page of a short list, which is in the order of its ids, that the caller asks for.
func slice[T any](c echo.Context, all []T, id func(T) string) (page []T, next string, err error) {
	limit, bad := limitParam(c)
	after, badAfter := cursorParam(c)
	if err := invalidOf(bad, badAfter); err != nil {
		return nil, "", err
	}
	if after != "" { // what the page before ended with may be gone
		all = all[len(all)-countBehind(all, id, after):]
	}
	if len(all) <= limit {
		return all, "", nil
	}
	return all[:limit], cursorBehind(c, id(all[limit-1])), nil
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
