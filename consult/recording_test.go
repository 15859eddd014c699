package consult_test

import (
	"fmt"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func TestConsent(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, func(o *consult.Order) { o.Recording = consult.RecordAsk })
		begin(t, w, v)
		answer := func(seat consult.SeatID, given bool) *consult.Consent {
			t.Helper()
			w.Clock.Advance(time.Second)
			return must(w.Desk.GiveConsent(t.Context(), seat, given, consult.ConsentTextVersion, ""))(t)
		}
		both := []consult.SeatID{v.Doctor.ID, v.Patient.ID}
		may := func(present []consult.SeatID, want bool) {
			t.Helper()
			if got := must(w.Desk.MayRecord(t.Context(), v.ID, present))(t); got != want {
				t.Errorf("may record: %t", got)
			}
		}
		may(both, false)
		first := answer(v.Doctor.ID, true)
		may(both, false)
		may(both[:1], true)
		may(nil, false)
		if again := answer(v.Doctor.ID, true); again.ID != first.ID {
			t.Error("the same answer twice is two rows")
		}
		answer(v.Patient.ID, true)
		may(both, true)
		answer(v.Patient.ID, false)
		may(both, false)
		may(both[:1], true)
		answer(v.Patient.ID, true)
		may(both, true)
		if e := must(w.Desk.Resume(t.Context(), w.Pass(t, v.PatientLink)))(t); e.Consent == nil || !e.Consent.Given || e.Consent.Language != "ru" {
			t.Errorf("%+v", e.Consent)
		}
		must(w.Desk.Finish(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID, ""))(t)
		may(both, false)
		_, err := w.Desk.GiveConsent(t.Context(), v.Doctor.ID, false, consult.ConsentTextVersion, "")
		wantCode(t, err, consult.CodeFinished)
	})
}

func TestConsentRefused(t *testing.T) {
	w := consulttest.New(t)
	off := w.Schedule(t, nil)
	_, err := w.Desk.GiveConsent(t.Context(), off.Doctor.ID, true, consult.ConsentTextVersion, "ru")
	wantCode(t, err, consult.CodeConflict)
	ask := w.Schedule(t, func(o *consult.Order) { o.Recording = consult.RecordAsk })
	_, err = w.Desk.GiveConsent(t.Context(), ask.Doctor.ID, true, "some text", "ru")
	wantCode(t, err, consult.CodeInvalid)
	_, err = w.Desk.GiveConsent(t.Context(), ask.Doctor.ID, true, consult.ConsentTextVersion, "de")
	wantCode(t, err, consult.CodeInvalid)
	if may := must(w.Desk.MayRecord(t.Context(), off.ID, []consult.SeatID{off.Doctor.ID}))(t); may {
		t.Error("what is off may be recorded")
	}
}

func TestRequiredConsent(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, func(o *consult.Order) { o.Recording = consult.RecordRequired })
	_, _, err := w.Desk.MayJoin(t.Context(), v.Doctor.ID)
	wantCode(t, err, consult.CodeConsent)
	_, _, err = w.Desk.Arrive(t.Context(), v.Doctor.ID)
	wantCode(t, err, consult.CodeConsent)
	must(w.Desk.GiveConsent(t.Context(), v.Doctor.ID, true, consult.ConsentTextVersion, "en"))(t)
	arrive(t, w, v.Doctor.ID)
}

func TestRecording(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, func(o *consult.Order) { o.Recording = consult.RecordAsk })
		begin(t, w, v)
		_, err := w.Desk.BeginRecording(t.Context(), v.Patient.ID, "camera")
		wantCode(t, err, consult.CodeConsent)
		must(w.Desk.GiveConsent(t.Context(), v.Patient.ID, true, consult.ConsentTextVersion, ""))(t)
		_, err = w.Desk.BeginRecording(t.Context(), v.Patient.ID, "ceiling")
		wantCode(t, err, consult.CodeInvalid)
		good := must(w.Desk.BeginRecording(t.Context(), v.Patient.ID, "camera"))(t)
		w.Clock.Advance(time.Second)
		bad := must(w.Desk.BeginRecording(t.Context(), v.Patient.ID, "screen"))(t)
		_, err = w.Desk.ReadRecording(t.Context(), key, good.ID)
		wantCode(t, err, consult.CodeConflict)
		if left := must(w.Desk.UnfinishedRecordings(t.Context()))(t); len(left) != 2 {
			t.Errorf("%d unfinished", len(left))
		}
		facts := consult.RecordingFacts{Offset: time.Second, Duration: time.Minute, Bytes: 4711, SHA256: make([]byte, 32)}
		for range 2 {
			if err := w.Desk.RecordingFinishing(t.Context(), good.ID); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := w.Desk.RecordingReady(t.Context(), good.ID, facts); err != nil {
				t.Fatal(err)
			}
			if err := w.Desk.RecordingFailed(t.Context(), bad.ID, "disk_full"); err != nil {
				t.Fatal(err)
			}
		}
		wantCode(t, w.Desk.RecordingFailed(t.Context(), good.ID, "lost"), consult.CodeConflict)
		wantCode(t, w.Desk.RecordingReady(t.Context(), bad.ID, facts), consult.CodeConflict)
		r := must(w.Desk.ReadRecording(t.Context(), key, good.ID))(t)
		if r.State != consult.RecordingReady || r.Duration != time.Minute || r.Offset != time.Second || r.Bytes != 4711 || r.FinishedAt.IsZero() {
			t.Errorf("%+v", r)
		}
		var types []consult.EventType
		for _, e := range told(t, w, v.ID)[4:] {
			types = append(types, e.Type)
		}
		want := "[recording.started recording.started recording.ready recording.failed]"
		if got := fmt.Sprint(types); got != want {
			t.Errorf("events %s, want %s", got, want)
		}
		staff := consult.Principal{Staff: &consult.Staff{ID: "u_1", Roles: []consult.StaffRole{consult.StaffHead}}}
		rs, of := must2(w.Desk.AllRecordings(t.Context(), staff, 0))(t)
		if len(rs) != 2 || of[v.ID] == nil {
			t.Errorf("%d recordings of %v", len(rs), of)
		}
		if err := w.Desk.FlushReads(t.Context()); err != nil {
			t.Fatal(err)
		}
		page := must(w.Desk.Audit(t.Context(), consult.System, consult.AuditQuery{Action: string(consult.ActAllRecordings)}))(t)
		if len(page.Items) != 1 || page.Items[0].Actor != "staff:u_1" {
			t.Errorf("the audit holds %v of reading the list", page.Items)
		}
		_, _, err = w.Desk.AllRecordings(t.Context(), key, 0)
		wantCode(t, err, consult.CodeForbidden)
		_, err = w.Desk.Recording(t.Context(), consult.Principal{Seat: v.Doctor}, good.ID)
		wantCode(t, err, consult.CodeForbidden)
		log := actions(t, w, v.ID)
		if log[len(log)-1] != "recording.read" {
			t.Errorf("audit %v", log)
		}
	})
}
