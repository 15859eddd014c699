package consult_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

// readings are the entries of the audit about reading, oldest first, "actor action object".
func readings(t *testing.T, w *consulttest.World) []string {
	t.Helper()
	var entries []*consult.AuditEntry
	err := w.Store.View(t.Context(), func(tx consult.Tx) (err error) {
		entries, err = tx.Audit(consult.AuditQuery{Limit: 10_000})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{"consultation.read", "consultation.list", "seat.list", "thread.read", "file.read", "recording.read"}
	var all []string
	for _, a := range slices.Backward(entries) {
		if slices.Contains(kinds, a.Action) {
			all = append(all, a.Actor+" "+a.Action+" "+a.Object)
		}
	}
	return all
}

func TestReadingIsAudited(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key := keyOf(t, w, "lk", consult.AllScopes...)
		v := w.Schedule(t, nil)
		begin(t, w, v)
		actor, id := key.Actor(), string(v.ID)
		for range 3 {
			must(w.Desk.Consultation(t.Context(), key, v.ID))(t)
			must(w.Desk.Consultation(t.Context(), as(consult.StaffOperator), v.ID))(t)
			must(w.Desk.Consultations(t.Context(), key, consult.ListQuery{PatientID: "p-902"}))(t)
			must(w.Desk.Consultations(t.Context(), key, consult.ListQuery{DoctorID: "d-17"}))(t)
			must(w.Desk.Seats(t.Context(), key, v.ID))(t)
			// Nobody is noted for his own consultation, nor the server itself.
			must(w.Desk.Consultation(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID))(t)
			must(w.Desk.Messages(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID, 0, 0))(t)
			must(w.Desk.Messages(t.Context(), consult.System, v.ID, 0, 0))(t)
			must(w.Desk.Consultation(t.Context(), consult.System, v.ID))(t)
		}
		if got := readings(t, w); len(got) != 0 {
			t.Errorf("before the flush: %v", got)
		}
		must(w.Desk.Messages(t.Context(), key, v.ID, 0, 0))(t) // at once
		must(w.Desk.Messages(t.Context(), key, v.ID, 0, 0))(t)
		want := []string{actor + " thread.read " + id}
		if got := readings(t, w); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		flush(t, w)
		want = append(want, actor+" consultation.read "+id, "staff:u_operator consultation.read "+id,
			actor+" consultation.list patient:p-902", actor+" consultation.list doctor:d-17", actor+" seat.list "+id)
		got := readings(t, w)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		// After ten minutes it is another reading.
		w.Clock.Advance(10 * time.Minute)
		must(w.Desk.Consultation(t.Context(), key, v.ID))(t)
		must(w.Desk.Messages(t.Context(), key, v.ID, 0, 0))(t)
		flush(t, w)
		if got := readings(t, w); len(got) != len(want)+2 {
			t.Errorf("%v", got)
		}
		if v := verify(t, w); v.Why != "" {
			t.Errorf("%+v", v)
		}
	})
}

func flush(t *testing.T, w *consulttest.World) {
	t.Helper()
	if err := w.Desk.FlushReads(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestReadingRefusedIsNotAudited(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	_, err := w.Desk.Messages(t.Context(), as(consult.StaffOperator), v.ID, 0, 0)
	wantCode(t, err, consult.CodeForbidden)
	_, err = w.Desk.Consultation(t.Context(), as(consult.StaffDoctor), v.ID)
	wantCode(t, err, consult.CodeForbidden)
	flush(t, w)
	if got := readings(t, w); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// TestManyReadings: when many wait they are written at once, by whoever comes next.
func TestManyReadings(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	for i := range 513 {
		by := consult.Principal{Staff: &consult.Staff{ID: consult.StaffID(fmt.Sprint(i)), Roles: []consult.StaffRole{consult.StaffHead}}}
		must(w.Desk.Consultation(t.Context(), by, v.ID))(t)
	}
	if n := len(readings(t, w)); n != 512 {
		t.Errorf("%d were written", n)
	}
	flush(t, w)
	if n := len(readings(t, w)); n != 513 {
		t.Errorf("%d were written in the end", n)
	}
}

// brokenStore cannot write while it is broken.
type brokenStore struct {
	consult.Store
	broken bool
}

var errBroken = errors.New("the disk is full")

func (s *brokenStore) Update(ctx context.Context, fn func(consult.Tx) error) error {
	if s.broken {
		return errBroken
	}
	return s.Store.Update(ctx, fn)
}

// TestReadingThatCannotBeAudited: entries wait until they can be written; when too many wait, nobody reads.
func TestReadingThatCannotBeAudited(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	s := &brokenStore{Store: w.Store, broken: true}
	desk := consult.NewDesk(s, w.Blobs, w.Feed, w.Desk.Config(), slog.New(slog.DiscardHandler), w.Clock.Now)
	read := func(i int) error {
		by := consult.Principal{Staff: &consult.Staff{ID: consult.StaffID(fmt.Sprint(i)), Roles: []consult.StaffRole{consult.StaffHead}}}
		_, err := desk.Consultation(t.Context(), by, v.ID)
		return err
	}
	for i := range 512 {
		if err := read(i); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		if err := read(1000 + i); !errors.Is(err, errBroken) {
			t.Fatalf("read without an entry: %v", err)
		}
	}
	if _, err := desk.Messages(t.Context(), as(consult.StaffHead), v.ID, 0, 0); !errors.Is(err, errBroken) {
		t.Errorf("read the thread without an entry: %v", err)
	}
	s.broken = false
	if err := read(1000); err != nil {
		t.Fatal(err)
	}
	if err := desk.FlushReads(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(readings(t, w)); n != 513 {
		t.Errorf("%d were written", n)
	}
}

func TestReadingAtOnce(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	atOnce(8, func(i int) {
		for range 50 {
			if _, err := w.Desk.Consultation(t.Context(), as(consult.StaffHead), v.ID); err != nil {
				t.Error(err)
			}
			if err := w.Desk.FlushReads(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	if n := len(readings(t, w)); n != 1 {
		t.Errorf("%d entries", n)
	}
}
