// Package rewrite keeps the sequence numbers and timestamps that a receiver
// sees in one piece while what is sent to it changes: another source takes the
// line, a source pauses, single packets are left out.
//
// Package rewrite is pure: times come in as arguments and nothing is locked.
package rewrite

import "time"

// segments is how many rows of left-out packets are remembered, so that a late
// packet from before them still gets its right number.
const segments = 64

// window is how late a packet may come. It keeps the numbers far from those of
// 65536 packets ago.
const window = 1024

// segment begins at a source's sequence number; from there on delta is added.
type segment struct {
	start int64 // extended
	delta uint16
}

// Rewriter maps the packets of one source after another onto one line. The zero
// Rewriter is ready: its first packet goes out as it came.
type Rewriter struct {
	clockRate uint32

	// What went out last.
	started bool
	lastSeq uint16
	lastTS  uint32
	lastAt  time.Time

	// The source at hand.
	live    bool
	base    int64 // its first packet: what comes later but was sent before is dropped
	high    int64 // highest sequence number seen, extended beyond 16 bits
	deltaTS uint32
	ring    [segments]segment
	used    int // segments in ring, the newest at (used-1)%segments
}

// New returns a Rewriter for a line of that clock rate, ticks per second.
func New(clockRate uint32) Rewriter { return Rewriter{clockRate: clockRate} }

// Switch begins another source with this packet. Its timestamp follows the last
// one by the time that has passed since.
func (r *Rewriter) Switch(seq uint16, ts uint32, at time.Time) {
	r.begin(seq)
	if !r.started {
		r.deltaTS = 0
		return
	}
	passed := at.Sub(r.lastAt)
	ticks := uint32(max(1, int64(passed)*int64(r.clockRate)/int64(time.Second)))
	r.deltaTS = r.lastTS + ticks - ts
}

// Resume goes on with the same source after a pause, with this packet. The
// timestamps keep their distance: the source's clock ran on.
func (r *Rewriter) Resume(seq uint16) { r.begin(seq) }

func (r *Rewriter) begin(seq uint16) {
	delta := uint16(0)
	if r.started {
		delta = r.lastSeq + 1 - seq
	}
	r.live = true
	r.base = int64(seq)
	r.high = r.base - 1
	r.ring[0] = segment{start: r.base, delta: delta}
	r.used = 1
}

// extend finds the packet meant by 16 bits: the one nearest to the highest.
func (r *Rewriter) extend(seq uint16) int64 { return r.high + int64(int16(seq-uint16(r.high))) }

// Pause stops until the next Switch or Resume: Next drops everything.
func (r *Rewriter) Pause() { r.live = false }

// Live tells whether a source is being mapped.
func (r *Rewriter) Live() bool { return r.live }

// Skip leaves a packet out. It reports false when that would tear a hole,
// because later packets have gone out already: then forward it.
func (r *Rewriter) Skip(seq uint16) bool {
	ext := r.extend(seq)
	if !r.live || ext <= r.high {
		return false
	}
	r.high = ext
	newest := &r.ring[(r.used-1)%segments]
	if newest.start == ext && ext > r.base { // one more in a row
		*newest = segment{start: ext + 1, delta: newest.delta - 1}
		return true
	}
	r.ring[r.used%segments] = segment{start: ext + 1, delta: newest.delta - 1}
	r.used++
	return true
}

// Next returns the numbers a packet goes out with; ok is false when it is not
// to go out.
func (r *Rewriter) Next(seq uint16, ts uint32, at time.Time) (outSeq uint16, outTS uint32, ok bool) {
	ext := r.extend(seq)
	if !r.live || ext < r.base || ext <= r.high-window {
		return 0, 0, false
	}
	delta, ok := r.delta(ext)
	if !ok {
		return 0, 0, false
	}
	r.high = max(r.high, ext)
	outSeq, outTS = seq+delta, ts+r.deltaTS
	if !r.started || after(outSeq, r.lastSeq) {
		r.started = true
		r.lastSeq, r.lastTS, r.lastAt = outSeq, outTS, at
	}
	return outSeq, outTS, true
}

// Timestamp maps a timestamp of the source at hand, as in a sender report.
func (r *Rewriter) Timestamp(ts uint32) uint32 { return ts + r.deltaTS }

func (r *Rewriter) delta(ext int64) (uint16, bool) {
	for i := r.used - 1; i >= max(0, r.used-segments); i-- {
		if s := r.ring[i%segments]; s.start <= ext {
			return s.delta, true
		}
	}
	return 0, false
}

// after tells whether a is later than b (RFC 1982).
func after(a, b uint16) bool { return int16(a-b) > 0 }
