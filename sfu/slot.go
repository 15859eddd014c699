package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"tmk/sfu/layers"
	"tmk/sfu/rewrite"
)

// maxPayload is the largest payload that is sent again.
const maxPayload = 1500

// slot is one of a client's receive lines and what is sent on it.
type slot struct {
	line
	peer *Peer
	of   *Publication // guarded by room.mu

	mu      sync.Mutex
	source  *Publication // the same as of, for the packets' way
	started bool         // source's packets are flowing
	resume  bool         // started before, and paused since
	held    bool         // held back: the client's downlink is too weak
	rewrite rewrite.Rewriter
	sent    rewrite.Sent
	header  rtp.Header
	stamp   [3]byte
	packets uint32 // sent in all
	octets  uint32

	// The last sender report that went out, for the round trip time.
	reportNTP uint32
	reportAt  time.Time

	again [maxPayload]byte // a payload on its way again

	share  atomic.Int64  // bits per second the client has for it; bandwidth.Unknown if not told
	choice layers.Choice // whether to hold it back; guarded by mu
}

func newSlot(p *Peer, l line) *slot {
	clock := uint32(opusClock)
	if l.kind == Video {
		clock = videoClock
	}
	s := &slot{line: l, peer: p, rewrite: rewrite.New(clock)}
	s.header = rtp.Header{Version: 2, PayloadType: l.payloadType, SSRC: l.ssrc}
	if l.absSendTime != 0 {
		// SetExtension only chooses the form (RFC 8285) for that id; from then
		// on the three octets are changed in place.
		_ = s.header.SetExtension(l.absSendTime, s.stamp[:]) // three octets always fit
	}
	return s
}

// take shows another publication, or none, on the line. It runs under room.mu.
func (s *slot) take(p *Publication) {
	s.of = p
	s.mu.Lock()
	defer s.mu.Unlock()
	s.source, s.started, s.resume, s.held = p, false, false, false
	s.choice = layers.Choice{}
	s.rewrite.Pause()
	s.sent.Clear()
}

// pause stops until the source's next key frame (video) or packet (audio).
func (s *slot) pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resume = s.resume || s.started
	s.started = false
	s.rewrite.Pause()
}

// renew begins the source anew, since its numbers begin anew.
func (s *slot) renew(p *Publication) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.source != p {
		return
	}
	s.started, s.resume = false, false
	s.rewrite.Pause()
	s.sent.Clear()
}

func (s *slot) requestKeyFrame() {
	s.mu.Lock()
	p := s.source
	s.mu.Unlock()
	if p != nil {
		p.requestKeyFrame()
	}
}

// forward sends a packet of p, if p is still what is shown.
func (s *slot) forward(p *Publication, pkt *packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.source != p || s.held || !s.start(pkt) {
		return
	}
	// Padding probes the sender's path to us, not ours to the receiver.
	if len(pkt.payload) == 0 && s.rewrite.Skip(pkt.Sequence) {
		return
	}
	seq, ts, ok := s.rewrite.Next(pkt.Sequence, pkt.Timestamp, pkt.at)
	if !ok {
		return
	}
	out := rewrite.Packet{Sequence: seq, Source: pkt.Sequence, Timestamp: ts, Stamp: pkt.stamp, Marker: pkt.Marker}
	if s.kind == Video {
		s.sent.Put(out)
	}
	s.write(&out, pkt.payload)
}

// start tells whether packets flow, and lets them from this one on if it is one
// to start with.
func (s *slot) start(pkt *packet) bool {
	if s.started {
		return true
	}
	if len(pkt.payload) == 0 || (s.kind == Video && !pkt.key) || !s.peer.reachable.Load() {
		return false
	}
	if s.resume {
		s.rewrite.Resume(pkt.Sequence)
	} else {
		s.rewrite.Switch(pkt.Sequence, pkt.Timestamp, pkt.at)
	}
	s.started, s.resume = true, false
	return true
}

// write sends under s.mu: the header is the slot's own.
func (s *slot) write(out *rewrite.Packet, payload []byte) {
	h := &s.header
	h.SequenceNumber, h.Timestamp, h.Marker = out.Sequence, out.Timestamp, out.Marker
	s.stamp = [3]byte{byte(out.Stamp >> 16), byte(out.Stamp >> 8), byte(out.Stamp)}
	c := &s.peer.engine.counters
	if err := s.out.writePacket(h, payload); err != nil {
		c.writeErrors.Add(1)
		return
	}
	s.packets++
	s.octets += uint32(len(payload))
	c.packetsOut.Add(1)
	c.bytesOut.Add(uint64(len(payload)))
}

// maxResent bounds how often one packet is sent again: a receiver which asks
// more than that is better helped by a key frame.
const maxResent = 6

// resend answers a NACK.
func (s *slot) resend(pairs []rtcp.NackPair, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.peer.engine.counters
	for _, pair := range pairs {
		pair.Range(func(seq uint16) bool {
			c.nacksReceived.Add(1)
			if s.resendOne(seq) {
				c.nacksAnswered.Add(1)
			} else {
				c.nacksMissed.Add(1)
			}
			return true
		})
	}
}

func (s *slot) resendOne(seq uint16) bool {
	out := s.sent.Find(seq)
	if out == nil || s.source == nil || out.Resent == maxResent {
		return false
	}
	n := s.source.recall(out.Source, s.again[:])
	if n == 0 {
		return false
	}
	out.Resent++
	s.write(out, s.again[:n])
	return true
}

// keyFrameAsked is a PLI or FIR of the client.
func (s *slot) keyFrameAsked() {
	s.peer.engine.counters.keyFramesAsked.Add(1)
	s.requestKeyFrame()
}

// report sends a sender report of the source in this line's own numbers (RFC
// 3550 §6.4.1). The wall clock stays the sender's: sound and picture of one
// person have the same one.
func (s *slot) report(p *Publication, r *rtcp.SenderReport, at time.Time) {
	s.mu.Lock()
	if s.source != p || !s.started {
		s.mu.Unlock()
		return
	}
	out := &rtcp.SenderReport{
		SSRC: s.ssrc, NTPTime: r.NTPTime, RTPTime: s.rewrite.Timestamp(r.RTPTime),
		PacketCount: s.packets, OctetCount: s.octets,
	}
	s.reportNTP, s.reportAt = uint32(r.NTPTime>>16), at
	s.mu.Unlock()
	s.peer.sendRTCP(out, rtcp.NewCNAMESourceDescription(s.ssrc, s.group))
}

// roundTrip of the last report; 0 when the reception is of another one.
func (s *slot) roundTrip(r rtcp.ReceptionReport, at time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.LastSenderReport == 0 || r.LastSenderReport != s.reportNTP {
		return 0
	}
	held := time.Duration(r.Delay) * time.Second / 65536
	return max(at.Sub(s.reportAt)-held, 0)
}

// shows is the publication on the line, nil for none.
func (s *slot) shows() *Publication {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source
}

func (s *slot) isHeld() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// judge holds the picture back, or lets it flow again, by what the client has
// for it. It reports whether that changed.
func (s *slot) judge(now time.Time, have int64) (changed bool) {
	s.mu.Lock()
	if s.source == nil || !s.choice.Tick(now, have, s.source.bits.Load()) {
		s.mu.Unlock()
		return false
	}
	s.held = s.choice.Held()
	s.mu.Unlock()
	s.pause()
	if s.isHeld() {
		s.peer.engine.counters.picturesHeld.Add(1)
	} else {
		s.requestKeyFrame()
	}
	return true
}
