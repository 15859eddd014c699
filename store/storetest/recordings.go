package storetest

import (
	"testing"
	"time"

	"tmk/consult"
)

var recordingLaws = []law{
	{"recordings", recordings},
	{"consents", consents},
}

func recordings(t *testing.T, s consult.Store) {
	sc, other := setScene(t, s, "a"), setScene(t, s, "b")
	record := func(id string, sc scene, state consult.RecordingState, started time.Time) *consult.Recording {
		r := &consult.Recording{
			ID: consult.RecordingID(id), ConsultationID: sc.c.ID, SeatID: sc.doctor.ID, Role: consult.RoleDoctor,
			Source: "camera", State: state, StartedAt: started,
		}
		add(t, s, consult.Tx.AddRecording, r)
		return r
	}
	b := record("r_b", sc, consult.RecordingActive, morning)
	a := record("r_a", sc, consult.RecordingActive, morning)
	first := record("r_z", sc, consult.RecordingActive, morning.Add(-time.Hour))
	foreign := record("r_0", other, consult.RecordingFinishing, morning.Add(-time.Minute))

	of := func(tx consult.Tx) ([]*consult.Recording, error) { return tx.Recordings(sc.c.ID) }
	want(t, "by StartedAt, then ID", read(t, s, of), []*consult.Recording{first, a, b})

	a.State, a.Failure, a.Offset, a.Duration = consult.RecordingFailed, "disk_full", -5*time.Millisecond, time.Hour+1
	a.Bytes, a.SHA256, a.FinishedAt = 7<<40, consult.HashToken("webm"), morning.Add(time.Hour)
	add(t, s, consult.Tx.SaveRecording, a)
	want(t, "saved", read(t, s, func(tx consult.Tx) (*consult.Recording, error) { return tx.Recording("r_a") }), a)

	in := func(state consult.RecordingState, limit int) []*consult.Recording {
		return read(t, s, func(tx consult.Tx) ([]*consult.Recording, error) { return tx.RecordingsByState(state, limit) })
	}
	want(t, "any, newest first", in("", 10), []*consult.Recording{b, a, foreign, first})
	want(t, "active", in(consult.RecordingActive, 10), []*consult.Recording{b, first})
	want(t, "the newest active", in(consult.RecordingActive, 1), []*consult.Recording{b})
	want(t, "ready", in(consult.RecordingReady, 10), nil)

	toRemove := func(limit int) []*consult.Recording {
		return read(t, s, func(tx consult.Tx) ([]*consult.Recording, error) { return tx.RecordingsToRemove(limit) })
	}
	for i, r := range []*consult.Recording{first, a, b} {
		r.State, r.ErasedAt, r.EraseReason = consult.RecordingErased, morning.Add(-time.Duration(i)*time.Minute), "отозвано согласие"
		add(t, s, consult.Tx.SaveRecording, r)
	}
	want(t, "to remove, the first erased first", toRemove(10), []*consult.Recording{b, a, first})
	want(t, "one of them", toRemove(1), []*consult.Recording{b})
	b.BytesGone = true
	add(t, s, consult.Tx.SaveRecording, b)
	want(t, "removed", read(t, s, func(tx consult.Tx) (*consult.Recording, error) { return tx.Recording("r_b") }), b)
	want(t, "left to remove", toRemove(10), []*consult.Recording{a, first})

	missing(t, s, "no such recording", func(tx consult.Tx) (*consult.Recording, error) { return tx.Recording("r_none") })
	refused(t, s, consult.CodeNotFound, "saving none", func(tx consult.Tx) error {
		return tx.SaveRecording(&consult.Recording{ID: "r_none", State: consult.RecordingReady})
	})
	refused(t, s, consult.CodeConflict, "the same", func(tx consult.Tx) error { return tx.AddRecording(a) })
	for name, spoil := range map[string]func(r *consult.Recording){
		"state":  func(r *consult.Recording) { r.State = "lost" },
		"source": func(r *consult.Recording) { r.Source = "ceiling" },
		"bytes":  func(r *consult.Recording) { r.Bytes = -1 },
	} {
		r := *b
		r.ID = "r_new"
		spoil(&r)
		if err := s.Update(ctxOf(t), func(tx consult.Tx) error { return tx.AddRecording(&r) }); err == nil {
			t.Errorf("a wrong %s was stored", name)
		}
	}
}

func consents(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	answer := func(id string, seat *consult.Seat, given bool, at time.Time) *consult.Consent {
		c := &consult.Consent{ID: id, ConsultationID: sc.c.ID, SeatID: seat.ID, Given: given, TextVersion: "2026-11-1", Language: "ru", At: at}
		add(t, s, consult.Tx.AddConsent, c)
		return c
	}
	withdrawn := answer("cs_a", sc.patient, false, morning.Add(time.Minute))
	given := answer("cs_c", sc.patient, true, morning)
	doctors := answer("cs_b", sc.doctor, true, morning)
	list := read(t, s, func(tx consult.Tx) ([]*consult.Consent, error) { return tx.Consents(sc.c.ID) })
	want(t, "by At, then ID", list, []*consult.Consent{doctors, given, withdrawn})
	refused(t, s, consult.CodeConflict, "the same", func(tx consult.Tx) error { return tx.AddConsent(given) })
}
