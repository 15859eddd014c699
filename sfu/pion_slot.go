package sfu

import (
	"strconv"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// pionSlot is a webrtc.TrackLocal: what a receive line is sent from.
type pionSlot struct {
	kind        Kind
	index       int
	transceiver *webrtc.RTPTransceiver
	told        bool // to the peer, as a line

	// Learned in Bind, which runs inside SetLocalDescription.
	writer      webrtc.TrackLocalWriter
	ssrc        uint32
	payloadType uint8
	absSendTime uint8
}

func (s *pionSlot) line(mid string) line {
	return line{
		mid: mid, kind: s.kind, index: s.index, group: s.StreamID(),
		ssrc: s.ssrc, payloadType: s.payloadType, absSendTime: s.absSendTime,
		out: s,
	}
}

func (s *pionSlot) writePacket(h *rtp.Header, payload []byte) error {
	_, err := s.writer.WriteRTP(h, payload)
	return err
}

// maxOneByteID is the highest id of a header extension in its short form (RFC
// 8285 §4.2), which is what we write. Browsers give low ids.
const maxOneByteID = 14

// Bind learns what was negotiated.
func (s *pionSlot) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	mime := webrtc.MimeTypeOpus
	if s.kind == Video {
		mime = webrtc.MimeTypeVP8
	}
	for _, codec := range ctx.CodecParameters() {
		if codec.MimeType != mime {
			continue
		}
		s.ssrc = uint32(ctx.SSRC())
		s.payloadType = uint8(codec.PayloadType)
		for _, e := range ctx.HeaderExtensions() {
			if e.URI == uriAbsSend && e.ID <= maxOneByteID {
				s.absSendTime = uint8(e.ID)
			}
		}
		s.writer = ctx.WriteStream()
		return codec, nil
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind has nothing to undo: writes to a stopped sender fail by themselves.
func (s *pionSlot) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID of the track in the answer's msid.
func (s *pionSlot) ID() string { return string(s.kind) + strconv.Itoa(s.index) }

// StreamID puts the nth audio and the nth video line into one stream, so that
// browsers play them in step.
func (s *pionSlot) StreamID() string { return "slot" + strconv.Itoa(s.index) }

// RID is for senders of simulcast: a slot has one encoding.
func (s *pionSlot) RID() string { return "" }

// Kind in Pion's terms.
func (s *pionSlot) Kind() webrtc.RTPCodecType { return webrtc.NewRTPCodecType(string(s.kind)) }
