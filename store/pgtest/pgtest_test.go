package pgtest_test

import (
	"bufio"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tmk/store/pgtest"
)

func execute(t *testing.T, address, statement string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), statement)
	return err
}

func TestEachTestHasItsOwn(t *testing.T) {
	for range 2 {
		if err := execute(t, pgtest.URL(t), "CREATE TABLE things (id BIGINT)"); err != nil {
			t.Error(err) // the second time: if it were the same database
		}
	}
}

func TestDroppedAtTheEnd(t *testing.T) {
	var address string
	t.Run("inner", func(t *testing.T) { address = pgtest.URL(t) })
	conn, err := pgx.Connect(t.Context(), address)
	if err == nil {
		conn.Close(t.Context())
		t.Error("the database outlives its test")
	}
}

// child makes this binary one that starts a server, tells where, and hangs.
const child = "TEST_PGTEST_CHILD"

func TestChild(t *testing.T) {
	if os.Getenv(child) == "" {
		t.Skip("not the child")
	}
	address := pgtest.URL(t)
	if _, err := os.Stdout.WriteString(address + "\n"); err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done()
}

// Our own server and its folder are gone soon after the test binary, even
// when that was killed.
func TestGoneAfterKill(t *testing.T) {
	pgtest.URL(t) // skips when there is no PostgreSQL
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), child+"=1", "TEST_POSTGRES=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if killErr := cmd.Process.Kill(); err != nil || killErr != nil {
		t.Fatal(err, killErr, line)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the child was not killed")
	}
	address, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	folder := address.Query().Get("host")
	if !strings.Contains(folder, "tmk-pg-") {
		t.Fatalf("no folder of ours: %q", folder)
	}
	deadline, tick := time.After(30*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s is still there", folder)
		}
	}
}
