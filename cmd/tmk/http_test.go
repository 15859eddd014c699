package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCallerAddress(t *testing.T) {
	tests := []struct {
		name    string
		proxies []string
		remote  string
		header  string
		want    string
	}{
		{"nobody is believed by default", nil, "192.0.2.1:1", "203.0.113.7", "192.0.2.1"},
		{"a proxy that is named", []string{"192.0.2.0/24"}, "192.0.2.1:1", "203.0.113.7", "203.0.113.7"},
		{"only its own word, not what the caller wrote before", []string{"192.0.2.1"}, "192.0.2.1:1", "198.51.100.1, 203.0.113.7", "203.0.113.7"},
		{"somebody else with the header", []string{"192.0.2.0/24"}, "198.51.100.9:1", "203.0.113.7", "198.51.100.9"},
		{"a private address is no proxy by nature", []string{"192.0.2.0/24"}, "10.0.0.1:1", "203.0.113.7", "10.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.remote
			r.Header.Set("X-Forwarded-For", tt.header)
			if got := callerAddress(tt.proxies)(r); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestNothingOfTheAPIIsRedirected: what is not there under its root is told by it.
func TestNothingOfTheAPIIsRedirected(t *testing.T) {
	installation := []string{"--data-dir", t.TempDir()}
	administered(t, installation...)
	s := start(t, served, installation...)
	host := strings.TrimPrefix(s.url, "http://")
	for _, path := range []string{
		"/v1", "/v1/", "/v1/abm/video//events", "/v1//abm/video/events", "/v1/abm/video/../video/events", "/v1/./x", "/problems",
	} {
		for _, method := range []string{"GET", "POST"} {
			r := &http.Request{Method: method, URL: &url.URL{Scheme: "http", Host: host, Path: path}, Header: http.Header{}}
			answer, err := http.DefaultTransport.RoundTrip(r.WithContext(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusNotFound || answer.Header.Get("Content-Type") != "application/problem+json" || answer.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s: %d %v", method, path, answer.StatusCode, answer.Header)
			}
		}
	}
	if status, _ := request(t, "GET", s.url+"/readyz", "", ""); status != http.StatusOK {
		t.Errorf("readyz: %d", status)
	}
	if status, _ := request(t, "GET", s.url+"/problems/invalid", "", ""); status != http.StatusOK {
		t.Errorf("a page about a problem: %d", status)
	}
}

// TestNobodyHoldsAConnectionForEver: who sends or reads nothing is given up.
func TestNobodyHoldsAConnectionForEver(t *testing.T) {
	s := httpServer(nil, slog.New(slog.DiscardHandler))
	for name, limit := range map[string]time.Duration{
		"header": s.ReadHeaderTimeout, "body": s.ReadTimeout, "answer": s.WriteTimeout, "idle": s.IdleTimeout,
	} {
		if limit <= 0 || limit > 5*time.Minute {
			t.Errorf("%s: %v", name, limit)
		}
	}
}

// writePair writes a new certificate, with a modification time of its own.
func writePair(t *testing.T, c *certificates, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"tmk.example"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{c.cert: {Type: "CERTIFICATE", Bytes: der}, c.key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	when := time.Unix(1_800_000_000+serial, 0)
	if err := os.Chtimes(c.cert, when, when); err != nil {
		t.Fatal(err)
	}
}

func TestRenewedCertificateIsTaken(t *testing.T) {
	dir := t.TempDir()
	c := &certificates{cert: filepath.Join(dir, "cert"), key: filepath.Join(dir, "key"), log: slog.New(slog.DiscardHandler)}
	now := time.Now()
	serial := func() int64 {
		t.Helper()
		pair, err := c.current(now)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.SerialNumber.Int64()
	}
	if _, err := c.current(now); err == nil {
		t.Error("no file, and no error")
	}
	writePair(t, c, 1)
	if got := serial(); got != 1 {
		t.Fatalf("first: %d", got)
	}
	writePair(t, c, 2)
	if got := serial(); got != 1 {
		t.Errorf("looked again at once: %d", got)
	}
	now = now.Add(recheck)
	if got := serial(); got != 2 {
		t.Errorf("renewed: %d", got)
	}
	if err := os.WriteFile(c.cert, []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(recheck)
	if got := serial(); got != 2 {
		t.Errorf("while the file is broken the old one stays: %d", got)
	}
}
