package recorder

import (
	"time"

	"tmk/recorder/timeline"
	"tmk/recorder/webm"
	"tmk/sfu"
	"tmk/sfu/codec"
)

// How far behind now the tracks are written.
const (
	// liveHold: a frame of a track that sends may still come this late. It is more
	// than patience, so that a retransmission fills its place before silence does.
	liveHold = patience + 200*time.Millisecond
	// idleHold: of a muted or ended track only what was under way comes.
	idleHold = 300 * time.Millisecond
)

// stream is what one publication sends. The writer's goroutine owns it.
type stream struct {
	info   sfu.PublicationInfo
	window window
	line   *timeline.Track
	ssrc   uint32
	known  bool // ssrc is
	muted  bool
	closed bool
}

func (s *stream) live() bool { return s != nil && !s.muted && !s.closed }

// writer turns packets into the frames of a spool. It has no clock and no lock:
// one goroutine feeds it.
type writer struct {
	spool *spool
	pool  *packets
	stats *counters
	clock *timeline.Clock
	peer  string // whose clock it is
	sound sound
	video picture
}

func newWriter(s *spool, pool *packets, stats *counters) *writer {
	w := &writer{spool: s, pool: pool, stats: stats, clock: new(timeline.Clock)}
	w.sound = sound{spool: s, stats: stats}
	w.video = picture{spool: s, stats: stats}
	w.video.frames.needKey = true
	w.video.frames.lost = w.video.broke
	return w
}

// open makes s the stream of its kind; the one before it has nothing to say any more.
func (w *writer) open(s *stream, now time.Duration) {
	if !w.sound.stream.open() && !w.video.stream.open() || s.info.Peer != w.peer {
		w.clock, w.peer = new(timeline.Clock), s.info.Peer
	}
	s.line = timeline.NewTrack(s.info.ClockRate, w.clock)
	late := func() { w.stats.late.Add(1) }
	if s.info.Kind == sfu.Audio {
		w.drain(w.sound.stream, now, true)
		s.window = newWindow(256, late)
		w.sound.stream = s
		return
	}
	w.drain(w.video.stream, now, true)
	s.window = newWindow(1024, late)
	w.video.begin(s, now)
}

func (s *stream) open() bool { return s != nil && !s.closed }

// close tells that s ended.
func (w *writer) close(s *stream, now time.Duration) {
	w.drain(s, now, true)
	s.closed = true
}

// mute tells that s stopped or resumed on purpose. What is sent while muted is
// not recorded: nobody in the call gets it either.
func (w *writer) mute(s *stream, muted bool, now time.Duration) {
	if s.muted == muted || s.closed {
		return
	}
	w.drain(s, now, true)
	s.muted = muted
	if muted {
		return
	}
	s.window.restart()
	s.line.Resume()
	if s == w.video.stream {
		w.video.frames.needKey = true
		w.video.frames.drop()
	}
}

func (w *writer) current(s *stream) bool { return s == w.sound.stream || s == w.video.stream }

// packet takes one packet, which it frees in the end.
func (w *writer) packet(p *packet) {
	s := p.stream
	rtp := &p.rtp
	bad := rtp.Parse(p.raw) != nil
	foreign := s.info.PayloadType != 0 && rtp.PayloadType != s.info.PayloadType
	if bad || foreign || !s.live() || !w.current(s) {
		w.stats.ignored.Add(1)
		w.pool.free(p)
		return
	}
	if s.known && s.ssrc != rtp.SSRC {
		w.anew(s, p.arrival)
	}
	s.ssrc, s.known = rtp.SSRC, true
	fits, anew := s.window.room(rtp.Sequence)
	if anew {
		w.anew(s, p.arrival)
		fits = true
	}
	for !fits && w.takeOne(s, p.arrival, true) {
		fits, _ = s.window.room(rtp.Sequence)
	}
	if !fits { // a gap wider than the window
		s.window.restart()
		w.video.hole(s, newStream)
	}
	if !s.window.put(p) {
		w.pool.free(p)
		return
	}
	w.drain(s, p.arrival, false)
}

// anew begins another RTP stream in the same track.
func (w *writer) anew(s *stream, now time.Duration) {
	w.drain(s, now, true)
	s.window.restart()
	s.line.Restart()
	w.video.hole(s, newStream)
}

// drain writes what is in order, all of it when force is set.
func (w *writer) drain(s *stream, now time.Duration, force bool) {
	for s != nil && w.takeOne(s, now, force) {
	}
}

func (w *writer) takeOne(s *stream, now time.Duration, force bool) bool {
	p, missing := s.window.take(now, force)
	if p == nil {
		return false
	}
	w.stats.lost.Add(int64(missing))
	if s.info.Kind == sfu.Audio {
		w.sound.packet(s, p)
	} else {
		if missing > 0 {
			w.video.hole(s, missing)
		}
		w.video.packet(s, p)
	}
	w.pool.free(p)
	return true
}

// advance does what is due at now and writes what nothing can come before.
func (w *writer) advance(now time.Duration) error {
	w.drain(w.sound.stream, now, false)
	w.drain(w.video.stream, now, false)
	w.sound.advance(now)
	w.video.advance(now)
	cut := min(now-idleHold, w.sound.settled(now), w.video.settled(now))
	return w.spool.advance(cut, now)
}

// finish ends the recording at now.
func (w *writer) finish(now time.Duration) error {
	w.drain(w.sound.stream, now, true)
	w.drain(w.video.stream, now, true)
	w.sound.fill(now)
	return w.spool.end(now)
}

// sound is the audio track.
type sound struct {
	spool  *spool
	stats  *counters
	stream *stream
	began  bool
	head   time.Duration // the end of the last frame
}

func (t *sound) packet(s *stream, p *packet) {
	data := p.payload()
	opus, ok := codec.ParseOpus(data)
	if !ok { // padding, if it is empty
		t.stats.ignored.Add(1)
		return
	}
	d := opus.Duration
	at := s.line.Map(p.rtp.Timestamp, p.arrival)
	// Half a frame of overlap is the clocks' slew; more would be heard twice.
	if at < 0 || t.began && at+d/2 < t.head {
		t.stats.late.Add(1)
		return
	}
	if t.began {
		t.fill(at)
	}
	t.write(at, d, data)
}

func (t *sound) write(at, d time.Duration, data []byte) {
	t.spool.add(webm.Block{Track: webm.Audio, Time: at, Key: true, Data: data})
	t.began, t.head = true, at+d
	t.stats.frames.Add(1)
}

// fill puts silence where nothing came, up to a time.
func (t *sound) fill(upTo time.Duration) {
	for t.began && t.head+silenceFor <= upTo {
		t.write(t.head, silenceFor, silence)
	}
}

func (t *sound) hold() time.Duration {
	if t.stream.live() {
		return liveHold
	}
	return idleHold
}

func (t *sound) advance(now time.Duration) { t.fill(now - t.hold()) }

// settled is the time before which nothing more comes.
func (t *sound) settled(now time.Duration) time.Duration {
	if !t.began {
		return now
	}
	return t.head
}
