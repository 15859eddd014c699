package main

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"time"

	"tmk/signaling/protocol"
)

// typescript writes the types of the pages.
func typescript(src *source) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Made by go generate ./signaling/protocol. Do not edit.\n\n")
	fmt.Fprintf(&b, "/** The WebSocket subprotocol. */\nexport const PROTOCOL_VERSION = '%s';\n\n", protocol.Version)

	fmt.Fprintf(&b, "/** Close codes of the WebSocket. */\nexport const CloseCode = {\n")
	for _, c := range src.closings {
		fmt.Fprintf(&b, "  /** %s */\n  %s: %s,\n", c.Doc, c.Name, c.Value)
	}
	fmt.Fprintf(&b, "} as const;\nexport type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];\n\n")

	fmt.Fprintf(&b, "/** Codes of the error and fileFailed messages. */\nexport type ErrorCode =\n")
	for _, c := range protocol.ErrorCodes {
		fmt.Fprintf(&b, "  /** %s */\n  | '%s'\n", c.Doc, c.Code)
	}
	fmt.Fprintf(&b, "  ;\n")

	for _, s := range src.structs {
		writeInterface(&b, s)
	}
	writeUnion(&b, src, "ClientMessage", "What a client may send. `id` comes back as `re` in the answer.", "id", protocol.ClientMessages)
	writeUnion(&b, src, "ServerMessage", "What the server may send. `re` is the id of the message that it answers.", "re", protocol.ServerMessages)
	return b.Bytes()
}

func writeInterface(b *bytes.Buffer, s structDoc) {
	if len(s.Fields) == 0 {
		fmt.Fprintf(b, "\n/** %s */\nexport type %s = object;\n", upper(s.Doc), s.Name)
		return
	}
	fmt.Fprintf(b, "\n/** %s */\nexport interface %s {\n", upper(s.Doc), s.Name)
	for _, f := range s.Fields {
		mark := ""
		if f.Optional {
			mark = "?"
		}
		fmt.Fprintf(b, "  /** %s */\n  %s%s: %s;\n", f.Doc, f.Name, mark, tsType(s.Type.Field(f.Index).Type, f))
	}
	fmt.Fprintf(b, "}\n")
}

func writeUnion(b *bytes.Buffer, src *source, name, doc, id string, kinds []protocol.Kind) {
	fmt.Fprintf(b, "\n/** %s */\nexport type %s =\n", doc, name)
	for i, k := range kinds {
		end := ""
		if i == len(kinds)-1 {
			end = ";"
		}
		fmt.Fprintf(b, "  | ({ type: '%s'; %s?: string } & %s)%s\n", k.Type, id, src.byType(reflect.TypeOf(k.Body)).Name, end)
	}
}

// tsType is how a field is written in TypeScript.
func tsType(t reflect.Type, f protocol.Field) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "string"
	case t.Kind() == reflect.Pointer:
		return tsType(t.Elem(), f)
	case t.Kind() == reflect.Slice:
		return tsType(t.Elem(), f) + "[]"
	case t.Kind() == reflect.Map:
		return "Record<string, " + tsType(t.Elem(), f) + ">"
	case t.Kind() == reflect.Struct:
		return t.Name()
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t == reflect.TypeFor[protocol.Code]():
		return "ErrorCode"
	case t.Kind() == reflect.String && f.Enum != nil:
		return "'" + strings.Join(f.Enum, "' | '") + "'"
	case t.Kind() == reflect.String:
		return "string"
	}
	return "number"
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
