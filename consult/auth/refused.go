package auth

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tmk/consult"
)

// refusals notes the logins of accounts that were refused. They are written a moment later and not before the answer: a
// login that exists would else be told from one that does not by the time that a wrong password takes. A stranger cannot
// fill the audit: there are 5 entries of an account and step in 10 minutes, and none of what is no account.
type refusals struct {
	log   *slog.Logger
	bound *throttle // by account; its places are the steps, so that none hides behind another
	later consult.AuditLater
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
	if !r.later.Add(entry) { // the database takes nothing, so nobody gets in either
		r.log.Warn("a refused login is missing in the audit: too many wait to be written", "staff", string(id))
	}
}

// FlushRefused writes the logins into the audit that were refused since it was
// called last. It is called every second, and when the server stops.
func (a *Auth) FlushRefused(ctx context.Context) error {
	if err := a.refused.later.Flush(ctx, a.store); err != nil {
		return fmt.Errorf("audit refused logins: %w", err)
	}
	return nil
}
