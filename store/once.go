package store

import (
	"encoding/hex"
	"time"

	"tmk/consult"
)

const onceColumns = `integration, key, fingerprint, created_at, lease_until, object, status, header_sealed, body_sealed`

func placeOfOnce(column string, integration string, key []byte) []byte {
	return place("onces", column, integration, hex.EncodeToString(key))
}

func (t *tx) scanOnce(r row, o *consult.Once) error {
	var header, body []byte
	if err := r.Scan(&o.Integration, &o.Key, &o.Fingerprint, (*instant)(&o.CreatedAt), (*instant)(&o.LeaseUntil),
		&o.Object, &o.Status, &header, &body); err != nil {
		return err
	}
	if err := t.vault.openJSON(header, placeOfOnce("header_sealed", o.Integration, o.Key), &o.Header); err != nil {
		return err
	}
	var err error
	o.Body, err = t.vault.open(body, placeOfOnce("body_sealed", o.Integration, o.Key))
	return err
}

// sealedAnswer is what onceColumns end with.
func (t *tx) sealedAnswer(o *consult.Once) (header, body []byte) {
	return sealJSON(t.vault, o.Header, placeOfOnce("header_sealed", o.Integration, o.Key)),
		t.vault.seal(o.Body, placeOfOnce("body_sealed", o.Integration, o.Key))
}

func (t *tx) AddOnce(o *consult.Once) error {
	header, body := t.sealedAnswer(o)
	return t.add("idempotency key", `INSERT INTO onces (`+onceColumns+`) VALUES (`+placeholders(1, 9)+`) ON CONFLICT DO NOTHING`,
		o.Integration, o.Key, o.Fingerprint, o.CreatedAt, o.LeaseUntil, o.Object, o.Status, header, body)
}

func (t *tx) Once(integration string, key []byte) (*consult.Once, error) {
	return one(t, "idempotency key", t.scanOnce, `SELECT `+onceColumns+` FROM onces WHERE integration = $1 AND key = $2`,
		integration, key)
}

// SaveOnce writes the lease, the object and the answer.
func (t *tx) SaveOnce(o *consult.Once) error {
	header, body := t.sealedAnswer(o)
	return t.save("idempotency key", `UPDATE onces SET lease_until = $3, object = $4, status = $5, header_sealed = $6,
		body_sealed = $7 WHERE integration = $1 AND key = $2`,
		o.Integration, o.Key, o.LeaseUntil, o.Object, o.Status, header, body)
}

// DeleteOnce is no error when there is none.
func (t *tx) DeleteOnce(integration string, key []byte) error {
	_, err := t.exec("delete idempotency key", `DELETE FROM onces WHERE integration = $1 AND key = $2`, integration, key)
	return err
}

// DeleteOnces removes those made before the time given, and returns how many.
func (t *tx) DeleteOnces(createdBefore time.Time) (int64, error) {
	return t.exec("delete idempotency keys", `DELETE FROM onces WHERE created_at < $1`, createdBefore)
}
