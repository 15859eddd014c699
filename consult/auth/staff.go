package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tmk/consult"
)

const (
	minPassword = 12   // characters
	maxPassword = 1024 // bytes; more only feeds the hash
	maxLogin    = 64   // characters
)

// What the audit names.
const (
	actLogin       = "staff.login"
	actLogout      = "staff.logout"
	actCreateStaff = "staff.create"
	actSetPassword = "staff.set_password"
)

// Login opens a session of 12 h and returns its cookie. An unknown login and a
// wrong password give the same error and take the same time.
// Codes: unauthorized, rate_limited (too many failures of this login, known or not).
func (a *Auth) Login(ctx context.Context, login, password string) (cookie string, s *consult.Staff, err error) {
	login = cleanLogin(login)
	if !a.fails.allow(login, a.now()) {
		return "", nil, consult.Errorf(consult.CodeRateLimited, "too many failed logins: wait a few minutes")
	}
	staff, err := a.verify(ctx, login, password)
	if err != nil {
		return "", nil, err
	}
	a.fails.forget(login)
	cookie = consult.NewToken(cookieBytes)
	err = a.store.Update(ctx, func(tx consult.Tx) error {
		now := a.clock()
		err := tx.AddStaffSession(&consult.StaffSession{
			Hash: consult.HashToken(cookie), StaffID: staff.ID, CreatedAt: now, ExpiresAt: now.Add(sessionLasts),
		})
		if err != nil {
			return err
		}
		return a.audit(tx, consult.Principal{Staff: staff}, actLogin, staff.ID)
	})
	if err != nil {
		return "", nil, fmt.Errorf("open session of %s: %w", staff.ID, err)
	}
	return cookie, staff, nil
}

// verify finds the account of a login whose password is right. The attempt was
// counted by the throttle before: many at once cannot slip through.
func (a *Auth) verify(ctx context.Context, login, password string) (*consult.Staff, error) {
	wrong := consult.Errorf(consult.CodeUnauthorized, "the login or the password is wrong")
	if len(password) > maxPassword {
		return nil, wrong
	}
	staff, err := a.byLogin(ctx, login)
	if err != nil && consult.CodeOf(err) != consult.CodeNotFound {
		return nil, fmt.Errorf("read staff: %w", err)
	}
	stored := a.hasher.nobody // costs what a real one does
	if staff != nil {
		stored = staff.PasswordHash
	}
	right, err := a.hasher.matches(ctx, stored, password)
	switch {
	case err != nil:
		return nil, fmt.Errorf("check password: %w", err)
	case staff == nil || !right:
		return nil, wrong
	}
	return staff, nil
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
		return a.audit(tx, by, actLogout, session.StaffID)
	})
	if err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	return nil
}

// CreateStaff makes an account. Logins are kept in small letters. Codes: invalid
// (an empty or odd login, a password under 12 characters), conflict (the login exists).
func (a *Auth) CreateStaff(ctx context.Context, login, password string, roles ...consult.StaffRole) (*consult.Staff, error) {
	login = cleanLogin(login)
	if err := errors.Join(checkLogin(login), checkPassword(password)); err != nil {
		return nil, err
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	var staff *consult.Staff
	err = a.store.Update(ctx, func(tx consult.Tx) error {
		now := a.clock()
		staff = &consult.Staff{
			ID: consult.StaffID(consult.NewID("u_", now)), Login: login, PasswordHash: hash, Roles: roles, CreatedAt: now,
		}
		if err := tx.AddStaff(staff); err != nil {
			return err
		}
		return a.audit(tx, consult.System, actCreateStaff, staff.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("create staff: %w", err)
	}
	return staff, nil
}

// SetPassword changes a password and ends all sessions that were opened with the
// old one. Codes: not_found, invalid (under 12 characters).
func (a *Auth) SetPassword(ctx context.Context, login, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	login = cleanLogin(login)
	err = a.store.Update(ctx, func(tx consult.Tx) error {
		staff, err := tx.StaffByLogin(login)
		if err != nil {
			return err
		}
		staff.PasswordHash = hash
		if err := tx.SaveStaff(staff); err != nil {
			return err
		}
		if err := tx.DeleteStaffSessions(staff.ID); err != nil {
			return err
		}
		return a.audit(tx, consult.System, actSetPassword, staff.ID)
	})
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	a.fails.forget(login)
	return nil
}

// StaffCount is how many accounts there are.
func (a *Auth) StaffCount(ctx context.Context) (int, error) {
	n := 0
	err := a.store.View(ctx, func(tx consult.Tx) (err error) {
		n, err = tx.StaffCount()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count staff: %w", err)
	}
	return n, nil
}

func (a *Auth) audit(tx consult.Tx, by consult.Principal, action string, whom consult.StaffID) error {
	now := a.clock()
	return tx.AddAudit(&consult.AuditEntry{
		ID: consult.NewID("au_", now), At: now, Actor: by.Actor(), Action: action, Object: string(whom),
	})
}

func cleanLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

func checkLogin(login string) error {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }
	if login == "" || utf8.RuneCountInString(login) > maxLogin || strings.ContainsFunc(login, odd) {
		return consult.Invalid("/login", "must be 1 to 64 characters without spaces")
	}
	return nil
}

func checkPassword(password string) error {
	switch {
	case !utf8.ValidString(password):
		return consult.Invalid("/password", "is not UTF-8")
	case utf8.RuneCountInString(password) < minPassword:
		return consult.Invalid("/password", "must have 12 characters or more")
	case len(password) > maxPassword:
		return consult.Invalid("/password", "has more than 1024 bytes")
	}
	return nil
}
