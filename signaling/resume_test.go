package signaling

import (
	"testing"
	"time"

	"tmk/signaling/protocol"
)

// TestSecondTab: the newer tab wins; nobody is told that the person left.
func TestSecondTab(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, first := w.meet(v)
	second := w.join(w.Pass(t, v.PatientLink), func(j *protocol.Join) { j.Media = protocol.Media{Mic: true} })
	if m := expect[protocol.Joined](second); !m.Resumed || len(m.People) != 2 {
		t.Errorf("second tab: %+v", m)
	}
	if code := first.closed(); code != protocol.CloseReplaced {
		t.Errorf("first tab closed with %d", code)
	}
	expect(doctor, func(m protocol.PersonChanged) bool { return m.Person.Connected && !m.Person.Media.Camera })
	if n := count[protocol.PersonLeft](doctor); n != 0 {
		t.Error("the doctor was told that the patient left")
	}
	if n := count[protocol.PersonJoined](doctor); n != 1 {
		t.Errorf("the patient joined %d times", n)
	}

	// The first tab must not take the seat back by itself.
	w.join(v.patient, resume).fatal(protocol.CodeReplaced, protocol.CloseReplaced)
	second.send(protocol.Ping{})
	expect[protocol.Pong](second)
	// But it may when the person says so.
	expect[protocol.Joined](w.join(v.patient))
	if code := second.closed(); code != protocol.CloseReplaced {
		t.Errorf("second tab closed with %d", code)
	}
}

// TestSecondTabWaiting: the same in the waiting room.
func TestSecondTabWaiting(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	first := w.join(v.patient)
	expect[protocol.WaitingRoom](first)
	second := w.join(w.Pass(t, v.PatientLink))
	expect[protocol.WaitingRoom](second)
	if code := first.closed(); code != protocol.CloseReplaced {
		t.Errorf("first tab closed with %d", code)
	}
	w.join(v.patient, resume).fatal(protocol.CodeReplaced, protocol.CloseReplaced)
	doctor := w.join(v.doctor)
	if m := expect[protocol.Joined](doctor); len(m.Waiting) != 1 {
		t.Errorf("waiting: %+v", m.Waiting)
	}
	doctor.send(protocol.Admit{Seat: string(v.Patient.ID)})
	expect[protocol.Joined](second)
}

// TestResume: a broken socket keeps the seat, and misses no message.
func TestResume(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	doctor.send(protocol.PostChat{ClientID: "1", Text: "один"})
	expect[protocol.Chat](patient)

	patient.ws.NetConn().Close()
	expect(doctor, func(m protocol.PersonChanged) bool { return !m.Person.Connected })
	doctor.send(protocol.PostChat{ClientID: "2", Text: "два"})
	expect(doctor, func(m protocol.Chat) bool { return m.Message.Seq == 2 })

	again := w.join(v.patient, resume, func(j *protocol.Join) { j.Since = 1 })
	m := expect[protocol.Joined](again)
	if !m.Resumed || len(m.Messages) != 1 || m.Messages[0].Text != "два" || m.LastSeq != 2 {
		t.Errorf("joined: %+v", m)
	}
	expect(doctor, func(m protocol.PersonChanged) bool { return m.Person.Connected })
	if n := count[protocol.PersonLeft](doctor); n != 0 {
		t.Error("the doctor was told that the patient left")
	}
	open := 0
	for _, a := range w.details(v.ID).Attendances {
		if a.SeatID == v.Patient.ID {
			open++
		}
	}
	if open != 1 {
		t.Errorf("%d attendances of the patient, want 1", open)
	}
}

// TestHeldSeatExpires: who does not come back in time has left.
func TestHeldSeatExpires(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *recorderConfig) { c.ResumeFor = 30 * time.Millisecond })
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	patient.ws.NetConn().Close()
	expect(doctor, func(m protocol.PersonChanged) bool { return !m.Person.Connected })
	expect[protocol.PersonLeft](doctor)
	w.eventually("the attendance is closed", func() bool {
		for _, a := range w.details(v.ID).Attendances {
			if a.SeatID == v.Patient.ID && a.LeftAt.IsZero() {
				return false
			}
		}
		return true
	})
	if m := expect[protocol.Joined](w.join(v.patient, resume)); m.Resumed {
		t.Error("resumed after the time was over")
	}
	expect[protocol.PersonJoined](doctor)

	doctor.ws.NetConn().Close()
	w.eventually("one person is left", func() bool { return w.hub.Stats().People == 1 })
}

// TestSilentSocket: a client that answers no ping has lost its socket.
func TestSilentSocket(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *recorderConfig) {
		c.PingEvery, c.PongWithin = 50*time.Millisecond, 2*time.Second
	})
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	patient.deaf.Store(true)
	expect(doctor, func(m protocol.PersonChanged) bool { return !m.Person.Connected })
}

// TestManyTabs: tabs of one person fight for the seat; exactly one keeps it.
func TestManyTabs(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, _ := w.meet(v)
	const tabs = 8
	passes := make([]string, tabs)
	for i := range passes {
		passes[i] = w.Pass(t, v.PatientLink)
	}
	clients := make(chan *client, tabs)
	for _, pass := range passes {
		go func() { clients <- w.join(pass) }()
	}
	codes := make(chan int, tabs)
	for range tabs {
		c := <-clients
		go func() { codes <- c.closed() }()
	}
	for range tabs - 1 {
		if code := <-codes; code != protocol.CloseReplaced {
			t.Errorf("a tab was closed with %d", code)
		}
	}
	if n := count[protocol.PersonLeft](doctor) + count[protocol.PersonJoined](doctor) - 1; n != 0 {
		t.Errorf("the doctor was told %d times too much", n)
	}
	if s := w.hub.Stats(); s.People != 2 || s.Panics != 0 {
		t.Errorf("stats: %+v", s)
	}
}
