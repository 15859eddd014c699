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

// newID returns prefix and 26 characters: 48 bits of milliseconds, so that ids
// sort by time, and 80 random bits (the layout of ULID).
func newID(prefix string, now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	rand.Read(b[6:]) // never fails (Go 1.24)
	return prefix + idEncoding.EncodeToString(b[:])
}

func encodeToken(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// HashToken is how links, passes, keys and cookies are stored. They are random
// and long, so a plain SHA-256 is enough.
func HashToken(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}
