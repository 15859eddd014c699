package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"tmk/cmd/tmk/config"
)

// Nobody else on the machine reads the secret that was made, and it is made once.
func TestSecretIsPrivate(t *testing.T) {
	cfg := &config.Config{DataDir: t.TempDir()}
	made, err := openSecret(cfg)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(cfg.DataDir, "secret"))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	again, err := openSecret(cfg)
	if err != nil || !bytes.Equal(made.bytes, again.bytes) {
		t.Errorf("another secret, %v", err)
	}
	left, err := os.ReadDir(cfg.DataDir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if bytes.Equal(made.derive("links"), made.derive("audit")) || bytes.Equal(made.derive("links"), made.bytes) {
		t.Error("one key for two purposes")
	}
	cfg.SecretFile = filepath.Join(cfg.DataDir, "missing")
	if _, err := openSecret(cfg); err == nil {
		t.Error("a secret that was named and is missing was made")
	}
}
