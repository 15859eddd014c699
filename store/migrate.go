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
func migrateSQLite(ctx context.Context, pool *sql.DB, log *slog.Logger) error {
	const attempts = 10 // each loser of a race loses one migration to it
	for attempt := 1; ; attempt++ {
		err := migrate(ctx, pool, goose.DialectSQLite3, "migrations/sqlite", log)
		if err == nil || attempt == attempts || !pause(ctx, attempt) {
			return err
		}
	}
}

// migratePostgres does the same; nodes that start at once wait for each other
// by an advisory lock of the session.
func migratePostgres(ctx context.Context, pool *sql.DB, log *slog.Logger) error {
	// Every second, for up to five minutes: a migration of a large table takes its time.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return migrate(ctx, pool, goose.DialectPostgres, "migrations/postgres", log, goose.WithSessionLocker(locker))
}

func migrate(ctx context.Context, pool *sql.DB, dialect goose.Dialect, dir string, log *slog.Logger, opts ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	opts = append(opts, goose.WithDisableGlobalRegistry(true))
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
