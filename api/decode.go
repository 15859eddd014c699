package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
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
	typ, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || !slices.Contains(types, typ) {
		return nil, consult.Errorf(consult.CodeUnsupported, msgNotJSON)
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
	s.check(body, reflect.TypeFor[T](), "")
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

// shape compares valid JSON with the Go type that is generated from the schema.
type shape struct {
	wrong []consult.FieldError
}

func (s *shape) add(at, message string) {
	s.wrong = append(s.wrong, consult.FieldError{Pointer: at, Message: message})
}

func (s *shape) check(raw json.RawMessage, t reflect.Type, at string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	raw = bytes.TrimSpace(raw)
	if p, ok := reflect.Zero(t).Interface().(patched); ok {
		of, nullable := p.memberOf()
		if !nullable || string(raw) != "null" {
			s.check(raw, of, at)
		}
		return
	}
	switch {
	case string(raw) == "null":
		s.add(at, msgNull)
	case t == reflect.TypeFor[time.Time]():
		var text string
		if json.Unmarshal(raw, &text) != nil || !isTime(text) {
			s.add(at, msgNotTime)
		}
	case t.Kind() == reflect.Struct:
		s.object(raw, at, fieldsOf(t))
	case t.Kind() == reflect.Map:
		s.object(raw, at, anyField{t.Elem()})
	case t.Kind() == reflect.Slice:
		s.list(raw, t.Elem(), at)
	case t.Kind() == reflect.String:
		s.text(raw, t, at)
	case t.Kind() == reflect.Bool:
		if json.Unmarshal(raw, new(bool)) != nil {
			s.add(at, msgNotBoolean)
		}
	case t.Kind() == reflect.Int:
		if json.Unmarshal(raw, new(int)) != nil {
			s.add(at, msgNotInteger)
		}
	default:
		panic(fmt.Sprintf("api: requests with %s are not supported yet", t))
	}
}

func (s *shape) list(raw json.RawMessage, of reflect.Type, at string) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		s.add(at, msgNotArray)
		return
	}
	for i, item := range items {
		if len(s.wrong) >= maxFieldErrors {
			return
		}
		s.check(item, of, pointer(at, strconv.Itoa(i)))
	}
}

// text checks a string; generated enums tell by Valid whether they know it.
func (s *shape) text(raw json.RawMessage, t reflect.Type, at string) {
	v := reflect.New(t)
	if json.Unmarshal(raw, v.Interface()) != nil {
		s.add(at, msgNotString)
		return
	}
	if enum, ok := v.Elem().Interface().(interface{ Valid() bool }); ok && !enum.Valid() {
		s.add(at, msgNotInEnum)
	}
}

func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

// members says what an object may and must hold.
type members interface {
	typeOf(name string) (reflect.Type, bool)
	required() []string
}

func (s *shape) object(raw json.RawMessage, at string, m members) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		s.add(at, msgNotObject)
		return
	}
	seen := make(map[string]bool)
	for dec.More() {
		name, value, err := member(dec)
		if err != nil {
			s.add(at, msgMalformed)
			return
		}
		here := pointer(at, name)
		t, known := m.typeOf(name)
		switch {
		case seen[name]:
			s.add(here, msgTwice)
		case !known:
			s.add(here, msgUnknownField)
		default:
			s.check(value, t, here)
		}
		seen[name] = true
	}
	for _, name := range m.required() {
		if !seen[name] {
			s.add(pointer(at, name), msgRequired)
		}
	}
}

func member(dec *json.Decoder) (name string, value json.RawMessage, err error) {
	token, err := dec.Token()
	if err != nil {
		return "", nil, err
	}
	if err := dec.Decode(&value); err != nil {
		return "", nil, err
	}
	name, _ = token.(string)
	return name, value, nil
}

// structFields are the members of a generated struct; those without omitempty
// are required.
type structFields struct {
	types map[string]reflect.Type
	must  []string
}

func fieldsOf(t reflect.Type) structFields {
	f := structFields{types: make(map[string]reflect.Type, t.NumField())}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		f.types[name] = t.Field(i).Type
		if !strings.Contains(options, "omitempty") {
			f.must = append(f.must, name)
		}
	}
	return f
}

func (f structFields) typeOf(name string) (reflect.Type, bool) {
	t, ok := f.types[name]
	return t, ok
}

func (f structFields) required() []string { return f.must }

// anyField are the members of a map.
type anyField struct{ t reflect.Type }

func (f anyField) typeOf(string) (reflect.Type, bool) { return f.t, true }
func (f anyField) required() []string                 { return nil }

// pointer extends a JSON pointer by a name (RFC 6901 §3).
func pointer(at, name string) string {
	return at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
