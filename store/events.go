package store

import "tmk/consult"

const eventColumns = `id, integration, consultation_id, sequence, type, created_at, data`

func scanEvent(r row, e *consult.Event) error {
	return r.Scan(&e.ID, &e.Integration, &e.ConsultationID, &e.Sequence, &e.Type, (*instant)(&e.CreatedAt),
		(*[]byte)(&e.Data))
}

func (t *tx) AddEvent(e *consult.Event) error {
	if err := t.add("event", `INSERT INTO events (`+eventColumns+`) VALUES (`+placeholders(1, 7)+`) ON CONFLICT DO NOTHING`,
		e.ID, e.Integration, e.ConsultationID, e.Sequence, e.Type, e.CreatedAt, string(e.Data)); err != nil {
		return err
	}
	const recipients = ` FROM events e JOIN webhooks w ON w.integration = e.integration
		WHERE e.id = $1 AND w.disabled_at = 0`
	if _, err := t.exec("add deliveries", `INSERT INTO deliveries (event_id, webhook_id, consultation_id, sequence, created_at)
		SELECT e.id, w.id, e.consultation_id, e.sequence, e.created_at`+recipients, e.ID); err != nil {
		return err
	}
	_, err := t.exec("queue deliveries", `INSERT INTO queues (webhook_id, consultation_id, waiting, head_created_at, next_at)
		SELECT w.id, e.consultation_id, 1, e.created_at, e.created_at`+recipients+`
		ON CONFLICT (webhook_id, consultation_id) DO UPDATE SET waiting = queues.waiting + 1`, e.ID)
	return err
}

// Events lists by CreatedAt; those of one consultation and moment by Sequence.
// after is "" for the start; CodeNotFound when there is no such event.
func (t *tx) Events(integration string, after consult.EventID, limit int) ([]*consult.Event, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	const order = ` ORDER BY created_at, consultation_id, sequence LIMIT $2`
	if after == "" {
		return many(t, "events", scanEvent,
			`SELECT `+eventColumns+` FROM events WHERE integration = $1`+order, integration, limit)
	}
	last, err := t.event(after)
	if err != nil {
		return nil, err
	}
	return many(t, "events", scanEvent, `SELECT `+eventColumns+` FROM events
		WHERE integration = $1 AND (created_at, consultation_id, sequence) > ($3, $4, $5)`+order,
		integration, limit, last.CreatedAt, last.ConsultationID, last.Sequence)
}

func (t *tx) event(id consult.EventID) (*consult.Event, error) {
	return one(t, "event", scanEvent, `SELECT `+eventColumns+` FROM events WHERE id = $1`, id)
}

const webhookColumns = `id, integration, url, secrets, created_at, disabled_at`

func scanWebhook(r row, w *consult.Webhook) error {
	return r.Scan(&w.ID, &w.Integration, &w.URL, jsonColumn{&w.Secrets}, (*instant)(&w.CreatedAt), (*instant)(&w.DisabledAt))
}

func (t *tx) AddWebhook(w *consult.Webhook) error {
	return t.add("webhook", `INSERT INTO webhooks (`+webhookColumns+`) VALUES (`+placeholders(1, 6)+`)
		ON CONFLICT DO NOTHING`, w.ID, w.Integration, w.URL, toJSON(w.Secrets), w.CreatedAt, w.DisabledAt)
}

func (t *tx) Webhook(id consult.WebhookID) (*consult.Webhook, error) {
	return one(t, "webhook", scanWebhook, `SELECT `+webhookColumns+` FROM webhooks WHERE id = $1`, id)
}

// Webhooks lists by CreatedAt, then ID; disabled ones too.
func (t *tx) Webhooks(integration string) ([]*consult.Webhook, error) {
	return many(t, "webhooks", scanWebhook, `SELECT `+webhookColumns+` FROM webhooks
		WHERE integration = $1 ORDER BY created_at, id`, integration)
}

// SaveWebhook writes the address, the secrets and whether it is disabled.
func (t *tx) SaveWebhook(w *consult.Webhook) error {
	return t.save("webhook", `UPDATE webhooks SET url = $2, secrets = $3, disabled_at = $4 WHERE id = $1`,
		w.ID, w.URL, toJSON(w.Secrets), w.DisabledAt)
}
