package main

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// ownHosts refuses requests for a host that is not ours. The demo shows links
// and a password to whoever asks from this machine; a page of another site, whose
// name its owner made point here (DNS rebinding), is of our own origin for the
// browser and would read them. Only the name that it asks for gives it away:
// an address cannot be rebound.
func ownHosts(publicURL string, next http.Handler) http.Handler {
	public := ""
	if u, err := url.Parse(publicURL); err == nil {
		public = u.Hostname()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostname(r.Host)
		_, err := netip.ParseAddr(host)
		if err == nil || localName(host) || host != "" && strings.EqualFold(host, public) {
			next.ServeHTTP(w, r)
			return
		}
		http.Error(w, "the demo answers at "+publicURL+" only", http.StatusMisdirectedRequest)
	})
}

// localName tells a name of this machine only (RFC 6761 §6.3).
func localName(host string) bool {
	return strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
