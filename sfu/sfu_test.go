package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

func firstKey(i int) bool { return i == 0 }

// flow sends a source's packets, a key frame every ten, until stopped.
func (c *client) flow(s Source) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: uint32(i) * 960, Marker: true}, Payload: []byte{0xfc, 1, 2, 3}}
			if s.Kind() == Video {
				p.Payload = vp8(i, true, i%10 == 0, 500)
			}
			if c.tracks[s].WriteRTP(p) != nil {
				return
			}
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-stopped }
}

func TestTwoPeersSeeEachOther(t *testing.T) {
	e := newTestEngine(t)
	a, b := joinClient(t, e.Room("r"), "a"), joinClient(t, e.Room("r"), "b")
	a.connected()
	b.connected()
	for _, c := range []*client{a, b} {
		for _, s := range []Source{Microphone, Camera} {
			defer c.flow(s)()
		}
	}
	for _, pair := range [][2]*client{{a, b}, {b, a}} {
		from, to := pair[0], pair[1]
		for _, s := range []Source{Microphone, Camera} {
			to.until("gets "+string(s), func() bool { return len(to.packets[to.slot(from.id, s)]) >= 50 })
			to.mu.Lock()
			got := to.packets[to.slot(from.id, s)]
			for i := 1; i < len(got); i++ {
				if got[i].SequenceNumber != got[i-1].SequenceNumber+1 {
					t.Errorf("%s of %s: %d after %d", s, from.id, got[i].SequenceNumber, got[i-1].SequenceNumber)
				}
			}
			to.mu.Unlock()
		}
	}
}
