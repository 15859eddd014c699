package consult

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// sameRead is how long the same reading by the same caller is one entry.
	sameRead = 10 * time.Minute
	// maxRecent bounds the memory of what was noted; beyond it entries come more often than they need.
	maxRecent = 20_000
)

// reads notes who read what. Reading is frequent, so entries are written in
// batches, and the same one not again for a while.
type reads struct {
	mu     sync.Mutex
	recent map[readKey]time.Time
	later  AuditLater
}

type readKey struct{ actor, action, object string }

func newReads() *reads { return &reads{recent: make(map[readKey]time.Time)} }

// isRecent tells whether the reading was noted a short while ago.
func (r *reads) isRecent(k readKey, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.recent[k]
	return ok && now.Sub(at) < sameRead
}

// note remembers a reading that was written down.
func (r *reads) note(k readKey, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.noteLocked(k, now)
}

func (r *reads) noteLocked(k readKey, now time.Time) {
	if len(r.recent) >= maxRecent {
		for k, at := range r.recent {
			if now.Sub(at) >= sameRead {
				delete(r.recent, k)
			}
		}
		if len(r.recent) >= maxRecent {
			clear(r.recent)
		}
	}
	r.recent[k] = now
}

// add lets an entry wait, unless the same was noted a short while ago. It
// reports false when too many wait: they must be written first.
func (r *reads) add(a *AuditEntry) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := readKey{a.Actor, a.Action, a.Object}
	if at, ok := r.recent[k]; ok && a.At.Sub(at) < sameRead {
		return true
	}
	if !r.later.Add(a) {
		return false
	}
	r.noteLocked(k, a.At)
	return true
}

// FlushReads writes down who read what since it was called last. It is called
// every second, and when the server stops.
func (d *Desk) FlushReads(ctx context.Context) error {
	if err := d.reads.later.Flush(ctx, d.store); err != nil {
		return fmt.Errorf("audit readings: %w", err)
	}
	return nil
}

// noteRead lets a key's or a staff member's reading be written down soon. When too much waits it is written at once, and
// who cannot be noted cannot read.
func (d *Desk) noteRead(ctx context.Context, by Principal, action Action, id ConsultationID, object string) error {
	if by.Key == nil && by.Staff == nil {
		return nil
	}
	now := d.clock()
	entry := &AuditEntry{
		ID: NewID("au_", now), At: now, Actor: by.Actor(), Action: string(action), ConsultationID: id, Object: object,
	}
	for !d.reads.add(entry) {
		if err := d.FlushReads(ctx); err != nil {
			return err
		}
	}
	return nil
}

// reading runs fn, which checks the rights and returns which consultation it is about, and notes in the same
// transaction that by read object, but for what was noted a short while ago.
func (d *Desk) reading(ctx context.Context, by Principal, action Action, object string, fn func(tx Tx) (ConsultationID, error)) error {
	k := readKey{by.Actor(), string(action), object}
	if by.System || d.reads.isRecent(k, d.clock()) {
		return d.store.View(ctx, func(tx Tx) error {
			_, err := fn(tx)
			return err
		})
	}
	err := d.change(ctx, by, func(ch *change) error {
		id, err := fn(ch.tx)
		if err != nil {
			return err
		}
		return ch.audit(action, id, object, "")
	})
	if err != nil {
		return err
	}
	d.reads.note(k, d.clock())
	return nil
}
