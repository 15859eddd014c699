package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// answer sends v as JSON.
func answer(c echo.Context, status int, v any) error {
	body, err := marshal(v)
	if err != nil {
		return err
	}
	return send(c, status, body)
}

// answerTagged sends v with an ETag, or 304 when the caller has it already.
// The tag names these very bytes, since much of what belongs to a session (who
// is in the room, recordings, the language) changes without its version; the
// version stands in front, for If-Match.
func answerTagged(c echo.Context, status int, version int64, v any) error {
	return answerTaggedAs(c, status, version, v, v)
}

// answerTaggedAs sends v with the ETag of what will be read of it later.
func answerTaggedAs(c echo.Context, status int, version int64, tagged, v any) error {
	read, err := marshal(tagged)
	if err != nil {
		return err
	}
	body, err := marshal(v)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(read)
	tag := fmt.Sprintf(`"%d-%s"`, version, hex.EncodeToString(sum[:8]))
	c.Response().Header().Set("ETag", tag)
	if status == http.StatusOK && isRead(c) && matches(c.Request().Header.Get("If-None-Match"), tag) {
		c.Response().Header().Set("Vary", "Accept-Language")
		return c.NoContent(http.StatusNotModified)
	}
	return send(c, status, body)
}

func isRead(c echo.Context) bool {
	m := c.Request().Method
	return m == http.MethodGet || m == http.MethodHead
}

// matches compares weakly (RFC 9110 §13.1.2).
func matches(ifNoneMatch, tag string) bool {
	for one := range strings.SplitSeq(ifNoneMatch, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

// ifMatch is the version that the header If-Match wants to be there still (RFC 9110
// §13.1.1): 0 when any will do, -1 when none. present tells what there is, for a header that names several.
func ifMatch(c echo.Context, present func() (int64, error)) (int64, error) {
	var versions []int64
	for tag := range strings.SplitSeq(strings.Join(c.Request().Header.Values("If-Match"), ","), ",") {
		switch tag = strings.TrimSpace(tag); {
		case tag == "":
			continue
		case tag == "*":
			return 0, nil
		}
		if v := versionOf(tag); !slices.Contains(versions, v) {
			versions = append(versions, v)
		}
	}
	switch len(versions) {
	case 0:
		return 0, nil
	case 1:
		return versions[0], nil
	}
	now, err := present()
	if err != nil || slices.Contains(versions, now) {
		return now, err
	}
	return -1, nil
}

// versionOf reads the version in an ETag of ours; -1 for one that never matches: a weak or foreign one.
func versionOf(tag string) int64 {
	version, _, ok := strings.Cut(strings.TrimPrefix(tag, `"`), "-")
	n, err := strconv.ParseInt(version, 10, 64)
	if !ok || err != nil || n < 1 || !strings.HasPrefix(tag, `"`) || !strings.HasSuffix(tag, `"`) {
		return -1
	}
	return n
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return b.Bytes(), nil
}

func send(c echo.Context, status int, body []byte) error {
	h := c.Response().Header()
	h.Set("Vary", "Accept-Language")
	h.Set("Content-Language", language(c))
	return c.Blob(status, echo.MIMEApplicationJSON, body)
}
