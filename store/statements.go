package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// keptStatements bounds how many statements a connection keeps prepared. There
// are about 150 different ones, and those with lists, of which each length is one.
const keptStatements = 300

// A preparing connector opens SQLite connections that keep their statements
// prepared: to compile one costs more than to run most of them. (pgx does this by itself,
// and database/sql would need a second connection to prepare one in a transaction.)
type preparing struct{ driver.Connector }

// sqliteConn is what the driver's connections can do, of which database/sql makes use.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// Connect implements driver.Connector.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	lite, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the SQLite driver's connection is a %T, which cannot do all it must", c), c.Close())
	}
	return &preparedConn{sqliteConn: lite, kept: make(map[string]*statement)}, nil
}

// preparedConn serves one goroutine at a time, as all driver connections do.
type preparedConn struct {
	sqliteConn
	kept map[string]*statement // by text
}

// statement is a prepared one; it cannot be run again while its rows are read.
type statement struct {
	driver.Stmt
	reading bool
}

// statement finds the statement for a text, nil when the text had better be run
// as it is: it is in use, or there are too many.
func (c *preparedConn) statement(ctx context.Context, query string) (*statement, error) {
	s := c.kept[query]
	if s == nil && len(c.kept) < keptStatements {
		stmt, err := c.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		s = &statement{Stmt: stmt}
		c.kept[query] = s
	}
	if s == nil || s.reading {
		return nil, nil
	}
	return s, nil
}

// ExecContext implements driver.ExecerContext.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) == 0 { // migrations: texts of several statements, or run once
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.reading = true
	return &preparedRows{rows, s}, nil
}

// Close implements driver.Conn.
func (c *preparedConn) Close() error {
	var err error
	for _, s := range c.kept {
		err = errors.Join(err, s.Close())
	}
	clear(c.kept)
	return errors.Join(err, c.sqliteConn.Close())
}

// preparedRows gives their statement back when they are closed.
type preparedRows struct {
	driver.Rows
	of *statement
}

// Close implements driver.Rows.
func (r *preparedRows) Close() error {
	r.of.reading = false
	return r.Rows.Close()
}
