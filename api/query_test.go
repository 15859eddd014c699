package api

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

// A cursor goes on with the list that gave it, and with no other.
func TestCursorsOfOtherLists(t *testing.T) {
	e := newEstate(t)
	for _, id := range []string{"p-902", "p-2"} { // of a doctor who is a patient, too
		e.Schedule(t, func(o *consult.Order) { o.Patient.ID = id })
		e.Schedule(t, func(o *consult.Order) { o.Doctor.ID, o.Patient.ID = "p-902", "d-17" })
	}
	h, other := e.house, e.begin(recorded)
	for _, v := range []*consulttest.Visit{e.visit, other} {
		for _, s := range []*consult.Seat{v.Doctor, v.Patient} {
			if _, err := h.Desk.PostMessage(t.Context(), s.ID, "m-"+string(s.ID), "да"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		h.hook(`{"url":"https://lk.example"}`)
	}
	hook := h.hook(`{"url":"https://lk.example"}`).ID
	h.Schedule(t, nil)
	h.Schedule(t, nil)
	const sessions = base + "/sessions"
	auditor := h.hire("auditor", consult.StaffAuditor)
	asAuditor := map[string]string{"Cookie": cookieName + "=" + auditor.cookie}
	start := url.QueryEscape(h.Clock.Now().Add(-time.Hour).Format(time.RFC3339))
	for _, tc := range []struct {
		list   string // with its filters
		others []string
		header map[string]string
	}{
		{sessions + "/doctor/d-17?", []string{
			sessions + "/doctor/d-17?order=desc&", sessions + "/doctor/d-17?status=UPCOMING&", sessions + "/doctor/d-17?from=" + start + "&",
			sessions + "/doctor/p-902?", sessions + "/patient/d-17?", base + "/webhooks?",
		}, nil},
		{sessions + "/doctor/d-17?order=desc&", []string{sessions + "/doctor/d-17?", sessions + "/doctor/d-17?order=asc&"}, nil},
		{sessionURL(e.visit, "/messages?"), []string{sessionURL(other, "/messages?"), sessionURL(e.visit, "/invites?")}, nil},
		{sessionURL(e.visit, "/invites?"), []string{sessionURL(other, "/invites?"), sessionURL(e.visit, "/messages?"), base + "/webhooks?"}, nil},
		{base + "/webhooks?", []string{base + "/webhooks?integration=lk&"}, nil},
		{base + "/webhooks/" + hook + "/deliveries?", []string{base + "/webhooks/" + hook + "/deliveries?state=pending&"}, nil},
		{"/v1/admin/audit?", []string{"/v1/admin/audit?action=staff.&"}, asAuditor},
	} {
		type page struct {
			Items      []struct{ ID string }
			NextCursor string
		}
		get := func(path string) *reply {
			return h.do(call{path: path, header: tc.header, anonymous: tc.header != nil})
		}
		first := into[page](get(tc.list + "limit=1").want(200))
		cursor := url.QueryEscape(first.NextCursor)
		second := into[page](get(tc.list + "limit=2&cursor=" + cursor).want(200))
		if len(first.Items) != 1 || len(second.Items) == 0 || slices.Contains(second.Items, first.Items[0]) {
			t.Errorf("%s: %+v, then %+v", tc.list, first, second)
		}
		for _, other := range append(tc.others, tc.list) {
			foreign := cursor
			if other == tc.list {
				foreign = "" // which is not the beginning
			}
			p := get(other+"limit=1&cursor="+foreign).wantProblem(400, consult.CodeInvalid)
			if f := wantField(t, p, "/cursor"); f.Message != translate(russian, msgBadCursor) {
				t.Errorf("%s: %q", other, f.Message)
			}
		}
	}
	for path, field := range map[string]string{
		base + "/webhooks?integration=":                       "/integration",
		base + "/webhooks/" + hook + "/deliveries?sessionId=": "/sessionId",
	} {
		wantField(t, h.get(path).wantProblem(400, consult.CodeInvalid), field)
	}
	for _, name := range []string{"actor", "action", "session", "object"} {
		wantField(t, auditor.ask("GET", "/v1/admin/audit?"+name+"=", nil).wantProblem(400, consult.CodeInvalid), "/"+name)
	}
}
