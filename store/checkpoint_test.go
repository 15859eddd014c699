package store_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"tmk/consult"
)

// What is written reaches the database's file while nobody writes, and the log
// does not grow with all that is ever written.
func TestCheckpoint(t *testing.T) {
	url := sqliteURL(t)
	db := open(t, url)
	if err := db.Update(t.Context(), addCrashScene); err != nil {
		t.Fatal(err)
	}
	size := func(suffix string) int64 {
		info, err := os.Stat(strings.TrimPrefix(url, "sqlite:") + suffix)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	write := func() {
		t.Helper()
		if err := db.Update(t.Context(), func(tx consult.Tx) error {
			return tx.AddAudit(&consult.AuditEntry{ID: consult.NewID("au_", time.Now()), At: at, Detail: strings.Repeat("x", 1<<20)})
		}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 3 {
		before := size("")
		write()
		for size("") < before+1<<20 {
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("the file stays at %d bytes", before)
			}
		}
	}
	if n := size("-wal"); n > 3<<20 {
		t.Errorf("the log has %d bytes after three times a MiB", n)
	}
}
