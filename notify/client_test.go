package notify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a name server for a test: what each name resolves to.
type names map[string]string

// resolver asks it and nobody else.
func (n names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-ended })
	go func() {
		defer close(ended)
		buf := make([]byte, 1024)
		for {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			answer, err := n.answer(buf[:size])
			if err != nil {
				t.Errorf("name server: %v", err)
				return
			}
			conn.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n names) answer(query []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	q := m.Questions[0]
	a, err := netip.ParseAddr(n[strings.TrimSuffix(q.Name.String(), ".")])
	if err != nil {
		m.RCode = dnsmessage.RCodeNameError
		return m.Pack()
	}
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
	switch {
	case a.Is4() && q.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: a.As4()}}}
	case a.Is6() && q.Type == dnsmessage.TypeAAAA:
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}}}
	}
	return m.Pack()
}

// Whatever a name resolves to, the address connected to is the one that is looked at.
func TestNamesThatLeadInside(t *testing.T) {
	inner := newEndpoint(t, nil)
	u, err := url.Parse(inner.URL)
	if err != nil {
		t.Fatal(err)
	}
	book := names{
		"127.0.0.1.nip.example": "127.0.0.1",
		"zero.example":          "0.0.0.0",
		"mapped.example":        "::ffff:127.0.0.1",
		"compatible.example":    "::127.0.0.1",
		"translated.example":    "::ffff:0:127.0.0.1",
		"nat64.example":         "64:ff9b::127.0.0.1",
		"6to4.example":          "2002:7f00:1::",
		"metadata.example":      "169.254.169.254",
	}
	reachable := []string{"127.0.0.1.nip.example", "zero.example", "mapped.example"} // by who does not look
	resolver := book.resolver(t)
	get := func(dialer *net.Dialer, name string) error {
		client := clientOf(dialer)
		defer client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+net.JoinHostPort(name, u.Port()), strings.NewReader("{}"))
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
	for name := range book {
		if err := get(&net.Dialer{Resolver: resolver, Control: guard}, name); !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(inner.got()); n != 0 {
		t.Fatalf("%d requests came through", n)
	}
	for _, name := range reachable {
		if err := get(&net.Dialer{Resolver: resolver}, name); err != nil {
			t.Errorf("%s without the guard: %v", name, err)
		}
	}
	if n := len(inner.got()); n != len(reachable) {
		t.Errorf("%d requests came without the guard", n)
	}
}

func TestClientIsGuarded(t *testing.T) {
	inner := newEndpoint(t, nil)
	for _, private := range []bool{false, true} {
		resp, err := NewClient(private).Post(inner.URL, "application/json", strings.NewReader("{}"))
		if err == nil {
			resp.Body.Close()
		}
		if private != (err == nil) || !private && !errors.Is(err, errPrivate) {
			t.Errorf("allowPrivate %v: %v", private, err)
		}
	}
}

// The delivery log is the integration's to read: what a failure says of our own network stays here.
func TestErrorsTellNothingOfOurNetwork(t *testing.T) {
	book := names{"metadata.example": "169.254.169.254"}
	resolver := book.resolver(t)
	deaf := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("dial udp 10.0.0.2:53: connect: connection refused")
	}}
	for _, tt := range []struct {
		resolver   *net.Resolver
		host, want string
	}{
		{resolver, "metadata.example", "the address is not public"},
		{resolver, "10.0.0.1", "the address is not public"},
		{resolver, "unknown.example", "no such host"},
		{deaf, "any.example", "the name cannot be looked up"},
	} {
		client := clientOf(&net.Dialer{Resolver: tt.resolver, Control: guard})
		resp, err := client.Get("http://" + tt.host + "/")
		if err == nil {
			resp.Body.Close()
			t.Fatalf("%s answered", tt.host)
		}
		if got := shorten(err); got != tt.want {
			t.Errorf("%s: %q", tt.host, got)
		}
		client.CloseIdleConnections()
	}
}
