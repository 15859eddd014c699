package store

import (
	"fmt"
	"slices"

	"tmk/consult"
)

const eventColumns = `id, integration, consultation_id, sequence, type, created_at, data`

func scanEvent(r row, e *consult.Event) error { return r.Scan(eventDest(e)...) }

func eventDest(e *consult.Event) []any {
	return []any{&e.ID, &e.Integration, &e.ConsultationID, &e.Sequence, &e.Type, (*instant)(&e.CreatedAt), (*[]byte)(&e.Data)}
}

// AddEvent comes after the NextEventSeq that numbered the event, in the same
// transaction: so the order of writing is that of the sequence.
func (t *tx) AddEvent(e *consult.Event) error {
	if t.readOnly {
		return fmt.Errorf("add event: %w", errReadOnly)
	}
	n, err := one(t, "event", scanInt, `INSERT INTO events (`+eventColumns+`) VALUES (`+placeholders(1, 7)+`)
		ON CONFLICT DO NOTHING RETURNING n`,
		e.ID, e.Integration, e.ConsultationID, e.Sequence, e.Type, e.CreatedAt, string(e.Data))
	if consult.CodeOf(err) == consult.CodeNotFound && t.broken == nil {
		return consult.Errorf(consult.CodeConflict, "the event exists already")
	}
	if err != nil {
		return err
	}
	webhooks, err := many(t, "webhooks", scanRecipient, `SELECT id, events, disabled_at FROM webhooks
		WHERE integration = $1 AND deleted_at = 0 ORDER BY id`, e.Integration)
	if err != nil {
		return err
	}
	for _, w := range webhooks {
		if len(w.Events) > 0 && !slices.Contains(w.Events, e.Type) {
			continue
		}
		add := t.addDelivery
		if !w.DisabledAt.IsZero() {
			add = t.addDeadDelivery
		}
		if err := add(w.ID, e, *n); err != nil {
			return err
		}
	}
	return nil
}

// scanRecipient reads of a webhook what it takes to know whether it wants an event.
func scanRecipient(r row, w *consult.Webhook) error {
	return r.Scan(&w.ID, jsonColumn{&w.Events}, (*instant)(&w.DisabledAt))
}

// Events lists in the order of places. After an event that has none yet there is nothing.
func (t *tx) Events(integration string, after consult.EventID, limit int) ([]*consult.Event, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	var from int64
	if after != "" {
		last, err := one(t, "event", scanInt, `SELECT place FROM events WHERE id = $1 AND integration = $2`, after, integration)
		if err != nil {
			return nil, err
		}
		if from = *last; from == 0 {
			return nil, nil
		}
	}
	return many(t, "events", scanEvent, `SELECT `+eventColumns+` FROM events
		WHERE integration = $1 AND place > 0 AND place > $2 ORDER BY place LIMIT $3`, integration, from, limit)
}
