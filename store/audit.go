package store

import (
	"fmt"
	"strings"

	"tmk/consult"
)

const (
	auditColumns = `id, at, actor, action, consultation_id, object, detail, place, link, mac`
	auditUpTo    = `SELECT at, n FROM audit WHERE id = $1`
)

func (t *tx) scanAudit(r row, a *consult.AuditEntry) error {
	var mac []byte
	err := r.Scan(&a.ID, (*instant)(&a.At), &a.Actor, &a.Action, &a.ConsultationID, &a.Object, &a.Detail, &a.N, &a.Link, &mac)
	a.Forged = !t.vault.signs(a, mac)
	return err
}

// AddAudit takes no notice of N and Link: Seal gives them.
func (t *tx) AddAudit(a *consult.AuditEntry) error {
	return t.add("audit entry", `INSERT INTO audit (id, at, actor, action, consultation_id, object, detail, kind, area, mac)
		VALUES (`+placeholders(1, 10)+`) ON CONFLICT DO NOTHING`,
		a.ID, a.At, a.Actor, a.Action, a.ConsultationID, a.Object, a.Detail, upTo(a.Actor, ":"), upTo(a.Action, "."), t.vault.sign(a))
}

// upTo is what s begins with, up to the first mark and with it; "" when it has none.
func upTo(s, mark string) string {
	before, _, found := strings.Cut(s, mark)
	if !found {
		return ""
	}
	return before + mark
}

// Audit lists by At, and entries of one moment in the order of their writing;
// newest first. CodeNotFound when there is no entry q.After.
func (t *tx) Audit(q consult.AuditQuery) ([]*consult.AuditEntry, error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	var f filter
	exact := func(column, value string) { f.add(column+" = %s", value) }
	switch {
	case strings.HasSuffix(q.Actor, ":"):
		exact("kind", q.Actor)
	case q.Actor != "":
		exact("actor", q.Actor)
	}
	switch {
	case strings.HasSuffix(q.Action, "."):
		exact("area", q.Action)
	case q.Action != "":
		if area := upTo(q.Action, "."); area != "" {
			exact("area", area) // has the index
		}
		exact("action", q.Action)
	}
	if q.ConsultationID != "" {
		exact("consultation_id", string(q.ConsultationID))
	}
	if q.Object != "" {
		exact("object", q.Object)
	}
	if !q.From.IsZero() {
		f.add("at >= %s", q.From)
	}
	if !q.To.IsZero() {
		f.add("at < %s", q.To)
	}
	if q.After != "" {
		type mark struct{ at, n int64 }
		m, err := one(t, "audit entry", func(r row, m *mark) error { return r.Scan(&m.at, &m.n) }, auditUpTo, q.After)
		if err != nil {
			return nil, err
		}
		f.add("(at, n) < (%s, %s)", m.at, m.n)
	}
	where, args := f.where()
	args = append(args, q.Limit)
	return many(t, "audit", t.scanAudit, `SELECT `+auditColumns+` FROM audit`+where+
		fmt.Sprintf(` ORDER BY at DESC, n DESC LIMIT $%d`, len(args)), args...)
}

func (t *tx) AuditChain(after int64, limit int) ([]*consult.AuditEntry, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	return many(t, "audit", t.scanAudit, `SELECT `+auditColumns+` FROM audit
		WHERE place > 0 AND place > $1 ORDER BY place LIMIT $2`, after, limit)
}

func (t *tx) AuditHead() (n int64, link []byte, err error) {
	h, err := one(t, "head of the chain", scanChainHead, `SELECT place, link FROM heads WHERE log = 'audit'`)
	if err != nil {
		return 0, nil, err
	}
	return h.place, h.link, nil
}

// chainHead is where the chain ends.
type chainHead struct {
	place int64
	link  []byte
}

func scanChainHead(r row, h *chainHead) error { return r.Scan(&h.place, &h.link) }
