// Package codec reads what an SFU has to know of a packet: the RTP header, VP8
// key frames, Opus packets, audio levels. Everything is read in place, nothing
// is allocated, and no input can make it panic.
package codec

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed is returned for bytes that are not an RTP packet.
var ErrMalformed = errors.New("malformed RTP packet")

const (
	fixedHeader = 12

	profileOneByte = 0xBEDE // RFC 8285 §4.2
	profileTwoByte = 0x1000 // RFC 8285 §4.3, the low four bits are free
)

// Header is the head of an RTP packet (RFC 3550 §5.1) and where its parts are.
// Offsets are into the bytes given to [Parse].
type Header struct {
	Marker      bool
	PayloadType uint8
	Sequence    uint16
	Timestamp   uint32
	SSRC        uint32

	// Payload is raw[PayloadStart:PayloadEnd]; padding is not part of it.
	PayloadStart, PayloadEnd int

	extensionProfile             uint16
	extensionStart, extensionEnd int
}

// Parse reads the header of raw into h.
func (h *Header) Parse(raw []byte) error {
	if len(raw) < fixedHeader || raw[0]>>6 != 2 {
		return ErrMalformed
	}
	start := fixedHeader + 4*int(raw[0]&0x0f)
	end := len(raw)
	h.extensionStart, h.extensionEnd = 0, 0
	if raw[0]&0x10 != 0 {
		if len(raw) < start+4 {
			return ErrMalformed
		}
		h.extensionProfile = binary.BigEndian.Uint16(raw[start:])
		length := 4 * int(binary.BigEndian.Uint16(raw[start+2:]))
		h.extensionStart = start + 4
		h.extensionEnd = h.extensionStart + length
		start = h.extensionEnd
	}
	if start > end {
		return ErrMalformed
	}
	if raw[0]&0x20 != 0 {
		// The last octet counts the padding, itself included: a zero or more
		// than there is ended other SFUs (CVE-2025-49140).
		if start == end {
			return ErrMalformed
		}
		padding := int(raw[end-1])
		if padding == 0 || padding > end-start {
			return ErrMalformed
		}
		end -= padding
	}
	h.Marker = raw[1]&0x80 != 0
	h.PayloadType = raw[1] & 0x7f
	h.Sequence = binary.BigEndian.Uint16(raw[2:])
	h.Timestamp = binary.BigEndian.Uint32(raw[4:])
	h.SSRC = binary.BigEndian.Uint32(raw[8:])
	h.PayloadStart, h.PayloadEnd = start, end
	return nil
}

// Payload returns the payload of raw, the bytes that were parsed.
func (h *Header) Payload(raw []byte) []byte { return raw[h.PayloadStart:h.PayloadEnd] }

// Extension returns the header extension with that id (RFC 8285), nil when
// there is none. Id 0 is never found: it is padding.
func (h *Header) Extension(raw []byte, id uint8) []byte {
	if id == 0 || h.extensionEnd <= h.extensionStart {
		return nil
	}
	b := raw[h.extensionStart:h.extensionEnd]
	switch {
	case h.extensionProfile == profileOneByte:
		return oneByteExtension(b, id)
	case h.extensionProfile&0xfff0 == profileTwoByte:
		return twoByteExtension(b, id)
	}
	return nil
}

func oneByteExtension(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 { // padding
			b = b[1:]
			continue
		}
		got, length := b[0]>>4, int(b[0]&0x0f)+1
		if got == 15 || len(b) < 1+length { // 15: stop here, RFC 8285 §4.2
			return nil
		}
		if got == id {
			return b[1 : 1+length]
		}
		b = b[1+length:]
	}
	return nil
}

func twoByteExtension(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 {
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return nil
		}
		length := int(b[1])
		if b[0] == id {
			return b[2 : 2+length]
		}
		b = b[2+length:]
	}
	return nil
}

// AudioLevel reads the client-to-mixer audio level (RFC 6464 §3): dBov below
// full scale, 0 loudest, 127 silence. ok is false when ext is not such a level.
func AudioLevel(ext []byte) (level uint8, ok bool) {
	if len(ext) == 0 {
		return 0, false
	}
	return ext[0] & 0x7f, true
}

// TransportSequence reads a transport-wide sequence number
// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).
func TransportSequence(ext []byte) (seq uint16, ok bool) {
	if len(ext) < 2 {
		return 0, false
	}
	return binary.BigEndian.Uint16(ext), true
}
