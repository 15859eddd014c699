package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tmk/consult"
)

type auditCmd struct {
	Verify auditVerify `cmd:"" help:"Check that nobody has changed, removed or cut off what the audit holds."`
	Accept auditAccept `cmd:"" help:"Take the audit for whole although its end is not the one that was noted: after an older copy of the database was put back."`
	List   auditList   `cmd:"" help:"Who did what, newest first."`
}

type auditVerify struct {
	Head []string `help:"An entry of the chain that was noted earlier (the log has one a day): it must still be there. Repeatable." placeholder:"N:LINK" sep:"none"`
	JSON bool     `name:"json" help:"Print JSON."`
}

func (c auditVerify) Run(a *app) error {
	var noted []consult.AuditHead
	for _, text := range c.Head {
		h, err := parseHead(text)
		if err != nil {
			return err
		}
		noted = append(noted, h)
	}
	return a.with(func(f *facts) error {
		v, err := f.desk.VerifyAudit(a.ctx, noted...)
		if err != nil {
			return fmt.Errorf("verify audit: %w", err)
		}
		if err := a.showVerdict(v, c.JSON); err != nil {
			return err
		}
		if v.Why != "" {
			return errors.New("the audit is not what was written")
		}
		return nil
	})
}

type auditAccept struct {
	JSON bool `name:"json" help:"Print JSON."`
}

func (c auditAccept) Run(a *app) error {
	return a.with(func(f *facts) error {
		v, err := f.desk.AcceptAudit(a.ctx)
		if err != nil {
			return fmt.Errorf("accept audit: %w", err)
		}
		return a.showVerdict(v, c.JSON)
	})
}

// faults say what a verdict means.
var faults = map[consult.AuditFault]string{
	consult.AuditChanged:   "the entry was changed",
	consult.AuditForged:    "the entry was written or changed by somebody without the key of the installation",
	consult.AuditRemoved:   "entries before it were removed, and the rest was numbered anew",
	consult.AuditReordered: "the entry stands in another one's place",
	consult.AuditGap:       "entries before it are missing",
	consult.AuditCut:       "the end was cut off, or an older copy put back: an entry that was noted is not there",
}

func (a *app) showVerdict(v consult.AuditVerdict, asJSON bool) error {
	if asJSON {
		out := map[string]any{"ok": v.Why == "", "entries": v.Entries, "head": headText(v.Head)}
		if v.Why != "" {
			out["why"] = v.Why
		}
		if v.FirstBad != nil {
			out["firstBad"] = showEntry(v.FirstBad)
		}
		return a.printJSON(out)
	}
	rows := [][]string{{"entries in order", strconv.FormatInt(v.Entries, 10)}, {"head", headText(v.Head)}}
	if v.Why != "" {
		rows = append(rows, []string{"then", faults[v.Why]})
	}
	if e := v.FirstBad; e != nil {
		rows = append(rows, []string{"entry", fmt.Sprintf("%d %s %s %s %s", e.N, e.ID, e.At.Format(time.RFC3339), e.Actor, e.Action)})
	}
	return a.table(rows...)
}

func headText(h consult.AuditHead) string { return fmt.Sprintf("%d:%s", h.N, h.Link) }

func parseHead(text string) (consult.AuditHead, error) {
	n, link, _ := strings.Cut(text, ":")
	number, err := strconv.ParseInt(n, 10, 64)
	if raw, bad := hex.DecodeString(link); err != nil || number < 1 || bad != nil || len(raw) == 0 {
		return consult.AuditHead{}, fmt.Errorf("--head %q is not N:LINK as the log and this command print it", text)
	}
	return consult.AuditHead{N: number, Link: strings.ToLower(link)}, nil
}

type auditList struct {
	Actor   string        `help:"Exactly, such as key:k_…, or a kind: staff:" placeholder:"ACTOR"`
	Action  string        `help:"Exactly, such as recording.read, or what is before the dot: recording." placeholder:"ACTION"`
	Session string        `help:"Of one consultation." placeholder:"ID"`
	Object  string        `help:"What was acted on." placeholder:"ID"`
	Since   time.Duration `help:"Of the last so long, such as 24h." placeholder:"DURATION"`
	From    time.Time     `help:"At or after (RFC 3339)." placeholder:"TIME"`
	To      time.Time     `help:"Before (RFC 3339)." placeholder:"TIME"`
	Limit   int           `help:"How many; 0 for all." default:"50"`
	JSON    bool          `name:"json" help:"Print a line of JSON for each."`
}

// auditPage is how many entries are read at a time.
const auditPage = 200

func (c auditList) Run(a *app) error {
	if c.Limit < 0 {
		return errors.New("--limit must not be negative")
	}
	q := consult.AuditQuery{
		Actor: c.Actor, Action: c.Action, ConsultationID: consult.ConsultationID(c.Session), Object: c.Object, From: c.From, To: c.To,
	}
	if c.Since > 0 {
		q.From = time.Now().Add(-c.Since)
	}
	return a.with(func(f *facts) error {
		left := c.Limit
		rows := [][]string{{"N", "AT", "ACTOR", "ACTION", "SESSION", "OBJECT", "DETAIL"}}
		for {
			q.Limit = auditPage
			if c.Limit > 0 {
				q.Limit = min(auditPage, left)
			}
			page, err := f.desk.Audit(a.ctx, consult.System, q)
			if err != nil {
				return fmt.Errorf("list audit: %w", err)
			}
			for _, e := range page.Items {
				if !c.JSON {
					rows = append(rows, auditRow(e))
				} else if err := a.printJSON(showEntry(e)); err != nil {
					return err
				}
			}
			left -= len(page.Items)
			if q.After = page.Next; q.After == "" || c.Limit > 0 && left <= 0 {
				break
			}
		}
		if c.JSON {
			return nil
		}
		return a.table(rows...)
	})
}

func auditRow(e *consult.AuditEntry) []string {
	n := "–" // in its first second
	if e.N > 0 {
		n = strconv.FormatInt(e.N, 10)
	}
	if e.Forged {
		n += " forged"
	}
	return []string{n, day(e.At), e.Actor, e.Action, dash(string(e.ConsultationID)), dash(e.Object), dash(e.Detail)}
}

// entry is how an entry is printed, in the words of REST.
type entry struct {
	ID        string    `json:"id"`
	N         int64     `json:"n,omitempty"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"`
	Action    string    `json:"action"`
	SessionID string    `json:"sessionId,omitempty"`
	Object    string    `json:"object,omitempty"`
	Detail    string    `json:"detail,omitempty"`
	Forged    bool      `json:"forged,omitempty"`
}

func showEntry(e *consult.AuditEntry) entry {
	return entry{e.ID, e.N, e.At.UTC(), e.Actor, e.Action, string(e.ConsultationID), e.Object, e.Detail, e.Forged}
}

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
