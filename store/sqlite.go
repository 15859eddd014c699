package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// readers bounds the connections that read an SQLite file at a time. Each has
// a page cache of up to 2 MiB.
const readers = 8

// openSQLite opens the file at path, readable by its owner only.
//
// WAL lets readers go on beside the writer, synchronous=FULL makes each commit
// durable before it is acknowledged, and BEGIN IMMEDIATE takes the write lock
// at once, so that what an Update reads nobody changes before it commits:
// Updates are serial. The busy timeout is for other processes (a backup, a
// command line): ours queue for the one writing connection.
func openSQLite(ctx context.Context, path string, secrets *vault, log *slog.Logger) (*DB, error) {
	if path == "" {
		return nil, errors.New("open store: sqlite: names no file")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := createPrivate(path); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	common := url.Values{
		"_busy_timeout": {"5000"}, // ms
		"_foreign_keys": {"on"},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_dqs":          {"0"}, // "text" is a name, never a string
		"_pragma":       {"wal_autocheckpoint(" + ownCheckpoint + ")"},
	}
	write, err := openSQLitePool(path, common, "_txlock", "immediate", 1)
	if err != nil {
		return nil, err
	}
	db := &DB{
		write: write,
		views: sql.TxOptions{ReadOnly: true},
		lock:  func(*tx, int64) error { return nil }, // the one writer has the only lock there is
	}
	if err := migrateSQLite(ctx, write, secrets, log); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), write.Close())
	}
	db.read, err = openSQLitePool(path, common, "_query_only", "on", readers)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db.checkpoints, err = newCheckpointer(path, common, log)
	if err != nil {
		return nil, errors.Join(err, db.read.Close(), write.Close())
	}
	return db, nil
}

// openSQLitePool makes a pool whose connections have the common settings and one more.
func openSQLitePool(path string, common url.Values, key, value string, size int) (*sql.DB, error) {
	query := url.Values{key: {value}}
	for k, v := range common {
		query[k] = v
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	pool := sql.OpenDB(preparing{connector})
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool, nil
}

// createPrivate makes an empty file that only its owner reads, if there is
// none; SQLite gives its -wal and -shm files the same mode. A file that exists
// is not touched: closing any descriptor of it would drop the POSIX locks that
// SQLite holds in this process.
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
