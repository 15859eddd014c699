// Package check plays a sender of every kind, right and wrong, to the
// receiver of an integration's webhooks, and says what the receiver got wrong.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tmk/notify"
)

// Config is whom to check; zero durations take their defaults.
type Config struct {
	URL        string
	Secret     string        // "whsec_…"
	Session    string        // id that the events tell of; "": one that exists nowhere
	ExternalID string        // "": "webhook-check"
	Timeout    time.Duration // what the server waits for an answer; 15 s
	Slow       time.Duration // from here on an answer is worth a warning; 5 s
	Client     *http.Client  // nil: one that connects wherever it is told to
	Now        func() time.Time
}

// Case is one thing that was sent, and what came of it.
type Case struct {
	Name    string `json:"name"`              // "repeated"
	Sent    string `json:"sent"`              // in words
	Want    string `json:"want"`              // "2xx" or "4xx"
	Got     string `json:"got"`               // "204", "no answer", or "not sent"
	Status  int    `json:"status,omitempty"`  // of HTTP, when there was an answer
	TookMs  int64  `json:"tookMs,omitempty"`  //
	OK      bool   `json:"ok"`                //
	Problem string `json:"problem,omitempty"` // what the receiver got wrong, in a sentence
	Warning string `json:"warning,omitempty"` // what it had better do
}

// Report is what a check found.
type Report struct {
	Cases     []Case `json:"cases"`
	Wrong     int    `json:"wrong"`     // cases that are not OK
	Warnings  int    `json:"warnings"`  //
	SlowestMs int64  `json:"slowestMs"` // of all answers
}

// Run sends everything, one after the other, and reports. An error means that
// the configuration is wrong or ctx ended; a bad receiver is no error.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 15 * time.Second
	}
	if cfg.Slow <= 0 {
		cfg.Slow = 5 * time.Second
	}
	if cfg.Client == nil {
		cfg.Client = notify.NewClient(true)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if u, err := url.Parse(cfg.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("the receiver's address must begin with https:// or http://")
	}
	if _, err := notify.Sign(cfg.Secret, "evt_", cfg.Now(), nil); err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	defer cfg.Client.CloseIdleConnections()
	s := newSender(cfg)
	report := new(Report)
	reached := true
	for _, st := range steps {
		c := Case{Name: st.name, Sent: st.sent, Want: "4xx", Got: "not sent"}
		if st.good {
			c.Want = "2xx"
		}
		if reached {
			if err := s.send(ctx, st, &c); err != nil {
				return nil, err
			}
			reached = c.Status != 0 || len(report.Cases) > 0 // whoever cannot be reached at first is not tried on
		}
		report.add(c)
	}
	return report, nil
}

func (r *Report) add(c Case) {
	if !c.OK {
		r.Wrong++
	}
	if c.Warning != "" {
		r.Warnings++
	}
	r.SlowestMs = max(r.SlowestMs, c.TookMs)
	r.Cases = append(r.Cases, c)
}

// send makes one step's request and judges the answer.
func (s *sender) send(ctx context.Context, st step, c *Case) error {
	m, err := st.make(s)
	if err != nil {
		return fmt.Errorf("make %s: %w", st.name, err)
	}
	within, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(within, http.MethodPost, s.cfg.URL, strings.NewReader(m.body))
	if err != nil {
		return fmt.Errorf("make %s: %w", st.name, err)
	}
	m.head(req.Header)
	began := time.Now()
	resp, err := s.cfg.Client.Do(req)
	took := time.Since(began)
	c.TookMs = took.Milliseconds()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		c.Got, c.Problem = "no answer", s.silence(err)
		return nil
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // what it says is of no interest
	c.Status, c.Got = resp.StatusCode, fmt.Sprint(resp.StatusCode)
	c.Problem = st.judge(resp)
	c.OK = c.Problem == ""
	if took > s.cfg.Slow {
		c.Warning = fmt.Sprintf("It took %.1f s to answer; after %s the server gives up. Answer first, work afterwards.", took.Seconds(), s.cfg.Timeout)
	}
	return nil
}

// silence says why there was no answer.
func (s *sender) silence(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("It did not answer within %s: the server gives up and sends the event again. Answer first, work afterwards.", s.cfg.Timeout)
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	return fmt.Sprintf("It did not answer: %v.", err)
}

// judge says what is wrong with an answer, "" when nothing is.
func (st step) judge(resp *http.Response) string {
	status := resp.StatusCode
	class := status / 100
	switch {
	case st.good && class == 2, !st.good && class == 4 && status != http.StatusGone && status != http.StatusTooManyRequests:
		return ""
	case status == http.StatusGone:
		return "It answered 410, which turns a webhook off for good."
	case status == http.StatusTooManyRequests:
		return "It answered 429: the check sends two dozen requests one after the other, which any receiver must bear."
	case class == 3:
		return fmt.Sprintf("It answered with a redirect (%d), and redirects are not followed: register the address it leads to.", status)
	case class == 5 && !st.good:
		return fmt.Sprintf("It failed (%d) where it should refuse: check the headers and the signature before anything else, and answer 400 or 401.", status)
	case class == 5:
		return fmt.Sprintf("It failed (%d). %s", status, st.wrong)
	}
	return st.wrong
}
