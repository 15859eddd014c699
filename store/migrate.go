package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// migrateSQLite brings the file's tables up to date. Two processes may open a
// new file at once (the server and a command): the one that comes second fails
// on a table that just came to be, and finds nothing left to do when it looks again.
func migrateSQLite(ctx context.Context, pool *sql.DB, secrets *vault, log *slog.Logger) error {
	const attempts = 10 // each loser of a race loses one migration to it
	for attempt := 1; ; attempt++ {
		err := migrate(ctx, pool, goose.DialectSQLite3, "migrations/sqlite", secrets, log)
		if err == nil || attempt == attempts || !pause(ctx, attempt) {
			return err
		}
	}
}

// migratePostgres does the same; nodes that start at once wait for each other
// by an advisory lock of the session.
func migratePostgres(ctx context.Context, pool *sql.DB, secrets *vault, log *slog.Logger) error {
	// Every second, for up to five minutes: a migration of a large table takes its time.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return migrate(ctx, pool, goose.DialectPostgres, "migrations/postgres", secrets, log, goose.WithSessionLocker(locker))
}

func migrate(ctx context.Context, pool *sql.DB, dialect goose.Dialect, dir string, secrets *vault, log *slog.Logger, opts ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	opts = append(opts, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(
		goose.NewGoMigration(3, &goose.GoFunc{RunTx: signAudit(secrets, dialect)}, nil)))
	provider, err := goose.NewProvider(dialect, pool, files, opts...)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, r := range results {
		log.Info("database migrated", "version", r.Source.Version, "took", r.Duration)
	}
	return nil
}

// signAudit is migration 3: each audit entry carries a MAC from the moment of its writing, see
// [vault.signs]. It needs the key, so it is not among the files: what was written before gets
// its MAC here, once.
func signAudit(secrets *vault, dialect goose.Dialect) func(context.Context, *sql.Tx) error {
	bytes := "BLOB"
	if dialect == goose.DialectPostgres {
		bytes = "BYTEA"
	}
	return func(ctx context.Context, pending *sql.Tx) error {
		t := &tx{ctx: ctx, sql: pending, vault: secrets}
		if err := t.knowsKey(); err != nil {
			return err
		}
		if _, err := t.exec("let audit entries be signed", `ALTER TABLE audit ADD COLUMN mac `+bytes); err != nil {
			return err
		}
		for after := int64(0); ; {
			batch, err := many(t, "audit", scanUnlinked, unlinkedRows+` WHERE n > $1 ORDER BY n LIMIT $2`, after, sealBatch)
			if err != nil || len(batch) == 0 {
				return err
			}
			for _, a := range batch {
				if err := t.save("sign audit entry", `UPDATE audit SET mac = $2 WHERE n = $1`, a.n, secrets.sign(&a.AuditEntry)); err != nil {
					return err
				}
				after = a.n
			}
		}
	}
}
