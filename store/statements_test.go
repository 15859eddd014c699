package store

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
)

func newPool(t *testing.T) *sql.DB {
	t.Helper()
	pool, err := openSQLitePool(filepath.Join(t.TempDir(), "x.db"), url.Values{}, "_txlock", "immediate", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := pool.Exec(`CREATE TABLE t (n INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)`); err != nil {
		t.Fatal(err)
	}
	return pool
}

// A statement whose rows are being read is run again beside them.
func TestStatementInUse(t *testing.T) {
	tx, err := newPool(t).Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	read := func(rows *sql.Rows) (n int) {
		t.Helper()
		if !rows.Next() {
			t.Fatal("no row", rows.Err())
		}
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const query = `SELECT n FROM t WHERE n >= $1 ORDER BY n`
	outer, err := tx.Query(query, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer outer.Close()
	if n := read(outer); n != 1 {
		t.Errorf("read %d", n)
	}
	inner, err := tx.Query(query, 3)
	if err != nil {
		t.Fatal(err)
	}
	if n := read(inner); n != 3 {
		t.Errorf("beside it: %d", n)
	}
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	if n := read(outer); n != 2 {
		t.Errorf("and on: %d", n)
	}
}

// What a statement's error, its bindings or the tables' changes left behind does not last.
func TestStatementAgain(t *testing.T) {
	pool := newPool(t)
	const insert = `INSERT INTO t VALUES ($1)`
	for _, c := range []struct {
		n  any
		ok bool
	}{{1, false}, {4, true}, {4, false}, {"x", false}, {5, true}} {
		if _, err := pool.Exec(insert, c.n); (err == nil) != c.ok {
			t.Errorf("insert %v: %v", c.n, err)
		}
	}
	count := func() (n int) {
		t.Helper()
		if err := pool.QueryRow(`SELECT COUNT(*) FROM t WHERE n > $1`, 0).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 5 {
		t.Errorf("%d rows", n)
	}
	if _, err := pool.Exec(`ALTER TABLE t ADD COLUMN x TEXT; DELETE FROM t WHERE n > 3`); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 3 {
		t.Errorf("%d rows after the table changed", n)
	}
}

// There may be more statements than are kept.
func TestStatementsBound(t *testing.T) {
	pool := newPool(t)
	for range 2 {
		for i := range keptStatements + 20 {
			var n int
			if err := pool.QueryRow(fmt.Sprintf(`SELECT n + %d FROM t WHERE n = $1`, i), 1).Scan(&n); err != nil || n != i+1 {
				t.Fatal(n, err)
			}
		}
	}
}
