package auth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/auth"
	"tmk/consult/consulttest"
)

// refusals are the refused logins of the audit, "object detail", oldest first.
func refusals(t *testing.T, w *consulttest.World) []string {
	t.Helper()
	if err := w.Auth.FlushRefused(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all []*consult.AuditEntry
	err := w.Store.View(t.Context(), func(tx consult.Tx) (err error) {
		all, err = tx.Audit(consult.AuditQuery{Action: "staff.login_failed", Limit: 1000})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	told := make([]string, len(all))
	for i, e := range all {
		if e.Actor != "nobody" || e.ConsultationID != "" || e.At.After(w.Clock.Now()) {
			t.Errorf("%+v", e)
		}
		told[i] = e.Object + " " + e.Detail
	}
	return told
}

func wantRefusals(t *testing.T, w *consulttest.World, want ...string) {
	t.Helper()
	if got := refusals(t, w); !slices.Equal(got, want) {
		t.Errorf("in the audit %q, want %q", got, want)
	}
}

// guess is a login that must be refused.
func guess(t *testing.T, w *consulttest.World, login, password, place string) {
	t.Helper()
	_, err := w.Auth.Login(t.Context(), login, password, auth.Browser{Address: place})
	wantCode(t, err, consult.CodeUnauthorized)
}

func TestRefusedLoginsAreAudited(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		anna, boris := create(t, w, "anna"), create(t, w, "boris")
		app, recovery := enrol(t, w, visit(t, w, enter(t, w, "anna", password)))
		w.Clock.Advance(time.Minute)
		guess(t, w, " Anna ", "a wrong password", "")
		guess(t, w, "anna", strings.Repeat("x", 2000), "")
		for _, stranger := range []string{"nobody", "", "a\x00b", strings.Repeat("x", 1000), "anna" + password} {
			guess(t, w, stranger, password, "")
		}
		want := []string{string(anna.ID) + " password", string(anna.ID) + " password"}
		wantRefusals(t, w, want...)

		step := ticket(t, w, "anna", password)
		for _, code := range []string{"000 000", "abcd-efgh-2345-wxyz", "1"} {
			_, err := w.Auth.LoginCode(t.Context(), step, code, "")
			wantCode(t, err, consult.CodeUnauthorized)
		}
		_, err := w.Auth.LoginCode(t.Context(), step+"x", recovery[0], "") // nobody knows whose it is
		wantCode(t, err, consult.CodeUnauthorized)
		if _, err := w.Auth.LoginCode(t.Context(), step, app.code(), ""); err != nil {
			t.Fatal(err)
		}
		_, err = w.Auth.LoginCode(t.Context(), step, app.code(), "") // a second time
		wantCode(t, err, consult.CodeUnauthorized)
		for _, way := range []string{" totp", " recovery", " recovery", " totp"} {
			want = append(want, string(anna.ID)+way)
		}
		wantRefusals(t, w, want...)

		yes := true
		if _, err := w.Auth.AmendStaff(t.Context(), consult.System, boris.ID, auth.StaffAmendment{Disabled: &yes}); err != nil {
			t.Fatal(err)
		}
		guess(t, w, "boris", password, "") // the right one, of an account that was disabled
		wantRefusals(t, w, append(want, string(boris.ID)+" password")...)
		if err := w.Desk.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v, err := w.Desk.VerifyAudit(t.Context()); err != nil || v.Why != "" {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

func TestRefusedLoginsAtTheProviderAreAudited(t *testing.T) {
	w := newWorld(t)
	p, a := clinic(t, w, nil)
	none := func() { p.claims["realm_access"] = map[string]any{"roles": []string{"nobody's"}} }
	admin := func() { p.claims["realm_access"] = map[string]any{"roles": []string{"tmk-admins"}} }
	refused := func(code consult.Code) {
		t.Helper()
		_, _, err := throughProvider(t, p, a)
		wantCode(t, err, code)
	}
	p.set(none)
	refused(consult.CodeForbidden) // a stranger
	wantRefusals(t, w)
	p.set(admin)
	door, _, err := throughProvider(t, p, a)
	if err != nil {
		t.Fatal(err)
	}
	id := string(door.Staff.ID)
	p.set(func() { p.bend = func(c map[string]any) { c["nonce"] = "another" } })
	refused(consult.CodeUnauthorized) // whoever that is
	wantRefusals(t, w)
	p.set(func() { p.bend = nil; none() })
	refused(consult.CodeForbidden)
	refused(consult.CodeForbidden)
	wantRefusals(t, w, id+" oidc", id+" oidc")
	p.set(admin)
	yes := true
	if _, err := a.AmendStaff(t.Context(), consult.System, door.Staff.ID, auth.StaffAmendment{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	refused(consult.CodeForbidden)
	guess(t, w, "anna", password, "") // it has no password here
	wantRefusals(t, w, id+" oidc", id+" oidc", id+" oidc", id+" password")
}

// A stranger cannot fill the audit, however many addresses he has, and cannot hide
// one step behind another.
func TestRefusedLoginsAreBounded(t *testing.T) {
	w := newWorld(t)
	anna, boris := create(t, w, "anna"), create(t, w, "boris")
	app, _ := enrol(t, w, visit(t, w, enter(t, w, "anna", password)))
	w.Clock.Advance(time.Minute)
	count := func(want string) int {
		n := 0
		for _, e := range refusals(t, w) {
			if e == want {
				n++
			}
		}
		return n
	}
	for round := 1; round <= 3; round++ {
		for i := range 30 {
			guess(t, w, "anna", fmt.Sprint("a wrong guess ", i), fmt.Sprint("ip:", i/3))
			guess(t, w, fmt.Sprint("stranger-", i), password, "ip:")
		}
		step := ticket(t, w, "anna", password)
		for range 5 {
			_, err := w.Auth.LoginCode(t.Context(), step, "000000", "")
			wantCode(t, err, consult.CodeUnauthorized)
		}
		for range 10 { // are not even looked at
			_, err := w.Auth.LoginCode(t.Context(), step, "000000", "")
			wantCode(t, err, consult.CodeRateLimited)
		}
		guess(t, w, "boris", "a wrong guess", "")
		for what, want := range map[string]int{string(anna.ID) + " password": 5 * round, string(anna.ID) + " totp": 5 * round, string(boris.ID) + " password": round} {
			if n := count(what); n != want {
				t.Errorf("round %d: %d entries of %q, want %d", round, n, what, want)
			}
		}
		if n := audited(t, w, "staff.login_failed"); n != 11*round {
			t.Errorf("round %d: %d entries", round, n)
		}
		w.Clock.Advance(10 * time.Minute)
		if _, err := w.Auth.LoginCode(t.Context(), ticket(t, w, "anna", password), app.code(), ""); err != nil { // what succeeds changes nothing of it
			t.Fatal(err)
		}
	}
}

// writes counts what is written, and cannot write while it is broken.
type writes struct {
	consult.Store
	mu     sync.Mutex
	n      int
	broken bool
}

var errBroken = errors.New("the disk is full")

func (s *writes) Update(ctx context.Context, fn func(consult.Tx) error) error {
	s.mu.Lock()
	s.n++
	broken := s.broken
	s.mu.Unlock()
	if broken {
		return errBroken
	}
	return s.Store.Update(ctx, fn)
}

// A wrong password of an account costs what one of no account does: nothing is written before the answer.
func TestRefusedLoginsTellNothing(t *testing.T) {
	w := newWorld(t)
	create(t, w, "anna")
	s := &writes{Store: w.Store}
	w.Auth = auth.Hurry(auth.New(s, auth.Config{Now: w.Clock.Now}))
	guess(t, w, "anna", "a wrong password", "")
	if s.n != 0 {
		t.Errorf("%d writes before the answer", s.n)
	}
	if n := len(refusals(t, w)); n != 1 || s.n != 1 {
		t.Errorf("%d entries by %d writes", n, s.n)
	}
	if refusals(t, w); s.n != 1 {
		t.Error("wrote where there was nothing to write")
	}
}

// Entries that cannot be written wait, and only so many.
func TestRefusedLoginsWait(t *testing.T) {
	w := newWorld(t)
	for i := range 103 {
		create(t, w, fmt.Sprint("anna-", i))
	}
	s, log := &writes{Store: w.Store, broken: true}, new(strings.Builder)
	w.Auth = auth.Hurry(auth.New(s, auth.Config{Now: w.Clock.Now, Log: slog.New(slog.NewTextHandler(log, nil))}))
	for i := range 103 * 5 {
		guess(t, w, fmt.Sprint("anna-", i/5), "a wrong password", "")
	}
	for range 2 {
		if err := w.Auth.FlushRefused(t.Context()); !errors.Is(err, errBroken) {
			t.Fatalf("written to a broken store: %v", err)
		}
	}
	s.broken = false
	if n := len(refusals(t, w)); n != 512 {
		t.Errorf("%d entries", n)
	}
	if n := strings.Count(log.String(), "missing in the audit"); n != 3 {
		t.Errorf("%d are told as missing:\n%s", n, log)
	}
}

func TestRefusedLoginsAtOnce(t *testing.T) {
	w := newWorld(t)
	create(t, w, "anna")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 4 {
				_, err := w.Auth.Login(t.Context(), "anna", "a wrong password", auth.Browser{Address: fmt.Sprint("ip:", i)})
				if consult.CodeOf(err) != consult.CodeUnauthorized {
					t.Error(err)
				}
				if err := w.Auth.FlushRefused(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(refusals(t, w)); n != 5 {
		t.Errorf("%d entries", n)
	}
}
