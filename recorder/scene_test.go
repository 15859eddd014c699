package recorder

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"tmk/sfu"
)

// scene plays what a participant sends into a recording, on a clock of its own.
type scene struct {
	t     *testing.T
	dir   string
	r     *Recorder
	rec   *Recording
	epoch time.Time
	now   atomic.Int64 // ns since epoch
	todo  []action
	rand  *rand.Rand
}

// action happens at a time since the scene's epoch.
type action struct {
	at time.Duration
	do func(now time.Time)
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, dir: t.TempDir(), epoch: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), rand: rand.New(rand.NewPCG(1, 2))}
	r, err := New(Config{Dir: s.dir, Now: s.clock, MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.r = r
	return s
}

func (s *scene) clock() time.Time { return s.epoch.Add(time.Duration(s.now.Load())) }

// start begins the recording now.
func (s *scene) start() {
	s.t.Helper()
	rec, err := s.r.Start("r_1", s.epoch, func(err error) { s.t.Errorf("failed: %v", err) })
	if err != nil {
		s.t.Fatal(err)
	}
	s.rec = rec
}

func (s *scene) at(at time.Duration, do func(now time.Time)) { s.todo = append(s.todo, action{at, do}) }

// play does what is planned, in order, up to a time.
func (s *scene) play(until time.Duration) {
	s.t.Helper()
	slices.SortStableFunc(s.todo, func(a, b action) int { return cmp.Compare(a.at, b.at) })
	step := time.Duration(s.now.Load())
	for len(s.todo) > 0 && s.todo[0].at <= until {
		a := s.todo[0]
		s.todo = s.todo[1:]
		for step+round < a.at {
			step += round
			s.now.Store(int64(step))
			s.settle()
		}
		s.now.Store(int64(max(a.at, step)))
		a.do(s.clock())
	}
	for ; step < until; step += round {
		s.now.Store(int64(step))
		s.settle()
	}
	s.now.Store(int64(until))
	s.settle()
}

// settle waits until the writer has done all that was put so far.
func (s *scene) settle() {
	if s.rec == nil {
		return
	}
	done := make(chan struct{})
	p := s.r.pool.copy(nil)
	p.event = func(*writer, time.Duration) { close(done) }
	if !s.rec.queue.put(p, true) {
		return
	}
	select {
	case <-done:
	case <-s.rec.done:
	}
}

func (s *scene) stop() Facts {
	s.t.Helper()
	f, err := s.rec.Stop(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// sender sends one publication's frames as RTP.
type sender struct {
	s       *scene
	sink    sfu.Sink
	info    sfu.PublicationInfo
	seq     uint16
	base    uint32        // RTP time of the sender's time 0
	ntp     time.Duration // what the sender's wall clock is ahead of ours
	delay   time.Duration // of the network
	jitter  time.Duration // at most, on top
	loss    float64       // of packets, which come again after resend
	gone    float64       // of packets, for good
	resend  time.Duration
	first   time.Duration // when reports begin
	frozen  time.Duration // how long the RTP clock stood still so far
	double  float64       // of packets, which come twice
	payload codecs.VP8Payloader
	asked   atomic.Int64
}

func (s *scene) sender(source sfu.Source, ssrc uint32) *sender {
	d := &sender{s: s, seq: 65000, base: 0xFFFF0000, ntp: 3 * time.Hour, delay: 30 * time.Millisecond, resend: 150 * time.Millisecond}
	d.payload.EnablePictureID = true
	d.info = sfu.PublicationInfo{Peer: "p1", Source: source, Kind: source.Kind(), SSRC: ssrc, PayloadType: 111, Codec: "opus", ClockRate: 48000}
	if source.Kind() == sfu.Video {
		d.info.PayloadType, d.info.Codec, d.info.ClockRate = 96, "VP8", 90000
	}
	d.info.RequestKeyFrame = func() { d.asked.Add(1) }
	return d
}

// publish makes the sink at that time.
func (d *sender) publish(at time.Duration) {
	d.s.at(at, func(time.Time) { d.sink = d.s.rec.Sink(d.info) })
}

func (d *sender) rtp(at time.Duration) uint32 {
	at -= d.frozen
	return d.base + uint32(int64(at)*int64(d.info.ClockRate)/int64(time.Second))
}

// send plans the packets of one frame that was taken at that time.
func (d *sender) send(taken time.Duration, frame []byte) {
	payloads := [][]byte{frame}
	if d.info.Kind == sfu.Video {
		payloads = d.payload.Payload(1100, frame)
	}
	for i, p := range payloads {
		packet := rtp.Packet{Payload: p, Header: rtp.Header{Version: 2, PayloadType: d.info.PayloadType, SSRC: d.info.SSRC,
			SequenceNumber: d.seq, Timestamp: d.rtp(taken), Marker: d.info.Kind == sfu.Audio || i == len(payloads)-1}}
		d.seq++
		raw, err := packet.Marshal()
		if err != nil {
			d.s.t.Fatal(err)
		}
		d.plan(taken+d.delay+time.Duration(i)*100*time.Microsecond, raw)
	}
}

func (d *sender) plan(at time.Duration, raw []byte) {
	r := d.s.rand
	if d.jitter > 0 {
		at += time.Duration(r.Int64N(int64(d.jitter)))
	}
	switch x := r.Float64(); {
	case x < d.gone:
		return
	case x < d.gone+d.loss:
		at += d.resend
	}
	put := func(now time.Time) { d.sink.Packet(raw, now) }
	d.s.at(at, put)
	if r.Float64() < d.double {
		d.s.at(at+5*time.Millisecond, put)
	}
}

// report plans a sender report.
func (d *sender) report(sent time.Duration) {
	sr := sfu.SenderReport{NTP: d.s.epoch.Add(d.ntp + sent), RTP: d.rtp(sent)}
	d.s.at(sent+d.delay, func(now time.Time) { d.sink.Report(sr, now) })
}

// frames sends the clip from one time to another; the clip's time 0 is the scene's.
func (d *sender) frames(c *clip, from, to time.Duration) {
	all, every := c.audio, audioEvery
	if d.info.Kind == sfu.Video {
		all, every = c.video, videoEvery
	}
	for n := int(from / every); time.Duration(n)*every < to; n++ {
		d.send(time.Duration(n)*every, all[n%len(all)])
	}
}

// reports sends a report every so often.
func (d *sender) reports(every, from, to time.Duration) {
	for at := from; at < to; at += every {
		d.report(at)
	}
}
