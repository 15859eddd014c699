package api

import (
	"slices"
	"strings"
	"time"

	"tmk/consult"
)

// Caller is one of those who may come to a route, as docs/access.md names them.
type Caller struct {
	Name      string
	principal consult.Principal
}

// RouteAccess is a route with who may come to it, and what it takes.
type RouteAccess struct {
	Method, Path string // "/v1/abm/video/sessions/{id}"
	Credential   string
	Action       consult.Action // "" where Open says why no right is needed
	Open         string
	Allowed      []bool // by [Callers]: on things of their own integration, or of their own consultation
}

// credentials are the words for what a route wants.
var credentials = map[access]string{
	forAll: "none", forProbe: "none", forBrowser: "none, from our own pages", forKey: "API key",
	forPass: "pass", forStaff: "staff cookie", forKeyOrStaff: "API key or staff cookie",
}

// ownConsultation is the one that the seats of [Callers] are in.
var ownConsultation = &consult.Consultation{ID: "c_own", Integration: "own"}

// Callers are one of each kind: nobody, keys by scope, seats by role and admission, staff by role.
func Callers() []Caller {
	callers := []Caller{{Name: "nobody"}}
	for _, s := range consult.AllScopes {
		callers = append(callers, Caller{"key " + string(s), consult.Principal{Key: &consult.APIKey{
			ID: "k_own", Integration: ownConsultation.Integration, Scopes: []consult.Scope{s},
		}}})
	}
	for _, r := range []consult.Role{consult.RoleDoctor, consult.RolePatient, consult.RoleRelative, consult.RoleInterpreter, consult.RoleObserver} {
		callers = append(callers, Caller{string(r), seatOf(r, true)})
		if r != consult.RoleDoctor {
			callers = append(callers, Caller{string(r) + ", waiting", seatOf(r, false)})
		}
	}
	for _, r := range consult.AllStaffRoles {
		callers = append(callers, Caller{"staff " + string(r), consult.Principal{Staff: &consult.Staff{
			ID: "u_own", Roles: []consult.StaffRole{r},
		}}})
	}
	return callers
}

func seatOf(r consult.Role, admitted bool) consult.Principal {
	s := &consult.Seat{ID: "s_own", ConsultationID: ownConsultation.ID, Role: r}
	if admitted {
		s.AdmittedAt = time.Unix(1, 0)
	}
	return consult.Principal{Seat: s}
}

// AccessTable is who may come to which route, in the order of the router.
func AccessTable() []RouteAccess {
	var table []RouteAccess
	callers := Callers()
	for _, r := range (&API{}).routes() {
		row := RouteAccess{
			Method: r.method, Path: bracketed(r.path), Credential: credentials[r.access], Action: r.rule.action, Open: r.rule.open,
		}
		for _, c := range callers {
			row.Allowed = append(row.Allowed, r.admits(c.principal))
		}
		table = append(table, row)
	}
	return table
}

// admits tells whether a caller may come to the route, for what is his own.
func (r route) admits(p consult.Principal) bool {
	var credential bool
	switch r.access {
	case forAll, forProbe, forBrowser:
		credential = true
	case forKey:
		credential = p.Key != nil
	case forPass:
		credential = p.Seat != nil
	case forStaff:
		credential = p.Staff != nil
	case forKeyOrStaff:
		credential = p.Key != nil || p.Staff != nil
	}
	if !credential || r.rule.open != "" {
		return credential
	}
	if p.Seat != nil {
		return consult.Can(p, r.rule.action, ownConsultation)
	}
	return consult.Can(p, r.rule.action, nil)
}

// bracketed says a path as the documents do.
func bracketed(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// RightsOf says in words who has the right to do an action.
func RightsOf(a consult.Action) (scope string, staff, seats []string) {
	r := consult.Rights()[a]
	for _, role := range r.Staff {
		staff = append(staff, string(role))
	}
	if r.AnySeat {
		seats = append(seats, "everybody admitted")
	}
	for _, role := range r.Roles {
		seats = append(seats, string(role))
	}
	if r.Patients && !slices.Contains(seats, "patient") {
		seats = append(seats, "patient, waiting too")
	}
	return string(r.Scope), staff, seats
}
