package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"tmk/consult"
)

// selfServer is a server of our own in a process of its own, on a new
// database, and an integration's webhook receiver beside it.
type selfServer struct {
	fill int
	hook bool

	url, key  string
	delivered atomic.Int64 // events at our receiver

	dir      string
	cmd      *exec.Cmd
	receiver *http.Server
	cpuAt    []time.Duration // the server's CPU time when readCPU was called
}

// start makes everything; stop ends what it made, also after an error.
func (s *selfServer) start(a *app) (err error) {
	if s.dir, err = os.MkdirTemp("", "tmk-bench-"); err != nil {
		return err
	}
	own := *a
	commandLine := *a.cli
	commandLine.DataDir = &s.dir
	own.cli = &commandLine
	if err := own.with(func(f *facts) error { return s.prepare(a.ctx, f) }); err != nil {
		return err
	}
	// Whoever runs a server makes these; from here on it is claimed.
	if _, err := s.tmk(a, "admin", "create", "bench"); err != nil {
		return err
	}
	if s.key, err = s.tmk(a, "apikey", "create", "lk", "-q"); err != nil {
		return err
	}
	if s.hook {
		if err := s.receive(a); err != nil {
			return err
		}
	}
	return s.serve(a)
}

// prepare refuses a database that somebody uses, and fills an empty one.
func (s *selfServer) prepare(ctx context.Context, f *facts) error {
	err := f.db.View(ctx, func(tx consult.Tx) error {
		keys, err := tx.APIKeys()
		if err != nil {
			return err
		}
		staff, err := tx.StaffCount()
		if err == nil && (staff > 0 || len(keys) > 0) {
			err = errors.New("the database is in use: --self wants an empty one")
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := fillSessions(ctx, f.db, s.fill, time.Now()); err != nil {
		return err
	}
	return f.desk.Seal(ctx) // or the server does, and is measured at that
}

// flags are those of the whole program which the installation needs.
func (s *selfServer) flags(a *app) []string {
	flags := []string{
		"--data-dir", s.dir, "--log-level", "error",
		"--set", "api.rate_per_second=1000000", "--set", "webhooks.allow_private=true",
	}
	if a.cli.Database != nil {
		flags = append(flags, "--database", *a.cli.Database)
	}
	return flags
}

// tmk runs a command on the installation and returns what it prints.
func (s *selfServer) tmk(a *app, args ...string) (string, error) {
	var out bytes.Buffer
	err := run(a.ctx, append(args, s.flags(a)...), nil, strings.NewReader(""), &out)
	return strings.TrimSpace(out.String()), err
}

// receive starts an endpoint that takes everything, and registers it.
func (s *selfServer) receive(a *app) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.receiver = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			s.delivered.Add(1)
			w.WriteHeader(http.StatusNoContent)
		}
	})}
	go func() { _ = s.receiver.Serve(l) }() // stop ends it
	_, err = s.tmk(a, "webhook", "create", "http://"+l.Addr().String())
	return err
}

var publicAddress = regexp.MustCompile(`public address (\S+)`)

// serve starts the server and waits until it answers.
func (s *selfServer) serve(a *app) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	args := append([]string{
		"serve", "--no-open", "--listen", "127.0.0.1:0", "--set", "sfu.udp=127.0.0.1:0", "--set", "sfu.tcp=127.0.0.1:0",
	}, s.flags(a)...)
	s.cmd = exec.CommandContext(a.ctx, program, args...)
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 20 * time.Second
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := publicAddress.FindStringSubmatch(lines.Text()); found != nil {
			s.url = found[1]
			return nil
		}
	}
	return errors.New("the server ended before it answered")
}

// readCPU notes how much CPU time the server has had, where the system tells.
func (s *selfServer) readCPU() {
	if used, ok := cpuOf(s.cmd.Process.Pid); ok {
		s.cpuAt = append(s.cpuAt, used)
	}
}

// cpu is what it had between the first note and the last.
func (s *selfServer) cpu() time.Duration {
	if len(s.cpuAt) < 2 {
		return 0
	}
	return s.cpuAt[len(s.cpuAt)-1] - s.cpuAt[0]
}

// tick is the unit of CPU times in /proc: USER_HZ is 100 on all machines.
const tick = 10 * time.Millisecond

// cpuOf reads a process's CPU time, proc(5).
func cpuOf(pid int) (time.Duration, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// The program's name in brackets may hold spaces; user and system time are 12 and 13 behind it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, false
	}
	var user, system time.Duration
	if _, err := fmt.Sscan(fields[11], &user); err != nil {
		return 0, false
	}
	if _, err := fmt.Sscan(fields[12], &system); err != nil {
		return 0, false
	}
	return (user + system) * tick, true
}

// stop ends the server and removes what is left of it.
func (s *selfServer) stop() error {
	var err error
	if s.cmd != nil {
		err = s.cmd.Process.Signal(syscall.SIGTERM)
		if errors.Is(err, os.ErrProcessDone) {
			err = nil
		}
		err = errors.Join(err, s.cmd.Wait())
	}
	if s.receiver != nil {
		err = errors.Join(err, s.receiver.Close())
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return wrap("stop the server", err)
}
