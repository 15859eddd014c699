package rewrite

import (
	"math/rand/v2"
	"testing"
	"time"
)

var start = time.Unix(1000, 0)

func next(t *testing.T, r *Rewriter, seq uint16, ts uint32, at time.Duration, wantSeq uint16, wantTS uint32) {
	t.Helper()
	gotSeq, gotTS, ok := r.Next(seq, ts, start.Add(at))
	if !ok || gotSeq != wantSeq || gotTS != wantTS {
		t.Errorf("%d/%d became %d/%d %v, want %d/%d", seq, ts, gotSeq, gotTS, ok, wantSeq, wantTS)
	}
}

func TestTheFirstSourceGoesOutAsItComes(t *testing.T) {
	r := New(90000)
	if _, _, ok := r.Next(1, 1, start); ok {
		t.Error("a packet of no source")
	}
	r.Switch(65534, 7, start)
	next(t, &r, 65534, 7, 0, 65534, 7)
	next(t, &r, 65535, 7, 0, 65535, 7)
	next(t, &r, 0, 3007, 0, 0, 3007)
}

func TestSwitchFollowsOn(t *testing.T) {
	r := New(90000)
	r.Switch(100, 5000, start)
	next(t, &r, 100, 5000, 0, 100, 5000)
	next(t, &r, 101, 8000, 0, 101, 8000)
	r.Switch(9000, 0xffff0000, start.Add(100*time.Millisecond))
	next(t, &r, 9000, 0xffff0000, 100*time.Millisecond, 102, 17000)
	next(t, &r, 9001, 0xffff0bb8, 133*time.Millisecond, 103, 20000)
	if got := r.Timestamp(0xffff0bb8); got != 20000 {
		t.Errorf("a report's timestamp became %d", got)
	}
	// Late, from before the switch: its time is over.
	if _, _, ok := r.Next(8999, 0, start); ok {
		t.Error("a packet from before the source's first")
	}
}

func TestTimeNeverStandsStill(t *testing.T) {
	r := New(90000)
	r.Switch(1, 1000, start)
	next(t, &r, 1, 1000, 0, 1, 1000)
	r.Switch(5, 77, start) // at the very moment
	next(t, &r, 5, 77, 0, 2, 1001)
}

func TestResumeKeepsTheClock(t *testing.T) {
	r := New(48000)
	r.Switch(10, 960, start)
	next(t, &r, 10, 960, 0, 10, 960)
	r.Pause()
	if _, _, ok := r.Next(11, 1920, start); ok {
		t.Error("a packet during a pause")
	}
	r.Resume(60)
	next(t, &r, 60, 48960, 0, 11, 48960)
}

func TestSkip(t *testing.T) {
	r := New(90000)
	r.Switch(10, 0, start)
	next(t, &r, 10, 0, 0, 10, 0)
	if !r.Skip(11) || !r.Skip(12) {
		t.Fatal("cannot leave out what is new")
	}
	next(t, &r, 14, 0, 0, 12, 0)
	next(t, &r, 13, 0, 0, 11, 0) // late
	if r.Skip(13) {
		t.Error("left out a packet whose successors are gone already")
	}
	if !r.Skip(15) {
		t.Fatal("cannot leave out what is new")
	}
	next(t, &r, 16, 0, 0, 13, 0)
	next(t, &r, 14, 0, 0, 12, 0) // again
}

// A sender that probes its path sends padding by the dozen. What was lost before
// and comes after it still gets its number.
func TestAProbeDoesNotForgetTheLate(t *testing.T) {
	r := New(90000)
	r.Switch(100, 0, start)
	next(t, &r, 100, 0, 0, 100, 0)
	next(t, &r, 120, 0, 0, 120, 0) // 19 are lost
	seq := uint16(121)
	for burst := range uint16(5) {
		for range 40 {
			if !r.Skip(seq) {
				t.Fatalf("cannot leave out %d", seq)
			}
			seq++
		}
		next(t, &r, seq, 0, 0, 121+burst, 0)
		seq++
	}
	for late := uint16(101); late < 120; late++ {
		next(t, &r, late, 0, 0, late, 0)
	}
}

// An hour of one source: its numbers come round again and again.
func TestALongStream(t *testing.T) {
	r := New(90000)
	r.Switch(40000, 0, start)
	for i := range 500_000 {
		seq := uint16(40000 + i)
		if i == 100_000 && !r.Skip(seq) {
			t.Fatal("cannot leave a packet out")
		}
		if i == 100_000 {
			continue
		}
		want := seq
		if i > 100_000 {
			want--
		}
		if out, _, ok := r.Next(seq, 0, start); !ok || out != want {
			t.Fatalf("packet %d became %d, %v; want %d", i, out, ok, want)
		}
	}
}

// Whatever is left out, late or switched, no number is given to two packets,
// and in the end none is missing.
func TestNumbersStayOneToOne(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		r := New(90000)
		given := map[uint16]int{}
		at := start
		highest, first := -1, 0
		for source := range 5 {
			base := int(random.Uint32() & 0xffff)
			r.Switch(uint16(base), 0, at)
			order := make([]int, 0, 60)
			for i := range 60 {
				order = append(order, base+i)
			}
			for i := 2; i < len(order); i += 3 { // swap some neighbours
				if random.IntN(2) == 0 {
					order[i], order[i-1] = order[i-1], order[i]
				}
			}
			for i, seq := range order {
				if i > 0 && random.IntN(5) == 0 && r.Skip(uint16(seq)) {
					continue
				}
				out, _, ok := r.Next(uint16(seq), 0, at)
				if !ok {
					t.Fatalf("round %d: packet %d of source %d did not go out", round, i, source)
				}
				if given[out]++; given[out] > 1 {
					t.Fatalf("round %d: number %d given twice", round, out)
				}
				if highest < 0 {
					first = int(out)
				}
				highest++
			}
			at = at.Add(time.Second)
		}
		for i := range highest + 1 {
			if given[uint16(first+i)] != 1 {
				t.Fatalf("round %d: %d numbers from %d on, but %d is missing", round, highest+1, first, uint16(first+i))
			}
		}
	}
}

func TestSent(t *testing.T) {
	var s Sent
	if s.Find(1) != nil {
		t.Error("an empty memory knows packet 1")
	}
	for i := range 3 * remembered {
		s.Put(Packet{Sequence: uint16(i), Source: uint16(i + 7), Stamp: 5})
	}
	last := uint16(3*remembered - 1)
	if p := s.Find(last); p == nil || p.Source != last+7 || p.Stamp != 5 {
		t.Errorf("the last packet is %+v", p)
	}
	if s.Find(last-remembered+1) == nil {
		t.Error("the oldest is forgotten too early")
	}
	if p := s.Find(last - remembered); p != nil {
		t.Errorf("an old number finds %+v", p)
	}
	s.Clear()
	if s.Find(last) != nil {
		t.Error("a packet after Clear")
	}
}
