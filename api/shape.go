package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"tmk/consult"
)

// shape compares valid JSON with the Go type that is generated from the schema.
type shape struct {
	wrong []consult.FieldError
}

func (s *shape) add(at, message string) {
	s.wrong = append(s.wrong, consult.FieldError{Pointer: at, Message: message})
}

// check compares raw with t. It returns raw as encoding/json takes it, which knows
// fewer ways to write times and whole numbers than the schema; where something is wrong, anything.
func (s *shape) check(raw json.RawMessage, t reflect.Type, at string) json.RawMessage {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	raw = bytes.TrimSpace(raw)
	if p, ok := reflect.Zero(t).Interface().(patched); ok {
		of, nullable := p.memberOf()
		if nullable && string(raw) == "null" {
			return raw
		}
		return s.check(raw, of, at)
	}
	switch {
	case string(raw) == "null":
		s.add(at, msgNull)
	case t == reflect.TypeFor[time.Time]():
		return s.time(raw, at)
	case t.Kind() == reflect.Struct:
		return s.object(raw, at, fieldsOf(t))
	case t.Kind() == reflect.Map:
		return s.object(raw, at, anyField{t.Elem()})
	case t.Kind() == reflect.Slice:
		return s.list(raw, t.Elem(), at)
	case t.Kind() == reflect.String:
		s.text(raw, t, at)
	case t.Kind() == reflect.Bool:
		if json.Unmarshal(raw, new(bool)) != nil {
			s.add(at, msgNotBoolean)
		}
	case t.Kind() == reflect.Int:
		return s.integer(raw, at)
	default:
		panic(fmt.Sprintf("api: requests with %s are not supported yet", t))
	}
	return raw
}

func (s *shape) list(raw json.RawMessage, of reflect.Type, at string) json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		s.add(at, msgNotArray)
		return raw
	}
	for i, item := range items {
		if len(s.wrong) >= maxFieldErrors {
			return raw
		}
		items[i] = s.check(item, of, pointer(at, strconv.Itoa(i)))
	}
	return rejoin(items)
}

// text checks a string; generated enums tell by Valid whether they know it.
func (s *shape) text(raw json.RawMessage, t reflect.Type, at string) {
	v := reflect.New(t)
	if json.Unmarshal(raw, v.Interface()) != nil {
		s.add(at, msgNotString)
		return
	}
	if halfPair(raw) {
		s.add(at, msgNotUnicode)
		return
	}
	if enum, ok := v.Elem().Interface().(interface{ Valid() bool }); ok && !enum.Valid() {
		s.add(at, msgNotInEnum)
	}
}

// halfPair tells a JSON string with half of a surrogate pair in it: encoding/json reads
// that as U+FFFD, and what comes back is not what came (RFC 8259 §8.2).
func halfPair(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		r := escaped(raw[i:])
		switch {
		case !utf16.IsSurrogate(r):
			i++ // not the backslash behind a backslash
		case utf16.DecodeRune(r, escaped(raw[i+6:])) == '\ufffd':
			return true
		default:
			i += 11
		}
	}
	return false
}

// escaped is the code unit of the \uXXXX that raw begins with; -1 where it does not.
func escaped(raw []byte) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(unit)
}

// time checks a time. The first instant of the calendar is none: programs send it for a time that
// was never set, and so is a time.Time kept here.
func (s *shape) time(raw json.RawMessage, at string) json.RawMessage {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		s.add(at, msgNotTime)
		return raw
	}
	t, ok := parseTime(text)
	switch {
	case !ok:
		s.add(at, msgNotTime)
	case t.IsZero():
		s.add(at, msgUnsetTime)
	}
	return rejoin(strings.ToUpper(text))
}

// integer checks a whole number. 30.0 and 3e1 are such (JSON Schema 2020-12, §4.2.3 and §6.1.1).
func (s *shape) integer(raw json.RawMessage, at string) json.RawMessage {
	if json.Unmarshal(raw, new(int)) == nil {
		return raw
	}
	var n float64
	if json.Unmarshal(raw, &n) != nil || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		s.add(at, msgNotInteger)
		return raw
	}
	return strconv.AppendInt(nil, int64(n), 10)
}

// members says what an object may and must hold.
type members interface {
	typeOf(name string) (reflect.Type, bool)
	required() []string
}

func (s *shape) object(raw json.RawMessage, at string, m members) json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		s.add(at, msgNotObject)
		return raw
	}
	seen := make(map[string]json.RawMessage)
	for dec.More() {
		start := dec.InputOffset()
		name, value, err := member(dec)
		if err != nil {
			s.add(at, msgMalformed)
			return raw
		}
		here := pointer(at, name)
		t, known := m.typeOf(name)
		_, twice := seen[name]
		switch {
		case halfPair(raw[start : dec.InputOffset()-int64(len(value))]):
			s.add(here, msgNotUnicode)
		case twice:
			s.add(here, msgTwice)
		case !known:
			s.add(here, msgUnknownField)
		default:
			value = s.check(value, t, here)
		}
		seen[name] = value
	}
	for _, name := range m.required() {
		if seen[name] == nil {
			s.add(pointer(at, name), msgRequired)
		}
	}
	return rejoin(seen)
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

// rejoin writes what was taken apart; v holds nothing but strings and JSON.
func rejoin(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("api: JSON that was read cannot be written: %v", err))
	}
	return raw
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
