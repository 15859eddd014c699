package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tmk/consult"
)

// StaffOrder is an account to be made.
type StaffOrder struct {
	Login string // kept in small letters
	Name  string // may be ""
	Roles []consult.StaffRole
}

// StaffAmendment says what is to change of an account; nil stays.
type StaffAmendment struct {
	Name     *string
	Roles    []consult.StaffRole
	Disabled *bool
}

// CreateStaff makes an account for the system: commands, the demo. Logins are
// kept in small letters. Codes: invalid (an empty or odd login, a password under 12
// characters), conflict (the login exists).
func (a *Auth) CreateStaff(ctx context.Context, login, password string, roles ...consult.StaffRole) (*consult.Staff, error) {
	return a.createStaff(ctx, consult.System, StaffOrder{Login: login, Roles: roles}, password)
}

// CreateStaffAs is [Auth.CreateStaff] with a name.
func (a *Auth) CreateStaffAs(ctx context.Context, o StaffOrder, password string) (*consult.Staff, error) {
	return a.createStaff(ctx, consult.System, o, password)
}

// AddStaff makes an account with a password that is returned only here.
// Codes: forbidden, invalid, conflict (the login exists).
func (a *Auth) AddStaff(ctx context.Context, by consult.Principal, o StaffOrder) (*consult.Staff, string, error) {
	if err := consult.Authorize(by, consult.ActManageStaff, nil); err != nil {
		return nil, "", err
	}
	password := madePassword()
	staff, err := a.createStaff(ctx, by, o, password)
	if err != nil {
		return nil, "", err
	}
	return staff, password, nil
}

func (a *Auth) createStaff(ctx context.Context, by consult.Principal, o StaffOrder, password string) (*consult.Staff, error) {
	staff, err := a.newStaff(ctx, o, password)
	if err != nil {
		return nil, err
	}
	err = a.store.Update(ctx, func(tx consult.Tx) error {
		if err := tx.AddStaff(staff); err != nil {
			return err
		}
		return a.audit(tx, by, actCreateStaff, string(staff.ID), rolesDetail(staff.Roles))
	})
	if err != nil {
		return nil, fmt.Errorf("create staff: %w", err)
	}
	return staff, nil
}

// newStaff checks an order and makes the account, which is not written yet. Code: invalid.
func (a *Auth) newStaff(ctx context.Context, o StaffOrder, password string) (*consult.Staff, error) {
	o.Login, o.Name = cleanLogin(o.Login), strings.TrimSpace(o.Name)
	err := errors.Join(checkLogin(o.Login), checkName(o.Name), checkPassword(password), checkRoles(o.Roles))
	if err != nil {
		return nil, err
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	now := a.clock()
	return &consult.Staff{
		ID: consult.StaffID(consult.NewID("u_", now)), Login: o.Login, Name: o.Name,
		PasswordHash: hash, Roles: slices.Clone(o.Roles), CreatedAt: now,
	}, nil
}

// AllStaff lists the accounts by login. Code: forbidden.
func (a *Auth) AllStaff(ctx context.Context, by consult.Principal) ([]*consult.Staff, error) {
	if err := consult.Authorize(by, consult.ActManageStaff, nil); err != nil {
		return nil, err
	}
	var all []*consult.Staff
	err := a.store.View(ctx, func(tx consult.Tx) (err error) {
		all, err = tx.AllStaff()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	return all, nil
}

// OneStaff reads an account. Codes: forbidden, not_found.
func (a *Auth) OneStaff(ctx context.Context, by consult.Principal, id consult.StaffID) (*consult.Staff, error) {
	if err := mayTouch(by, id); err != nil {
		return nil, err
	}
	var staff *consult.Staff
	err := a.store.View(ctx, func(tx consult.Tx) (err error) {
		staff, err = tx.Staff(id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read staff %s: %w", id, err)
	}
	return staff, nil
}

// AmendStaff changes an account; disabling ends its sessions. Codes: forbidden,
// not_found, invalid, conflict (it would leave no administrator who may log in,
// or the roles are those of a provider).
func (a *Auth) AmendStaff(ctx context.Context, by consult.Principal, id consult.StaffID, change StaffAmendment) (*consult.Staff, error) {
	if change.Name != nil {
		name := strings.TrimSpace(*change.Name)
		change.Name = &name
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	if change.Roles != nil {
		if err := checkRoles(change.Roles); err != nil {
			return nil, err
		}
	}
	return a.manage(ctx, by, id, func(tx consult.Tx, s *consult.Staff) error {
		if change.Roles != nil && s.Issuer != "" {
			return consult.Errorf(consult.CodeConflict, "the roles of this account are the provider's to give")
		}
		if change.Disabled != nil {
			if err := a.able(tx, by, s, !*change.Disabled); err != nil {
				return err
			}
		}
		if change.Name == nil && change.Roles == nil {
			return nil
		}
		detail := ""
		if change.Name != nil {
			s.Name = *change.Name
		}
		if change.Roles != nil {
			s.Roles, detail = slices.Clone(change.Roles), rolesDetail(change.Roles)
		}
		return a.audit(tx, by, actAmendStaff, string(s.ID), detail)
	})
}

// able enables or disables s, which the caller saves.
func (a *Auth) able(tx consult.Tx, by consult.Principal, s *consult.Staff, enabled bool) error {
	if s.DisabledAt.IsZero() == enabled {
		return nil
	}
	if enabled {
		s.DisabledAt = time.Time{}
		return a.audit(tx, by, actEnableStaff, string(s.ID), "")
	}
	s.DisabledAt = a.clock()
	if err := tx.DeleteStaffSessions(s.ID); err != nil {
		return err
	}
	return a.audit(tx, by, actDisableStaff, string(s.ID), "")
}

// ResetPassword gives an account a password that is returned only here, and
// ends its sessions; a second factor stays. Codes: forbidden, not_found, conflict
// (one's own account, where the present password is asked for; one without a password).
func (a *Auth) ResetPassword(ctx context.Context, by consult.Principal, id consult.StaffID) (string, error) {
	password := madePassword()
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	staff, err := a.manage(ctx, by, id, func(tx consult.Tx, s *consult.Staff) error {
		if err := notOneself(by, s); err != nil {
			return err
		}
		if s.PasswordHash == "" {
			return consult.Errorf(consult.CodeConflict, "the account has no password here, its provider has")
		}
		return a.setPassword(tx, by, s, hash)
	})
	if err != nil {
		return "", err
	}
	a.fails.forget(staff.Login)
	return password, nil
}

func (a *Auth) setPassword(tx consult.Tx, by consult.Principal, s *consult.Staff, hash string) error {
	s.PasswordHash = hash
	if err := tx.DeleteStaffSessions(s.ID); err != nil {
		return err
	}
	return a.audit(tx, by, actSetPassword, string(s.ID), "")
}

// RemoveTOTP takes the second factor away from somebody who has lost it, and ends
// the account's sessions. Codes: forbidden, not_found, conflict (one's own account).
func (a *Auth) RemoveTOTP(ctx context.Context, by consult.Principal, id consult.StaffID) error {
	_, err := a.manage(ctx, by, id, func(tx consult.Tx, s *consult.Staff) error {
		if err := notOneself(by, s); err != nil {
			return err
		}
		if s.TOTPSecret == nil {
			return nil
		}
		s.TOTPSecret, s.TOTPStep, s.Recovery = nil, 0, nil
		if err := tx.DeleteStaffSessions(s.ID); err != nil {
			return err
		}
		return a.audit(tx, by, actDisableTOTP, string(s.ID), "")
	})
	return err
}

// notOneself sends people to their own account, where they prove who they are again.
func notOneself(by consult.Principal, s *consult.Staff) error {
	if by.Staff != nil && by.Staff.ID == s.ID {
		return consult.Errorf(consult.CodeConflict, "this is your own account: change it where the password is asked for")
	}
	return nil
}

// manage changes an account, as it is now, in one transaction; at least one
// administrator who may log in is left. fn writes the audit.
func (a *Auth) manage(ctx context.Context, by consult.Principal, id consult.StaffID, fn func(consult.Tx, *consult.Staff) error) (*consult.Staff, error) {
	if err := consult.Authorize(by, consult.ActManageStaff, nil); err != nil {
		return nil, err
	}
	var staff *consult.Staff
	err := a.store.Update(ctx, func(tx consult.Tx) (err error) {
		if staff, err = tx.Staff(id); err != nil {
			return err
		}
		was := rules(staff)
		if err := fn(tx, staff); err != nil {
			return err
		}
		if err := tx.SaveStaff(staff); err != nil {
			return err
		}
		if was && !rules(staff) {
			return somebodyRules(tx)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("change staff %s: %w", id, err)
	}
	return staff, nil
}

// rules tells whether somebody is an administrator who may log in.
func rules(s *consult.Staff) bool { return s.DisabledAt.IsZero() && s.Is(consult.StaffAdmin) }

func somebodyRules(tx consult.Tx) error {
	all, err := tx.AllStaff()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, rules) {
		return consult.Errorf(consult.CodeConflict, "this is the last administrator who may log in")
	}
	return nil
}

// SetPassword changes a password for the system and ends all sessions that were
// opened with the old one. Codes: not_found, invalid (under 12 characters).
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
		if err := a.setPassword(tx, consult.System, staff, hash); err != nil {
			return err
		}
		return tx.SaveStaff(staff)
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
