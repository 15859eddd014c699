package consult

import (
	"context"
	"fmt"
	"time"
)

// Events reads the log of everything that the key's integration was told, in its order, behind the event
// after ("" is the start), at most limit (1..200, 0 means 50). Codes: forbidden, invalid (limit, after).
func (d *Desk) Events(ctx context.Context, by Principal, after EventID, limit int) ([]*Event, error) {
	if err := authorize(by, ActListEvents, target{}); err != nil {
		return nil, err
	}
	limit, err := pageSize(limit)
	if err != nil {
		return nil, err
	}
	if err := d.Seal(ctx); err != nil {
		return nil, err
	}
	var events []*Event
	err = d.store.View(ctx, func(tx Tx) (err error) {
		events, err = tx.Events(by.Key.Integration, after, limit)
		return err
	})
	switch {
	case CodeOf(err) == CodeNotFound:
		return nil, Invalid("/after", "is not an event of this log")
	case err != nil:
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

// DeliveryPage is one page of an endpoint's deliveries, the newest event first.
type DeliveryPage struct {
	Items []*Delivery
	Next  DeliveryID // for DeliveryQuery.After; "" at the end
}

// Deliveries reads the log of an endpoint, deleted ones' too. q.Limit is 1..200, 0 means 50. Codes: not_found,
// forbidden, invalid.
func (d *Desk) Deliveries(ctx context.Context, by Principal, q DeliveryQuery) (*DeliveryPage, error) {
	limit, err := pageSize(q.Limit)
	if err != nil {
		return nil, err
	}
	if !known(q.State, "", DeliveryPending, DeliveryDelivered, DeliveryDead) {
		return nil, Invalid("/state", "must be pending, delivered or dead")
	}
	page := &DeliveryPage{}
	err = d.store.View(ctx, func(tx Tx) error {
		*page = DeliveryPage{}
		if _, err := anyWebhook(tx, by, q.Webhook); err != nil {
			return err
		}
		q.Limit = limit + 1 // one more tells whether there is a next page
		items, err := tx.Deliveries(q)
		if CodeOf(err) == CodeNotFound {
			return Invalid("/cursor", "is not a cursor that this list has given")
		}
		if err != nil {
			return fmt.Errorf("list deliveries of %s: %w", q.Webhook, err)
		}
		if len(items) > limit {
			items = items[:limit]
			page.Next = items[limit-1].ID
		}
		page.Items = items
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// Delivery reads one with its attempts. Codes: not_found, forbidden.
func (d *Desk) Delivery(ctx context.Context, by Principal, id DeliveryID) (*Delivery, error) {
	var found *Delivery
	err := d.store.View(ctx, func(tx Tx) (err error) {
		found, err = delivery(tx, by, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func delivery(tx Tx, by Principal, id DeliveryID) (*Delivery, error) {
	found, err := tx.Delivery(id)
	if err != nil {
		return nil, fmt.Errorf("read delivery %s: %w", id, err)
	}
	if err := authorize(by, ActManageWebhooks, target{what: "delivery", integration: found.Webhook.Integration}); err != nil {
		return nil, err
	}
	return found, nil
}

// Resend lets a delivery that was delivered or given up go out again.
// Codes: not_found, forbidden, conflict (it waits already; the webhook is disabled or deleted).
func (d *Desk) Resend(ctx context.Context, by Principal, id DeliveryID) (*Delivery, error) {
	var sent *Delivery
	err := d.change(ctx, by, func(ch *change) error {
		found, err := delivery(ch.tx, by, id)
		if err != nil {
			return err
		}
		if err := ch.tx.Requeue(id, ch.now); err != nil {
			return fmt.Errorf("queue delivery %s: %w", id, err)
		}
		if sent, err = ch.tx.Delivery(id); err != nil {
			return fmt.Errorf("read delivery %s: %w", id, err)
		}
		ch.hint(found.Event.ConsultationID, HintOutbox)
		return ch.audit(actResend, found.Event.ConsultationID, string(id), "")
	})
	if err != nil {
		return nil, err
	}
	return sent, nil
}

// ResendDead lets all deliveries of an endpoint that were given up go out again, of events since the time given, and
// returns how many. Codes: not_found, forbidden, conflict (the webhook is disabled).
func (d *Desk) ResendDead(ctx context.Context, by Principal, id WebhookID, since time.Time) (int, error) {
	sent := 0
	err := d.change(ctx, by, func(ch *change) error {
		w, err := webhook(ch.tx, by, id)
		if err != nil {
			return err
		}
		if !w.DisabledAt.IsZero() {
			return Errorf(CodeConflict, "the webhook is disabled")
		}
		if sent, err = ch.tx.RequeueDead(id, since, ch.now); err != nil {
			return fmt.Errorf("queue dead deliveries of %s: %w", id, err)
		}
		ch.hint("", HintOutbox)
		return ch.audit(actResend, "", string(id), fmt.Sprintf("dead=%d", sent))
	})
	if err != nil {
		return 0, err
	}
	return sent, nil
}
