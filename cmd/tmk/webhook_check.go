package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"tmk/cmd/tmk/check"
)

// webhookCheck needs no installation: it is for who writes the receiver.
type webhookCheck struct {
	URL        string        `arg:"" name:"url" help:"The receiver's address."`
	Secret     string        `required:"" help:"The secret that the receiver knows (whsec_…); - reads it from the standard input." placeholder:"SECRET"`
	Session    string        `help:"Id of a session that the receiver knows, if it refuses others." placeholder:"ID"`
	ExternalID string        `name:"external-id" help:"The same session's externalId; webhook-check when not given." placeholder:"ID"`
	Timeout    time.Duration `help:"How long to wait for an answer; the server waits 15s." default:"15s"`
	JSON       bool          `name:"json" help:"Print the report as JSON."`
}

// errReceiver makes the exit code 1; the report has said the rest.
var errReceiver = errors.New("the receiver gets something wrong")

// Help is what --help says below the flags' list.
func (webhookCheck) Help() string {
	return "Sends good, repeated, reordered and forged events to the receiver of an integration and prints what it got wrong; the exit code is 1 then. " +
		"The events are made up: do not let it loose on a system in use. It cannot see whether a repeated event takes effect twice."
}

func (c webhookCheck) Run(a *app) error {
	secret := c.Secret
	if secret == "-" {
		line, err := bufio.NewReader(a.stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read secret: %w", err)
		}
		secret = strings.TrimSpace(line)
	}
	report, err := check.Run(a.ctx, check.Config{
		URL: c.URL, Secret: secret, Session: c.Session, ExternalID: c.ExternalID, Timeout: c.Timeout,
	})
	if err != nil {
		return fmt.Errorf("check webhook: %w", err)
	}
	if c.JSON {
		out := json.NewEncoder(a.stdout)
		out.SetIndent("", "  ")
		err = out.Encode(report)
	} else {
		err = a.printReport(report)
	}
	if err == nil && report.Wrong > 0 {
		err = errReceiver
	}
	return err
}

func (a *app) printReport(r *check.Report) error {
	rows := [][]string{{"", "SENT", "EXPECTED", "CAME", "MS"}}
	var remarks []string
	for _, c := range r.Cases {
		mark, took := "ok", fmt.Sprint(c.TookMs)
		switch {
		case c.Got == "not sent":
			mark, took = "–", ""
		case !c.OK:
			mark = "WRONG"
		case c.Warning != "":
			mark = "slow"
		}
		rows = append(rows, []string{mark, c.Sent, c.Want, c.Got, took})
		for _, text := range []string{c.Problem, c.Warning} {
			if text != "" {
				remarks = append(remarks, fmt.Sprintf("%s: %s", c.Sent, text))
			}
		}
	}
	if err := a.table(rows...); err != nil {
		return err
	}
	for _, text := range remarks {
		if _, err := fmt.Fprintf(a.stdout, "\n%s\n", text); err != nil {
			return err
		}
	}
	verdict := "All is right."
	switch {
	case r.Cases[0].Status == 0:
		verdict = "It could not be tried."
	case r.Wrong > 0:
		verdict = fmt.Sprintf("%d of %d are wrong.", r.Wrong, len(r.Cases))
	}
	_, err := fmt.Fprintf(a.stdout, "\n%s The slowest answer took %d ms.\n", verdict, r.SlowestMs)
	return err
}
