package sfu

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// Limits of an offer: more is no client of ours.
const (
	maxOfferBytes = 256 << 10
	maxOfferLines = 64
)

// ErrBadOffer is wrapped with what is wrong.
var ErrBadOffer = errors.New("bad offer")

func badOffer(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBadOffer, fmt.Sprintf(format, args...))
}

// offer is what an SDP offer says to a forwarding unit.
type offer struct {
	sdp     string
	senders []senderLine // lines on which the client sends
	slots   []slotLine   // lines on which it receives
}

type senderLine struct {
	mid    string
	source Source
	ssrcs  []uint32
	ext    extensions
}

type slotLine struct {
	mid  string
	kind Kind
}

// extensions are the ids of the header extensions we read; 0 means none.
type extensions struct {
	mid, audioLevel, transportSequence uint8
}

const (
	uriMid        = "urn:ietf:params:rtp-hdrext:sdes:mid"                                       // RFC 9143 §15
	uriAudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"                               // RFC 6464
	uriTransport  = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01" // feedback from us
	uriAbsSend    = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"                // our stamp, REMB back
)

// parseOffer reads an offer. Errors are ErrBadOffer with the reason.
func parseOffer(o Offer) (*offer, error) {
	if len(o.SDP) > maxOfferBytes {
		return nil, badOffer("%d bytes of SDP", len(o.SDP))
	}
	var desc sdp.SessionDescription
	if err := desc.UnmarshalString(o.SDP); err != nil {
		return nil, badOffer("SDP: %v", err)
	}
	if n := len(desc.MediaDescriptions); n == 0 || n > maxOfferLines {
		return nil, badOffer("%d media lines", n)
	}
	// Checked here, since once Pion has begun with an offer there is no going back.
	for _, name := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
		if !hasAttribute(&desc, name) {
			return nil, badOffer("no %s", name)
		}
	}
	parsed := &offer{sdp: withoutCandidates(o.SDP)}
	seen := make(map[string]bool)
	for _, m := range desc.MediaDescriptions {
		mid, _ := m.Attribute(sdp.AttrKeyMID)
		if mid == "" || seen[mid] {
			return nil, badOffer("media line with the mid %q", mid)
		}
		seen[mid] = true
		if err := parsed.add(m, mid, o.Senders); err != nil {
			return nil, err
		}
	}
	for mid := range o.Senders {
		if !seen[mid] {
			return nil, badOffer("no media line has the sender's mid %q", mid)
		}
	}
	return parsed, parsed.checkSources()
}

// withoutCandidates drops the client's addresses: an ICE-lite server answers
// those who reach it, and has no business with others.
func withoutCandidates(sdp string) string {
	var b strings.Builder
	for l := range strings.Lines(sdp) {
		if !strings.HasPrefix(strings.TrimLeft(l, "\r"), "a=candidate:") { // Pion passes over empty lines, "\r" alone too
			b.WriteString(l)
		}
	}
	return b.String()
}

// hasAttribute tells whether the session or one of its lines has a value for it.
func hasAttribute(desc *sdp.SessionDescription, name string) bool {
	if v, _ := desc.Attribute(name); v != "" {
		return true
	}
	return slices.ContainsFunc(desc.MediaDescriptions, func(m *sdp.MediaDescription) bool {
		v, _ := m.Attribute(name)
		return v != ""
	})
}

func (o *offer) add(m *sdp.MediaDescription, mid string, senders map[string]Source) error {
	source, named := senders[mid]
	kind := Kind(m.MediaName.Media)
	if kind != Audio && kind != Video {
		if named {
			return badOffer("sender %q on a line of %s", mid, kind)
		}
		return nil
	}
	switch direction(m) {
	case sdp.AttrKeyRecvOnly:
		if named {
			return badOffer("sender %q on a line that only receives", mid)
		}
		o.slots = append(o.slots, slotLine{mid: mid, kind: kind})
	case sdp.AttrKeySendOnly, sdp.AttrKeySendRecv:
		if !named {
			return nil // negotiated, but nobody's
		}
		if !source.valid() || source.Kind() != kind {
			return badOffer("sender %q cannot be %q", mid, source)
		}
		ext, err := readExtensions(m)
		if err != nil {
			return err
		}
		o.senders = append(o.senders, senderLine{mid: mid, source: source, ssrcs: readSSRCs(m), ext: ext})
	}
	return nil
}

// checkSources refuses two lines of one source.
func (o *offer) checkSources() error {
	seen := make(map[Source]bool)
	for _, s := range o.senders {
		if seen[s.source] {
			return badOffer("two senders are %q", s.source)
		}
		seen[s.source] = true
	}
	return nil
}

func (s Source) valid() bool { return s == Microphone || s == Camera || s == Screen }

// direction of a line; sendrecv is the default (RFC 8866 §6.7).
func direction(m *sdp.MediaDescription) string {
	for _, a := range m.Attributes {
		switch a.Key {
		case sdp.AttrKeyRecvOnly, sdp.AttrKeySendOnly, sdp.AttrKeySendRecv, sdp.AttrKeyInactive:
			return a.Key
		}
	}
	return sdp.AttrKeySendRecv
}

// readSSRCs lists the SSRCs of a line's media. Those of repair streams, the
// second of an FID or FEC-FR group (RFC 5576 §4.2), are not negotiated by us.
func readSSRCs(m *sdp.MediaDescription) (ssrcs []uint32) {
	var repair []string
	for _, a := range m.Attributes {
		if a.Key != sdp.AttrKeySSRCGroup {
			continue
		}
		if f := strings.Fields(a.Value); len(f) == 3 && (f[0] == "FID" || f[0] == "FEC-FR") {
			repair = append(repair, f[2])
		}
	}
	for _, a := range m.Attributes {
		id, _, _ := strings.Cut(a.Value, " ")
		if a.Key != sdp.AttrKeySSRC || slices.Contains(repair, id) {
			continue
		}
		ssrc, err := strconv.ParseUint(id, 10, 32)
		if err == nil && !slices.Contains(ssrcs, uint32(ssrc)) {
			ssrcs = append(ssrcs, uint32(ssrc))
		}
	}
	return ssrcs
}

func readExtensions(m *sdp.MediaDescription) (e extensions, err error) {
	for _, a := range m.Attributes {
		if a.Key != sdp.AttrKeyExtMap {
			continue
		}
		var ext sdp.ExtMap
		if err := ext.Unmarshal(a.Key + ":" + a.Value); err != nil {
			return e, badOffer("extmap: %v", err)
		}
		if ext.URI == nil || ext.Value < 1 || ext.Value > 255 {
			return e, badOffer("extmap %q", a.Value)
		}
		switch ext.URI.String() {
		case uriMid:
			e.mid = uint8(ext.Value)
		case uriAudioLevel:
			e.audioLevel = uint8(ext.Value)
		case uriTransport:
			e.transportSequence = uint8(ext.Value)
		}
	}
	return e, nil
}
