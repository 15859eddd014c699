package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"tmk/cmd/tmk/config"
)

func TestOwnHosts(t *testing.T) {
	served := ownHosts("http://tmk.example:8080", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"localhost:8080":          200,
		"LOCALHOST":               200,
		"lk.localhost:8080":       200,
		"127.0.0.1:8080":          200,
		"192.168.1.5:8080":        200,
		"[::1]:8080":              200,
		"[::1]":                   200,
		"tmk.example:8080":        200,
		"TMK.example":             200,
		"rebound.example:8080":    421,
		"localhost.evil.example":  421,
		"127.0.0.1.nip.io:8080":   421,
		"eviltmk.example":         421,
		"sub.tmk.example":         421,
		"":                        421,
		"rebound.example:8080:80": 421,
	} {
		r := httptest.NewRequest("GET", "/demo/api/info", nil)
		r.Host = host
		w := httptest.NewRecorder()
		served.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", host, w.Code, want)
		}
	}
}

// TestRebinding asks the demo as a page would whose name was made to point here.
func TestRebinding(t *testing.T) {
	s := start(t, demoed, "--demo", "--data-dir", t.TempDir())
	for _, path := range []string{"/demo/api/info", "/demo/api/sessions", "/demo", "/ws", "/v1/admin/me"} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "rebound.example:8080"
		req.Header.Set("Origin", "http://rebound.example:8080")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s: %d", path, resp.StatusCode)
		}
	}
}

// TestDemoOnTheNetwork: who is not on this machine is not shown the account.
func TestDemoOnTheNetwork(t *testing.T) {
	s := start(t, demoed, "--demo", "--data-dir", t.TempDir(), "--listen", "0.0.0.0:0")
	if _, info := request(t, "GET", s.url+"/demo/api/info", "", ""); info["adminLogin"] != "admin" || info["adminPassword"] != "" {
		t.Errorf("shown: %v", info)
	}
}

// A tunnel or a proxy comes from this machine too: the public address gives it away, and then nobody is shown the account.
func TestDemoBehindATunnel(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for public, want := range map[string]bool{
		"http://localhost:8080": true, "http://tmk.localhost": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"https://try.tunnel.example": false, "http://192.168.1.5:8080": false, "http://127.0.0.1.nip.io": false,
	} {
		if got := (&server{listener: l, cfg: &config.Config{PublicURL: public}}).demoIsAlone(); got != want {
			t.Errorf("%s: alone is %t", public, got)
		}
	}
}
