package store

import (
	"time"

	"tmk/consult"
)

const apiKeyColumns = `id, integration, name, hash, scopes, created_at, expires_at, revoked_at, last_used_at`

func scanAPIKey(r row, k *consult.APIKey) error {
	return r.Scan(&k.ID, &k.Integration, &k.Name, &k.Hash, jsonColumn{&k.Scopes}, (*instant)(&k.CreatedAt),
		(*instant)(&k.ExpiresAt), (*instant)(&k.RevokedAt), (*instant)(&k.LastUsedAt))
}

func (t *tx) AddAPIKey(k *consult.APIKey) error {
	return t.add("key", `INSERT INTO api_keys (`+apiKeyColumns+`) VALUES (`+placeholders(1, 9)+`) ON CONFLICT DO NOTHING`,
		k.ID, k.Integration, k.Name, k.Hash, words(k.Scopes), k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.LastUsedAt)
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
		k.ID, k.Name, words(k.Scopes), k.ExpiresAt, k.RevokedAt)
}

// TouchAPIKey does not go back in time. CodeNotFound when there is no such key.
func (t *tx) TouchAPIKey(id consult.KeyID, at time.Time) error {
	return t.save("key", `UPDATE api_keys SET last_used_at = CASE WHEN last_used_at < $2 THEN $2 ELSE last_used_at END
		WHERE id = $1`, id, at)
}

// words writes a list of a domain's words.
func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return toJSON(out)
}
