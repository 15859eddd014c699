package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tmk/cmd/tmk/config"
)

// secretBytes is the length of an installation's secret, and of every key that
// is derived from it: 256 bits.
const secretBytes = 32

// secret is what an installation knows and nobody else. Links, seals of the
// database and the chain of the audit have keys of their own, derived from it
// (HKDF, RFC 5869): it is never used itself.
type secret struct{ bytes []byte }

// openSecret reads the installation's secret; the one in the data folder is
// made when it is missing, another must be there.
func openSecret(cfg *config.Config) (*secret, error) {
	if cfg.SecretFile != "" {
		return readSecret(cfg.SecretFile)
	}
	path := filepath.Join(cfg.DataDir, "secret")
	s, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if err := makeSecret(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make secret: %w", err)
	}
	return readSecret(path) // whoever made it
}

func readSecret(path string) (*secret, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(b) != secretBytes {
		return nil, fmt.Errorf("read secret: %s does not hold %d bytes in base64", path, secretBytes)
	}
	return &secret{b}, nil
}

// makeSecret writes a new secret so that it is there wholly or not at all,
// whoever else tries at the same time; fs.ErrExist when somebody was first.
func makeSecret(path string) (err error) {
	b := make([]byte, secretBytes)
	rand.Read(b)                                             // never fails (Go 1.24)
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // readable by its owner only
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(b) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// derive is the key for one purpose.
func (s *secret) derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, s.bytes, nil, "tmk "+purpose, secretBytes)
	if err != nil {
		panic(err) // cannot be: the length is right
	}
	return key
}
