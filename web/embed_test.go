package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	"room.html":             {Data: []byte("<title>room</title>")},
	"room.html.br":          {Data: []byte("room in br")},
	"room.html.gz":          {Data: []byte("room in gzip")},
	"portal.html":           {Data: []byte("<title>portal</title>")},
	"demo.html":             {Data: []byte("<title>demo</title>")},
	"404.html":              {Data: []byte("<title>none</title>")},
	"assets/room-1a2b3c.js": {Data: []byte("let room")},
	"favicon.svg":           {Data: []byte("<svg/>")},
	"swagger-ui/index.html": {Data: []byte("<title>swagger</title>")},
	"swagger-ui/init.js":    {Data: []byte("SwaggerUIBundle()")},
	".gitkeep":              {},
}

func get(t *testing.T, h http.Handler, method, target string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("read body of %s: %v", target, err)
	}
	return res, string(body)
}

func TestPagesByPath(t *testing.T) {
	h := newPages(Config{Demo: true}, built)
	for _, c := range []struct {
		path   string
		status int
		body   string
	}{
		{"/j/abc", 200, "<title>room</title>"},
		{"/j/c_1?t=x.y.z", 200, "<title>room</title>"},
		{"/admin/", 200, "<title>portal</title>"},
		{"/admin", 200, "<title>portal</title>"},
		{"/admin/recordings", 200, "<title>portal</title>"},
		{"/demo", 200, "<title>demo</title>"},
		{"/swagger-ui.html", 200, "<title>swagger</title>"},
		{"/swagger-ui/init.js", 200, "SwaggerUIBundle()"},
		{"/assets/room-1a2b3c.js", 200, "let room"},
		{"/assets/none.js", 404, "not found\n"},
		{"/room.html", 404, "not found\n"},
		{"/../embed.go", 404, "not found\n"},
	} {
		res, body := get(t, h, "GET", c.path)
		if res.StatusCode != c.status || body != c.body {
			t.Errorf("GET %s = %d %q, want %d %q", c.path, res.StatusCode, body, c.status, c.body)
		}
	}
}

func TestDemoOnlyWhenAsked(t *testing.T) {
	h := newPages(Config{}, built)
	if res, _ := get(t, h, "GET", "/demo"); res.StatusCode != 404 {
		t.Errorf("GET /demo without demo = %d, want 404", res.StatusCode)
	}
	if res, _ := get(t, h, "GET", "/"); res.Header.Get("Location") != "/admin/" {
		t.Errorf("GET / leads to %q, want /admin/", res.Header.Get("Location"))
	}
	if res, _ := get(t, newPages(Config{Demo: true}, built), "GET", "/"); res.Header.Get("Location") != "/demo" {
		t.Errorf("GET / with demo leads to %q, want /demo", res.Header.Get("Location"))
	}
}

func TestNotFoundPageForPeople(t *testing.T) {
	res, body := get(t, newPages(Config{}, built), "GET", "/nowhere", "Accept", "text/html,*/*")
	if res.StatusCode != 404 || body != "<title>none</title>" {
		t.Errorf("got %d %q, want the 404 page", res.StatusCode, body)
	}
}

func TestCompressionByAcceptEncoding(t *testing.T) {
	h := newPages(Config{}, built)
	for _, c := range []struct{ accept, coding, body string }{
		{"gzip, deflate, br", "br", "room in br"},
		{"gzip", "gzip", "room in gzip"},
		{"br;q=0, gzip;q=0.5", "gzip", "room in gzip"},
		{"", "", "<title>room</title>"},
		{"identity", "", "<title>room</title>"},
	} {
		res, body := get(t, h, "GET", "/j/x", "Accept-Encoding", c.accept)
		if res.Header.Get("Content-Encoding") != c.coding || body != c.body {
			t.Errorf("Accept-Encoding %q: got %q %q", c.accept, res.Header.Get("Content-Encoding"), body)
		}
		if res.Header.Get("Vary") != "Accept-Encoding" || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("Accept-Encoding %q: headers %v", c.accept, res.Header)
		}
	}
}

func TestCaching(t *testing.T) {
	h := newPages(Config{}, built)
	for path, want := range map[string]string{
		"/j/x":                   "no-store",
		"/admin/":                "no-store",
		"/assets/room-1a2b3c.js": "public, max-age=31536000, immutable",
		"/favicon.svg":           "no-cache",
	} {
		res, _ := get(t, h, "GET", path)
		if got := res.Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", path, got, want)
		}
	}
	first, _ := get(t, h, "GET", "/favicon.svg")
	if again, _ := get(t, h, "GET", "/favicon.svg", "If-None-Match", first.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("same ETag = %d, want 304", again.StatusCode)
	}
}

func TestSecurityHeaders(t *testing.T) {
	h := newPages(Config{}, built)
	res, _ := get(t, h, "GET", "http://tmk.example:8443/j/x")
	csp := res.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self' ws://tmk.example:8443 wss://tmk.example:8443;", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("CSP lacks %q: %s", want, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("CSP allows unsafe things: %s", csp)
	}
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if plainHost("a;script-src *") || plainHost("") || !plainHost("[::1]:80") {
		t.Error("plainHost lets a directive through, or refuses an address")
	}
}

func TestMethods(t *testing.T) {
	h := newPages(Config{}, built)
	if res, _ := get(t, h, "POST", "/j/x"); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST = %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
	if res, body := get(t, h, "HEAD", "/j/x"); res.StatusCode != 200 || body != "" {
		t.Errorf("HEAD = %d %q", res.StatusCode, body)
	}
}

func TestUnbuiltPagesSaySo(t *testing.T) {
	res, body := get(t, newPages(Config{}, fstest.MapFS{".gitkeep": {}}), "GET", "/j/x")
	if res.StatusCode != 503 || !strings.Contains(body, "make web") {
		t.Errorf("got %d %q", res.StatusCode, body)
	}
}

// The embedded folder itself must be servable, built or not.
func TestHandler(t *testing.T) {
	res, _ := get(t, Handler(Config{}), "GET", "/admin/")
	if res.StatusCode != 200 && res.StatusCode != 503 {
		t.Errorf("GET /admin/ = %d", res.StatusCode)
	}
}
