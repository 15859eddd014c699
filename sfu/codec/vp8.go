package codec

// VP8 is what a VP8 payload descriptor and frame header tell (RFC 7741 §4.2,
// RFC 6386 §9.1).
type VP8 struct {
	Start     bool // first packet of a frame
	KeyFrame  bool // and of a key frame: only with Start
	PictureID int  // 7 or 15 bits; -1 when there is none
	// Width and Height are those of a key frame, 0 otherwise.
	Width, Height int
}

// ParseVP8 reads the head of a payload. ok is false when it is cut short.
func ParseVP8(b []byte) (f VP8, ok bool) {
	f.PictureID = -1
	if len(b) < 1 {
		return f, false
	}
	head := b[0]
	b = b[1:]
	if head&0x80 != 0 { // X: extended control bits
		if b, ok = f.parseExtension(b); !ok {
			return f, false
		}
	}
	f.Start = head&0x10 != 0 && head&0x07 == 0 // S and the first partition
	if !f.Start {
		return f, true
	}
	if len(b) < 1 {
		return f, false
	}
	if b[0]&0x01 != 0 { // P: an inter frame
		return f, true
	}
	f.KeyFrame = true
	// Three octets of frame tag, the start code 9d 01 2a, then 14 bits each of
	// width and height, little endian.
	if len(b) >= 10 && b[3] == 0x9d && b[4] == 0x01 && b[5] == 0x2a {
		f.Width = int(b[6]) | int(b[7]&0x3f)<<8
		f.Height = int(b[8]) | int(b[9]&0x3f)<<8
	}
	return f, true
}

func (f *VP8) parseExtension(b []byte) ([]byte, bool) {
	if len(b) < 1 {
		return nil, false
	}
	bits := b[0]
	b = b[1:]
	if bits&0x80 != 0 { // I: PictureID
		if len(b) < 1 {
			return nil, false
		}
		f.PictureID = int(b[0] & 0x7f)
		long := b[0]&0x80 != 0
		b = b[1:]
		if long {
			if len(b) < 1 {
				return nil, false
			}
			f.PictureID = f.PictureID<<8 | int(b[0])
			b = b[1:]
		}
	}
	skip := 0
	if bits&0x40 != 0 { // L: TL0PICIDX
		skip++
	}
	if bits&0x30 != 0 { // T or K: TID, Y, KEYIDX
		skip++
	}
	if len(b) < skip {
		return nil, false
	}
	return b[skip:], true
}
