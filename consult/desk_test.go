package consult_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"tmk/consult"
	"tmk/consult/consulttest"
	"tmk/store/pgtest"
)

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, w *consulttest.World)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, consulttest.New(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, consulttest.Open(t, pgtest.URL(t), nil)) })
}

func asError(t *testing.T, err error) *consult.Error {
	t.Helper()
	var e *consult.Error
	if !errors.As(err, &e) {
		t.Fatalf("not an error of the domain: %v", err)
	}
	return e
}

// must stops the test on an error, and passes the value on.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantCode(t *testing.T, err error, want consult.Code) {
	t.Helper()
	if got := consult.CodeOf(err); got != want {
		t.Fatalf("code %q, want %q (%v)", got, want, err)
	}
}

// atOnce runs fn n times in parallel and waits.
func atOnce(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

// told is what integrations were told of a consultation, in order. It checks
// that the numbers have no gap and that ids rise with them.
func told(t *testing.T, w *consulttest.World, id consult.ConsultationID) []*consult.Event {
	t.Helper()
	var all, mine []*consult.Event
	if err := w.Desk.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := w.Store.View(t.Context(), func(tx consult.Tx) (err error) {
		all, err = tx.Events("lk", "", 1000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.ConsultationID != id {
			continue
		}
		if want := int64(len(mine) + 1); e.Sequence != want {
			t.Fatalf("event %s has sequence %d, want %d", e.Type, e.Sequence, want)
		}
		if n := len(mine); n > 0 && mine[n-1].ID >= e.ID {
			t.Fatalf("event ids do not rise: %s, %s", mine[n-1].ID, e.ID)
		}
		mine = append(mine, e)
	}
	return mine
}

// changes are the statuses of all session.status_changed events, in order.
func changes(t *testing.T, w *consulttest.World, id consult.ConsultationID) []string {
	t.Helper()
	var all []string
	for _, e := range told(t, w, id) {
		if e.Type == consult.SessionStatusChanged {
			all = append(all, body(t, e)["status"].(string))
		}
	}
	return all
}

func body(t *testing.T, e *consult.Event) map[string]any {
	t.Helper()
	var b map[string]any
	if err := json.Unmarshal(e.Data, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// actions are the audit's entries of a consultation, oldest first.
func actions(t *testing.T, w *consulttest.World, id consult.ConsultationID) []string {
	t.Helper()
	var entries []*consult.AuditEntry
	err := w.Store.View(t.Context(), func(tx consult.Tx) (err error) {
		entries, err = tx.Audit(consult.AuditQuery{ConsultationID: id, Limit: 1000})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := len(entries) - 1; i >= 0; i-- {
		all = append(all, entries[i].Action)
	}
	return all
}

// begin brings doctor and patient into the room.
func begin(t *testing.T, w *consulttest.World, v *consulttest.Visit) (doctor, patient *consult.Attendance) {
	t.Helper()
	by := consult.Principal{Seat: v.Doctor}
	if _, err := w.Desk.Admit(t.Context(), by, v.Patient.ID); err != nil {
		t.Fatal(err)
	}
	return arrive(t, w, v.Doctor.ID), arrive(t, w, v.Patient.ID)
}

func arrive(t *testing.T, w *consulttest.World, seat consult.SeatID) *consult.Attendance {
	t.Helper()
	a, _, err := w.Desk.Arrive(t.Context(), seat)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func read(t *testing.T, w *consulttest.World, id consult.ConsultationID) *consult.Details {
	t.Helper()
	return must(w.Desk.Consultation(t.Context(), consult.System, id))(t)
}
