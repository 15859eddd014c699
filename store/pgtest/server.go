package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// keeper runs the server until its standard input ends, which it does when
// this process does, however that happens; then it stops the server and
// removes the folder. $1: the folder; the rest: the server's command.
const keeper = `dir=$1; shift
"$@" & pid=$!
cat >/dev/null
kill -QUIT $pid; wait $pid
rm -rf "$dir"`

// cluster is a server of our own.
type cluster struct {
	address string         // the superuser's
	input   io.WriteCloser // the keeper's; kept, or the collector would close it, and end the server
}

// start makes a cluster in a temporary folder and starts it on a Unix socket
// there, where no port can be taken.
func start() (*cluster, error) {
	bin, err := findBin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(home(), "tmk-pg-")
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	c, err := startIn(bin, dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w", err), os.RemoveAll(dir))
	}
	return c, nil
}

// home is where the server's folder goes: memory, where a database is made six
// times faster, if there is enough of it (a container has 64 MiB by default).
// It is not TMPDIR: the socket's path has room for 107 bytes.
func home() string {
	const memory, enough = "/dev/shm", 1 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err == nil && int64(fs.Bavail)*fs.Bsize >= enough {
		return memory
	}
	return "/tmp"
}

// findBin returns the folder of the newest PostgreSQL's programs.
func findBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNone
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0: an odd name comes last
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

func startIn(bin, dir string) (*cluster, error) {
	attr, err := demote(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
		"--no-sync", "--locale=C.UTF-8",
		// A language's collation: what orders rightly only under "C" fails here.
		"--locale-provider=icu", "--icu-locale=ru")
	initdb.Dir, initdb.SysProcAttr = dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	run := exec.Command("/bin/sh", "-c", keeper, "sh", dir,
		filepath.Join(bin, "postgres"), "-D", data, "-k", dir,
		"-c", "listen_addresses=", "-c", "max_connections=200",
		// The folder lives no longer than the tests: nothing has to last.
		"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=on")
	run.Dir, run.SysProcAttr = dir, attr
	run.Stdout, run.Stderr = log, log // not ours: "go test" would wait for their end
	input, err := run.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := run.Start(); err != nil {
		return nil, err
	}
	address := (&url.URL{
		Scheme: "postgres", Path: "/postgres",
		RawQuery: url.Values{"host": {dir}, "user": {"postgres"}}.Encode(),
	}).String()
	if err := await(address); err != nil {
		said, _ := os.ReadFile(filepath.Join(dir, "log")) // for the message only
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, said), input.Close(), run.Wait())
	}
	return &cluster{address, input}, nil
}

// demote gives the folder to a user who may run the server, for PostgreSQL
// refuses to run as root, and returns how to become that user. A group of its
// own keeps Ctrl-C from the keeper, which has to clean up.
func demote(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", u.Username, err)
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, int(uid), int(gid))
}

// await waits until the server answers.
func await(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		}
	}
}
