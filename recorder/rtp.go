package recorder

import "encoding/binary"

// rtpPacket is what the recorder reads of an RTP packet, RFC 3550 §5.1.
type rtpPacket struct {
	payloadType uint8
	marker      bool
	sequence    uint16
	timestamp   uint32
	ssrc        uint32
	payload     []byte // of the raw packet, without padding
}

// parseRTP reads raw; ok is false when it is malformed.
func parseRTP(raw []byte) (p rtpPacket, ok bool) {
	if len(raw) < 12 || raw[0]>>6 != 2 {
		return p, false
	}
	from := 12 + 4*int(raw[0]&0x0f)
	if raw[0]&0x10 != 0 { // header extension, §5.3.1
		if len(raw) < from+4 {
			return p, false
		}
		from += 4 + 4*int(binary.BigEndian.Uint16(raw[from+2:]))
	}
	to := len(raw)
	if raw[0]&0x20 != 0 {
		padding := int(raw[to-1])
		if padding == 0 {
			return p, false
		}
		to -= padding
	}
	if from > to {
		return p, false
	}
	return rtpPacket{
		payloadType: raw[1] & 0x7f,
		marker:      raw[1]&0x80 != 0,
		sequence:    binary.BigEndian.Uint16(raw[2:]),
		timestamp:   binary.BigEndian.Uint32(raw[4:]),
		ssrc:        binary.BigEndian.Uint32(raw[8:]),
		payload:     raw[from:to],
	}, true
}
