package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"
)

// Bounds of a group: whoever is in it waits for its commit.
const (
	maxTogether = 32                    // Updates
	longestOpen = 10 * time.Millisecond // since the first of them began
)

// A group is one transaction of SQLite that several Updates share, because a
// commit costs more than what most of them do. Updates still come one after
// another. Who has another one waiting behind him leaves the transaction open
// for it; the last one commits, for all. None returns before that commit, not
// even with an error: what it saw, and says, may be the work of those before
// it. All but the first have a savepoint, so what one of them has to undo
// leaves the others alone; when the commit fails, it fails for all.
//
// Nobody waits for company: an Update that is alone commits at once.
type group struct {
	tx    *sql.Tx
	began time.Time
	size  int
	ended chan struct{} // closed when it is committed or rolled back
	err   error         // why it was not committed; set before ended is closed
}

// writer lets Updates have the one writing connection in turn.
type writer struct {
	pool    *sql.DB
	turn    chan struct{} // full while somebody has it
	waiting atomic.Int64  // how many want it
	open    *group        // whoever has the turn may touch it; nil: no transaction
	longest time.Duration // how long it may be open; longestOpen
}

func newWriter(pool *sql.DB) *writer {
	return &writer{pool: pool, turn: make(chan struct{}, 1), longest: longestOpen}
}

// do runs fn in a transaction, perhaps in one with others, and returns when it
// is durable or undone. fn gets the transaction and no context that ends: SQLite rolls a
// whole transaction back when one of its statements is interrupted. A ctx that has
// ended before its turn came does nothing.
func (w *writer) do(ctx context.Context, fn func(context.Context, *sql.Tx) error) (err error) {
	w.waiting.Add(1)
	select {
	case w.turn <- struct{}{}:
		w.waiting.Add(-1)
	case <-ctx.Done():
		w.waiting.Add(-1)
		w.mind() // somebody may have left the transaction open for us
		return ctx.Err()
	}
	g, err := w.join(ctx)
	if err != nil {
		w.pass()
		return err
	}
	first := g.size == 1
	sound := false
	defer func() { // also when fn panics
		if !sound {
			w.undo(g, first)
		}
		w.pass()
		<-g.ended
		if g.err != nil {
			err = g.err
		}
	}()
	if err := fn(context.WithoutCancel(ctx), g.tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !first {
		if _, err := g.tx.Exec("RELEASE member"); err != nil {
			return fmt.Errorf("release savepoint: %w", classify(err).err)
		}
	}
	sound = true
	return nil
}

// join begins a transaction, or a savepoint in the one that is open. Whoever calls it has the turn.
func (w *writer) join(ctx context.Context) (*group, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.open == nil {
		tx, err := w.pool.BeginTx(context.WithoutCancel(ctx), nil)
		if err != nil {
			return nil, fmt.Errorf("begin transaction: %w", classify(err).err)
		}
		w.open = &group{tx: tx, began: time.Now(), ended: make(chan struct{})}
	} else if _, err := w.open.tx.Exec("SAVEPOINT member"); err != nil {
		err = fmt.Errorf("begin savepoint: %w", classify(err).err)
		w.end(err)
		return nil, err
	}
	w.open.size++
	return w.open, nil
}

// undo takes back what one member did. When that cannot be, nobody's stays.
func (w *writer) undo(g *group, first bool) {
	if first {
		w.end(nil)
		return
	}
	if _, err := g.tx.Exec("ROLLBACK TO member; RELEASE member"); err != nil {
		w.end(fmt.Errorf("roll back to savepoint: %w", classify(err).err))
	}
}

// end rolls the open group back; why is what its members are told.
func (w *writer) end(why error) {
	g := w.open
	w.open = nil
	_ = g.tx.Rollback() // the connection is given back whatever it says
	g.err = why
	close(g.ended)
}

// commit makes the open group durable.
func (w *writer) commit() {
	g := w.open
	w.open = nil
	if err := g.tx.Commit(); err != nil {
		g.err = fmt.Errorf("commit transaction: %w", classify(err).err)
	}
	close(g.ended)
}

// pass gives the turn on, and commits before if nobody comes, or enough have come.
func (w *writer) pass() {
	for {
		if g := w.open; g != nil && (w.waiting.Load() == 0 || g.size >= maxTogether || time.Since(g.began) >= w.longest) {
			w.commit()
		}
		<-w.turn
		if w.waiting.Load() > 0 || !w.take() {
			return
		}
		// Who was waiting has gone; what was left open for him is ours again.
		if w.open == nil {
			<-w.turn
			return
		}
	}
}

// mind commits what was left open for a waiter that has gone, unless somebody
// has the turn: he looks himself.
func (w *writer) mind() {
	if w.waiting.Load() == 0 && w.take() {
		w.pass()
	}
}

func (w *writer) take() bool {
	select {
	case w.turn <- struct{}{}:
		return true
	default:
		return false
	}
}
