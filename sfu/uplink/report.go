package uplink

import (
	"time"

	"github.com/pion/rtcp"
)

// SenderReport notes the sender's own report, which the next Report answers.
func (s *Stream) SenderReport(ntp uint64, at time.Time) {
	s.reportSR = uint32(ntp >> 16)
	s.reportSRAt = at
}

// Report is the reception report of the time since the last one (RFC 3550
// §6.4.1, A.3).
func (s *Stream) Report(ssrc uint32, now time.Time) rtcp.ReceptionReport {
	expected := s.highest - s.first + 1
	received := int64(s.received)
	lost := expected - received
	fraction := lossFraction(expected-s.priorExpected, received-s.priorReceived)
	s.priorExpected, s.priorReceived = expected, received
	r := rtcp.ReceptionReport{
		SSRC:               ssrc,
		FractionLost:       fraction,
		TotalLost:          uint32(min(max(lost, 0), 0x7fffff)),
		LastSequenceNumber: uint32(s.highest - 1<<16),
		Jitter:             uint32(s.jitter),
	}
	if !s.reportSRAt.IsZero() {
		r.LastSenderReport = s.reportSR
		r.Delay = uint32(now.Sub(s.reportSRAt) * 65536 / time.Second)
	}
	return r
}

// TakeLoss is how many packets were expected and how many did not arrive, not
// even after asking, since it was called last.
func (s *Stream) TakeLoss() (expected, lost int64) {
	all, received := s.highest-s.first+1, int64(s.received)
	expected = all - s.takenExpected
	lost = min(max(expected-(received-s.takenReceived), 0), max(expected, 0))
	s.takenExpected, s.takenReceived = all, received
	return max(expected, 0), lost
}

func lossFraction(expected, received int64) uint8 {
	if expected <= 0 || received >= expected {
		return 0
	}
	return uint8(min((expected-received)*256/expected, 255))
}

// Nack packs sequence numbers, in rising order, into a generic NACK.
func Nack(sender, media uint32, seqs []uint16) *rtcp.TransportLayerNack {
	return &rtcp.TransportLayerNack{
		SenderSSRC: sender,
		MediaSSRC:  media,
		Nacks:      rtcp.NackPairsFromSequenceNumbers(seqs),
	}
}
