package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// openGroups makes a database with one table, and a writer of it.
func openGroups(t *testing.T) (*writer, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "g.db")
	pool, err := openSQLitePool(path, map[string][]string{"_journal_mode": {"WAL"}, "_busy_timeout": {"5000"}}, "_txlock", "immediate", 1)
	if err != nil {
		t.Fatal(err)
	}
	reads, err := openSQLitePool(path, nil, "_busy_timeout", "5000", 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(reads.Close(), pool.Close()); err != nil {
			t.Error(err)
		}
	})
	if _, err := pool.Exec(`CREATE TABLE n (n INTEGER PRIMARY KEY)`); err != nil {
		t.Fatal(err)
	}
	w := newWriter(pool)
	w.longest = time.Hour // who is together is so however slow the machine
	return w, reads
}

func insert(n int) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO n (n) VALUES ($1)`, n)
		return err
	}
}

// count reads what is committed.
func count(t *testing.T, reads *sql.DB) (n int) {
	t.Helper()
	if err := reads.QueryRow(`SELECT COUNT(*) FROM n`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

var errUnwanted = errors.New("not this one")

// together runs functions as one group, in their order: each but the last
// knows that the next is waiting before it ends.
func together(t *testing.T, w *writer, fns ...func(context.Context, *sql.Tx) error) []error {
	return togetherTelling(t, w, new(atomic.Int64), fns...)
}

// togetherTelling counts in told those that have returned.
func togetherTelling(t *testing.T, w *writer, told *atomic.Int64, fns ...func(context.Context, *sql.Tx) error) []error {
	t.Helper()
	errs := make([]error, len(fns))
	began := make([]chan struct{}, len(fns))
	for i := range began {
		began[i] = make(chan struct{})
	}
	var all sync.WaitGroup
	for i, fn := range fns {
		if i > 0 {
			<-began[i-1]
		}
		all.Go(func() {
			errs[i] = w.do(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
				close(began[i])
				for i+1 < len(fns) && w.waiting.Load() == 0 {
					if ctx.Err() != nil {
						return ctx.Err()
					}
				}
				return fn(ctx, tx)
			})
			told.Add(1)
		})
	}
	all.Wait()
	return errs
}

func TestGroupKeepsWhatIsGood(t *testing.T) {
	w, reads := openGroups(t)
	bad := func(ctx context.Context, tx *sql.Tx) error {
		if err := insert(100)(ctx, tx); err != nil {
			return err
		}
		return errUnwanted
	}
	broken := func(ctx context.Context, tx *sql.Tx) error { return insert(1)(ctx, tx) } // is there already
	errs := together(t, w, insert(1), bad, insert(2), broken, insert(3))
	if errs[0] != nil || errs[2] != nil || errs[4] != nil || !errors.Is(errs[1], errUnwanted) || errs[3] == nil {
		t.Errorf("%v", errs)
	}
	if n := count(t, reads); n != 3 {
		t.Errorf("%d rows", n)
	}
}

func TestFirstOfAGroupFails(t *testing.T) {
	w, reads := openGroups(t)
	errs := together(t, w, func(ctx context.Context, tx *sql.Tx) error {
		return errors.Join(insert(1)(ctx, tx), errUnwanted)
	}, insert(2))
	if !errors.Is(errs[0], errUnwanted) || errs[1] != nil || count(t, reads) != 1 {
		t.Errorf("%v, %d rows", errs, count(t, reads))
	}
}

// What SQLite rolls back as a whole fails for all who were in it.
func TestGroupFailsTogether(t *testing.T) {
	w, reads := openGroups(t)
	ruin := func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `ROLLBACK`)
		return errors.Join(err, errUnwanted)
	}
	errs := together(t, w, insert(1), ruin)
	if errs[0] == nil || errs[1] == nil || count(t, reads) != 0 {
		t.Errorf("%v, %d rows", errs, count(t, reads))
	}
	if err := w.do(t.Context(), insert(2)); err != nil || count(t, reads) != 1 {
		t.Errorf("afterwards: %v", err)
	}
}

// Nobody is told anything before the commit, and whoever is alone does not wait.
func TestNobodyHearsBeforeTheCommit(t *testing.T) {
	w, reads := openGroups(t)
	if err := w.do(t.Context(), insert(1)); err != nil || count(t, reads) != 1 {
		t.Fatal(err)
	}
	var told atomic.Int64
	errs := togetherTelling(t, w, &told, insert(2), func(ctx context.Context, tx *sql.Tx) error {
		if n := count(t, reads); n != 1 {
			return fmt.Errorf("%d rows before the commit", n)
		}
		if told.Load() != 0 {
			return errors.New("the first one was told before the commit")
		}
		return insert(3)(ctx, tx)
	})
	if err := errors.Join(errs...); err != nil || count(t, reads) != 3 {
		t.Errorf("%v, %d rows", err, count(t, reads))
	}
}

// Who is waited for and goes away leaves nobody waiting for ever.
func TestWaitersThatGoAway(t *testing.T) {
	w, reads := openGroups(t)
	for n := range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		err := w.do(t.Context(), func(c context.Context, tx *sql.Tx) error {
			go func() { gone <- w.do(ctx, insert(10_000+n)) }()
			for w.waiting.Load() == 0 {
			}
			go cancel()
			return insert(n)(c, tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-gone; err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if n := count(t, reads); n < 200 {
		t.Errorf("%d rows", n)
	}
}

func TestPanicInAGroup(t *testing.T) {
	w, reads := openGroups(t)
	for n := range 3 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = w.do(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
				_ = insert(n)(ctx, tx)
				panic("a defect")
			})
		}()
	}
	if err := w.do(t.Context(), insert(9)); err != nil || count(t, reads) != 1 {
		t.Errorf("%v, %d rows", err, count(t, reads))
	}
}

// Many at once, of every kind: what was acknowledged is there, and nothing else.
func TestManyInGroups(t *testing.T) {
	w, reads := openGroups(t)
	const callers, each = 16, 40
	var all sync.WaitGroup
	var mu sync.Mutex
	good := 0
	for c := range callers {
		all.Go(func() {
			for i := range each {
				n := c*each + i
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%7)*time.Millisecond+time.Minute*time.Duration(n%5))
				err := w.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
					if err := insert(n)(ctx, tx); err != nil || n%3 == 0 {
						return errors.Join(err, errUnwanted)
					}
					return nil
				})
				cancel()
				switch {
				case err == nil:
					mu.Lock()
					good++
					mu.Unlock()
				case !errors.Is(err, errUnwanted) && !errors.Is(err, context.DeadlineExceeded):
					t.Error(fmt.Errorf("%d: %w", n, err))
				}
			}
		})
	}
	all.Wait()
	if n := count(t, reads); n != good || good == 0 {
		t.Errorf("%d rows, %d acknowledged", n, good)
	}
}
