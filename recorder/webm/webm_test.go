package webm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// key is the head of a VP8 key frame of that size and some bytes.
func key(width, height, n int) []byte {
	b := []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, byte(width), byte(width >> 8), byte(height), byte(height >> 8)}
	return append(b, make([]byte, n)...)
}

const ms = time.Millisecond

var filler = Filler{
	Silence: []byte{0xF8, 0xFF, 0xFE}, SilenceFor: 20 * ms,
	Blank: func(w, h int) []byte { return key(w, h, 3) }, BlankEvery: 5 * time.Second, BlankAfter: time.Second,
}

// spool writes seconds of audio and video, a key frame every 2 s, in clusters of half a second.
func spool(t testing.TB, w io.Writer, seconds int, video, audio time.Duration) {
	t.Helper()
	s, err := NewWriter(w, Header{Video: true, Audio: true, Width: 1, Height: 1, Offset: 1234567, Start: time.Date(2026, 1, 1, 0, 0, 0, 5e6, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	for half := range 2 * seconds {
		from := time.Duration(half) * 500 * ms
		var blocks []Block
		for at := from; at < from+500*ms; at += 20 * ms {
			if audio >= 0 && at >= audio {
				blocks = append(blocks, Block{Track: Audio, Time: at, Key: true, Data: []byte{0xF8, byte(half), 3}})
			}
			if n := at / (20 * ms); video >= 0 && at >= video && n%2 == 0 {
				b := Block{Track: Video, Time: at, Data: []byte{1, 2, 3, byte(n)}}
				if (at-video)%(2*time.Second) == 0 {
					b.Key, b.Data = true, key(640, 480, 50)
				}
				blocks = append(blocks, b)
			}
		}
		if err := s.Cluster(from, blocks); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Cluster(time.Duration(seconds)*time.Second, nil); err != nil {
		t.Fatal(err)
	}
}

func remux(t testing.TB, src []byte) (Summary, []byte) {
	t.Helper()
	var dst bytes.Buffer
	s, err := Remux(&dst, bytes.NewReader(src), int64(len(src)), filler)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verify(bytes.NewReader(dst.Bytes()), int64(dst.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if v.Blocks != s.Blocks || v.Cues != s.Cues || v.Bytes != s.Bytes || v.Header.Duration != s.Header.Duration {
		t.Fatalf("verified %+v, wrote %+v", v, s)
	}
	return s, dst.Bytes()
}

func TestRemux(t *testing.T) {
	tests := []struct {
		name         string
		video, audio time.Duration // where they begin; -1: never
		blocks, cues int
	}{
		{"both", 0, 0, 500 + 250, 5},
		{"audio", -1, 0, 500, 2},
		{"video", 0, -1, 250, 5},
		{"late video", 7000 * ms, 0, 500 + 2 + 75, 2 + 2}, // black at 0 and 5 s
		{"late audio", 0, 6010 * ms, 301 + 199 + 250, 5},
		{"video a little late", 400 * ms, 0, 500 + 240, 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var src bytes.Buffer
			spool(t, &src, 10, test.video, test.audio)
			s, _ := remux(t, src.Bytes())
			if s.Blocks != test.blocks || s.Cues != test.cues {
				t.Errorf("%d blocks, %d cues, want %d, %d", s.Blocks, s.Cues, test.blocks, test.cues)
			}
			h := s.Header
			if h.Video != (test.video >= 0) || h.Audio != (test.audio >= 0) || h.Duration < 10*time.Second || h.Duration > 10020*ms {
				t.Errorf("header %+v", h)
			}
			if h.Video && (h.Width != 640 || h.Height != 480) {
				t.Errorf("size %dx%d", h.Width, h.Height)
			}
			if h.Offset != 1234567 || !h.Start.Equal(time.Date(2026, 1, 1, 0, 0, 0, 5e6, time.UTC)) {
				t.Errorf("offset %v, start %v", h.Offset, h.Start)
			}
		})
	}
}

// TestHolds: a video frame that stands for long says so, to the end of the file too.
func TestHolds(t *testing.T) {
	var src bytes.Buffer
	w, err := NewWriter(&src, Header{Video: true, Width: 1, Height: 1})
	if err != nil {
		t.Fatal(err)
	}
	times := []time.Duration{0, 100 * ms, 3000 * ms, 3499 * ms, 10000 * ms}
	want := []time.Duration{0, 2900 * ms, 0, 6501 * ms, 2000 * ms}
	for i, at := range times {
		b := Block{Track: Video, Time: at, Key: i%2 == 0, Data: key(64, 64, i)}
		if !b.Key {
			b.Data[0] |= 1
		}
		if err := w.Cluster(at, []Block{b}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Cluster(12*time.Second, nil); err != nil {
		t.Fatal(err)
	}
	_, file := remux(t, src.Bytes())
	r, err := NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range times {
		b, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if b.Time != times[i] || b.Duration != want[i] || b.Key != (i%2 == 0) || len(b.Data) != 10+i {
			t.Errorf("block %d: at %v for %v, key %v, %d bytes", i, b.Time, b.Duration, b.Key, len(b.Data))
		}
	}
}

// TestTornAnywhere cuts a spool after every byte: the file of what is left is
// good, and holds every block that is whole.
func TestTornAnywhere(t *testing.T) {
	var src bytes.Buffer
	spool(t, &src, 3, 0, 0)
	whole := src.Bytes()
	most := 0
	for n := range len(whole) + 1 {
		var dst bytes.Buffer
		s, err := Remux(&dst, bytes.NewReader(whole[:n]), int64(n), filler)
		if errors.Is(err, ErrFormat) || errors.Is(err, ErrEmpty) {
			if most > 0 {
				t.Fatalf("cut at %d: %v after %d blocks", n, err, most)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if _, err := Verify(bytes.NewReader(dst.Bytes()), int64(dst.Len())); err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if s.Blocks < most || s.Blocks > most+1 {
			t.Fatalf("cut at %d: %d blocks after %d", n, s.Blocks, most)
		}
		most = s.Blocks
	}
	if most != 150+75 {
		t.Errorf("%d blocks", most)
	}
}

// TestScrambled: what a power cut left of a cluster is not taken for media.
func TestScrambled(t *testing.T) {
	var src bytes.Buffer
	spool(t, &src, 3, 0, 0)
	whole := src.Bytes()
	full, _ := remux(t, whole)
	tail := bytes.LastIndex(whole[:len(whole)-100], []byte{0x1F, 0x43, 0xB6, 0x75})
	for i := tail; i < len(whole)-60; i++ {
		b := bytes.Clone(whole)
		clear(b[i:min(i+50, len(b))])
		if bytes.Equal(b, whole) {
			continue
		}
		s, _ := remux(t, b)
		if s.Blocks >= full.Blocks || s.Blocks < full.Blocks*4/5 {
			t.Fatalf("zeros at %d: %d of %d blocks", i, s.Blocks, full.Blocks)
		}
	}
}

// broken fails after n bytes.
type broken struct{ n int }

var errBroken = errors.New("broken")

func (b *broken) Write(p []byte) (int, error) {
	if b.n -= len(p); b.n < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func (b *broken) ReadAt([]byte, int64) (int, error) { return 0, errBroken }

func TestErrorsComeBack(t *testing.T) {
	var src bytes.Buffer
	spool(t, &src, 2, 0, 0)
	for n := range src.Len() - 200 {
		if _, err := Remux(&broken{n}, bytes.NewReader(src.Bytes()), int64(src.Len()), filler); !errors.Is(err, errBroken) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
	if _, err := Remux(io.Discard, &broken{}, 1000, filler); !errors.Is(err, errBroken) {
		t.Errorf("reading: %v", err)
	}
	if _, err := NewWriter(&broken{}, Header{Audio: true}); !errors.Is(err, errBroken) {
		t.Errorf("header: %v", err)
	}
	w, err := NewWriter(io.Discard, Header{Audio: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Cluster(0, []Block{{Track: Audio, Time: 33 * time.Second, Key: true}}); err == nil {
		t.Error("a block 33 s from its cluster was written")
	}
	if err := w.Cluster(0, []Block{{Track: 3, Key: true}}); err == nil {
		t.Error("a block of no track was written")
	}
}

// endless is a spool of any length: a header and clusters that repeat.
type endless struct {
	head    []byte
	cluster func(n int) []byte
	each    int
	clock   int // clusters
}

func (e *endless) size() int64 { return int64(len(e.head) + e.each*e.clock) }

func (e *endless) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		if at >= e.size() {
			return n, io.EOF
		}
		if at < int64(len(e.head)) {
			n += copy(p[n:], e.head[at:])
			continue
		}
		at -= int64(len(e.head))
		n += copy(p[n:], e.cluster(int(at) / e.each)[int(at)%e.each:])
	}
	return n, nil
}

// TestRemuxMemory: a spool of 1 GiB takes no more memory than one of 16 MiB.
func TestRemuxMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 3 GiB")
	}
	var head bytes.Buffer
	w, err := NewWriter(&head, Header{Video: true, Width: 1, Height: 1})
	if err != nil {
		t.Fatal(err)
	}
	e := &endless{head: bytes.Clone(head.Bytes())}
	frame := key(1280, 720, 256<<10)
	made := -1
	var buf bytes.Buffer
	w.w = &buf
	e.cluster = func(n int) []byte {
		if n != made {
			buf.Reset()
			if err := w.Cluster(time.Duration(n)*time.Second+time.Hour, []Block{{Track: Video, Time: time.Duration(n)*time.Second + time.Hour, Key: true, Data: frame}}); err != nil {
				t.Error(err)
			}
			made = n
		}
		return buf.Bytes()
	}
	e.each = len(e.cluster(0))
	e.clock = 1 << 30 / e.each
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if _, err := Remux(io.Discard, e, e.size(), Filler{}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("%d MiB were allocated", got>>20)
	}
}

// FuzzRemux: whatever a file holds, reading it ends without a panic, and what is
// made of it is good.
func FuzzRemux(f *testing.F) {
	var src, fin bytes.Buffer
	spool(f, &src, 1, 0, 0)
	f.Add(src.Bytes())
	if _, err := Remux(&fin, bytes.NewReader(src.Bytes()), int64(src.Len()), filler); err != nil {
		f.Fatal(err)
	}
	f.Add(fin.Bytes())
	src.Reset()
	spool(f, &src, 2, 1500*ms, 500*ms)
	f.Add(src.Bytes())
	f.Add(src.Bytes()[:src.Len()/2])
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := Verify(bytes.NewReader(b), int64(len(b))); err == nil {
			t.Log("finished")
		}
		limit := filler
		if r, err := NewReader(bytes.NewReader(b), int64(len(b))); err == nil {
			for {
				if _, err := r.Next(); err != nil {
					break
				}
			}
			if r.End() > time.Hour { // filling a century takes long
				limit = Filler{}
			}
		}
		var dst bytes.Buffer
		s, err := Remux(&dst, bytes.NewReader(b), int64(len(b)), limit)
		if err != nil {
			return
		}
		if _, err := Verify(bytes.NewReader(dst.Bytes()), int64(dst.Len())); err != nil && s.Header.check() == nil {
			t.Fatalf("made a bad file: %v", err)
		}
	})
}

func FuzzParseHead(f *testing.F) {
	f.Add([]byte{0x1A, 0x45, 0xDF, 0xA3, 0x84})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseHead(b)
		if err == nil && (e.head > len(b) || e.head < 2 || e.head > 12) {
			t.Fatalf("%+v of %d bytes", e, len(b))
		}
	})
}

// TestSizes: every element size is written as it is read.
func TestSizes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 126, 127, 128, 16382, 16383, 1<<21 - 2, 1<<21 - 1, 1 << 28, r.IntN(1 << 40)} {
		b := appendSize(appendID(nil, idCluster), n)
		e, err := parseHead(b)
		if err != nil || e.size != uint64(n) || e.unbound || e.head != len(b) || e.id != idCluster {
			t.Errorf("%d: %+v, %v", n, e, err)
		}
		if len(b)-4 != sizeLen(n) {
			t.Errorf("%d takes %d bytes, not %d", n, len(b)-4, sizeLen(n))
		}
	}
	if fmt.Sprint(KeyFrameSize(key(640, 480, 0))) != "640 480 true" {
		t.Error("key frame size")
	}
}
