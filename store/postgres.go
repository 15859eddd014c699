package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// connections bounds what one node takes of the server's max_connections (100
// by default).
const connections = 16

// openPostgres opens the database that url names.
//
// Updates run SERIALIZABLE. The use cases are written as on SQLite, where
// writers come one after another: read, decide, write (are there seats left?
// have both been in the room?). REPEATABLE READ would let two such
// transactions pass each other whenever they write different rows; here
// PostgreSQL ends one of them with 40001 and Update runs it again. Views are
// REPEATABLE READ: one snapshot, and never a conflict. Claims,
// settlements and sealing are READ COMMITTED, see deliveries.go and log.go.
//
// A commit is as durable as the server's synchronous_commit says; its default, on, keeps
// the promise of Update.
func openPostgres(ctx context.Context, url string, secrets *vault, log *slog.Logger) (*DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err) // pgx leaves the password out
	}
	setDefault(cfg, "application_name", "tmk")
	// A node that died in a transaction must not hold its locks for hours.
	setDefault(cfg, "idle_in_transaction_session_timeout", "60000") // ms
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := migratePostgres(ctx, pool, secrets, log); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", classify(err).err), pool.Close())
	}
	return &DB{
		write:   pool,
		read:    pool,
		updates: sql.TxOptions{Isolation: sql.LevelSerializable},
		views:   sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		claims:  sql.TxOptions{Isolation: sql.LevelReadCommitted},
		lock:    lockPostgres,
	}, nil
}

// lockPostgres waits for a lock that ends with the transaction. The statements
// after it see what those have committed who had it before.
func lockPostgres(t *tx, which int64) error {
	_, err := t.exec("wait for a lock", `SELECT pg_advisory_xact_lock($1)`, which)
	return err
}

// setDefault sets a session's parameter unless the url does.
func setDefault(cfg *pgx.ConnConfig, name, value string) {
	if _, ok := cfg.RuntimeParams[name]; !ok {
		cfg.RuntimeParams[name] = value
	}
}
