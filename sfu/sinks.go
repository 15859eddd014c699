package sfu

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// sinkHolder feeds the sink of a publication, one call at a time. A sink that
// panics is let go: the call lives on.
type sinkHolder struct {
	publication *Publication
	active      atomic.Bool // there is a sink: looked at for each packet

	mu   sync.Mutex
	tap  *Tap // what sink came from
	sink Sink
	live bool // the publication has begun
	over bool // and ended
}

// begin is the publication's first packet, or the first of a new SSRC: a sink
// is made of the tap there is.
func (h *sinkHolder) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.live = true
	h.openLocked()
}

// set hands the publication to another tap; nil is none.
func (h *sinkHolder) set(t *Tap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tap == t {
		return
	}
	h.tap = t
	if h.live {
		h.openLocked()
	}
}

// openLocked replaces the sink by one of the tap.
func (h *sinkHolder) openLocked() {
	h.closeLocked()
	if h.tap == nil || *h.tap == nil || h.over {
		return
	}
	p := h.publication
	h.guarded(func() { h.sink = (*h.tap)(p.info()) })
	h.active.Store(h.sink != nil)
	if p.muted.Load() {
		h.call(func(s Sink) { s.Muted(true, p.peer.engine.now()) })
	}
}

func (h *sinkHolder) packet(raw []byte, at time.Time) {
	if !h.active.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.call(func(s Sink) { s.Packet(raw, at) })
}

func (h *sinkHolder) report(r SenderReport, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.call(func(s Sink) { s.Report(r, at) })
}

func (h *sinkHolder) setMuted(muted bool, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.call(func(s Sink) { s.Muted(muted, at) })
}

// close is the publication's end: no sink follows.
func (h *sinkHolder) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	h.closeLocked()
}

func (h *sinkHolder) closeLocked() {
	h.call(func(s Sink) { s.Close() })
	h.sink = nil
	h.active.Store(false)
}

// call runs f with the sink, if there is one.
func (h *sinkHolder) call(f func(Sink)) {
	if h.sink != nil {
		h.guarded(func() { f(h.sink) })
	}
}

// guarded lets the sink go if f panics.
func (h *sinkHolder) guarded(f func()) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		h.sink = nil
		h.active.Store(false)
		p := h.publication
		p.peer.engine.counters.sinkPanics.Add(1)
		p.peer.engine.log.Error("sfu: panic in a sink, it is let go", "peer", p.peer.id,
			"source", p.source, "panic", cause, "stack", string(debug.Stack()))
	}()
	f()
}
