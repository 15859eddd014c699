package sfu

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"
)

// BenchmarkForward is our own code from the transport's read to its write: a
// packet in, one out for each subscriber. It has to allocate nothing.
func BenchmarkForward(b *testing.B) {
	for _, subscribers := range []int{1, 7} {
		for _, ssrc := range []uint32{micSSRC, cameraSSRC} {
			name := map[uint32]string{micSSRC: "audio", cameraSSRC: "video"}[ssrc]
			b.Run(fmt.Sprintf("%s/%d", name, subscribers), func(b *testing.B) { benchmarkForward(b, ssrc, subscribers) })
		}
	}
}

func benchmarkForward(b *testing.B, ssrc uint32, subscribers int) {
	e := newFakeEngine(b, nil)
	sender, _ := joinFake(b, e.Room("r"), "sender", subscribers, PeerEvents{})
	for i := range subscribers {
		joinFake(b, e.Room("r"), fmt.Sprint(i), subscribers, PeerEvents{})
	}
	payload := vp8(0, true, true, 1000)
	if ssrc == micSSRC {
		payload = payload[:80]
	}
	raw := withExtension(b, packetOf(b, ssrc, 0, 0, payload), fakeTransportID, []byte{0, 0})
	transportSequence := raw[len(raw)-len(payload)-3:]
	now := time.Now()
	var seq uint16
	b.ReportAllocs()
	for b.Loop() {
		seq++
		now = now.Add(5 * time.Millisecond)
		binary.BigEndian.PutUint16(raw[2:], seq)
		binary.BigEndian.PutUint16(transportSequence, seq)
		sender.onRTP(ssrc, raw, now)
	}
	if s := e.Stats(); s.PacketsOut < uint64(subscribers)*s.PacketsIn {
		b.Fatalf("%d packets in, %d out", s.PacketsIn, s.PacketsOut)
	}
}
