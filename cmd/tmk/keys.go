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
		rows := [][]string{{"ID", "INTEGRATION", "NAME", "SCOPES", "CREATED", "EXPIRES", "REVOKED"}}
		for _, k := range keys {
			rows = append(rows, []string{string(k.ID), k.Integration, k.Name, joinScopes(k.Scopes), day(k.CreatedAt), day(k.ExpiresAt), day(k.RevokedAt)})
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

type webhookCmd struct {
	Create  webhookCreate  `cmd:"" help:"Register an endpoint; its secret signs what is sent."`
	List    webhookList    `cmd:"" help:"List an integration's endpoints."`
	Disable webhookDisable `cmd:"" help:"Send nothing more to an endpoint."`
	Check   webhookCheck   `cmd:"" help:"Try out a receiver: good, repeated, reordered and forged events."`
}

type webhookCreate struct {
	URL         string `arg:"" name:"url" help:"Where to POST, such as https://lk.example/hooks/tmk."`
	Integration string `help:"Whose events." default:"lk"`
}

func (c webhookCreate) Run(a *app) error {
	return a.with(func(f *facts) error {
		w, err := f.desk.CreateWebhook(a.ctx, consult.System, c.Integration, consult.WebhookOrder{URL: c.URL})
		if err != nil {
			return fmt.Errorf("create webhook: %w", err)
		}
		return a.table([]string{"id", string(w.ID)}, []string{"url", w.URL}, []string{"secret", strings.Join(w.LiveSecrets(time.Now()), " ")})
	})
}

type webhookList struct {
	Integration string `arg:"" optional:"" default:"lk" help:"Whose endpoints."`
}

func (c webhookList) Run(a *app) error {
	return a.with(func(f *facts) error {
		hooks, err := f.desk.Webhooks(a.ctx, consult.System, c.Integration)
		if err != nil {
			return fmt.Errorf("list webhooks: %w", err)
		}
		rows := [][]string{{"ID", "URL", "CREATED", "DISABLED"}}
		for _, w := range hooks {
			rows = append(rows, []string{string(w.ID), w.URL, day(w.CreatedAt), day(w.DisabledAt)})
		}
		return a.table(rows...)
	})
}

type webhookDisable struct {
	ID string `arg:"" help:"The endpoint's id (wh_…), see list."`
}

func (c webhookDisable) Run(a *app) error {
	return a.with(func(f *facts) error {
		if err := f.desk.DisableWebhook(a.ctx, consult.WebhookID(c.ID)); err != nil {
			return fmt.Errorf("disable webhook %s: %w", c.ID, err)
		}
		return a.table([]string{"disabled", c.ID})
	})
}
