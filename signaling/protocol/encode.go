package protocol

import (
	"encoding/json"
	"fmt"
	"reflect"
)

var serverTypes = func() map[reflect.Type]string {
	m := make(map[reflect.Type]string, len(ServerMessages))
	for _, k := range ServerMessages {
		m[reflect.TypeOf(k.Body)] = k.Type
	}
	return m
}()

// Encode writes one server message as a text frame. body is a struct of
// ServerMessages; re is the id of the client message that it answers, or empty.
// Lists are never null. An error is a defect of the caller.
func Encode(body any, re string) ([]byte, error) {
	typ, ok := serverTypes[reflect.TypeOf(body)]
	if !ok {
		return nil, fmt.Errorf("encode message: %T is none of the server's", body)
	}
	v := reflect.New(reflect.TypeOf(body)).Elem()
	v.Set(reflect.ValueOf(body))
	fillLists(v)
	rest, err := json.Marshal(v.Interface())
	if err != nil {
		return nil, fmt.Errorf("encode message %s: %w", typ, err)
	}
	head := struct {
		Type string `json:"type"`
		Re   string `json:"re,omitempty"`
	}{typ, re}
	out, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("encode message %s: %w", typ, err)
	}
	if len(rest) == len("{}") {
		return out, nil
	}
	out[len(out)-1] = ','
	return append(out, rest[1:]...), nil
}

// fillLists makes nil slices empty, so that clients always find a list.
func fillLists(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case f.Kind() == reflect.Slice && f.IsNil():
			f.Set(reflect.MakeSlice(f.Type(), 0, 0))
		case f.Kind() == reflect.Struct && f.CanSet() && f.Type().PkgPath() == v.Type().PkgPath():
			fillLists(f)
		}
	}
}
