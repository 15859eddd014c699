package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"tmk/consult"
)

// keyBytes is the length of the keys here: 256 bits.
const keyBytes = 32

// sealer gives browsers things to keep that they can neither read nor change,
// for a while: what is between two steps then needs no memory of the server, and
// the second step may come to another node.
type sealer struct {
	aead    cipher.AEAD
	purpose []byte
	now     func() time.Time
}

// sealed is what stands in the envelope.
type sealed struct {
	Until   int64           `json:"u"` // Unix milliseconds
	Content json.RawMessage `json:"c"`
}

// newSealer makes one for one purpose: what is sealed for another does not open.
func newSealer(key []byte, purpose string, now func() time.Time) *sealer {
	derived, err := hkdf.Key(sha256.New, key, nil, "tmk seal "+purpose, keyBytes)
	if err != nil {
		panic(err) // cannot be: the length is right
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		panic(err) // the same
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // the same
	}
	return &sealer{aead, []byte(purpose), now}
}

// seal closes v for as long as it says, in base64url.
func (s *sealer) seal(v any, lasts time.Duration) (string, error) {
	content, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(sealed{Until: s.now().Add(lasts).UnixMilli(), Content: content})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, s.purpose)), nil
}

// open reads into v what seal closed. Code: unauthorized (not ours, or too old).
func (s *sealer) open(envelope string, v any) error {
	refused := consult.Errorf(consult.CodeUnauthorized, "it took too long: begin anew")
	box, err := base64.RawURLEncoding.Strict().DecodeString(envelope)
	if err != nil {
		return refused
	}
	plain, err := s.aead.Open(nil, nil, box, s.purpose)
	if err != nil {
		return refused
	}
	var e sealed
	if err := json.Unmarshal(plain, &e); err != nil || s.now().UnixMilli() >= e.Until {
		return refused
	}
	if err := json.Unmarshal(e.Content, v); err != nil {
		return refused
	}
	return nil
}
