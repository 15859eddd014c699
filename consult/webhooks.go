package consult

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// EventTypes are all types of events that a webhook can ask for.
var EventTypes = []EventType{
	SessionCreated, SessionStatusChanged, SessionRescheduled, SessionUpdated, SessionRated, ParticipantJoined, ParticipantLeft,
	RecordingStarted, RecordingBecameReady, RecordingDidFail, MessageCreated,
}

const (
	secretBytes = 32 // the randomness of a webhook's secret: 256 bits
	maxURL      = 2048
	maxWebhooks = 20 // live ones of one integration
	// maxKeepOld is how long an old secret may go on signing.
	maxKeepOld = 7 * 24 * time.Hour
)

// WebhookOrder asks for an endpoint.
type WebhookOrder struct {
	URL         string
	Description string
	Events      []EventType // empty: everything
}

// WebhookAmendment is what is to change in an endpoint; nil leaves a thing as it is.
type WebhookAmendment struct {
	URL         *string
	Description *string
	Events      *[]EventType
	Enabled     *bool
}

// Webhooks lists an integration's endpoints, the oldest first. A key lists its own's; for others "" means all
// integrations. Codes: forbidden, not_found (another integration's).
func (d *Desk) Webhooks(ctx context.Context, by Principal, integration string) ([]*Webhook, error) {
	integration, err := manages(by, ActManageWebhooks, integration)
	if err != nil {
		return nil, err
	}
	var hooks []*Webhook
	err = d.store.View(ctx, func(tx Tx) (err error) {
		hooks, err = tx.Webhooks(integration)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list webhooks of %q: %w", integration, err)
	}
	return hooks, nil
}

// manages checks that p may do a with things of an integration, and returns whose: a key's own unless it says so.
func manages(p Principal, a Action, integration string) (string, error) {
	if p.Key != nil && integration == "" {
		integration = p.Key.Integration
	}
	of := target{}
	if integration != "" {
		of = target{what: "integration", integration: integration}
	}
	return integration, authorize(p, a, of)
}

// Webhook reads one with its secrets. Codes: not_found, forbidden.
func (d *Desk) Webhook(ctx context.Context, by Principal, id WebhookID) (*Webhook, error) {
	var hook *Webhook
	err := d.store.View(ctx, func(tx Tx) (err error) {
		hook, err = webhook(tx, by, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return hook, nil
}

// webhook reads an endpoint that by may manage and that is not deleted.
func webhook(tx Tx, by Principal, id WebhookID) (*Webhook, error) {
	hook, err := anyWebhook(tx, by, id)
	if err == nil && !hook.DeletedAt.IsZero() {
		return nil, Errorf(CodeNotFound, "there is no such webhook")
	}
	return hook, err
}

// anyWebhook is webhook for deleted ones too.
func anyWebhook(tx Tx, by Principal, id WebhookID) (*Webhook, error) {
	hook, err := tx.Webhook(id)
	if err != nil {
		return nil, fmt.Errorf("read webhook %s: %w", id, err)
	}
	if err := authorize(by, ActManageWebhooks, target{what: "webhook", integration: hook.Integration}); err != nil {
		return nil, err
	}
	return hook, nil
}

// CreateWebhook registers an endpoint and returns it with its secret. A key registers its own integration's.
// Codes: invalid, forbidden, not_found (another integration), conflict (too many).
func (d *Desk) CreateWebhook(ctx context.Context, by Principal, integration string, o WebhookOrder) (*Webhook, error) {
	integration, err := manages(by, ActManageWebhooks, integration)
	if err != nil {
		return nil, err
	}
	hook := &Webhook{Integration: integration, URL: o.URL, Description: o.Description, Events: slices.Clone(o.Events), Version: 1}
	if err := hook.check(); err != nil {
		return nil, err
	}
	var made *Webhook
	err = d.change(ctx, by, func(ch *change) error {
		if err := ch.roomForWebhook(integration); err != nil {
			return err
		}
		w := *hook
		w.ID, w.CreatedAt, w.Secrets = WebhookID(NewID("wh_", ch.now)), ch.now, []WebhookSecret{newSecret()}
		if err := ch.tx.AddWebhook(&w); err != nil {
			return fmt.Errorf("add webhook: %w", err)
		}
		made = &w
		return ch.audit(actCreateWebhook, "", string(w.ID), integration)
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// check finds what is wrong with an endpoint, and puts its types into order.
func (w *Webhook) check() error {
	var f fields
	f.integration(w.Integration)
	f.url("/url", w.URL)
	f.line("/description", w.Description, maxName)
	for i, typ := range w.Events {
		if !slices.Contains(EventTypes, typ) {
			f.add(fmt.Sprintf("/events/%d", i), "is not a type of events")
		}
	}
	if err := f.err("the webhook"); err != nil {
		return err
	}
	slices.Sort(w.Events)
	w.Events = slices.Compact(w.Events)
	return nil
}

// roomForWebhook is nil when one more endpoint may be live. Code: conflict.
func (ch *change) roomForWebhook(integration string) error {
	hooks, err := ch.tx.Webhooks(integration)
	if err != nil {
		return fmt.Errorf("list webhooks of %s: %w", integration, err)
	}
	live := 0
	for _, w := range hooks {
		if w.DisabledAt.IsZero() {
			live++
		}
	}
	if live >= maxWebhooks {
		return Errorf(CodeConflict, "there are %d live webhooks already, more are not allowed", live)
	}
	return nil
}

// AmendWebhook changes an endpoint, disables or enables it. ifVersion is the version that the caller has seen, 0 for any.
// What changes nothing raises no version. Disabling lets its waiting deliveries die.
// Codes: not_found, forbidden, precondition_failed, invalid, conflict (too many live ones).
func (d *Desk) AmendWebhook(ctx context.Context, by Principal, id WebhookID, a WebhookAmendment, ifVersion int64) (*Webhook, error) {
	var hook *Webhook
	err := d.change(ctx, by, func(ch *change) error {
		w, err := webhook(ch.tx, by, id)
		if err != nil {
			return err
		}
		if ifVersion != 0 && w.Version != ifVersion {
			return Errorf(CodeStale, "the webhook was changed meanwhile: its version is %d", w.Version)
		}
		hook = w
		before := *w
		set(&w.URL, a.URL)
		set(&w.Description, a.Description)
		if a.Events != nil {
			w.Events = slices.Clone(*a.Events)
		}
		if err := w.check(); err != nil {
			return err
		}
		edited := w.URL != before.URL || w.Description != before.Description || !slices.Equal(w.Events, before.Events)
		switched, err := ch.switchWebhook(w, a.Enabled)
		if err != nil || !edited && switched == "" {
			return err
		}
		if err := ch.saveWebhook(w); err != nil {
			return err
		}
		if edited {
			if err := ch.audit(actAmendWebhook, "", string(id), ""); err != nil {
				return err
			}
		}
		if switched == "" {
			return nil
		}
		return ch.audit(switched, "", string(id), "")
	})
	if err != nil {
		return nil, err
	}
	return hook, nil
}

// switchWebhook turns w on or off, and returns how the audit names it; "" when it is so already.
func (ch *change) switchWebhook(w *Webhook, on *bool) (Action, error) {
	switch {
	case on == nil || *on == w.DisabledAt.IsZero():
		return "", nil
	case *on:
		w.DisabledAt, w.DisabledReason = time.Time{}, ""
		return actEnableWebhook, ch.roomForWebhook(w.Integration)
	}
	w.DisabledAt, w.DisabledReason = ch.now, DisabledByHand
	return ActDisableWebhook, nil
}

func (ch *change) saveWebhook(w *Webhook) error {
	if err := ch.tx.SaveWebhook(w); err != nil {
		return fmt.Errorf("save webhook %s: %w", w.ID, err)
	}
	return nil
}

// DisableWebhook ends deliveries to an endpoint; disabling again is no error. Code: not_found.
func (d *Desk) DisableWebhook(ctx context.Context, id WebhookID) error {
	_, err := d.AmendWebhook(ctx, System, id, WebhookAmendment{Enabled: new(bool)}, 0)
	return err
}

// DeleteWebhook takes an endpoint away; its waiting deliveries die, the log of its deliveries stays.
// Codes: not_found (deleted before, too), forbidden.
func (d *Desk) DeleteWebhook(ctx context.Context, by Principal, id WebhookID) error {
	return d.change(ctx, by, func(ch *change) error {
		w, err := webhook(ch.tx, by, id)
		if err != nil {
			return err
		}
		w.DeletedAt = ch.now
		if err := ch.saveWebhook(w); err != nil {
			return err
		}
		return ch.audit(actDeleteWebhook, "", string(id), "")
	})
}

// RotateSecret gives an endpoint a new secret. The old one goes on signing beside it for
// keepOld, 0 to 7 days; never more than two do. Codes: invalid, not_found, forbidden.
func (d *Desk) RotateSecret(ctx context.Context, by Principal, id WebhookID, keepOld time.Duration) (*Webhook, error) {
	if keepOld < 0 || keepOld > maxKeepOld {
		return nil, Invalid("/keepOld", "must be from 0 to 7 days")
	}
	var hook *Webhook
	err := d.change(ctx, by, func(ch *change) error {
		w, err := webhook(ch.tx, by, id)
		if err != nil {
			return err
		}
		secrets := []WebhookSecret{newSecret()}
		if len(w.Secrets) > 0 && keepOld > 0 {
			secrets = append(secrets, WebhookSecret{Value: w.Secrets[0].Value, ExpiresAt: ch.now.Add(keepOld)})
		}
		w.Secrets = secrets
		if err := ch.saveWebhook(w); err != nil {
			return err
		}
		hook = w
		return ch.audit(actRotateSecret, "", string(id), fmt.Sprintf("keepOld=%s", keepOld))
	})
	if err != nil {
		return nil, err
	}
	return hook, nil
}

func newSecret() WebhookSecret {
	secret := make([]byte, secretBytes)
	rand.Read(secret) // never fails (Go 1.24)
	return WebhookSecret{Value: "whsec_" + base64.StdEncoding.EncodeToString(secret)}
}

// url checks the address of an endpoint: absolute http or https, a port that there can be, no user, no fragment.
func (f *fields) url(pointer, s string) {
	u, err := url.Parse(s)
	switch {
	case len(s) > maxURL:
		f.add(pointer, "has more than %d bytes", maxURL)
	case err != nil || u.Hostname() == "" || !known(u.Scheme, "http", "https"):
		f.add(pointer, "is not an http or https address")
	case u.Port() != "" && !possiblePort(u.Port()):
		f.add(pointer, "has a port that there cannot be")
	case u.User != nil:
		f.add(pointer, "has a user name; deliveries are signed instead")
	case u.Fragment != "":
		f.add(pointer, "has a fragment")
	}
}

func possiblePort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}
