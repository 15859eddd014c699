package signaling

import (
	"testing"
	"time"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// TestSession is a consultation without media: waiting, admission, chat, mute, end.
func TestSession(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)

	patient := w.join(v.patient)
	waiting, re := expectRe[protocol.WaitingRoom](patient)
	if re != "1" || waiting.Seat != string(v.Patient.ID) || waiting.DoctorPresent || waiting.Session.Status != "upcoming" {
		t.Errorf("waiting room: %+v, re %q", waiting, re)
	}

	doctor := w.join(v.doctor)
	joined := expect[protocol.Joined](doctor)
	if len(joined.People) != 1 || !joined.People[0].Connected || len(joined.Waiting) != 1 || joined.Waiting[0].Name != v.Patient.Person.Name {
		t.Errorf("the doctor's joined: %+v", joined)
	}
	if joined.Limits.MaxText != 4000 || joined.Limits.MaxChunk != 65536 || joined.Limits.MaxFile == 0 {
		t.Errorf("limits: %+v", joined.Limits)
	}
	if again := expect[protocol.WaitingRoom](patient); !again.DoctorPresent {
		t.Error("the patient is not told that the doctor is there")
	}

	// The doctor writes to the waiting patient, who answers.
	id := doctor.send(protocol.PostChat{ClientID: "a", Text: "Минутку"})
	if m, re := expectRe[protocol.Chat](doctor); re != id || m.Message.Seq != 1 || m.Message.Role != "doctor" {
		t.Errorf("the author's chat: %+v, re %q", m, re)
	}
	if m := expect[protocol.Chat](patient); m.Message.Text != "Минутку" || m.Message.Name != v.Doctor.Person.Name {
		t.Errorf("the waiting patient's chat: %+v", m)
	}
	patient.send(protocol.PostChat{ClientID: "b", Text: "Жду"})
	expect[protocol.Chat](doctor)

	patient.send(protocol.SetMedia{Media: protocol.Media{Mic: true}})
	patient.send(protocol.Ping{})
	expect[protocol.Pong](patient)
	doctor.send(protocol.Admit{Seat: string(v.Patient.ID)})
	in := expect[protocol.Joined](patient)
	if len(in.People) != 2 || len(in.Messages) != 2 || in.LastSeq != 2 || len(in.Waiting) != 0 || in.Session.Status != "current" {
		t.Errorf("the patient's joined: %+v", in)
	}
	if m := expect[protocol.WaitingChanged](doctor); len(m.Waiting) != 0 {
		t.Errorf("still waiting: %+v", m)
	}
	if m := expect[protocol.SessionChanged](doctor); m.Session.Status != "current" || m.Session.StartedAt == nil {
		t.Errorf("session: %+v", m)
	}
	if p := expect[protocol.PersonJoined](doctor).Person; p.Seat != string(v.Patient.ID) || p.Media != (protocol.Media{Mic: true}) {
		t.Errorf("person joined: %+v", p)
	}

	patient.send(protocol.SetMedia{Media: protocol.Media{Camera: true}})
	if p := expect[protocol.PersonChanged](doctor).Person; p.Media != (protocol.Media{Camera: true}) {
		t.Errorf("person changed: %+v", p)
	}

	doctor.send(protocol.End{})
	for _, c := range []*client{doctor, patient} {
		if m := expect[protocol.Ended](c); m.Status != "finished" || m.Reason != "doctor" {
			t.Errorf("ended: %+v", m)
		}
		if code := c.closed(); code != protocol.CloseEnded {
			t.Errorf("closed with %d", code)
		}
	}
	for _, a := range w.details(v.ID).Attendances {
		if a.LeftAt.IsZero() {
			t.Errorf("attendance of %s is open after the end", a.SeatID)
		}
	}
	w.eventually("the room closes", func() bool { return w.hub.Stats().Rooms == 0 })
}

// TestAdmittedOnce: whom the doctor has let in once goes straight in.
func TestAdmittedOnce(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	patient.send(protocol.Leave{})
	if code := patient.closed(); code != 1000 {
		t.Errorf("closed with %d after leave", code)
	}
	if m := expect[protocol.PersonLeft](doctor); m.Seat != string(v.Patient.ID) {
		t.Errorf("left: %+v", m)
	}
	w.eventually("the attendance is closed", func() bool {
		for _, a := range w.details(v.ID).Attendances {
			if a.SeatID == v.Patient.ID {
				return !a.LeftAt.IsZero()
			}
		}
		return false
	})
	expect[protocol.Joined](w.join(v.patient))
	expect[protocol.PersonJoined](doctor)
}

// TestWaitingGone: who stops waiting vanishes from the doctor's list.
func TestWaitingGone(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor := w.join(v.doctor)
	expect[protocol.Joined](doctor)
	patient := w.join(v.patient)
	expect[protocol.WaitingChanged](doctor, func(m protocol.WaitingChanged) bool { return len(m.Waiting) == 1 })
	patient.ws.Close()
	expect[protocol.WaitingChanged](doctor, func(m protocol.WaitingChanged) bool { return len(m.Waiting) == 0 })

	// Admitted while he was away: next time he goes straight in.
	doctor.send(protocol.Admit{Seat: string(v.Patient.ID)})
	doctor.send(protocol.Ping{})
	expect[protocol.Pong](doctor)
	expect[protocol.Joined](w.join(v.patient))
}

// TestInvite: a guest comes by his own link, waits without the chat, and is let in.
func TestInvite(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	patient.send(protocol.Invite{Role: "relative", Name: "x"})
	if e := expect[protocol.ErrorReply](patient); e.Code != "forbidden" || e.Fatal {
		t.Errorf("the patient invites: %+v", e)
	}
	id := doctor.send(protocol.Invite{Role: "interpreter", Name: "Гость"})
	inv, re := expectRe[protocol.Invited](doctor)
	if re != id || inv.Role != "interpreter" || inv.Name != "Гость" {
		t.Errorf("invited: %+v, re %q", inv, re)
	}
	doctor.send(protocol.PostChat{ClientID: "1", Text: "тайна"})
	expect[protocol.Chat](patient)

	guest := w.join(w.Pass(t, inv.URL[len("https://tmk.example/j/"):]))
	if m := expect[protocol.WaitingRoom](guest); len(m.Messages) != 0 || m.LastSeq != 0 {
		t.Errorf("a waiting guest sees the thread: %+v", m)
	}
	for _, m := range []any{protocol.PostChat{ClientID: "g", Text: "?"}, protocol.GetHistory{}, protocol.OfferFile{ClientID: "f", Name: "a.txt", Size: 1}, protocol.End{}} {
		guest.send(m)
		if e := expect[protocol.ErrorReply](guest); e.Code != "forbidden" || e.Fatal {
			t.Errorf("a waiting guest's %T: %+v", m, e)
		}
	}
	doctor.send(protocol.PostChat{ClientID: "2", Text: "ещё тайна"})
	expect[protocol.Chat](patient)
	if n := count[protocol.Chat](guest); n != 0 {
		t.Errorf("a waiting guest got %d chat messages", n)
	}
	doctor.send(protocol.Admit{Seat: inv.Seat})
	if m := expect[protocol.Joined](guest); len(m.Messages) != 2 || len(m.People) != 3 {
		t.Errorf("the guest's joined: %+v", m)
	}
}

// TestEndFromOutside: what LK or the clock decides reaches the room by a hint.
func TestEndFromOutside(t *testing.T) {
	w := newWorld(t)
	key, _ := w.Key(t)

	v := w.visit(nil)
	patient := w.join(v.patient)
	expect[protocol.WaitingRoom](patient)
	if _, err := w.desk.Cancel(t.Context(), key, v.ID, "врач заболел"); err != nil {
		t.Fatal(err)
	}
	if m := expect[protocol.Ended](patient); m.Status != "cancelled" || m.Reason != "" {
		t.Errorf("ended: %+v", m)
	}
	if code := patient.closed(); code != protocol.CloseEnded {
		t.Errorf("closed with %d", code)
	}

	v = w.visit(nil)
	doctor, patient := w.meet(v)
	if _, err := w.desk.Finish(t.Context(), key, v.ID, consult.EndedByAPI); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*client{doctor, patient} {
		if m := expect[protocol.Ended](c); m.Status != "finished" || m.Reason != "api" {
			t.Errorf("ended: %+v", m)
		}
	}
}

// TestAbandoned: the hub asks the desk to look at the clock, and the end reaches who is there.
func TestAbandoned(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *recorderConfig) { c.SweepEvery = 10 * time.Millisecond })
	v := w.visit(nil)
	doctor, _ := w.meet(v)
	w.Clock.Advance(9 * time.Hour)
	if m := expect[protocol.Ended](doctor); m.Reason != "timeout" {
		t.Errorf("ended: %+v", m)
	}
}
