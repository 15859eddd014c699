package recorder

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tmk/sfu"
)

// talk makes a second of packets: 1.2 Mbit/s of video in bursts of five, and sound.
func talk() (all []traffic) {
	s := &scene{rand: rand.New(rand.NewPCG(1, 1))}
	mic, cam := s.sender(sfu.Microphone, 1), s.sender(sfu.Camera, 2)
	mic.delay, cam.delay = 0, 0
	key := append([]byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 2, 0xe0, 1}, make([]byte, 4990)...)
	inter := append([]byte{0x11}, make([]byte, 4999)...)
	opus := append([]byte{0xF8}, make([]byte, 79)...)
	for n := range 30 {
		frame := inter
		if n == 0 {
			frame = key
		}
		mark(&all, cam, time.Duration(n)*videoEvery, frame)
	}
	for n := range 50 {
		mark(&all, mic, time.Duration(n)*audioEvery, opus)
	}
	return all
}

// traffic is one packet of talk.
type traffic struct {
	raw  []byte
	kind sfu.Kind
	at   time.Duration
}

// catch is a sink that keeps.
type catch struct{ raw []byte }

func (c *catch) Packet(raw []byte, _ time.Time)   { c.raw = raw }
func (*catch) Report(sfu.SenderReport, time.Time) {}
func (*catch) Muted(bool, time.Time)              {}
func (*catch) Close()                             {}

func mark(all *[]traffic, d *sender, at time.Duration, frame []byte) {
	c := &catch{}
	d.sink = c
	d.send(at, frame)
	for _, a := range d.s.todo {
		a.do(time.Time{})
		*all = append(*all, traffic{c.raw, d.info.Kind, a.at})
	}
	d.s.todo = nil
}

// BenchmarkRecord is the cost of one packet from Sink to disk, the writer's
// goroutine included.
func BenchmarkRecord(b *testing.B) {
	all := talk()
	zero := time.Now()
	var now atomic.Int64
	r, err := New(Config{Dir: b.TempDir(), MinFree: 1, Now: func() time.Time { return zero.Add(time.Duration(now.Load())) }})
	if err != nil {
		b.Fatal(err)
	}
	rec, err := r.Start("r_1", zero, nil)
	if err != nil {
		b.Fatal(err)
	}
	sinks := map[sfu.Kind]sfu.Sink{
		sfu.Audio: rec.Sink(sfu.PublicationInfo{Kind: sfu.Audio, Codec: "opus", ClockRate: 48000}),
		sfu.Video: rec.Sink(sfu.PublicationInfo{Kind: sfu.Video, Codec: "VP8", ClockRate: 90000}),
	}
	b.ReportAllocs()
	b.ResetTimer()
	busy := cpuTime(b)
	for n := 0; n < b.N; {
		for _, p := range all {
			renumber(p.raw, n/len(all), p.kind)
			at := time.Duration(n/len(all))*time.Second + p.at
			sinks[p.kind].Packet(p.raw, zero.Add(at))
			n++
			if n >= b.N {
				break
			}
		}
		now.Store(int64(n/len(all)) * int64(time.Second))
		settle(rec)
	}
	b.StopTimer()
	b.ReportMetric(float64(cpuTime(b)-busy)/float64(b.N), "cpu-ns/op")
	if _, err := rec.Stop(context.Background()); err != nil && b.N > len(all) {
		b.Fatal(err)
	}
	if st := rec.Stats(); st.Dropped > 0 || st.Broken > 1 {
		b.Fatalf("%+v", st)
	}
}

// cpuTime is what the process has used; waiting for the disk is not in it.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// renumber moves a packet of talk to the n-th second.
func renumber(raw []byte, n int, kind sfu.Kind) {
	packets, ticks := 50, 48000
	if kind == sfu.Video {
		packets, ticks = 150, 90000
	}
	if n == 0 {
		return
	}
	seq := uint16(raw[2])<<8 | uint16(raw[3])
	seq += uint16(packets)
	raw[2], raw[3] = byte(seq>>8), byte(seq)
	ts := uint32(raw[4])<<24 | uint32(raw[5])<<16 | uint32(raw[6])<<8 | uint32(raw[7])
	ts += uint32(ticks)
	raw[4], raw[5], raw[6], raw[7] = byte(ts>>24), byte(ts>>16), byte(ts>>8), byte(ts)
}

// settle waits until the writer has done what was put.
func settle(rec *Recording) {
	done := make(chan struct{})
	p := rec.r.pool.copy(nil)
	p.event = func(*writer, time.Duration) { close(done) }
	if rec.queue.put(p, true) {
		<-done
	}
}

// TestMemory: recordings take at most 4 MiB each.
func TestMemory(t *testing.T) {
	const recordings = 50
	all := talk()
	zero := time.Now()
	var now atomic.Int64
	r, err := New(Config{Dir: t.TempDir(), MinFree: 1, Now: func() time.Time { return zero.Add(time.Duration(now.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	type pair struct{ audio, video sfu.Sink }
	var recs []*Recording
	var sinks []pair
	for n := range recordings {
		rec, err := r.Start("r_"+string(rune('a'+n/10))+string(rune('0'+n%10)), zero, nil)
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
		sinks = append(sinks, pair{
			rec.Sink(sfu.PublicationInfo{Kind: sfu.Audio, Codec: "opus", ClockRate: 48000}),
			rec.Sink(sfu.PublicationInfo{Kind: sfu.Video, Codec: "VP8", ClockRate: 90000}),
		})
	}
	for second := range 10 {
		now.Store(int64(second) * int64(time.Second))
		for _, p := range all {
			renumber(p.raw, second, p.kind)
		}
		for n, k := range sinks {
			for _, p := range all {
				at := zero.Add(time.Duration(second)*time.Second + p.at)
				if p.kind == sfu.Audio {
					k.audio.Packet(p.raw, at)
				} else {
					k.video.Packet(p.raw, at)
				}
			}
			settle(recs[n])
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapInuse+after.StackInuse) - int64(before.HeapInuse+before.StackInuse)) / recordings
	t.Logf("%d KiB a recording", each>>10)
	if each > 4<<20 {
		t.Errorf("%d bytes a recording", each)
	}
	for _, rec := range recs {
		if st := rec.Stats(); st.Dropped > 0 {
			t.Errorf("%+v", st)
		}
		if err := r.Remove(rec.id); err != nil {
			t.Error(err)
		}
	}
}
