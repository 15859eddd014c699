package store

import (
	"context"
	"fmt"
	"strings"

	"tmk/consult"
)

// Plan is how the database would run a query.
func (db *DB) Plan(ctx context.Context, query string, args ...any) (string, error) {
	var lines []string
	err := db.run(ctx, db.read, db.views, func(t *tx) error {
		explain, scan := "EXPLAIN ", func(r row, line *string) error { return r.Scan(line) }
		if db.read != db.write { // SQLite
			explain = "EXPLAIN QUERY PLAN "
			scan = func(r row, line *string) error { return r.Scan(new(int), new(int), new(int), line) }
		}
		plan, err := many(t, "plan", scan, explain+query, args...)
		for _, line := range plan {
			lines = append(lines, *line)
		}
		return err
	})
	return strings.Join(lines, "\n"), err
}

// Exec runs one statement as it is.
func (db *DB) Exec(ctx context.Context, query string, args ...any) error {
	_, err := db.write.ExecContext(ctx, query, args...)
	return err
}

// Lines reads one column of text.
func (db *DB) Lines(ctx context.Context, query string) (lines []string, err error) {
	err = db.run(ctx, db.read, db.views, func(t *tx) error {
		list, err := many(t, "lines", func(r row, s *string) error { return r.Scan(s) }, query)
		for _, s := range list {
			lines = append(lines, *s)
		}
		return err
	})
	return lines, err
}

// Text reads one value as text.
func (db *DB) Text(ctx context.Context, query string, args ...any) (string, error) {
	var v any
	err := db.read.QueryRowContext(ctx, query, args...).Scan(&v)
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	return fmt.Sprint(v), err
}

// ConsultationsQuery is the query of a list.
func ConsultationsQuery(q consult.ConsultationQuery) (string, []any) {
	query, args := consultationsQuery(q)
	for i, a := range args {
		args[i], _ = columnValue(a)
	}
	return query, args
}

// WrongQueues lists the queues whose row says something else than their deliveries do; there must be none.
func (db *DB) WrongQueues(ctx context.Context) ([]string, error) {
	var wrong []string
	err := db.run(ctx, db.read, db.views, func(t *tx) error {
		list, err := many(t, "wrong queues", func(r row, s *string) error { return r.Scan(s) }, `
			SELECT d.webhook_id || ' ' || d.consultation_id || ': ' || d.id || ' is first, ' || COALESCE(q.head_id, 'no row')
			FROM deliveries d
			LEFT JOIN queues q ON q.webhook_id = d.webhook_id AND q.consultation_id = d.consultation_id
			WHERE d.delivered_at = 0 AND d.dead_at = 0
			AND NOT EXISTS (SELECT 1 FROM deliveries b WHERE b.webhook_id = d.webhook_id
				AND b.consultation_id = d.consultation_id AND b.sequence < d.sequence AND b.delivered_at = 0 AND b.dead_at = 0)
			AND (q.head_id IS NULL OR q.head_id <> d.id OR q.head_created_at <> d.created_at OR q.next_at <> d.next_at)
			UNION ALL
			SELECT q.webhook_id || ' ' || q.consultation_id || ': ' || q.head_id || ' does not wait'
			FROM queues q WHERE q.head_id <> '' AND NOT EXISTS (
				SELECT 1 FROM deliveries d WHERE d.id = q.head_id AND d.delivered_at = 0 AND d.dead_at = 0)`)
		for _, s := range list {
			wrong = append(wrong, *s)
		}
		return err
	})
	return wrong, err
}

// Postgres tells which database it is.
func (db *DB) Postgres() bool { return db.read == db.write }
