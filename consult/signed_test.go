package consult_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

// claimsOf are good ones for a role of the consultation.
func claimsOf(v *consulttest.Visit, role consult.Role) consult.Claims {
	c := consult.Claims{
		Key: "jk_1", Integration: "lk", Session: string(v.ID), Role: role, Subject: "g-1", Name: "Петрова Нина",
		ExpiresAt: noon.Add(time.Hour), TokenID: "jti-1",
	}
	switch role {
	case consult.RoleDoctor:
		c.Subject = "d-17"
	case consult.RolePatient:
		c.Subject = "p-902"
	}
	return c
}

func TestEnterSigned(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, func(o *consult.Order) { o.ExternalID = "lk-48213" })
		for _, role := range []consult.Role{consult.RoleDoctor, consult.RolePatient} {
			e := must(w.Desk.EnterSigned(t.Context(), claimsOf(v, role)))(t)
			want := v.Doctor
			if role == consult.RolePatient {
				want = v.Patient
			}
			if e.Seat.ID != want.ID || e.Seat.Person != want.Person {
				t.Errorf("%+v, want %+v", e.Seat, want)
			}
			must(w.Desk.Resume(t.Context(), e.Pass))(t)
		}
		// A guest gets a seat, once, and by the external id too.
		first := must(w.Desk.EnterSigned(t.Context(), claimsOf(v, consult.RoleRelative)))(t)
		if p := first.Seat.Person; p != (consult.Person{ID: "g-1", Name: "Петрова Нина"}) || first.Seat.Admitted() {
			t.Errorf("%+v", first.Seat)
		}
		again := claimsOf(v, consult.RoleRelative)
		again.Session, again.Name = "lk-48213", "Somebody else"
		if e := must(w.Desk.EnterSigned(t.Context(), again))(t); e.Seat.ID != first.Seat.ID || e.Seat.Person.Name != "Петрова Нина" {
			t.Errorf("%+v", e.Seat)
		}
		if d := must(w.Desk.Seats(t.Context(), as(consult.StaffAdmin), v.ID))(t); len(d.Seats) != 3 || len(d.Links) != 3 {
			t.Errorf("%d seats", len(d.Seats))
		}
		want := []string{
			"consultation.schedule", "seat.enter_signed", "seat.enter_signed", "seat.invite", "seat.enter_signed", "seat.enter_signed",
		}
		if got := actions(t, w, v.ID); !slices.Equal(got, want) {
			t.Errorf("audit %v, want %v", got, want)
		}
		for _, a := range must(w.Desk.Audit(t.Context(), consult.System, consult.AuditQuery{Action: "seat.enter_signed"}))(t).Items {
			if a.Detail != "key=jk_1 jti=jti-1" {
				t.Errorf("the audit says %q", a.Detail)
			}
		}
	})
}

func TestEnterSignedRefused(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	v := w.Schedule(t, nil)
	for name, tt := range map[string]struct {
		spoil func(c *consult.Claims)
		want  consult.Code
	}{
		"no such session":     {func(c *consult.Claims) { c.Session = "c_none" }, consult.CodeLinkUnknown},
		"another integration": {func(c *consult.Claims) { c.Integration = "other" }, consult.CodeLinkUnknown},
		"run out":             {func(c *consult.Claims) { c.ExpiresAt = noon }, consult.CodeLinkExpired},
		"another patient":     {func(c *consult.Claims) { c.Subject = "p-1" }, consult.CodeForbidden},
		"patient as doctor":   {func(c *consult.Claims) { c.Role = consult.RoleDoctor }, consult.CodeForbidden},
		"no role":             {func(c *consult.Claims) { c.Role = "" }, consult.CodeInvalid},
		"unknown role":        {func(c *consult.Claims) { c.Role = "admin" }, consult.CodeInvalid},
		"nobody":              {func(c *consult.Claims) { c.Subject = "" }, consult.CodeInvalid},
		"no session":          {func(c *consult.Claims) { c.Session = "" }, consult.CodeInvalid},
		"odd name":            {func(c *consult.Claims) { c.Name = "a\u202eb" }, consult.CodeInvalid},
	} {
		c := claimsOf(v, consult.RolePatient)
		tt.spoil(&c)
		_, err := w.Desk.EnterSigned(t.Context(), c)
		if got := consult.CodeOf(err); got != tt.want {
			t.Errorf("%s: %q, want %q (%v)", name, got, tt.want, err)
		}
	}
	// Who was revoked does not come back by another way.
	guest := must(w.Desk.EnterSigned(t.Context(), claimsOf(v, consult.RoleRelative)))(t)
	if err := w.Desk.Revoke(t.Context(), key, guest.Seat.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.Desk.EnterSigned(t.Context(), claimsOf(v, consult.RoleRelative))
	wantCode(t, err, consult.CodeLinkUnknown)
	anew, _ := must2(w.Desk.Invite(t.Context(), key, v.ID, consult.RoleRelative, consult.Person{ID: "g-1"}))(t)
	if e := must(w.Desk.EnterSigned(t.Context(), claimsOf(v, consult.RoleRelative)))(t); e.Seat.ID != anew.ID {
		t.Errorf("seat %s, want the new invitation's", e.Seat.ID)
	}
	// The room has its bound.
	for i := range 5 {
		c := claimsOf(v, consult.RoleObserver)
		c.Subject = fmt.Sprint(i)
		must(w.Desk.EnterSigned(t.Context(), c))(t)
	}
	_, err = w.Desk.EnterSigned(t.Context(), claimsOf(v, consult.RoleObserver))
	wantCode(t, err, consult.CodeConflict)
	// What is over is over for guests who never came, too.
	must(w.Desk.Cancel(t.Context(), key, v.ID, ""))(t)
	for _, role := range []consult.Role{consult.RolePatient, consult.RoleInterpreter} {
		_, err = w.Desk.EnterSigned(t.Context(), claimsOf(v, role))
		wantCode(t, err, consult.CodeCancelled)
	}
}

// TestEnterSignedAtOnce: one guest on many devices is one seat.
func TestEnterSignedAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		seats := make([]consult.SeatID, 6)
		atOnce(len(seats), func(i int) {
			e, err := w.Desk.EnterSigned(t.Context(), claimsOf(v, consult.RoleRelative))
			if err != nil {
				t.Error(err)
				return
			}
			seats[i] = e.Seat.ID
		})
		if len(slices.Compact(seats)) != 1 {
			t.Errorf("seats %v", seats)
		}
	})
}

// TestOddTokenID: a jti that could hold anything is written down as its hash.
func TestOddTokenID(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	c := claimsOf(v, consult.RolePatient)
	c.TokenID = "Петров Олег\n" + strings.Repeat("x", 100)
	must(w.Desk.EnterSigned(t.Context(), c))(t)
	a := must(w.Desk.Audit(t.Context(), consult.System, consult.AuditQuery{Action: "seat.enter_signed"}))(t).Items[0]
	if !strings.HasPrefix(a.Detail, "key=jk_1 jti=sha256:") || len(a.Detail) != len("key=jk_1 jti=sha256:")+16 {
		t.Errorf("%q", a.Detail)
	}
}
