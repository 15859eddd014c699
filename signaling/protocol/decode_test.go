package protocol

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Message
	}{
		{`{"type":"ping"}`, Message{"ping", "", Ping{}}},
		{`{"id":"7","type":"postChat","clientId":"a","text":"Здравствуйте <b>"}`, Message{"postChat", "7", PostChat{"a", "Здравствуйте <b>"}}},
		{`{"type":"getHistory","since":9007199254740993}`, Message{"getHistory", "", GetHistory{9007199254740993}}},
		{`{"type":"offer","sdp":"v=0","senders":{"0":"mic","1":"camera"},"fresh":true}`,
			Message{"offer", "", Offer{"v=0", map[string]string{"0": "mic", "1": "camera"}, true}}},
		{`{"type":"join","pass":"p","since":0,"media":{"mic":true,"camera":false,"screen":false},"consent":{"given":true,"textVersion":"1","language":"ru"}}`,
			Message{"join", "", Join{Pass: "p", Media: Media{Mic: true}, Consent: &SetConsent{true, "1", "ru"}}}},
	} {
		got, err := Decode([]byte(c.in))
		if err != nil {
			t.Errorf("Decode(%s): %v", c.in, err)
		} else if !reflect.DeepEqual(got, c.want) {
			t.Errorf("Decode(%s) = %#v, want %#v", c.in, got, c.want)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	const media = `"media":{"mic":true,"camera":true,"screen":false}`
	for _, c := range []struct{ name, in, field, reason string }{
		{"nothing", ``, "", "not JSON"},
		{"no JSON", `hello`, "", "not JSON"},
		{"cut short", `{"type":"ping"`, "", "not JSON"},
		{"trailing comma", `{"type":"ping",}`, "", "not JSON"},
		{"not UTF-8", "{\"type\":\"ping\xff\"}", "", "not UTF-8"},
		{"array", `[{"type":"ping"}]`, "", "not a JSON object"},
		{"null", `null`, "", "not a JSON object"},
		{"two values", `{"type":"ping"}{"type":"ping"}`, "", "not JSON"},
		{"trailing data", `{"type":"ping"} x`, "", "not JSON"},
		{"no type", `{}`, "type", "missing"},
		{"type of wrong kind", `{"type":1}`, "type", "must be a string"},
		{"unknown type", `{"type":"reboot"}`, "type", "unknown message type"},
		{"a server message", `{"type":"joined"}`, "type", "unknown message type"},
		{"type in other case", `{"Type":"ping"}`, "type", "missing"},
		{"id of wrong kind", `{"type":"ping","id":7}`, "id", "must be a string"},
		{"long id", `{"type":"ping","id":"` + strings.Repeat("x", 65) + `"}`, "id", "longer than 64 characters"},
		{"unknown field", `{"type":"ping","admin":true}`, "admin", "unknown field"},
		{"field in other case", `{"type":"getHistory","since":1,"Since":2}`, "Since", "unknown field"},
		{"field twice", `{"type":"getHistory","since":1,"since":2}`, "since", "given twice"},
		{"field missing", `{"type":"postChat","clientId":"a"}`, "text", "missing"},
		{"null for string", `{"type":"postChat","clientId":"a","text":null}`, "text", "must be a string"},
		{"number for string", `{"type":"postChat","clientId":"a","text":5}`, "text", "must be a string"},
		{"U+0000", `{"type":"postChat","clientId":"a","text":"x\u0000"}`, "text", "contains U+0000"},
		{"string for number", `{"type":"getHistory","since":"1"}`, "since", "must be a whole number"},
		{"fraction", `{"type":"getHistory","since":1.5}`, "since", "must be a whole number, not below 0"},
		{"negative", `{"type":"getHistory","since":-1}`, "since", "must be a whole number, not below 0"},
		{"overflow", `{"type":"getHistory","since":9223372036854775808}`, "since", "must be a whole number, not below 0"},
		{"string for boolean", `{"type":"setMedia","media":{"mic":"yes","camera":true,"screen":true}}`, "media.mic", "must be true or false"},
		{"nested missing", `{"type":"setMedia","media":{"mic":true,"camera":true}}`, "media.screen", "missing"},
		{"nested unknown", `{"type":"setMedia","media":{"mic":true,"camera":true,"screen":true,"x":1}}`, "media.x", "unknown field"},
		{"array for object", `{"type":"setMedia","media":[]}`, "media", "must be an object"},
		{"null for object", `{"type":"join","pass":"p","since":0,` + media + `,"offer":null}`, "offer", "must be an object"},
		{"unknown role", `{"type":"invite","role":"king","name":""}`, "role", "must be one of doctor, patient, relative, interpreter, observer"},
		{"unknown source", `{"type":"offer","sdp":"","senders":{"0":"radio"}}`, "senders.0", "must be one of mic, camera, screen"},
		{"long string", `{"type":"admit","seat":"` + strings.Repeat("s", 65) + `"}`, "seat", "longer than 64 characters"},
		{"deep", `{"type":"ping","x":` + strings.Repeat(`[`, 9) + strings.Repeat(`]`, 9) + `}`, "x[0][0][0][0][0][0][0]", "nested deeper than 8"},
		{"large for its type", `{"type":"ping"` + strings.Repeat(" ", 4<<10) + `}`, "", "longer than 4096 bytes"},
		{"large", strings.Repeat(" ", MaxFrame+1), "", "longer than 262144 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode([]byte(c.in))
			var e *DecodeError
			if !errors.As(err, &e) {
				t.Fatalf("got error %v, want a *DecodeError", err)
			}
			if e.Field != c.field || e.Reason != c.reason {
				t.Errorf("got field %q, reason %q; want %q, %q", e.Field, e.Reason, c.field, c.reason)
			}
		})
	}
}

func TestDecodeErrorCarriesID(t *testing.T) {
	_, err := Decode([]byte(`{"type":"admit","id":"q1"}`))
	var e *DecodeError
	if !errors.As(err, &e) || e.ID != "q1" || e.Type != "admit" {
		t.Fatalf("got %#v", err)
	}
	if want := `message admit: field "seat": missing`; e.Error() != want {
		t.Errorf("got %q, want %q", e.Error(), want)
	}
}

// TestEveryClientFieldIsDecoded fails when a message has a kind of field that assign does not know.
func TestEveryClientFieldIsDecoded(t *testing.T) {
	for _, k := range ClientMessages {
		want := reflect.New(reflect.TypeOf(k.Body)).Elem()
		fill(want)
		data, err := json.Marshal(want.Interface())
		if err != nil {
			t.Fatal(err)
		}
		data = append([]byte(`{"type":"`+k.Type+`",`), data[1:]...)
		if want.NumField() == 0 {
			data = []byte(`{"type":"` + k.Type + `"}`)
		}
		got, err := Decode(data)
		if err != nil {
			t.Errorf("Decode(%s): %v", data, err)
		} else if !reflect.DeepEqual(got.Body, want.Interface()) {
			t.Errorf("Decode(%s) = %#v", data, got.Body)
		}
	}
}

// fill sets every field to something that is not zero and allowed.
func fill(v reflect.Value) {
	for i, f := range Fields(v.Type()) {
		dst := v.Field(i)
		text := "x"
		if f.Enum != nil {
			text = f.Enum[0]
		}
		switch dst.Kind() {
		case reflect.String:
			dst.SetString(text)
		case reflect.Bool:
			dst.SetBool(true)
		case reflect.Int64:
			dst.SetInt(1)
		case reflect.Map:
			dst.Set(reflect.ValueOf(map[string]string{"0": text}))
		case reflect.Struct:
			fill(dst)
		case reflect.Pointer:
			dst.Set(reflect.New(dst.Type().Elem()))
			fill(dst.Elem())
		}
	}
}

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		body any
		re   string
		want string
	}{
		{Slots{}, "", `{"type":"slots","slots":[]}`},
		{Answer{"v=0"}, "4", `{"type":"answer","re":"4","sdp":"v=0"}`},
		{FileFailed{Code: CodeGone}, "", `{"type":"fileFailed","file":"","clientId":"","code":"gone","message":""}`},
	} {
		got, err := Encode(c.body, c.re)
		if err != nil || string(got) != c.want {
			t.Errorf("Encode(%#v) = %s, %v; want %s", c.body, got, err, c.want)
		}
	}
	if _, err := Encode(Ping{}, ""); err == nil {
		t.Error("Encode took a client message")
	}
	if got, _ := Encode(Joined{}, ""); strings.Contains(string(got), "null") {
		t.Errorf("a list is null: %s", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"ping","id":"1"}`))
	f.Add([]byte(`{"type":"join","pass":"p","since":0,"media":{"mic":true,"camera":false,"screen":false},"offer":{"sdp":"","senders":{"0":"mic"}}}`))
	f.Add([]byte(`{"type":"postChat","clientId":"a","text":"\ud800"}`))
	f.Add([]byte(`[[[[[[[[[[]]]]]]]]]]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			var e *DecodeError
			if !errors.As(err, &e) {
				t.Fatalf("error %T is no *DecodeError", err)
			}
			return
		}
		if _, ok := clientKinds[m.Type]; !ok || m.Body == nil {
			t.Fatalf("accepted %q as %#v", data, m)
		}
		again, err := json.Marshal(m.Body)
		if err != nil {
			t.Fatalf("marshal what was decoded: %v", err)
		}
		if len(again) == len("{}") {
			return
		}
		back, err := Decode(append([]byte(`{"type":"`+m.Type+`",`), again[1:]...))
		if err != nil || !reflect.DeepEqual(back.Body, m.Body) {
			t.Fatalf("decoding again gives %#v, %v; was %#v", back, err, m)
		}
	})
}
