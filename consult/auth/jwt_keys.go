package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"tmk/consult"
)

// How key sets are kept, and what one may cost.
const (
	setFresh     = 10 * time.Minute // no need to ask again
	setRetry     = time.Minute      // asked at most this often, whatever kids are named
	setLasts     = 24 * time.Hour   // the last good one is used while its address fails
	setWithin    = 5 * time.Second  // one answer
	maxSet       = 256 << 10        // bytes of one answer
	minRSA       = 2048             // bits; fewer are not safe (RFC 7518 §3.3)
	maxRSA       = 8192             // bits; more only cost
	minSymmetric = 32               // bytes (RFC 7518 §3.2)
)

// pasted makes a verifier of a key that an administrator has entered; false
// when what is stored does not fit together, which the desk does not let happen.
func pasted(k *consult.SigningKey) (verifier, bool) {
	v := verifier{id: k.ID, integration: k.Integration, issuer: k.Issuer, algorithm: k.Algorithm, key: k.Secret}
	if k.Algorithm == string(jose.HS256) {
		return v, len(k.Secret) >= minSymmetric && k.PublicKey == nil
	}
	key, err := x509.ParsePKIXPublicKey(k.PublicKey)
	if err != nil {
		return verifier{}, false
	}
	v.key = key
	return v, algorithmOf(key) == k.Algorithm && k.Secret == nil
}

// algorithmOf is the one algorithm that a public key is used with; "" for a
// key that is too weak or of another kind.
func algorithmOf(key any) string {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return string(jose.EdDSA)
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return string(jose.ES256)
		}
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= minRSA && bits <= maxRSA {
			return string(jose.RS256)
		}
	}
	return ""
}

// keySets are the key sets (RFC 7517) of all addresses that are registered.
type keySets struct {
	client *http.Client
	now    func() time.Time
	log    *slog.Logger
	flight singleflight.Group

	mu   sync.Mutex
	sets map[consult.SigningKeyID]*keySet
}

// keySet is what an address has answered.
type keySet struct {
	keys    map[string]setKey // by kid; nil: never answered well
	fetched time.Time         // when keys came
	tried   time.Time         // when the last request ended, well or not
}

type setKey struct {
	algorithm string
	key       any
}

func newKeySets(client *http.Client, now func() time.Time, log *slog.Logger) *keySets {
	return &keySets{client: client, now: now, log: log, sets: map[consult.SigningKeyID]*keySet{}}
}

// keep forgets the sets of keys that are not live any more.
func (s *keySets) keep(live []*consult.SigningKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.sets {
		if !slices.ContainsFunc(live, func(k *consult.SigningKey) bool { return k.ID == id }) {
			delete(s.sets, id)
		}
	}
}

// find returns the key of a set by its kid, and false when the set has none. It
// asks the address when the set is old or does not know the kid. Code: unavailable (no set that may be used).
func (s *keySets) find(ctx context.Context, from *consult.SigningKey, kid string) (verifier, bool, error) {
	v, ok, due := s.look(from, kid)
	if due {
		// One request for all who wait, and it goes on when one of them leaves.
		done := s.flight.DoChan(string(from.ID), func() (any, error) {
			s.refresh(context.WithoutCancel(ctx), from)
			return nil, nil
		})
		select {
		case <-done:
		case <-ctx.Done():
			return verifier{}, false, ctx.Err()
		}
		v, ok, _ = s.look(from, kid)
	}
	if !ok && !s.usable(from.ID) {
		return verifier{}, false, consult.Errorf(consult.CodeUnavailable, "the keys that the link is signed with cannot be fetched now")
	}
	return v, ok, nil
}

// look reads what is known; due tells that the address should be asked before the answer counts.
func (s *keySets) look(from *consult.SigningKey, kid string) (v verifier, ok, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, set := s.now(), s.sets[from.ID]
	if set == nil {
		return verifier{}, false, true
	}
	k, ok := set.keys[kid]
	ok = ok && now.Sub(set.fetched) < setLasts
	if !ok || now.Sub(set.fetched) >= setFresh {
		due = now.Sub(set.tried) >= setRetry
	}
	return verifier{id: from.ID, integration: from.Integration, issuer: from.Issuer, algorithm: k.algorithm, key: k.key}, ok, due
}

// usable tells whether there is an answer that is not too old.
func (s *keySets) usable(id consult.SigningKeyID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.sets[id]
	return set != nil && set.keys != nil && s.now().Sub(set.fetched) < setLasts
}

// refresh asks the address; when that fails the last good answer stays.
func (s *keySets) refresh(ctx context.Context, from *consult.SigningKey) {
	keys, err := s.fetch(ctx, from.JWKSURL)
	if err != nil {
		s.log.Warn("key set cannot be fetched", "signing_key", from.ID, "err", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, set := s.now(), s.sets[from.ID]
	if set == nil {
		set = new(keySet)
		s.sets[from.ID] = set
	}
	set.tried = now
	if err == nil {
		set.keys, set.fetched = keys, now
	}
}

// fetch reads a key set. Its errors do not hold the address.
func (s *keySets) fetch(ctx context.Context, address string) (map[string]setKey, error) {
	ctx, cancel := context.WithTimeout(ctx, setWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, withoutAddress(err)
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json")
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, withoutAddress(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSet+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read answer: %w", err)
	case len(body) > maxSet:
		return nil, fmt.Errorf("the answer has more than %d bytes", maxSet)
	}
	return readKeySet(body)
}

func withoutAddress(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// readKeySet takes those keys of a set that can sign links: public, of one of
// our algorithms, with a kid of their own. Others are left out (RFC 7517 §5), and both of two with one kid.
func readKeySet(body []byte) (map[string]setKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil || set.Keys == nil {
		return nil, errors.New("the answer is not a key set")
	}
	keys := make(map[string]setKey)
	twice := make(map[string]bool)
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(raw) != nil || !k.IsPublic() || k.KeyID == "" {
			continue
		}
		algorithm := algorithmOf(k.Key)
		if algorithm == "" || k.Algorithm != "" && k.Algorithm != algorithm || k.Use != "" && k.Use != "sig" {
			continue
		}
		if _, known := keys[k.KeyID]; known {
			twice[k.KeyID] = true
		}
		keys[k.KeyID] = setKey{algorithm, k.Key}
	}
	for kid := range twice {
		delete(keys, kid)
	}
	return keys, nil
}
