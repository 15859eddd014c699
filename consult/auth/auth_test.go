package auth_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/auth"
	"tmk/consult/consulttest"
	"tmk/store/pgtest"
)

const password = "двенадцать знаков"

func wantCode(t *testing.T, err error, want consult.Code) {
	t.Helper()
	if got := consult.CodeOf(err); got != want {
		t.Fatalf("code %q, want %q (%v)", got, want, err)
	}
}

// newWorld is a desk whose hashes cost little.
func newWorld(t *testing.T) *consulttest.World {
	t.Helper()
	w := consulttest.New(t)
	auth.Hurry(w.Auth)
	return w
}

func onBoth(t *testing.T, test func(t *testing.T, w *consulttest.World)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t)) })
	t.Run("postgres", func(t *testing.T) {
		w := consulttest.Open(t, pgtest.URL(t), nil)
		auth.Hurry(w.Auth)
		test(t, w)
	})
}

func create(t *testing.T, w *consulttest.World, login string) *consult.Staff {
	t.Helper()
	s, err := w.Auth.CreateStaff(t.Context(), login, password, consult.StaffAdmin)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"

// enter logs in with a password that is enough, and returns the cookie.
func enter(t *testing.T, w *consulttest.World, login, password string) string {
	t.Helper()
	door, err := w.Auth.Login(t.Context(), login, password, auth.Browser{Agent: firefox})
	if err != nil || door.Cookie == "" {
		t.Fatalf("%+v, %v", door, err)
	}
	return door.Cookie
}

// visit is who is logged in with a cookie.
func visit(t *testing.T, w *consulttest.World, cookie string) *auth.Visit {
	t.Helper()
	v, err := w.Auth.Staff(t.Context(), cookie)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// audited counts what the audit has of an action.
func audited(t *testing.T, w *consulttest.World, action string) int {
	t.Helper()
	n := 0
	err := w.Store.View(t.Context(), func(tx consult.Tx) error {
		all, err := tx.Audit(consult.AuditQuery{Action: action, Limit: 1000})
		n = len(all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLogin(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		admin := create(t, w, " Admin ")
		if admin.Login != "admin" || !strings.HasPrefix(admin.PasswordHash, "$argon2id$v=19$m=64,t=2,p=1$") {
			t.Errorf("%+v", admin)
		}
		door, err := w.Auth.Login(t.Context(), "ADMIN", password, auth.Browser{Agent: firefox})
		if err != nil {
			t.Fatal(err)
		}
		cookie, s := door.Cookie, door.Staff
		if s.ID != admin.ID || !slices.Contains(s.Roles, consult.StaffAdmin) || len(cookie) != 43 { // 256 bits in base64url
			t.Errorf("%+v, %q", s, cookie)
		}
		p, err := w.Auth.Staff(t.Context(), cookie)
		if err != nil || p.Staff.ID != admin.ID || p.Session.Way != auth.WayPassword || p.Session.Agent != "Firefox on Linux" || p.MustEnrol {
			t.Fatalf("%+v, %v", p, err)
		}
		w.Clock.Advance(12*time.Hour - time.Microsecond)
		if _, err := w.Auth.Staff(t.Context(), cookie); err != nil {
			t.Errorf("within 12 hours: %v", err)
		}
		w.Clock.Advance(time.Microsecond)
		_, err = w.Auth.Staff(t.Context(), cookie)
		wantCode(t, err, consult.CodeUnauthorized)

		second := enter(t, w, "admin", password)
		for range 2 {
			if err := w.Auth.Logout(t.Context(), second); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []string{second, "", "a stranger's"} {
			_, err = w.Auth.Staff(t.Context(), c)
			wantCode(t, err, consult.CodeUnauthorized)
		}
		if n, err := w.Auth.StaffCount(t.Context()); n != 1 || err != nil {
			t.Errorf("%d accounts, %v", n, err)
		}
	})
}

func TestLoginRefused(t *testing.T) {
	w := newWorld(t)
	create(t, w, "admin")
	_, wrong := w.Auth.Login(t.Context(), "admin", "another password", auth.Browser{})
	wantCode(t, wrong, consult.CodeUnauthorized)
	for _, login := range []string{"nobody", "", "a\x00b", strings.Repeat("x", 1000)} {
		_, unknown := w.Auth.Login(t.Context(), login, password, auth.Browser{})
		wantCode(t, unknown, consult.CodeUnauthorized)
		if unknown.Error() != wrong.Error() {
			t.Errorf("an unknown login is told from a wrong password: %q, %q", unknown, wrong)
		}
	}
	_, err := w.Auth.Login(t.Context(), "admin", strings.Repeat("x", 1<<20), auth.Browser{})
	wantCode(t, err, consult.CodeUnauthorized)
}

func TestLoginIsThrottled(t *testing.T) {
	w := newWorld(t)
	create(t, w, "admin")
	create(t, w, "other")
	const n = 12
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = w.Auth.Login(t.Context(), "admin", fmt.Sprint("a wrong guess ", i), auth.Browser{})
		})
	}
	wg.Wait()
	guessed := 0
	for _, err := range errs {
		if consult.CodeOf(err) == consult.CodeUnauthorized {
			guessed++
		} else {
			wantCode(t, err, consult.CodeRateLimited)
		}
	}
	if guessed != 5 {
		t.Errorf("%d guesses were looked at", guessed)
	}
	_, err := w.Auth.Login(t.Context(), "admin", password, auth.Browser{})
	wantCode(t, err, consult.CodeRateLimited)
	if _, err := w.Auth.Login(t.Context(), "other", password, auth.Browser{}); err != nil {
		t.Errorf("another login: %v", err)
	}
	w.Clock.Advance(10 * time.Minute)
	for range 7 { // what succeeds does not count
		if _, err := w.Auth.Login(t.Context(), "admin", password, auth.Browser{}); err != nil {
			t.Fatal(err)
		}
	}
}

// Whoever guesses at a login, or only wants to keep its owner out, hinders himself.
func TestGuessesOfOthersLockNobodyOut(t *testing.T) {
	w := newWorld(t)
	create(t, w, "admin")
	try := func(place, password string) error {
		_, err := w.Auth.Login(t.Context(), "admin", password, auth.Browser{Address: place})
		return err
	}
	home := visit(t, w, enter(t, w, "admin", password))
	for range 5 {
		wantCode(t, try("ip:192.0.2.1", "a wrong guess"), consult.CodeUnauthorized)
	}
	wantCode(t, try("ip:192.0.2.1", password), consult.CodeRateLimited)
	if err := try("ip:198.51.100.1", password); err != nil {
		t.Errorf("the owner, elsewhere: %v", err)
	}
	// From many places at once it is guessing after all; who is logged in already stays able to act.
	guessed := 0
	for i := range 30 * 5 {
		if consult.CodeOf(try(fmt.Sprint("ip:", i/5), "a wrong guess")) == consult.CodeUnauthorized {
			guessed++
		}
	}
	if guessed != 100 {
		t.Errorf("%d guesses were looked at", guessed)
	}
	if err := w.Auth.ChangePassword(t.Context(), home, password, "another long password"); err != nil {
		t.Errorf("the owner, logged in: %v", err)
	}
}

func TestCreateStaffRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		create(t, w, "admin")
		_, err := w.Auth.CreateStaff(t.Context(), "Admin", password, consult.StaffAdmin)
		wantCode(t, err, consult.CodeConflict)
		for login, pass := range map[string]string{
			"": password, "two words": password, strings.Repeat("x", 65): password,
			"short": "elevenchars", "broken": "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "long": strings.Repeat("x", 1025),
		} {
			_, err := w.Auth.CreateStaff(t.Context(), login, pass, consult.StaffAdmin)
			wantCode(t, err, consult.CodeInvalid)
		}
	})
}

func TestSetPassword(t *testing.T) {
	w := newWorld(t)
	create(t, w, "admin")
	const other = "another long password"
	stolen := enter(t, w, "admin", password)
	if err := w.Auth.SetPassword(t.Context(), "admin", other); err != nil {
		t.Fatal(err)
	}
	_, err := w.Auth.Staff(t.Context(), stolen)
	wantCode(t, err, consult.CodeUnauthorized)
	_, err = w.Auth.Login(t.Context(), "admin", password, auth.Browser{})
	wantCode(t, err, consult.CodeUnauthorized)
	if _, err := w.Auth.Login(t.Context(), "admin", other, auth.Browser{}); err != nil {
		t.Error(err)
	}
	wantCode(t, w.Auth.SetPassword(t.Context(), "nobody", other), consult.CodeNotFound)
	wantCode(t, w.Auth.SetPassword(t.Context(), "admin", "short"), consult.CodeInvalid)
}
