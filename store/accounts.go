package store

import (
	"slices"

	"tmk/consult"
)

const apiKeyColumns = `id, integration, name, hash, scopes, created_at, expires_at, revoked_at`

func scanAPIKey(r row, k *consult.APIKey) error {
	return r.Scan(&k.ID, &k.Integration, &k.Name, &k.Hash, jsonColumn{&k.Scopes}, (*instant)(&k.CreatedAt),
		(*instant)(&k.ExpiresAt), (*instant)(&k.RevokedAt))
}

func (t *tx) AddAPIKey(k *consult.APIKey) error {
	return t.add("key", `INSERT INTO api_keys (`+apiKeyColumns+`) VALUES (`+placeholders(1, 8)+`) ON CONFLICT DO NOTHING`,
		k.ID, k.Integration, k.Name, k.Hash, scopesJSON(k.Scopes), k.CreatedAt, k.ExpiresAt, k.RevokedAt)
}

func (t *tx) APIKey(hash []byte) (*consult.APIKey, error) {
	return one(t, "key", scanAPIKey, `SELECT `+apiKeyColumns+` FROM api_keys WHERE hash = $1`, hash)
}

// APIKeys lists by CreatedAt, then ID; expired and revoked ones too.
func (t *tx) APIKeys() ([]*consult.APIKey, error) {
	return many(t, "keys", scanAPIKey, `SELECT `+apiKeyColumns+` FROM api_keys ORDER BY created_at, id`)
}

// SaveAPIKey writes the name, the scopes, and when the key ends.
func (t *tx) SaveAPIKey(k *consult.APIKey) error {
	return t.save("key", `UPDATE api_keys SET name = $2, scopes = $3, expires_at = $4, revoked_at = $5 WHERE id = $1`,
		k.ID, k.Name, scopesJSON(k.Scopes), k.ExpiresAt, k.RevokedAt)
}

func scopesJSON(scopes []consult.Scope) string {
	list := make([]string, len(scopes))
	for i, s := range scopes {
		list[i] = string(s)
	}
	return toJSON(list)
}

const staffColumns = `id, login, password_hash, admin, created_at`

func scanStaff(r row, s *consult.Staff) error {
	var admin bool
	defer func() {
		if admin {
			s.Roles = []consult.StaffRole{consult.StaffAdmin}
		}
	}()
	return r.Scan(&s.ID, &s.Login, &s.PasswordHash, &admin, (*instant)(&s.CreatedAt))
}

func (t *tx) AddStaff(s *consult.Staff) error {
	return t.add("login", `INSERT INTO staff (`+staffColumns+`) VALUES (`+placeholders(1, 5)+`) ON CONFLICT DO NOTHING`,
		s.ID, s.Login, s.PasswordHash, slices.Contains(s.Roles, consult.StaffAdmin), s.CreatedAt)
}

func (t *tx) Staff(id consult.StaffID) (*consult.Staff, error) {
	return one(t, "staff member", scanStaff, `SELECT `+staffColumns+` FROM staff WHERE id = $1`, id)
}

// StaffByLogin compares the login byte by byte.
func (t *tx) StaffByLogin(login string) (*consult.Staff, error) {
	return one(t, "staff member", scanStaff, `SELECT `+staffColumns+` FROM staff WHERE login = $1`, login)
}

func (t *tx) StaffCount() (int, error) {
	n, err := one(t, "staff count", scanInt, `SELECT COUNT(*) FROM staff`)
	if err != nil {
		return 0, err
	}
	return int(*n), nil
}

// SaveStaff writes the password's hash and the rights.
func (t *tx) SaveStaff(s *consult.Staff) error {
	return t.save("staff member", `UPDATE staff SET password_hash = $2, admin = $3 WHERE id = $1`,
		s.ID, s.PasswordHash, slices.Contains(s.Roles, consult.StaffAdmin))
}

// AddStaffSession also forgets the sessions of the same person that had run
// out when this one began, so that they do not pile up.
func (t *tx) AddStaffSession(s *consult.StaffSession) error {
	if _, err := t.exec("delete old sessions", `DELETE FROM staff_sessions WHERE staff_id = $1 AND expires_at < $2`,
		s.StaffID, s.CreatedAt); err != nil {
		return err
	}
	return t.add("session", `INSERT INTO staff_sessions (hash, staff_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, s.Hash, s.StaffID, s.CreatedAt, s.ExpiresAt)
}

func (t *tx) StaffSession(hash []byte) (*consult.StaffSession, error) {
	return one(t, "session", func(r row, s *consult.StaffSession) error {
		return r.Scan(&s.Hash, &s.StaffID, (*instant)(&s.CreatedAt), (*instant)(&s.ExpiresAt))
	}, `SELECT hash, staff_id, created_at, expires_at FROM staff_sessions WHERE hash = $1`, hash)
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
