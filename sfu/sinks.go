package sfu

import (
	"runtime/debug"
	"sync"
	"time"
)

// sinkHolder feeds the sink of a publication, one call at a time. A sink that
// panics is let go: the call lives on.
type sinkHolder struct {
	publication *Publication

	mu   sync.Mutex
	sink Sink
	over bool
}

func (h *sinkHolder) init(p *Publication) { h.publication = p }

// set closes the sink there is and takes one from the tap.
func (h *sinkHolder) set(t Tap) {
	h.closeSink()
	if t == nil {
		return
	}
	p := h.publication
	name := "VP8"
	if p.kind == Audio {
		name = "opus"
	}
	h.with(func() {
		if h.over {
			return
		}
		h.sink = t(PublicationInfo{
			Peer: p.peer.id, Source: p.source, Kind: p.kind, Codec: name, ClockRate: p.clock,
			SSRC: p.ssrc.Load(), PayloadType: p.payloadType,
			RequestKeyFrame: p.requestKeyFrame,
		})
		if h.sink != nil && p.muted.Load() {
			h.sink.Muted(true, p.peer.engine.now())
		}
	})
}

func (h *sinkHolder) packet(raw []byte, at time.Time) {
	h.mu.Lock()
	none := h.sink == nil
	h.mu.Unlock()
	if none {
		return
	}
	h.with(func() {
		if h.sink != nil {
			h.sink.Packet(raw, at)
		}
	})
}

func (h *sinkHolder) report(r SenderReport, at time.Time) {
	h.with(func() {
		if h.sink != nil {
			h.sink.Report(r, at)
		}
	})
}

func (h *sinkHolder) setMuted(muted bool, at time.Time) {
	h.with(func() {
		if h.sink != nil {
			h.sink.Muted(muted, at)
		}
	})
}

func (h *sinkHolder) closeSink() {
	h.with(func() {
		sink := h.sink
		h.sink = nil
		if sink != nil {
			sink.Close()
		}
	})
}

// close is the end: no sink follows.
func (h *sinkHolder) close() {
	h.closeSink()
	h.with(func() { h.over = true })
}

// with runs f under the lock and drops the sink if it panics.
func (h *sinkHolder) with(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer func() {
		if cause := recover(); cause != nil {
			h.sink = nil
			e := h.publication.peer.engine
			e.counters.panics.Add(1)
			e.log.Error("sfu: panic in a sink, it is let go", "peer", h.publication.peer.id,
				"source", h.publication.source, "panic", cause, "stack", string(debug.Stack()))
		}
	}()
	f()
}
