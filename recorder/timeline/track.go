package timeline

import "time"

// Policy of correction; see the package comment.
const (
	slewPerMille = 10
	stepAfter    = 60 * time.Millisecond
	settle       = 10 * time.Second
	// delayWindow: the smallest delay of one to two such windows is what the
	// network needs; what is above it is jitter and retransmission.
	delayWindow = time.Second
	// pause is a gap in arrival after which the RTP clock may have stood still.
	pause = time.Second
	// lateLimit: frames that are all later than this after a pause are so because
	// the RTP clock stood still (or the network has become that slow: then
	// following it loses nothing). A report that says otherwise has to come closer.
	lateLimit = 700 * time.Millisecond
	// future: a frame cannot come before it was taken. What a slow network
	// gave way by may look like it; more is another RTP clock.
	future = 3 * time.Second
	// believable: a report further off than this is a sender's mistake.
	believable = 5 * time.Second
)

// Track is the time line of one track. It wants the frames in their order of sending.
type Track struct {
	rate  int64
	clock *Clock

	began    bool
	rtp      uint32 // of the last frame
	ext      int64  // the same without the wrap, in ticks since the anchor was first set
	anchored time.Duration
	arrival  time.Duration // the latest
	last     time.Duration // the latest result

	ref   int64         // this tick …
	refAt time.Duration // … is at this time

	newest  report
	early   bool // newest came before the first frame
	locked  bool // newest counts
	strayed bool // reports disagreed with arrival: the next must be close
	resumed bool // the next frame shows whether the RTP clock went on
	paused  bool // a gap in arrival, and frames have not caught up

	cur, old window
}

type report struct {
	ntp time.Time
	rtp uint32
	ext int64
}

// window holds the smallest delay in a stretch of arrival time.
type window struct {
	since time.Duration
	delay time.Duration
	any   bool
}

// NewTrack begins a track with rate RTP ticks a second.
func NewTrack(rate uint32, clock *Clock) *Track {
	return &Track{rate: int64(max(rate, 1)), clock: clock}
}

// Restart tells that the next frame is of another stream: another SSRC with
// another RTP clock. Time goes on.
func (t *Track) Restart() {
	*t = Track{rate: t.rate, clock: t.clock, last: t.last}
}

// Resume tells that the sender sends again after he stopped on purpose.
func (t *Track) Resume() { t.resumed = true }

// Report takes a sender report. A zero ntp says nothing (RFC 3550 §6.4.1).
func (t *Track) Report(ntp time.Time, rtp uint32, arrival time.Duration) {
	if ntp.Unix() <= 0 {
		return
	}
	t.clock.observe(ntp, arrival)
	r := report{ntp: ntp, rtp: rtp}
	if !t.began {
		t.newest, t.early = r, true
		return
	}
	t.take(r)
}

func (t *Track) take(r report) {
	r.ext = t.ext + int64(int32(r.rtp-t.rtp))
	limit := believable
	if t.strayed {
		limit = lateLimit
	}
	if e := t.target(r) - t.at(t.ext); e > limit || e < -limit {
		return
	}
	t.newest, t.locked, t.strayed = r, true, false
}

// target is the time of the latest frame by a report.
func (t *Track) target(r report) time.Duration {
	return t.clock.local(r.ntp) + t.span(t.ext-r.ext)
}

func (t *Track) span(ticks int64) time.Duration {
	return time.Duration(ticks/t.rate)*time.Second + time.Duration(ticks%t.rate)*time.Second/time.Duration(t.rate)
}

func (t *Track) at(ext int64) time.Duration { return t.refAt + t.span(ext-t.ref) }

// anchor puts the latest frame at a time, whatever was known.
func (t *Track) anchor(at, arrival time.Duration) {
	t.ref, t.refAt = t.ext, at
	t.anchored = arrival
	t.locked, t.paused = false, false
	t.cur, t.old = window{}, window{}
}

// Map returns the time of the frame with that RTP timestamp, whose first
// packet came at arrival. It is never before the result of an earlier call.
func (t *Track) Map(rtp uint32, arrival time.Duration) time.Duration {
	elapsed := arrival - t.arrival
	t.arrival = max(t.arrival, arrival)
	if !t.began {
		t.began, t.rtp, t.resumed = true, rtp, false
		t.anchor(arrival, arrival)
		if t.early {
			t.early = false
			t.take(t.newest)
		}
	} else {
		t.ext += int64(int32(rtp - t.rtp))
		t.rtp = rtp
		t.watch(arrival, elapsed)
	}
	t.correct(arrival, elapsed)
	t.last = max(t.last, t.at(t.ext))
	return t.last
}

// watch looks for an RTP clock that jumped or stood still.
func (t *Track) watch(arrival, elapsed time.Duration) {
	delay := arrival - t.at(t.ext)
	resumed := t.resumed
	t.resumed = false
	switch {
	case delay < -future, resumed && (delay > lateLimit || delay < -lateLimit):
		t.strayed = t.locked
		t.anchor(arrival, arrival)
		return
	case elapsed >= pause:
		t.paused = true
		t.cur, t.old = window{}, window{}
	}
	t.note(arrival, delay)
	if !t.paused || !t.old.any {
		return
	}
	if late := t.leastDelay(); late > lateLimit {
		t.strayed = t.strayed || t.locked
		t.anchor(t.at(t.ext)+late, arrival)
	}
	t.paused = false
}

// note keeps the smallest delay.
func (t *Track) note(arrival, delay time.Duration) {
	if t.cur.any && arrival-t.cur.since >= delayWindow {
		t.old, t.cur = t.cur, window{}
	}
	if !t.cur.any {
		t.cur = window{since: arrival, delay: delay, any: true}
	}
	t.cur.delay = min(t.cur.delay, delay)
}

func (t *Track) leastDelay() time.Duration {
	if t.old.any {
		return min(t.old.delay, t.cur.delay)
	}
	return t.cur.delay
}

// correct moves the mapping towards what reports, or else arrivals, say.
func (t *Track) correct(arrival, elapsed time.Duration) {
	var wrong time.Duration
	switch {
	case t.locked:
		wrong = t.target(t.newest) - t.at(t.ext)
	case t.old.any:
		wrong = t.leastDelay()
	case t.cur.any:
		wrong = min(t.cur.delay, 0)
	}
	if wrong == 0 {
		return
	}
	young := arrival-t.anchored < settle
	if step := wrong > stepAfter || wrong < -stepAfter && young; !step {
		most := max(elapsed, 0) * slewPerMille / 1000
		wrong = min(max(wrong, -most), most)
	}
	t.refAt += wrong
	t.shift(-wrong)
}

// shift corrects the remembered delays after the mapping moved.
func (t *Track) shift(by time.Duration) {
	t.cur.delay += by
	t.old.delay += by
}
