package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// maxFieldErrors bounds how many mistakes one answer lists.
const maxFieldErrors = 50

var errBodyTooLarge = consult.Errorf(consult.CodeTooLarge, msgBodyTooLarge)

// decode reads a JSON body as strictly as openapi.yaml describes it: unknown,
// repeated, missing and null fields are errors, and so are wrong types; each is
// pointed at. Codes: invalid, too_large, unsupported.
func decode[T any](c echo.Context) (T, error) {
	return decodeAs[T](c, echo.MIMEApplicationJSON)
}

// mergePatch is the type of a JSON Merge Patch (RFC 7396 §4).
const mergePatch = "application/merge-patch+json"

// decodePatch is decode for PATCH.
func decodePatch[T any](c echo.Context) (T, error) {
	return decodeAs[T](c, echo.MIMEApplicationJSON, mergePatch)
}

func decodeAs[T any](c echo.Context, types ...string) (T, error) {
	var v T
	body, err := readBody(c, types...)
	if err != nil {
		return v, err
	}
	if len(body) == 0 {
		return v, consult.Errorf(consult.CodeInvalid, msgNoBody)
	}
	return parse[T](body)
}

// decodeOptional is decode for routes that may be called without a body.
func decodeOptional[T any](c echo.Context) (T, error) {
	var v T
	body, err := readBody(c, echo.MIMEApplicationJSON)
	if err != nil || len(body) == 0 {
		return v, err
	}
	return parse[T](body)
}

// readBody returns the body, nil when there is none. Codes: invalid, too_large,
// unsupported (it is of none of the types).
func readBody(c echo.Context, types ...string) ([]byte, error) {
	body, err := readAll(c)
	if err != nil || len(body) == 0 {
		return nil, err
	}
	typ, parameters, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || !slices.Contains(types, typ) {
		return nil, consult.Errorf(consult.CodeUnsupported, msgNotJSON)
	}
	if charset, named := parameters["charset"]; named && !strings.EqualFold(charset, "utf-8") {
		return nil, consult.Errorf(consult.CodeUnsupported, msgBadCharset)
	}
	if !utf8.Valid(body) {
		return nil, consult.Errorf(consult.CodeInvalid, msgNotUTF8)
	}
	return body, nil
}

// readAll reads the body as it comes. Codes: invalid, too_large.
func readAll(c echo.Context) ([]byte, error) {
	control := http.NewResponseController(c.Response())
	_ = control.SetReadDeadline(time.Now().Add(stall)) // where there are deadlines; a test's recorder has none
	body, err := io.ReadAll(c.Request().Body)
	_ = control.SetReadDeadline(time.Time{})
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errBodyTooLarge
	case err != nil:
		return nil, &consult.Error{Code: consult.CodeInvalid, Message: msgBodyBroken, Err: err}
	}
	return body, nil
}

func parse[T any](body []byte) (T, error) {
	var v T
	if !json.Valid(body) {
		return v, malformed(body)
	}
	s := shape{}
	body = s.check(body, reflect.TypeFor[T](), "")
	if len(s.wrong) > 0 {
		return v, invalid(s.wrong)
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return v, &consult.Error{Code: consult.CodeInvalid, Message: msgMalformed, Err: err}
	}
	return v, nil
}

// malformed says where JSON stops to be JSON.
func malformed(body []byte) error {
	var syntax *json.SyntaxError
	if err := json.Unmarshal(body, new(any)); errors.As(err, &syntax) {
		return consult.Errorf(consult.CodeInvalid, msgMalformedAt, syntax.Offset)
	}
	return consult.Errorf(consult.CodeInvalid, msgMalformed)
}

func invalid(wrong []consult.FieldError) error {
	return &consult.Error{Code: consult.CodeInvalid, Message: msgSeeFields, Fields: wrong[:min(len(wrong), maxFieldErrors)]}
}

// optionalID is an id that may be left out, "" then; one that is there and empty is a mistake, not an absence.
func optionalID(at string, given *string) (string, error) {
	switch {
	case given == nil:
		return "", nil
	case *given == "":
		return "", consult.Invalid(at, msgEmpty)
	}
	return *given, nil
}
