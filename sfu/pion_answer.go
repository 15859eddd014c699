package sfu

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// tuneAnswer says in the answer what Pion has no setting for: where browsers
// begin to send video and where they stop, and in-band FEC for Opus.
func tuneAnswer(answer string, cfg Config) (string, error) {
	var desc sdp.SessionDescription
	if err := desc.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("read own answer: %w", err)
	}
	for _, m := range desc.MediaDescriptions {
		switch m.MediaName.Media {
		case string(Video):
			// Kbit/s: Chromium's own parameters.
			addParameter(m, "VP8", "x-google-start-bitrate", strconv.Itoa(cfg.StartBitrate/1000))
			if direction(m) == sdp.AttrKeyRecvOnly {
				m.Bandwidth = append(m.Bandwidth, sdp.Bandwidth{Type: "TIAS", Bandwidth: uint64(cfg.MaxBitrate)})
			}
		case string(Audio):
			addParameter(m, "opus", "useinbandfec", "1")
		}
	}
	b, err := desc.Marshal()
	if err != nil {
		return "", fmt.Errorf("write answer: %w", err)
	}
	return string(b), nil
}

// addParameter sets a format parameter of a codec, unless it is set.
func addParameter(m *sdp.MediaDescription, codec, name, value string) {
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" {
			continue
		}
		format, description, _ := strings.Cut(a.Value, " ")
		if encoding, _, _ := strings.Cut(description, "/"); strings.EqualFold(encoding, codec) {
			setFormatParameter(m, format, name, value)
			return
		}
	}
}

func setFormatParameter(m *sdp.MediaDescription, format, name, value string) {
	for i, a := range m.Attributes {
		if a.Key != "fmtp" {
			continue
		}
		of, parameters, _ := strings.Cut(a.Value, " ")
		if of != format {
			continue
		}
		if !strings.Contains(parameters, name+"=") {
			m.Attributes[i].Value = a.Value + ";" + name + "=" + value
		}
		return
	}
	m.Attributes = append(m.Attributes, sdp.NewAttribute("fmtp", format+" "+name+"="+value))
}
