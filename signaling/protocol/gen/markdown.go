package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"reflect"
	"strings"
	"text/template"
	"time"

	"tmk/signaling/protocol"
)

//go:embed protocol.md.tmpl
var page string

// markdown fills the hand-written page with the tables.
func markdown(src *source) ([]byte, error) {
	t, err := template.New("protocol.md").Parse(page)
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Version":  protocol.Version,
		"Client":   messageTables(src, protocol.ClientMessages),
		"Server":   messageTables(src, protocol.ServerMessages),
		"Parts":    partTables(src),
		"Closings": src.closings,
		"Errors":   protocol.ErrorCodes,
		"MaxFrame": protocol.MaxFrame,
	})
	if err != nil {
		return nil, fmt.Errorf("fill page: %w", err)
	}
	return b.Bytes(), nil
}

// messageTables writes one section a message.
func messageTables(src *source, kinds []protocol.Kind) string {
	var b strings.Builder
	for _, k := range kinds {
		s := src.byType(reflect.TypeOf(k.Body))
		fmt.Fprintf(&b, "\n### `%s`\n\n%s\n", k.Type, upper(s.Doc))
		if k.MaxBytes > 0 {
			fmt.Fprintf(&b, "Frame: at most %d KiB.\n", k.MaxBytes>>10)
		}
		fieldTable(&b, s)
	}
	return b.String()
}

// partTables writes the structs that are no messages of their own.
func partTables(src *source) string {
	var b strings.Builder
	for _, s := range src.structs {
		if isMessage(s.Type) {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", s.Name, upper(s.Doc))
		fieldTable(&b, s)
	}
	return b.String()
}

func isMessage(t reflect.Type) bool {
	for _, kinds := range [][]protocol.Kind{protocol.ClientMessages, protocol.ServerMessages} {
		for _, k := range kinds {
			if reflect.TypeOf(k.Body) == t {
				return true
			}
		}
	}
	return false
}

func fieldTable(b *strings.Builder, s structDoc) {
	if len(s.Fields) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| field | type | |\n|---|---|---|\n")
	for _, f := range s.Fields {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.Name, mdType(s.Type.Field(f.Index).Type, f), mdDoc(f))
	}
}

func mdDoc(f protocol.Field) string {
	doc := strings.ReplaceAll(f.Doc, "|", "\\|")
	if f.Enum != nil {
		values := make([]string, len(f.Enum))
		for i, v := range f.Enum {
			values[i] = "`" + v + "`"
			if v == "" {
				values[i] = "empty"
			}
		}
		doc += ": " + strings.Join(values, ", ")
	}
	if f.Max > 0 {
		doc += fmt.Sprintf("; at most %d characters", f.Max)
	}
	if f.Optional {
		doc = "*optional*; " + doc
	}
	return doc
}

func mdType(t reflect.Type, f protocol.Field) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "time"
	case t.Kind() == reflect.Pointer:
		return mdType(t.Elem(), f)
	case t.Kind() == reflect.Slice:
		return "list of " + mdType(t.Elem(), f)
	case t.Kind() == reflect.Map:
		return "object of " + mdType(t.Elem(), f) + "s"
	case t.Kind() == reflect.Struct && isMessage(t):
		for _, k := range append(protocol.ServerMessages[:len(protocol.ServerMessages):len(protocol.ServerMessages)], protocol.ClientMessages...) {
			if reflect.TypeOf(k.Body) == t {
				return "as [`" + k.Type + "`](#" + strings.ToLower(k.Type) + ")"
			}
		}
		return t.Name()
	case t.Kind() == reflect.Struct:
		return "[" + t.Name() + "](#" + strings.ToLower(t.Name()) + ")"
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() == reflect.String:
		return "string"
	}
	return "number"
}
