// Package history keeps the last second of a publication's packets, once for
// all of its subscribers, to answer their NACKs. It has no lock: the caller
// guards it.
package history

import "time"

const (
	// firstSize is what a ring starts with: a second of 250 kbit/s.
	firstSize = 32 << 10
	// maxSize bounds a ring: a second of 4 Mbit/s.
	maxSize = 512 << 10
	// keep is how long a packet should stay: three round trips of a bad link.
	keep = time.Second
	// slots is the number of packets that are remembered; 1024 in a second is
	// 9 Mbit/s of full packets.
	slots = 1024
)

type entry struct {
	end    uint64 // position after the packet's last byte, counted from the first Put
	seq    uint16
	length uint16
}

// Ring is a byte ring of packet payloads with an index by sequence number. The
// zero Ring is empty and holds no memory until the first Put.
type Ring struct {
	index  []entry
	data   []byte
	head   uint64    // bytes ever written, the gaps at the wrap included
	turned time.Time // when head was last at the ring's start
}

// Put copies a payload into the ring in place of the oldest ones.
func (r *Ring) Put(seq uint16, payload []byte, at time.Time) {
	n := len(payload)
	if n == 0 || n > firstSize/4 { // no network carries such a packet
		return
	}
	if r.index == nil {
		r.index = make([]entry, slots)
		r.data = make([]byte, firstSize)
		r.turned = at
	}
	offset := int(r.head % uint64(len(r.data)))
	if offset+n > len(r.data) { // never split a packet
		r.head += uint64(len(r.data) - offset)
		offset = r.turn(at)
	}
	copy(r.data[offset:], payload)
	r.head += uint64(n)
	r.index[seq%slots] = entry{end: r.head, seq: seq, length: uint16(n)}
}

// turn begins the next round of the ring and returns where to write. A round
// that took less than keep says that the ring is too small: it doubles, and the
// round that was becomes its first half.
func (r *Ring) turn(at time.Time) int {
	size := len(r.data)
	fast := at.Sub(r.turned) < keep
	r.turned = at
	if !fast || size >= maxSize {
		return 0
	}
	data := make([]byte, 2*size)
	copy(data, r.data)
	before := r.head - uint64(size)
	for i := range r.index {
		if e := &r.index[i]; e.end > before {
			e.end -= before
		} else {
			*e = entry{}
		}
	}
	r.data, r.head = data, uint64(size)
	return size
}

func (r *Ring) whole(e *entry) bool {
	return r.head-(e.end-uint64(e.length)) <= uint64(len(r.data))
}

// Get copies the payload with that sequence number into buf. It returns its
// length, or 0 when it is no longer there or buf is too short.
func (r *Ring) Get(seq uint16, buf []byte) int {
	if r.index == nil {
		return 0
	}
	e := &r.index[seq%slots]
	if e.end == 0 || e.seq != seq || !r.whole(e) || len(buf) < int(e.length) {
		return 0
	}
	start := int((e.end - uint64(e.length)) % uint64(len(r.data)))
	return copy(buf, r.data[start:start+int(e.length)])
}

// Clear forgets all packets; the memory is kept.
func (r *Ring) Clear() { clear(r.index) }

// Size is the memory the ring holds, in bytes.
func (r *Ring) Size() int { return len(r.data) + 16*len(r.index) }
