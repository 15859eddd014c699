package consult

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"
)

// KeyPrefix is how every API key begins, so that scanners for leaked secrets find them.
const KeyPrefix = "tmk_"

// keyBytes is the randomness of a key: 256 bits.
const keyBytes = 32

var integrationShape = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// CreateAPIKey makes a key and returns it once. ttl 0 means for ever; scopes nil means all. Codes: forbidden, invalid.
func (d *Desk) CreateAPIKey(ctx context.Context, by Principal, integration, name string, scopes []Scope, ttl time.Duration) (*APIKey, string, error) {
	if err := authorize(by, ActManageAPIKeys, target{}); err != nil {
		return nil, "", err
	}
	if scopes == nil {
		scopes = AllScopes
	}
	var f fields
	f.integration(integration)
	f.line("/name", name, maxName)
	if len(scopes) == 0 {
		f.add("/scopes", "a key needs at least one")
	}
	for i, s := range scopes {
		if !slices.Contains(AllScopes, s) {
			f.add(fmt.Sprintf("/scopes/%d", i), "is not a scope")
		}
	}
	if ttl < 0 {
		f.add("/ttl", "is negative")
	}
	if err := f.err("the key"); err != nil {
		return nil, "", err
	}
	secret := KeyPrefix + NewToken(keyBytes)
	var key *APIKey
	err := d.change(ctx, by, func(ch *change) error {
		key = &APIKey{
			ID: KeyID(NewID("k_", ch.now)), Integration: integration, Name: name,
			Hash: HashToken(secret), Scopes: slices.Clone(scopes), CreatedAt: ch.now,
		}
		if ttl > 0 {
			key.ExpiresAt = ch.now.Add(ttl)
		}
		if err := ch.tx.AddAPIKey(key); err != nil {
			return fmt.Errorf("add API key: %w", err)
		}
		return ch.audit(actCreateKey, "", string(key.ID), integration)
	})
	if err != nil {
		return nil, "", err
	}
	return key, secret, nil
}

// APIKeys lists all keys, the oldest first. Code: forbidden.
func (d *Desk) APIKeys(ctx context.Context, by Principal) ([]*APIKey, error) {
	if err := authorize(by, ActManageAPIKeys, target{}); err != nil {
		return nil, err
	}
	var keys []*APIKey
	err := d.store.View(ctx, func(tx Tx) (err error) {
		keys, err = tx.APIKeys()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	return keys, nil
}

// RevokeAPIKey ends a key at once; revoking again is no error. Codes: not_found, forbidden.
func (d *Desk) RevokeAPIKey(ctx context.Context, by Principal, id KeyID) error {
	if err := authorize(by, ActManageAPIKeys, target{}); err != nil {
		return err
	}
	return d.change(ctx, by, func(ch *change) error {
		keys, err := ch.tx.APIKeys()
		if err != nil {
			return fmt.Errorf("list API keys: %w", err)
		}
		i := slices.IndexFunc(keys, func(k *APIKey) bool { return k.ID == id })
		if i < 0 {
			return Errorf(CodeNotFound, "there is no such key")
		}
		if !keys[i].RevokedAt.IsZero() {
			return nil
		}
		keys[i].RevokedAt = ch.now
		if err := ch.tx.SaveAPIKey(keys[i]); err != nil {
			return fmt.Errorf("save API key %s: %w", id, err)
		}
		return ch.audit(actRevokeKey, "", string(id), "")
	})
}

func (f *fields) integration(name string) {
	if !integrationShape.MatchString(name) {
		f.add("/integration", "must be 1 to 64 small letters, digits, dots, dashes")
	}
}

// touchEvery is how often the use of one key is written down at most.
const touchEvery = time.Minute

// touched is when this node last wrote down the use of a key.
type touched struct {
	mu sync.Mutex
	at map[KeyID]time.Time // as many as there are keys
}

func newTouched() *touched { return &touched{at: make(map[KeyID]time.Time)} }

// take tells whether it is time to write the use of a key down, and counts on it being done.
func (t *touched) take(id KeyID, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, ok := t.at[id]; ok && now.Sub(at) < touchEvery {
		return false
	}
	t.at[id] = now
	return true
}

// TouchKey notes that a key was used, at most once a minute. It may be called for each request of a key that is known.
func (d *Desk) TouchKey(ctx context.Context, id KeyID) error {
	now := d.clock()
	if !d.touched.take(id, now) {
		return nil
	}
	err := d.store.Update(ctx, func(tx Tx) error { return tx.TouchAPIKey(id, now) })
	if err != nil {
		return fmt.Errorf("note use of key %s: %w", id, err)
	}
	return nil
}
