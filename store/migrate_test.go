package store_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"tmk/consult"
	"tmk/store"
	"tmk/store/pgtest"
)

// openAtOnce opens one new database from several sides at the same time, as
// nodes that are started together do.
func openAtOnce(t *testing.T, url string) {
	t.Helper()
	var group errgroup.Group
	for range 4 {
		group.Go(func() error {
			db, err := store.Open(t.Context(), store.Config{URL: url, Key: testKey})
			if err != nil {
				return err
			}
			if err := db.Ping(t.Context()); err != nil {
				return err
			}
			return db.Close()
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	db := open(t, url)
	if err := db.Update(t.Context(), addCrashScene); err != nil {
		t.Fatal(err)
	}
}

func TestOpenAtOnce(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { openAtOnce(t, sqliteURL(t)) })
	t.Run("Postgres", func(t *testing.T) { openAtOnce(t, pgtest.URL(t)) })
}

// What was stored is there when the store is opened again.
func TestReopen(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": sqliteURL, "Postgres": pgtest.URL} {
		t.Run(name, func(t *testing.T) {
			address := url(t)
			first, err := store.Open(t.Context(), store.Config{URL: address, Key: testKey})
			if err != nil {
				t.Fatal(err)
			}
			if err := first.Update(t.Context(), addCrashScene); err != nil {
				t.Fatal(err)
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			if err := open(t, address).View(t.Context(), func(tx consult.Tx) error {
				_, err := tx.Consultation(crashID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	folder := t.TempDir()
	broken := folder + "/broken.db"
	if err := os.WriteFile(broken, []byte(strings.Repeat("not a database", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{
		"", "tmk.db", "sqlite:", "mysql://x", "sqlite:" + folder, "sqlite:" + broken, "postgres://[", "postgres://u:secret@127.0.0.1:1/x",
	} {
		db, err := store.Open(t.Context(), store.Config{URL: url, Key: testKey})
		if err == nil {
			t.Errorf("%q opened", url)
			db.Close()
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the password: %v", url, err)
		}
	}
}

// An SQLite file holds personal data and password hashes: its owner's only.
func TestPrivate(t *testing.T) {
	path := t.TempDir() + "/odd name?#%41/tmk.db"
	open(t, "sqlite:"+path)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o600 {
			t.Errorf("%s: mode %v", info.Name(), info.Mode())
		}
	}
}
