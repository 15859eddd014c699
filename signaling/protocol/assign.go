package protocol

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Field is what the struct tags say of one field of a message.
type Field struct {
	Name     string   // in JSON
	Index    int      // in the struct
	Optional bool     // omitempty
	Enum     []string // allowed values; of a map: of its values
	Max      int      // characters; 0: no limit of its own
	Doc      string
}

// Fields reads the tags of a message struct, in order.
func Fields(t reflect.Type) []Field {
	out := make([]Field, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		field := Field{Name: name, Index: i, Optional: opts == "omitempty", Doc: f.Tag.Get("doc")}
		if enum, ok := f.Tag.Lookup("enum"); ok {
			field.Enum = strings.Split(enum, ",")
		}
		field.Max, _ = strconv.Atoi(f.Tag.Get("max"))
		out = append(out, field)
	}
	return out
}

// assignStruct sets the fields of dst from a parsed object; path names it in errors.
func assignStruct(dst reflect.Value, fields map[string]any, path string) error {
	known := Fields(dst.Type())
	for _, f := range known {
		at := join(path, f.Name)
		v, ok := fields[f.Name]
		if !ok {
			if f.Optional {
				continue
			}
			return &DecodeError{Field: at, Reason: "missing"}
		}
		if err := assign(dst.Field(f.Index), v, f, at); err != nil {
			return err
		}
	}
	for name := range fields {
		if !slices.ContainsFunc(known, func(f Field) bool { return f.Name == name }) {
			return &DecodeError{Field: join(path, name), Reason: "unknown field"}
		}
	}
	return nil
}

// assign sets one value. It knows the kinds that client messages have; the
// test TestEveryClientFieldIsDecoded fails when there is a new one.
func assign(dst reflect.Value, v any, f Field, at string) error {
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return assign(dst.Elem(), v, f, at)
	case reflect.Struct:
		fields, ok := v.(map[string]any)
		if !ok {
			return &DecodeError{Field: at, Reason: "must be an object"}
		}
		return assignStruct(dst, fields, at)
	case reflect.Map:
		return assignMap(dst, v, f, at)
	case reflect.Bool:
		b, ok := v.(bool)
		if !ok {
			return &DecodeError{Field: at, Reason: "must be true or false"}
		}
		dst.SetBool(b)
		return nil
	case reflect.Int64:
		return assignInt(dst, v, at)
	case reflect.String:
		return assignString(dst, v, f, at)
	}
	return &DecodeError{Field: at, Reason: "has a kind that Decode does not know: " + dst.Kind().String()}
}

func assignMap(dst reflect.Value, v any, f Field, at string) error {
	fields, ok := v.(map[string]any)
	if !ok {
		return &DecodeError{Field: at, Reason: "must be an object"}
	}
	dst.Set(reflect.MakeMapWithSize(dst.Type(), len(fields)))
	for key, value := range fields {
		elem := reflect.New(dst.Type().Elem()).Elem()
		if err := assign(elem, value, f, join(at, key)); err != nil {
			return err
		}
		dst.SetMapIndex(reflect.ValueOf(key), elem)
	}
	return nil
}

// assignInt takes whole numbers from 0 on: no client number is below it.
func assignInt(dst reflect.Value, v any, at string) error {
	n, ok := v.(json.Number)
	if !ok {
		return &DecodeError{Field: at, Reason: "must be a whole number"}
	}
	i, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil || i < 0 {
		return &DecodeError{Field: at, Reason: "must be a whole number, not below 0"}
	}
	dst.SetInt(i)
	return nil
}

func assignString(dst reflect.Value, v any, f Field, at string) error {
	s, ok := v.(string)
	if !ok {
		return &DecodeError{Field: at, Reason: "must be a string"}
	}
	if f.Enum != nil && !slices.Contains(f.Enum, s) {
		return &DecodeError{Field: at, Reason: "must be one of " + strings.Join(f.Enum, ", ")}
	}
	if f.Max > 0 && utf8.RuneCountInString(s) > f.Max {
		return &DecodeError{Field: at, Reason: fmt.Sprintf("longer than %d characters", f.Max)}
	}
	dst.SetString(s)
	return nil
}
