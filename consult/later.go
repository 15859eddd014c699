package consult

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// maxLater is how many entries an AuditLater holds at most: what a crash may take.
const maxLater = 512

// AuditLater holds entries of the audit that are written a moment after what they tell of.
// The zero AuditLater is empty. Its methods are safe for many goroutines.
type AuditLater struct {
	mu      sync.Mutex
	waiting []*AuditEntry
}

// Add lets an entry wait for Flush. It reports false when too many wait.
func (l *AuditLater) Add(a *AuditEntry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) >= maxLater {
		return false
	}
	l.waiting = append(l.waiting, a)
	return true
}

// Flush writes what waits; what could not be written waits again.
func (l *AuditLater) Flush(ctx context.Context, store Store) error {
	entries := l.take()
	if len(entries) == 0 {
		return nil
	}
	err := store.Update(ctx, func(tx Tx) error {
		for _, a := range entries {
			err := tx.AddAudit(a)
			if err != nil && CodeOf(err) != CodeConflict { // an earlier flush of whose commit nothing was heard
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.putBack(entries)
		return fmt.Errorf("write %d entries of the audit: %w", len(entries), err)
	}
	return nil
}

func (l *AuditLater) take() []*AuditEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.waiting
	l.waiting = nil
	return taken
}

func (l *AuditLater) putBack(entries []*AuditEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.Concat(entries, l.waiting)
}
