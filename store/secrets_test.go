package store_test

import (
	"bytes"
	"strings"
	"testing"

	"tmk/consult"
	"tmk/store"
	"tmk/store/pgtest"
)

const hidden = "a-very-secret-secret-that-nobody-reads"

// addSecrets stores one of everything that is sealed.
func addSecrets(tx consult.Tx) error {
	if err := tx.AddWebhook(&consult.Webhook{ID: "wh_1", Integration: "lk", Secrets: []consult.WebhookSecret{{Value: hidden}}}); err != nil {
		return err
	}
	if err := tx.AddWebhook(&consult.Webhook{ID: "wh_2", Integration: "lk", Secrets: []consult.WebhookSecret{{Value: hidden}}}); err != nil {
		return err
	}
	if err := tx.AddStaff(&consult.Staff{ID: "u_1", Login: "anna", TOTPSecret: []byte(hidden)}); err != nil {
		return err
	}
	if err := tx.AddSigningKey(&consult.SigningKey{ID: "jk_1", Integration: "lk", KID: "1", Secret: []byte(hidden)}); err != nil {
		return err
	}
	return tx.AddOnce(&consult.Once{
		Integration: "lk", Key: []byte("key"), Fingerprint: []byte("f"), Header: map[string]string{"Location": hidden}, Body: []byte(hidden),
	})
}

// What is secret does not stand in the database.
func TestSealed(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": sqliteURL, "Postgres": pgtest.URL} {
		t.Run(name, func(t *testing.T) {
			db := open(t, url(t))
			if err := db.Update(t.Context(), addSecrets); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for column, query := range map[string]string{
				"webhook":  `SELECT sealed FROM webhooks WHERE id = 'wh_1'`,
				"another":  `SELECT sealed FROM webhooks WHERE id = 'wh_2'`,
				"open":     `SELECT secrets FROM webhooks WHERE id = 'wh_1'`,
				"totp":     `SELECT totp_sealed FROM staff`,
				"signing":  `SELECT sealed FROM signing_keys`,
				"header":   `SELECT header_sealed FROM onces`,
				"body":     `SELECT body_sealed FROM onces`,
				"the test": `SELECT id FROM staff`,
			} {
				text, err := db.Text(t.Context(), query)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(text, "secret") {
					t.Errorf("%s stands open: %q", column, text)
				}
				if seen[text] {
					t.Errorf("%s is the same as another: %q", column, text)
				}
				seen[text] = true
			}
		})
	}
}

// A sealed value opens in its own place only, and unchanged.
func TestMovedSecret(t *testing.T) {
	db := open(t, sqliteURL(t))
	if err := db.Update(t.Context(), addSecrets); err != nil {
		t.Fatal(err)
	}
	read := func() error {
		return db.View(t.Context(), func(tx consult.Tx) error { _, err := tx.Webhook("wh_2"); return err })
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]string{
		"another row's":    `UPDATE webhooks SET sealed = (SELECT sealed FROM webhooks WHERE id = 'wh_1') WHERE id = 'wh_2'`,
		"another column's": `UPDATE webhooks SET sealed = (SELECT body_sealed FROM onces) WHERE id = 'wh_2'`,
		"cut short":        `UPDATE webhooks SET sealed = x'01' WHERE id = 'wh_2'`,
		"another version":  `UPDATE webhooks SET sealed = unhex('02' || substr(hex(sealed), 3)) WHERE id = 'wh_2'`,
	} {
		if err := db.Exec(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		if err := read(); err == nil || !strings.Contains(err.Error(), "does not open") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A database belongs to the key that it was made with.
func TestKey(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": sqliteURL, "Postgres": pgtest.URL} {
		t.Run(name, func(t *testing.T) {
			address := url(t)
			for _, key := range [][]byte{nil, testKey[:31], append(bytes.Clone(testKey), 0)} {
				if db, err := store.Open(t.Context(), store.Config{URL: address, Key: key}); err == nil {
					db.Close()
					t.Errorf("opened with a key of %d bytes", len(key))
				}
			}
			open(t, address)
			open(t, address) // the same key once more
			other := bytes.Repeat([]byte{7}, 32)
			db, err := store.Open(t.Context(), store.Config{URL: address, Key: other})
			if err == nil {
				db.Close()
				t.Fatal("opened with another key")
			}
			if !strings.Contains(err.Error(), "secret_file") {
				t.Errorf("the error does not say what to do: %v", err)
			}
		})
	}
}
