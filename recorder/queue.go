package recorder

import (
	"sync"
	"time"

	"tmk/sfu/codec"
)

// packet is one RTP packet, or an event of its publication, on its way to the writer.
type packet struct {
	raw     []byte
	rtp     codec.Header
	arrival time.Duration // since the recording began
	stream  *stream
	event   func(w *writer, at time.Duration) // instead of a packet
}

func (p *packet) payload() []byte { return p.rtp.Payload(p.raw) }

// packets are reused by all recordings.
type packets struct{ pool sync.Pool }

// packetSize is what a path's MTU lets through; a larger packet grows its buffer.
const packetSize = 1500

func (p *packets) copy(raw []byte) *packet {
	k, _ := p.pool.Get().(*packet)
	if k == nil {
		k = &packet{raw: make([]byte, 0, packetSize)}
	}
	k.raw = append(k.raw[:0], raw...)
	return k
}

func (p *packets) free(k *packet) {
	k.stream, k.event = nil, nil
	p.pool.Put(k)
}

// queue holds packets for the writer: bounded, never blocking who puts.
type queue struct {
	wake chan struct{} // told when the writer should not wait for its next round

	mu      sync.Mutex
	waiting []*packet
	limit   int
	closed  bool
}

// eventRoom is how many events fit after the packets.
const eventRoom = 256

func newQueue(limit int) *queue { return &queue{wake: make(chan struct{}, 1), limit: limit} }

// put appends k; false when the queue is full or closed. The writer is woken
// for events and when a quarter is used, else it looks by itself.
func (q *queue) put(k *packet, event bool) bool {
	q.mu.Lock()
	limit := q.limit
	if event {
		limit += eventRoom
	}
	if q.closed || len(q.waiting) >= limit {
		q.mu.Unlock()
		return false
	}
	q.waiting = append(q.waiting, k)
	n := len(q.waiting)
	q.mu.Unlock()
	if event || n == q.limit/4 {
		q.kick()
	}
	return true
}

func (q *queue) kick() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// swap returns what waits and leaves spare in its place.
func (q *queue) swap(spare []*packet) []*packet {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.waiting
	q.waiting = spare[:0]
	return all
}

// close makes every further put fail.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
