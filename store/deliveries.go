package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tmk/consult"
)

// claimDeliveries leases the due heads of their queues. A queue is one
// webhook's deliveries of one consultation; its head is the first that is
// neither delivered nor dead, and nothing behind the head is ever claimed.
//
// PostgreSQL runs it READ COMMITTED. Two workers that pick the same row meet
// at its lock; when the first has committed, the second checks the outer
// WHERE again on the new row, finds it leased, and leaves it. It cannot go
// past the head instead: a successor becomes claimable only after the head is
// settled, in a snapshot that shows the head settled. For the same reason the
// conditions on the row itself stand outside as well as inside.
const claimDeliveries = `UPDATE deliveries SET lease_until = $2
	WHERE lease_until <= $1 AND next_at <= $1 AND delivered_at = 0 AND dead_at = 0
	AND (event_id, webhook_id) IN (
		SELECT d.event_id, d.webhook_id
		FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
		WHERE d.lease_until <= $1 AND d.next_at <= $1 AND d.delivered_at = 0 AND d.dead_at = 0
		AND w.disabled_at = 0
		AND NOT EXISTS (
			SELECT 1 FROM deliveries p
			WHERE p.webhook_id = d.webhook_id AND p.consultation_id = d.consultation_id
			AND p.sequence < d.sequence AND p.delivered_at = 0 AND p.dead_at = 0)
		ORDER BY d.created_at, d.consultation_id, d.sequence, d.webhook_id
		LIMIT $3)
	RETURNING event_id, webhook_id, attempts, next_at`

// ClaimDeliveries leases due deliveries; see [consult.Store].
func (db *DB) ClaimDeliveries(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]consult.Delivery, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	var claimed []consult.Delivery
	err := db.run(ctx, db.write, db.claims, func(t *tx) (err error) {
		claimed, err = t.claim(now, lease, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return claimed, nil
}

func (t *tx) claim(now time.Time, lease time.Duration, limit int) ([]consult.Delivery, error) {
	leased, err := many(t, "deliveries", scanDelivery, claimDeliveries, now, now.Add(lease), limit)
	if err != nil {
		return nil, err
	}
	webhooks := make(map[consult.WebhookID]*consult.Webhook)
	claimed := make([]consult.Delivery, 0, len(leased))
	for _, d := range leased {
		event, err := t.event(d.Event.ID)
		if err != nil {
			return nil, err
		}
		webhook := webhooks[d.Webhook.ID]
		if webhook == nil {
			if webhook, err = t.Webhook(d.Webhook.ID); err != nil {
				return nil, err
			}
			webhooks[webhook.ID] = webhook
		}
		d.Event, d.Webhook = *event, *webhook
		claimed = append(claimed, *d)
	}
	slices.SortFunc(claimed, byAge) // RETURNING promises no order
	return claimed, nil
}

func scanDelivery(r row, d *consult.Delivery) error {
	return r.Scan(&d.Event.ID, &d.Webhook.ID, &d.Attempts, (*instant)(&d.NextAt))
}

// SettleDelivery writes the outcome of an attempt; see [consult.Store]. The
// outcome of a delivery that was settled meanwhile, after the lease ran out,
// changes nothing. CodeNotFound when there is no such delivery.
func (db *DB) SettleDelivery(ctx context.Context, event consult.EventID, webhook consult.WebhookID, o consult.Outcome) error {
	if o.At.IsZero() {
		return consult.Errorf(consult.CodeInvalid, "an outcome needs its time")
	}
	err := db.run(ctx, db.write, db.claims, func(t *tx) error { return t.settle(event, webhook, o) })
	if err != nil {
		return fmt.Errorf("settle delivery of %s: %w", event, err)
	}
	return nil
}

func (t *tx) settle(event consult.EventID, webhook consult.WebhookID, o consult.Outcome) error {
	var deliveredAt, deadAt time.Time
	next := o.RetryAt
	switch {
	case o.Delivered:
		deliveredAt, next = o.At, o.At
	case o.RetryAt.IsZero():
		deadAt, next = o.At, o.At
	}
	n, err := t.exec("write outcome", `UPDATE deliveries SET attempts = attempts + 1, lease_until = 0,
			next_at = $3, delivered_at = $4, dead_at = $5, last_at = $6, last_status = $7, last_error = $8
		WHERE event_id = $1 AND webhook_id = $2 AND delivered_at = 0 AND dead_at = 0`,
		event, webhook, next, deliveredAt, deadAt, o.At, o.Status, o.Error)
	if err != nil {
		return err
	}
	if n == 0 {
		if _, err := one(t, "delivery", scanInt, `SELECT attempts FROM deliveries
			WHERE event_id = $1 AND webhook_id = $2`, event, webhook); err != nil {
			return err
		}
	}
	if o.DisableWebhook {
		_, err = t.exec("disable webhook", `UPDATE webhooks SET disabled_at = $2 WHERE id = $1 AND disabled_at = 0`,
			webhook, o.At)
	}
	return err
}

// byAge orders deliveries by their events, as the claim picks them.
func byAge(a, b consult.Delivery) int {
	return cmp.Or(
		a.Event.CreatedAt.Compare(b.Event.CreatedAt),
		cmp.Compare(a.Event.ConsultationID, b.Event.ConsultationID),
		cmp.Compare(a.Event.Sequence, b.Event.Sequence),
		cmp.Compare(a.Webhook.ID, b.Webhook.ID),
	)
}
