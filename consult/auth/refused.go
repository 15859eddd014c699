package auth

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"tmk/consult"
)

// maxRefused is how many entries wait for [Auth.FlushRefused] at most: what a crash may take.
const maxRefused = 512

// refusals notes the logins of accounts that were refused. They are written a moment later and not before the answer: a
// login that exists would else be told from one that does not by the time that a wrong password takes. A stranger cannot
// fill the audit: there are 5 entries of an account and step in 10 minutes, and none of what is no account.
type refusals struct {
	log   *slog.Logger
	bound *throttle // by account; its places are the steps, so that none hides behind another

	mu      sync.Mutex
	waiting []*consult.AuditEntry
}

func newRefusals(log *slog.Logger) *refusals { return &refusals{log: log, bound: newThrottle()} }

// note lets an entry wait. step is where the login ended: one of the ways that sessions have.
func (r *refusals) note(id consult.StaffID, step string, now time.Time) {
	if !r.bound.allow(string(id), step, now) {
		return
	}
	entry := &consult.AuditEntry{
		ID: consult.NewID("au_", now), At: now, Actor: consult.Principal{}.Actor(), Action: actLoginFailed, Object: string(id), Detail: step,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) >= maxRefused { // the database takes nothing, so nobody gets in either
		r.log.Warn("a refused login is missing in the audit: too many wait to be written", "staff", string(id))
		return
	}
	r.waiting = append(r.waiting, entry)
}

func (r *refusals) take() []*consult.AuditEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.waiting
	r.waiting = nil
	return taken
}

// putBack lets entries wait again that could not be written.
func (r *refusals) putBack(entries []*consult.AuditEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = slices.Concat(entries, r.waiting)
}

// FlushRefused writes the logins into the audit that were refused since it was
// called last. It is called every second, and when the server stops.
func (a *Auth) FlushRefused(ctx context.Context) error {
	entries := a.refused.take()
	if len(entries) == 0 {
		return nil
	}
	err := a.store.Update(ctx, func(tx consult.Tx) error {
		for _, e := range entries {
			err := tx.AddAudit(e)
			if err != nil && consult.CodeOf(err) != consult.CodeConflict { // an earlier flush of whose commit nothing was heard
				return err
			}
		}
		return nil
	})
	if err != nil {
		a.refused.putBack(entries)
		return fmt.Errorf("audit %d refused logins: %w", len(entries), err)
	}
	return nil
}
