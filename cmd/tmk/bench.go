package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"tmk/cmd/tmk/load"
)

type benchCmd struct {
	API benchAPI `cmd:"" name:"api" help:"Load the REST interface as an integration on a busy day does, and measure."`
}

type benchAPI struct {
	URL  string        `help:"A running server. Sessions are made and cancelled there." placeholder:"URL"`
	Key  string        `help:"An API key of that server, with all scopes. Its rate limit (api.rate_per_second) must allow the load." placeholder:"KEY"`
	Self bool          `help:"Start a server for it on this machine and a new database: SQLite, or the empty PostgreSQL that --database names."`
	Rate int           `help:"Requests per second, sent whether earlier ones were answered or not." default:"200"`
	For  time.Duration `help:"How long." default:"30s"`
	Fill int           `help:"With --self: sessions that are there before." default:"100000"`
	Hook bool          `help:"With --self: deliver the events to a webhook meanwhile." default:"true" negatable:""`
	P99  time.Duration `name:"p99" help:"Fail when more than one of 100 requests takes longer." placeholder:"DURATION"`
	JSON bool          `name:"json" help:"Print the report as JSON."`
}

// benchReport is what is printed.
type benchReport struct {
	*load.Report
	CPUMs     float64 `json:"cpuMsPerRequest,omitempty"` // of the server, when it is ours
	Delivered int64   `json:"delivered,omitempty"`       // events, when a webhook is ours
}

func (c benchAPI) Run(a *app) error {
	if c.Self == (c.URL != "") || (c.URL == "") != (c.Key == "") {
		return errors.New("bench: either --self, or --url and --key")
	}
	report, err := c.measure(a)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		err = out.Encode(report)
	} else {
		err = a.printBench(report)
	}
	switch {
	case err != nil:
		return err
	case report.All.Errors > 0:
		return fmt.Errorf("bench: %d of %d requests failed", report.All.Errors, report.All.Count)
	case c.P99 > 0 && report.All.Ms.P99 > c.P99.Seconds()*1000:
		return fmt.Errorf("bench: p99 is %g ms, which is more than %s", report.All.Ms.P99, c.P99)
	}
	return nil
}

func (c benchAPI) measure(a *app) (_ *benchReport, err error) {
	cfg := load.Config{URL: strings.TrimSuffix(c.URL, "/"), Key: c.Key, Rate: c.Rate, For: c.For}
	report := new(benchReport)
	if c.Self {
		s := &selfServer{fill: c.Fill, hook: c.Hook}
		defer func() { err = errors.Join(err, s.stop()) }()
		if err := s.start(a); err != nil {
			return nil, fmt.Errorf("start a server: %w", err)
		}
		cfg.URL, cfg.Key, cfg.Measured = s.url, s.key, s.readCPU
		defer func() {
			if err == nil {
				report.CPUMs = math.Round(s.cpu().Seconds()*1e5/float64(report.All.Count)) / 100
				report.Delivered = s.delivered.Load()
			}
		}()
	}
	if report.Report, err = load.Run(a.ctx, cfg); err != nil {
		return nil, fmt.Errorf("load the server: %w", err)
	}
	return report, nil
}

func (a *app) printBench(r *benchReport) error {
	rows := [][]string{{"ROUTE", "REQUESTS", "ERRORS", "P50 ms", "P95 ms", "P99 ms", "MAX ms"}}
	var why []string
	for _, route := range append(r.Routes, r.All) {
		rows = append(rows, []string{
			route.Name, fmt.Sprint(route.Count), fmt.Sprint(route.Errors), fmt.Sprint(route.Ms.P50), fmt.Sprint(route.Ms.P95),
			fmt.Sprint(route.Ms.P99), fmt.Sprint(route.Ms.Max),
		})
		for _, reason := range slices.Sorted(maps.Keys(route.Why)) {
			why = append(why, fmt.Sprintf("%s: %d times %s", route.Name, route.Why[reason], reason))
		}
	}
	if err := a.table(rows...); err != nil {
		return err
	}
	why = append(why, fmt.Sprintf("%.1f requests per second", r.Rate))
	if r.CPUMs > 0 {
		why = append(why, fmt.Sprintf("the server took %g ms of CPU time per request", r.CPUMs))
	}
	if r.Delivered > 0 {
		why = append(why, fmt.Sprintf("%d events were delivered", r.Delivered))
	}
	_, err := fmt.Fprintln(a.stdout, "\n"+strings.Join(why, "\n"))
	return err
}
