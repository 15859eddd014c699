package recorder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"

	"tmk/recorder/webm"
	"tmk/sfu"
	"tmk/sfu/codec"
)

// TestBlankFrame: a decoder shows black, at every size.
func TestBlankFrame(t *testing.T) {
	ffmpeg(t)
	for _, size := range [][2]int{{1, 1}, {16, 16}, {17, 33}, {320, 240}, {1280, 720}, {360, 640}, {4096, 2160}} {
		w, h := size[0], size[1]
		frame := blankFrame(w, h)
		if gw, gh, ok := webm.KeyFrameSize(frame); !ok || gw != w || gh != h {
			t.Errorf("%dx%d: key frame of %dx%d, %v", w, h, gw, gh, ok)
		}
		name := filepath.Join(t.TempDir(), "blank.webm")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := webm.NewWriter(f, webm.Header{Video: true, Width: w, Height: h})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Cluster(0, []webm.Block{{Track: webm.Video, Key: true, Data: frame}}); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		raw := run(t, "ffmpeg", "-v", "error", "-xerror", "-i", name, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")
		if len(raw) < w*h {
			t.Fatalf("%dx%d: %d bytes", w, h, len(raw))
		}
		for i, y := range raw {
			want := byte(16)
			if i >= w*h {
				want = 128
			}
			if y != want {
				t.Fatalf("%dx%d: byte %d is %d", w, h, i, y)
			}
		}
	}
	if w, h, ok := webm.KeyFrameSize(blankFrame(16383, 16383)); !ok || w > 4096 || h > 4096 {
		t.Errorf("a hostile size is repeated: %dx%d", w, h)
	}
}

// TestWindow: packets in any order come out in order; nothing is waited for longer than patience.
func TestWindow(t *testing.T) {
	late := 0
	w := newWindow(64, func() { late++ })
	put := func(seq uint16, at time.Duration) bool {
		return w.put(&packet{rtp: codec.Header{Sequence: seq}, arrival: at})
	}
	take := func(now time.Duration) string {
		var out string
		for {
			p, missing := w.take(now, false)
			if p == nil {
				return out
			}
			if missing > 0 {
				out += fmt.Sprintf("(%d)", missing)
			}
			out += fmt.Sprintf("%d ", p.rtp.Sequence)
		}
	}
	for _, seq := range []uint16{65534, 65533, 0, 65535} {
		put(seq, 0)
	}
	if got := take(50 * time.Millisecond); got != "" {
		t.Errorf("before the order is known: %s", got)
	}
	if got := take(settleFor); got != "65533 65534 65535 0 " {
		t.Errorf("got %s", got)
	}
	put(3, time.Second)
	put(5, 1500*time.Millisecond)
	put(3, 1500*time.Millisecond)
	put(0, 1500*time.Millisecond)
	if late != 2 {
		t.Errorf("%d late", late)
	}
	if got := take(time.Second + patience - 1); got != "" {
		t.Errorf("too early: %s", got)
	}
	if got := take(time.Second + patience); got != "(2)3 " {
		t.Errorf("got %s", got)
	}
	put(4, 2*time.Second)
	if got := take(2 * time.Second); got != "4 5 " {
		t.Errorf("got %s", got)
	}
}

// TestWindowRandom: against a plain list.
func TestWindowRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	w := newWindow(256, func() {})
	next, base := 0, uint16(60000)
	order := make([]int, 20000)
	key := make([]int, len(order))
	for i := range order {
		order[i], key[i] = i, i+r.IntN(50) // up to 50 places away
	}
	slices.SortStableFunc(order, func(a, b int) int { return key[a] - key[b] })
	for i, n := range order {
		w.put(&packet{rtp: codec.Header{Sequence: base + uint16(n), Timestamp: uint32(n)}})
		for i > 60 { // by then the first is there
			p, missing := w.take(settleFor, false)
			if p == nil {
				break
			}
			if int(p.rtp.Timestamp) != next || missing > 0 {
				t.Fatalf("%d instead of %d, %d missing", p.rtp.Timestamp, next, missing)
			}
			next++
		}
	}
	if next != len(order) {
		t.Errorf("%d came out", next)
	}
}

// TestAssembler: with one packet missing no frame comes until the next key
// frame, and the frames that come are whole.
func TestAssembler(t *testing.T) {
	payloader := codecs.VP8Payloader{EnablePictureID: true}
	payloader.Payload(1000, []byte{1}) // it leaves out id 0
	var frames [][]byte
	var packets []*packet
	var of []int
	for n := range 20 {
		f := bytes.Repeat([]byte{byte(n)}, 2500)
		copy(f, []byte{0x11, 0, 0})
		if n%10 == 0 {
			copy(f, []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 1, 0xf0, 0})
		}
		frames = append(frames, f)
		parts := payloader.Payload(1000, f)
		for i, p := range parts {
			packets = append(packets, &packet{raw: p, rtp: codec.Header{PayloadEnd: len(p), Timestamp: uint32(n), Marker: i == len(parts)-1}})
			of = append(of, n)
		}
	}
	for missing := range packets {
		broken := 0
		a := assembler{needKey: true, lost: func() { broken++ }}
		var got []int
		for i, p := range packets {
			if i == missing {
				a.skip(1)
				continue
			}
			if f, ok := a.push(p); ok {
				if !bytes.Equal(f.data, frames[f.timestamp]) || f.key != (f.timestamp%10 == 0) {
					t.Fatalf("without packet %d frame %d is not whole", missing, f.timestamp)
				}
				got = append(got, int(f.timestamp))
			}
		}
		var want []int
		for n := range frames {
			if n < of[missing] || n >= (of[missing]/10+1)*10 {
				want = append(want, n)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("without packet %d: %v, want %v", missing, got, want)
		}
		if broken == 0 && missing != len(packets)-1 {
			t.Errorf("without packet %d: not told", missing)
		}
	}
	// Only padding was missing: picture ids show it.
	a := assembler{needKey: true, lost: func() { t.Error("padding counted as a loss") }}
	n := 0
	for i, p := range packets {
		if i > 0 && of[i] != of[i-1] {
			a.skip(1)
		}
		if _, ok := a.push(p); ok {
			n++
		}
	}
	if n != len(frames) {
		t.Errorf("%d frames", n)
	}
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte{0x10, 0, 0, 0, 0x9d, 1, 0x2a, 1, 0, 1, 0}, []byte{0x90, 0xF0, 0x80, 1, 2, 3, 4}, true)
	f.Fuzz(func(t *testing.T, one, two []byte, marker bool) {
		a := assembler{needKey: true}
		for i, raw := range [][]byte{one, two, one, two} {
			if fr, ok := a.push(&packet{raw: raw, rtp: codec.Header{PayloadEnd: len(raw), Marker: marker || i%2 == 1}}); ok && len(fr.data) == 0 {
				t.Fatal("empty frame")
			}
			if i == 2 {
				a.skip(1)
			}
		}
	})
}

// memory is a disk of one file.
type memory struct {
	disk
	bytes.Buffer
}

func (m *memory) free() (int64, error)              { return 1 << 40, nil }
func (m *memory) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }
func (m *memory) Seek(int64, int) (int64, error)    { return 0, nil }
func (m *memory) Close() error                      { return nil }
func (m *memory) Sync() error                       { return nil }
func (m *memory) Stat() (os.FileInfo, error)        { return nil, nil }

// FuzzWriter feeds raw packets and events, at odd times, to a writer: it never
// panics, and what it wrote makes a good file or is empty.
func FuzzWriter(f *testing.F) {
	var seed []byte
	for n := range 20 {
		p := []byte{0x80, 0x80, 0, byte(n), 0, 0, byte(n * 10), 0, 0, 0, 0, 1}
		seed = append(append(append(seed, 26, 20, 0xF1), p...), 0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 64, 0)
		seed = append(append(append(seed, 18, 20, 0xF0), p...), 0xF8, 0xFF, 0xFE)
	}
	f.Add(seed)
	f.Add(append(seed, 3, 9, 0x02, 3, 9, 0x13, 3, 9, 0x21, 3, 200, 0x30))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m memory
		s, err := openSpool(&m, webm.Header{}, &m, 0)
		if err != nil {
			t.Fatal(err)
		}
		var pool packets
		w := newWriter(s, &pool, new(counters))
		open := func(kind sfu.Kind, rate uint32) *stream {
			k := &stream{info: sfu.PublicationInfo{Kind: kind, ClockRate: rate}}
			w.open(k, 0)
			return k
		}
		streams := []*stream{open(sfu.Audio, 48000), open(sfu.Video, 90000)}
		var now time.Duration
		for len(b) >= 3 {
			n := min(max(int(b[0]), 3), len(b))
			now += time.Duration(b[1]) * 10 * time.Millisecond
			k := streams[b[2]&1]
			switch b[2] >> 4 {
			case 0:
				w.mute(k, b[2]&2 != 0, now)
			case 1:
				k.line.Report(time.Unix(int64(b[1]), 0), uint32(b[2])<<20, now)
			case 2:
				w.close(k, now)
			case 3:
				streams[b[2]&1] = open(k.info.Kind, k.info.ClockRate)
			default:
				p := pool.copy(b[3:n])
				p.stream, p.arrival = k, now-time.Duration(b[2]&0xE)*10*time.Millisecond
				w.packet(p)
			}
			if err := w.advance(now); err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
		if err := w.finish(now); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		_, err = webm.Remux(&out, bytes.NewReader(m.Bytes()), int64(m.Len()), lead)
		if errors.Is(err, webm.ErrEmpty) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := webm.Verify(bytes.NewReader(out.Bytes()), int64(out.Len())); err != nil {
			t.Fatal(err)
		}
	})
}

// TestPanic: a recording that panics ends alone.
func TestPanic(t *testing.T) {
	r, err := New(Config{Dir: t.TempDir(), MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 2)
	rec, err := r.Start("r", time.Now(), func(err error) { failed <- err })
	if err != nil {
		t.Fatal(err)
	}
	p := r.pool.copy(nil)
	p.event = func(*writer, time.Duration) { panic("boom") }
	rec.queue.put(p, true)
	wantFailed(t, failed, FailureIO)
	_, err = rec.Stop(context.Background())
	wantFailure(t, err, FailureIO)
}

// TestConcurrent: publications, statistics, Stop and Remove from many goroutines at once.
func TestConcurrent(t *testing.T) {
	r, err := New(Config{Dir: t.TempDir(), MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := r.Start("r", time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := range 20 {
				info := sfu.PublicationInfo{Kind: sfu.Audio, Codec: "opus", ClockRate: 48000}
				if n%2 == 1 {
					info = sfu.PublicationInfo{Kind: sfu.Video, Codec: "VP8", ClockRate: 90000, RequestKeyFrame: func() {}}
				}
				k := rec.Sink(info)
				for seq := range 50 {
					k.Packet([]byte{0x80, 0x80, 0, byte(seq), 0, 0, byte(seq), 0, 0, 0, 0, byte(n), 0xF8, 0xFF, 0xFE}, time.Now())
				}
				k.Muted(i%2 == 0, time.Now())
				k.Report(sfu.SenderReport{NTP: time.Now()}, time.Now())
				k.Close()
				rec.Stats()
			}
		})
	}
	for range 2 {
		all.Go(func() {
			if _, err := rec.Stop(context.Background()); err != nil {
				wantFailure(t, err, FailureEmpty)
			}
		})
	}
	all.Wait()
	if err := r.Remove("r"); err != nil {
		t.Error(err)
	}
}
