package codec

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func marshal(t testing.TB, p rtp.Packet) []byte {
	t.Helper()
	raw, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestParse(t *testing.T) {
	p := rtp.Packet{
		Header: rtp.Header{
			Version: 2, Marker: true, PayloadType: 111, SequenceNumber: 65535, Timestamp: 0xfffffff0, SSRC: 0xdeadbeef,
			CSRC: []uint32{1, 2},
		},
		Payload: []byte("payload"),
	}
	for id, v := range map[uint8]string{1: "a", 5: "bb", 14: "ccc"} {
		if err := p.SetExtension(id, []byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	raw := marshal(t, p)
	var h Header
	if err := h.Parse(raw); err != nil {
		t.Fatal(err)
	}
	if !h.Marker || h.PayloadType != 111 || h.Sequence != 65535 || h.Timestamp != 0xfffffff0 || h.SSRC != 0xdeadbeef {
		t.Errorf("parsed %+v", h)
	}
	if got := string(h.Payload(raw)); got != "payload" {
		t.Errorf("payload %q", got)
	}
	for id, want := range map[uint8]string{0: "", 1: "a", 2: "", 5: "bb", 14: "ccc"} {
		if got := string(h.Extension(raw, id)); got != want {
			t.Errorf("extension %d is %q, want %q", id, got, want)
		}
	}
}

func TestParseTwoByteExtensions(t *testing.T) {
	p := rtp.Packet{Header: rtp.Header{Version: 2}, Payload: []byte{1}}
	if err := p.SetExtensionWithProfile(200, bytes.Repeat([]byte{7}, 30), rtp.ExtensionProfileTwoByte); err != nil {
		t.Fatal(err)
	}
	raw := marshal(t, p)
	var h Header
	if err := h.Parse(raw); err != nil {
		t.Fatal(err)
	}
	if got := h.Extension(raw, 200); len(got) != 30 || h.Extension(raw, 201) != nil {
		t.Errorf("extension 200 is %d bytes", len(got))
	}
}

func TestParsePadding(t *testing.T) {
	head := func(flags byte, tail ...byte) []byte {
		return append([]byte{flags, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, tail...)
	}
	for _, c := range []struct {
		name    string
		raw     []byte
		payload int // -1: malformed
	}{
		{"none", head(0x80, 1, 2, 3), 3},
		{"some", head(0xa0, 1, 2, 0, 0, 3), 2},
		{"only", head(0xa0, 0, 0, 3), 0},
		{"zero", head(0xa0, 1, 2, 0), -1}, // CVE-2025-49140
		{"more than there is", head(0xa0, 1, 2, 4), -1},
		{"of an empty packet", head(0xa0), -1},
		{"cut short", head(0x80)[:11], -1},
		{"other version", head(0x40, 1), -1},
		{"CSRCs missing", head(0x8f, 1, 2, 3), -1},
		{"extension missing", head(0x90, 0xbe, 0xde), -1},
		{"extension too long", head(0x90, 0xbe, 0xde, 0, 2, 0, 0, 0, 0), -1},
	} {
		var h Header
		err := h.Parse(c.raw)
		switch {
		case c.payload < 0 && err == nil:
			t.Errorf("%s: taken", c.name)
		case c.payload >= 0 && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.payload >= 0 && len(h.Payload(c.raw)) != c.payload:
			t.Errorf("%s: payload of %d bytes, want %d", c.name, len(h.Payload(c.raw)), c.payload)
		}
	}
}

func TestParseVP8(t *testing.T) {
	key := []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41}
	join := func(a []byte, b ...byte) []byte { return append(append([]byte(nil), a...), b...) }
	for _, c := range []struct {
		name string
		in   []byte
		want VP8
		bad  bool
	}{
		{"key frame", join([]byte{0x10}, key...), VP8{Start: true, KeyFrame: true, PictureID: -1, Width: 640, Height: 360}, false},
		{"with a long PictureID", join([]byte{0x90, 0x80, 0x92, 0x34}, key...), VP8{Start: true, KeyFrame: true, PictureID: 0x1234, Width: 640, Height: 360}, false},
		{"with all fields", join([]byte{0x90, 0xf0, 0x12, 9, 0x20}, key...), VP8{Start: true, KeyFrame: true, PictureID: 0x12, Width: 640, Height: 360}, false},
		{"inter frame", []byte{0x10, 0x11, 0, 0}, VP8{Start: true, PictureID: -1}, false},
		{"later packet", []byte{0x00, 0x10}, VP8{PictureID: -1}, false},
		{"later partition", []byte{0x11, 0x10}, VP8{PictureID: -1}, false},
		{"key frame cut short", []byte{0x10, 0x10, 0}, VP8{Start: true, KeyFrame: true, PictureID: -1}, false},
		{"empty", nil, VP8{}, true},
		{"no bits", []byte{0x90}, VP8{}, true},
		{"no PictureID", []byte{0x90, 0x80}, VP8{}, true},
		{"half a PictureID", []byte{0x90, 0x80, 0x80}, VP8{}, true},
		{"no TID", []byte{0x90, 0x20}, VP8{}, true},
		{"no frame", []byte{0x10}, VP8{}, true},
	} {
		got, ok := ParseVP8(c.in)
		if ok == c.bad || (ok && got != c.want) {
			t.Errorf("%s: %+v %v, want %+v %v", c.name, got, ok, c.want, !c.bad)
		}
	}
}

func TestParseOpus(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want Opus
		bad  bool
	}{
		{"what browsers send", []byte{0x78}, Opus{Duration: 20 * time.Millisecond}, false},
		{"stereo", []byte{0xfc}, Opus{Duration: 20 * time.Millisecond, Stereo: true}, false},
		{"60 ms of SILK", []byte{3 << 3}, Opus{Duration: 60 * time.Millisecond}, false},
		{"two frames", []byte{1<<3 | 1}, Opus{Duration: 40 * time.Millisecond}, false},
		{"six frames", []byte{1<<3 | 3, 6}, Opus{Duration: 120 * time.Millisecond}, false},
		{"seven frames", []byte{1<<3 | 3, 7}, Opus{}, true},
		{"no frames", []byte{1<<3 | 3, 0}, Opus{}, true},
		{"no count", []byte{3}, Opus{}, true},
		{"empty", nil, Opus{}, true},
		{"2.5 ms", []byte{16 << 3}, Opus{Duration: 2500 * time.Microsecond}, false},
	} {
		got, ok := ParseOpus(c.in)
		if ok == c.bad || (ok && got != c.want) {
			t.Errorf("%s: %+v %v, want %+v %v", c.name, got, ok, c.want, !c.bad)
		}
	}
}

// FuzzParse compares with Pion's reader: what both take, both read alike.
func FuzzParse(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9})
	f.Add([]byte{0xa0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0})
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0x10, 7, 0, 0, 1})
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x10, 0, 0, 1, 1, 2, 7, 7, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var h Header
		if h.Parse(raw) != nil {
			return
		}
		payload := h.Payload(raw)
		for id := range 256 {
			h.Extension(raw, uint8(id))
		}
		var p rtp.Packet
		if p.Unmarshal(raw) != nil {
			return
		}
		if p.SequenceNumber != h.Sequence || p.Timestamp != h.Timestamp || p.SSRC != h.SSRC ||
			p.Marker != h.Marker || p.PayloadType != h.PayloadType || !bytes.Equal(p.Payload, payload) {
			t.Errorf("%x\nours %+v %x\nPion %+v", raw, h, payload, p)
		}
	})
}

func FuzzParseVP8(f *testing.F) {
	f.Add([]byte{0x90, 0xf0, 0x92, 0x34, 9, 0x20, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, ok := ParseVP8(b)
		if ok && (v.KeyFrame && !v.Start || v.PictureID > 1<<15-1 || v.Width > 1<<14-1 || v.Height > 1<<14-1) {
			t.Errorf("%x: %+v", b, v)
		}
	})
}

func FuzzParseOpus(f *testing.F) {
	f.Add([]byte{0x7b, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		if o, ok := ParseOpus(b); ok && (o.Duration <= 0 || o.Duration > maxOpus) {
			t.Errorf("%x: %v", b, o.Duration)
		}
	})
}
