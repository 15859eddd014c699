package sfu

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtcp"
)

// route leads from SSRCs to a publication. Routes are immutable; a new offer
// makes new ones.
type route struct {
	mid   string
	ssrcs []uint32
	ext   extensions
	to    *Publication
}

// onRTP takes a packet of the client.
func (p *Peer) onRTP(ssrc uint32, raw []byte, at time.Time) {
	defer p.guard("rtp")
	c := &p.engine.counters
	c.packetsIn.Add(1)
	c.bytesIn.Add(uint64(len(raw)))
	r := p.route(ssrc, raw)
	if r == nil {
		c.unrouted.Add(1)
		return
	}
	r.to.receive(raw, r.ext, at)
}

// route finds whose packet it is: by the SSRCs of the offer, or by the mid that
// the packet itself carries (RFC 9143 §9.2), which is then remembered.
func (p *Peer) route(ssrc uint32, raw []byte) *route {
	routes := *p.routes.Load()
	for i := range routes {
		if slices.Contains(routes[i].ssrcs, ssrc) {
			return &routes[i]
		}
	}
	for i := range routes {
		if r := &routes[i]; len(r.ssrcs) == 0 && r.to.carriesMid(raw, r) {
			p.learn(r.mid, ssrc)
			return r
		}
	}
	return nil
}

// learn adds an SSRC to a route.
func (p *Peer) learn(mid string, ssrc uint32) {
	for {
		old := p.routes.Load()
		routes := slices.Clone(*old)
		for i := range routes {
			if routes[i].mid == mid {
				routes[i].ssrcs = []uint32{ssrc}
			}
		}
		if p.routes.CompareAndSwap(old, &routes) {
			return
		}
	}
}

// onRTCP takes a control packet of the client which is about one SSRC.
func (p *Peer) onRTCP(ssrc uint32, packet rtcp.Packet, at time.Time) {
	defer p.guard("rtcp")
	if report, ok := packet.(*rtcp.SenderReport); ok {
		if report.SSRC == ssrc {
			p.onSenderReport(report, at)
		} else {
			p.onReceptions(ssrc, report.Reports, at)
		}
		return
	}
	s := p.slotOf(ssrc)
	if s == nil {
		return
	}
	switch packet := packet.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		s.keyFrameAsked()
	case *rtcp.TransportLayerNack:
		s.resend(packet.Nacks, at)
	case *rtcp.ReceiverReport:
		p.onReceptions(ssrc, packet.Reports, at)
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		p.downlink.estimate(int64(packet.Bitrate), at)
	}
}

func (p *Peer) slotOf(ssrc uint32) *slot {
	for _, s := range *p.slotList.Load() {
		if s.ssrc == ssrc {
			return s
		}
	}
	return nil
}

func (p *Peer) onSenderReport(r *rtcp.SenderReport, at time.Time) {
	for _, route := range *p.routes.Load() {
		if slices.Contains(route.ssrcs, r.SSRC) {
			route.to.report(r, at)
			return
		}
	}
}

func (p *Peer) onReceptions(ssrc uint32, reports []rtcp.ReceptionReport, at time.Time) {
	s := p.slotOf(ssrc)
	if s == nil {
		return
	}
	for _, r := range reports {
		if r.SSRC == ssrc {
			p.downlink.reception(s, r, at)
		}
	}
}

func randomSSRC() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return binary.BigEndian.Uint32(b[:])
}
