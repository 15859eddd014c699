package store

import (
	"encoding/json"
	"slices"
	"time"

	"tmk/consult"
)

const webhookColumns = `id, integration, url, description, events, secrets, sealed, created_at, disabled_at,
	disabled_reason, deleted_at, version`

func placeOfWebhook(id consult.WebhookID) []byte { return place("webhooks", "sealed", string(id)) }

func (t *tx) scanWebhook(r row, w *consult.Webhook) error {
	var plain string // what sealOldSecrets has not come to
	var sealed []byte
	if err := r.Scan(&w.ID, &w.Integration, &w.URL, &w.Description, jsonColumn{&w.Events}, &plain, &sealed,
		(*instant)(&w.CreatedAt), (*instant)(&w.DisabledAt), &w.DisabledReason, (*instant)(&w.DeletedAt), &w.Version); err != nil {
		return err
	}
	if plain != "" {
		return readPlainSecrets(plain, &w.Secrets)
	}
	return t.vault.openJSON(sealed, placeOfWebhook(w.ID), &w.Secrets)
}

// readPlainSecrets reads what versions before sealing wrote: a JSON array of strings.
func readPlainSecrets(plain string, secrets *[]consult.WebhookSecret) error {
	var values []string
	if err := json.Unmarshal([]byte(plain), &values); err != nil {
		return err
	}
	for _, v := range values {
		*secrets = append(*secrets, consult.WebhookSecret{Value: v})
	}
	return nil
}

// sealOldSecrets seals what versions before sealing left readable.
func (t *tx) sealOldSecrets() error {
	old, err := many(t, "webhooks", t.scanWebhook, `SELECT `+webhookColumns+` FROM webhooks WHERE secrets <> ''`)
	if err != nil {
		return err
	}
	for _, w := range old {
		if err := t.save("webhook", `UPDATE webhooks SET secrets = '', sealed = $2 WHERE id = $1`,
			w.ID, sealJSON(t.vault, w.Secrets, placeOfWebhook(w.ID))); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) AddWebhook(w *consult.Webhook) error {
	return t.add("webhook", `INSERT INTO webhooks (`+webhookColumns+`) VALUES (`+placeholders(1, 12)+`) ON CONFLICT DO NOTHING`,
		w.ID, w.Integration, w.URL, w.Description, words(w.Events), "", sealJSON(t.vault, w.Secrets, placeOfWebhook(w.ID)),
		w.CreatedAt, w.DisabledAt, w.DisabledReason, w.DeletedAt, w.Version)
}

// Webhook finds deleted ones too.
func (t *tx) Webhook(id consult.WebhookID) (*consult.Webhook, error) {
	return one(t, "webhook", t.scanWebhook, `SELECT `+webhookColumns+` FROM webhooks WHERE id = $1`, id)
}

// Webhooks lists by CreatedAt, then ID; disabled ones too.
func (t *tx) Webhooks(integration string) ([]*consult.Webhook, error) {
	const order = ` ORDER BY created_at, id`
	if integration == "" {
		return many(t, "webhooks", t.scanWebhook, `SELECT `+webhookColumns+` FROM webhooks WHERE deleted_at = 0`+order)
	}
	return many(t, "webhooks", t.scanWebhook, `SELECT `+webhookColumns+` FROM webhooks
		WHERE deleted_at = 0 AND integration = $1`+order, integration)
}

// SaveWebhook writes all but the integration and the time of making. Whatever
// waits for a webhook that is or was off dies: on again, it begins afresh.
func (t *tx) SaveWebhook(w *consult.Webhook) error {
	before, err := t.Webhook(w.ID)
	if err != nil {
		return err
	}
	n, err := t.exec("save webhook", `UPDATE webhooks SET url = $3, description = $4, events = $5, secrets = '', sealed = $6,
			disabled_at = $7, disabled_reason = $8, deleted_at = $9, version = version + 1
		WHERE id = $1 AND version = $2`,
		w.ID, w.Version, w.URL, w.Description, words(w.Events), sealJSON(t.vault, w.Secrets, placeOfWebhook(w.ID)),
		w.DisabledAt, w.DisabledReason, w.DeletedAt)
	if err != nil {
		return err
	}
	if n == 0 {
		t.attempts = max(t.attempts, staleAttempts)
		return consult.Errorf(consult.CodeConflict, "the webhook was changed by somebody else")
	}
	if off := latest(w.DisabledAt, w.DeletedAt, before.DisabledAt, before.DeletedAt); !off.IsZero() {
		if err := t.killWaiting(w.ID, off); err != nil {
			return err
		}
	}
	w.Version++
	return nil
}

func latest(times ...time.Time) time.Time {
	return slices.MaxFunc(times, time.Time.Compare)
}

const disabledError = "the webhook is disabled"

// killWaiting lets all die that waits for a webhook, whoever has it.
func (t *tx) killWaiting(id consult.WebhookID, at time.Time) error {
	if _, err := t.exec("empty queues", `UPDATE queues SET head_id = '', lease_until = 0, leased_id = ''
		WHERE webhook_id = $1 AND head_id <> ''`, id); err != nil {
		return err
	}
	const waiting = ` WHERE webhook_id = $1 AND delivered_at = 0 AND dead_at = 0`
	if _, err := t.exec("log dying deliveries", `INSERT INTO delivery_attempts (delivery_id, n, at, took_ns, status, error)
		SELECT id, logged + 1, CAST($2 AS BIGINT), 0, 0, CAST($3 AS TEXT) FROM deliveries`+waiting, id, at, disabledError); err != nil {
		return err
	}
	if _, err := t.exec("trim logs", `DELETE FROM delivery_attempts WHERE EXISTS (SELECT 1 FROM deliveries d
		WHERE d.id = delivery_attempts.delivery_id AND d.webhook_id = $1 AND d.delivered_at = 0 AND d.dead_at = 0
		AND delivery_attempts.n <= d.logged + 1 - $2)`, id, keptAttempts); err != nil {
		return err
	}
	_, err := t.exec("let deliveries die", `UPDATE deliveries SET dead_at = $2, logged = logged + 1`+waiting, id, at)
	return err
}
