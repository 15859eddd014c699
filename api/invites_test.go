package api

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func tokenOf(link string) string { return strings.TrimPrefix(link, consulttest.PublicURL+"/j/") }

func TestInvites(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	h.Clock.Advance(time.Second)
	made := into[Invite](h.post(sessionURL(v, "/invites"), map[string]any{"role": "interpreter", "id": "i-3", "name": "Ким"}).want(201))
	list := into[InvitePage](h.get(sessionURL(v, "/invites")).want(200))
	if len(list.Items) != 3 || list.Items[2].ID != made.ID || list.Items[2].URL != made.URL || made.CreatedAt.IsZero() {
		t.Fatalf("%+v", list)
	}
	for _, one := range list.Items {
		if e := h.enter(tokenOf(one.URL), "ru").want(200); into[RoomEntered](e).Seat.ID != one.ID {
			t.Errorf("the link of %s opens another seat", one.ID)
		}
	}
	page := into[InvitePage](h.get(sessionURL(v, "/invites?limit=2")).want(200))
	rest := into[InvitePage](h.get(sessionURL(v, "/invites?limit=2&cursor=") + url.QueryEscape(page.NextCursor)).want(200))
	if len(page.Items) != 2 || len(rest.Items) != 1 || rest.Items[0].ID != made.ID || rest.NextCursor != "" {
		t.Errorf("%+v, then %+v", page, rest)
	}
	wantField(t, h.get(sessionURL(v, "/invites?cursor=AAAA&limit=0")).wantProblem(400, consult.CodeInvalid), "/limit")

	wantField(t, h.post(sessionURL(v, "/invites"), `{"role":"relative","id":""}`).wantProblem(400, consult.CodeInvalid), "/id")

	h.do(call{method: "DELETE", path: base + "/invites/" + made.ID, body: `{"x":1}`}).wantProblem(400, consult.CodeInvalid)
	h.do(call{method: "DELETE", path: base + "/invites/" + made.ID, body: " { }\n"}).want(204)
	h.do(call{method: "DELETE", path: base + "/invites/" + made.ID}).want(204)
	h.enter(tokenOf(made.URL), "ru").wantProblem(404, consult.CodeLinkUnknown)
	gone := into[InvitePage](h.get(sessionURL(v, "/invites")).want(200)).Items[2]
	if gone.URL != "" || gone.RevokedAt.IsZero() {
		t.Errorf("revoked %+v", gone)
	}
	h.post(base+"/invites/"+made.ID+"/link", nil).wantProblem(409, consult.CodeConflict)
	h.do(call{method: "DELETE", path: base + "/invites/" + string(v.Doctor.ID)}).wantProblem(409, consult.CodeConflict)
	h.do(call{method: "DELETE", path: base + "/invites/s_none"}).wantProblem(404, consult.CodeNotFound)
	h.as(h.key("other"), "DELETE", base+"/invites/"+string(v.Patient.ID), nil).wantProblem(404, consult.CodeNotFound)
	e := h.as(h.key("lk", consult.ScopeSessionsRead), "GET", sessionURL(v, "/invites"), nil).wantProblem(403, consult.CodeForbidden)
	if !strings.Contains(e.Detail, "sessions:write") {
		t.Errorf("it does not say which scope is missing: %q", e.Detail)
	}
}

// Whoever else is invited as a doctor or a patient does not stand in the place of the session's own.
func TestLinksOfTheOwn(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	h.Clock.Advance(time.Second)
	for _, role := range []string{"doctor", "patient"} {
		second := into[Invite](h.post(sessionURL(v, "/invites"), map[string]any{"role": role, "name": "Ким"}).want(201))
		for _, revoked := range []bool{false, true} {
			if revoked {
				h.do(call{method: "DELETE", path: base + "/invites/" + second.ID}).want(204)
			}
			s := into[Session](h.get(sessionURL(v, "")).want(200))
			if tokenOf(s.Links.Doctor) != v.DoctorLink || tokenOf(s.Links.Patient) != v.PatientLink {
				t.Errorf("a second %s, revoked %t: %+v", role, revoked, s.Links)
			}
			there := slices.ContainsFunc(s.Participants, func(p Participant) bool { return p.ID == second.ID })
			if there == revoked {
				t.Errorf("a second %s, revoked %t: %+v", role, revoked, s.Participants)
			}
		}
	}
}

// A new link ends the old one, with all that it opened.
func TestNewLink(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	pass := h.Pass(t, v.PatientLink)
	path := base + "/invites/" + string(v.Patient.ID) + "/link"
	fresh := into[Invite](h.post(path, `{}`).want(200))
	if fresh.ID != string(v.Patient.ID) || tokenOf(fresh.URL) == v.PatientLink {
		t.Fatalf("%+v", fresh)
	}
	h.enter(v.PatientLink, "ru").wantProblem(404, consult.CodeLinkUnknown)
	h.as(pass, "GET", "/v1/room/state", nil).wantProblem(401, consult.CodeUnauthorized)
	h.enter(tokenOf(fresh.URL), "ru").want(200)
	if s := into[Session](h.get(sessionURL(v, "")).want(200)); s.Links.Patient != fresh.URL {
		t.Errorf("the session has the link %s", s.Links.Patient)
	}
	wantField(t, h.post(path, `{"role":"doctor"}`).wantProblem(400, consult.CodeInvalid), "/role")
	h.post(sessionURL(v, "/cancel"), nil).want(200)
	h.post(path, nil).wantProblem(409, consult.CodeConflict)
}
