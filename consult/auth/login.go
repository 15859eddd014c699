package auth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"tmk/consult"
)

// The ways to prove who one is, as sessions name them.
const (
	WayPassword = "password"
	WayTOTP     = "totp"     // a password and a code
	WayRecovery = "recovery" // a password and a recovery code
	WayOIDC     = "oidc"
)

// anywhere is the place of attempts that only somebody who knows the password can
// make, or who has the session: they count together, wherever they come from.
const anywhere = ""

// ticketLasts is how long one may look for the phone between password and code.
const ticketLasts = 5 * time.Minute

// Door is where a right password leads: into a session, or to the second factor.
type Door struct {
	Cookie string // of the session; "" while a code is needed
	Ticket string // for [Auth.LoginCode]; "" when the session is open
	Staff  *consult.Staff
}

// Browser is where a login comes from.
type Browser struct {
	Address string // whose guesses count together
	Agent   string // its User-Agent
}

// ticket says that somebody knew a password a moment ago. A new password makes it worthless.
type ticket struct {
	Staff    consult.StaffID `json:"s"`
	Password []byte          `json:"p"` // SHA-256 of the password's hash
}

// Login opens a session of 12 h, or asks for a code when the account has a
// second factor. An unknown login, a wrong password, a disabled account and one
// without a password give the same error and take the same time.
// Codes: unauthorized, rate_limited (too many failures of this login, known or not, from this address or from all).
func (a *Auth) Login(ctx context.Context, login, password string, from Browser) (*Door, error) {
	login = cleanLogin(login)
	if !a.fails.allow(login, from.Address, a.cfg.Now()) { // counted before it is looked at: many at once cannot slip through
		return nil, tooManyFails
	}
	staff, right, err := a.verify(ctx, login, password)
	if err != nil {
		return nil, err
	}
	if !right {
		if staff != nil {
			a.refused.note(staff.ID, WayPassword, a.clock())
		}
		return nil, wrongPassword
	}
	a.fails.forget(login)
	if staff.TOTPSecret != nil {
		t, err := a.tickets.seal(ticket{staff.ID, passwordMark(staff)}, ticketLasts)
		if err != nil {
			return nil, fmt.Errorf("seal ticket: %w", err)
		}
		return &Door{Ticket: t, Staff: staff}, nil
	}
	var cookie string
	err = a.store.Update(ctx, func(tx consult.Tx) (err error) {
		if staff, err = stillThere(tx, ticket{staff.ID, passwordMark(staff)}); err != nil {
			return err
		}
		if staff.TOTPSecret != nil { // turned on this very moment
			return wrongPassword
		}
		cookie, err = a.openSession(tx, staff, WayPassword, from.Agent)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open session of %s: %w", staff.ID, err)
	}
	return &Door{Cookie: cookie, Staff: staff}, nil
}

// LoginCode is the second step: code is six digits of the authenticator or a
// recovery code. Codes: unauthorized (the code is wrong or was used, or the
// ticket is too old), rate_limited (too many wrong codes of this account).
func (a *Auth) LoginCode(ctx context.Context, envelope, code, agent string) (*Door, error) {
	var t ticket
	if err := a.tickets.open(envelope, &t); err != nil {
		return nil, err
	}
	if !a.codes.allow(string(t.Staff), anywhere, a.cfg.Now()) {
		return nil, tooManyCodes
	}
	var cookie string
	var staff *consult.Staff
	err := a.store.Update(ctx, func(tx consult.Tx) (err error) {
		if staff, err = stillThere(tx, t); err != nil {
			return err
		}
		way, ok := a.spend(staff, code)
		if !ok {
			return wrongCode
		}
		if err := tx.SaveStaff(staff); err != nil {
			return err
		}
		cookie, err = a.openSession(tx, staff, way, agent)
		return err
	})
	if consult.CodeOf(err) == consult.CodeUnauthorized {
		a.refused.note(t.Staff, wayOf(code), a.clock())
	}
	if err != nil {
		return nil, fmt.Errorf("open session of %s: %w", t.Staff, err)
	}
	a.codes.forget(string(t.Staff))
	return &Door{Cookie: cookie, Staff: staff}, nil
}

var (
	wrongPassword = consult.Errorf(consult.CodeUnauthorized, "the login or the password is wrong")
	wrongCode     = consult.Errorf(consult.CodeUnauthorized, "the code is wrong or was used already")
	tooManyFails  = consult.Errorf(consult.CodeRateLimited, "too many failed logins: wait a few minutes")
	tooManyCodes  = consult.Errorf(consult.CodeRateLimited, "too many wrong codes: wait a few minutes")
)

// stillThere reads the account of a ticket, whose password must be what it was.
func stillThere(tx consult.Tx, t ticket) (*consult.Staff, error) {
	staff, err := tx.Staff(t.Staff)
	switch {
	case consult.CodeOf(err) == consult.CodeNotFound:
		return nil, wrongPassword
	case err != nil:
		return nil, err
	case !staff.DisabledAt.IsZero() || !bytes.Equal(passwordMark(staff), t.Password):
		return nil, wrongPassword
	}
	return staff, nil
}

func passwordMark(s *consult.Staff) []byte {
	sum := sha256.Sum256([]byte(s.PasswordHash))
	return sum[:]
}

// openSession writes a session and returns its cookie.
func (a *Auth) openSession(tx consult.Tx, s *consult.Staff, way, agent string) (cookie string, err error) {
	now := a.clock()
	cookie = consult.NewToken(cookieBytes)
	err = tx.AddStaffSession(&consult.StaffSession{
		ID: consult.NewID("ss_", now), Hash: consult.HashToken(cookie), StaffID: s.ID, Way: way, Agent: agentWords(agent),
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionLasts),
	})
	if err != nil {
		return "", err
	}
	return cookie, a.audit(tx, consult.Principal{Staff: s}, actLogin, string(s.ID), way)
}

// verify finds the account of a login, nil when there is none, and tells whether the password is right and the
// account may be used. The caller has counted the attempt.
func (a *Auth) verify(ctx context.Context, login, password string) (staff *consult.Staff, right bool, err error) {
	staff, err = a.byLogin(ctx, login)
	if err != nil && consult.CodeOf(err) != consult.CodeNotFound {
		return nil, false, fmt.Errorf("read staff: %w", err)
	}
	if len(password) > maxPassword {
		return staff, false, nil
	}
	stored := a.hasher.nobody // costs what a real one does
	if staff != nil && staff.PasswordHash != "" {
		stored = staff.PasswordHash
	}
	right, err = a.hasher.matches(ctx, stored, password)
	if err != nil {
		return nil, false, fmt.Errorf("check password: %w", err)
	}
	return staff, right && staff != nil && staff.DisabledAt.IsZero(), nil
}

// byLogin reads an account. Code: not_found, also for what cannot be a login.
func (a *Auth) byLogin(ctx context.Context, login string) (*consult.Staff, error) {
	if checkLogin(login) != nil {
		return nil, consult.Errorf(consult.CodeNotFound, "there is no such login")
	}
	var staff *consult.Staff
	err := a.store.View(ctx, func(tx consult.Tx) (err error) {
		staff, err = tx.StaffByLogin(login)
		return err
	})
	if err != nil {
		return nil, err
	}
	return staff, nil
}

// Logout ends the session of a cookie; one that is not there is no error.
func (a *Auth) Logout(ctx context.Context, cookie string) error {
	hash := consult.HashToken(cookie)
	err := a.store.Update(ctx, func(tx consult.Tx) error {
		session, err := tx.StaffSession(hash)
		if consult.CodeOf(err) == consult.CodeNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.DeleteStaffSession(hash); err != nil {
			return err
		}
		by := consult.Principal{Staff: &consult.Staff{ID: session.StaffID}}
		return a.audit(tx, by, actLogout, string(session.StaffID), "")
	})
	if err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	return nil
}
