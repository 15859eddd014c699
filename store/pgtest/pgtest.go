// Package pgtest gives tests a real PostgreSQL server.
//
// [URL] makes an empty database for a test. The server is the one that
// TEST_POSTGRES names (the URL of a superuser), or else one of our own,
// started once per test binary from the programs that Debian's package
// "postgresql" installs, and gone when the binary ends. Without either the
// test is skipped, or fails when TEST_REQUIRE_POSTGRES=1.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server starts our own server when the first test asks. It is the one piece
// of package state: a test binary has no other place for what its tests share.
var server = sync.OnceValues(start)

// errNone says that there is no PostgreSQL to start.
var errNone = errors.New("no PostgreSQL is installed (apt-get install postgresql), and TEST_POSTGRES names none")

// URL returns the address of a new, empty database, which is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	admin := os.Getenv("TEST_POSTGRES")
	if admin == "" {
		own, err := server()
		switch {
		case err == nil:
			admin = own.address
		case errors.Is(err, errNone) && os.Getenv("TEST_REQUIRE_POSTGRES") != "1":
			t.Skip(err)
		default:
			t.Fatal(err)
		}
	}
	name := "tmk_test_" + strings.ToLower(rand.Text())
	if err := execute(admin, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("TEST_POSTGRES: %v", err)
	}
	address.Path = "/" + name
	return address.String()
}

// execute runs one statement on a connection of its own.
func execute(address, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
