// Package uplink judges what arrives from a sender and says what to tell it:
// receiver reports (RFC 3550 §6.4.2), the packets to send again (RFC 4585
// §6.2.1) and transport-wide feedback. It is pure: times come in as arguments
// and nothing is locked.
package uplink

import "time"

const (
	// window is how many sequence numbers back a packet is still told from its
	// duplicate.
	window = 1024
	// maxMissing bounds the packets that are asked for; with more than that
	// missing only a key frame helps.
	maxMissing = 128
	// maxAsks is how often a packet is asked for: with the growing pauses
	// between, for about a second, as long as senders keep their packets. That
	// also outlasts a restart of ICE, when nothing gets through for a while.
	maxAsks = 10
	// patience is how long a gap may be mere reordering.
	patience = 8 * time.Millisecond
	// minRetry is the least time between the first two requests for a packet;
	// each pause is longer than the last by half of the first.
	minRetry = 30 * time.Millisecond
	// maxJump is the largest step forward in a stream; beyond it the sender has
	// started anew (RFC 3550 A.1 MAX_DROPOUT).
	maxJump = 3000
)

type missing struct {
	seq  int64
	next time.Time
	asks int
}

// Stream is one SSRC as it arrives.
type Stream struct {
	clockRate uint32
	retry     bool // ask for what is missing

	started bool
	first   int64 // extended sequence numbers
	highest int64
	seen    [window / 64]uint64
	missing []missing

	received uint64
	octets   uint64

	transit    int64
	jitter     float64 // RTP ticks
	haveTrans  bool
	reference  time.Time
	reportSR   uint32 // middle 32 bits of the last sender report
	reportSRAt time.Time

	priorExpected, priorReceived int64 // at the last Report
	takenExpected, takenReceived int64 // at the last TakeLoss
}

// NewStream returns a stream of that clock rate; retry says whether lost
// packets are to be asked for.
func NewStream(clockRate uint32, retry bool) *Stream {
	return &Stream{clockRate: clockRate, retry: retry}
}

// Arrival is what a packet is to its stream.
type Arrival int

const (
	Fresh  Arrival = iota // new, in order or late
	Again                 // a duplicate, or too old to be of use: drop it
	Jumped                // the sender has begun its numbers anew, with this packet
)

// Packet notes an arrival.
func (s *Stream) Packet(seq uint16, ts uint32, size int, at time.Time) Arrival {
	if !s.started {
		s.start(seq, at)
	}
	arrival := Fresh
	ext := s.extend(seq)
	switch gap := ext - s.highest; {
	case gap > maxJump || gap < -maxJump:
		s.restart(seq, at)
		arrival = Jumped
	case gap > 0:
		s.advance(ext, at)
	case gap <= -window || s.bit(ext):
		return Again
	default:
		s.found(ext)
	}
	s.setBit(s.extend(seq))
	s.received++
	s.octets += uint64(size)
	s.measureJitter(ts, at)
	return arrival
}

func (s *Stream) start(seq uint16, at time.Time) {
	s.started = true
	s.first = int64(seq) + 1<<16 // room below for what came before
	s.highest = s.first - 1
	s.reference = at
	s.haveTrans = false
}

func (s *Stream) restart(seq uint16, at time.Time) {
	*s = Stream{clockRate: s.clockRate, retry: s.retry, missing: s.missing[:0],
		reportSR: s.reportSR, reportSRAt: s.reportSRAt, octets: s.octets}
	s.start(seq, at)
	s.highest = s.first
}

func (s *Stream) extend(seq uint16) int64 {
	return s.highest + int64(int16(seq-uint16(s.highest)))
}

// advance moves the window to a new highest packet; what lies between is missing.
func (s *Stream) advance(ext int64, at time.Time) {
	for m := s.highest + 1; m <= ext; m++ {
		s.clearBit(m)
		if m == ext || !s.retry {
			continue
		}
		if len(s.missing) == maxMissing {
			s.missing = append(s.missing[:0], s.missing[1:]...)
		}
		s.missing = append(s.missing, missing{seq: m, next: at.Add(patience)})
	}
	s.highest = ext
}

func (s *Stream) found(ext int64) {
	for i := range s.missing {
		if s.missing[i].seq == ext {
			s.missing = append(s.missing[:i], s.missing[i+1:]...)
			return
		}
	}
}

// Missing tells whether packets are waited for.
func (s *Stream) Missing() bool { return len(s.missing) > 0 }

// Due appends to out the sequence numbers to ask for now. gone counts those
// that were given up.
func (s *Stream) Due(out []uint16, now time.Time, rtt time.Duration) (due []uint16, gone int) {
	kept := s.missing[:0]
	for _, m := range s.missing {
		if now.Before(m.next) {
			kept = append(kept, m)
			continue
		}
		if m.asks == maxAsks || s.highest-m.seq >= window {
			gone++
			continue
		}
		pause := max(minRetry, rtt+rtt/2)
		m.next = now.Add(pause + pause*time.Duration(m.asks)/2)
		m.asks++
		out = append(out, uint16(m.seq))
		kept = append(kept, m)
	}
	s.missing = kept
	return out, gone
}

// measureJitter is RFC 3550 A.8.
func (s *Stream) measureJitter(ts uint32, at time.Time) {
	arrival := int64(at.Sub(s.reference)) / 1000 * int64(s.clockRate) / 1_000_000
	transit := int64(int32(uint32(arrival) - ts))
	if s.haveTrans {
		d := transit - s.transit
		if d < 0 {
			d = -d
		}
		if d < int64(s.clockRate) { // a second: a jump of the clock is no jitter
			s.jitter += (float64(d) - s.jitter) / 16
		}
	}
	s.transit, s.haveTrans = transit, true
}

// TakeOctets is how many bytes have arrived since it was called last.
func (s *Stream) TakeOctets() (octets uint64) {
	octets, s.octets = s.octets, 0
	return octets
}

func (s *Stream) bit(ext int64) bool { return s.seen[ext%window/64]>>(ext%64)&1 != 0 }
func (s *Stream) setBit(ext int64)   { s.seen[ext%window/64] |= 1 << (ext % 64) }
func (s *Stream) clearBit(ext int64) { s.seen[ext%window/64] &^= 1 << (ext % 64) }
