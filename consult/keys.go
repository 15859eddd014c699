package consult

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// KeyPrefix is how every API key begins, so that scanners for leaked secrets find them.
const KeyPrefix = "tmk_"

// keyBytes and secretBytes are the randomness of keys and of webhook secrets: 256 bits.
const (
	keyBytes    = 32
	secretBytes = 32
)

const maxURL = 2048

var integrationShape = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// CreateAPIKey makes a key and returns it once. ttl 0 means for ever; scopes nil means all. Code: invalid.
func (d *Desk) CreateAPIKey(ctx context.Context, integration, name string, scopes []Scope, ttl time.Duration) (*APIKey, string, error) {
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
	err := d.change(ctx, System, func(ch *change) error {
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

// APIKeys lists all keys.
func (d *Desk) APIKeys(ctx context.Context) ([]*APIKey, error) {
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

// RevokeAPIKey ends a key at once; revoking again is no error. Code: not_found.
func (d *Desk) RevokeAPIKey(ctx context.Context, id KeyID) error {
	return d.change(ctx, System, func(ch *change) error {
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

// CreateWebhook registers an endpoint and returns it with its secret. Code: invalid.
func (d *Desk) CreateWebhook(ctx context.Context, integration, url string) (*Webhook, error) {
	var f fields
	f.integration(integration)
	f.url("/url", url)
	if err := f.err("the webhook"); err != nil {
		return nil, err
	}
	secret := make([]byte, secretBytes)
	rand.Read(secret) // never fails (Go 1.24)
	var hook *Webhook
	err := d.change(ctx, System, func(ch *change) error {
		hook = &Webhook{
			ID: WebhookID(NewID("wh_", ch.now)), Integration: integration, URL: url,
			Secrets:   []WebhookSecret{{Value: "whsec_" + base64.StdEncoding.EncodeToString(secret)}},
			CreatedAt: ch.now,
		}
		if err := ch.tx.AddWebhook(hook); err != nil {
			return fmt.Errorf("add webhook: %w", err)
		}
		return ch.audit(actCreateWebhook, "", string(hook.ID), integration)
	})
	if err != nil {
		return nil, err
	}
	return hook, nil
}

// Webhooks lists an integration's endpoints.
func (d *Desk) Webhooks(ctx context.Context, integration string) ([]*Webhook, error) {
	var hooks []*Webhook
	err := d.store.View(ctx, func(tx Tx) (err error) {
		hooks, err = tx.Webhooks(integration)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list webhooks of %s: %w", integration, err)
	}
	return hooks, nil
}

// DisableWebhook ends deliveries to an endpoint; disabling again is no error. Code: not_found.
func (d *Desk) DisableWebhook(ctx context.Context, id WebhookID) error {
	return d.change(ctx, System, func(ch *change) error {
		hook, err := ch.tx.Webhook(id)
		if err != nil {
			return fmt.Errorf("read webhook %s: %w", id, err)
		}
		if !hook.DisabledAt.IsZero() {
			return nil
		}
		hook.DisabledAt = ch.now
		if err := ch.tx.SaveWebhook(hook); err != nil {
			return fmt.Errorf("save webhook %s: %w", id, err)
		}
		return ch.audit(actDisableWebhook, "", string(id), "")
	})
}

func (f *fields) integration(name string) {
	if !integrationShape.MatchString(name) {
		f.add("/integration", "must be 1 to 64 small letters, digits, dots, dashes")
	}
}

// url checks the address of an endpoint: absolute http or https, no user, no fragment.
func (f *fields) url(pointer, s string) {
	u, err := url.Parse(s)
	switch {
	case len(s) > maxURL:
		f.add(pointer, "has more than %d bytes", maxURL)
	case err != nil || u.Host == "" || !known(u.Scheme, "http", "https"):
		f.add(pointer, "is not an http or https address")
	case u.User != nil:
		f.add(pointer, "has a user name; deliveries are signed instead")
	case u.Fragment != "":
		f.add(pointer, "has a fragment")
	}
}
