package auth

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"tmk/consult"
)

// sessionLasts is how long a login holds: a working day.
const sessionLasts = 12 * time.Hour

// cookieBytes is the randomness of a session cookie: 256 bits.
const cookieBytes = 32

// seenEvery is how exactly a session tells when it was used last.
const seenEvery = time.Minute

// Config is what an installation may choose. The zero Config is good for tests and for commands.
type Config struct {
	Name        string           // of the installation, as authenticators show it; "TMK"
	Key         []byte           // secret that tickets are sealed with, the same on every node; nil: one of this process
	RequireTOTP bool             // who has a password here needs a second factor too
	OIDC        *OIDC            // nil: local accounts only
	Now         func() time.Time // time.Now
	Log         *slog.Logger     // nil: none
}

// Auth tells who is calling. It is safe for many goroutines.
type Auth struct {
	cfg      Config
	store    consult.Store
	hasher   *hasher
	fails    *throttle // passwords of logins, by login
	proofs   *throttle // passwords of who is logged in, by account
	codes    *throttle // second factors, by account
	refused  *refusals // logins that FlushRefused writes into the audit
	tickets  *sealer
	setups   *sealer
	provider *provider // nil without OIDC
	expired  told      // keys whose use after their end was told
	claim    claim
}

// New makes an Auth.
func New(store consult.Store, cfg Config) *Auth {
	if cfg.Name == "" {
		cfg.Name = "TMK"
	}
	if cfg.Key == nil {
		cfg.Key = random(keyBytes)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &Auth{
		cfg: cfg, store: store, hasher: newHasher(argonMemory), fails: newThrottle(), proofs: newThrottle(), codes: newThrottle(),
		refused: newRefusals(cfg.Log),
		tickets: newSealer(cfg.Key, "login", cfg.Now), setups: newSealer(cfg.Key, "totp setup", cfg.Now),
	}
	if cfg.OIDC != nil {
		a.provider = newProvider(*cfg.OIDC, newSealer(cfg.Key, "oidc", cfg.Now), cfg.Now)
	}
	return a
}

// clock is now as the store keeps it.
func (a *Auth) clock() time.Time { return a.cfg.Now().UTC().Truncate(time.Microsecond) }

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
	now := a.cfg.Now()
	switch {
	case !key.RevokedAt.IsZero():
		return consult.Principal{}, refused
	case !key.ExpiresAt.IsZero() && !now.Before(key.ExpiresAt):
		if a.expired.due(key.ID, now) {
			a.cfg.Log.Warn("an expired API key is still used", "key", string(key.ID), "integration", key.Integration, "expired", key.ExpiresAt)
		}
		return consult.Principal{}, refused
	}
	return consult.Principal{Key: key}, nil
}

// tellEvery is how often the use of one expired key is told.
const tellEvery = time.Hour

// told remembers when something was said of a key; there are as many as there are keys.
type told struct {
	mu sync.Mutex
	at map[consult.KeyID]time.Time
}

// due tells whether it is time to say it again, and counts on it being done.
func (t *told) due(id consult.KeyID, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, ok := t.at[id]; ok && now.Sub(at) < tellEvery {
		return false
	}
	if t.at == nil {
		t.at = make(map[consult.KeyID]time.Time)
	}
	t.at[id] = now
	return true
}

// Pass is the seat of a tab's pass. It holds for a day after the consultation is
// over. Codes: unauthorized (unknown or run out), link_unknown (the seat was revoked).
func (a *Auth) Pass(ctx context.Context, pass string) (consult.Principal, error) {
	var seat *consult.Seat
	err := a.store.View(ctx, func(tx consult.Tx) (err error) {
		seat, _, err = consult.OpenPass(tx, pass, a.cfg.Now())
		return err
	})
	if err != nil {
		return consult.Principal{}, fmt.Errorf("open pass: %w", err)
	}
	return consult.Principal{Seat: seat}, nil
}

// Visit is a member of staff in one browser.
type Visit struct {
	Staff     *consult.Staff
	Session   *consult.StaffSession
	MustEnrol bool // may do nothing but look after the own account until the second factor is on
}

// Principal is who calls.
func (v *Visit) Principal() consult.Principal { return consult.Principal{Staff: v.Staff} }

// Staff is who is logged in with a session cookie; the use is noted, to the
// minute. Code: unauthorized (also when the account is disabled).
func (a *Auth) Staff(ctx context.Context, cookie string) (*Visit, error) {
	now, hash := a.clock(), consult.HashToken(cookie)
	var v *Visit
	err := a.store.View(ctx, func(tx consult.Tx) error {
		session, err := tx.StaffSession(hash)
		if err != nil {
			return err
		}
		staff, err := tx.Staff(session.StaffID)
		if err != nil {
			return err
		}
		if !now.Before(session.ExpiresAt) || !staff.DisabledAt.IsZero() {
			return consult.Errorf(consult.CodeNotFound, "the session is over")
		}
		v = &Visit{Staff: staff, Session: session, MustEnrol: a.mustEnrol(staff)}
		return nil
	})
	switch {
	case consult.CodeOf(err) == consult.CodeNotFound:
		return nil, consult.Errorf(consult.CodeUnauthorized, "nobody is logged in")
	case err != nil:
		return nil, fmt.Errorf("read staff session: %w", err)
	}
	if now.Sub(v.Session.SeenAt) >= seenEvery {
		err := a.store.Update(ctx, func(tx consult.Tx) error { return tx.TouchStaffSession(hash, now) })
		if err != nil { // who reads does not suffer from what cannot be written
			a.cfg.Log.Warn("use of a session could not be noted", "session", v.Session.ID, "err", err)
		}
	}
	return v, nil
}

// mustEnrol tells whether s lacks a second factor that this installation demands.
// What a provider demands of its accounts is the provider's matter.
func (a *Auth) mustEnrol(s *consult.Staff) bool {
	return a.cfg.RequireTOTP && s.PasswordHash != "" && s.TOTPSecret == nil
}
