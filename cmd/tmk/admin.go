package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
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

// node names a server among several on one database; "" for commands and for a server of its own.
func openFacts(a *app, cfg *config.Config, node string, log *slog.Logger) (*facts, error) {
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
		desk: consult.NewDesk(db, blobs, feed, deskConfig(cfg, node, secret), log, nil),
		auth: auth.New(db, authConfig(cfg, secret, log)),
	}, nil
}

// with runs fn on the installation that the configuration names.
func (a *app) with(fn func(*facts) error) (err error) {
	cfg, err := a.config(nil, map[string]string{"log.level": "warn"})
	if err != nil {
		return err
	}
	f, err := openFacts(a, cfg, "", newLog(cfg.Log))
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
	Create     adminCreate     `cmd:"" help:"Make an account; the first one also opens a new installation."`
	List       adminList       `cmd:"" help:"List the accounts."`
	Passwd     adminPasswd     `cmd:"" help:"Set an account's password."`
	Roles      adminRoles      `cmd:"" help:"Change what an account is for."`
	Enable     adminEnable     `cmd:"" help:"Let an account in again."`
	Disable    adminDisable    `cmd:"" help:"Keep an account out; its sessions end at once."`
	RemoveTOTP adminRemoveTOTP `cmd:"" name:"remove-totp" help:"Take the second factor of an account away, for who lost it."`
}

type adminCreate struct {
	Login         string   `arg:"" help:"Name to log in with."`
	Name          string   `help:"The person's name."`
	Role          []string `help:"admin, head, auditor, operator, doctor; repeatable." default:"admin" placeholder:"ROLE"`
	PasswordStdin bool     `help:"Read the password from the standard input; otherwise one is made and shown once."`
}

func (c adminCreate) Run(a *app) error {
	return a.with(func(f *facts) error {
		password, made, err := a.password(c.PasswordStdin)
		if err != nil {
			return err
		}
		o := auth.StaffOrder{Login: c.Login, Name: c.Name, Roles: staffRoles(c.Role)}
		n, err := f.auth.StaffCount(a.ctx)
		if err != nil {
			return err
		}
		if n == 0 && !slices.Contains(o.Roles, consult.StaffAdmin) {
			return errors.New("the first account must be an administrator: --role admin")
		}
		if _, err := f.auth.CreateStaffAs(a.ctx, o, password); err != nil {
			return fmt.Errorf("create account %s: %w", c.Login, err)
		}
		return a.showPassword(c.Login, password, made)
	})
}

func staffRoles(names []string) []consult.StaffRole {
	roles := make([]consult.StaffRole, len(names))
	for i, n := range names {
		roles[i] = consult.StaffRole(n)
	}
	return roles
}

type adminList struct{}

func (adminList) Run(a *app) error {
	return a.with(func(f *facts) error {
		all, err := f.auth.AllStaff(a.ctx, consult.System)
		if err != nil {
			return err
		}
		rows := [][]string{{"ID", "LOGIN", "ROLES", "PASSWORD", "SECOND FACTOR", "CREATED", "DISABLED"}}
		for _, s := range all {
			roles := make([]string, len(s.Roles))
			for i, r := range s.Roles {
				roles[i] = string(r)
			}
			rows = append(rows, []string{
				string(s.ID), s.Login, dash(strings.Join(roles, ",")), yes(s.PasswordHash != ""), yes(s.TOTPSecret != nil), day(s.CreatedAt), day(s.DisabledAt),
			})
		}
		return a.table(rows...)
	})
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

type adminRoles struct {
	Login string   `arg:"" help:"Whose."`
	Role  []string `arg:"" help:"admin, head, auditor, operator, doctor: what the account is for from now on."`
}

func (c adminRoles) Run(a *app) error {
	return a.amendStaff(c.Login, auth.StaffAmendment{Roles: staffRoles(c.Role)})
}

type adminEnable struct {
	Login string `arg:"" help:"Whom to let in again."`
}

func (c adminEnable) Run(a *app) error {
	disabled := false
	return a.amendStaff(c.Login, auth.StaffAmendment{Disabled: &disabled})
}

type adminDisable struct {
	Login string `arg:"" help:"Whom to keep out."`
}

func (c adminDisable) Run(a *app) error {
	disabled := true
	return a.amendStaff(c.Login, auth.StaffAmendment{Disabled: &disabled})
}

type adminRemoveTOTP struct {
	Login string `arg:"" help:"Whose second factor."`
}

func (c adminRemoveTOTP) Run(a *app) error {
	return a.withStaff(c.Login, func(f *facts, id consult.StaffID) error {
		return f.auth.RemoveTOTP(a.ctx, consult.System, id)
	})
}

func (a *app) amendStaff(login string, change auth.StaffAmendment) error {
	return a.withStaff(login, func(f *facts, id consult.StaffID) error {
		_, err := f.auth.AmendStaff(a.ctx, consult.System, id, change)
		return err
	})
}

// withStaff runs fn on the account of a login.
func (a *app) withStaff(login string, fn func(*facts, consult.StaffID) error) error {
	return a.with(func(f *facts) error {
		all, err := f.auth.AllStaff(a.ctx, consult.System)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(s *consult.Staff) bool { return strings.EqualFold(s.Login, login) })
		if i < 0 {
			return fmt.Errorf("there is no account %s", login)
		}
		if err := fn(f, all[i].ID); err != nil {
			return fmt.Errorf("change account %s: %w", login, err)
		}
		return a.table([]string{"changed", all[i].Login})
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
