package store_test

import (
	"path/filepath"
	"testing"

	"tmk/consult"
	"tmk/store"
	"tmk/store/pgtest"
	"tmk/store/storetest"
)

// testKey seals what tests keep.
var testKey = []byte("0123456789abcdef0123456789abcdef")

func open(t testing.TB, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: url, Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func sqliteURL(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "tmk.db")
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) consult.Store { return open(t, sqliteURL(t)) })
}

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) consult.Store { return open(t, pgtest.URL(t)) })
}
