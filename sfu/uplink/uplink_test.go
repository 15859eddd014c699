package uplink

import (
	"slices"
	"testing"
	"time"
)

var start = time.Unix(1000, 0)

func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

func arrive(s *Stream, ms int, seqs ...int) (fresh int) {
	for _, seq := range seqs {
		if s.Packet(uint16(seq), uint32(seq)*3000, 100, at(ms)) != Again {
			fresh++
		}
	}
	return fresh
}

func TestDuplicatesAreTold(t *testing.T) {
	s := NewStream(90000, true)
	if n := arrive(s, 0, 65534, 65535, 0, 1, 65535, 1, 0); n != 4 {
		t.Errorf("%d fresh packets, want 4", n)
	}
	if n := arrive(s, 0, 3, 2, 2, 3); n != 2 {
		t.Errorf("%d fresh packets, want 2", n)
	}
	if n := arrive(s, 0, 65533); n != 1 {
		t.Error("a packet from before the first is none")
	}
	arrive(s, 0, 2000)
	if n := arrive(s, 0, 4); n != 0 {
		t.Error("a packet from before the window is fresh")
	}
}

func TestAsksUntilItComes(t *testing.T) {
	s := NewStream(90000, true)
	arrive(s, 0, 10, 13)
	if !s.Missing() {
		t.Fatal("nothing is missing")
	}
	if due, _ := s.Due(nil, at(1), 0); due != nil {
		t.Errorf("asked at once for %d: it may only be late", due)
	}
	if due, _ := s.Due(nil, at(10), 0); !slices.Equal(due, []uint16{11, 12}) {
		t.Errorf("asked for %d, want 11 and 12", due)
	}
	arrive(s, 20, 12)
	if due, _ := s.Due(nil, at(30), 0); due != nil {
		t.Errorf("asked again after 20 ms for %d", due)
	}
	if due, _ := s.Due(nil, at(45), 0); !slices.Equal(due, []uint16{11}) {
		t.Errorf("asked for %d, want 11", due)
	}
	arrive(s, 50, 11)
	if s.Missing() {
		t.Error("waits for what has come")
	}
}

func TestRetriesFollowTheRoundTrip(t *testing.T) {
	s := NewStream(90000, true)
	arrive(s, 0, 1, 3)
	s.Due(nil, at(10), 200*time.Millisecond)
	if due, _ := s.Due(nil, at(300), 200*time.Millisecond); due != nil {
		t.Error("asked again within one and a half round trips")
	}
	if due, _ := s.Due(nil, at(311), 200*time.Millisecond); len(due) != 1 {
		t.Error("not asked again")
	}
}

func TestGivesUp(t *testing.T) {
	s := NewStream(90000, true)
	arrive(s, 0, 1, 3)
	asks, gone, last := 0, 0, 0
	for ms := 0; ms < 5000; ms += 5 {
		due, g := s.Due(nil, at(ms), 0)
		if len(due) > 0 {
			asks++
			last = ms
		}
		gone += g
	}
	if asks != maxAsks || gone != 1 || s.Missing() {
		t.Errorf("asked %d times, gave up %d", asks, gone)
	}
	if last < 700 || last > 1200 {
		t.Errorf("asked last after %d ms, want about a second", last)
	}
}

func TestWhatIsMissingIsBounded(t *testing.T) {
	s := NewStream(90000, true)
	arrive(s, 0, 1, 2000)
	if due, _ := s.Due(nil, at(100), 0); len(due) > maxMissing || due[len(due)-1] != 1999 {
		t.Errorf("asked for %d packets up to %d", len(due), due[len(due)-1])
	}
}

func TestAudioIsNotAskedFor(t *testing.T) {
	s := NewStream(48000, false)
	arrive(s, 0, 1, 3)
	if s.Missing() {
		t.Error("waits for audio")
	}
}

func TestALargeJumpBeginsAnew(t *testing.T) {
	s := NewStream(90000, true)
	arrive(s, 0, 1, 2, 3)
	if a := s.Packet(30000, 0, 100, at(0)); a != Jumped {
		t.Errorf("a jump is %v", a)
	}
	if a := s.Packet(30001, 0, 100, at(0)); a != Fresh {
		t.Errorf("the packet after the jump is %v", a)
	}
	if a := s.Packet(1000, 0, 100, at(0)); a != Jumped {
		t.Errorf("a jump back is %v", a)
	}
	arrive(s, 0, 1001)
	if s.Missing() {
		t.Error("asks for 30 000 packets")
	}
	if r := s.Report(1, at(0)); r.TotalLost != 0 || r.FractionLost != 0 {
		t.Errorf("reports a loss: %+v", r)
	}
}

func TestReport(t *testing.T) {
	s := NewStream(90000, true)
	for i := range 100 {
		if i%10 != 5 {
			arrive(s, i*33, 65500+i)
		}
	}
	s.SenderReport(0x1122_3344_5566_7788, at(5000))
	r := s.Report(42, at(5500))
	if r.SSRC != 42 || r.TotalLost != 10 || r.FractionLost != 25 {
		t.Errorf("lost %d, fraction %d; want 10 and 25 of 256", r.TotalLost, r.FractionLost)
	}
	if r.LastSequenceNumber != 1<<16|63 {
		t.Errorf("highest sequence number %x, want 63 of the second cycle", r.LastSequenceNumber)
	}
	if r.LastSenderReport != 0x3344_5566 || r.Delay != 1<<15 {
		t.Errorf("last report %x, %d/65536 s ago; want 33445566 and half a second", r.LastSenderReport, r.Delay)
	}
	for i := range 50 {
		arrive(s, 6000+i*33, 65600+i)
	}
	if r := s.Report(42, at(8000)); r.FractionLost != 0 || r.TotalLost != 10 {
		t.Errorf("later: fraction %d, lost %d", r.FractionLost, r.TotalLost)
	}
	expected, lost := s.TakeLoss()
	if expected != 150 || lost != 10 {
		t.Errorf("took %d lost of %d, want 10 of 150", lost, expected)
	}
	if expected, lost = s.TakeLoss(); expected != 0 || lost != 0 {
		t.Errorf("took %d lost of %d twice", lost, expected)
	}
}

func TestJitter(t *testing.T) {
	even, uneven := NewStream(90000, true), NewStream(90000, true)
	for i := range 300 {
		even.Packet(uint16(i), uint32(i)*2970, 100, at(33*i))
		uneven.Packet(uint16(i), uint32(i)*2970, 100, at(33*i+10*(i%2)))
	}
	if j := even.Report(1, at(0)).Jitter; j > 1 {
		t.Errorf("even packets have a jitter of %d ticks", j)
	}
	if j := uneven.Report(1, at(0)).Jitter; j < 800 || j > 910 {
		t.Errorf("packets 10 ms off have a jitter of %d ticks, want about 900", j)
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte{0, 1, 0, 9, 0, 2, 255, 255, 128, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewStream(90000, true)
		now := start
		for ; len(b) >= 2; b = b[2:] {
			s.Packet(uint16(b[0])<<8|uint16(b[1]), uint32(b[0])<<24, 100, now)
			now = now.Add(time.Duration(b[1]) * time.Millisecond)
			due, _ := s.Due(nil, now, 0)
			if len(due) > maxMissing {
				t.Fatalf("asks for %d packets", len(due))
			}
		}
		s.Report(1, now)
		s.TakeLoss()
	})
}
