package web

import (
	"net/http"
	"strings"
)

// secure sets the headers of an HTML page. Everything a page may load comes
// from this host, and of scripts in its text only those in inline run; pages
// of ancestors may hold it in a frame, nobody when there are none. host is the request's: the socket's
// address is named in full because older Safaris do not count wss: as 'self'.
func secure(h http.Header, host string, inline, ancestors []string) {
	framed := "'none'"
	if len(ancestors) > 0 {
		framed = strings.Join(ancestors, " ")
	} else {
		h.Set("X-Frame-Options", "DENY") // it knows no list of origins: where there is one, frame-ancestors stands alone
	}
	connect := "'self'"
	if plainHost(host) {
		connect += " ws://" + host + " wss://" + host
	}
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'",
		strings.Join(append([]string{"script-src 'self'"}, inline...), " "),
		"style-src 'self'",
		"img-src 'self' blob: data:",
		"media-src 'self' blob: mediastream:",
		"font-src 'self'",
		"connect-src " + connect,
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors " + framed,
	}, "; "))
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self), autoplay=(self), fullscreen=(self), geolocation=(), payment=(), usb=()")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// plainHost tells whether host holds only what a host and a port may, so that it cannot end the policy's directive.
func plainHost(host string) bool {
	for _, c := range host {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return host != ""
}
