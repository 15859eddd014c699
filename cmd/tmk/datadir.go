package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"tmk/cmd/tmk/config"
	"tmk/consult"
)

// makeDataDir makes the folder, which nobody else may look into.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	return nil
}

// databaseURL is where the facts are.
func databaseURL(cfg *config.Config) string {
	if cfg.Database != "" {
		return cfg.Database
	}
	return "sqlite:" + filepath.Join(cfg.DataDir, "tmk.db")
}

// onSQLite tells whether the facts are in a file, which one server has for itself.
func onSQLite(cfg *config.Config) bool { return strings.HasPrefix(databaseURL(cfg), "sqlite:") }

// nodeID names this server among those that share a database. It stays the same
// over restarts, so that the server knows what a crash of its own left behind; the
// lock of the folder sees to it that no two have the same.
func nodeID(dir string) (string, error) {
	path := filepath.Join(dir, "node")
	text, err := os.ReadFile(path)
	if err == nil && nodeShape.MatchString(strings.TrimSpace(string(text))) {
		return strings.TrimSpace(string(text)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the node's name: %w", err)
	}
	id := consult.NewID("n_", time.Now())
	if err := os.WriteFile(path, []byte(id+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write the node's name: %w", err)
	}
	return id, nil
}

var nodeShape = regexp.MustCompile(`^n_[0-9a-z]{26}$`)

// lockDataDir keeps a second server off the folder: it would mend recordings
// that the first still writes. The lock goes with the process, however it ends.
func lockDataDir(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("another server uses %s; stop it or choose another --data-dir", dir)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
