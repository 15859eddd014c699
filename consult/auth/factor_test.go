package auth_test

import (
	"encoding/base32"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/auth"
	"tmk/consult/consulttest"
)

// authenticator is the app on somebody's phone.
type authenticator struct {
	w      *consulttest.World
	secret []byte
}

func (a *authenticator) code() string { return auth.CodeAt(a.secret, a.w.Clock.Now()) }

// enrol turns the second factor of a visitor on.
func enrol(t *testing.T, w *consulttest.World, v *auth.Visit) (*authenticator, []string) {
	t.Helper()
	s, err := w.Auth.BeginTOTP(t.Context(), v, password)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(s.Secret)
	if err != nil || len(secret) != 20 {
		t.Fatalf("secret %q: %v", s.Secret, err)
	}
	app := &authenticator{w, secret}
	codes, err := w.Auth.ConfirmTOTP(t.Context(), v, s.Envelope, app.code())
	if err != nil || len(codes) != 10 {
		t.Fatalf("%d recovery codes, %v", len(codes), err)
	}
	return app, codes
}

// ticket is the first step of a login.
func ticket(t *testing.T, w *consulttest.World, login, password string) string {
	t.Helper()
	door, err := w.Auth.Login(t.Context(), login, password, auth.Browser{})
	if err != nil || door.Cookie != "" || door.Ticket == "" {
		t.Fatalf("%+v, %v", door, err)
	}
	return door.Ticket
}

func TestSecondFactor(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		create(t, w, "anna")
		other, cookie := enter(t, w, "anna", password), enter(t, w, "anna", password)
		app, recovery := enrol(t, w, visit(t, w, cookie))
		if v := visit(t, w, cookie); v.Session.Way != auth.WayTOTP || v.Staff.TOTPSecret == nil {
			t.Errorf("%+v", v.Session)
		}
		_, err := w.Auth.Staff(t.Context(), other)
		wantCode(t, err, consult.CodeUnauthorized) // it began with a password alone

		first := ticket(t, w, "anna", password)
		_, err = w.Auth.LoginCode(t.Context(), first, app.code(), "")
		wantCode(t, err, consult.CodeUnauthorized) // the code was used to confirm
		w.Clock.Advance(30 * time.Second)
		code := app.code()
		door, err := w.Auth.LoginCode(t.Context(), first, " "+code[:3]+" "+code[3:], firefox)
		if err != nil || door.Cookie == "" {
			t.Fatalf("%+v, %v", door, err)
		}
		if v := visit(t, w, door.Cookie); v.Session.Way != auth.WayTOTP || v.Session.Agent != "Firefox on Linux" {
			t.Errorf("%+v", v.Session)
		}
		_, err = w.Auth.LoginCode(t.Context(), ticket(t, w, "anna", password), code, "")
		wantCode(t, err, consult.CodeUnauthorized) // a code works once, whoever brings it

		door, err = w.Auth.LoginCode(t.Context(), ticket(t, w, "anna", password), strings.ToUpper(recovery[4]), "")
		if err != nil {
			t.Fatal(err)
		}
		if v := visit(t, w, door.Cookie); v.Session.Way != auth.WayRecovery || len(v.Staff.Recovery) != 9 {
			t.Errorf("%+v, %d codes left", v.Session, len(v.Staff.Recovery))
		}
		_, err = w.Auth.LoginCode(t.Context(), ticket(t, w, "anna", password), recovery[4], "")
		wantCode(t, err, consult.CodeUnauthorized)
	})
}

func TestTicketEnds(t *testing.T) {
	w := newWorld(t)
	create(t, w, "anna")
	app, recovery := enrol(t, w, visit(t, w, enter(t, w, "anna", password)))

	late := ticket(t, w, "anna", password)
	w.Clock.Advance(5 * time.Minute)
	_, err := w.Auth.LoginCode(t.Context(), late, app.code(), "")
	wantCode(t, err, consult.CodeUnauthorized)

	old := ticket(t, w, "anna", password)
	if err := w.Auth.SetPassword(t.Context(), "anna", "another long password"); err != nil {
		t.Fatal(err)
	}
	_, err = w.Auth.LoginCode(t.Context(), old, app.code(), "")
	wantCode(t, err, consult.CodeUnauthorized)
	for _, forged := range []string{"", "x", old + "x"} {
		_, err = w.Auth.LoginCode(t.Context(), forged, recovery[0], "")
		wantCode(t, err, consult.CodeUnauthorized)
	}
	// An account that was disabled between the steps is out.
	boss := create(t, w, "boss")
	fresh := ticket(t, w, "anna", "another long password")
	yes := true
	staff := visit(t, w, enter(t, w, "boss", password))
	all, err := w.Auth.AllStaff(t.Context(), staff.Principal())
	if err != nil || len(all) != 2 || all[1].ID != boss.ID {
		t.Fatalf("%d accounts, %v", len(all), err)
	}
	if _, err := w.Auth.AmendStaff(t.Context(), staff.Principal(), all[0].ID, auth.StaffAmendment{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	_, err = w.Auth.LoginCode(t.Context(), fresh, app.code(), "")
	wantCode(t, err, consult.CodeUnauthorized)
	_, err = w.Auth.Login(t.Context(), "anna", "another long password", auth.Browser{})
	wantCode(t, err, consult.CodeUnauthorized)
}

func TestCodesAreThrottled(t *testing.T) {
	w := newWorld(t)
	create(t, w, "anna")
	app, recovery := enrol(t, w, visit(t, w, enter(t, w, "anna", password)))
	w.Clock.Advance(time.Minute)
	step := ticket(t, w, "anna", password)
	for range 5 {
		_, err := w.Auth.LoginCode(t.Context(), step, "000000", "")
		wantCode(t, err, consult.CodeUnauthorized)
	}
	// Knowing the password again does not help, nor does a right code.
	for _, code := range []string{app.code(), recovery[0]} {
		_, err := w.Auth.LoginCode(t.Context(), ticket(t, w, "anna", password), code, "")
		wantCode(t, err, consult.CodeRateLimited)
	}
	w.Clock.Advance(10 * time.Minute)
	if _, err := w.Auth.LoginCode(t.Context(), ticket(t, w, "anna", password), recovery[0], ""); err != nil {
		t.Error(err)
	}
}

func TestEnrolmentIsRefused(t *testing.T) {
	w := newWorld(t)
	create(t, w, "anna")
	create(t, w, "boris")
	anna, boris := visit(t, w, enter(t, w, "anna", password)), visit(t, w, enter(t, w, "boris", password))
	_, err := w.Auth.BeginTOTP(t.Context(), anna, "a wrong password")
	wantCode(t, err, consult.CodeUnauthorized)
	s, err := w.Auth.BeginTOTP(t.Context(), anna, password)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Auth.ConfirmTOTP(t.Context(), anna, s.Envelope, "000000")
	wantCode(t, err, consult.CodeUnauthorized)
	if visit(t, w, enter(t, w, "anna", password)).Staff.TOTPSecret != nil {
		t.Error("it is on without a code")
	}
	secret, _ := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(s.Secret)
	_, err = w.Auth.ConfirmTOTP(t.Context(), boris, s.Envelope, auth.CodeAt(secret, w.Clock.Now()))
	wantCode(t, err, consult.CodeUnauthorized) // somebody else's setup
	w.Clock.Advance(15 * time.Minute)
	_, err = w.Auth.ConfirmTOTP(t.Context(), anna, s.Envelope, auth.CodeAt(secret, w.Clock.Now()))
	wantCode(t, err, consult.CodeUnauthorized) // too late

	enrol(t, w, anna)
	_, err = w.Auth.BeginTOTP(t.Context(), visit(t, w, enter(t, w, "boris", password)), password)
	if err != nil {
		t.Error(err)
	}
	again, err := w.Auth.BeginTOTP(t.Context(), anna, password) // a page that was open before
	if err != nil {
		t.Fatal(err)
	}
	secret, _ = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(again.Secret)
	_, err = w.Auth.ConfirmTOTP(t.Context(), anna, again.Envelope, auth.CodeAt(secret, w.Clock.Now()))
	wantCode(t, err, consult.CodeConflict)
}

func TestSecondFactorGoesAway(t *testing.T) {
	w := newWorld(t)
	create(t, w, "anna")
	cookie := enter(t, w, "anna", password)
	app, recovery := enrol(t, w, visit(t, w, cookie))
	w.Clock.Advance(time.Minute)
	v := visit(t, w, cookie)
	wantCode(t, w.Auth.DisableTOTP(t.Context(), v, "a wrong password", app.code()), consult.CodeUnauthorized)
	wantCode(t, w.Auth.DisableTOTP(t.Context(), v, password, "000000"), consult.CodeUnauthorized)

	fresh, err := w.Auth.RenewRecovery(t.Context(), v, password, recovery[0])
	if err != nil || len(fresh) != 10 || fresh[0] == recovery[0] {
		t.Fatalf("%v, %v", fresh, err)
	}
	_, err = w.Auth.LoginCode(t.Context(), ticket(t, w, "anna", password), recovery[1], "")
	wantCode(t, err, consult.CodeUnauthorized) // the old ones ended
	if err := w.Auth.DisableTOTP(t.Context(), v, password, fresh[0]); err != nil {
		t.Fatal(err)
	}
	enter(t, w, "anna", password) // one step again
	v = visit(t, w, cookie)
	if v.Staff.TOTPSecret != nil || v.Staff.Recovery != nil {
		t.Errorf("%+v", v.Staff)
	}
	wantCode(t, w.Auth.DisableTOTP(t.Context(), v, password, app.code()), consult.CodeConflict)
	_, err = w.Auth.RenewRecovery(t.Context(), v, password, app.code())
	wantCode(t, err, consult.CodeConflict)
	for action, want := range map[string]int{"staff.enable_totp": 1, "staff.disable_totp": 1, "staff.renew_recovery": 1} {
		if n := audited(t, w, action); n != want {
			t.Errorf("%d × %s in the audit", n, action)
		}
	}
}

func TestSecondFactorMayBeDemanded(t *testing.T) {
	w := newWorld(t)
	w.Auth = auth.Hurry(auth.New(w.Store, auth.Config{Now: w.Clock.Now, RequireTOTP: true}))
	create(t, w, "anna")
	cookie := enter(t, w, "anna", password)
	v := visit(t, w, cookie)
	if !v.MustEnrol {
		t.Error("nothing is demanded")
	}
	app, _ := enrol(t, w, v)
	if v = visit(t, w, cookie); v.MustEnrol {
		t.Error("it is on and still demanded")
	}
	w.Clock.Advance(time.Minute)
	wantCode(t, w.Auth.DisableTOTP(t.Context(), v, password, app.code()), consult.CodeConflict)
}

// A ticket of one node opens on another, with the same key only.
func TestTicketsAreOfTheInstallation(t *testing.T) {
	w := newWorld(t)
	key := []byte(strings.Repeat("k", 32))
	node := func(key []byte) *auth.Auth {
		return auth.Hurry(auth.New(w.Store, auth.Config{Now: w.Clock.Now, Key: key}))
	}
	w.Auth = node(key)
	create(t, w, "anna")
	app, _ := enrol(t, w, visit(t, w, enter(t, w, "anna", password)))
	w.Clock.Advance(time.Minute)
	step := ticket(t, w, "anna", password)
	_, err := node([]byte(strings.Repeat("x", 32))).LoginCode(t.Context(), step, app.code(), "")
	wantCode(t, err, consult.CodeUnauthorized)
	if _, err := node(key).LoginCode(t.Context(), step, app.code(), ""); err != nil {
		t.Error(err)
	}
}
