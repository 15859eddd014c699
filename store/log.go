package store

import (
	"context"
	"fmt"

	"tmk/consult"
)

// sealBatch bounds what one transaction seals.
const sealBatch = 500

// Seal gives places in the log and in the chain; see [consult.Store].
//
// Places cannot be given while the rows are written: a transaction that began
// first may commit last, and whoever had read beyond its place would never see
// it; and writers would wait for each other at the end of the chain. So sealers,
// one at a time (lockLog), look at what is committed by then. Rows are sealed in the
// order of their writing, which within a consultation is that of its events.
func (db *DB) Seal(ctx context.Context, link func(before []byte, a *consult.AuditEntry) []byte) error {
	open, err := db.unsealed(ctx)
	// A batch that is not full has all that was committed when it began. To go
	// on until nothing is left might be for ever, while others write.
	for more := open; err == nil && more; {
		err = db.run(ctx, db.write, db.claims, func(t *tx) error {
			if err := db.lock(t, lockLog); err != nil {
				return err
			}
			events, err := t.sealEvents()
			if err != nil {
				return err
			}
			entries, err := t.sealAudit(link)
			more = max(events, entries) == sealBatch
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("seal log and audit: %w", err)
	}
	return nil
}

// unsealed reports whether there is anything to seal, without a lock.
func (db *DB) unsealed(ctx context.Context) (bool, error) {
	var open int64
	err := db.run(ctx, db.read, db.views, func(t *tx) error {
		n, err := one(t, "what is not sealed", scanInt, `SELECT CASE
			WHEN EXISTS (SELECT 1 FROM events WHERE place = 0) OR EXISTS (SELECT 1 FROM audit WHERE place = 0)
			THEN 1 ELSE 0 END`)
		if err == nil {
			open = *n
		}
		return err
	})
	return open == 1, err
}

// sealEvents gives a batch of events their places, and returns how many.
func (t *tx) sealEvents() (int64, error) {
	last, err := one(t, "head of the log", scanInt, `SELECT place FROM heads WHERE log = 'events'`)
	if err != nil {
		return 0, err
	}
	n, err := t.exec("seal events", `UPDATE events SET place = $1 + batch.i FROM (
			SELECT n, ROW_NUMBER() OVER (ORDER BY n) AS i FROM (
				SELECT n FROM events WHERE place = 0 ORDER BY n LIMIT $2) AS open) AS batch
		WHERE events.n = batch.n`, *last, sealBatch)
	if err != nil || n == 0 {
		return n, err
	}
	return n, t.save("head of the log", `UPDATE heads SET place = $1 WHERE log = 'events'`, *last+n)
}

// sealAudit links a batch of entries into the chain, and returns how many.
func (t *tx) sealAudit(link func(before []byte, a *consult.AuditEntry) []byte) (int64, error) {
	type unlinked struct {
		n int64
		consult.AuditEntry
	}
	batch, err := many(t, "audit", func(r row, a *unlinked) error {
		return r.Scan(&a.n, &a.ID, (*instant)(&a.At), &a.Actor, &a.Action, &a.ConsultationID, &a.Object, &a.Detail)
	}, `SELECT n, id, at, actor, action, consultation_id, object, detail FROM audit WHERE place = 0 ORDER BY n LIMIT $1`, sealBatch)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	n, before, err := t.AuditHead()
	if err != nil {
		return 0, err
	}
	for _, a := range batch {
		n++
		a.N = n
		before = link(before, &a.AuditEntry)
		if err := t.save("audit entry", `UPDATE audit SET place = $2, link = $3 WHERE n = $1`, a.n, n, before); err != nil {
			return 0, err
		}
	}
	return int64(len(batch)), t.save("head of the chain", `UPDATE heads SET place = $1, link = $2 WHERE log = 'audit'`, n, before)
}
