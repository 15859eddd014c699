package auth_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/auth"
	"tmk/consult/consulttest"
)

func openClaim(t *testing.T, w *consulttest.World) string {
	t.Helper()
	token, err := w.Auth.OpenClaim(t.Context())
	if err != nil || len(token) != 43 { // 256 bits in base64url
		t.Fatalf("token %q, %v", token, err)
	}
	return token
}

func TestClaim(t *testing.T) {
	w := newWorld(t)
	if !w.Auth.Claimed(t.Context()) {
		t.Error("a claim that is not open refuses")
	}
	old := openClaim(t, w)
	token := openClaim(t, w)
	order := auth.StaffOrder{Login: "Boss", Name: "Иванов", Roles: []consult.StaffRole{consult.StaffDoctor}}
	for _, wrong := range []string{"", "x", old, token + "x"} {
		_, err := w.Auth.Claim(t.Context(), wrong, order, password, "")
		wantCode(t, err, consult.CodeUnauthorized)
	}
	_, err := w.Auth.Claim(t.Context(), token, order, "short", "")
	wantCode(t, err, consult.CodeInvalid)
	_, err = w.Auth.Claim(t.Context(), token, auth.StaffOrder{Login: "two words"}, password, "")
	wantCode(t, err, consult.CodeInvalid)
	if w.Auth.Claimed(t.Context()) {
		t.Fatal("claimed by nobody")
	}
	door, err := w.Auth.Claim(t.Context(), token, order, password, firefox)
	if err != nil {
		t.Fatal(err)
	}
	v := visit(t, w, door.Cookie)
	if v.Staff.Login != "boss" || v.Staff.Name != "Иванов" || len(v.Staff.Roles) != 1 || !v.Staff.Is(consult.StaffAdmin) {
		t.Errorf("%+v", v.Staff)
	}
	if !w.Auth.Claimed(t.Context()) {
		t.Error("still refuses")
	}
	_, err = w.Auth.Claim(t.Context(), token, order, password, "")
	wantCode(t, err, consult.CodeConflict)
	if token, err := w.Auth.OpenClaim(t.Context()); token != "" || err != nil {
		t.Errorf("opened again: %q, %v", token, err)
	}
	if n := audited(t, w, "staff.claim"); n != 1 {
		t.Errorf("%d claims in the audit", n)
	}
}

func TestParallelClaimsHaveOneWinner(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		nodes := []*auth.Auth{w.Auth, auth.Hurry(auth.New(w.Store, auth.Config{Now: w.Clock.Now}))} // two servers on one database
		tokens := []string{openClaim(t, w), ""}
		var err error
		if tokens[1], err = nodes[1].OpenClaim(t.Context()); err != nil {
			t.Fatal(err)
		}
		const n = 6
		errs := make([]error, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				_, errs[i] = nodes[i%2].Claim(t.Context(), tokens[i%2], auth.StaffOrder{Login: fmt.Sprint("boss", i)}, password, "")
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				wantCode(t, err, consult.CodeConflict)
			}
		}
		count, err := w.Auth.StaffCount(t.Context())
		if won != 1 || count != 1 || err != nil {
			t.Errorf("%d won, %d accounts, %v", won, count, err)
		}
	})
}

func TestClaimEndsWhenAnAccountIsMadeElsewhere(t *testing.T) {
	w := newWorld(t)
	token := openClaim(t, w)
	if w.Auth.Claimed(t.Context()) {
		t.Fatal("claimed by nobody")
	}
	elsewhere := auth.Hurry(auth.New(w.Store, auth.Config{Now: w.Clock.Now})) // a command beside the server
	if _, err := elsewhere.CreateStaff(t.Context(), "boss", password, consult.StaffAdmin); err != nil {
		t.Fatal(err)
	}
	if w.Auth.Claimed(t.Context()) {
		t.Error("the database was asked twice in a second")
	}
	_, err := w.Auth.Claim(t.Context(), token, auth.StaffOrder{Login: "thief"}, password, "")
	wantCode(t, err, consult.CodeConflict)
	if !w.Auth.Claimed(t.Context()) {
		t.Error("still refuses")
	}

	other := newWorld(t)
	openClaim(t, other)
	if _, err := auth.Hurry(auth.New(other.Store, auth.Config{})).CreateStaff(t.Context(), "boss", password, consult.StaffAdmin); err != nil {
		t.Fatal(err)
	}
	other.Clock.Advance(time.Second)
	if !other.Auth.Claimed(t.Context()) {
		t.Error("a second later it does not know")
	}
}
