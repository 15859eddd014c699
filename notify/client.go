package notify

import (
	"net"
	"net/http"
	"time"
)

// Bounds on what an address that somebody else chose may cost.
const (
	connectWithin   = 10 * time.Second
	maxAnswerHeader = 64 << 10
)

// NewClient makes a client for addresses that somebody else chose: webhooks,
// key sets. Unless allowPrivate, it connects to the open Internet only,
// whatever a name resolves to. It knows no proxy, since a proxy would connect
// where nobody checks, follows no redirects, and unpacks nothing. A request's
// context has to bound how long it takes; whoever reads an answer, how much.
func NewClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: connectWithin}
	if !allowPrivate {
		dialer.Control = guard
	}
	return clientOf(dialer)
}

func clientOf(dialer *net.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    connectWithin,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: maxAnswerHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
