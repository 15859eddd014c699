package web

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

const roomText = `<!doctype html><head><script>hide()</script><meta name="tmk-embed" content="" /><script type="module" src="/assets/room-1a2b3c.js"></script></head>`

func roomFiles() fstest.MapFS {
	return fstest.MapFS{
		"room.html":       {Data: []byte(roomText + strings.Repeat("<!-- -->", 100))},
		"room.html.br":    {Data: []byte("room in br")},
		"room.html.gz":    {Data: []byte("room in gzip")},
		"portal.html":     {Data: []byte("<title>portal</title>")},
		"404.html":        {Data: []byte("<title>none</title>")},
		"embed.js":        {Data: []byte("TMK={}")},
		"assets/x-1a2.js": {Data: []byte("x")},
	}
}

func TestOnlyTheRoomMayBeFramedAndOnlyByWhomItSays(t *testing.T) {
	lk := Config{Embed: []string{"https://lk.example", "http://localhost:8090"}}
	for _, c := range []struct {
		cfg             Config
		path            string
		ancestors, deny string
	}{
		{Config{}, "/j/abc", "frame-ancestors 'none'", "DENY"},
		{lk, "/j/abc", "frame-ancestors https://lk.example http://localhost:8090", ""},
		{lk, "/j/c_1?t=x.y.z", "frame-ancestors https://lk.example http://localhost:8090", ""},
		{lk, "/admin/", "frame-ancestors 'none'", "DENY"},
		{lk, "/nowhere", "frame-ancestors 'none'", "DENY"},
		{lk, "/j", "frame-ancestors 'none'", "DENY"},
	} {
		res, _ := get(t, newPages(c.cfg, roomFiles()), "GET", c.path, "Accept", "text/html")
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.HasSuffix(csp, "; "+c.ancestors) || res.Header.Get("X-Frame-Options") != c.deny {
			t.Errorf("%s: policy %q, X-Frame-Options %q", c.path, csp, res.Header.Get("X-Frame-Options"))
		}
	}
}

func TestRoomKnowsWhoMayEmbedIt(t *testing.T) {
	_, none := get(t, newPages(Config{}, roomFiles()), "GET", "/j/abc")
	if !strings.Contains(none, noOrigins) {
		t.Errorf("got %s", none)
	}
	h := newPages(Config{Embed: []string{"https://lk.example", `https://a"b`}}, roomFiles())
	plain, told := get(t, h, "GET", "/j/abc")
	if !strings.Contains(told, `<meta name="tmk-embed" content="https://lk.example https://a&#34;b" />`) {
		t.Errorf("got %s", told)
	}
	// The compressed forms of the build do not say it: they are made anew, or left out.
	zipped, body := get(t, h, "GET", "/j/abc", "Accept-Encoding", "br, gzip")
	if zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("coding %q", zipped.Header.Get("Content-Encoding"))
	}
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != told {
		t.Errorf("unpacked %q, %v", text, err)
	}
	if before, _ := get(t, newPages(Config{}, roomFiles()), "GET", "/j/abc"); before.Header.Get("ETag") == plain.Header.Get("ETag") {
		t.Error("another page, and the same ETag")
	}
}

// The script in the room's text runs, by its hash, and no other does.
func TestInlineScriptIsNamed(t *testing.T) {
	sum := sha256.Sum256([]byte("hide()"))
	want := "script-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"
	for _, cfg := range []Config{{}, {Embed: []string{"https://lk.example"}}} {
		res, _ := get(t, newPages(cfg, roomFiles()), "GET", "/j/abc")
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, want) {
			t.Errorf("policy %q lacks %q", csp, want)
		}
	}
	res, _ := get(t, newPages(Config{}, roomFiles()), "GET", "/admin/")
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self';") {
		t.Errorf("policy of a page without such a script: %q", csp)
	}
}

// Messengers ask for a link to show what it is: they learn nothing and change nothing.
func TestPreviewOfALink(t *testing.T) {
	h := newPages(Config{}, roomFiles())
	_, first := get(t, h, "GET", "/j/abc")
	for _, method := range []string{"GET", "HEAD", "GET"} {
		for _, target := range []string{"/j/abc", "/j/another", "/j/c_1?t=x.y.z"} {
			res, body := get(t, h, method, target, "User-Agent", "TelegramBot (like TwitterBot)")
			if res.StatusCode != http.StatusOK || res.Header.Get("X-Robots-Tag") != "noindex, nofollow" ||
				res.Header.Get("Referrer-Policy") != "no-referrer" || res.Header.Get("Cache-Control") != "no-store" || len(res.Header["Set-Cookie"]) > 0 {
				t.Errorf("%s %s = %d %v", method, target, res.StatusCode, res.Header)
			}
			if method == "GET" && body != first {
				t.Errorf("%s shows another page", target)
			}
		}
	}
}

func TestEmbedScriptIsForOtherSites(t *testing.T) {
	h := newPages(Config{}, roomFiles())
	res, body := get(t, h, "GET", "/embed.js", "Origin", "https://lk.example")
	if body != "TMK={}" || res.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" ||
		res.Header.Get("Access-Control-Allow-Origin") != "*" || res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%q %v", body, res.Header)
	}
	if again, _ := get(t, h, "GET", "/embed.js", "If-None-Match", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("same ETag = %d", again.StatusCode)
	}
	other, _ := get(t, h, "GET", "/assets/x-1a2.js")
	if other.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" || other.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("all else stays ours: %v", other.Header)
	}
}

// What the build makes must be what the server expects of it.
func TestBuiltRoom(t *testing.T) {
	room, err := dist.ReadFile("dist/" + roomPage)
	if err != nil {
		t.Skip("the pages are not built")
	}
	if !strings.Contains(string(room), noOrigins) {
		t.Error("there is no place for the origins")
	}
	if n := len(inlineScripts(room)); n != 1 {
		t.Errorf("%d scripts in the text, want 1", n)
	}
	if _, err := dist.ReadFile("dist/" + embedScript); err != nil {
		t.Error(err)
	}
}
