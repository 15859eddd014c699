package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Names of the headers, from Standard Webhooks.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// Tolerance is how far a timestamp may lie from the receiver's clock.
const Tolerance = 5 * time.Minute

const (
	secretPrefix    = "whsec_"
	signatureScheme = "v1,"
)

// What [Verify] finds wrong; test with errors.Is.
var (
	ErrHeaders   = errors.New("webhook headers are missing or malformed")
	ErrTimestamp = errors.New("webhook timestamp is too far from now")
	ErrSignature = errors.New("no webhook signature matches")
)

// Sign returns one signature ("v1," and base64) of a message by a secret
// ("whsec_" and base64). at is the time of the try; it goes into the
// timestamp header as Unix seconds.
func Sign(secret, id string, at time.Time, body []byte) (string, error) {
	mac, err := macOf(secret, id, strconv.FormatInt(at.Unix(), 10), body)
	if err != nil {
		return "", err
	}
	return signatureScheme + base64.StdEncoding.EncodeToString(mac), nil
}

// Verify checks the headers and the body of a received webhook: nil when one
// of its signatures was made with one of the secrets and its timestamp is
// within [Tolerance] of now. Errors: [ErrHeaders], [ErrTimestamp],
// [ErrSignature], or what is wrong with a secret.
func Verify(secrets []string, h http.Header, body []byte, now time.Time) error {
	id, stamp := h.Get(HeaderID), h.Get(HeaderTimestamp)
	signatures := strings.Fields(h.Get(HeaderSignature))
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || len(signatures) == 0 {
		return ErrHeaders
	}
	if now.Sub(time.Unix(seconds, 0)).Abs() > Tolerance {
		return ErrTimestamp
	}
	for _, secret := range secrets {
		want, err := macOf(secret, id, stamp, body)
		if err != nil {
			return err
		}
		if anyEqual(signatures, want) {
			return nil
		}
	}
	return ErrSignature
}

// anyEqual reports whether one of the signatures of our scheme is mac.
// Signatures of schemes that we do not know are passed over.
func anyEqual(signatures []string, mac []byte) bool {
	for _, s := range signatures {
		encoded, ok := strings.CutPrefix(s, signatureScheme)
		if !ok {
			continue
		}
		got, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil && hmac.Equal(got, mac) {
			return true
		}
	}
	return false
}

// macOf computes HMAC-SHA256 over "id.timestamp.body".
func macOf(secret, id, timestamp string, body []byte) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, errors.New("webhook secret does not begin with " + secretPrefix)
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("decode webhook secret: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil), nil
}
