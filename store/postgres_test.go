package store_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"tmk/consult"
	"tmk/store/pgtest"
)

// cutConnections ends all connections to a database, as a restart of the
// server does.
func cutConnections(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var cut int
	if err := conn.QueryRow(t.Context(), `SELECT COUNT(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&cut); err != nil || cut == 0 {
		t.Fatalf("cut %d connections: %v", cut, err)
	}
}

// A transaction whose connection is cut leaves nothing and says unavailable;
// the next one gets a new connection, also when those in the pool are dead.
func TestCutConnection(t *testing.T) {
	url := pgtest.URL(t)
	db := open(t, url)
	err := db.Update(t.Context(), func(tx consult.Tx) error {
		if err := addCrashScene(tx); err != nil {
			return err
		}
		cutConnections(t, url)
		_, err := tx.StaffCount()
		return err
	})
	if consult.CodeOf(err) != consult.CodeUnavailable {
		t.Errorf("a cut in the transaction: %v", err)
	}
	err = db.Update(t.Context(), func(tx consult.Tx) error {
		if err := addCrashScene(tx); err != nil {
			return err
		}
		cutConnections(t, url)
		return nil
	})
	if consult.CodeOf(err) != consult.CodeUnavailable {
		t.Errorf("a cut before the commit: %v", err)
	}
	if err := db.Update(t.Context(), addCrashScene); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	cutConnections(t, url)
	if err := db.View(t.Context(), func(tx consult.Tx) error { _, err := tx.Consultation(crashID); return err }); err != nil {
		t.Errorf("with dead connections in the pool: %v", err)
	}
}
