package consult_test

import (
	"strings"
	"testing"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func TestEraseRecording(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, func(o *consult.Order) { o.Recording = consult.RecordAsk })
		begin(t, w, v)
		must(w.Desk.GiveConsent(t.Context(), v.Doctor.ID, true, consult.ConsentTextVersion, ""))(t)
		r := must(w.Desk.BeginRecording(t.Context(), v.Doctor.ID, "camera"))(t)
		failed := must(w.Desk.BeginRecording(t.Context(), v.Doctor.ID, "screen"))(t)
		erase := func(by consult.Principal, id consult.RecordingID) error {
			_, err := w.Desk.EraseRecording(t.Context(), by, id, "по заявлению пациента")
			return err
		}
		wantCode(t, erase(key, r.ID), consult.CodeConflict)
		if err := w.Desk.RecordingFinishing(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		wantCode(t, erase(key, r.ID), consult.CodeConflict)
		facts := consult.RecordingFacts{Bytes: 4711, SHA256: make([]byte, 32)}
		if err := w.Desk.RecordingReady(t.Context(), r.ID, facts); err != nil {
			t.Fatal(err)
		}
		if err := w.Desk.RecordingFailed(t.Context(), failed.ID, "io_error"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, erase(as(consult.StaffHead), r.ID), consult.CodeForbidden)
		wantCode(t, erase(keyOf(t, w, "lk", consult.ScopeRecordingsRead), r.ID), consult.CodeForbidden)
		wantCode(t, erase(keyOf(t, w, "other", consult.AllScopes...), r.ID), consult.CodeNotFound)
		wantCode(t, erase(key, "r_none"), consult.CodeNotFound)
		for _, reason := range []string{"", " \n", strings.Repeat("я", 501)} {
			_, err := w.Desk.EraseRecording(t.Context(), key, r.ID, reason)
			wantCode(t, err, consult.CodeInvalid)
		}
		wantCode(t, w.Desk.ForgetBytes(t.Context(), r.ID), consult.CodeConflict)
		wantCode(t, erase(key, r.ID), "")
		wantCode(t, erase(as(consult.StaffAdmin), failed.ID), "")
		again := must(w.Desk.EraseRecording(t.Context(), key, r.ID, "another reason"))(t)
		if again.State != consult.RecordingErased || again.EraseReason != "по заявлению пациента" || !again.ErasedAt.Equal(w.Clock.Now()) || again.Bytes != 4711 {
			t.Errorf("%+v", again)
		}
		_, err := w.Desk.ReadRecording(t.Context(), key, r.ID)
		wantCode(t, err, consult.CodeConflict)
		wantCode(t, w.Desk.RecordingReady(t.Context(), r.ID, facts), consult.CodeConflict)
		wantCode(t, w.Desk.RecordingFailed(t.Context(), r.ID, "lost"), consult.CodeConflict)

		if left := must(w.Desk.ErasedRecordings(t.Context()))(t); len(left) != 2 {
			t.Errorf("%d to remove", len(left))
		}
		for range 2 {
			if err := w.Desk.ForgetBytes(t.Context(), r.ID); err != nil {
				t.Fatal(err)
			}
		}
		left := must(w.Desk.ErasedRecordings(t.Context()))(t)
		if len(left) != 1 || left[0].ID != failed.ID {
			t.Errorf("%d to remove", len(left))
		}
		log := actions(t, w, v.ID)
		if count(log, "recording.erase") != 2 || count(log, "recording.forget") != 1 {
			t.Errorf("audit %v", log)
		}
	})
}
