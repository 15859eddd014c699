package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tmk/consult"
)

// How deliveries are shared out. A queue is one webhook's waiting deliveries of
// one consultation; its row in the table queues carries the lease and the time
// of the next attempt, so nothing behind a head can be claimed, no two workers
// get one queue, and a queue of any length costs a poll nothing while its head
// waits for a retry.
//
// Claims and settlements run READ COMMITTED on PostgreSQL: what they decide by
// stands in the one row of queues that they change. Two workers that pick the
// same row meet at its lock; when the first has committed, the second checks
// the outer WHERE again on the new row and leaves it. An AddEvent that meets a
// settlement counts up the same row, so it waits for it, and is run again.
const claimQueues = `UPDATE queues SET lease_until = $2
	WHERE lease_until <= $1 AND next_at <= $1
	AND (webhook_id, consultation_id) IN (
		SELECT q.webhook_id, q.consultation_id
		FROM queues q JOIN webhooks w ON w.id = q.webhook_id
		WHERE q.lease_until <= $1 AND q.next_at <= $1 AND w.disabled_at = 0
		ORDER BY q.head_created_at, q.consultation_id, q.webhook_id
		LIMIT $3)
	RETURNING webhook_id, consultation_id, next_at`

// queueHead reads the event that is first in a queue, and how often it was tried.
const queueHead = `SELECT d.attempts, e.id, e.integration, e.consultation_id, e.sequence, e.type, e.created_at, e.data
	FROM deliveries d JOIN events e ON e.id = d.event_id
	WHERE d.webhook_id = $1 AND d.consultation_id = $2 AND d.delivered_at = 0 AND d.dead_at = 0
	ORDER BY d.sequence LIMIT 1`

// ClaimDeliveries leases due deliveries; see [consult.Store].
func (db *DB) ClaimDeliveries(ctx context.Context, now time.Time, lease time.Duration, limit, _ int) ([]consult.Delivery, error) {
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
	heads, err := many(t, "queues", scanQueue, claimQueues, now, now.Add(lease), limit)
	if err != nil {
		return nil, err
	}
	webhooks := make(map[consult.WebhookID]*consult.Webhook)
	claimed := make([]consult.Delivery, 0, len(heads))
	for _, d := range heads {
		nextAt := d.NextAt
		webhook := webhooks[d.Webhook.ID]
		if webhook == nil {
			if webhook, err = t.Webhook(d.Webhook.ID); err != nil {
				return nil, err
			}
			webhooks[webhook.ID] = webhook
		}
		head, err := one(t, "head of a queue", scanHead, queueHead, webhook.ID, d.Event.ConsultationID)
		if err != nil {
			return nil, err
		}
		head.Webhook, head.NextAt = *webhook, nextAt
		claimed = append(claimed, *head)
	}
	slices.SortFunc(claimed, byAge) // RETURNING promises no order
	return claimed, nil
}

// scanQueue reads whose queue it is and when it was due.
func scanQueue(r row, d *consult.Delivery) error {
	return r.Scan(&d.Webhook.ID, &d.Event.ConsultationID, (*instant)(&d.NextAt))
}

func scanHead(r row, d *consult.Delivery) error {
	e := &d.Event
	return r.Scan(&d.Attempts, &e.ID, &e.Integration, &e.ConsultationID, &e.Sequence, &e.Type, (*instant)(&e.CreatedAt),
		(*[]byte)(&e.Data))
}

// SettleDelivery writes the outcome of an attempt; see [consult.Store]. The
// outcome of a delivery that was settled meanwhile, after the lease ran out,
// changes nothing. CodeNotFound when there is no such delivery.
func (db *DB) SettleDelivery(ctx context.Context, d *consult.Delivery, o consult.Outcome) error {
	event, webhook := d.Event.ID, d.Webhook.ID
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
	queue, err := one(t, "delivery", func(r row, id *consult.ConsultationID) error { return r.Scan(id) },
		`SELECT consultation_id FROM deliveries WHERE event_id = $1 AND webhook_id = $2`, event, webhook)
	if err != nil {
		return err
	}
	open, err := t.writeOutcome(event, webhook, o)
	if err != nil {
		return err
	}
	switch {
	case !open:
	case !o.Delivered && !o.RetryAt.IsZero():
		_, err = t.exec("put off queue", `UPDATE queues SET lease_until = 0, next_at = $3
			WHERE webhook_id = $1 AND consultation_id = $2`, webhook, *queue, o.RetryAt)
	default:
		err = t.advance(webhook, *queue)
	}
	if err != nil || !o.DisableWebhook {
		return err
	}
	_, err = t.exec("disable webhook", `UPDATE webhooks SET disabled_at = $2 WHERE id = $1 AND disabled_at = 0`, webhook, o.At)
	return err
}

// writeOutcome notes an attempt in its delivery, and reports false when that
// was settled before.
func (t *tx) writeOutcome(event consult.EventID, webhook consult.WebhookID, o consult.Outcome) (open bool, err error) {
	var deliveredAt, deadAt time.Time
	switch {
	case o.Delivered:
		deliveredAt = o.At
	case o.RetryAt.IsZero():
		deadAt = o.At
	}
	n, err := t.exec("write outcome", `UPDATE deliveries SET attempts = attempts + 1, delivered_at = $3, dead_at = $4,
			last_at = $5, last_status = $6, last_error = $7
		WHERE event_id = $1 AND webhook_id = $2 AND delivered_at = 0 AND dead_at = 0`,
		event, webhook, deliveredAt, deadAt, o.At, o.Status, o.Error)
	return n == 1, err
}

// advance takes the head off a queue. The first statement locks the row, so
// what the next ones see of the queue stays so.
func (t *tx) advance(webhook consult.WebhookID, id consult.ConsultationID) error {
	waiting, err := one(t, "queue", scanInt, `UPDATE queues SET waiting = waiting - 1, lease_until = 0
		WHERE webhook_id = $1 AND consultation_id = $2 RETURNING waiting`, webhook, id)
	if err != nil {
		return err
	}
	if *waiting == 0 {
		_, err = t.exec("remove queue", `DELETE FROM queues WHERE webhook_id = $1 AND consultation_id = $2`, webhook, id)
		return err
	}
	_, err = t.exec("advance queue", `UPDATE queues SET (head_created_at, next_at) = (
			SELECT d.created_at, d.created_at FROM deliveries d
			WHERE d.webhook_id = $1 AND d.consultation_id = $2 AND d.delivered_at = 0 AND d.dead_at = 0
			ORDER BY d.sequence LIMIT 1)
		WHERE webhook_id = $1 AND consultation_id = $2`, webhook, id)
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
