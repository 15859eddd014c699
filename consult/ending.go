package consult

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Cancel ends an upcoming consultation before it began. Codes: conflict unless upcoming; cancelling again is no error.
func (d *Desk) Cancel(ctx context.Context, by Principal, id ConsultationID, reason string) (*Details, error) {
	var f fields
	f.text("/reason", reason, maxReason)
	if err := f.err("the cancellation"); err != nil {
		return nil, err
	}
	return d.end(ctx, by, ActCancel, id, func(c *Consultation) (Status, EndReason) {
		if c.Status != Cancelled {
			c.CancelReason = reason
		}
		return Cancelled, ""
	})
}

// Finish ends a current consultation (by an integration or an administrator: reason api;
// by a doctor's seat: doctor; by System: the reason given). Open attendances are closed.
// Codes: conflict when it never began or was cancelled; finishing again is no error.
func (d *Desk) Finish(ctx context.Context, by Principal, id ConsultationID, reason EndReason) (*Details, error) {
	switch {
	case by.Key != nil, by.Staff != nil:
		reason = EndedByAPI
	case by.Seat != nil:
		reason = EndedByDoctor
	}
	return d.end(ctx, by, ActFinish, id, func(*Consultation) (Status, EndReason) { return Finished, reason })
}

// end turns a consultation to the final status that how names; nothing is done when it has that already.
func (d *Desk) end(ctx context.Context, by Principal, action Action, id ConsultationID,
	how func(*Consultation) (Status, EndReason)) (*Details, error) {
	var ended *Details
	err := d.change(ctx, by, func(ch *change) error {
		c, err := ch.lookup(action, id)
		if err != nil {
			return err
		}
		if to, reason := how(c); c.Status != to {
			if err := ch.turn(c, to, reason); err != nil {
				return err
			}
			if err := ch.audit(action, id, string(id), string(reason)); err != nil {
				return err
			}
		}
		ended, err = details(ch.tx, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.dropUploads(ctx, id)
	d.withLinks(by, ended)
	return ended, nil
}

// sweepPage is how many consultations one look of Sweep reads.
const sweepPage = 200

// Sweep does what is due by the clock: missed, abandoned and over-long
// consultations, attendances of nodes that are gone, expired passes, idempotency keys and logins. It is called every few seconds and is safe to call from many nodes.
// One consultation's failure does not keep the others.
func (d *Desk) Sweep(ctx context.Context) error {
	now := d.clock()
	var errs []error
	// An upcoming one cannot be due before it has started and its grace is over.
	for _, q := range []ConsultationQuery{
		{Status: []Status{Upcoming}, To: now.Add(-d.cfg.Grace)},
		{Status: []Status{Current}},
	} {
		due, err := d.due(ctx, q, now)
		if err != nil {
			return err
		}
		for _, id := range due {
			if err := d.endDue(ctx, id); err != nil {
				errs = append(errs, fmt.Errorf("sweep consultation %s: %w", id, err))
			}
		}
	}
	if err := d.closeOfGoneNodes(ctx); err != nil {
		errs = append(errs, err)
	}
	if err := d.store.Update(ctx, func(tx Tx) error { return forget(tx, now) }); err != nil {
		errs = append(errs, fmt.Errorf("delete what has run out: %w", err))
	}
	return errors.Join(errs...)
}

// forget deletes what has run out.
func forget(tx Tx, now time.Time) error {
	if _, err := tx.DeletePasses(now); err != nil {
		return err
	}
	if _, err := tx.DeleteOnces(now.Add(-onceKept)); err != nil {
		return err
	}
	_, err := tx.DeleteStaffSessionsExpired(now)
	return err
}

// due lists the consultations of q that the clock ends.
func (d *Desk) due(ctx context.Context, q ConsultationQuery, now time.Time) ([]ConsultationID, error) {
	var ids []ConsultationID
	for q.Limit = sweepPage; ; {
		var cs []*Consultation
		err := d.store.View(ctx, func(tx Tx) (err error) {
			cs, err = tx.Consultations(q)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list consultations that may be due: %w", err)
		}
		for _, c := range cs {
			if to, _ := d.cfg.Due(c, now); to != c.Status {
				ids = append(ids, c.ID)
			}
		}
		if len(cs) < q.Limit {
			return ids, nil
		}
		last := cs[len(cs)-1]
		q.AfterStartsAt, q.AfterID = last.StartsAt, last.ID
	}
}

// endDue ends a consultation if the clock still demands it.
func (d *Desk) endDue(ctx context.Context, id ConsultationID) error {
	err := d.change(ctx, System, func(ch *change) error {
		c, err := ch.tx.Consultation(id)
		if err != nil {
			return err
		}
		to, reason := d.cfg.Due(c, ch.now)
		if to == c.Status {
			return nil // somebody was first
		}
		action := ActFinish
		if to == Missed {
			action = actMiss
		}
		if err := ch.turn(c, to, reason); err != nil {
			return err
		}
		return ch.audit(action, id, string(id), string(reason))
	})
	if err != nil {
		return err
	}
	d.dropUploads(ctx, id)
	return nil
}
