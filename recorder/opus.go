package recorder

import "time"

// silence is 20 ms of nothing in CELT, fullband, mono (RFC 6716 §3.1): what
// encoders send for digital silence.
var silence = []byte{0xF8, 0xFF, 0xFE}

const silenceFor = 20 * time.Millisecond
