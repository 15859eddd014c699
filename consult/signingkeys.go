package consult

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"slices"
)

// The algorithms of signing keys (RFC 7518 §3.1, RFC 8037 §3.1).
const (
	AlgorithmEdDSA = "EdDSA"
	AlgorithmES256 = "ES256"
	AlgorithmRS256 = "RS256"
	AlgorithmHS256 = "HS256"
)

// minRSA is the least length of an RSA key, RFC 7518 §3.3.
const minRSA = 2048 // bits

// SigningKeyOrder registers a key with which an integration signs join links: a
// key with its KID and algorithm, or the address of a set of keys.
type SigningKeyOrder struct {
	Integration string
	Issuer      string
	KID         string
	Algorithm   string
	PublicKey   string // PEM, "PUBLIC KEY"; not for HS256
	Secret      []byte // HS256 only, 32 bytes or more; nil: one is made
	JWKSURL     string // https; then nothing but Integration and Issuer stands beside it
}

// SigningKeys lists an integration's, the oldest first, revoked ones too; "" means of all integrations. Code: forbidden.
func (d *Desk) SigningKeys(ctx context.Context, by Principal, integration string) ([]*SigningKey, error) {
	if err := authorize(by, ActManageSigningKeys, target{}); err != nil {
		return nil, err
	}
	var keys []*SigningKey
	err := d.store.View(ctx, func(tx Tx) (err error) {
		keys, err = tx.SigningKeys(integration)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	return keys, nil
}

// CreateSigningKey registers a key, whose secret is shown only now. Codes: invalid, forbidden,
// conflict (a live key has this kid; another integration has this issuer).
func (d *Desk) CreateSigningKey(ctx context.Context, by Principal, o SigningKeyOrder) (*SigningKey, error) {
	if err := authorize(by, ActManageSigningKeys, target{}); err != nil {
		return nil, err
	}
	key, err := o.key()
	if err != nil {
		return nil, err
	}
	err = d.change(ctx, by, func(ch *change) error {
		key.ID, key.CreatedAt = SigningKeyID(NewID("jk_", ch.now)), ch.now
		all, err := ch.tx.SigningKeys("")
		if err != nil {
			return fmt.Errorf("list signing keys: %w", err)
		}
		for _, other := range all {
			if other.RevokedAt.IsZero() && other.Issuer == key.Issuer && other.Integration != key.Integration {
				return Errorf(CodeConflict, "the issuer is another integration's")
			}
		}
		if err := ch.tx.AddSigningKey(key); err != nil {
			return fmt.Errorf("add signing key: %w", err)
		}
		return ch.audit(actCreateSigningKey, "", string(key.ID), key.Integration)
	})
	if err != nil {
		return nil, err
	}
	return key, nil
}

// RevokeSigningKey ends a key at once; revoking again is no error. Codes: not_found, forbidden.
func (d *Desk) RevokeSigningKey(ctx context.Context, by Principal, id SigningKeyID) error {
	if err := authorize(by, ActManageSigningKeys, target{}); err != nil {
		return err
	}
	return d.change(ctx, by, func(ch *change) error {
		key, err := ch.tx.SigningKey(id)
		if err != nil {
			return fmt.Errorf("read signing key %s: %w", id, err)
		}
		if !key.RevokedAt.IsZero() {
			return nil
		}
		key.RevokedAt = ch.now
		if err := ch.tx.SaveSigningKey(key); err != nil {
			return fmt.Errorf("save signing key %s: %w", id, err)
		}
		return ch.audit(actRevokeSigningKey, "", string(id), "")
	})
}

// key is the key that the order asks for. Code: invalid.
func (o SigningKeyOrder) key() (*SigningKey, error) {
	k := &SigningKey{Integration: o.Integration, Issuer: o.Issuer, KID: o.KID, Algorithm: o.Algorithm, JWKSURL: o.JWKSURL}
	var f fields
	f.integration(o.Integration)
	f.id("/issuer", o.Issuer)
	switch {
	case o.JWKSURL != "":
		f.keySet(o)
	case o.Algorithm == AlgorithmHS256:
		f.id("/kid", o.KID)
		k.Secret = f.secret(o)
	case known(o.Algorithm, AlgorithmEdDSA, AlgorithmES256, AlgorithmRS256):
		f.id("/kid", o.KID)
		k.PublicKey = f.publicKey(o)
	default:
		f.add("/algorithm", "must be EdDSA, ES256, RS256 or HS256")
	}
	if err := f.err("the signing key"); err != nil {
		return nil, err
	}
	return k, nil
}

func (f *fields) keySet(o SigningKeyOrder) {
	u, err := url.Parse(o.JWKSURL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || len(o.JWKSURL) > maxURL {
		f.add("/jwksUrl", "is not a plain https address")
	}
	if o.KID != "" || o.Algorithm != "" || o.PublicKey != "" || o.Secret != nil {
		f.add("/jwksUrl", "stands alone: the set names its keys by itself")
	}
}

func (f *fields) secret(o SigningKeyOrder) []byte {
	switch n := len(o.Secret); {
	case o.PublicKey != "":
		f.add("/publicKey", "is of no use to HS256")
	case o.Secret == nil:
		secret := make([]byte, secretBytes)
		rand.Read(secret) // never fails (Go 1.24)
		return secret
	case n < secretBytes || n > 1024:
		f.add("/secret", "must have from %d to 1024 bytes", secretBytes)
	}
	return slices.Clone(o.Secret)
}

// publicKey reads the key and checks that it is one of the algorithm. A private
// key is refused: it should not have left the integration.
func (f *fields) publicKey(o SigningKeyOrder) []byte {
	if o.Secret != nil {
		f.add("/secret", "is for HS256 only")
	}
	block, _ := pem.Decode([]byte(o.PublicKey))
	if block == nil || block.Type != "PUBLIC KEY" {
		f.add("/publicKey", "is not a public key in PEM (BEGIN PUBLIC KEY)")
		return nil
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		f.add("/publicKey", "cannot be read")
		return nil
	}
	fits := false
	switch key := key.(type) {
	case ed25519.PublicKey:
		fits = o.Algorithm == AlgorithmEdDSA
	case *ecdsa.PublicKey:
		fits = o.Algorithm == AlgorithmES256 && key.Curve == elliptic.P256()
	case *rsa.PublicKey:
		fits = o.Algorithm == AlgorithmRS256
		if key.N.BitLen() < minRSA {
			f.add("/publicKey", "has less than %d bits", minRSA)
		}
	}
	if !fits {
		f.add("/publicKey", "is not a key of the algorithm %s", o.Algorithm)
	}
	return block.Bytes
}
