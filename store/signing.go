package store

import "tmk/consult"

const signingKeyColumns = `id, integration, issuer, kid, algorithm, public_key, sealed, jwks_url, created_at, revoked_at`

func placeOfSigningKey(id consult.SigningKeyID) []byte {
	return place("signing_keys", "sealed", string(id))
}

func (t *tx) scanSigningKey(r row, k *consult.SigningKey) error {
	var sealed []byte
	if err := r.Scan(&k.ID, &k.Integration, &k.Issuer, &k.KID, &k.Algorithm, &k.PublicKey, &sealed, &k.JWKSURL,
		(*instant)(&k.CreatedAt), (*instant)(&k.RevokedAt)); err != nil {
		return err
	}
	var err error
	k.Secret, err = t.vault.open(sealed, placeOfSigningKey(k.ID))
	return err
}

func (t *tx) AddSigningKey(k *consult.SigningKey) error {
	return t.add("signing key", `INSERT INTO signing_keys (`+signingKeyColumns+`) VALUES (`+placeholders(1, 10)+`)
		ON CONFLICT DO NOTHING`, k.ID, k.Integration, k.Issuer, k.KID, k.Algorithm, k.PublicKey,
		t.vault.seal(k.Secret, placeOfSigningKey(k.ID)), k.JWKSURL, k.CreatedAt, k.RevokedAt)
}

func (t *tx) SigningKey(id consult.SigningKeyID) (*consult.SigningKey, error) {
	return one(t, "signing key", t.scanSigningKey, `SELECT `+signingKeyColumns+` FROM signing_keys WHERE id = $1`, id)
}

// SigningKeys lists by CreatedAt, then ID.
func (t *tx) SigningKeys(integration string) ([]*consult.SigningKey, error) {
	const order = ` ORDER BY created_at, id`
	if integration == "" {
		return many(t, "signing keys", t.scanSigningKey, `SELECT `+signingKeyColumns+` FROM signing_keys`+order)
	}
	return many(t, "signing keys", t.scanSigningKey, `SELECT `+signingKeyColumns+` FROM signing_keys
		WHERE integration = $1`+order, integration)
}

func (t *tx) SaveSigningKey(k *consult.SigningKey) error {
	return t.save("signing key", `UPDATE signing_keys SET revoked_at = $2 WHERE id = $1`, k.ID, k.RevokedAt)
}
