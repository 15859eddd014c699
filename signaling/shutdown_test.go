package signaling

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// TestShutdown: everybody is told, files are made whole, and no goroutine stays.
func TestShutdown(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *recorderConfig) { c.ResumeFor = time.Hour })
	v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordAsk })
	doctor, patient, _, _ := w.call(v, consent(true))
	expect(doctor, func(m protocol.RecordingState) bool { return m.Active })
	waiting := w.visit(nil)
	waits := w.join(waiting.patient)
	expect[protocol.WaitingRoom](waits)
	held := w.visit(nil)
	gone, _ := w.meet(held)
	gone.ws.NetConn().Close()
	w.eventually("a seat is held", func() bool {
		r := w.hub.room(held.ID)
		defer w.hub.release(r)
		is := false
		r.do(func() { is = r.members[held.Doctor.ID] != nil && r.members[held.Doctor.ID].conn == nil })
		return is
	})

	w.record(200 * time.Millisecond)
	w.stop()
	for _, c := range []*client{doctor, patient, waits} {
		if code := c.closed(); code != protocol.CloseRestart {
			t.Errorf("closed with %d", code)
		}
	}
	for _, id := range []consult.ConsultationID{v.ID, held.ID} {
		for _, a := range w.details(id).Attendances {
			if a.LeftAt.IsZero() {
				t.Errorf("attendance of %s is open", a.SeatID)
			}
		}
	}
	list := w.recordings(v.ID)
	if len(list) != 2 {
		t.Errorf("%d recordings", len(list))
	}
	for _, r := range list {
		if r.State != consult.RecordingReady {
			t.Errorf("recording is %s (%s)", r.State, r.Failure)
		}
	}
	if s := w.hub.Stats(); s.Sockets != 0 || s.Rooms != 0 || s.People != 0 || s.Recordings != 0 || s.Panics != 0 {
		t.Errorf("stats: %+v", s)
	}
	var stack []byte
	w.eventually("all goroutines have ended", func() bool {
		stack = stacks()
		return !bytes.Contains(stack, []byte("signaling.(*room)")) && !bytes.Contains(stack, []byte("signaling.(*conn)")) &&
			!bytes.Contains(stack, []byte("signaling.(*upload)")) && !bytes.Contains(stack, []byte("signaling.(*Hub)"))
	})
}

func stacks() []byte {
	b := make([]byte, 4<<20)
	return b[:runtime.Stack(b, true)]
}

// TestMend: what a crash left is tidied up before anybody comes in.
func TestMend(t *testing.T) {
	w := newWorld(t)
	v := w.visit(func(o *consult.Order) { o.Recording = consult.RecordAsk })
	w.stop()
	if _, err := w.desk.Admit(t.Context(), consult.Principal{Seat: v.Doctor}, v.Patient.ID); err != nil {
		t.Fatal(err)
	}
	for _, seat := range []consult.SeatID{v.Doctor.ID, v.Patient.ID} {
		if _, _, err := w.desk.Arrive(t.Context(), seat); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.desk.GiveConsent(t.Context(), v.Doctor.ID, true, consult.ConsentTextVersion, "ru"); err != nil {
		t.Fatal(err)
	}
	row, err := w.desk.BeginRecording(t.Context(), v.Doctor.ID, "camera")
	if err != nil {
		t.Fatal(err)
	}
	w.start(Config{})
	expect[protocol.Joined](w.join(v.doctor))
	d := w.details(v.ID)
	if len(d.Attendances) != 3 || d.Attendances[0].LeftAt.IsZero() || d.Attendances[1].LeftAt.IsZero() {
		t.Errorf("attendances: %+v", d.Attendances)
	}
	w.eventually("the recording without a file is given up", func() bool {
		list := w.recordings(v.ID)
		return len(list) == 1 && list[0].ID == row.ID && list[0].State == consult.RecordingFailed && list[0].Failure == "lost"
	})
}
