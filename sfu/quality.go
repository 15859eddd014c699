package sfu

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// downlinkSide is what a client tells us about what we send to it.
type downlinkSide struct {
	mu        sync.Mutex
	bits      int64 // REMB
	bitsAt    time.Time
	roundTrip time.Duration
	heardAt   time.Time
	lost      int // of 256, summed over the reports since quality was told
	reports   int
}

func (d *downlinkSide) estimate(bits int64, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bits, d.bitsAt = bits, at
}

func (d *downlinkSide) reception(s *slot, r rtcp.ReceptionReport, at time.Time) {
	rtt := s.roundTrip(r, at)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.heardAt = at
	d.lost += int(r.FractionLost)
	d.reports++
	if rtt > 0 {
		d.roundTrip = rtt
	}
}

func (d *downlinkSide) rtt() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.roundTrip
}

// forgetAfter is when a round trip time or an estimate is no longer told.
const forgetAfter = 5 * time.Second

// estimated is the downlink's estimate, bandwidth.Unknown when there is none. An
// old one stands: while nothing is sent there is nothing to estimate by.
func (d *downlinkSide) estimated() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bits
}

// quality is how the connection did since it was told last.
func (p *Peer) quality(routes []route, now time.Time) Quality {
	q := Quality{UplinkLoss: p.uplink.loss(routes)}
	d := &p.downlink
	d.mu.Lock()
	if d.reports > 0 {
		q.DownlinkLoss = float64(d.lost) / float64(d.reports) / 256
	}
	d.lost, d.reports = 0, 0
	if now.Sub(d.heardAt) < forgetAfter {
		q.RTT = d.roundTrip
	}
	if now.Sub(d.bitsAt) < forgetAfter {
		q.DownlinkBits = d.bits
	}
	d.mu.Unlock()
	return q
}
