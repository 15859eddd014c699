package recorder

import (
	"time"

	"tmk/recorder/webm"
)

// vp8Payload is one RTP payload of VP8, RFC 7741 §4.2.
type vp8Payload struct {
	start     bool // the first of a frame
	picture   uint16
	pictureOK bool // there is a picture id
	data      []byte
}

// parseVP8 reads the payload descriptor; ok is false when it is malformed.
func parseVP8(p []byte) (v vp8Payload, ok bool) {
	if len(p) == 0 {
		return v, false
	}
	first, at := p[0], 1
	v.start = first&0x10 != 0 && first&0x07 == 0
	if first&0x80 != 0 { // X
		if len(p) < 2 {
			return v, false
		}
		ext := p[1]
		at = 2
		if ext&0x80 != 0 { // I
			if len(p) < at+2 {
				return v, false
			}
			v.picture, v.pictureOK = uint16(p[at]), true
			if p[at]&0x80 != 0 { // M: 15 bits
				v.picture = uint16(p[at]&0x7f)<<8 | uint16(p[at+1])
				at++
			}
			at++
		}
		if ext&0x40 != 0 { // L
			at++
		}
		if ext&0x30 != 0 { // T or K
			at++
		}
	}
	if at >= len(p) {
		return v, false
	}
	v.data = p[at:]
	return v, true
}

// maxFrame bounds one picture, in bytes; a browser's key frame of a whole
// 4K screen stays below.
const maxFrame = 1 << 20

// assembler makes VP8 frames of packets that come in order. After a loss it
// gives nothing until the next key frame, since no frame between decodes.
type assembler struct {
	buf       []byte
	timestamp uint32
	arrival   time.Duration
	open      bool // buf holds the beginning of a frame
	hole      int  // packets that are missing since the last whole frame
	needKey   bool
	picture   uint16
	pictureOK bool
	lost      func() // packets are missing that mattered
}

// frame is one whole picture; data is good until the next packet.
type frame struct {
	data      []byte
	timestamp uint32
	arrival   time.Duration // of its first packet
	key       bool
}

// skip tells that packets are missing before the next one.
func (a *assembler) skip(missing int) { a.hole += missing }

// drop forgets the frame that is open.
func (a *assembler) drop() { a.open, a.hole, a.pictureOK = false, 0, false }

// fail drops what is open and waits for a key frame.
func (a *assembler) fail() {
	a.open, a.hole, a.needKey = false, 0, true
	if a.lost != nil {
		a.lost()
	}
}

// push takes the next packet; ok tells that it completed a frame.
func (a *assembler) push(p *packet) (f frame, ok bool) {
	payload := p.payload()
	if len(payload) == 0 {
		return f, false // padding, RFC 3550 §5.1
	}
	v, valid := parseVP8(payload)
	if !valid {
		a.fail()
		return f, false
	}
	if a.hole > 0 {
		a.mend(&v)
	}
	if v.start {
		if a.open { // a frame without its marker
			a.fail()
		}
		a.open, a.buf = true, a.buf[:0]
		a.timestamp, a.arrival = p.rtp.Timestamp, p.arrival
	}
	if !a.open {
		return f, false
	}
	if p.rtp.Timestamp != a.timestamp || len(a.buf)+len(v.data) > maxFrame {
		a.fail()
		return f, false
	}
	a.buf = append(a.buf, v.data...)
	a.arrival = min(a.arrival, p.arrival)
	if !p.rtp.Marker {
		return f, false
	}
	return a.close(&v)
}

// mend decides what a hole before v has cost: nothing when picture ids show
// that only padding was missing.
func (a *assembler) mend(v *vp8Payload) {
	few := a.hole < 100 // so that a 7-bit id cannot have come round
	a.hole = 0
	next := v.picture == (a.picture+1)&0x7fff || v.picture == (a.picture+1)&0x7f
	if a.open || !v.start || !v.pictureOK || !a.pictureOK || !next || !few {
		a.fail()
	}
}

func (a *assembler) close(v *vp8Payload) (f frame, ok bool) {
	a.open = false
	a.picture, a.pictureOK = v.picture, v.pictureOK
	_, _, key := webm.KeyFrameSize(a.buf)
	if !key && (a.needKey || len(a.buf) < 3 || a.buf[0]&1 == 0) {
		return f, false
	}
	a.needKey = false
	return frame{data: a.buf, timestamp: a.timestamp, arrival: a.arrival, key: key}, true
}
