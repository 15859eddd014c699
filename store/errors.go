package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"tmk/consult"
)

// fault is what a driver's error means to us.
type fault struct {
	err   error // with a domain code where there is one
	again bool  // another attempt of the transaction may succeed
}

func (f fault) attempts() int {
	if f.again {
		return busyAttempts
	}
	return 0
}

// classify finds what err, from a driver, means.
func classify(err error) fault {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	var network *net.OpError
	var connecting *pgconn.ConnectError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fault{err: err}
	case errors.As(err, &connecting), errors.As(err, &network), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // a server that fell says no goodbye
		return fault{err: coded(consult.CodeUnavailable, "the database does not answer", err)}
	case errors.As(err, &pg):
		return classifyPostgres(pg, err)
	case errors.As(err, &lite):
		return classifySQLite(lite.Code(), err)
	}
	return fault{err: err}
}

// classifyPostgres follows appendix A of PostgreSQL's manual.
func classifyPostgres(pg *pgconn.PgError, err error) fault {
	switch pg.Code {
	case "40001", "40P01": // serialization failure, deadlock
		return fault{coded(consult.CodeUnavailable, "the database is busy", err), true}
	case "23505":
		return fault{err: coded(consult.CodeConflict, "it exists already", err)}
	case "23503":
		return fault{err: coded(consult.CodeNotFound, "it refers to something that does not exist", err)}
	}
	switch pg.Code[:min(2, len(pg.Code))] {
	case "08", "53", "57", "58": // connection, resources, operator's intervention, system
		return fault{err: coded(consult.CodeUnavailable, "the database does not answer", err)}
	}
	return fault{err: err}
}

// classifySQLite follows https://www.sqlite.org/rescode.html.
func classifySQLite(code int, err error) fault {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fault{err: coded(consult.CodeConflict, "it exists already", err)}
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fault{err: coded(consult.CodeNotFound, "it refers to something that does not exist", err)}
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault{coded(consult.CodeUnavailable, "the database is busy", err), true}
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN:
		return fault{err: coded(consult.CodeUnavailable, "the database cannot be written or read", err)}
	}
	return fault{err: err}
}

func coded(code consult.Code, message string, err error) error {
	return &consult.Error{Code: code, Message: message, Err: err}
}
