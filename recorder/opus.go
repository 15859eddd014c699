package recorder

import "time"

// silence is 20 ms of nothing in CELT, fullband, mono (RFC 6716 §3.1): what
// encoders send for digital silence.
var silence = []byte{0xF8, 0xFF, 0xFE}

const silenceFor = 20 * time.Millisecond

// opusDuration is how long an Opus packet plays, by its TOC byte (RFC 6716
// §3.1, §3.2); ok is false when it is malformed.
func opusDuration(p []byte) (d time.Duration, ok bool) {
	if len(p) == 0 {
		return 0, false
	}
	frames := 2
	switch p[0] & 3 {
	case 0:
		frames = 1
	case 3:
		if len(p) < 2 {
			return 0, false
		}
		frames = int(p[1] & 0x3f)
	}
	d = time.Duration(frames) * opusFrame(p[0]>>3)
	return d, d > 0 && d <= 120*time.Millisecond
}

func opusFrame(config byte) time.Duration {
	switch {
	case config < 12: // SILK
		return [4]time.Duration{10, 20, 40, 60}[config&3] * time.Millisecond
	case config < 16: // hybrid
		return [2]time.Duration{10, 20}[config&1] * time.Millisecond
	default: // CELT
		return [4]time.Duration{2500, 5000, 10000, 20000}[config&3] * time.Microsecond
	}
}
