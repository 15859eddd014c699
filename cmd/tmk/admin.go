package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"tmk/cmd/tmk/config"
	"tmk/consult"
	"tmk/consult/auth"
	"tmk/store"
	"tmk/store/disk"
)

// facts is the part of the server that keeps facts: enough for the commands
// that administer, which may run beside a running server.
type facts struct {
	db   *store.DB
	feed *consult.LocalFeed
	desk *consult.Desk
	auth *auth.Auth
}

func openFacts(a *app, cfg *config.Config, log *slog.Logger) (*facts, error) {
	if err := makeDataDir(cfg.DataDir); err != nil {
		return nil, err
	}
	blobs, err := disk.Open(filepath.Join(cfg.DataDir, "files"))
	if err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	secret, err := openSecret(cfg)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(a.ctx, store.Config{URL: databaseURL(cfg), Key: secret.derive("store"), Log: log})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	feed := new(consult.LocalFeed)
	return &facts{
		db: db, feed: feed,
		desk: consult.NewDesk(db, blobs, feed, deskConfig(cfg, secret), log, nil),
		auth: auth.New(db, authConfig(cfg, secret, log)),
	}, nil
}

// with runs fn on the installation that the configuration names.
func (a *app) with(fn func(*facts) error) (err error) {
	cfg, err := a.config(nil, map[string]string{"log.level": "warn"})
	if err != nil {
		return err
	}
	f, err := openFacts(a, cfg, newLog(cfg.Log))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.db.Close()) }()
	return fn(f)
}

// table prints aligned columns.
func (a *app) table(rows ...[]string) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.Local().Format(time.DateTime)
}

type adminCmd struct {
	Create adminCreate `cmd:"" help:"Make an account."`
	Passwd adminPasswd `cmd:"" help:"Set an account's password."`
}

type adminCreate struct {
	Login         string `arg:"" help:"Name to log in with."`
	PasswordStdin bool   `help:"Read the password from the standard input; otherwise one is made and shown once."`
}

func (c adminCreate) Run(a *app) error {
	return a.with(func(f *facts) error {
		password, made, err := a.password(c.PasswordStdin)
		if err != nil {
			return err
		}
		if _, err := f.auth.CreateStaff(a.ctx, c.Login, password, consult.StaffAdmin); err != nil {
			return fmt.Errorf("create account %s: %w", c.Login, err)
		}
		return a.showPassword(c.Login, password, made)
	})
}

type adminPasswd struct {
	Login         string `arg:"" help:"Whose password."`
	PasswordStdin bool   `help:"Read the password from the standard input; otherwise one is made and shown once."`
}

func (c adminPasswd) Run(a *app) error {
	return a.with(func(f *facts) error {
		password, made, err := a.password(c.PasswordStdin)
		if err != nil {
			return err
		}
		if err := f.auth.SetPassword(a.ctx, c.Login, password); err != nil {
			return fmt.Errorf("set password of %s: %w", c.Login, err)
		}
		return a.showPassword(c.Login, password, made)
	})
}

// password reads one line, or makes a password.
func (a *app) password(fromStdin bool) (password string, made bool, err error) {
	if !fromStdin {
		return rand.Text(), true, nil // 130 bits
	}
	line, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, fmt.Errorf("read password: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", false, errors.New("read password: the standard input is empty")
	}
	return line, false, nil
}

func (a *app) showPassword(login, password string, made bool) error {
	if !made {
		return a.table([]string{"login", login})
	}
	return a.table([]string{"login", login}, []string{"password", password + "  (shown only now)"})
}
