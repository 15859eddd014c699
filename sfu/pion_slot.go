package sfu

import (
	"errors"
	"strconv"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// pionSlot is a webrtc.TrackLocal: what a receive line is sent from.
type pionSlot struct {
	mid         string
	kind        Kind
	index       int
	transceiver *webrtc.RTPTransceiver

	// Learned in Bind, which runs inside SetLocalDescription.
	writer      webrtc.TrackLocalWriter
	ssrc        uint32
	payloadType uint8
	absSendTime uint8
}

var errUnbound = errors.New("slot was not negotiated")

// line is what the offer's receive line became.
func (s *pionSlot) line() (line, error) {
	if s.writer == nil || s.transceiver.Mid() != s.mid {
		return line{}, badOffer("receive line %q: %v", s.mid, errUnbound)
	}
	return line{
		mid: s.mid, kind: s.kind, index: s.index, group: s.StreamID(),
		ssrc: s.ssrc, payloadType: s.payloadType, absSendTime: s.absSendTime,
		out: s,
	}, nil
}

func (s *pionSlot) writePacket(h *rtp.Header, payload []byte) error {
	_, err := s.writer.WriteRTP(h, payload)
	return err
}

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
			if e.URI == uriAbsSend {
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
