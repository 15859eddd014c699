package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tmk/consult"
)

// sessionLasts is how long a login holds: a working day.
const sessionLasts = 12 * time.Hour

// cookieBytes is the randomness of a session cookie: 256 bits.
const cookieBytes = 32

// Auth tells who is calling. It is safe for many goroutines.
type Auth struct {
	store  consult.Store
	now    func() time.Time
	hasher *hasher
	fails  *throttle
}

// New makes an Auth. now is the clock; nil means time.Now.
func New(store consult.Store, now func() time.Time) *Auth {
	if now == nil {
		now = time.Now
	}
	return &Auth{store: store, now: now, hasher: newHasher(), fails: newThrottle()}
}

// clock is now as the store keeps it.
func (a *Auth) clock() time.Time { return a.now().UTC().Truncate(time.Microsecond) }

// Key is the integration of an API key. Code: unauthorized (unknown, expired or revoked; which is not told).
func (a *Auth) Key(ctx context.Context, bearer string) (consult.Principal, error) {
	refused := consult.Errorf(consult.CodeUnauthorized, "the API key is not valid")
	if !strings.HasPrefix(bearer, consult.KeyPrefix) {
		return consult.Principal{}, refused
	}
	var key *consult.APIKey
	err := a.store.View(ctx, func(tx consult.Tx) (err error) {
		key, err = tx.APIKey(consult.HashToken(bearer))
		return err
	})
	switch {
	case consult.CodeOf(err) == consult.CodeNotFound:
		return consult.Principal{}, refused
	case err != nil:
		return consult.Principal{}, fmt.Errorf("read API key: %w", err)
	}
	expired := !key.ExpiresAt.IsZero() && !a.now().Before(key.ExpiresAt)
	if expired || !key.RevokedAt.IsZero() {
		return consult.Principal{}, refused
	}
	return consult.Principal{Key: key}, nil
}

// Pass is the seat of a tab's pass. It holds for a day after the consultation is
// over. Codes: unauthorized (unknown or run out), link_unknown (the seat was revoked).
func (a *Auth) Pass(ctx context.Context, pass string) (consult.Principal, error) {
	var seat *consult.Seat
	err := a.store.View(ctx, func(tx consult.Tx) (err error) {
		seat, _, err = consult.OpenPass(tx, pass, a.now())
		return err
	})
	if err != nil {
		return consult.Principal{}, fmt.Errorf("open pass: %w", err)
	}
	return consult.Principal{Seat: seat}, nil
}

// Staff is who is logged in with a session cookie. Code: unauthorized.
func (a *Auth) Staff(ctx context.Context, cookie string) (consult.Principal, error) {
	var staff *consult.Staff
	err := a.store.View(ctx, func(tx consult.Tx) error {
		session, err := tx.StaffSession(consult.HashToken(cookie))
		if err != nil {
			return err
		}
		if !a.now().Before(session.ExpiresAt) {
			return consult.Errorf(consult.CodeNotFound, "the session has run out")
		}
		staff, err = tx.Staff(session.StaffID)
		return err
	})
	switch {
	case consult.CodeOf(err) == consult.CodeNotFound:
		return consult.Principal{}, consult.Errorf(consult.CodeUnauthorized, "nobody is logged in")
	case err != nil:
		return consult.Principal{}, fmt.Errorf("read staff session: %w", err)
	}
	return consult.Principal{Staff: staff}, nil
}
