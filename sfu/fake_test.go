package sfu

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// fakeTransport is a wire without sockets: packets are handed to the peers and
// taken from them by the test.
type fakeTransport struct{}

func (fakeTransport) open(h connHandler) (conn, error) { return &fakeConn{handler: h}, nil }
func (fakeTransport) close() error                     { return nil }

type fakeConn struct {
	handler connHandler
	keep    bool // what is written
	lines   []*fakeLine

	mu   sync.Mutex
	rtcp []rtcp.Packet
}

type fakeLine struct {
	line
	keep    bool
	broken  bool // panics
	written []rtp.Packet
}

func (c *fakeConn) answer(_ context.Context, o *offer) (string, []line, error) {
	var lines []line
	count := map[Kind]int{}
	for _, l := range c.lines {
		count[l.kind]++
	}
	for _, s := range o.slots {
		known := false
		for _, l := range c.lines {
			known = known || l.mid == s.mid
		}
		if known {
			continue
		}
		f := &fakeLine{keep: c.keep}
		f.line = line{
			mid: s.mid, kind: s.kind, index: count[s.kind], group: fmt.Sprint("slot", count[s.kind]),
			ssrc: uint32(0xabc0000 + len(c.lines)), payloadType: 100, absSendTime: 3, out: f,
		}
		count[s.kind]++
		c.lines = append(c.lines, f)
		lines = append(lines, f.line)
	}
	return "answer", lines, nil
}

func (c *fakeConn) writeRTCP(p []rtcp.Packet) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rtcp = append(c.rtcp, p...)
	return nil
}

func (c *fakeConn) sent() []rtcp.Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]rtcp.Packet(nil), c.rtcp...)
}

func (c *fakeConn) sendData([]byte) error { return ErrDataClosed }
func (c *fakeConn) close()                {}

func (l *fakeLine) writePacket(h *rtp.Header, payload []byte) error {
	if l.broken {
		panic("broken line")
	}
	if l.keep {
		l.written = append(l.written, rtp.Packet{Header: h.Clone(), Payload: append([]byte(nil), payload...)})
	}
	return nil
}

// fakeClock is a clock that a test moves.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newFakeEngine(t testing.TB, clock *fakeClock) *Engine {
	t.Helper()
	cfg := Config{}
	if clock != nil {
		clock.now = time.Unix(1_800_000_000, 0)
		cfg.Now = clock.Now
	}
	e := newEngine(cfg.withDefaults(), fakeTransport{})
	e.tickEvery = time.Hour // tests call onTick, and only one may at a time
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// Header extensions of fake offers.
const (
	fakeMidID       = 4
	fakeLevelID     = 1
	fakeTransportID = 5
)

// fakeSDP is an offer of the lines given, as "audio sendonly" or "video
// recvonly"; the mids count from 0, and a line that sends has the SSRC 1000+mid.
func fakeSDP(lines ...string) string {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AA\r\n")
	for mid, l := range lines {
		kind, dir, _ := strings.Cut(l, " ")
		fmt.Fprintf(&b, "m=%s 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:%d\r\na=%s\r\n", kind, mid, dir)
		fmt.Fprintf(&b, "a=extmap:%d %s\r\na=extmap:%d %s\r\na=extmap:%d %s\r\n",
			fakeMidID, uriMid, fakeLevelID, uriAudioLevel, fakeTransportID, uriTransport)
		if strings.HasPrefix(dir, "send") {
			fmt.Fprintf(&b, "a=ssrc:%d cname:x\r\n", 1000+mid)
		}
	}
	return b.String()
}

// joinFake joins a peer that sends microphone (SSRC 1000) and camera (SSRC
// 1001) and has n receive lines of each kind, and connects it.
func joinFake(t testing.TB, r *Room, id string, n int, ev PeerEvents) (*Peer, *fakeConn) {
	t.Helper()
	lines := []string{"audio sendonly", "video sendonly"}
	for range n {
		lines = append(lines, "audio recvonly", "video recvonly")
	}
	p, _, err := r.Join(context.Background(), id, Offer{
		SDP: fakeSDP(lines...), Senders: map[string]Source{"0": Microphone, "1": Camera},
	}, ev)
	if err != nil {
		t.Fatal(err)
	}
	p.onState(Connected)
	return p, p.conn.(*fakeConn)
}

const (
	micSSRC    = 1000
	cameraSSRC = 1001
)

// packetOf is a packet as it comes from the wire.
func packetOf(t testing.TB, ssrc uint32, seq uint16, ts uint32, payload []byte) []byte {
	t.Helper()
	p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: ssrc, SequenceNumber: seq, Timestamp: ts, Marker: true}, Payload: payload}
	raw, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// withExtension sets a one-byte header extension.
func withExtension(t testing.TB, raw []byte, id uint8, value []byte) []byte {
	t.Helper()
	var p rtp.Packet
	if err := p.Unmarshal(raw); err != nil {
		t.Fatal(err)
	}
	if err := p.SetExtension(id, value); err != nil {
		t.Fatal(err)
	}
	raw, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// receive waits for a value, but not for ever.
func receive[T any](t testing.TB, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(10 * time.Second):
		t.Fatal("waited in vain")
	}
	return v
}
