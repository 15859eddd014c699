package auth

import (
	"context"
	"fmt"
	"time"

	"tmk/consult"
)

// setupLasts is how long one may take from the picture to the first code.
const setupLasts = 15 * time.Minute

// setup is a secret that is not in force yet; the page keeps it, sealed.
type setup struct {
	Staff  consult.StaffID `json:"s"`
	Secret []byte          `json:"k"`
}

// BeginTOTP makes the secret of a second factor for v's account, which is not in
// force before [Auth.ConfirmTOTP]. Codes: unauthorized (the password is wrong),
// conflict (there is one, or the account has no password), rate_limited.
func (a *Auth) BeginTOTP(ctx context.Context, v *Visit, password string) (*Setup, error) {
	if err := a.reproved(ctx, v.Staff, password); err != nil {
		return nil, err
	}
	if v.Staff.TOTPSecret != nil {
		return nil, hasFactor
	}
	secret := random(totpSecret)
	s, err := picture(a.cfg.Name, v.Staff.Login, secret)
	if err != nil {
		return nil, fmt.Errorf("set up second factor: %w", err)
	}
	if s.Envelope, err = a.setups.seal(setup{v.Staff.ID, secret}, setupLasts); err != nil {
		return nil, fmt.Errorf("seal setup: %w", err)
	}
	return s, nil
}

// ConfirmTOTP puts the secret of a setup in force when code is one of it, ends
// all other sessions of the account, and returns its recovery codes.
// Codes: unauthorized (a wrong code, or the setup is too old), conflict (there is one already), rate_limited.
func (a *Auth) ConfirmTOTP(ctx context.Context, v *Visit, envelope, code string) ([]string, error) {
	var s setup
	if err := a.setups.open(envelope, &s); err != nil {
		return nil, err
	}
	if s.Staff != v.Staff.ID {
		return nil, wrongCode
	}
	if !a.codes.allow(string(s.Staff), anywhere, a.cfg.Now()) {
		return nil, tooManyCodes
	}
	step, ok := matchTOTP(s.Secret, cleanCode(code), 0, a.cfg.Now())
	if !ok {
		return nil, wrongCode
	}
	codes, hashes := newRecovery()
	err := a.changeOwn(ctx, v, actEnableTOTP, func(tx consult.Tx, staff *consult.Staff) error {
		if staff.TOTPSecret != nil {
			return hasFactor
		}
		staff.TOTPSecret, staff.TOTPStep, staff.Recovery = s.Secret, step, hashes
		if err := tx.DeleteStaffSessions(staff.ID); err != nil {
			return err
		}
		proved := *v.Session
		proved.Way = WayTOTP
		return tx.AddStaffSession(&proved)
	})
	if err != nil {
		return nil, fmt.Errorf("turn second factor on: %w", err)
	}
	a.codes.forget(string(s.Staff))
	return codes, nil
}

// DisableTOTP takes the second factor away. code may be a recovery code.
// Codes: unauthorized (password or code are wrong), conflict (there is none, or
// the installation demands one), rate_limited.
func (a *Auth) DisableTOTP(ctx context.Context, v *Visit, password, code string) error {
	if a.cfg.RequireTOTP {
		return consult.Errorf(consult.CodeConflict, "this installation demands a second factor")
	}
	return a.withFactor(ctx, v, password, code, actDisableTOTP, func(s *consult.Staff) {
		s.TOTPSecret, s.TOTPStep, s.Recovery = nil, 0, nil
	})
}

// RenewRecovery makes new recovery codes; the old ones end. code may be one of
// them. Codes: unauthorized, conflict (there is no second factor), rate_limited.
func (a *Auth) RenewRecovery(ctx context.Context, v *Visit, password, code string) ([]string, error) {
	codes, hashes := newRecovery()
	err := a.withFactor(ctx, v, password, code, actRenewRecovery, func(s *consult.Staff) { s.Recovery = hashes })
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// withFactor changes v's account when password and code are right.
func (a *Auth) withFactor(ctx context.Context, v *Visit, password, code, action string, change func(*consult.Staff)) error {
	if err := a.reproved(ctx, v.Staff, password); err != nil {
		return err
	}
	if v.Staff.TOTPSecret == nil {
		return consult.Errorf(consult.CodeConflict, "there is no second factor")
	}
	if !a.codes.allow(string(v.Staff.ID), anywhere, a.cfg.Now()) {
		return tooManyCodes
	}
	err := a.changeOwn(ctx, v, action, func(_ consult.Tx, staff *consult.Staff) error {
		if _, ok := a.spend(staff, code); !ok {
			return wrongCode
		}
		change(staff)
		return nil
	})
	if err != nil {
		return fmt.Errorf("change second factor: %w", err)
	}
	a.codes.forget(string(v.Staff.ID))
	return nil
}

var hasFactor = consult.Errorf(consult.CodeConflict, "there is a second factor already")

// reproved asks for the password again, before what a stolen session must not do.
// Codes: unauthorized, conflict (the account has none), rate_limited.
func (a *Auth) reproved(ctx context.Context, s *consult.Staff, password string) error {
	if s.PasswordHash == "" {
		return consult.Errorf(consult.CodeConflict, "the account has no password here, its provider has")
	}
	if !a.proofs.allow(string(s.ID), anywhere, a.cfg.Now()) { // what others guess at the door does not count here
		return tooManyFails
	}
	proved, right, err := a.verify(ctx, s.Login, password)
	switch {
	case err != nil:
		return err
	case !right || proved.ID != s.ID: // or the login went to another in between
		return consult.Errorf(consult.CodeUnauthorized, "the password is wrong")
	}
	a.proofs.forget(string(s.ID))
	return nil
}

// changeOwn changes v's account, as it is now, in one transaction with its audit.
func (a *Auth) changeOwn(ctx context.Context, v *Visit, action string, change func(consult.Tx, *consult.Staff) error) error {
	return a.store.Update(ctx, func(tx consult.Tx) error {
		staff, err := tx.Staff(v.Staff.ID)
		if err != nil {
			return err
		}
		if err := change(tx, staff); err != nil {
			return err
		}
		if err := tx.SaveStaff(staff); err != nil {
			return err
		}
		return a.audit(tx, v.Principal(), action, string(staff.ID), "")
	})
}
