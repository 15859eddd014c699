package signaling

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/websocket"

	"tmk/signaling/protocol"
)

// originAllowed tells whether the page that opens the socket may: a WebSocket
// is not bound by the same-origin policy (RFC 6455 §10.2), so the server must look.
func (h *Hub) originAllowed(r *http.Request) bool {
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		return h.cfg.AllowNoOrigin
	}
	if len(values) > 1 {
		return false
	}
	u, err := url.Parse(values[0])
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return false // "null" too: sandboxed frames, files
	}
	if strings.EqualFold(u.Host, r.Host) {
		return true
	}
	return slices.ContainsFunc(h.cfg.Origins, func(o string) bool {
		return strings.EqualFold(strings.TrimSuffix(o, "/"), u.Scheme+"://"+u.Host)
	})
}

func speaksOurs(r *http.Request) bool {
	return slices.Contains(websocket.Subprotocols(r), protocol.Version)
}
