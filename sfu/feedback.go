package sfu

import (
	"sync"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"

	"tmk/sfu/codec"
	"tmk/sfu/uplink"
)

// uplinkSide is what we tell a client about what it sends.
type uplinkSide struct {
	mu       sync.Mutex
	recorder *twcc.Recorder
	recorded bool // something since the last feedback
	epoch    time.Time
	due      []uint16
}

func (u *uplinkSide) init(ssrc uint32) { u.recorder = twcc.NewRecorder(ssrc) }

// received notes the packet at hand of a publication.
func (u *uplinkSide) received(p *Publication, raw []byte, ext extensions, at time.Time) uplink.Arrival {
	pkt := &p.packet
	u.mu.Lock()
	defer u.mu.Unlock()
	if seq, ok := codec.TransportSequence(pkt.Extension(raw, ext.transportSequence)); ok {
		if u.epoch.IsZero() {
			u.epoch = at.Add(-time.Second) // feedback counts from here, and never below zero
		}
		u.recorder.Record(pkt.SSRC, seq, at.Sub(u.epoch).Microseconds())
		u.recorded = true
	}
	arrival := p.stream.Packet(pkt.Sequence, pkt.Timestamp, len(raw), at)
	if p.stream.Missing() {
		u.askLocked(p, at)
	}
	return arrival
}

// askLocked asks for the packets of a publication that are due. What is given
// up breaks the picture until the next key frame.
func (u *uplinkSide) askLocked(p *Publication, now time.Time) {
	c := &p.peer.engine.counters
	due, gone := p.stream.Due(u.due[:0], now, p.peer.downlink.rtt())
	u.due = due
	if gone > 0 {
		c.nacksGivenUp.Add(uint64(gone))
		p.requestKeyFrame()
	}
	if len(due) > 0 {
		c.nacksSent.Add(uint64(len(due)))
		p.peer.sendRTCP(uplink.Nack(p.peer.ssrc, p.ssrc.Load(), due))
	}
}

// reset begins a publication's stream anew: it has another SSRC.
func (u *uplinkSide) reset(p *Publication) {
	u.mu.Lock()
	defer u.mu.Unlock()
	p.stream = uplink.NewStream(p.clock, p.kind == Video)
}

func (u *uplinkSide) senderReport(p *Publication, ntp uint64, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	p.stream.SenderReport(ntp, at)
}

// loss is the share of packets that did not arrive since it was asked for last.
func (u *uplinkSide) loss(routes []route) float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	var expected, lost int64
	for _, r := range routes {
		e, l := r.to.stream.TakeLoss()
		expected += e
		lost += l
	}
	if expected == 0 {
		return 0
	}
	return float64(lost) / float64(expected)
}

// transportFeedback is what arrived since the last one, and when.
func (u *uplinkSide) transportFeedback() []rtcp.Packet {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.recorded {
		return nil
	}
	u.recorded = false
	return u.recorder.BuildFeedbackPacket()
}

// askAgain asks for what is still missing.
func (u *uplinkSide) askAgain(routes []route, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range routes {
		if r.to.stream.Missing() {
			u.askLocked(r.to, now)
		}
	}
}

// receptions are the reports on all streams that have begun.
func (u *uplinkSide) receptions(routes []route, now time.Time) (reports []rtcp.ReceptionReport) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range routes {
		if ssrc := r.to.ssrc.Load(); ssrc != 0 {
			reports = append(reports, r.to.stream.Report(ssrc, now))
		}
	}
	return reports
}

// measure notes the bit rate of each publication over the time that has passed.
func (u *uplinkSide) measure(routes []route, passed time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range routes {
		bits := int64(float64(8*r.to.stream.TakeOctets()) / passed.Seconds())
		// Half of the old and half of the new: a key frame is no trend.
		r.to.bits.Store((r.to.bits.Load() + bits) / 2)
	}
}

// sendRTCP sends what it can; a report that is lost is followed by the next.
func (p *Peer) sendRTCP(packets ...rtcp.Packet) {
	if len(packets) == 0 || p.closing.Load() {
		return
	}
	if err := p.conn.writeRTCP(packets); err != nil {
		p.engine.log.Debug("sfu: write RTCP", "peer", p.id, "error", err)
	}
}
