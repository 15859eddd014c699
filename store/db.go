package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"tmk/consult"
)

// DB is an open database. Its methods are safe for many goroutines.
type DB struct {
	write  *sql.DB // SQLite: one connection
	read   *sql.DB // the same as write on PostgreSQL
	writer *writer // who has SQLite's one connection when; nil on PostgreSQL

	checkpoints *checkpointer // nil on PostgreSQL

	updates sql.TxOptions
	views   sql.TxOptions
	claims  sql.TxOptions // of what takes its own locks: claims, settlements and the sealing of log and chain

	vault *vault
	// lock waits for one of the locks below, and has it until the transaction ends.
	lock func(t *tx, which int64) error
}

// What nodes do one at a time.
const (
	lockClaims int64 = 0x746d6b01 // sharing out deliveries
	lockLog    int64 = 0x746d6b02 // giving events and audit entries their places
)

var _ consult.Store = (*DB)(nil)

// Config says which database to open.
type Config struct {
	URL string       // "sqlite:/path/tmk.db" or "postgres://…"
	Key []byte       // 32 secret bytes with which secrets are sealed; every node has the same
	Log *slog.Logger // told of migrations; nil logs nothing
}

// Open opens a database, makes it if it is an SQLite file that does not exist, and
// brings its tables up to date. The caller closes it.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	secrets, err := newVault(cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	var db *DB
	switch scheme, rest, _ := strings.Cut(cfg.URL, ":"); scheme {
	case "sqlite":
		db, err = openSQLite(ctx, rest, secrets, cfg.Log)
	case "postgres", "postgresql":
		db, err = openPostgres(ctx, cfg.URL, secrets, cfg.Log)
	default:
		err = fmt.Errorf("open store: the address must start with sqlite: or postgres://, not %q", scheme)
	}
	if err != nil {
		return nil, err
	}
	db.vault = secrets
	if db.read != db.write {
		db.writer = newWriter(db.write)
	}
	if err := db.checkKey(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.Close())
	}
	return db, nil
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.read.PingContext(ctx); err != nil {
		return fmt.Errorf("ping database: %w", classify(err).err)
	}
	return nil
}

// Close waits for the running transactions and closes the database.
func (db *DB) Close() error {
	var err error
	if db.checkpoints != nil {
		err = db.checkpoints.close()
	}
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	return errors.Join(err, db.write.Close())
}

// Update runs fn in one read-write transaction; see [consult.Store]. A
// conflict with another transaction runs fn again, up to a bound, after which
// the code is CodeUnavailable, or CodeConflict where SaveConsultation said so.
// When the connection breaks during the commit itself, CodeUnavailable leaves
// open whether it took place.
// fn must not call Update: on SQLite there is one writer, and it would wait for itself.
func (db *DB) Update(ctx context.Context, fn func(tx consult.Tx) error) error {
	return db.run(ctx, db.write, db.updates, func(t *tx) error { return fn(t) })
}

// View runs fn in one read-only transaction, a consistent snapshot; see [consult.Store].
func (db *DB) View(ctx context.Context, fn func(tx consult.Tx) error) error {
	return db.run(ctx, db.read, db.views, func(t *tx) error { return fn(t) })
}

// How often a transaction is run before its conflict is given back.
const (
	// A stale version is read and written in one transaction, so on both
	// databases it can only come from outside of it: few attempts tell.
	staleAttempts = 5
	// Of n transactions on one row at least one wins each round.
	busyAttempts = 60
)

// run is Update, View and the claim: fn in a transaction, again on conflict.
func (db *DB) run(ctx context.Context, pool *sql.DB, opts sql.TxOptions, fn func(*tx) error) error {
	for attempt := 1; ; attempt++ {
		attempts, err := db.try(ctx, pool, opts, fn)
		if err == nil || attempt >= attempts || ctx.Err() != nil {
			return err
		}
		if !pause(ctx, attempt) {
			return err
		}
	}
}

// try runs fn in one transaction. With an error it tells how many attempts the
// cause deserves, 0 when trying again is of no use.
func (db *DB) try(ctx context.Context, pool *sql.DB, opts sql.TxOptions, fn func(*tx) error) (attempts int, err error) {
	if db.writer != nil && pool == db.write {
		return db.tryTogether(ctx, fn)
	}
	sqlTx, err := pool.BeginTx(ctx, &opts)
	if err != nil {
		f := classify(err)
		return f.attempts(), fmt.Errorf("begin transaction: %w", f.err)
	}
	defer sqlTx.Rollback() // of no effect after a commit; also when fn panics
	t := &tx{ctx: ctx, sql: sqlTx, vault: db.vault, readOnly: opts.ReadOnly}
	if err := fn(t); err != nil {
		return t.attempts, err
	}
	if t.broken != nil {
		return t.attempts, t.broken
	}
	if err := sqlTx.Commit(); err != nil {
		f := classify(err)
		return f.attempts(), fmt.Errorf("commit transaction: %w", f.err)
	}
	return 0, nil
}

// tryTogether is try on SQLite, where Updates share transactions.
func (db *DB) tryTogether(ctx context.Context, fn func(*tx) error) (attempts int, err error) {
	var t *tx
	err = db.writer.do(ctx, func(ctx context.Context, sqlTx *sql.Tx) error {
		t = &tx{ctx: ctx, sql: sqlTx, vault: db.vault}
		if err := fn(t); err != nil {
			return err
		}
		return t.broken
	})
	if err == nil {
		return 0, nil
	}
	if t != nil {
		attempts = t.attempts
	}
	return max(attempts, classify(err).attempts()), err
}

// pause waits before the next attempt, 1 ms at first and up to 50 ms, with
// jitter so that those who collided part. It reports false when ctx ended.
func pause(ctx context.Context, attempt int) bool {
	d := min(time.Millisecond<<min(attempt-1, 10), 50*time.Millisecond)
	timer := time.NewTimer(d/2 + rand.N(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
