package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
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
	body, err := marshal(v)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
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
