package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"tmk/cmd/tmk/config"
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
