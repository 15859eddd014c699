package store_test

import (
	"context"
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
	storetest.Run(t, func(t *testing.T) consult.Store { return checked(t, sqliteURL(t)) })
}

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) consult.Store { return checked(t, pgtest.URL(t)) })
}

// checked opens a store, and looks at the end of the test whether its queues agree with its deliveries.
func checked(t *testing.T, url string) *store.DB {
	db := open(t, url)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if db.Ping(ctx) != nil {
			return // a test that closed it
		}
		wrong, err := db.WrongQueues(ctx)
		if err != nil {
			t.Error(err)
		}
		for _, w := range wrong {
			t.Error(w)
		}
	})
	return db
}
