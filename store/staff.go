package store

import (
	"time"

	"tmk/consult"
)

const staffColumns = `id, login, name, password_hash, roles, issuer, subject, totp_sealed, totp_step, recovery,
	created_at, disabled_at`

func placeOfTOTP(id consult.StaffID) []byte { return place("staff", "totp_sealed", string(id)) }

func (t *tx) scanStaff(r row, s *consult.Staff) error {
	var totp []byte
	if err := r.Scan(&s.ID, &s.Login, &s.Name, &s.PasswordHash, jsonColumn{&s.Roles}, &s.Issuer, &s.Subject, &totp,
		&s.TOTPStep, jsonColumn{&s.Recovery}, (*instant)(&s.CreatedAt), (*instant)(&s.DisabledAt)); err != nil {
		return err
	}
	var err error
	s.TOTPSecret, err = t.vault.open(totp, placeOfTOTP(s.ID))
	return err
}

func (t *tx) AddStaff(s *consult.Staff) error {
	return t.add("login", `INSERT INTO staff (`+staffColumns+`) VALUES (`+placeholders(1, 12)+`) ON CONFLICT DO NOTHING`,
		s.ID, s.Login, s.Name, s.PasswordHash, words(s.Roles), s.Issuer, s.Subject,
		t.vault.seal(s.TOTPSecret, placeOfTOTP(s.ID)), s.TOTPStep, toJSON(s.Recovery), s.CreatedAt, s.DisabledAt)
}

func (t *tx) Staff(id consult.StaffID) (*consult.Staff, error) {
	return one(t, "staff member", t.scanStaff, `SELECT `+staffColumns+` FROM staff WHERE id = $1`, id)
}

// StaffByLogin compares the login byte by byte.
func (t *tx) StaffByLogin(login string) (*consult.Staff, error) {
	return one(t, "staff member", t.scanStaff, `SELECT `+staffColumns+` FROM staff WHERE login = $1`, login)
}

// StaffBySubject finds nobody by an empty subject.
func (t *tx) StaffBySubject(issuer, subject string) (*consult.Staff, error) {
	return one(t, "staff member", t.scanStaff, `SELECT `+staffColumns+` FROM staff
		WHERE issuer = $1 AND subject = $2 AND subject <> ''`, issuer, subject)
}

func (t *tx) AllStaff() ([]*consult.Staff, error) {
	return many(t, "staff", t.scanStaff, `SELECT `+staffColumns+` FROM staff ORDER BY login`)
}

func (t *tx) StaffCount() (int, error) {
	n, err := one(t, "staff count", scanInt, `SELECT COUNT(*) FROM staff`)
	if err != nil {
		return 0, err
	}
	return int(*n), nil
}

// SaveStaff writes all but the time of making.
func (t *tx) SaveStaff(s *consult.Staff) error {
	return t.save("staff member", `UPDATE staff SET login = $2, name = $3, password_hash = $4, roles = $5, issuer = $6,
			subject = $7, totp_sealed = $8, totp_step = $9, recovery = $10, disabled_at = $11 WHERE id = $1`,
		s.ID, s.Login, s.Name, s.PasswordHash, words(s.Roles), s.Issuer, s.Subject,
		t.vault.seal(s.TOTPSecret, placeOfTOTP(s.ID)), s.TOTPStep, toJSON(s.Recovery), s.DisabledAt)
}

const staffSessionColumns = `id, hash, staff_id, way, agent, created_at, seen_at, expires_at`

func scanStaffSession(r row, s *consult.StaffSession) error {
	return r.Scan(&s.ID, &s.Hash, &s.StaffID, &s.Way, &s.Agent, (*instant)(&s.CreatedAt), (*instant)(&s.SeenAt),
		(*instant)(&s.ExpiresAt))
}

// AddStaffSession also forgets the sessions of the same person that had run
// out when this one began, so that they do not pile up.
func (t *tx) AddStaffSession(s *consult.StaffSession) error {
	if _, err := t.exec("delete old sessions", `DELETE FROM staff_sessions WHERE staff_id = $1 AND expires_at < $2`,
		s.StaffID, s.CreatedAt); err != nil {
		return err
	}
	return t.add("session", `INSERT INTO staff_sessions (`+staffSessionColumns+`) VALUES (`+placeholders(1, 8)+`)
		ON CONFLICT DO NOTHING`, s.ID, s.Hash, s.StaffID, s.Way, s.Agent, s.CreatedAt, s.SeenAt, s.ExpiresAt)
}

func (t *tx) StaffSession(hash []byte) (*consult.StaffSession, error) {
	return one(t, "session", scanStaffSession, `SELECT `+staffSessionColumns+` FROM staff_sessions WHERE hash = $1`, hash)
}

func (t *tx) StaffSessions(id consult.StaffID) ([]*consult.StaffSession, error) {
	return many(t, "sessions", scanStaffSession, `SELECT `+staffSessionColumns+` FROM staff_sessions
		WHERE staff_id = $1 ORDER BY created_at DESC, id DESC`, id)
}

// TouchStaffSession does not go back in time. CodeNotFound when there is no such session.
func (t *tx) TouchStaffSession(hash []byte, at time.Time) error {
	return t.save("session", `UPDATE staff_sessions SET seen_at = CASE WHEN seen_at < $2 THEN $2 ELSE seen_at END
		WHERE hash = $1`, hash, at)
}

// DeleteStaffSessionsExpired removes those that ran out before the time given, and returns how many.
func (t *tx) DeleteStaffSessionsExpired(before time.Time) (int64, error) {
	return t.exec("delete old sessions", `DELETE FROM staff_sessions WHERE expires_at < $1`, before)
}

// DeleteStaffSession removes a session; it is no error when there is none.
func (t *tx) DeleteStaffSession(hash []byte) error {
	_, err := t.exec("delete session", `DELETE FROM staff_sessions WHERE hash = $1`, hash)
	return err
}

func (t *tx) DeleteStaffSessions(id consult.StaffID) error {
	_, err := t.exec("delete sessions", `DELETE FROM staff_sessions WHERE staff_id = $1`, id)
	return err
}
