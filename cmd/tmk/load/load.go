// Package load plays an integration that works at a fixed rate, and measures
// how long its server takes to answer. The rate is an open loop: a request goes
// out at its time, whether those before it were answered or not, and its time
// counts from when it should have gone out. A server that stalls is thus seen
// as its callers see it.
package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Config is what to do to whom; zero fields take their defaults.
type Config struct {
	URL  string        // of the server, "https://tmk.example"
	Key  string        // an API key with all scopes
	Rate int           // requests per second; 200
	For  time.Duration // how long; 30 s
	Warm time.Duration // before it, at the same rate but not counted; a tenth of For

	// Whose sessions are made and listed: "d-0" to "d-(Doctors-1)", "p-0" to "p-(Patients-1)".
	Doctors, Patients int // 500, 20 000

	// Measured is called when the warm-up is over and again at the end; nil: nobody.
	Measured func()
}

// maxUnderWay bounds the requests that wait for an answer; one more is an
// error. A server that is slower than that has failed anyhow.
const maxUnderWay = 2000

// answerWithin is when a request is given up.
const answerWithin = 30 * time.Second

// Times are how long something took, in milliseconds.
type Times struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Route is what came of one kind of request.
type Route struct {
	Name   string         `json:"name"`
	Count  int            `json:"count"` // answered or not
	Errors int            `json:"errors"`
	Why    map[string]int `json:"why,omitempty"` // the errors: "status 409", "no answer"
	Ms     Times          `json:"ms"`            // of the right answers
}

// Report is what was measured.
type Report struct {
	Rate   float64 `json:"rate"` // requests per second that really went out
	Routes []Route `json:"routes"`
	All    Route   `json:"all"`
}

// Run sends the mix and reports. An error means that there was nothing to
// measure: nobody answers, or ctx ended.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	cfg = cfg.complete()
	client := &http.Client{
		Timeout:   answerWithin,
		Transport: &http.Transport{MaxIdleConns: maxUnderWay, MaxIdleConnsPerHost: maxUnderWay, DisableCompression: true},
	}
	defer client.CloseIdleConnections()
	c := &caller{cfg: cfg, client: client}
	for range 20 { // something to read, change and cancel from the start
		if _, err := c.create(ctx); err != nil {
			return nil, fmt.Errorf("try the server: %w", err)
		}
	}
	if _, err := drive(ctx, cfg, cfg.Warm, c); err != nil {
		return nil, err
	}
	cfg.Measured()
	began := time.Now()
	tallies, err := drive(ctx, cfg, cfg.For, c)
	if err != nil {
		return nil, err
	}
	cfg.Measured()
	return report(tallies, time.Since(began)), nil
}

func (cfg Config) complete() Config {
	for _, d := range []struct {
		field *int
		value int
	}{{&cfg.Rate, 200}, {&cfg.Doctors, 500}, {&cfg.Patients, 20_000}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if cfg.For <= 0 {
		cfg.For = 30 * time.Second
	}
	if cfg.Warm <= 0 {
		cfg.Warm = cfg.For / 10
	}
	if cfg.Measured == nil {
		cfg.Measured = func() {}
	}
	return cfg
}

// tally collects one route's answers.
type tally struct {
	mu    sync.Mutex
	count int
	times []time.Duration
	why   map[string]int
}

func (t *tally) note(took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count++
	if err == nil {
		t.times = append(t.times, took)
		return
	}
	if t.why == nil {
		t.why = make(map[string]int)
	}
	t.why[reason(err)]++
}

func reason(err error) string {
	var s statusError
	switch {
	case errors.As(err, &s):
		return s.Error()
	case errors.Is(err, errTooMany):
		return errTooMany.Error()
	}
	return "no answer"
}

var errTooMany = errors.New("too many under way")

// drive sends requests of the mix at the rate, and waits for the last answer.
func drive(ctx context.Context, cfg Config, lasting time.Duration, c *caller) (map[string]*tally, error) {
	tallies := make(map[string]*tally)
	for _, k := range mix {
		tallies[k.name] = new(tally)
	}
	var running sync.WaitGroup
	defer running.Wait()
	underWay := make(chan struct{}, maxUnderWay)
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for n := range int(lasting.Seconds() * float64(cfg.Rate)) {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(cfg.Rate))
		if wait := time.Until(due); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		k := pick()
		select {
		case underWay <- struct{}{}:
		default:
			tallies[k.name].note(0, errTooMany)
			continue
		}
		running.Go(func() {
			defer func() { <-underWay }()
			err := k.send(c, ctx)
			tallies[k.name].note(time.Since(due), err)
		})
	}
	running.Wait()
	return tallies, ctx.Err()
}

func report(tallies map[string]*tally, took time.Duration) *Report {
	r := &Report{All: Route{Name: "all"}}
	var all []time.Duration
	for _, k := range mix {
		t := tallies[k.name]
		r.Routes = append(r.Routes, t.route(k.name))
		r.All.Count += t.count
		r.All.Errors += t.count - len(t.times)
		all = append(all, t.times...)
	}
	r.All.Ms = timesOf(all)
	r.Rate = float64(r.All.Count) / took.Seconds()
	return r
}

func (t *tally) route(name string) Route {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Route{Name: name, Count: t.count, Errors: t.count - len(t.times), Why: t.why, Ms: timesOf(t.times)}
}

// timesOf sorts and tells the percentiles.
func timesOf(all []time.Duration) Times {
	if len(all) == 0 {
		return Times{}
	}
	slices.Sort(all)
	at := func(part float64) float64 {
		n := int(math.Ceil(part*float64(len(all)))) - 1
		return math.Round(all[max(n, 0)].Seconds()*1e5) / 100
	}
	return Times{P50: at(0.50), P95: at(0.95), P99: at(0.99), Max: at(1)}
}
