package auth

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"tmk/consult"
)

// maxToken is the length of the longest minted token that is looked at, and
// maxKID of its key's name: a link must fit into a message.
const (
	maxToken = 8 << 10
	maxKID   = 256
)

// algorithms are those that a minted link may be signed with (RFC 7518 §3.1, RFC 8037 §3.1).
var algorithms = []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256, jose.RS256, jose.HS256}

// Minted knows people by the links that their integration mints by itself: a JWT
// (RFC 7519) signed with a key of the integration. It is safe for many goroutines.
type Minted struct {
	store consult.Store
	now   func() time.Time
	sets  *keySets
}

// NewMinted makes a Minted. client fetches key sets from addresses that an
// administrator has entered, so it should not reach inner ones; now is the clock, nil means time.Now.
func NewMinted(store consult.Store, client *http.Client, now func() time.Time, log *slog.Logger) *Minted {
	if now == nil {
		now = time.Now
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Minted{store: store, now: now, sets: newKeySets(client, now, log)}
}

// Claims verifies the token of a link /j/{session}?t={token} and returns what it
// claims; Session is the consultation's own id then. Nothing is written, so a token may be shown
// any number of times. Codes: link_unknown (not signed by a live key, or not for
// this session; the message says what is wrong with it, which is told only to
// who could sign), link_expired (exp), too_early (nbf; Ref), unavailable (the key set cannot be fetched).
func (m *Minted) Claims(ctx context.Context, token, session string) (*consult.Claims, error) {
	t, err := readMinted(token)
	if err != nil {
		return nil, err
	}
	keys, err := m.candidates(ctx, t)
	if err != nil {
		return nil, err
	}
	key, payload, err := t.verify(keys)
	if err != nil {
		return nil, err
	}
	claims, err := payload.check(m.now())
	if err != nil {
		return nil, err
	}
	claims.Key, claims.Integration = key.id, key.integration
	id, err := m.sameSession(ctx, key.integration, claims.Session, session)
	if err != nil {
		return nil, err
	}
	claims.Session = string(id)
	return claims, nil
}

// minted is a token that can be read, whoever signed it.
type minted struct {
	token     *jwt.JSONWebToken
	kid       string
	algorithm string
	issuer    string // not to be believed before the signature is checked
}

// readMinted takes a token apart. Code: link_unknown.
func readMinted(token string) (*minted, error) {
	unreadable := consult.Errorf(consult.CodeLinkUnknown, "the token is not a JWT signed with EdDSA, ES256, RS256 or HS256")
	if len(token) > maxToken {
		return nil, unreadable
	}
	t, err := jwt.ParseSigned(token, algorithms)
	if err != nil || len(t.Headers) != 1 {
		return nil, unreadable
	}
	h := t.Headers[0]
	if h.KeyID == "" || len(h.KeyID) > maxKID {
		return nil, consult.Errorf(consult.CodeLinkUnknown, "the token's header names no key (kid)")
	}
	if _, critical := h.ExtraHeaders["crit"]; critical { // RFC 7515 §4.1.11
		return nil, consult.Errorf(consult.CodeLinkUnknown, "the token demands that extensions are understood (crit): none is here")
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err := t.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return nil, unreadable
	}
	return &minted{token: t, kid: h.KeyID, algorithm: h.Algorithm, issuer: claims.Issuer}, nil
}

// verifier is a key that a signature can be checked with, by one algorithm only.
type verifier struct {
	id          consult.SigningKeyID
	integration string
	issuer      string
	algorithm   string
	key         any // ed25519.PublicKey, *ecdsa.PublicKey, *rsa.PublicKey or, for HS256, []byte
}

// candidates are the live keys of the token's issuer with its kid. A key that
// was pasted comes before key sets: a kid of its own cannot be given another meaning by an address.
func (m *Minted) candidates(ctx context.Context, t *minted) ([]verifier, error) {
	live, err := m.liveKeys(ctx)
	if err != nil {
		return nil, err
	}
	m.sets.keep(live)
	var found []verifier
	for _, k := range live {
		if k.Issuer == t.issuer && k.JWKSURL == "" && k.KID == t.kid {
			if v, ok := pasted(k); ok {
				found = append(found, v)
			}
		}
	}
	if found != nil {
		return found, nil
	}
	var failed error
	for _, k := range live {
		if k.Issuer != t.issuer || k.JWKSURL == "" {
			continue
		}
		switch v, ok, err := m.sets.find(ctx, k, t.kid); {
		case err != nil:
			failed = err
		case ok:
			found = append(found, v)
		}
	}
	if found == nil {
		return nil, failed
	}
	return found, nil
}

func (m *Minted) liveKeys(ctx context.Context) ([]*consult.SigningKey, error) {
	var keys []*consult.SigningKey
	err := m.store.View(ctx, func(tx consult.Tx) (err error) {
		keys, err = tx.SigningKeys("")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	return slices.DeleteFunc(keys, func(k *consult.SigningKey) bool { return !k.RevokedAt.IsZero() }), nil
}

// verify finds the key that has signed the token. A key is tried only with the
// algorithm that it was registered for, whatever the header wishes (RFC 8725 §3.1). Code: link_unknown.
func (t *minted) verify(keys []verifier) (*verifier, *mintedClaims, error) {
	if len(keys) == 0 {
		return nil, nil, consult.Errorf(consult.CodeLinkUnknown, "no live key has the token's iss and kid")
	}
	if !slices.ContainsFunc(keys, func(k verifier) bool { return k.algorithm == t.algorithm }) {
		return nil, nil, consult.Errorf(consult.CodeLinkUnknown, "the token's key is for another algorithm")
	}
	for i, k := range keys {
		if k.algorithm != t.algorithm {
			continue
		}
		var signed struct{}
		if t.token.Claims(k.key, &signed) != nil {
			continue
		}
		claims := new(mintedClaims)
		if err := t.token.Claims(k.key, claims); err != nil {
			return nil, nil, consult.Errorf(consult.CodeLinkUnknown, "a claim of the token has a wrong type")
		}
		if claims.Issuer != k.issuer {
			return nil, nil, consult.Errorf(consult.CodeLinkUnknown, "no live key has the token's iss and kid")
		}
		return &keys[i], claims, nil
	}
	return nil, nil, consult.Errorf(consult.CodeLinkUnknown, "the token's signature is wrong")
}

// sameSession resolves the session that the token names and the one of the
// link's address, each by id or externalId, and wants them to be one. Code: link_unknown.
func (m *Minted) sameSession(ctx context.Context, integration, claimed, addressed string) (consult.ConsultationID, error) {
	var id consult.ConsultationID
	err := m.store.View(ctx, func(tx consult.Tx) error {
		c, err := sessionOf(tx, integration, claimed)
		if err != nil {
			return err
		}
		if id = c.ID; addressed == claimed || addressed == string(c.ID) {
			return nil
		}
		other, err := sessionOf(tx, integration, addressed)
		if err == nil && other.ID != c.ID {
			err = consult.Errorf(consult.CodeNotFound, "another one")
		}
		return err
	})
	switch {
	case consult.CodeOf(err) == consult.CodeNotFound:
		return "", consult.Errorf(consult.CodeLinkUnknown, "the token is not for this session")
	case err != nil:
		return "", fmt.Errorf("read session of a minted link: %w", err)
	}
	return id, nil
}

// sessionOf finds a consultation of an integration by its id or externalId.
func sessionOf(tx consult.Tx, integration, name string) (*consult.Consultation, error) {
	c, err := tx.Consultation(consult.ConsultationID(name))
	if err == nil && c.Integration == integration {
		return c, nil
	}
	if err != nil && consult.CodeOf(err) != consult.CodeNotFound {
		return nil, err
	}
	return tx.ConsultationByExternalID(integration, name)
}
