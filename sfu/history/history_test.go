package history

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

func payload(seq uint16, n int) []byte {
	b := bytes.Repeat([]byte{byte(seq)}, n)
	b[0], b[n-1] = byte(seq>>8), byte(seq)
	return b
}

// fill puts packets of that size at that bit rate and returns the time.
func fill(r *Ring, first, n, size int, bitRate int, at time.Time) time.Time {
	gap := time.Duration(size*8) * time.Second / time.Duration(bitRate)
	for i := range n {
		seq := uint16(first + i)
		r.Put(seq, payload(seq, size), at)
		at = at.Add(gap)
	}
	return at
}

func TestKeepsASecond(t *testing.T) {
	for _, bitRate := range []int{60_000, 500_000, 1_200_000, 2_500_000} {
		var r Ring
		const size = 1000
		packets := 10 * bitRate / size / 8 // ten seconds
		fill(&r, 60_000, packets, size, bitRate, time.Unix(1000, 0))
		second := bitRate / size / 8
		buf := make([]byte, 1500)
		for i := packets - second; i < packets; i++ {
			seq := uint16(60_000 + i)
			n := r.Get(seq, buf)
			if !bytes.Equal(buf[:n], payload(seq, size)) {
				t.Fatalf("%d bit/s: packet %d of %d is %d bytes", bitRate, i, packets, n)
			}
		}
		if most := 2*bitRate/8*2 + 64<<10; r.Size() > most {
			t.Errorf("%d bit/s: %d bytes held, want at most %d", bitRate, r.Size(), most)
		}
	}
}

func TestIsBounded(t *testing.T) {
	var r Ring
	if r.Size() != 0 {
		t.Errorf("an empty ring holds %d bytes", r.Size())
	}
	fill(&r, 0, 50_000, 1200, 50_000_000, time.Unix(1000, 0))
	if r.Size() > maxSize+32<<10 {
		t.Errorf("%d bytes held", r.Size())
	}
}

func TestKeepsWhatItHadWhenItGrows(t *testing.T) {
	var r Ring
	buf := make([]byte, 1500)
	at := time.Unix(1000, 0)
	size := 0
	for i := range 400 {
		seq := uint16(i)
		r.Put(seq, payload(seq, 1000), at)
		at = at.Add(4 * time.Millisecond)
		if len(r.data) == size {
			continue
		}
		grown := size > 0
		size = len(r.data)
		for back := range 30 { // of the 32 packets that the smallest ring holds
			if want := uint16(i - back); grown && r.Get(want, buf) != 1000 {
				t.Fatalf("packet %d is gone, grown to %d bytes at %d", want, size, i)
			}
		}
	}
	if size <= firstSize {
		t.Error("the ring did not grow")
	}
}

func TestGetRefuses(t *testing.T) {
	var r Ring
	buf := make([]byte, 1500)
	if r.Get(1, buf) != 0 {
		t.Error("an empty ring has packet 1")
	}
	r.Put(1, payload(1, 100), time.Unix(1000, 0))
	if r.Get(1+slots, buf) != 0 {
		t.Error("a packet under another number")
	}
	if r.Get(1, buf[:99]) != 0 {
		t.Error("a packet into a buffer that is too small")
	}
	r.Put(2, nil, time.Unix(1000, 0))
	r.Put(3, make([]byte, 60_000), time.Unix(1000, 0))
	if r.Get(2, buf) != 0 || r.Get(3, make([]byte, 1<<16)) != 0 {
		t.Error("a packet of an impossible size")
	}
	r.Clear()
	if r.Get(1, buf) != 0 {
		t.Error("a packet after Clear")
	}
}

// Whatever is put in, what comes out is what was put in under that number last.
func TestNeverWrong(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var r Ring
	last := map[uint16][]byte{}
	buf := make([]byte, 1500)
	at := time.Unix(1000, 0)
	found := 0
	for i := range 20_000 {
		seq := uint16(i + random.IntN(40) - 20)
		p := make([]byte, 1+random.IntN(1400))
		for j := range p {
			p[j] = byte(random.Uint32())
		}
		r.Put(seq, p, at)
		last[seq] = p
		at = at.Add(time.Duration(random.IntN(8000)) * time.Microsecond)
		ask := seq - uint16(random.IntN(300))
		if n := r.Get(ask, buf); n > 0 {
			found++
			if !bytes.Equal(buf[:n], last[ask]) {
				t.Fatalf("round %d: packet %d is not what was put in", i, ask)
			}
		}
	}
	if found < 10_000 {
		t.Errorf("only %d packets were still there", found)
	}
}
