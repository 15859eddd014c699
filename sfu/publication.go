package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"tmk/sfu/codec"
	"tmk/sfu/history"
	"tmk/sfu/uplink"
)

const (
	opusClock  = 48000 // RFC 7587 §4.1
	videoClock = 90000 // RFC 7741 §4.1
)

// Publication is one source of a peer as it arrives. Packets come in one
// goroutine, the connection's.
type Publication struct {
	peer   *Peer
	mid    string
	source Source
	kind   Kind
	clock  uint32

	subscribers atomic.Pointer[[]*slot]
	muted       atomic.Bool
	ssrc        atomic.Uint32 // 0 until the first packet
	payloadType atomic.Uint32
	bits        atomic.Int64 // per second, that arrive
	keyFrames   keyFrames

	stream *uplink.Stream // guarded by peer.uplink.mu

	packet packet // the one at hand

	historyMu sync.Mutex
	history   history.Ring

	sink sinkHolder
}

// packet is one RTP packet on its way.
type packet struct {
	codec.Header
	payload []byte
	at      time.Time
	stamp   uint32 // abs-send-time
	key     bool   // first packet of a key frame
}

func newPublication(p *Peer, mid string, source Source) *Publication {
	pub := &Publication{peer: p, mid: mid, source: source, kind: source.Kind(), clock: opusClock}
	if pub.kind == Video {
		pub.clock = videoClock
	}
	pub.stream = uplink.NewStream(pub.clock, pub.kind == Video)
	pub.keyFrames.publication = pub
	pub.sink.publication = pub
	pub.subscribers.Store(new([]*slot))
	return pub
}

// receive takes a packet from the socket to everyone it is for. Nothing is
// allocated on the way.
func (p *Publication) receive(raw []byte, ext extensions, at time.Time) {
	c := &p.peer.engine.counters
	pkt := &p.packet
	if err := pkt.Parse(raw); err != nil {
		c.malformed.Add(1)
		return
	}
	if pkt.SSRC != p.ssrc.Load() {
		p.begin()
	}
	switch p.peer.uplink.received(p, raw, ext, at) {
	case uplink.Again:
		c.late.Add(1)
		return
	case uplink.Jumped:
		p.renew()
	}
	pkt.payload, pkt.at, pkt.key = pkt.Payload(raw), at, false
	if p.kind == Audio {
		p.hear(raw, ext, at)
	} else if !p.look() {
		c.malformed.Add(1)
		return
	}
	if p.muted.Load() {
		return
	}
	pkt.stamp = absSendTime(at)
	for _, s := range *p.subscribers.Load() {
		s.forward(p, pkt)
	}
	p.sink.packet(raw, at)
}

// begin notes a new SSRC: the first, or another one after the client changed
// its sender.
func (p *Publication) begin() {
	again := p.ssrc.Swap(p.packet.SSRC) != 0
	p.payloadType.Store(uint32(p.packet.PayloadType))
	if again {
		p.peer.uplink.reset(p)
		p.renew()
	}
	p.sink.begin()
}

// renew begins the numbers of the source anew, here and in its slots. It must:
// one number for two packets on a line would give the key of its GCM away
// (RFC 7714 §8.1).
func (p *Publication) renew() {
	p.historyMu.Lock()
	p.history.Clear()
	p.historyMu.Unlock()
	for _, s := range *p.subscribers.Load() {
		s.renew(p)
	}
	p.requestKeyFrame()
}

func (p *Publication) info() PublicationInfo {
	codec := "VP8"
	if p.kind == Audio {
		codec = "opus"
	}
	return PublicationInfo{
		Peer: p.peer.id, Source: p.source, Kind: p.kind, Codec: codec, ClockRate: p.clock,
		SSRC: p.ssrc.Load(), PayloadType: uint8(p.payloadType.Load()),
		RequestKeyFrame: p.requestKeyFrame,
	}
}

// hear listens for speech.
func (p *Publication) hear(raw []byte, ext extensions, at time.Time) {
	if p.source != Microphone || ext.audioLevel == 0 {
		return
	}
	level, ok := codec.AudioLevel(p.packet.Extension(raw, ext.audioLevel))
	if !ok || p.muted.Load() {
		return
	}
	if active, changed := p.peer.speech.hear(level, at); changed {
		p.peer.events.speak(active)
	}
}

// look inspects a video packet and keeps it for NACKs. It reports false for
// what is not VP8.
func (p *Publication) look() bool {
	pkt := &p.packet
	if len(pkt.payload) == 0 { // padding: a probe of the sender's
		return true
	}
	frame, ok := codec.ParseVP8(pkt.payload)
	if !ok {
		return false
	}
	pkt.key = frame.KeyFrame
	if pkt.key {
		p.keyFrames.arrived()
	}
	p.historyMu.Lock()
	p.history.Put(pkt.Sequence, pkt.payload, pkt.at)
	p.historyMu.Unlock()
	return true
}

// recall copies a payload of the history into buf.
func (p *Publication) recall(seq uint16, buf []byte) int {
	p.historyMu.Lock()
	defer p.historyMu.Unlock()
	return p.history.Get(seq, buf)
}

func (p *Publication) carriesMid(raw []byte, r *route) bool {
	var h codec.Header
	return r.ext.mid != 0 && h.Parse(raw) == nil && string(h.Extension(raw, r.ext.mid)) == r.mid
}

// subscribe sets who gets the packets from now on.
func (p *Publication) subscribe(slots []*slot) { p.subscribers.Store(&slots) }

// shown tells whether others need a slot for it. A camera that is off keeps
// its slots, since it comes back; a screen is shared once in a while.
func (p *Publication) shown() bool { return p.source != Screen || !p.muted.Load() }

// setMuted stops or resumes forwarding. The slots pause before the first packet
// after either, so that the gap does not look like a loss.
func (p *Publication) setMuted(muted bool) {
	if muted {
		p.muted.Store(true)
		p.pauseSlots()
	} else {
		p.pauseSlots()
		p.muted.Store(false)
	}
	p.sink.setMuted(muted, p.peer.engine.now())
	p.requestKeyFrame()
}

func (p *Publication) pauseSlots() {
	for _, s := range *p.subscribers.Load() {
		s.pause()
	}
}

// requestKeyFrame asks the sender for a key frame; safe from any goroutine.
func (p *Publication) requestKeyFrame() {
	if p.kind == Video {
		p.keyFrames.request(p.peer.engine.now())
	}
}

// report passes a sender report on, in the numbers of each subscriber.
func (p *Publication) report(r *rtcp.SenderReport, at time.Time) {
	p.peer.uplink.senderReport(p, r.NTPTime, at)
	for _, s := range *p.subscribers.Load() {
		s.report(p, r, at)
	}
	p.sink.report(SenderReport{NTP: ntpTime(r.NTPTime), RTP: r.RTPTime}, at)
}

// end closes the sink. No packet comes after it.
func (p *Publication) end() { p.sink.close() }
