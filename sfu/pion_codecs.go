package sfu

import (
	"fmt"

	"github.com/pion/webrtc/v4"
)

// newMediaEngine knows exactly Opus and VP8. What is sent to us carries
// transport-wide sequence numbers, audio levels and mids; what we send carries
// our own send time, by which browsers estimate the downlink (REMB).
func newMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	codecs := []struct {
		kind   webrtc.RTPCodecType
		params webrtc.RTPCodecParameters
	}{
		{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
				SDPFmtpLine:  "minptime=10;useinbandfec=1",
				RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}},
			},
			PayloadType: 111,
		}},
		{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
				RTCPFeedback: []webrtc.RTCPFeedback{
					{Type: "goog-remb"}, {Type: "transport-cc"}, {Type: "ccm", Parameter: "fir"},
					{Type: "nack"}, {Type: "nack", Parameter: "pli"},
				},
			},
			PayloadType: 96,
		}},
	}
	for _, c := range codecs {
		if err := m.RegisterCodec(c.params, c.kind); err != nil {
			return nil, fmt.Errorf("register %s: %w", c.params.MimeType, err)
		}
	}
	const up, down = webrtc.RTPTransceiverDirectionRecvonly, webrtc.RTPTransceiverDirectionSendonly
	const audio, video = webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo
	extensions := []struct {
		uri       string
		kind      webrtc.RTPCodecType
		direction webrtc.RTPTransceiverDirection
	}{
		{uriTransport, audio, up}, {uriTransport, video, up},
		{uriMid, audio, up}, {uriMid, video, up},
		{uriAudioLevel, audio, up},
		{uriAbsSend, audio, down}, {uriAbsSend, video, down},
	}
	for _, e := range extensions {
		capability := webrtc.RTPHeaderExtensionCapability{URI: e.uri}
		if err := m.RegisterHeaderExtension(capability, e.kind, e.direction); err != nil {
			return nil, fmt.Errorf("register header extension %s: %w", e.uri, err)
		}
	}
	return m, nil
}
