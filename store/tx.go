package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tmk/consult"
)

// tx is a consult.Tx. It serves one goroutine, as long as the function lasts
// that it was given to.
type tx struct {
	ctx      context.Context // of the Update or View: the methods of consult.Tx take none
	sql      *sql.Tx
	vault    *vault
	readOnly bool

	broken   error // the first statement that failed: the transaction cannot go on
	attempts int   // how many attempts the failure deserves
}

var _ consult.Tx = (*tx)(nil)

var errReadOnly = errors.New("write in a View")

// fail notes that a statement failed. PostgreSQL ends a transaction then, and
// SQLite does not; here both do.
func (t *tx) fail(doing string, err error) error {
	f := classify(err)
	t.attempts = max(t.attempts, f.attempts())
	err = fmt.Errorf("%s: %w", doing, f.err)
	if t.broken == nil {
		t.broken = err
	}
	return err
}

// ready gives the arguments as the drivers take them, or says why the
// statement may not run.
func (t *tx) ready(doing string, args []any) ([]any, error) {
	if t.broken != nil {
		return nil, fmt.Errorf("%s in a broken transaction: %w", doing, t.broken)
	}
	out := make([]any, len(args))
	for i, a := range args {
		v, err := columnValue(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		out[i] = v
	}
	return out, nil
}

// exec runs a writing statement and returns how many rows it touched.
func (t *tx) exec(doing, query string, args ...any) (int64, error) {
	if t.readOnly {
		return 0, fmt.Errorf("%s: %w", doing, errReadOnly)
	}
	args, err := t.ready(doing, args)
	if err != nil {
		return 0, err
	}
	res, err := t.sql.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, t.fail(doing, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, t.fail(doing, err)
	}
	return n, nil
}

// add runs an INSERT … ON CONFLICT DO NOTHING; CodeConflict when there was one.
func (t *tx) add(what, query string, args ...any) error {
	n, err := t.exec("add "+what, query, args...)
	if err == nil && n == 0 {
		err = consult.Errorf(consult.CodeConflict, "the %s exists already", what)
	}
	return err
}

// save runs an UPDATE of one row; CodeNotFound when it is not there.
func (t *tx) save(what, query string, args ...any) error {
	n, err := t.exec("save "+what, query, args...)
	if err == nil && n == 0 {
		err = notFound(what)
	}
	return err
}

func notFound(what string) error {
	return consult.Errorf(consult.CodeNotFound, "%s not found", what)
}

// row is what *sql.Row and *sql.Rows have in common.
type row interface{ Scan(dest ...any) error }

// one reads one thing; CodeNotFound when there is none.
func one[T any](t *tx, what string, scan func(row, *T) error, query string, args ...any) (*T, error) {
	args, err := t.ready("read "+what, args)
	if err != nil {
		return nil, err
	}
	v := new(T)
	switch err := scan(t.sql.QueryRowContext(t.ctx, query, args...), v); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, notFound(what)
	case err != nil:
		return nil, t.fail("read "+what, err)
	}
	return v, nil
}

// many reads a list; nil when it is empty.
func many[T any](t *tx, what string, scan func(row, *T) error, query string, args ...any) ([]*T, error) {
	args, err := t.ready("list "+what, args)
	if err != nil {
		return nil, err
	}
	rows, err := t.sql.QueryContext(t.ctx, query, args...)
	if err != nil {
		return nil, t.fail("list "+what, err)
	}
	defer rows.Close()
	var list []*T
	for rows.Next() {
		v := new(T)
		if err := scan(rows, v); err != nil {
			return nil, t.fail("list "+what, err)
		}
		list = append(list, v)
	}
	if err := rows.Err(); err != nil {
		return nil, t.fail("list "+what, err)
	}
	return list, nil
}

// scanInt reads a single number.
func scanInt(r row, n *int64) error { return r.Scan(n) }

// checkLimit holds a list to a bound.
func checkLimit(limit int) error {
	if limit < 1 {
		return consult.Invalid("/limit", "must be at least 1")
	}
	return nil
}

// placeholders writes "$from, $from+1, …", n of them.
func placeholders(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}

// columnValue turns a value of the domain into one of a column.
func columnValue(a any) (any, error) {
	switch v := a.(type) {
	case nil, bool, int64:
		return v, nil
	case int:
		return int64(v), nil
	case string:
		return text(v)
	case []byte:
		if len(v) == 0 {
			return nil, nil
		}
		return v, nil
	case time.Time:
		if v.IsZero() {
			return int64(0), nil
		}
		return v.UnixMicro(), nil
	case time.Duration:
		return int64(v), nil
	}
	if v := reflect.ValueOf(a); v.Kind() == reflect.String { // ids and enumerations
		return text(v.String())
	}
	return nil, fmt.Errorf("a %T fits no column", a)
}

// text refuses what PostgreSQL's TEXT cannot hold, on SQLite too.
func text(s string) (any, error) {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return nil, consult.Errorf(consult.CodeInvalid, "a text is not UTF-8 or contains NUL")
	}
	return s, nil
}

// ofConsultations reads what belongs to some consultations in one query: by
// consultation in the order asked for, and those of one in the order given.
func ofConsultations[T any](t *tx, what string, scan func(row, *T) error, query, order string,
	whose func(*T) consult.ConsultationID, ids []consult.ConsultationID) ([]*T, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rank, args := make(map[consult.ConsultationID]int, len(ids)), make([]any, 0, len(ids))
	for _, id := range ids {
		if _, twice := rank[id]; !twice {
			rank[id] = len(args)
			args = append(args, id)
		}
	}
	list, err := many(t, what, scan, query+` WHERE consultation_id IN (`+placeholders(1, len(args))+`) ORDER BY `+order, args...)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b *T) int { return cmp.Compare(rank[whose(a)], rank[whose(b)]) })
	return list, nil
}
