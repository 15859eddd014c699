package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tmk/consult"
)

// How deliveries are shared out. A queue is one webhook's deliveries of one
// consultation; its row in the table queues names the head (the first that
// waits) and carries the lease, so nothing behind a head can be claimed, no two
// workers get one queue, and a queue of any length costs a poll nothing while
// its head waits for a retry.
//
// Claims and settlements run READ COMMITTED on PostgreSQL. Claims come one
// after another, by lockClaims, so that a bound per webhook holds among all
// nodes. Whoever changes what waits (AddEvent, a settlement, Requeue, the
// disabling of a webhook) changes the row of the queue in the same transaction.
// A settlement does that first, so it waits there for whoever came before and
// then sees what that left; the others are serializable, and are run again when
// somebody changed the row since they began. That is why the row stays when
// the queue is empty: nobody waits for a row that is not there.

// ClaimDeliveries leases due deliveries; see [consult.Store].
func (db *DB) ClaimDeliveries(ctx context.Context, now time.Time, lease time.Duration, limit, perWebhook int) ([]consult.Delivery, error) {
	if err := checkLimit(min(limit, perWebhook)); err != nil {
		return nil, err
	}
	var claimed []consult.Delivery
	err := db.run(ctx, db.write, db.claims, func(t *tx) (err error) {
		if err := db.lock(t, lockClaims); err != nil {
			return err
		}
		claimed, err = t.claim(now, now.Add(lease).UTC().Truncate(time.Microsecond), limit, perWebhook)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return claimed, nil
}

// head is what a claim has to know of a queue.
type head struct {
	webhook      consult.WebhookID
	consultation consult.ConsultationID
	createdAt    time.Time
}

func scanHead(r row, h *head) error {
	return r.Scan(&h.webhook, &h.consultation, (*instant)(&h.createdAt))
}

func (t *tx) claim(now, until time.Time, limit, perWebhook int) ([]consult.Delivery, error) {
	webhooks, err := many(t, "webhooks", t.scanWebhook, `SELECT `+webhookColumns+` FROM webhooks w
		WHERE disabled_at = 0 AND deleted_at = 0 AND EXISTS (
			SELECT 1 FROM queues q WHERE q.webhook_id = w.id AND q.head_id <> '' AND q.next_at <= $1)`, now)
	if err != nil || len(webhooks) == 0 {
		return nil, err
	}
	var due []*head
	byID := make(map[consult.WebhookID]*consult.Webhook)
	for _, w := range webhooks {
		byID[w.ID] = w
		heads, err := t.dueOf(w.ID, now, limit, perWebhook)
		if err != nil {
			return nil, err
		}
		due = append(due, heads...)
	}
	slices.SortFunc(due, func(a, b *head) int {
		return cmp.Or(a.createdAt.Compare(b.createdAt), cmp.Compare(a.consultation, b.consultation), cmp.Compare(a.webhook, b.webhook))
	})
	return t.lease(due[:min(limit, len(due))], byID, now, until)
}

// dueOf lists the oldest due heads of one webhook, as many as it may still have on their way.
func (t *tx) dueOf(webhook consult.WebhookID, now time.Time, limit, perWebhook int) ([]*head, error) {
	leased, err := one(t, "leases", scanInt, `SELECT COUNT(*) FROM queues WHERE webhook_id = $1 AND lease_until > 0 AND lease_until > $2`,
		webhook, now)
	if err != nil {
		return nil, err
	}
	free := min(limit, perWebhook-int(*leased))
	if free <= 0 {
		return nil, nil
	}
	return many(t, "queues", scanHead, `SELECT webhook_id, consultation_id, head_created_at FROM queues
		WHERE webhook_id = $1 AND head_id <> '' AND next_at <= $2 AND lease_until <= $2
		ORDER BY head_created_at, consultation_id LIMIT $3`, webhook, now, free)
}

// lease takes queues whose heads are due still, and reads these.
func (t *tx) lease(due []*head, webhooks map[consult.WebhookID]*consult.Webhook, now, until time.Time) ([]consult.Delivery, error) {
	if len(due) == 0 {
		return nil, nil
	}
	pairs, args := make([]string, len(due)), []any{now, until}
	for i, h := range due {
		args = append(args, h.webhook, h.consultation)
		pairs[i] = "(" + placeholders(len(args)-1, 2) + ")"
	}
	ids, err := many(t, "queues", func(r row, id *consult.DeliveryID) error { return r.Scan(id) },
		`UPDATE queues SET lease_until = $2, leased_id = head_id
		WHERE head_id <> '' AND next_at <= $1 AND lease_until <= $1
		AND (webhook_id, consultation_id) IN (VALUES `+strings.Join(pairs, ", ")+`) RETURNING head_id`, args...)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	args = nil
	for _, id := range ids {
		args = append(args, *id)
	}
	list, err := many(t, "heads of queues", scanDelivery, deliverySelect+` WHERE d.id IN (`+placeholders(1, len(args))+`)`, args...)
	if err != nil {
		return nil, err
	}
	claimed := make([]consult.Delivery, len(list))
	for i, d := range list {
		d.Webhook, d.LeaseUntil = *webhooks[d.Webhook.ID], until
		claimed[i] = *d
	}
	slices.SortFunc(claimed, byAge)
	return claimed, nil
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

// SettleDelivery writes the outcome of an attempt; see [consult.Store].
// CodeNotFound when there is no such delivery.
func (db *DB) SettleDelivery(ctx context.Context, d *consult.Delivery, o consult.Outcome) error {
	if o.At.IsZero() {
		return consult.Errorf(consult.CodeInvalid, "an outcome needs its time")
	}
	// What is added to a webhook while it is disabled must die with the rest:
	// serializable, AddEvent and this see each other.
	options := db.claims
	if o.DisableWebhook {
		options = db.updates
	}
	err := db.run(ctx, db.write, options, func(t *tx) error { return t.settle(d, o) })
	if err != nil {
		return fmt.Errorf("settle delivery %s: %w", d.ID, err)
	}
	return nil
}

func (t *tx) settle(d *consult.Delivery, o consult.Outcome) error {
	queue, err := one(t, "delivery", func(r row, h *head) error { return r.Scan(&h.webhook, &h.consultation) },
		`SELECT webhook_id, consultation_id FROM deliveries WHERE id = $1`, d.ID)
	if err != nil {
		return err
	}
	n, err := t.exec("end lease", `UPDATE queues SET lease_until = 0, leased_id = ''
		WHERE webhook_id = $1 AND consultation_id = $2 AND lease_until = $3 AND leased_id = $4`,
		queue.webhook, queue.consultation, d.LeaseUntil, d.ID)
	if err != nil || n == 0 || d.LeaseUntil.IsZero() {
		return err // somebody else has it, or it is settled
	}
	if err := t.writeOutcome(d.ID, o); err != nil {
		return err
	}
	if err := t.setHead(queue.webhook, queue.consultation); err != nil {
		return err
	}
	if !o.DisableWebhook {
		return nil
	}
	return t.disableGone(queue.webhook, o.At)
}

// disableGone ends what is sent to an endpoint that says it is gone; the audit tells who did it: nobody but us.
func (t *tx) disableGone(id consult.WebhookID, at time.Time) error {
	n, err := t.exec("disable webhook", `UPDATE webhooks SET disabled_at = $2, disabled_reason = $3, version = version + 1
		WHERE id = $1 AND disabled_at = 0`, id, at, consult.DisabledGone)
	if err != nil {
		return err
	}
	if n == 1 {
		err = t.AddAudit(&consult.AuditEntry{
			ID: consult.NewID("au_", at), At: at, Actor: consult.System.Actor(), Action: string(consult.ActDisableWebhook),
			Object: string(id), Detail: string(consult.DisabledGone),
		})
		if err != nil {
			return err
		}
	}
	return t.killWaiting(id, at)
}

// keptAttempts bounds the log of one delivery.
const keptAttempts = 50

// writeOutcome notes an attempt in its delivery and in the log.
func (t *tx) writeOutcome(id consult.DeliveryID, o consult.Outcome) error {
	var deliveredAt, deadAt time.Time
	switch {
	case o.Delivered:
		deliveredAt = o.At
	case o.RetryAt.IsZero():
		deadAt = o.At
	}
	n, err := one(t, "delivery", scanInt, `UPDATE deliveries SET attempts = attempts + 1, logged = logged + 1,
			delivered_at = $2, dead_at = $3, next_at = CASE WHEN CAST($4 AS BIGINT) = 0 THEN next_at ELSE $4 END
		WHERE id = $1 RETURNING logged`, id, deliveredAt, deadAt, o.RetryAt)
	if err != nil {
		return err
	}
	if _, err := t.exec("log attempt", `INSERT INTO delivery_attempts (delivery_id, n, at, took_ns, status, error)
		VALUES (`+placeholders(1, 6)+`)`, id, *n, o.At, o.Took, o.Status, o.Error); err != nil {
		return err
	}
	_, err = t.exec("trim log", `DELETE FROM delivery_attempts WHERE delivery_id = $1 AND n <= $2`, id, *n-keptAttempts)
	return err
}

// setHead finds the head of a queue, and writes it into its row.
func (t *tx) setHead(webhook consult.WebhookID, id consult.ConsultationID) error {
	first, err := one(t, "head", func(r row, d *consult.Delivery) error {
		return r.Scan(&d.ID, (*instant)(&d.Event.CreatedAt), (*instant)(&d.NextAt))
	}, `SELECT id, created_at, next_at FROM deliveries
		WHERE webhook_id = $1 AND consultation_id = $2 AND delivered_at = 0 AND dead_at = 0
		ORDER BY sequence LIMIT 1`, webhook, id)
	if consult.CodeOf(err) == consult.CodeNotFound && t.broken == nil {
		first, err = &consult.Delivery{}, nil
	}
	if err != nil {
		return err
	}
	_, err = t.exec("set head", `UPDATE queues SET head_id = $3, head_created_at = $4, next_at = $5
		WHERE webhook_id = $1 AND consultation_id = $2`, webhook, id, first.ID, first.Event.CreatedAt, first.NextAt)
	return err
}

// addDelivery queues an event, the n-th written, for a webhook.
func (t *tx) addDelivery(webhook consult.WebhookID, e *consult.Event, n int64) error {
	id := consult.NewID("d_", e.CreatedAt)
	if _, err := t.exec("add delivery", `INSERT INTO deliveries (id, event_id, webhook_id, event_n, consultation_id, sequence,
			created_at, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
		id, e.ID, webhook, n, e.ConsultationID, e.Sequence, e.CreatedAt); err != nil {
		return err
	}
	_, err := t.exec("queue delivery", `INSERT INTO queues (webhook_id, consultation_id, head_id, head_created_at, next_at)
		VALUES ($1, $2, $3, $4, $4) ON CONFLICT (webhook_id, consultation_id) DO UPDATE SET
			head_id = CASE WHEN queues.head_id = '' THEN excluded.head_id ELSE queues.head_id END,
			head_created_at = CASE WHEN queues.head_id = '' THEN excluded.head_created_at ELSE queues.head_created_at END,
			next_at = CASE WHEN queues.head_id = '' THEN excluded.next_at ELSE queues.next_at END`,
		webhook, e.ConsultationID, id, e.CreatedAt)
	return err
}

// addDeadDelivery notes an event for a webhook that is off: it can be sent again when it is on.
func (t *tx) addDeadDelivery(webhook consult.WebhookID, e *consult.Event, n int64) error {
	id := consult.NewID("d_", e.CreatedAt)
	if _, err := t.exec("add dead delivery", `INSERT INTO deliveries (id, event_id, webhook_id, event_n, consultation_id, sequence,
			created_at, next_at, dead_at, logged) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, 1)`,
		id, e.ID, webhook, n, e.ConsultationID, e.Sequence, e.CreatedAt); err != nil {
		return err
	}
	if _, err := t.exec("log dead delivery", `INSERT INTO delivery_attempts (delivery_id, n, at, took_ns, status, error)
		VALUES ($1, 1, $2, 0, 0, $3)`, id, e.CreatedAt, disabledError); err != nil {
		return err
	}
	_, err := t.exec("make queue", `INSERT INTO queues (webhook_id, consultation_id, head_id, head_created_at, next_at)
		VALUES ($1, $2, '', 0, 0) ON CONFLICT DO NOTHING`, webhook, e.ConsultationID)
	return err
}
