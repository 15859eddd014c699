package consult

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// idEncoding is Crockford-like: lower case, no padding, sorts as its bytes do.
var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns prefix and 26 characters: 48 bits of milliseconds, so that ids
// sort by time, and 80 random bits (the layout of ULID).
func NewID(prefix string, now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	rand.Read(b[6:]) // never fails (Go 1.24)
	return prefix + idEncoding.EncodeToString(b[:])
}

// newEventID is [NewID] with the low 24 bits of seq in front of the random
// ones, so that a consultation's events of one millisecond sort too.
func newEventID(now time.Time, seq int64) EventID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	binary.BigEndian.PutUint32(b[6:10], uint32(seq)<<8)
	rand.Read(b[9:]) // never fails (Go 1.24)
	return EventID("evt_" + idEncoding.EncodeToString(b[:]))
}

// NewToken returns n random bytes in unpadded base64url.
func NewToken(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails (Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b)
}

// HashToken is how links, passes, keys and cookies are stored. They are random
// and long, so a plain SHA-256 is enough.
func HashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}
