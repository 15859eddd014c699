package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"tmk/cmd/tmk/config"
	"tmk/consult"
)

// cli is the command line.
type cli struct {
	File string            `name:"config" help:"Configuration file (YAML); also TMK_CONFIG." placeholder:"FILE"`
	Set  map[string]string `help:"Set any key of the configuration, such as --set sfu.udp=:7882; repeatable." placeholder:"KEY=VALUE" mapsep:"none"`

	DataDir  *string `help:"Folder of the database, files and recordings (data_dir)." placeholder:"DIR"`
	Database *string `help:"sqlite:PATH or postgres://… (database)." placeholder:"URL"`
	LogLevel *string `help:"debug, info, warn or error (log.level)." placeholder:"LEVEL"`

	Serve      serveCmd      `cmd:"" help:"Run the server."`
	Config     configCmd     `cmd:"" help:"Look at the configuration."`
	APIKey     apiKeyCmd     `cmd:"" name:"apikey" help:"Keys with which an integration calls the REST interface."`
	Webhook    webhookCmd    `cmd:"" help:"Endpoints at which an integration is told what happens."`
	SigningKey signingKeyCmd `cmd:"" name:"signingkey" help:"Keys with which an integration mints join links by itself."`
	Admin      adminCmd      `cmd:"" help:"Accounts of those who work here."`
	OIDC       oidcCmd       `cmd:"" name:"oidc" help:"Login of staff at a provider."`
	Audit      auditCmd      `cmd:"" help:"Who did what, and whether that is what was written."`
	Bench      benchCmd      `cmd:"" help:"Measure how much a server bears."`
	Version    versionCmd    `cmd:"" help:"Tell which version this is."`
}

// app is what every command gets.
type app struct {
	ctx    context.Context
	cli    *cli
	env    []string
	stdin  io.Reader
	stdout io.Writer
}

// run is the whole program but for what the operating system gives it. It
// returns when the command is done; serve when ctx is. environ lists
// "NAME=value", because an unknown TMK_ variable is an error.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout io.Writer) error {
	c := new(cli)
	helped := false
	parser, err := kong.New(c,
		kong.Name("tmk"),
		kong.Description("TMK: telemedicine consultations, self-hosted. Begin with: tmk serve --demo"),
		kong.Writers(stdout, stdout),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return fmt.Errorf("build command line: %w", err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return fmt.Errorf("%w (tmk --help lists the commands)", err)
	}
	return explain(k.Run(&app{ctx: ctx, cli: c, env: environ, stdin: stdin, stdout: stdout}))
}

// explain adds the fields that the domain found wrong, which the error's text leaves out.
func explain(err error) error {
	var wrong *consult.Error
	if !errors.As(err, &wrong) {
		return err
	}
	for _, f := range wrong.Fields {
		if f.Message != wrong.Message {
			err = fmt.Errorf("%w\n  %s: %s", err, strings.ReplaceAll(strings.TrimPrefix(f.Pointer, "/"), "/", "."), f.Message)
		}
	}
	return err
}

func (a *app) getenv(name string) string {
	for _, e := range a.env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}

// config reads the configuration. flags are the command's own, defaults what
// it changes of the defaults; both may be nil.
func (a *app) config(flags map[string]*string, defaults map[string]string) (*config.Config, error) {
	set := map[string]string{}
	for key, v := range a.cli.Set {
		set[key] = v
	}
	for key, v := range map[string]*string{"data_dir": a.cli.DataDir, "database": a.cli.Database, "log.level": a.cli.LogLevel} {
		if v != nil {
			set[key] = *v
		}
	}
	for key, v := range flags {
		if v != nil {
			set[key] = *v
		}
	}
	return config.Load(config.Source{File: a.cli.File, Environ: a.env, Flags: set, Defaults: defaults})
}

func newLog(c config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // config has checked it: not reached
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

type configCmd struct {
	Print     configPrint     `cmd:"" help:"Show the whole configuration as it would be used, secrets hidden."`
	Check     configCheck     `cmd:"" help:"Tell whether the configuration is good."`
	Reference configReference `cmd:"" help:"Write docs/configure.md."`
	Example   configExample   `cmd:"" help:"Write an example file with every key."`
}

type configPrint struct{}

func (configPrint) Run(a *app) error {
	c, err := a.config(nil, nil)
	if err != nil {
		return err
	}
	return config.Print(a.stdout, c)
}

type configCheck struct{}

func (configCheck) Run(a *app) error {
	if _, err := a.config(nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.stdout, "The configuration is good.")
	return err
}

type configReference struct{}

func (configReference) Run(a *app) error { return config.Reference(a.stdout) }

type configExample struct{}

func (configExample) Run(a *app) error { return config.Example(a.stdout) }
