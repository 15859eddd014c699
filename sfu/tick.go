package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"tmk/sfu/bandwidth"
)

const (
	feedbackEvery = 100 * time.Millisecond // transport-wide feedback, as browsers send it
	paceEvery     = 500 * time.Millisecond // bandwidth
	reportEvery   = time.Second            // receiver reports, and the cap if it stays
	qualityEvery  = 2 * time.Second
)

// ticks is when what was done last; used by the tick only.
type ticks struct {
	reported, paced, judged time.Time

	cap     int64 // told to the client
	capTold time.Time
	shares  []int64
	weights []int64
}

// tick does what time brings.
func (p *Peer) tick() {
	defer p.guard("tick")
	ticker := time.NewTicker(p.engine.tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.onTick(p.engine.now())
		case <-p.stop:
			return
		}
	}
}

func (p *Peer) onTick(now time.Time) {
	routes := *p.routes.Load()
	p.sendRTCP(p.uplink.transportFeedback()...)
	p.uplink.askAgain(routes, now)
	for _, r := range routes {
		if r.to.kind == Video {
			r.to.keyFrames.send(now)
		}
	}
	if active, changed := p.speech.tick(now); changed {
		p.events.speak(active)
	}
	t := &p.ticks
	if now.Sub(t.reported) >= reportEvery {
		t.reported = now
		if reports := p.uplink.receptions(routes, now); len(reports) > 0 {
			p.sendRTCP(&rtcp.ReceiverReport{SSRC: p.ssrc, Reports: reports})
		}
	}
	if passed := now.Sub(t.paced); passed >= paceEvery {
		t.paced = now
		p.uplink.measure(routes, passed)
		p.shareDownlink(now)
		p.capUplink(routes, now)
	}
	if now.Sub(t.judged) >= qualityEvery {
		t.judged = now
		p.events.tell(p.quality(routes, now))
	}
}

// Weights of pictures on one downlink: a shared screen has to be read.
const (
	cameraWeight = 1
	screenWeight = 2
)

// shareDownlink gives each picture that the peer is shown its share of what the
// peer can take, and holds back those that are too much.
func (p *Peer) shareDownlink(now time.Time) {
	t := &p.ticks
	sounds := 0
	pictures := make([]*slot, 0, 8)
	t.weights = t.weights[:0]
	for _, s := range *p.slotList.Load() {
		pub := s.shows()
		switch {
		case pub == nil || pub.muted.Load():
		case pub.kind == Audio:
			sounds++
		case pub.source == Screen:
			pictures, t.weights = append(pictures, s), append(t.weights, screenWeight)
		default:
			pictures, t.weights = append(pictures, s), append(t.weights, cameraWeight)
		}
	}
	t.shares = bandwidth.Shares(t.shares[:0], p.downlink.estimated(), sounds, t.weights)
	changed := false
	for i, s := range pictures {
		s.share.Store(t.shares[i])
		if s.judge(now, t.shares[i]) {
			changed = true
		}
	}
	if changed {
		p.events.slotsDirty()
	}
}

// capUplink tells the peer how much it may send: what its receivers can take.
// A lower cap goes out at once, any cap every second since one may be lost.
func (p *Peer) capUplink(routes []route, now time.Time) {
	t := &p.ticks
	total := int64(bandwidth.Sound)
	var ssrcs []uint32
	for _, r := range routes {
		ssrc := r.to.ssrc.Load()
		if r.to.kind != Video || ssrc == 0 {
			continue
		}
		ssrcs = append(ssrcs, ssrc)
		if !r.to.muted.Load() {
			total += bandwidth.Cap(r.to.receivers(), int64(p.engine.cfg.MaxBitrate))
		}
	}
	if len(ssrcs) == 0 || (total >= t.cap && now.Sub(t.capTold) < reportEvery) {
		return
	}
	t.cap, t.capTold = total, now
	p.sendRTCP(&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: p.ssrc, Bitrate: float32(total), SSRCs: ssrcs})
}

// receivers is what each of those who get the picture has for it. Who gets none
// for now does not count.
func (p *Publication) receivers() (shares []int64) {
	for _, s := range *p.subscribers.Load() {
		if !s.isHeld() {
			shares = append(shares, s.share.Load())
		}
	}
	return shares
}
