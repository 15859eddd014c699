package recorder

import (
	"time"

	"tmk/recorder/webm"
)

const (
	// keyEvery: a seek lands at most this far before its target. Browsers send
	// key frames only when asked.
	keyEvery = 5 * time.Second
	// keyAgain: how long after asking in vain to ask again.
	keyAgain = time.Second
	// keySoon is the least time between two requests.
	keySoon = 300 * time.Millisecond
	// goneAfter: a camera that sent nothing for so long counts as off.
	goneAfter = 10 * time.Second
	// endedAfter is the same for a publication that has ended: at the end of a
	// consultation Stop comes first, and the last picture stays the last.
	endedAfter = 2 * time.Second
)

// picture is the video track. While the camera sends nothing its last picture
// stands; when it is off, ended or gone for long, a black key frame every
// keyEvery says so and keeps the file seekable.
type picture struct {
	spool  *spool
	stats  *counters
	stream *stream
	frames assembler

	began         bool
	blank         bool // black frames stand for the camera
	width, height int
	last          time.Duration // of the last frame
	heard         time.Duration // when it came
	keyAt         time.Duration // when the last key frame came
	askedAt       time.Duration
	asked         bool
}

func (t *picture) begin(s *stream, now time.Duration) {
	t.stream = s
	t.heard = now
	t.frames.drop()
	t.frames.needKey = true
	t.ask(now)
}

// hole tells that packets of s are missing before the next; a new stream has
// nothing to do with what came before it.
func (t *picture) hole(s *stream, missing int) {
	if s == t.stream {
		t.frames.skip(missing)
	}
}

const newStream = 1 << 16 // packets: more than any loss

// broke is called when the frames until the next key frame are lost.
func (t *picture) broke() { t.stats.broken.Add(1) }

func (t *picture) packet(s *stream, p *packet) {
	f, ok := t.frames.push(p)
	if !ok {
		return
	}
	at := max(s.line.Map(f.timestamp, f.arrival), 0)
	if t.began {
		at = max(at, t.last+time.Millisecond)
	}
	if f.key {
		t.keyAt, t.asked = p.arrival, false
		t.width, t.height, _ = webm.KeyFrameSize(f.data)
	}
	t.blank, t.heard = false, p.arrival
	t.write(at, f.key, f.data)
}

func (t *picture) write(at time.Duration, key bool, data []byte) {
	t.spool.add(webm.Block{Track: webm.Video, Time: at, Key: key, Data: data})
	t.began, t.last = true, at
	t.stats.frames.Add(1)
}

// gone reports whether the camera is off.
func (t *picture) gone(now time.Duration) bool {
	switch {
	case t.stream.muted:
		return true
	case t.stream.closed:
		return now-t.heard >= endedAfter
	}
	return now-t.heard >= goneAfter
}

func (t *picture) advance(now time.Duration) {
	if t.stream.live() {
		due := keyEvery
		if t.frames.needKey {
			due = 0
		}
		if now-t.keyAt >= due {
			t.ask(now)
		}
	}
	if !t.began || !t.gone(now) {
		return
	}
	if !t.blank {
		t.blank = true
		t.frames.needKey = true // what follows does not build on black
		t.shade(now)
		return
	}
	if now-t.last >= keyEvery {
		t.shade(now)
	}
}

// shade writes a black key frame.
func (t *picture) shade(now time.Duration) {
	t.write(max(now, t.last+time.Millisecond), true, blankFrame(t.width, t.height))
}

// ask asks the sender for a key frame, unless that was done just now.
func (t *picture) ask(now time.Duration) {
	wait := keyAgain
	if t.frames.needKey {
		wait = keySoon
	}
	if t.asked && now-t.askedAt < wait {
		return
	}
	t.asked, t.askedAt = true, now
	if t.stream.info.RequestKeyFrame != nil {
		t.stream.info.RequestKeyFrame()
	}
}

// settled is the time before which nothing more comes.
func (t *picture) settled(now time.Duration) time.Duration {
	switch {
	case !t.began:
		return now
	case t.blank:
		return max(t.last, now-idleHold)
	}
	return max(t.last, now-liveHold)
}
