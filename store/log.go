package store

import (
	"context"
	"fmt"
	"strings"

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
	// It ends with what was there when it began: those who write may be faster.
	upTo, err := db.unsealed(ctx)
	for err == nil && upTo != (marks{}) {
		err = db.run(ctx, db.write, db.claims, func(t *tx) error {
			if err := db.lock(t, lockLog); err != nil {
				return err
			}
			var sealed marks
			var err error
			if sealed.event, err = t.sealEvents(); err != nil {
				return err
			}
			if sealed.entry, err = t.sealAudit(link); err != nil {
				return err
			}
			if sealed.event == 0 || sealed.event >= upTo.event {
				upTo.event = 0
			}
			if sealed.entry == 0 || sealed.entry >= upTo.entry {
				upTo.entry = 0
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("seal log and audit: %w", err)
	}
	return nil
}

// marks are numbers in the order of writing; 0 for none.
type marks struct{ event, entry int64 }

// unsealed finds the last that are not sealed, without a lock.
func (db *DB) unsealed(ctx context.Context) (last marks, err error) {
	err = db.run(ctx, db.read, db.views, func(t *tx) error {
		m, err := one(t, "what is not sealed", func(r row, m *marks) error { return r.Scan(&m.event, &m.entry) }, `SELECT
			COALESCE((SELECT n FROM events WHERE place = 0 ORDER BY n DESC LIMIT 1), 0),
			COALESCE((SELECT n FROM audit WHERE place = 0 ORDER BY n DESC LIMIT 1), 0)`)
		if err == nil {
			last = *m
		}
		return err
	})
	return last, err
}

// sealEvents gives a batch of events their places, and returns the last of
// them, 0 when there was none. It names the rows: PostgreSQL would read the
// whole log to find them as long as its statistics are young.
func (t *tx) sealEvents() (int64, error) {
	batch, err := many(t, "events", scanInt, `SELECT n FROM events WHERE place = 0 ORDER BY n LIMIT $1`, sealBatch)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	place, err := one(t, "head of the log", scanInt, `SELECT place FROM heads WHERE log = 'events'`)
	if err != nil {
		return 0, err
	}
	for rest := batch; len(rest) > 0; {
		size := 1
		if len(rest) >= sealedAtOnce {
			size = sealedAtOnce
		}
		if err := t.writePlaces(*place, rest[:size]); err != nil {
			return 0, err
		}
		*place += int64(size)
		rest = rest[size:]
	}
	return *batch[len(batch)-1], t.save("head of the log", `UPDATE heads SET place = $1 WHERE log = 'events'`, *place)
}

// writePlaces gives events the places behind one, in their order.
func (t *tx) writePlaces(behind int64, list []*int64) error {
	var places, which strings.Builder
	args := []any{behind}
	for i, n := range list {
		args = append(args, *n)
		fmt.Fprintf(&places, " WHEN $%d THEN %d", len(args), i+1)
		fmt.Fprintf(&which, ", $%d", len(args))
	}
	done, err := t.exec("seal events", `UPDATE events SET place = $1 + CASE n`+places.String()+` END
		WHERE place = 0 AND n IN (`+which.String()[2:]+`)`, args...)
	if err == nil && done != int64(len(list)) {
		err = fmt.Errorf("seal events: %d events of %d", done, len(list))
	}
	return err
}

// unlinked is an audit entry with its number in the order of writing.
type unlinked struct {
	n int64
	consult.AuditEntry
}

const unlinkedRows = `SELECT n, id, at, actor, action, consultation_id, object, detail FROM audit`

func scanUnlinked(r row, a *unlinked) error {
	return r.Scan(&a.n, &a.ID, (*instant)(&a.At), &a.Actor, &a.Action, &a.ConsultationID, &a.Object, &a.Detail)
}

// sealAudit links a batch of entries into the chain, and returns the last of
// them in the order of writing, 0 when there was none.
func (t *tx) sealAudit(link func(before []byte, a *consult.AuditEntry) []byte) (int64, error) {
	batch, err := many(t, "audit", scanUnlinked, unlinkedRows+` WHERE place = 0 ORDER BY n LIMIT $1`, sealBatch)
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
		a.Link = before
	}
	for rest := batch; len(rest) > 0; {
		size := 1
		if len(rest) >= sealedAtOnce {
			size = sealedAtOnce
		}
		if err := t.writeLinks(rest[:size]); err != nil {
			return 0, err
		}
		rest = rest[size:]
	}
	return batch[len(batch)-1].n, t.save("head of the chain", `UPDATE heads SET place = $1, link = $2 WHERE log = 'audit'`, n, before)
}

// sealedAtOnce is how many rows one statement seals: a round trip to
// PostgreSQL costs more than the row.
const sealedAtOnce = 32

// writeLinks writes the places and the links of entries that follow each other in the chain.
func (t *tx) writeLinks(list []*unlinked) error {
	var places, links, which strings.Builder
	args := []any{list[0].N}
	for i, a := range list {
		args = append(args, a.n, a.Link)
		n := len(args) - 1
		fmt.Fprintf(&places, " WHEN $%d THEN %d", n, i)
		fmt.Fprintf(&links, " WHEN $%d THEN $%d", n, n+1)
		fmt.Fprintf(&which, ", $%d", n)
	}
	done, err := t.exec("link audit", `UPDATE audit SET place = $1 + CASE n`+places.String()+` END,
		link = CASE n`+links.String()+` ELSE link END WHERE place = 0 AND n IN (`+which.String()[2:]+`)`, args...)
	if err == nil && done != int64(len(list)) {
		err = fmt.Errorf("link audit: %d entries of %d", done, len(list))
	}
	return err
}
