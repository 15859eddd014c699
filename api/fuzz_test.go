package api

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/labstack/echo/v4"
)

func FuzzParse(f *testing.F) {
	whole, err := json.Marshal(order())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"doctor":{"id":"a","id":"b"},"patient":null,"startsAt":1,"metadata":{"":[]}}`))
	f.Add([]byte(`[{"a":1}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := parse[NewSession](body)
		if err != nil {
			return
		}
		// What is taken is taken whole: it comes back as the same.
		raw, err := json.Marshal(v)
		if err != nil {
			t.Skip() // a year that JSON cannot write
		}
		again, err := parse[NewSession](raw)
		if err != nil {
			t.Fatalf("%q became %q: %v", body, raw, err)
		}
		if second, _ := json.Marshal(again); string(second) != string(raw) {
			t.Fatalf("%q became %q", raw, second)
		}
	})
}

func FuzzThreadCursor(f *testing.F) {
	asked := func(query url.Values) echo.Context {
		r := httptest.NewRequest("GET", "/thread?"+query.Encode(), nil)
		return echo.New().NewContext(r, httptest.NewRecorder())
	}
	f.Add(cursorBehind(asked(nil), "7"))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		after, bad := threadCursor(asked(url.Values{"cursor": {cursor}}))
		if (after < 1) != (bad != nil) {
			t.Errorf("%q is %d, %v", cursor, after, bad)
		}
	})
}

func FuzzLanguageOf(f *testing.F) {
	f.Add("ru-RU,ru;q=0.9")
	f.Fuzz(func(t *testing.T, header string) {
		if l := languageOf(header); l != russian && l != english {
			t.Errorf("%q is %q", header, l)
		}
	})
}
