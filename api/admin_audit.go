package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// auditRoutes are how administrators and auditors read who did what.
func (a *API) auditRoutes() []route {
	read := may(consult.ActReadAudit)
	return []route{
		{"GET", "/v1/admin/audit", forStaff, read,
			[]string{"actor", "action", "session", "object", "from", "to", "limit", "cursor"}, a.listAudit, nil},
		{"POST", "/v1/admin/audit/verify", forStaff, read, nil, bodiless(a.verifyAudit), nil},
	}
}

func (a *API) listAudit(c echo.Context) error {
	q := consult.AuditQuery{
		Actor: c.QueryParam("actor"), Action: c.QueryParam("action"), Object: c.QueryParam("object"),
		ConsultationID: consult.ConsultationID(c.QueryParam("session")),
	}
	var badLimit, badCursor, badFrom, badTo *consult.FieldError
	q.Limit, badLimit = limitParam(c)
	q.After, badCursor = cursorParam(c)
	q.From, badFrom = timeParam(c, "from")
	q.To, badTo = timeParam(c, "to")
	if err := invalidOf(badLimit, badCursor, badFrom, badTo); err != nil {
		return err
	}
	ctx := c.Request().Context()
	page, err := a.desk.Audit(ctx, principal(c), q)
	if err != nil {
		return err
	}
	names, err := a.actorNames(ctx)
	if err != nil {
		return err
	}
	shown := AuditPage{Items: make([]AuditEntry, 0, len(page.Items)), NextCursor: cursorBehind(c, page.Next)}
	for _, e := range page.Items {
		shown.Items = append(shown.Items, showAudit(e, names))
	}
	return answer(c, http.StatusOK, shown)
}

// actorNames says who the actors of the audit are, for who may read it. People in
// consultations have no names there.
func (a *API) actorNames(ctx context.Context) (map[string]string, error) {
	names := map[string]string{}
	staff, err := a.auth.AllStaff(ctx, consult.System)
	if err != nil {
		return nil, err
	}
	for _, s := range staff {
		names[consult.Principal{Staff: s}.Actor()] = s.Login
	}
	keys, err := a.desk.APIKeys(ctx, consult.System)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		name := k.Integration
		if k.Name != "" {
			name += ": " + k.Name
		}
		names[consult.Principal{Key: k}.Actor()] = name
	}
	return names, nil
}

func showAudit(e *consult.AuditEntry, names map[string]string) AuditEntry {
	return AuditEntry{
		ID: e.ID, At: e.At.UTC(), Actor: e.Actor, ActorName: names[e.Actor], Action: e.Action,
		SessionID: string(e.ConsultationID), Object: e.Object, Detail: e.Detail, N: e.N, Forged: e.Forged,
	}
}

func (a *API) verifyAudit(c echo.Context) error {
	v, err := a.desk.VerifyAudit(c.Request().Context())
	if err != nil {
		return err
	}
	shown := AuditVerdict{
		Ok: v.Why == "", Entries: v.Entries, At: a.cfg.Now().UTC(),
		HeadN: v.Head.N, HeadLink: v.Head.Link, Why: AuditVerdictWhy(v.Why),
	}
	if v.FirstBad != nil {
		names, err := a.actorNames(c.Request().Context())
		if err != nil {
			return err
		}
		shown.FirstBad = showAudit(v.FirstBad, names)
	}
	return answer(c, http.StatusOK, shown)
}
