package auth

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"

	"github.com/go-jose/go-jose/v4"

	"tmk/consult"
)

// ReadPublicKey reads what an administrator pasted, PEM or a JSON Web Key (RFC 7517), into an
// order. The key's own kid and alg fill in what the order does not say. Code: invalid
// (also for a private key, which should not have left the integration).
func ReadPublicKey(text string, o *consult.SigningKeyOrder) error {
	if raw := bytes.TrimSpace([]byte(text)); len(raw) == 0 || raw[0] != '{' {
		o.PublicKey = text
		return nil // the desk reads PEM
	}
	var key jose.JSONWebKey
	if err := json.Unmarshal([]byte(text), &key); err != nil || !key.Valid() {
		return consult.Invalid("/publicKey", "is not a JSON Web Key")
	}
	if !key.IsPublic() {
		return consult.Invalid("/publicKey", "is a private key: keep it, and give the public one")
	}
	der, err := x509.MarshalPKIXPublicKey(key.Key)
	if err != nil {
		return consult.Invalid("/publicKey", "is not a JSON Web Key")
	}
	o.PublicKey = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if o.KID == "" {
		o.KID = key.KeyID
	}
	if o.Algorithm == "" {
		o.Algorithm = key.Algorithm
	}
	return nil
}
