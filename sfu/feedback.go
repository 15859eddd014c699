package sfu

import (
	"sync"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"

	"tmk/sfu/codec"
	"tmk/sfu/uplink"
)

const (
	feedbackEvery = 100 * time.Millisecond // transport-wide feedback, as browsers send it
	reportEvery   = time.Second            // receiver reports
	qualityEvery  = 2 * time.Second
	forgetAfter   = 5 * time.Second // an estimate or report older than this says nothing
)

// uplinkSide is what we tell a client about what it sends.
type uplinkSide struct {
	mu       sync.Mutex
	recorder *twcc.Recorder
	recorded bool
	epoch    time.Time
	due      []uint16

	// Used by the tick only.
	reported, judged time.Time
}

func (u *uplinkSide) init(ssrc uint32) { u.recorder = twcc.NewRecorder(ssrc) }

// received notes a packet. It reports false for a duplicate.
func (u *uplinkSide) received(p *Publication, raw []byte, ext extensions, at time.Time) bool {
	pkt := &p.packet
	u.mu.Lock()
	defer u.mu.Unlock()
	if seq, ok := codec.TransportSequence(pkt.Extension(raw, ext.transportSequence)); ok {
		if u.epoch.IsZero() {
			u.epoch = at
		}
		// The reference time of feedback is unsigned: keep clear of zero.
		u.recorder.Record(pkt.SSRC, seq, at.Sub(u.epoch).Microseconds()+1_000_000)
		u.recorded = true
	}
	fresh := p.stream.Packet(pkt.Sequence, pkt.Timestamp, len(raw), at)
	if p.stream.Missing() {
		u.askLocked(p, at)
	}
	return fresh
}

// askLocked asks for the packets of a publication that are due.
func (u *uplinkSide) askLocked(p *Publication, now time.Time) {
	c := &p.peer.engine.counters
	due, gone := p.stream.Due(u.due[:0], now, p.peer.downlink.rtt())
	u.due = due
	c.nacksGivenUp.Add(uint64(gone))
	if gone > 0 {
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

// feedback is what a tick sends to the client and tells its owner.
func (p *Peer) feedback(now time.Time) {
	publications := *p.routes.Load()
	u := &p.uplink
	u.mu.Lock()
	var packets []rtcp.Packet
	if u.recorded {
		packets = u.recorder.BuildFeedbackPacket()
		u.recorded = false
	}
	for _, r := range publications {
		if r.to.stream.Missing() {
			u.askLocked(r.to, now)
		}
	}
	if now.Sub(u.reported) >= reportEvery {
		u.reported = now
		if reports := p.receptionsLocked(publications, now); len(reports) > 0 {
			packets = append(packets, &rtcp.ReceiverReport{SSRC: p.ssrc, Reports: reports})
		}
	}
	u.mu.Unlock()
	p.sendRTCP(packets...)
	for _, r := range publications {
		if r.to.kind == Video {
			r.to.keyFrames.send(now)
		}
	}
	p.quiet(now)
	if now.Sub(u.judged) >= qualityEvery {
		u.judged = now
		p.events.tell(p.quality(now))
	}
}

func (p *Peer) receptionsLocked(routes []route, now time.Time) (reports []rtcp.ReceptionReport) {
	for _, r := range routes {
		if ssrc := r.to.ssrc.Load(); ssrc != 0 {
			reports = append(reports, r.to.stream.Report(ssrc, now))
		}
	}
	return reports
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
