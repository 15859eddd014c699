package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"
)

// maxDepth is the deepest nesting of objects and arrays that Decode follows;
// our deepest message has three.
const maxDepth = 8

// maxID is how many characters the "id" of a client message may have.
const maxID = 64

// Message is one decoded client message.
type Message struct {
	Type string
	ID   string // to be answered with re; may be empty
	Body any    // one of the structs of ClientMessages
}

// DecodeError tells why a frame is no message. It names no value, so it may be logged.
type DecodeError struct {
	Type   string // when it was known already
	ID     string // when it was known already
	Field  string // "media.mic"; empty for the whole frame
	Reason string
}

func (e *DecodeError) Error() string {
	s := "message"
	if e.Type != "" {
		s += " " + e.Type
	}
	if e.Field != "" {
		s += fmt.Sprintf(": field %q", e.Field)
	}
	return s + ": " + e.Reason
}

var clientKinds = func() map[string]Kind {
	m := make(map[string]Kind, len(ClientMessages))
	for _, k := range ClientMessages {
		m[k.Type] = k
	}
	return m
}()

// Decode reads one text frame of a client. It accepts exactly one JSON object
// of a known type with every required field, no unknown and no repeated one,
// field names in exact case. Every error is a [*DecodeError].
func Decode(data []byte) (Message, error) {
	if len(data) > MaxFrame {
		return Message{}, &DecodeError{Reason: fmt.Sprintf("longer than %d bytes", MaxFrame)}
	}
	if !utf8.Valid(data) {
		return Message{}, &DecodeError{Reason: "not UTF-8"}
	}
	if !json.Valid(data) { // stricter than the token reader below
		return Message{}, &DecodeError{Reason: "not JSON"}
	}
	fields, err := parseObject(data)
	if err != nil {
		return Message{}, err
	}
	var m Message
	if m.Type, err = takeString(fields, "type", 0); err != nil {
		return Message{}, err
	}
	if m.Type == "" {
		return Message{}, &DecodeError{Field: "type", Reason: "missing"}
	}
	kind, ok := clientKinds[m.Type]
	if !ok {
		return Message{}, &DecodeError{Field: "type", Reason: "unknown message type"}
	}
	if m.ID, err = takeString(fields, "id", maxID); err != nil {
		return Message{}, withType(err, m)
	}
	if len(data) > kind.MaxBytes {
		return Message{}, &DecodeError{Type: m.Type, ID: m.ID, Reason: fmt.Sprintf("longer than %d bytes", kind.MaxBytes)}
	}
	body := reflect.New(reflect.TypeOf(kind.Body)).Elem()
	if err := assignStruct(body, fields, ""); err != nil {
		return Message{}, withType(err, m)
	}
	m.Body = body.Interface()
	return m, nil
}

// withType completes an error with what is known of the message.
func withType(err error, m Message) error {
	var e *DecodeError
	if errors.As(err, &e) {
		e.Type, e.ID = m.Type, m.ID
	}
	return err
}

// takeString removes an optional string field from the object.
func takeString(fields map[string]any, name string, maxLen int) (string, error) {
	v, ok := fields[name]
	if !ok {
		return "", nil
	}
	delete(fields, name)
	s, ok := v.(string)
	if !ok {
		return "", &DecodeError{Field: name, Reason: "must be a string"}
	}
	if maxLen > 0 && utf8.RuneCountInString(s) > maxLen {
		return "", &DecodeError{Field: name, Reason: fmt.Sprintf("longer than %d characters", maxLen)}
	}
	return s, nil
}

// parseObject reads exactly one JSON object.
func parseObject(data []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := parseValue(d, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &DecodeError{Reason: "more than one JSON value"}
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, &DecodeError{Reason: "not a JSON object"}
	}
	return fields, nil
}

// parseValue reads one value to string, json.Number, bool, nil, []any or map[string]any.
func parseValue(d *json.Decoder, path string, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, &DecodeError{Field: path, Reason: "not JSON"}
	}
	delim, ok := t.(json.Delim)
	if !ok {
		if s, ok := t.(string); ok && bytes.IndexByte([]byte(s), 0) >= 0 {
			return nil, &DecodeError{Field: path, Reason: "contains U+0000"}
		}
		return t, nil
	}
	if depth == maxDepth {
		return nil, &DecodeError{Field: path, Reason: fmt.Sprintf("nested deeper than %d", maxDepth)}
	}
	if delim == '[' {
		return parseArray(d, path, depth)
	}
	return parseFields(d, path, depth)
}

func parseArray(d *json.Decoder, path string, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := parseValue(d, fmt.Sprintf("%s[%d]", path, len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if _, err := d.Token(); err != nil {
		return nil, &DecodeError{Field: path, Reason: "not JSON"}
	}
	return list, nil
}

func parseFields(d *json.Decoder, path string, depth int) (any, error) {
	fields := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, &DecodeError{Field: path, Reason: "not JSON"}
		}
		name, ok := t.(string)
		if !ok {
			return nil, &DecodeError{Field: path, Reason: "not JSON"}
		}
		at := join(path, name)
		if _, twice := fields[name]; twice {
			return nil, &DecodeError{Field: at, Reason: "given twice"}
		}
		if fields[name], err = parseValue(d, at, depth+1); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, &DecodeError{Field: path, Reason: "not JSON"}
	}
	return fields, nil
}

// join makes the path of a field, shortened: names of unknown fields come from the client.
func join(path, name string) string {
	const longest = 64
	if len(name) > longest {
		name = string([]rune(name[:longest])) + "…"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
