package store

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"time"
)

const (
	// checkpointEvery is how often what SQLite has written to its log goes into
	// the file itself. That takes two fsyncs, for which no writer should wait.
	checkpointEvery = 500 * time.Millisecond
	// ownCheckpoint is the size of the log, in pages of 4 KiB, from which on commits do
	// so themselves: it bounds the log when the checkpointer cannot keep up, or is not there.
	ownCheckpoint = "8000"
)

// A checkpointer empties SQLite's write-ahead log beside the writer. By itself
// SQLite does so within the commit that makes the log a thousand pages long, and
// that one commit in many takes a hundred times as long.
type checkpointer struct {
	pool *sql.DB
	log  *slog.Logger
	stop context.CancelFunc
	done chan struct{}
}

func newCheckpointer(path string, common url.Values, log *slog.Logger) (*checkpointer, error) {
	pool, err := openSQLitePool(path, common, "_txlock", "deferred", 1)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &checkpointer{pool: pool, log: log, stop: stop, done: make(chan struct{})}
	go c.run(ctx)
	return c, nil
}

func (c *checkpointer) run(ctx context.Context) {
	defer close(c.done)
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		// Passive: it waits for nobody, and nobody for it.
		_, err := c.pool.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
		if err != nil && !failed && ctx.Err() == nil {
			c.log.Warn("the database's log cannot be written into its file", "error", err)
		}
		failed = err != nil
	}
}

// close waits for the end of what is under way.
func (c *checkpointer) close() error {
	c.stop()
	<-c.done
	return c.pool.Close()
}
