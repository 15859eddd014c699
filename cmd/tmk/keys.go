package main

import (
	"fmt"
	"strings"
	"time"

	"tmk/consult"
)

type apiKeyCmd struct {
	Create apiKeyCreate `cmd:"" help:"Make a key; it is shown only once."`
	List   apiKeyList   `cmd:"" help:"List the keys."`
	Revoke apiKeyRevoke `cmd:"" help:"End a key at once."`
}

type apiKeyCreate struct {
	Integration string        `arg:"" optional:"" default:"lk" help:"Whose key: consultations belong to an integration, not to a key."`
	Name        string        `help:"What the key is for." default:"made by hand"`
	Scope       []string      `help:"What it may do: sessions:read, sessions:write, recordings:read, webhooks. All when none is named." placeholder:"SCOPE"`
	TTL         time.Duration `name:"ttl" help:"How long it is good, such as 720h; for ever when not given." placeholder:"DURATION"`
	Quiet       bool          `short:"q" help:"Print the key and nothing else."`
}

func (c apiKeyCreate) Run(a *app) error {
	var scopes []consult.Scope
	for _, s := range c.Scope {
		scopes = append(scopes, consult.Scope(s))
	}
	return a.with(func(f *facts) error {
		key, secret, err := f.desk.CreateAPIKey(a.ctx, consult.System, c.Integration, c.Name, scopes, c.TTL)
		if err != nil {
			return fmt.Errorf("create API key: %w", err)
		}
		if c.Quiet {
			_, err := fmt.Fprintln(a.stdout, secret)
			return err
		}
		return a.table(
			[]string{"id", string(key.ID)},
			[]string{"key", secret + "  (shown only now)"},
			[]string{"integration", key.Integration},
			[]string{"scopes", joinScopes(key.Scopes)},
			[]string{"expires", day(key.ExpiresAt)},
		)
	})
}

type apiKeyList struct{}

func (apiKeyList) Run(a *app) error {
	return a.with(func(f *facts) error {
		keys, err := f.desk.APIKeys(a.ctx, consult.System)
		if err != nil {
			return fmt.Errorf("list API keys: %w", err)
		}
		now := time.Now()
		rows := [][]string{{"ID", "INTEGRATION", "NAME", "SCOPES", "CREATED", "EXPIRES", "LAST USED", "STATE"}}
		for _, k := range keys {
			rows = append(rows, []string{string(k.ID), k.Integration, k.Name, joinScopes(k.Scopes), day(k.CreatedAt), day(k.ExpiresAt), day(k.LastUsedAt), keyState(k, now)})
		}
		return a.table(rows...)
	})
}

type apiKeyRevoke struct {
	ID string `arg:"" help:"The key's id (k_…), see list."`
}

func (c apiKeyRevoke) Run(a *app) error {
	return a.with(func(f *facts) error {
		if err := f.desk.RevokeAPIKey(a.ctx, consult.System, consult.KeyID(c.ID)); err != nil {
			return fmt.Errorf("revoke API key %s: %w", c.ID, err)
		}
		return a.table([]string{"revoked", c.ID})
	})
}

func joinScopes(scopes []consult.Scope) string {
	all := make([]string, len(scopes))
	for i, s := range scopes {
		all[i] = string(s)
	}
	return strings.Join(all, ",")
}

// expiresSoon is how long before its end a key is warned of.
const expiresSoon = 14 * 24 * time.Hour

// What is to be said of a key.
const (
	keyLive     = "live"
	keyExpiring = "expires soon"
	keyExpired  = "expired"
	keyRevoked  = "revoked"
)

func keyState(k *consult.APIKey, now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return keyRevoked
	case k.ExpiresAt.IsZero():
		return keyLive
	case !now.Before(k.ExpiresAt):
		return keyExpired
	case k.ExpiresAt.Sub(now) <= expiresSoon:
		return keyExpiring
	}
	return keyLive
}
