package signaling

import (
	"bytes"
	"io"
	"testing"
	"time"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// call brings doctor and patient into a call with media.
func (w *world) call(v visit, change ...func(*protocol.Join)) (doctor, patient *client, dd, pd *device) {
	w.t.Helper()
	dd, pd = newDevice(w.t), newDevice(w.t)
	doctor = w.join(v.doctor, append(change, with(dd))...)
	dd.accept(expect[protocol.Joined](doctor).Answer)
	patient = w.join(v.patient, append(change, with(pd))...)
	expect[protocol.WaitingRoom](patient)
	doctor.send(protocol.Admit{Seat: string(v.Patient.ID)})
	pd.accept(expect[protocol.Joined](patient).Answer)
	expect[protocol.PersonJoined](doctor)
	dd.play()
	pd.play()
	return doctor, patient, dd, pd
}

// TestMedia: the offer kept in the waiting room is answered on admission; slots say
// who is where; mute stops what is still sent; a kept peer survives the socket.
func TestMedia(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, patient, dd, pd := w.call(v)
	lines := func(list []protocol.Slot, of consult.SeatID) (mic, camera string) {
		for _, s := range list {
			switch {
			case s.Seat == string(of) && s.Source == "mic":
				mic = s.Mid
			case s.Seat == string(of) && s.Source == "camera":
				camera = s.Mid
			}
		}
		return mic, camera
	}
	var mic, camera string
	doctor.taken = 0 // slots may come before personJoined
	expect(doctor, func(m protocol.Slots) bool {
		mic, camera = lines(m.Slots, v.Patient.ID)
		return mic != "" && camera != ""
	})
	w.eventually("the doctor hears and sees the patient", func() bool { return dd.hears(mic) > 20 && dd.hears(camera) > 20 })

	patient.send(protocol.SetMedia{Media: protocol.Media{Camera: true}})
	expect(doctor, func(m protocol.PersonChanged) bool { return !m.Person.Media.Mic && m.Person.Media.Camera })
	silent, seen := dd.hears(mic), dd.hears(camera)
	w.eventually("the camera goes on", func() bool { return dd.hears(camera) > seen+20 })
	if n := dd.hears(mic) - silent; n > 5 { // a packet or two were on their way
		t.Errorf("%d packets of a muted microphone were forwarded", n)
	}

	patient.ws.NetConn().Close()
	expect(doctor, func(m protocol.PersonChanged) bool { return !m.Person.Connected })
	seen = dd.hears(camera)
	w.eventually("media go on without the socket", func() bool { return dd.hears(camera) > seen+20 })
	patient = w.join(v.patient, resume, func(j *protocol.Join) { j.PeerAlive, j.Media = true, protocol.Media{Camera: true} })
	m := expect[protocol.Joined](patient)
	if !m.PeerKept || m.Answer != "" || len(m.Slots) == 0 {
		t.Errorf("joined: %+v", m)
	}

	// A reload: the same tab with a new connection.
	fresh := newDevice(t)
	patient = w.join(v.patient, resume, with(fresh))
	m = expect[protocol.Joined](patient)
	if m.PeerKept || m.Answer == "" {
		t.Errorf("joined after a reload: kept %t", m.PeerKept)
	}
	fresh.accept(m.Answer)
	pd.close()
	fresh.play()
	doctorMic, _ := lines(m.Slots, v.Doctor.ID)
	if doctorMic == "" { // they come in joined, or after it
		expect(patient, func(m protocol.Slots) bool {
			doctorMic, _ = lines(m.Slots, v.Doctor.ID)
			return doctorMic != ""
		})
	}
	w.eventually("the patient hears the doctor", func() bool { return fresh.hears(doctorMic) > 20 })

	// One more line by a further offer, and a fresh one.
	id := patient.send(fresh.offer())
	a, re := expectRe[protocol.Answer](patient)
	if re != id {
		t.Errorf("answer re %q, want %q", re, id)
	}
	fresh.accept(a.SDP)
	third := newDevice(t)
	o := third.offer()
	o.Fresh = true
	patient.send(o)
	third.accept(expect[protocol.Answer](patient).SDP)
	third.play()
	w.eventually("the new connection hears", func() bool {
		for mid := range map[string]bool{"2": true, "3": true} {
			if third.hears(mid) > 20 {
				return true
			}
		}
		return false
	})
	expect(doctor, func(m protocol.Quality) bool {
		return len(m.People) == 2 && m.People[0].Level == levelGood && m.People[1].Level == levelGood
	})
}

func (w *world) recordings(id consult.ConsultationID) []*consult.Recording {
	w.t.Helper()
	list, err := w.desk.Recordings(w.t.Context(), consult.System, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// record lets the recordings that run have this much of the call.
func (w *world) record(d time.Duration) {
	w.t.Helper()
	began := time.Now()
	w.eventually("time passes", func() bool { return time.Since(began) > d })
}

// TestRecording: it runs while all agree, stops when one withdraws, and its files are whole.
func TestRecording(t *testing.T) {
	w := newWorld(t)
	v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordAsk })
	doctor, patient, _, pd := w.call(v, consent(true))
	active := func(on bool) func(protocol.RecordingState) bool {
		return func(m protocol.RecordingState) bool { return m.Active == on && m.Consent == "given" && !m.Failed }
	}
	expect(doctor, active(true))
	expect(patient, active(true))
	w.eventually("two recordings run", func() bool { return w.hub.Stats().Recordings == 2 })

	// A reload continues the same file.
	fresh := newDevice(t)
	patient = w.join(v.patient, resume, with(fresh), consent(true))
	fresh.accept(expect[protocol.Joined](patient).Answer)
	pd.close()
	fresh.play()
	w.record(time.Second)

	id := patient.send(protocol.SetConsent{Given: false, TextVersion: consult.ConsentTextVersion, Language: "ru"})
	if m, re := expectRe[protocol.RecordingState](patient); re != id || m.Consent != "refused" {
		t.Errorf("answer: %+v, re %q", m, re)
	}
	expect(doctor, active(false))
	w.eventually("the files are whole", func() bool {
		for _, r := range w.recordings(v.ID) {
			if r.State != consult.RecordingReady {
				return false
			}
		}
		return true
	})
	list := w.recordings(v.ID)
	if len(list) != 2 {
		t.Fatalf("%d recordings, want 2", len(list))
	}
	for _, r := range list {
		if r.Source != "camera" || r.Duration < 900*time.Millisecond || r.Bytes == 0 || len(r.SHA256) != 32 || r.Offset < 0 || r.Offset > 5*time.Second {
			t.Errorf("recording: %+v", r)
		}
		f, err := w.rec.Open(string(r.ID))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		f.Close()
		if err != nil || int64(len(b)) != r.Bytes || !bytes.HasPrefix(b, []byte{0x1a, 0x45, 0xdf, 0xa3}) {
			t.Errorf("file of %d bytes, %v", len(b), err)
		}
	}

	patient.send(protocol.SetConsent{Given: true, TextVersion: consult.ConsentTextVersion, Language: "ru"})
	expect(doctor, active(true))
	w.record(200 * time.Millisecond)
	doctor.send(protocol.End{})
	expect[protocol.Ended](patient)
	w.eventually("all four files are whole after the end", func() bool {
		ready := 0
		for _, r := range w.recordings(v.ID) {
			if r.State == consult.RecordingReady {
				ready++
			}
		}
		return ready == 4
	})
}

// TestRecordingScreen: a shared screen is a file of its own, one for each time.
func TestRecordingScreen(t *testing.T) {
	w := newWorld(t)
	v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordAsk })
	doctor, _, _, _ := w.call(v, consent(true))
	expect(doctor, func(m protocol.RecordingState) bool { return m.Active })
	share := func(on bool) {
		doctor.send(protocol.SetMedia{Media: protocol.Media{Mic: true, Camera: true, Screen: on}})
	}
	screens := func() (running, ended int) {
		for _, r := range w.recordings(v.ID) {
			switch {
			case r.Source != "screen":
			case r.State == consult.RecordingActive:
				running++
			default:
				ended++
			}
		}
		return running, ended
	}
	share(true)
	w.eventually("the screen is recorded", func() bool { r, e := screens(); return r == 1 && e == 0 })
	share(false)
	w.eventually("it is not any more", func() bool { r, e := screens(); return r == 0 && e == 1 })
	share(true)
	w.eventually("it is again, in a new file", func() bool { r, e := screens(); return r == 1 && e == 1 })
	w.eventually("three recordings run", func() bool { return w.hub.Stats().Recordings == 3 })
}

// TestRecordingStopsForGuest: who has not agreed is not recorded, nor are the others while he is there.
func TestRecordingStopsForGuest(t *testing.T) {
	w := newWorld(t)
	v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordAsk })
	doctor, _, _, _ := w.call(v, consent(true))
	expect(doctor, func(m protocol.RecordingState) bool { return m.Active })
	doctor.send(protocol.Invite{Role: "relative", Name: "Гость"})
	inv := expect[protocol.Invited](doctor)
	guest := w.join(w.Pass(t, inv.URL[len("https://tmk.example/j/"):]))
	expect[protocol.WaitingRoom](guest)
	doctor.send(protocol.Admit{Seat: inv.Seat})
	if m := expect[protocol.Joined](guest); m.Recording.Consent != "unasked" || m.Recording.Policy != "ask" {
		t.Errorf("the guest's recording: %+v", m.Recording)
	}
	expect(doctor, func(m protocol.RecordingState) bool { return !m.Active })
	guest.send(protocol.Leave{})
	expect(doctor, func(m protocol.RecordingState) bool { return m.Active })
}

// TestRecordingFails: a full disk ends recordings, not the call.
func TestRecordingFails(t *testing.T) {
	w := newWorld(t, func(_ *Config, r *recorderConfig) { r.MinFree = 1 << 60 })
	v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordAsk })
	doctor, patient, _, _ := w.call(v, consent(true))
	expect(doctor, func(m protocol.RecordingState) bool { return m.Failed && !m.Active })
	expect(patient, func(m protocol.RecordingState) bool { return m.Failed && !m.Active })
	for _, r := range w.recordings(v.ID) {
		if r.State != consult.RecordingFailed || r.Failure != "disk_full" {
			t.Errorf("recording: %+v", r)
		}
	}
	doctor.send(protocol.PostChat{ClientID: "1", Text: "Продолжаем"})
	expect[protocol.Chat](patient)
}

// TestWithdrawalPutsOut: where recording is required, who withdraws is out at once, and his media with him.
func TestWithdrawalPutsOut(t *testing.T) {
	w := newWorld(t)
	v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordRequired })
	doctor, patient, _, _ := w.call(v, consent(true))
	expect(doctor, func(m protocol.RecordingState) bool { return m.Active })
	patient.send(protocol.SetConsent{Given: false, TextVersion: consult.ConsentTextVersion, Language: "ru"})
	patient.fatal("consent_required", protocol.CloseConsent)
	if m := expect[protocol.PersonLeft](doctor); m.Seat != string(v.Patient.ID) {
		t.Errorf("left: %+v", m)
	}
	w.join(v.patient).fatal("consent_required", protocol.CloseConsent)
}

// TestRevoked: whose link is taken back is put out by the room, wherever he is.
func TestRevoked(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	err := w.Store.Update(t.Context(), func(tx consult.Tx) error {
		s, err := tx.Seat(v.Patient.ID)
		if err != nil {
			return err
		}
		s.RevokedAt = w.now()
		return tx.SaveSeat(s)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Feed.Publish(consult.Hint{ConsultationID: v.ID, Kind: consult.HintSeats})
	patient.fatal(protocol.CodeRevoked, protocol.CloseRevoked)
	expect[protocol.PersonLeft](doctor)
}
