package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tmk/consult"
)

// keySize is what [Config.Key] must have: AES-256.
const keySize = 32

// A vault hides what is secret in the database from whoever reads the
// database alone: a copy of it, a backup, the disk it lay on.
//
// It is AES-256-GCM. A sealed column is one byte of version, a random nonce,
// the ciphertext and its tag. Table, column and row are the additional data, so
// what is moved to another place does not open there.
//
// It also signs what whoever writes to the database must not be able to make up,
// with another key.
type vault struct {
	aead    cipher.AEAD
	signKey []byte
}

const sealVersion = 1

func newVault(key []byte) (*vault, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("the key that seals secrets has %d bytes, not %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the cipher that seals secrets: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make the cipher that seals secrets: %w", err)
	}
	signKey, err := hkdf.Key(sha256.New, key, nil, "tmk audit entry", keySize)
	if err != nil {
		return nil, fmt.Errorf("make the key that signs audit entries: %w", err)
	}
	return &vault{aead, signKey}, nil
}

// place is where a sealed value stands.
func place(table, column string, row ...string) []byte {
	return []byte(strings.Join(append([]string{"tmk", table, column}, row...), "\x00"))
}

// seal hides a value for its place. Nothing stays nothing.
func (v *vault) seal(value, place []byte) []byte {
	if len(value) == 0 {
		return nil
	}
	out := make([]byte, 1+v.aead.NonceSize(), 1+v.aead.NonceSize()+len(value)+v.aead.Overhead())
	out[0] = sealVersion
	nonce := out[1:]
	rand.Read(nonce) // never fails (Go 1.24)
	return v.aead.Seal(out, nonce, value, place)
}

var errSealed = errors.New("a sealed value does not open: it was sealed with another key, moved or changed")

// open gives back what was sealed at this place.
func (v *vault) open(sealed, place []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	head := 1 + v.aead.NonceSize()
	if len(sealed) < head || sealed[0] != sealVersion {
		return nil, errSealed
	}
	value, err := v.aead.Open(nil, sealed[1:head], sealed[head:], place)
	if err != nil {
		return nil, errSealed
	}
	return value, nil
}

// sign is the MAC of an audit entry: HMAC-SHA256 over every field that it is written
// with, each with its length, so that no two entries are signed alike.
func (v *vault) sign(a *consult.AuditEntry) []byte {
	mac := hmac.New(sha256.New, v.signKey)
	number := func(n int64) { mac.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	number(a.At.UnixMicro())
	for _, s := range []string{a.ID, a.Actor, a.Action, string(a.ConsultationID), a.Object, a.Detail} {
		number(int64(len(s)))
		mac.Write([]byte(s))
	}
	return mac.Sum(nil)
}

// signs tells whether an audit entry is one that sign made this MAC for.
func (v *vault) signs(a *consult.AuditEntry, mac []byte) bool { return hmac.Equal(v.sign(a), mac) }

// sealJSON seals a list or a map; an empty one is nothing.
func sealJSON[T ~[]string | ~map[string]string | ~[]consult.WebhookSecret](v *vault, list T, place []byte) []byte {
	return v.seal([]byte(toJSON(list)), place)
}

// openJSON reads what sealJSON wrote.
func (v *vault) openJSON(sealed, place []byte, into any) error {
	b, err := v.open(sealed, place)
	if err != nil || len(b) == 0 {
		return err
	}
	return json.Unmarshal(b, into)
}

// errWrongKey is for whoever starts a server on a database that is not its own.
var errWrongKey = errors.New("the database was made with another secret: what is sealed in it, and the links and the audit chain " +
	"made with it, belong to that one; set secret_file to the file with the secret of this database (its backup is beside the database's)")

const checkText = "this is the key"

var checkPlace = place("seal_check", "sealed")

// checkKey remembers the key in a new database, and refuses another in a known one. It also seals
// what versions before sealing have left open.
func (db *DB) checkKey(ctx context.Context) error {
	return db.run(ctx, db.write, db.updates, func(t *tx) error {
		if _, err := t.exec("note the key", `INSERT INTO seal_check (id, sealed) VALUES (1, $1) ON CONFLICT DO NOTHING`,
			db.vault.seal([]byte(checkText), checkPlace)); err != nil {
			return err
		}
		if err := t.knowsKey(); err != nil {
			return err
		}
		return t.sealOldSecrets()
	})
}

// knowsKey refuses a key that is not the one which the database remembers, if it does.
func (t *tx) knowsKey() error {
	sealed, err := many(t, "check of the key", func(r row, b *[]byte) error { return r.Scan(b) }, `SELECT sealed FROM seal_check WHERE id = 1`)
	if err != nil || len(sealed) == 0 {
		return err
	}
	if text, err := t.vault.open(*sealed[0], checkPlace); err != nil || string(text) != checkText {
		return errWrongKey
	}
	return nil
}
