package signaling

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tmk/consult"
	"tmk/signaling/protocol"
)

func TestRevokedIsPutOut(t *testing.T) {
	w := newWorld(t)
	key, _ := w.Key(t)
	v := w.visit(nil)
	doctor := w.join(v.doctor)
	expect[protocol.Joined](doctor)
	for _, where := range []string{"waiting", "in the room"} {
		seat, pass := w.guest(v, consult.RoleRelative)
		guest := w.join(pass)
		expect[protocol.WaitingRoom](guest)
		if where == "in the room" {
			doctor.send(protocol.Admit{Seat: string(seat.ID)})
			expect[protocol.Joined](guest)
			expect[protocol.PersonJoined](doctor)
		}
		if err := w.desk.Revoke(t.Context(), key, seat.ID); err != nil {
			t.Fatal(err)
		}
		guest.fatal(protocol.CodeRevoked, protocol.CloseRevoked)
		if where == "in the room" {
			expect(doctor, func(m protocol.PersonLeft) bool { return m.Seat == string(seat.ID) })
		} else {
			expect(doctor, func(m protocol.WaitingChanged) bool { return len(m.Waiting) == 0 })
		}
		w.join(pass).fatal("unauthorized", protocol.CloseUnauthorized)
	}
}

func TestReissuedLinkPutsOutWhoCameByTheOld(t *testing.T) {
	w := newWorld(t)
	key, _ := w.Key(t)
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	_, link, err := w.desk.Reissue(t.Context(), key, v.Patient.ID)
	if err != nil {
		t.Fatal(err)
	}
	patient.fatal(protocol.CodeReissued, protocol.CloseReissued)
	expect(doctor, func(m protocol.PersonLeft) bool { return m.Seat == string(v.Patient.ID) })
	w.join(v.patient).fatal("unauthorized", protocol.CloseUnauthorized)
	again := w.join(w.Pass(t, tokenOf(link)))
	expect[protocol.Joined](again) // who was admitted once goes straight in
	expect[protocol.PersonJoined](doctor)
	// The new link puts nobody else out.
	doctor.send(protocol.Ping{})
	expect[protocol.Pong](doctor)
	again.send(protocol.Ping{})
	expect[protocol.Pong](again)
}

func TestReissuedWhileTheSocketIsBroken(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *recorderConfig) { c.ResumeFor = patience })
	key, _ := w.Key(t)
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	patient.ws.Close()
	expect(doctor, func(m protocol.PersonChanged) bool { return !m.Person.Connected })
	if _, _, err := w.desk.Reissue(t.Context(), key, v.Patient.ID); err != nil {
		t.Fatal(err)
	}
	expect(doctor, func(m protocol.PersonLeft) bool { return m.Seat == string(v.Patient.ID) }) // and not after ResumeFor
	w.join(v.patient, resume).fatal("unauthorized", protocol.CloseUnauthorized)
}

// The bytes of an erased recording go, and its row says so; those of others stay.
func TestErasedRecordingsAreRemoved(t *testing.T) {
	dir := ""
	w := newWorld(t, func(c *Config, r *recorderConfig) { c.SweepEvery, dir = 10*time.Millisecond, r.Dir })
	key, _ := w.Key(t)
	v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordAsk })
	if _, err := w.desk.GiveConsent(t.Context(), v.Patient.ID, true, consult.ConsentTextVersion, "ru"); err != nil {
		t.Fatal(err)
	}
	var files []string
	var ids []consult.RecordingID
	for _, source := range []string{"camera", "screen"} {
		r, err := w.desk.BeginRecording(t.Context(), v.Patient.ID, source)
		if err == nil {
			err = w.desk.RecordingReady(t.Context(), r.ID, consult.RecordingFacts{Bytes: 3, SHA256: make([]byte, 32)})
		}
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, string(r.ID)+".webm")
		if err := os.WriteFile(file, []byte("abc"), 0o600); err != nil {
			t.Fatal(err)
		}
		files, ids = append(files, file), append(ids, r.ID)
	}
	if _, err := w.desk.EraseRecording(t.Context(), key, ids[0], "the patient has asked for it"); err != nil {
		t.Fatal(err)
	}
	w.eventually("the bytes are gone", func() bool {
		left, err := w.desk.ErasedRecordings(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(left) == 0
	})
	if _, err := os.Stat(files[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the erased file: %v", err)
	}
	if _, err := os.Stat(files[1]); err != nil {
		t.Errorf("the other file: %v", err)
	}
	for _, r := range w.details(v.ID).Recordings {
		if erased := r.ID == ids[0]; r.BytesGone != erased || (r.State == consult.RecordingErased) != erased {
			t.Errorf("recording %+v", r)
		}
	}
}
