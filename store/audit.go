package store

import "tmk/consult"

const auditColumns = `id, at, actor, action, consultation_id, object, detail`

func scanAudit(r row, a *consult.AuditEntry) error {
	return r.Scan(&a.ID, (*instant)(&a.At), &a.Actor, &a.Action, &a.ConsultationID, &a.Object, &a.Detail)
}

func (t *tx) AddAudit(a *consult.AuditEntry) error {
	return t.add("audit entry", `INSERT INTO audit (`+auditColumns+`) VALUES (`+placeholders(1, 7)+`)
		ON CONFLICT DO NOTHING`, a.ID, a.At, a.Actor, a.Action, a.ConsultationID, a.Object, a.Detail)
}

// Audit lists by At, and entries of one moment in the order of their writing; newest first.
func (t *tx) Audit(q consult.AuditQuery) ([]*consult.AuditEntry, error) {
	id, limit := q.ConsultationID, q.Limit
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	const order = ` ORDER BY at DESC, n DESC LIMIT $1`
	if id == "" {
		return many(t, "audit", scanAudit, `SELECT `+auditColumns+` FROM audit`+order, limit)
	}
	return many(t, "audit", scanAudit, `SELECT `+auditColumns+` FROM audit WHERE consultation_id = $2`+order, limit, id)
}
