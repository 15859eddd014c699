package auth

import (
	"context"
	"fmt"
	"slices"

	"tmk/consult"
)

// ChangePassword changes the password of v's account and ends all its other
// sessions. Codes: unauthorized (current is wrong), invalid (under 12
// characters, or the same again), conflict (the account has no password), rate_limited.
func (a *Auth) ChangePassword(ctx context.Context, v *Visit, current, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	if err := a.reproved(ctx, v.Staff, current); err != nil {
		return err
	}
	if password == current {
		return consult.Invalid("/password", "is the old one")
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	err = a.changeOwn(ctx, v, actSetPassword, func(tx consult.Tx, staff *consult.Staff) error {
		if staff.PasswordHash != v.Staff.PasswordHash { // somebody set another in between
			return consult.Errorf(consult.CodeUnauthorized, "the password is wrong")
		}
		staff.PasswordHash = hash
		return endSessions(tx, staff.ID, v.Session.Hash)
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return nil
}

// endSessions ends all sessions of a person but one; nil spares none.
func endSessions(tx consult.Tx, id consult.StaffID, but []byte) error {
	if but == nil {
		return tx.DeleteStaffSessions(id)
	}
	sessions, err := tx.StaffSessions(id)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if slices.Equal(s.Hash, but) {
			continue
		}
		if err := tx.DeleteStaffSession(s.Hash); err != nil {
			return err
		}
	}
	return nil
}

// Sessions are the browsers in which somebody is logged in, newest first. One's
// own everybody may see. Codes: forbidden, not_found.
func (a *Auth) Sessions(ctx context.Context, by consult.Principal, id consult.StaffID) ([]*consult.StaffSession, error) {
	if err := mayTouch(by, id); err != nil {
		return nil, err
	}
	var live []*consult.StaffSession
	err := a.store.View(ctx, func(tx consult.Tx) error {
		if _, err := tx.Staff(id); err != nil {
			return err
		}
		all, err := tx.StaffSessions(id)
		live = slices.DeleteFunc(all, func(s *consult.StaffSession) bool { return !a.cfg.Now().Before(s.ExpiresAt) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions of %s: %w", id, err)
	}
	return live, nil
}

// EndSession logs somebody out in one browser. Codes: forbidden, not_found.
func (a *Auth) EndSession(ctx context.Context, by consult.Principal, id consult.StaffID, session string) error {
	if err := mayTouch(by, id); err != nil {
		return err
	}
	err := a.store.Update(ctx, func(tx consult.Tx) error {
		all, err := tx.StaffSessions(id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(s *consult.StaffSession) bool { return s.ID == session })
		if i < 0 {
			return consult.Errorf(consult.CodeNotFound, "there is no such session")
		}
		if err := tx.DeleteStaffSession(all[i].Hash); err != nil {
			return err
		}
		return a.audit(tx, by, actEndSession, string(id), session)
	})
	if err != nil {
		return fmt.Errorf("end session %s: %w", session, err)
	}
	return nil
}

// EndSessions logs somebody out everywhere; but, unless nil, is the hash of a
// session that stays. Codes: forbidden, not_found.
func (a *Auth) EndSessions(ctx context.Context, by consult.Principal, id consult.StaffID, but []byte) error {
	if err := mayTouch(by, id); err != nil {
		return err
	}
	err := a.store.Update(ctx, func(tx consult.Tx) error {
		if _, err := tx.Staff(id); err != nil {
			return err
		}
		if err := endSessions(tx, id, but); err != nil {
			return err
		}
		return a.audit(tx, by, actEndSessions, string(id), "")
	})
	if err != nil {
		return fmt.Errorf("end sessions of %s: %w", id, err)
	}
	return nil
}

// mayTouch lets people look after their own account, and administrators after all.
func mayTouch(by consult.Principal, id consult.StaffID) error {
	if by.Staff != nil && by.Staff.ID == id {
		return nil
	}
	return consult.Authorize(by, consult.ActManageStaff, nil)
}
