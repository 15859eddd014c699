package main

import (
	"context"
	"net/http"
	"path"
	"strings"
)

// claimPage is where the first administrator is made.
const claimPage = "/admin/claim"

// beforeClaim answers for the pages and the WebSocket while there is no
// administrator: every page leads to the one that makes him. REST refuses by itself,
// in its own words, and probes are answered as ever.
func beforeClaim(claimed func(context.Context) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch at := path.Clean(r.URL.Path); {
		case at == claimPage || asset(at) || rest(at) || claimed(r.Context()):
			next.ServeHTTP(w, r)
		case at != "/ws" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, claimPage, http.StatusFound)
		default:
			w.Header().Set("Retry-After", "30")
			http.Error(w, "unclaimed: the server has no administrator yet", http.StatusServiceUnavailable)
		}
	})
}

// rest tells what api answers; it has the same law.
func rest(at string) bool {
	for _, prefix := range []string{"/v1/", "/problems/"} {
		if strings.HasPrefix(at+"/", prefix) {
			return true
		}
	}
	return at == "/openapi.yaml" || at == "/healthz" || at == "/readyz"
}

// asset tells what a page is made of.
func asset(at string) bool {
	if strings.HasPrefix(at, "/assets/") {
		return true
	}
	switch path.Ext(at) {
	case ".js", ".mjs", ".css", ".svg", ".png", ".ico", ".woff2", ".webmanifest", ".txt", ".wav":
		return true
	}
	return false
}
