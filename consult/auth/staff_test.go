package auth_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/auth"
	"tmk/consult/consulttest"
)

func member(t *testing.T, w *consulttest.World, login string, roles ...consult.StaffRole) consult.Principal {
	t.Helper()
	s, err := w.Auth.CreateStaff(t.Context(), login, password, roles...)
	if err != nil {
		t.Fatal(err)
	}
	return consult.Principal{Staff: s}
}

func TestStaffIsManagedByAdministratorsOnly(t *testing.T) {
	w := newWorld(t)
	boss := member(t, w, "boss", consult.StaffAdmin)
	no := true
	for _, role := range []consult.StaffRole{consult.StaffHead, consult.StaffAuditor, consult.StaffOperator, consult.StaffDoctor} {
		by := member(t, w, string(role), role)
		_, _, err := w.Auth.AddStaff(t.Context(), by, auth.StaffOrder{Login: "x", Roles: []consult.StaffRole{consult.StaffDoctor}})
		wantCode(t, err, consult.CodeForbidden)
		_, err = w.Auth.AllStaff(t.Context(), by)
		wantCode(t, err, consult.CodeForbidden)
		_, err = w.Auth.OneStaff(t.Context(), by, boss.Staff.ID)
		wantCode(t, err, consult.CodeForbidden)
		_, err = w.Auth.AmendStaff(t.Context(), by, by.Staff.ID, auth.StaffAmendment{Roles: []consult.StaffRole{consult.StaffAdmin}})
		wantCode(t, err, consult.CodeForbidden)
		_, err = w.Auth.AmendStaff(t.Context(), by, boss.Staff.ID, auth.StaffAmendment{Disabled: &no})
		wantCode(t, err, consult.CodeForbidden)
		_, err = w.Auth.ResetPassword(t.Context(), by, boss.Staff.ID)
		wantCode(t, err, consult.CodeForbidden)
		wantCode(t, w.Auth.RemoveTOTP(t.Context(), by, boss.Staff.ID), consult.CodeForbidden)
		_, err = w.Auth.Sessions(t.Context(), by, boss.Staff.ID)
		wantCode(t, err, consult.CodeForbidden)
		wantCode(t, w.Auth.EndSessions(t.Context(), by, boss.Staff.ID, nil), consult.CodeForbidden)
		wantCode(t, w.Auth.EndSession(t.Context(), by, boss.Staff.ID, "ss_1"), consult.CodeForbidden)
		if _, err := w.Auth.OneStaff(t.Context(), by, by.Staff.ID); err != nil {
			t.Errorf("%s cannot read the own account: %v", role, err)
		}
	}
}

func TestAccountsLive(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		boss := member(t, w, "boss", consult.StaffAdmin)
		anna, made, err := w.Auth.AddStaff(t.Context(), boss, auth.StaffOrder{
			Login: " Anna ", Name: " Анна Сергеевна ", Roles: []consult.StaffRole{consult.StaffOperator, consult.StaffAuditor},
		})
		if err != nil {
			t.Fatal(err)
		}
		if anna.Login != "anna" || anna.Name != "Анна Сергеевна" || len(made) != 19 {
			t.Errorf("%+v, password of %d", anna, len(made))
		}
		cookie := enter(t, w, "anna", made)
		yes, no, name := true, false, "Анна С."
		got, err := w.Auth.AmendStaff(t.Context(), boss, anna.ID, auth.StaffAmendment{Name: &name, Roles: []consult.StaffRole{consult.StaffHead}})
		if err != nil || got.Name != name || !slices.Equal(got.Roles, []consult.StaffRole{consult.StaffHead}) {
			t.Fatalf("%+v, %v", got, err)
		}
		if v := visit(t, w, cookie); !v.Staff.Is(consult.StaffHead) || v.Staff.Is(consult.StaffAuditor) {
			t.Errorf("the session goes on with %v", v.Staff.Roles)
		}
		for range 2 { // again is no error, and no second row in the audit
			if got, err = w.Auth.AmendStaff(t.Context(), boss, anna.ID, auth.StaffAmendment{Disabled: &yes}); err != nil || got.DisabledAt.IsZero() {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		_, err = w.Auth.Staff(t.Context(), cookie)
		wantCode(t, err, consult.CodeUnauthorized)
		_, err = w.Auth.Login(t.Context(), "anna", made, auth.Browser{})
		wantCode(t, err, consult.CodeUnauthorized)
		if _, err = w.Auth.AmendStaff(t.Context(), boss, anna.ID, auth.StaffAmendment{Disabled: &no}); err != nil {
			t.Fatal(err)
		}
		_, err = w.Auth.Staff(t.Context(), cookie)
		wantCode(t, err, consult.CodeUnauthorized) // its sessions do not come back

		cookie = enter(t, w, "anna", made)
		app, _ := enrolWith(t, w, visit(t, w, cookie), made)
		reset, err := w.Auth.ResetPassword(t.Context(), boss, anna.ID)
		if err != nil || reset == made {
			t.Fatal(err)
		}
		_, err = w.Auth.Staff(t.Context(), cookie)
		wantCode(t, err, consult.CodeUnauthorized)
		_, err = w.Auth.Login(t.Context(), "anna", made, auth.Browser{})
		wantCode(t, err, consult.CodeUnauthorized)
		w.Clock.Advance(time.Minute)
		if _, err := w.Auth.LoginCode(t.Context(), ticket(t, w, "anna", reset), app.code(), ""); err != nil {
			t.Errorf("the second factor did not outlive the password: %v", err)
		}
		if err := w.Auth.RemoveTOTP(t.Context(), boss, anna.ID); err != nil {
			t.Fatal(err)
		}
		enter(t, w, "anna", reset)
		for action, want := range map[string]int{"staff.create": 2, "staff.amend": 1, "staff.disable": 1, "staff.enable": 1, "staff.set_password": 3, "staff.disable_totp": 1} {
			if n := audited(t, w, action); n != want {
				t.Errorf("%d × %s in the audit, want %d", n, action, want)
			}
		}
	})
}

func enrolWith(t *testing.T, w *consulttest.World, v *auth.Visit, secret string) (*authenticator, []string) {
	t.Helper()
	if err := w.Auth.ChangePassword(t.Context(), v, secret, password); err != nil {
		t.Fatal(err)
	}
	v, err := w.Auth.Staff(t.Context(), cookieOf(t, w, v.Staff.Login))
	if err != nil {
		t.Fatal(err)
	}
	app, codes := enrol(t, w, v)
	if err := w.Auth.ChangePassword(t.Context(), visitOf(t, w, app, v.Staff.Login), password, secret); err != nil {
		t.Fatal(err)
	}
	return app, codes
}

func cookieOf(t *testing.T, w *consulttest.World, login string) string {
	return enter(t, w, login, password)
}

func visitOf(t *testing.T, w *consulttest.World, app *authenticator, login string) *auth.Visit {
	t.Helper()
	w.Clock.Advance(time.Minute)
	door, err := w.Auth.LoginCode(t.Context(), ticket(t, w, login, password), app.code(), "")
	if err != nil {
		t.Fatal(err)
	}
	return visit(t, w, door.Cookie)
}

func TestOwnAccountIsChangedWithItsPassword(t *testing.T) {
	w := newWorld(t)
	boss := member(t, w, "boss", consult.StaffAdmin)
	_, err := w.Auth.ResetPassword(t.Context(), boss, boss.Staff.ID)
	wantCode(t, err, consult.CodeConflict)
	wantCode(t, w.Auth.RemoveTOTP(t.Context(), boss, boss.Staff.ID), consult.CodeConflict)
}

func TestLastAdministratorStays(t *testing.T) {
	w := newWorld(t)
	boss := member(t, w, "boss", consult.StaffAdmin, consult.StaffHead)
	other := member(t, w, "other", consult.StaffAdmin)
	yes, no := true, false
	amend := func(id consult.StaffID, a auth.StaffAmendment) error {
		_, err := w.Auth.AmendStaff(t.Context(), consult.System, id, a)
		return err
	}
	if err := amend(other.Staff.ID, auth.StaffAmendment{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, amend(boss.Staff.ID, auth.StaffAmendment{Disabled: &yes}), consult.CodeConflict)
	wantCode(t, amend(boss.Staff.ID, auth.StaffAmendment{Roles: []consult.StaffRole{consult.StaffHead}}), consult.CodeConflict)
	if err := amend(boss.Staff.ID, auth.StaffAmendment{Roles: []consult.StaffRole{consult.StaffAdmin}}); err != nil {
		t.Errorf("still an administrator: %v", err)
	}
	if err := amend(other.Staff.ID, auth.StaffAmendment{Roles: []consult.StaffRole{consult.StaffDoctor}}); err != nil {
		t.Errorf("a disabled administrator may be demoted: %v", err)
	}
	if err := amend(other.Staff.ID, auth.StaffAmendment{Roles: []consult.StaffRole{consult.StaffAdmin}, Disabled: &no}); err != nil {
		t.Fatal(err)
	}
	if err := amend(boss.Staff.ID, auth.StaffAmendment{Disabled: &yes}); err != nil {
		t.Errorf("there is another one: %v", err)
	}
}

// Two administrators who throw each other out at once: one stays.
func TestAdministratorsCannotEndEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		all := []consult.Principal{member(t, w, "a", consult.StaffAdmin), member(t, w, "b", consult.StaffAdmin)}
		yes := true
		for range 5 {
			errs := make([]error, 2)
			var wg sync.WaitGroup
			for i := range all {
				wg.Go(func() {
					_, errs[i] = w.Auth.AmendStaff(t.Context(), all[i], all[1-i].Staff.ID, auth.StaffAmendment{Disabled: &yes})
				})
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("both or none: %v, %v", errs[0], errs[1])
			}
			no := false
			for _, p := range all {
				if _, err := w.Auth.AmendStaff(t.Context(), consult.System, p.Staff.ID, auth.StaffAmendment{Disabled: &no}); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestStaffOrdersAreChecked(t *testing.T) {
	w := newWorld(t)
	boss := member(t, w, "boss", consult.StaffAdmin)
	for name, o := range map[string]auth.StaffOrder{
		"no roles":     {Login: "x"},
		"unknown role": {Login: "x", Roles: []consult.StaffRole{"king"}},
		"a role twice": {Login: "x", Roles: []consult.StaffRole{consult.StaffHead, consult.StaffHead}},
		"long name":    {Login: "x", Name: strings.Repeat("я", 129), Roles: []consult.StaffRole{consult.StaffHead}},
		"two lines":    {Login: "x", Name: "a\nb", Roles: []consult.StaffRole{consult.StaffHead}},
		"odd login":    {Login: "x\xff", Roles: []consult.StaffRole{consult.StaffHead}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := w.Auth.AddStaff(t.Context(), boss, o)
			wantCode(t, err, consult.CodeInvalid)
		})
	}
	_, _, err := w.Auth.AddStaff(t.Context(), boss, auth.StaffOrder{Login: "BOSS", Roles: []consult.StaffRole{consult.StaffHead}})
	wantCode(t, err, consult.CodeConflict)
	_, err = w.Auth.AmendStaff(t.Context(), boss, "u_none", auth.StaffAmendment{})
	wantCode(t, err, consult.CodeNotFound)
	_, err = w.Auth.AmendStaff(t.Context(), boss, boss.Staff.ID, auth.StaffAmendment{Roles: []consult.StaffRole{}})
	wantCode(t, err, consult.CodeInvalid)
}

func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	create(t, w, "anna")
	const other = "another long password"
	stolen, cookie := enter(t, w, "anna", password), enter(t, w, "anna", password)
	v := visit(t, w, cookie)
	wantCode(t, w.Auth.ChangePassword(t.Context(), v, "a wrong password", other), consult.CodeUnauthorized)
	wantCode(t, w.Auth.ChangePassword(t.Context(), v, password, "short"), consult.CodeInvalid)
	wantCode(t, w.Auth.ChangePassword(t.Context(), v, password, password), consult.CodeInvalid)
	visit(t, w, stolen)
	if err := w.Auth.ChangePassword(t.Context(), v, password, other); err != nil {
		t.Fatal(err)
	}
	visit(t, w, cookie) // goes on
	_, err := w.Auth.Staff(t.Context(), stolen)
	wantCode(t, err, consult.CodeUnauthorized)
	_, err = w.Auth.Login(t.Context(), "anna", password, auth.Browser{})
	wantCode(t, err, consult.CodeUnauthorized)
	enter(t, w, "anna", other)
	for range 6 {
		err = w.Auth.ChangePassword(t.Context(), visit(t, w, cookie), "a wrong password", "yet another password")
	}
	wantCode(t, err, consult.CodeRateLimited)
}

func TestSessions(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		boss := member(t, w, "boss", consult.StaffAdmin)
		create(t, w, "anna")
		first := enter(t, w, "anna", password)
		w.Clock.Advance(time.Hour)
		second := enter(t, w, "anna", password)
		v := visit(t, w, first)
		w.Clock.Advance(59 * time.Second)
		visit(t, w, second)
		list, err := w.Auth.Sessions(t.Context(), v.Principal(), v.Staff.ID)
		if err != nil || len(list) != 2 {
			t.Fatalf("%d sessions, %v", len(list), err)
		}
		now := w.Clock.Now()
		newest, oldest := list[0], list[1]
		if !newest.CreatedAt.Equal(now.Add(-59*time.Second)) || !newest.SeenAt.Equal(newest.CreatedAt) || newest.Agent != "Firefox on Linux" {
			t.Errorf("within a minute nothing is noted: %+v", newest)
		}
		if !oldest.SeenAt.Equal(now.Add(-59 * time.Second)) {
			t.Errorf("an hour later the use is noted: %+v", oldest)
		}
		wantCode(t, w.Auth.EndSession(t.Context(), boss, boss.Staff.ID, oldest.ID), consult.CodeNotFound) // another's
		if err := w.Auth.EndSession(t.Context(), v.Principal(), v.Staff.ID, oldest.ID); err != nil {
			t.Fatal(err)
		}
		_, err = w.Auth.Staff(t.Context(), first)
		wantCode(t, err, consult.CodeUnauthorized)
		third := enter(t, w, "anna", password)
		v = visit(t, w, third)
		if err := w.Auth.EndSessions(t.Context(), v.Principal(), v.Staff.ID, v.Session.Hash); err != nil {
			t.Fatal(err)
		}
		_, err = w.Auth.Staff(t.Context(), second)
		wantCode(t, err, consult.CodeUnauthorized)
		visit(t, w, third)
		if err := w.Auth.EndSessions(t.Context(), boss, v.Staff.ID, nil); err != nil {
			t.Fatal(err)
		}
		_, err = w.Auth.Staff(t.Context(), third)
		wantCode(t, err, consult.CodeUnauthorized)
		wantCode(t, w.Auth.EndSessions(t.Context(), boss, "u_none", nil), consult.CodeNotFound)

		enter(t, w, "anna", password)
		w.Clock.Advance(12 * time.Hour)
		if list, err = w.Auth.Sessions(t.Context(), boss, v.Staff.ID); err != nil || len(list) != 0 {
			t.Errorf("%d sessions that have run out, %v", len(list), err)
		}
	})
}
