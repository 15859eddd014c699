package signaling

import (
	"cmp"
	"slices"
	"time"

	"tmk/sfu"
	"tmk/signaling/protocol"
)

// Levels of a connection, as the pages show them.
const (
	levelNone = iota
	levelBad
	levelFair
	levelGood
)

// grade says how a connection does in the four levels of the pages, and where the trouble is. The
// limits are where people notice: Opus hides 3 % of loss well and 10 % badly; a
// round trip of 400 ms makes people interrupt each other (ITU-T G.114 gives 400 ms one way as the end).
func grade(state sfu.State, q sfu.Quality) (level int, cause string) {
	if state != sfu.Connected {
		return levelNone, ""
	}
	level = levelGood
	worse := func(l int, why string) {
		if l < level {
			level, cause = l, why
		}
	}
	worse(lossLevel(q.UplinkLoss), "uplink")
	worse(lossLevel(q.DownlinkLoss), "downlink")
	switch {
	case q.RTT > 800*time.Millisecond:
		worse(levelBad, "latency")
	case q.RTT > 400*time.Millisecond:
		worse(levelFair, "latency")
	}
	return level, cause
}

func lossLevel(loss float64) int {
	switch {
	case loss > 0.10:
		return levelBad
	case loss > 0.03:
		return levelFair
	}
	return levelGood
}

// qualityEvery is how often people are told of changes at most.
const qualityEvery = 2 * time.Second

// qualityClock spaces the quality messages. The loop owns it.
type qualityClock struct {
	timer *time.Timer // nil: nothing to tell
	last  time.Time
}

// touch notes that something changed.
func (q *qualityClock) touch() {
	if q.timer == nil {
		q.timer = time.NewTimer(max(0, qualityEvery-time.Since(q.last)))
	}
}

// due fires when it is time to tell; nil never fires.
func (q *qualityClock) due() <-chan time.Time {
	if q.timer == nil {
		return nil
	}
	return q.timer.C
}

// tellQuality tells all how everybody's connection does.
func (r *room) tellQuality() {
	r.quality = qualityClock{last: time.Now()}
	var people []protocol.PersonQuality
	for id, m := range r.members {
		if m.in && m.link != nil {
			people = append(people, protocol.PersonQuality{Seat: string(id), Level: m.link.level, Cause: m.link.cause})
		}
	}
	slices.SortFunc(people, func(a, b protocol.PersonQuality) int { return cmp.Compare(a.Seat, b.Seat) })
	r.tell(protocol.Quality{People: people}, nil)
}
