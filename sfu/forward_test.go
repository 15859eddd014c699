package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// videoLine is the nth video line of a fake connection.
func videoLine(c *fakeConn, n int) *fakeLine {
	for _, l := range c.lines {
		if l.kind == Video && l.index == n {
			return l
		}
	}
	return nil
}

// keepAll makes a connection keep what is written to its lines.
func keepAll(c *fakeConn) {
	for _, l := range c.lines {
		l.keep = true
	}
}

func countPLI(c *fakeConn) (n int) {
	for _, p := range c.sent() {
		if pli, ok := p.(*rtcp.PictureLossIndication); ok && pli.MediaSSRC == cameraSSRC {
			n++
		}
	}
	return n
}

func TestVideoBeginsWithAKeyFrame(t *testing.T) {
	e := newFakeEngine(t, &fakeClock{})
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	_, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	keepAll(wire)
	now := e.now()
	for i := range 6 {
		a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, uint16(100+i), uint32(i)*3000, vp8(i, true, i == 3, 100)), now)
	}
	got := videoLine(wire, 0).written
	if len(got) != 3 || got[0].SequenceNumber != 103 {
		t.Fatalf("%d packets from %v, want those from the key frame on", len(got), got)
	}
}

func TestMuteLeavesNoGap(t *testing.T) {
	clock := &fakeClock{}
	e := newFakeEngine(t, clock)
	a, sender := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	_, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	keepAll(wire)
	send := func(from, to int, key int) {
		for i := from; i < to; i++ {
			a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, uint16(i), uint32(i)*3000, vp8(i, true, i == key, 100)), clock.Now())
			a.onRTP(micSSRC, packetOf(t, micSSRC, uint16(i), uint32(i)*960, []byte{0xfc, 1, 2}), clock.Now())
		}
	}
	send(0, 10, 0)
	a.SetMuted(Camera, true)
	a.SetMuted(Microphone, true)
	send(10, 20, -1)
	clock.advance(time.Second)
	asked := countPLI(sender)
	a.SetMuted(Camera, false)
	a.SetMuted(Microphone, false)
	if countPLI(sender) != asked+1 {
		t.Error("no key frame asked for on resuming")
	}
	send(20, 30, 25)
	for _, l := range wire.lines {
		want := 15 // ten, and those from the key frame on
		if l.kind == Audio {
			want = 20
		}
		if len(l.written) != want {
			t.Fatalf("%s: %d packets, want %d", l.kind, len(l.written), want)
		}
		for i := 1; i < want; i++ {
			if l.written[i].SequenceNumber != l.written[i-1].SequenceNumber+1 {
				t.Errorf("%s: %d after %d", l.kind, l.written[i].SequenceNumber, l.written[i-1].SequenceNumber)
			}
		}
		step := uint32(960)
		if l.kind == Video {
			step = 3000
		}
		if last := l.written[want-1].Timestamp - l.written[0].Timestamp; last != 29*step {
			t.Errorf("%s: the last timestamp is %d after the first, want %d: the clock ran on", l.kind, last, 29*step)
		}
	}
}

// A line that another person takes goes on where it was.
func TestTheNextSourceFollowsOn(t *testing.T) {
	clock := &fakeClock{}
	e := newFakeEngine(t, clock)
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	_, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	c, _ := joinFake(t, e.Room("r"), "c", 1, PeerEvents{})
	keepAll(wire)
	a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 65535, 0xfffffff0, vp8(0, true, true, 100)), clock.Now())
	c.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 500, 7, vp8(0, true, true, 100)), clock.Now())
	a.Close()
	clock.advance(100 * time.Millisecond)
	c.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 501, 3007, vp8(1, true, false, 100)), clock.Now())
	c.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 502, 6007, vp8(2, true, true, 100)), clock.Now())
	got := videoLine(wire, 0).written
	if len(got) != 2 {
		t.Fatalf("%d packets, want a's key frame and c's", len(got))
	}
	if got[1].SequenceNumber != 0 {
		t.Errorf("sequence number %d after 65535", got[1].SequenceNumber)
	}
	if passed := got[1].Timestamp - got[0].Timestamp; passed != 9000 {
		t.Errorf("timestamps %d ticks apart, want the 9000 of 100 ms", passed)
	}
}

func TestNackIsAnsweredWithTheSamePacket(t *testing.T) {
	e := newFakeEngine(t, &fakeClock{})
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	b, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	keepAll(wire)
	for i := range 20 {
		a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, uint16(100+i), uint32(i)*3000, vp8(i, true, i == 0, 100+i)), e.now())
	}
	l := videoLine(wire, 0)
	b.onRTCP(l.ssrc, &rtcp.TransportLayerNack{MediaSSRC: l.ssrc, Nacks: []rtcp.NackPair{
		{PacketID: 105, LostPackets: 0b11}, {PacketID: 300},
	}}, e.now())
	again := l.written[20:]
	if len(again) != 3 {
		t.Fatalf("%d packets again, want 105 to 107", len(again))
	}
	for i := range again {
		first, err := l.written[5+i].Marshal()
		if err != nil {
			t.Fatal(err)
		}
		second, err := again[i].Marshal()
		if err != nil {
			t.Fatal(err)
		}
		// The same to the last bit, the send time too: GCM must not see two
		// packets of one sequence number.
		if string(first) != string(second) {
			t.Errorf("packet %d came again as\n%x, was\n%x", i, second, first)
		}
	}
	s := e.Stats()
	if s.NacksReceived != 4 || s.NacksAnswered != 3 || s.NacksMissed != 1 {
		t.Errorf("counted %d asked, %d answered, %d missed", s.NacksReceived, s.NacksAnswered, s.NacksMissed)
	}
}

// Whatever a sender does with its numbers, no two packets of a line have the
// same one unless they are the same packet.
func TestNumbersAreNeverUsedTwice(t *testing.T) {
	e := newFakeEngine(t, &fakeClock{})
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	b, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	keepAll(wire)
	l := videoLine(wire, 0)
	n := 0
	for _, first := range []int{10_000, 3_000, 10_000, 9_500, 60_000, 500, 40_000} {
		for i := range 600 {
			n++
			a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, uint16(first+i), uint32(n)*3000, vp8(n, true, true, 50+n%100)), e.now())
			if i%50 == 0 {
				asked := uint16(10_000 + n - 40)
				b.onRTCP(l.ssrc, &rtcp.TransportLayerNack{MediaSSRC: l.ssrc, Nacks: []rtcp.NackPair{{PacketID: asked, LostPackets: 0xffff}}}, e.now())
			}
		}
	}
	sent := map[uint16]string{}
	again := 0
	for i := range l.written {
		raw, err := l.written[i].Marshal()
		if err != nil {
			t.Fatal(err)
		}
		seq := l.written[i].SequenceNumber
		if before, ok := sent[seq]; ok {
			again++
			if before != string(raw) {
				t.Fatalf("two packets have the number %d", seq)
			}
		}
		sent[seq] = string(raw)
	}
	if len(sent) < 6*600 || again < 100 {
		t.Errorf("%d packets of %d went out, %d of them twice", len(sent), n, again)
	}
}

func TestKeyFrameRequestsAreThrottledNotLost(t *testing.T) {
	clock := &fakeClock{}
	e := newFakeEngine(t, clock)
	a, sender := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	b, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 1, 0, vp8(0, true, true, 100)), clock.Now())
	clock.advance(time.Second)
	before := countPLI(sender)
	l := videoLine(wire, 0)
	ask := func() { b.onRTCP(l.ssrc, &rtcp.PictureLossIndication{MediaSSRC: l.ssrc}, clock.Now()) }
	for range 5 {
		ask()
	}
	if got := countPLI(sender) - before; got != 1 {
		t.Fatalf("%d requests went out for five at once, want 1", got)
	}
	clock.advance(keyFrameEvery)
	a.onTick(clock.Now()) // no key frame came: the request was lost
	if got := countPLI(sender) - before; got != 2 {
		t.Fatalf("%d requests, want a second one", got)
	}
	a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 2, 3000, vp8(1, true, true, 100)), clock.Now())
	clock.advance(keyFrameEvery)
	a.onTick(clock.Now())
	if got := countPLI(sender) - before; got != 2 {
		t.Errorf("%d requests though the key frame came", got)
	}
}

func TestPaddingIsLeftOutWithoutAGap(t *testing.T) {
	e := newFakeEngine(t, &fakeClock{})
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	_, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	keepAll(wire)
	for i := range 10 {
		raw := packetOf(t, cameraSSRC, uint16(i), uint32(i)*3000, vp8(i, true, i == 0, 100))
		if i == 4 || i == 5 {
			raw = append(packetOf(t, cameraSSRC, uint16(i), 0, nil), 0, 0, 0, 4)
			raw[0] |= 0x20
		}
		a.onRTP(cameraSSRC, raw, e.now())
	}
	got := videoLine(wire, 0).written
	if len(got) != 8 {
		t.Fatalf("%d packets, want 8", len(got))
	}
	for i := range got {
		if got[i].SequenceNumber != uint16(i) {
			t.Errorf("packet %d has the number %d", i, got[i].SequenceNumber)
		}
	}
}

func TestSenderReportsAreTranslated(t *testing.T) {
	clock := &fakeClock{}
	e := newFakeEngine(t, clock)
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	c, _ := joinFake(t, e.Room("r"), "c", 1, PeerEvents{})
	b, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	keepAll(wire)
	// c takes a's line, so that its timestamps are moved.
	a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 1, 1_000_000, vp8(0, true, true, 100)), clock.Now())
	a.Close()
	clock.advance(time.Second)
	c.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 9, 500, vp8(0, true, true, 100)), clock.Now())
	const ntp = 0xe0000000_80000000
	c.onRTCP(cameraSSRC, &rtcp.SenderReport{SSRC: cameraSSRC, NTPTime: ntp, RTPTime: 590, PacketCount: 77}, clock.Now())
	l := videoLine(wire, 0)
	var report *rtcp.SenderReport
	for _, p := range wire.sent() {
		if sr, ok := p.(*rtcp.SenderReport); ok && sr.SSRC == l.ssrc {
			report = sr
		}
	}
	if report == nil {
		t.Fatal("no sender report on the line")
	}
	want := rtcp.SenderReport{SSRC: l.ssrc, NTPTime: ntp, RTPTime: l.written[1].Timestamp + 90, PacketCount: 2, OctetCount: 200}
	if report.NTPTime != want.NTPTime || report.RTPTime != want.RTPTime || report.PacketCount != want.PacketCount || report.OctetCount != want.OctetCount {
		t.Errorf("got %+v, want %+v", *report, want)
	}
	// The receiver's report on it gives the round trip time.
	clock.advance(80 * time.Millisecond)
	b.onRTCP(l.ssrc, &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{
		SSRC: l.ssrc, LastSenderReport: ntp >> 16 & 0xffffffff, Delay: 65536 / 20, FractionLost: 64,
	}}}, clock.Now())
	q := b.quality(nil, clock.Now())
	if rtt := q.RTT.Round(time.Millisecond); rtt != 30*time.Millisecond {
		t.Errorf("round trip %v, want 80 ms less the 50 that the client held the report", rtt)
	}
	if q.DownlinkLoss != 0.25 {
		t.Errorf("downlink loss %v, want 0.25", q.DownlinkLoss)
	}
}

func TestUplinkGapIsAskedFor(t *testing.T) {
	clock := &fakeClock{}
	e := newFakeEngine(t, clock)
	a, sender := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	send := func(seq int) {
		a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, uint16(seq), uint32(seq)*3000, vp8(seq, true, seq == 0, 100)), clock.Now())
	}
	for _, seq := range []int{0, 1, 4} {
		send(seq)
	}
	clock.advance(20 * time.Millisecond)
	send(5)
	var asked []uint16
	for _, p := range sender.sent() {
		if n, ok := p.(*rtcp.TransportLayerNack); ok {
			for _, pair := range n.Nacks {
				asked = append(asked, pair.PacketList()...)
			}
		}
	}
	if len(asked) != 2 || asked[0] != 2 || asked[1] != 3 {
		t.Fatalf("asked for %v, want 2 and 3", asked)
	}
}

func TestTransportFeedback(t *testing.T) {
	clock := &fakeClock{}
	e := newFakeEngine(t, clock)
	a, sender := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	for i := range 10 {
		clock.advance(5 * time.Millisecond)
		raw := packetOf(t, micSSRC, uint16(i), uint32(i)*960, []byte{0xfc, 1})
		if i != 7 {
			a.onRTP(micSSRC, withExtension(t, raw, fakeTransportID, []byte{0, byte(i)}), clock.Now())
		}
	}
	a.onTick(clock.Now())
	for _, p := range sender.sent() {
		if f, ok := p.(*rtcp.TransportLayerCC); ok {
			if f.PacketStatusCount != 10 || len(f.RecvDeltas) != 9 {
				t.Errorf("feedback on %d packets, %d of them received; want 10 and 9", f.PacketStatusCount, len(f.RecvDeltas))
			}
			return
		}
	}
	t.Error("no transport-wide feedback")
}

func TestTheReceiversEstimateCapsTheSender(t *testing.T) {
	clock := &fakeClock{}
	e := newFakeEngine(t, clock)
	a, sender := joinFake(t, e.Room("r"), "a", 1, PeerEvents{})
	b, wire := joinFake(t, e.Room("r"), "b", 1, PeerEvents{})
	a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, 1, 0, vp8(0, true, true, 100)), clock.Now())
	l := videoLine(wire, 0)
	b.onRTCP(l.ssrc, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 500_000, SSRCs: []uint32{l.ssrc}}, clock.Now())
	clock.advance(paceEvery)
	b.onTick(clock.Now())
	clock.advance(paceEvery)
	a.onTick(clock.Now())
	var last float32
	for _, p := range sender.sent() {
		if r, ok := p.(*rtcp.ReceiverEstimatedMaximumBitrate); ok {
			last = r.Bitrate
		}
	}
	if last != 500_000 {
		t.Errorf("the sender is capped to %v, want the 500 000 of its only receiver", last)
	}
}

func TestAPictureTooLargeIsHeldBack(t *testing.T) {
	clock := &fakeClock{}
	e := newFakeEngine(t, clock)
	a, _ := joinFake(t, e.Room("r"), "a", 2, PeerEvents{})
	b, wire := joinFake(t, e.Room("r"), "b", 2, PeerEvents{})
	keepAll(wire)
	l := videoLine(wire, 0)
	seq := 0
	second := func(bits float32) (video, audio int) { // one second of 800 kbit/s
		before, sound := len(l.written), len(wire.lines[0].written)
		for range 100 {
			clock.advance(10 * time.Millisecond)
			a.onRTP(cameraSSRC, packetOf(t, cameraSSRC, uint16(seq), uint32(seq)*900, vp8(seq, true, seq%10 == 0, 1000)), clock.Now())
			a.onRTP(micSSRC, packetOf(t, micSSRC, uint16(seq), uint32(seq)*480, []byte{0xfc, 1}), clock.Now())
			seq++
		}
		b.onRTCP(l.ssrc, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: bits, SSRCs: []uint32{l.ssrc}}, clock.Now())
		a.onTick(clock.Now())
		b.onTick(clock.Now())
		return len(l.written) - before, len(wire.lines[0].written) - sound
	}
	for range 6 {
		second(2_000_000)
	}
	for range 5 {
		if _, audio := second(100_000); audio != 100 {
			t.Fatalf("%d of 100 audio packets: sound is never held back", audio)
		}
	}
	if video, _ := second(100_000); video != 0 {
		t.Fatalf("%d packets of a picture that the client cannot take", video)
	}
	if list, _, _ := b.slotsNow(); !list[1].Held {
		t.Errorf("the slots do not tell of it: %+v", list)
	}
	second(2_000_000)
	if video, _ := second(2_000_000); video < 90 {
		t.Errorf("%d of 100 packets after the downlink recovered", video)
	}
}

func TestSpeakingIsTold(t *testing.T) {
	clock := &fakeClock{}
	e := newFakeEngine(t, clock)
	told := make(chan bool, 8)
	a, _ := joinFake(t, e.Room("r"), "a", 1, PeerEvents{Speaking: func(s bool) { told <- s }})
	seq := 0
	speak := func(level byte, n int) {
		for range n {
			seq++
			clock.advance(20 * time.Millisecond)
			raw := packetOf(t, micSSRC, uint16(seq), uint32(seq)*960, []byte{0xfc, 1})
			a.onRTP(micSSRC, withExtension(t, raw, fakeLevelID, []byte{0x80 | level}), clock.Now())
		}
	}
	speak(127, 20)
	speak(20, 20)
	if !receive(t, told) {
		t.Error("told to be silent")
	}
	a.SetMuted(Microphone, true)
	clock.advance(voiceEnds)
	a.onTick(clock.Now())
	if receive(t, told) {
		t.Error("speaks on though muted")
	}
}
