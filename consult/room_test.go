package consult_test

import (
	"slices"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func TestConsultationFromBeginningToEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		a, _ := begin(t, w, v)
		w.Clock.Advance(time.Minute)
		if err := w.Desk.Leave(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		arrive(t, w, v.Doctor.ID)
		w.Clock.Advance(10 * time.Minute)
		d := must(w.Desk.Finish(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID, ""))(t)
		c := d.Consultation
		if c.Status != consult.Finished || c.EndReason != consult.EndedByDoctor || !c.FinishedAt.Equal(w.Clock.Now()) ||
			!c.StartedAt.Equal(noon) || !c.EmptySince.IsZero() {
			t.Errorf("%+v", c)
		}
		for _, a := range d.Attendances {
			if a.LeftAt.IsZero() {
				t.Errorf("the attendance of %s stays open", a.Role)
			}
		}
		if stored := read(t, w, v.ID).Consultation; stored.Version != c.Version || stored.Status != c.Status {
			t.Errorf("stored %+v, returned %+v", stored, c)
		}
		var types []consult.EventType
		for _, e := range told(t, w, v.ID) {
			types = append(types, e.Type)
		}
		want := []consult.EventType{
			consult.SessionCreated, consult.ParticipantJoined, consult.ParticipantJoined, consult.SessionStatusChanged,
			consult.ParticipantLeft, consult.ParticipantJoined, consult.ParticipantLeft, consult.ParticipantLeft,
			consult.SessionStatusChanged,
		}
		if !slices.Equal(types, want) {
			t.Errorf("events %v, want %v", types, want)
		}
		if got := changes(t, w, v.ID); !slices.Equal(got, []string{"CURRENT", "FINISHED"}) {
			t.Errorf("statuses %v", got)
		}
		wantAudit := []string{
			"consultation.schedule", "seat.admit", "seat.arrive", "seat.arrive", "seat.leave", "seat.arrive", "consultation.finish",
		}
		if got := actions(t, w, v.ID); !slices.Equal(got, wantAudit) {
			t.Errorf("audit %v, want %v", got, wantAudit)
		}
	})
}

func TestArriveAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		for range 5 {
			v := w.Schedule(t, nil)
			must(w.Desk.Admit(t.Context(), consult.Principal{Seat: v.Doctor}, v.Patient.ID))(t)
			seats := []consult.SeatID{v.Doctor.ID, v.Patient.ID, v.Doctor.ID, v.Patient.ID}
			errs := make([]error, len(seats))
			atOnce(len(seats), func(i int) { _, _, errs[i] = w.Desk.Arrive(t.Context(), seats[i]) })
			for _, err := range errs {
				if err != nil {
					t.Fatal(err)
				}
			}
			d := read(t, w, v.ID)
			if d.Consultation.Status != consult.Current || len(d.Attendances) != 2 {
				t.Errorf("%s with %d attendances", d.Consultation.Status, len(d.Attendances))
			}
			if got := changes(t, w, v.ID); !slices.Equal(got, []string{"CURRENT"}) {
				t.Errorf("status changes %v", got)
			}
		}
	})
}

func TestFinishTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, nil)
		begin(t, w, v)
		errs := make([]error, 4)
		atOnce(len(errs), func(i int) { _, errs[i] = w.Desk.Finish(t.Context(), key, v.ID, consult.EndedByDoctor) })
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		before := len(told(t, w, v.ID))
		d := must(w.Desk.Finish(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID, ""))(t)
		if d.Consultation.EndReason != consult.EndedByAPI {
			t.Errorf("reason %s: the first end counts, and a key's reason is api", d.Consultation.EndReason)
		}
		if after := len(told(t, w, v.ID)); after != before {
			t.Errorf("finishing again told %d more events", after-before)
		}
		if got := changes(t, w, v.ID); !slices.Equal(got, []string{"CURRENT", "FINISHED"}) {
			t.Errorf("status changes %v", got)
		}
		_, _, err := w.Desk.Arrive(t.Context(), v.Patient.ID)
		wantCode(t, err, consult.CodeFinished)
		_, err = w.Desk.Cancel(t.Context(), key, v.ID, "")
		wantCode(t, err, consult.CodeConflict)
	})
}

func TestCancel(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, nil)
		a := arrive(t, w, v.Doctor.ID)
		_, err := w.Desk.Cancel(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID, "")
		wantCode(t, err, consult.CodeForbidden)
		d := must(w.Desk.Cancel(t.Context(), key, v.ID, "врач заболел"))(t)
		if c := d.Consultation; c.Status != consult.Cancelled || c.CancelReason != "врач заболел" {
			t.Errorf("%+v", c)
		}
		if d.Attendances[0].LeftAt.IsZero() {
			t.Error("the doctor is still in the room")
		}
		again := must(w.Desk.Cancel(t.Context(), key, v.ID, "another reason"))(t)
		if again.Consultation.CancelReason != "врач заболел" || again.Consultation.Version != d.Consultation.Version {
			t.Errorf("cancelling again changed something: %+v", again.Consultation)
		}
		if err := w.Desk.Leave(t.Context(), a); err != nil {
			t.Errorf("leaving a room that was closed: %v", err)
		}
		_, err = w.Desk.Finish(t.Context(), key, v.ID, "")
		wantCode(t, err, consult.CodeConflict)
		_, _, err = w.Desk.MayJoin(t.Context(), v.Doctor.ID)
		wantCode(t, err, consult.CodeCancelled)
	})
}

func TestFinishBeforeItBegan(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	arrive(t, w, v.Doctor.ID)
	_, err := w.Desk.Finish(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID, "")
	wantCode(t, err, consult.CodeConflict)
	_, err = w.Desk.Finish(t.Context(), consult.Principal{}, v.ID, "")
	wantCode(t, err, consult.CodeUnauthorized)
	_, err = w.Desk.Finish(t.Context(), consult.Principal{Seat: w.Schedule(t, nil).Doctor}, v.ID, "")
	wantCode(t, err, consult.CodeNotFound)
	if open := read(t, w, v.ID).Attendances; !open[0].LeftAt.IsZero() {
		t.Error("a refused end closed an attendance")
	}
}

func TestArriveRefused(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, func(o *consult.Order) { o.StartsAt = w.Clock.Now().Add(time.Hour) })
	_, _, err := w.Desk.Arrive(t.Context(), v.Doctor.ID)
	wantCode(t, err, consult.CodeTooEarly)
	if ref := asError(t, err).Ref; ref != "2026-12-01T12:45:00Z" {
		t.Errorf("Ref %q", ref)
	}
	w.Clock.Advance(45 * time.Minute)
	_, _, err = w.Desk.Arrive(t.Context(), v.Patient.ID)
	wantCode(t, err, consult.CodeForbidden)
	must2(w.Desk.MayJoin(t.Context(), v.Patient.ID))(t)
	_, _, err = w.Desk.Arrive(t.Context(), "s_unknown")
	wantCode(t, err, consult.CodeLinkUnknown)
	revoke(t, w, v.Doctor)
	_, _, err = w.Desk.Arrive(t.Context(), v.Doctor.ID)
	wantCode(t, err, consult.CodeLinkUnknown)
	if events := told(t, w, v.ID); len(events) != 1 {
		t.Errorf("refusals told %d events", len(events)-1)
	}
}

func must2[A, B any](a A, b B, err error) func(testing.TB) (A, B) {
	return func(t testing.TB) (A, B) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a, b
	}
}

func revoke(t *testing.T, w *consulttest.World, s *consult.Seat) {
	t.Helper()
	err := w.Store.Update(t.Context(), func(tx consult.Tx) error {
		revoked := *s
		revoked.RevokedAt = w.Clock.Now()
		return tx.SaveSeat(&revoked)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEmptyRoom(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		doctor, patient := begin(t, w, v)
		leave := func(a *consult.Attendance) {
			t.Helper()
			if err := w.Desk.Leave(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		emptySince := func() time.Time { return read(t, w, v.ID).Consultation.EmptySince }
		leave(doctor)
		if !emptySince().IsZero() {
			t.Error("the patient is there, and the room is empty")
		}
		w.Clock.Advance(time.Minute)
		leave(patient)
		leave(patient)
		if !emptySince().Equal(w.Clock.Now()) {
			t.Errorf("empty since %v", emptySince())
		}
		w.Clock.Advance(9 * time.Minute)
		back := arrive(t, w, v.Patient.ID)
		if !emptySince().IsZero() {
			t.Error("somebody came back, and the room is empty")
		}
		leave(patient) // of the first stay: the second goes on
		if !emptySince().IsZero() {
			t.Error("an old attendance closed a new one")
		}
		leave(back)
		w.Clock.Advance(10 * time.Minute)
		if err := w.Desk.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c := read(t, w, v.ID).Consultation; c.Status != consult.Finished || c.EndReason != consult.EndAbandoned || !c.EmptySince.IsZero() {
			t.Errorf("%s %s", c.Status, c.EndReason)
		}
	})
}

func TestLeaveAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		doctor, patient := begin(t, w, v)
		as := []*consult.Attendance{doctor, patient, doctor, patient}
		errs := make([]error, len(as))
		atOnce(len(as), func(i int) { errs[i] = w.Desk.Leave(t.Context(), as[i]) })
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		if read(t, w, v.ID).Consultation.EmptySince.IsZero() {
			t.Error("nobody is left, and the room is not empty")
		}
		left := 0
		for _, e := range told(t, w, v.ID) {
			if e.Type == consult.ParticipantLeft {
				left++
			}
		}
		if left != 2 {
			t.Errorf("%d people left", left)
		}
	})
}

func TestSweep(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		missed, alone, held := w.Schedule(t, nil), w.Schedule(t, nil), w.Schedule(t, nil)
		later := w.Schedule(t, func(o *consult.Order) { o.StartsAt = noon.Add(time.Hour) })
		pass := w.Pass(t, missed.DoctorLink)
		arrive(t, w, alone.Doctor.ID)
		begin(t, w, held)
		status := func(v *consulttest.Visit) consult.Status { return read(t, w, v.ID).Consultation.Status }

		w.Clock.Advance(time.Hour - time.Microsecond)
		sweep(t, w)
		if status(missed) != consult.Upcoming {
			t.Error("missed too soon")
		}
		w.Clock.Advance(time.Microsecond)
		errs := make([]error, 3) // as if by three nodes
		atOnce(len(errs), func(i int) { errs[i] = w.Desk.Sweep(t.Context()) })
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		for v, want := range map[*consulttest.Visit]consult.Status{
			missed: consult.Missed, alone: consult.Missed, held: consult.Current, later: consult.Upcoming,
		} {
			if got := status(v); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if got := changes(t, w, alone.ID); !slices.Equal(got, []string{"MISSED"}) {
			t.Errorf("status changes %v", got)
		}
		if a := read(t, w, alone.ID).Attendances[0]; a.LeftAt.IsZero() {
			t.Error("the doctor of a missed consultation is still in the room")
		}

		w.Clock.Advance(7 * time.Hour)
		sweep(t, w)
		if c := read(t, w, held.ID).Consultation; c.Status != consult.Finished || c.EndReason != consult.EndTimeout {
			t.Errorf("%s %s", c.Status, c.EndReason)
		}
		passThere := func() bool {
			err := w.Store.View(t.Context(), func(tx consult.Tx) error {
				_, err := tx.Pass(consult.HashToken(pass))
				return err
			})
			return err == nil
		}
		if !passThere() {
			t.Error("a pass is gone too soon")
		}
		w.Clock.Advance(48 * time.Hour)
		sweep(t, w)
		if passThere() {
			t.Error("an expired pass stays")
		}
	})
}

func sweep(t *testing.T, w *consulttest.World) {
	t.Helper()
	if err := w.Desk.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestSweepManyPages sweeps more consultations than one look reads.
func TestSweepManyPages(t *testing.T) {
	w := consulttest.New(t)
	by, _ := w.Key(t)
	const n = 401
	for range n {
		must(w.Desk.Schedule(t.Context(), by, consult.Order{Doctor: consult.Person{ID: "d"}, Patient: consult.Person{ID: "p"}}))(t)
	}
	w.Clock.Advance(2 * time.Hour)
	sweep(t, w)
	q := consult.ListQuery{Status: []consult.Status{consult.Upcoming}}
	if left := must(w.Desk.Consultations(t.Context(), by, q))(t); len(left.Items) != 0 {
		t.Errorf("%d are still upcoming", len(left.Items))
	}
}

func TestCloseStaleAttendances(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v, waiting := w.Schedule(t, nil), w.Schedule(t, nil)
		begin(t, w, v)
		arrive(t, w, waiting.Doctor.ID)
		w.Clock.Advance(time.Minute)
		if err := w.Desk.CloseStaleAttendances(t.Context()); err != nil {
			t.Fatal(err)
		}
		d := read(t, w, v.ID)
		if !d.Consultation.EmptySince.Equal(w.Clock.Now()) || d.Consultation.Status != consult.Current {
			t.Errorf("%+v", d.Consultation)
		}
		if read(t, w, waiting.ID).Consultation.EmptySince != (time.Time{}) {
			t.Error("an upcoming consultation has EmptySince")
		}
		for _, a := range slices.Concat(d.Attendances, read(t, w, waiting.ID).Attendances) {
			if a.LeftAt.IsZero() {
				t.Errorf("%s is still in the room", a.Role)
			}
		}
		told(t, w, v.ID)
		arrive(t, w, v.Doctor.ID)
	})
}

func TestInvite(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, nil)
		by := consult.Principal{Seat: v.Doctor}
		seat, link := must2(w.Desk.Invite(t.Context(), by, v.ID, consult.RoleInterpreter, consult.Person{Name: "Анна"}))(t)
		e := must(w.Desk.Enter(t.Context(), link[len(consulttest.PublicURL+"/j/"):]))(t)
		if e.Seat.ID != seat.ID || e.Seat.Admitted() {
			t.Errorf("%+v", e.Seat)
		}
		_, err := w.Desk.Admit(t.Context(), consult.Principal{Seat: seat}, seat.ID)
		wantCode(t, err, consult.CodeForbidden)
		must(w.Desk.Admit(t.Context(), by, seat.ID))(t)
		must(w.Desk.Admit(t.Context(), by, seat.ID))(t)
		arrive(t, w, seat.ID)

		_, _, err = w.Desk.Invite(t.Context(), consult.Principal{Seat: v.Patient}, v.ID, consult.RoleRelative, consult.Person{})
		wantCode(t, err, consult.CodeForbidden)
		_, _, err = w.Desk.Invite(t.Context(), by, v.ID, "king", consult.Person{Name: "a\nb"})
		wantCode(t, err, consult.CodeInvalid)

		errs := make([]error, 10) // three seats are taken, eight fit
		atOnce(len(errs), func(i int) {
			_, _, errs[i] = w.Desk.Invite(t.Context(), key, v.ID, consult.RoleRelative, consult.Person{ID: "r-1"})
		})
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else {
				wantCode(t, err, consult.CodeConflict)
			}
		}
		if seats := read(t, w, v.ID).Seats; made != 5 || len(seats) != 8 {
			t.Errorf("%d more were invited, there are %d seats", made, len(seats))
		}
		w.Clock.Advance(2 * time.Hour)
		_, _, err = w.Desk.Invite(t.Context(), key, v.ID, consult.RoleRelative, consult.Person{})
		wantCode(t, err, consult.CodeConflict)
	})
}
