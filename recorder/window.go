package recorder

import "time"

// patience is how long a missing packet is waited for: its retransmission takes
// one to three round trips.
const patience = time.Second

// window puts the packets of one stream back into the order of sending. A hole
// is waited for until patience is over or the window is full.
type window struct {
	slots []*packet
	next  uint16
	began bool
	since time.Duration // the first packet's arrival
	fresh bool          // nothing was taken yet: an earlier packet may come
	count int
	late  func() // a packet came twice, or too late
}

// newWindow holds up to size packets, a power of two.
func newWindow(size int, late func()) window {
	return window{slots: make([]*packet, size), late: late}
}

func (w *window) slot(sequence uint16) **packet { return &w.slots[int(sequence)&(len(w.slots)-1)] }

// settleFor is how long the first packets are held, since they may be out of order.
const settleFor = 100 * time.Millisecond

// jump is a distance in sequence numbers that no reordering explains: the
// sender began anew.
const jump = 3000

// put takes a packet. It returns false when the packet is not kept.
func (w *window) put(p *packet) bool {
	if !w.began {
		w.began, w.fresh, w.next, w.since = true, true, p.rtp.Sequence, p.arrival
	}
	ahead := int16(p.rtp.Sequence - w.next)
	if w.fresh && ahead < 0 && int(-ahead) < len(w.slots)/2 {
		ahead, w.next = 0, p.rtp.Sequence
	}
	if ahead < 0 {
		w.late()
		return false
	}
	s := w.slot(p.rtp.Sequence)
	if *s != nil {
		w.late()
		return false
	}
	*s = p
	w.count++
	return true
}

// room reports whether a packet of that sequence number fits; anew that it
// belongs to a stream which began anew.
func (w *window) room(sequence uint16) (fits, anew bool) {
	if !w.began {
		return true, false
	}
	ahead := int16(sequence - w.next)
	if ahead > jump || ahead < -jump {
		return false, true
	}
	return int(ahead) < len(w.slots), false
}

// take returns the next packet in order, nil when there is none yet, and how
// many before it are missing and given up: at now they have been waited for long
// enough, or force is set.
func (w *window) take(now time.Duration, force bool) (p *packet, missing int) {
	if w.count == 0 || w.fresh && !force && now-w.since < settleFor {
		return nil, 0
	}
	w.fresh = false
	if p = *w.slot(w.next); p == nil {
		first := w.next + 1
		for *w.slot(first) == nil {
			first++
		}
		if !force && now-(*w.slot(first)).arrival < patience {
			return nil, 0
		}
		missing = int(first - w.next)
		w.next = first
		p = *w.slot(first)
	}
	*w.slot(w.next) = nil
	w.next++
	w.count--
	return p, missing
}

// restart forgets the order; the next packet begins a new one. The window must be empty.
func (w *window) restart() { w.began = false }
