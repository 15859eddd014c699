package codec

import "time"

// maxOpus is the longest time one packet may hold (RFC 6716 §3.2.5).
const maxOpus = 120 * time.Millisecond

// opusFrame is the length of one frame by configuration (RFC 6716 §3.1,
// table 2), in steps of 2.5 ms.
var opusFrame = [32]int{
	4, 8, 16, 24, 4, 8, 16, 24, 4, 8, 16, 24, // SILK: 10, 20, 40, 60 ms
	4, 8, 4, 8, // hybrid: 10, 20 ms
	1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, // CELT: 2.5, 5, 10, 20 ms
}

// Opus is what the first octets of an Opus packet tell (RFC 6716 §3.1).
type Opus struct {
	Duration time.Duration // of the whole packet
	Stereo   bool
}

// ParseOpus reads the TOC of a packet. ok is false when it is not one.
func ParseOpus(b []byte) (o Opus, ok bool) {
	if len(b) < 1 {
		return o, false
	}
	o.Stereo = b[0]&0x04 != 0
	frames := 0
	switch b[0] & 0x03 {
	case 0:
		frames = 1
	case 1, 2:
		frames = 2
	case 3:
		if len(b) < 2 {
			return o, false
		}
		frames = int(b[1] & 0x3f)
	}
	o.Duration = time.Duration(frames*opusFrame[b[0]>>3]) * 2500 * time.Microsecond
	return o, o.Duration > 0 && o.Duration <= maxOpus
}
