package store

import (
	"fmt"
	"time"

	"tmk/consult"
)

const deliverySelect = `SELECT d.id, d.webhook_id, d.attempts, d.next_at, d.delivered_at, d.dead_at,
		e.id, e.integration, e.consultation_id, e.sequence, e.type, e.created_at, e.data
	FROM deliveries d JOIN events e ON e.id = d.event_id`

// scanDelivery reads all but the webhook, of which only the id, and the log.
func scanDelivery(r row, d *consult.Delivery) error {
	return r.Scan(append([]any{&d.ID, &d.Webhook.ID, &d.Attempts, (*instant)(&d.NextAt), (*instant)(&d.DeliveredAt),
		(*instant)(&d.DeadAt)}, eventDest(&d.Event)...)...)
}

func (t *tx) Delivery(id consult.DeliveryID) (*consult.Delivery, error) {
	d, err := one(t, "delivery", scanDelivery, deliverySelect+` WHERE d.id = $1`, id)
	if err != nil {
		return nil, err
	}
	if err := t.complete(d.Webhook.ID, d); err != nil {
		return nil, err
	}
	return d, nil
}

// Deliveries lists by the order in which the events were written. CodeNotFound
// when there is no such webhook, or it has no delivery q.After.
func (t *tx) Deliveries(q consult.DeliveryQuery) ([]*consult.Delivery, error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	where, args := ` WHERE d.webhook_id = $1`, []any{q.Webhook, q.Limit}
	switch q.State {
	case "":
	case consult.DeliveryPending:
		where += ` AND d.delivered_at = 0 AND d.dead_at = 0`
	case consult.DeliveryDelivered:
		where += ` AND d.delivered_at > 0`
	case consult.DeliveryDead:
		where += ` AND d.dead_at > 0`
	default:
		return nil, consult.Invalid("/state", "is not a state")
	}
	if q.ConsultationID != "" {
		args = append(args, q.ConsultationID)
		where += fmt.Sprintf(` AND d.consultation_id = $%d`, len(args))
	}
	if q.After != "" {
		n, err := one(t, "delivery", scanInt, `SELECT event_n FROM deliveries WHERE id = $1 AND webhook_id = $2`, q.After, q.Webhook)
		if err != nil {
			return nil, err
		}
		args = append(args, *n)
		where += fmt.Sprintf(` AND d.event_n < $%d`, len(args))
	}
	list, err := many(t, "deliveries", scanDelivery, deliverySelect+where+` ORDER BY d.event_n DESC LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	return list, t.complete(q.Webhook, list...)
}

// complete reads one webhook and the attempts for its deliveries.
func (t *tx) complete(id consult.WebhookID, list ...*consult.Delivery) error {
	webhook, err := t.Webhook(id)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	byID, ids := make(map[consult.DeliveryID]*consult.Delivery), make([]any, len(list))
	for i, d := range list {
		d.Webhook, byID[d.ID], ids[i] = *webhook, d, d.ID
	}
	type logged struct {
		delivery consult.DeliveryID
		consult.Attempt
	}
	attempts, err := many(t, "attempts", func(r row, a *logged) error {
		return r.Scan(&a.delivery, (*instant)(&a.At), &a.Took, &a.Status, &a.Error)
	}, `SELECT delivery_id, at, took_ns, status, error FROM delivery_attempts
		WHERE delivery_id IN (`+placeholders(1, len(ids))+`) ORDER BY delivery_id, n`, ids...)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		byID[a.delivery].Log = append(byID[a.delivery].Log, a.Attempt)
	}
	return nil
}

func (t *tx) Requeue(id consult.DeliveryID, now time.Time) error {
	d, err := one(t, "delivery", scanDelivery, deliverySelect+` WHERE d.id = $1`, id)
	if err != nil {
		return err
	}
	if err := t.mustBeLive(d.Webhook.ID); err != nil {
		return err
	}
	if d.State() == consult.DeliveryPending {
		return consult.Errorf(consult.CodeConflict, "the delivery waits already")
	}
	if err := t.save("delivery", `UPDATE deliveries SET delivered_at = 0, dead_at = 0, attempts = 0, next_at = $2
		WHERE id = $1`, id, now); err != nil {
		return err
	}
	return t.setHead(d.Webhook.ID, d.Event.ConsultationID)
}

// RequeueDead has the codes CodeNotFound and, when the webhook is disabled, CodeConflict.
func (t *tx) RequeueDead(webhook consult.WebhookID, since, now time.Time) (int, error) {
	if err := t.mustBeLive(webhook); err != nil {
		return 0, err
	}
	n, err := t.exec("requeue deliveries", `UPDATE deliveries SET dead_at = 0, attempts = 0, next_at = $3
		WHERE webhook_id = $1 AND dead_at > 0 AND created_at >= $2`, webhook, since, now)
	if err != nil || n == 0 {
		return 0, err
	}
	// In one statement, for there may be thousands: the longer it takes, the
	// likelier a claim or a settlement comes between, and it all runs again.
	if _, err := t.exec("set heads", `UPDATE queues SET (head_id, head_created_at, next_at) = (
			SELECT d.id, d.created_at, d.next_at FROM deliveries d
			WHERE d.webhook_id = queues.webhook_id AND d.consultation_id = queues.consultation_id
			AND d.delivered_at = 0 AND d.dead_at = 0 ORDER BY d.sequence LIMIT 1)
		WHERE webhook_id = $1 AND consultation_id IN (
			SELECT d.consultation_id FROM deliveries d
			WHERE d.webhook_id = $1 AND d.delivered_at = 0 AND d.dead_at = 0 AND d.attempts = 0 AND d.next_at = $2)`,
		webhook, now); err != nil {
		return 0, err
	}
	return int(n), nil
}

// mustBeLive is CodeConflict when the webhook is off.
func (t *tx) mustBeLive(id consult.WebhookID) error {
	w, err := t.Webhook(id)
	if err != nil {
		return err
	}
	if !w.DisabledAt.IsZero() || !w.DeletedAt.IsZero() {
		return consult.Errorf(consult.CodeConflict, disabledError)
	}
	return nil
}
