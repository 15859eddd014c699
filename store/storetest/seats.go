package storetest

import (
	"fmt"
	"testing"
	"time"

	"tmk/consult"
)

var seatLaws = []law{
	{"seats", seats},
	{"passes", passes},
	{"attendances", attendances},
	{"of many consultations", ofManyConsultations},
	{"what belongs to a seat belongs to its consultation", belonging},
}

func seats(t *testing.T, s consult.Store) {
	sc, other := setScene(t, s, "a"), setScene(t, s, "b")
	early := newSeat(sc.c, "z_early", consult.RoleInterpreter)
	early.CreatedAt = morning.Add(-time.Microsecond)
	early.Person = consult.Person{ID: "", Name: "Толмач", Specialty: "якутский"}
	early.LinkExpiresAt, early.RevokedAt, early.AdmittedAt = morning.Add(1), morning.Add(time.Hour), morning.Add(time.Minute)
	early.LinkExpiresAt = early.LinkExpiresAt.Truncate(time.Microsecond)
	early.LinkGeneration = 7
	add(t, s, consult.Tx.AddSeat, early)

	list := func(id consult.ConsultationID) []*consult.Seat {
		return read(t, s, func(tx consult.Tx) ([]*consult.Seat, error) { return tx.Seats(id) })
	}
	want(t, "oldest first, then in the order of making", list(sc.c.ID), []*consult.Seat{early, sc.doctor, sc.patient})
	want(t, "the other's", list(other.c.ID), []*consult.Seat{other.doctor, other.patient})
	want(t, "nobody's", list("c_none"), nil)
	byLink := func(tx consult.Tx) (*consult.Seat, error) { return tx.SeatByLink(consult.HashToken("a_patient")) }
	want(t, "by link", read(t, s, byLink), sc.patient)

	changed := *sc.patient
	changed.Role, changed.Person = consult.RoleRelative, consult.Person{ID: "p9", Name: "Мама", Specialty: "-"}
	changed.LinkHash, changed.LinkGeneration, changed.LinkExpiresAt = consult.HashToken("new"), 3, morning.Add(time.Hour)
	changed.RevokedAt, changed.AdmittedAt = morning.Add(2*time.Hour), morning.Add(3*time.Hour)
	add(t, s, consult.Tx.SaveSeat, &changed)
	want(t, "saved", read(t, s, func(tx consult.Tx) (*consult.Seat, error) { return tx.Seat(changed.ID) }), &changed)
	missing(t, s, "the old link", byLink)
	missing(t, s, "no such seat", func(tx consult.Tx) (*consult.Seat, error) { return tx.Seat("s_none") })

	refused(t, s, consult.CodeConflict, "the same id", func(tx consult.Tx) error {
		again := newSeat(sc.c, "fresh", consult.RoleObserver)
		again.ID = sc.doctor.ID
		return tx.AddSeat(again)
	})
	refused(t, s, consult.CodeConflict, "the same link", func(tx consult.Tx) error {
		again := newSeat(sc.c, "fresh", consult.RoleObserver)
		again.LinkHash = sc.doctor.LinkHash
		return tx.AddSeat(again)
	})
	refused(t, s, consult.CodeConflict, "a save that takes another's link", func(tx consult.Tx) error {
		again := changed
		again.LinkHash = sc.doctor.LinkHash
		return tx.SaveSeat(&again)
	})
	refused(t, s, consult.CodeNotFound, "saving none", func(tx consult.Tx) error { return tx.SaveSeat(newSeat(sc.c, "none", consult.RoleDoctor)) })
	refused(t, s, consult.CodeNotFound, "of no consultation", func(tx consult.Tx) error {
		return tx.AddSeat(newSeat(newConsultation("none"), "x", consult.RoleDoctor))
	})
	if err := s.Update(ctxOf(t), func(tx consult.Tx) error { return tx.AddSeat(newSeat(sc.c, "x", "king")) }); err == nil {
		t.Error("an unknown role was stored")
	}
}

func passes(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	pass := func(name string, expires time.Time) *consult.Pass {
		return &consult.Pass{Hash: consult.HashToken(name), SeatID: sc.doctor.ID, CreatedAt: morning, ExpiresAt: expires}
	}
	old, edge, live := pass("old", morning.Add(-time.Microsecond)), pass("edge", morning), pass("live", morning.Add(time.Hour))
	for _, p := range []*consult.Pass{old, edge, live} {
		add(t, s, consult.Tx.AddPass, p)
	}
	byName := func(name string) func(tx consult.Tx) (*consult.Pass, error) {
		return func(tx consult.Tx) (*consult.Pass, error) { return tx.Pass(consult.HashToken(name)) }
	}
	want(t, "an expired pass is found", read(t, s, byName("old")), old)
	missing(t, s, "an unknown pass", byName("none"))
	refused(t, s, consult.CodeConflict, "the same pass", func(tx consult.Tx) error { return tx.AddPass(live) })
	refused(t, s, consult.CodeNotFound, "a pass to no seat", func(tx consult.Tx) error {
		return tx.AddPass(&consult.Pass{Hash: []byte("x"), SeatID: "s_none"})
	})
	update(t, s, func(tx consult.Tx) error {
		n, err := tx.DeletePasses(morning)
		if n != 1 {
			t.Errorf("deleted %d passes, want 1", n)
		}
		return err
	})
	add(t, s, consult.Tx.AddPass, &consult.Pass{Hash: consult.HashToken("patient's"), SeatID: sc.patient.ID, CreatedAt: morning, ExpiresAt: morning})
	for range 2 {
		update(t, s, func(tx consult.Tx) error { return tx.DeletePassesOf(sc.patient.ID) })
	}
	missing(t, s, "a seat's", byName("patient's"))
	missing(t, s, "the old pass", byName("old"))
	want(t, "the one at the edge", read(t, s, byName("edge")), edge)
	want(t, "the live one", read(t, s, byName("live")), live)
}

func attendances(t *testing.T, s consult.Store) {
	sc, other := setScene(t, s, "a"), setScene(t, s, "b")
	attend := func(id string, sc scene, seat *consult.Seat, joined time.Time) *consult.Attendance {
		a := &consult.Attendance{ID: id, ConsultationID: sc.c.ID, SeatID: seat.ID, Role: seat.Role, Node: "node " + id, JoinedAt: joined}
		add(t, s, consult.Tx.AddAttendance, a)
		return a
	}
	b := attend("a_b", sc, sc.patient, morning)
	a := attend("a_a", sc, sc.doctor, morning)
	first := attend("a_z", sc, sc.doctor, morning.Add(-time.Hour))
	else1 := attend("a_0", other, other.doctor, morning.Add(-time.Minute))
	of := func(tx consult.Tx) ([]*consult.Attendance, error) { return tx.Attendances(sc.c.ID) }
	want(t, "by JoinedAt, then ID", read(t, s, of), []*consult.Attendance{first, a, b})

	first.LeftAt = morning.Add(-time.Minute)
	add(t, s, consult.Tx.SaveAttendance, first)
	want(t, "after somebody left", read(t, s, of), []*consult.Attendance{first, a, b})
	want(t, "the open ones", read(t, s, consult.Tx.OpenAttendances), []*consult.Attendance{else1, a, b})
	refused(t, s, consult.CodeNotFound, "saving none", func(tx consult.Tx) error { return tx.SaveAttendance(&consult.Attendance{ID: "a_none"}) })
	refused(t, s, consult.CodeConflict, "the same", func(tx consult.Tx) error { return tx.AddAttendance(a) })
}

// What many consultations have comes by consultation in the order asked for.
func ofManyConsultations(t *testing.T, s consult.Store) {
	a, b, c := setScene(t, s, "a"), setScene(t, s, "b"), setScene(t, s, "c")
	for i, sc := range []scene{c, a, b, a} {
		at := morning.Add(time.Duration(i) * time.Minute)
		add(t, s, consult.Tx.AddAttendance, &consult.Attendance{
			ID: fmt.Sprint("a_", i), ConsultationID: sc.c.ID, SeatID: sc.doctor.ID, Role: consult.RoleDoctor, JoinedAt: at,
		})
		add(t, s, consult.Tx.AddRecording, &consult.Recording{
			ID: consult.RecordingID(fmt.Sprint("r_", i)), ConsultationID: sc.c.ID, SeatID: sc.doctor.ID, Role: consult.RoleDoctor,
			Source: "camera", State: consult.RecordingActive, StartedAt: at,
		})
	}
	asked := []consult.ConsultationID{b.c.ID, "c_none", a.c.ID, b.c.ID, c.c.ID}
	view(t, s, func(tx consult.Tx) error {
		seats, err := tx.Seats(asked...)
		want(t, "seats", ids(seats, func(s *consult.Seat) consult.SeatID { return s.ID }),
			[]string{"s_b_doctor", "s_b_patient", "s_a_doctor", "s_a_patient", "s_c_doctor", "s_c_patient"})
		if err != nil {
			return err
		}
		attendances, err := tx.Attendances(asked...)
		want(t, "attendances", ids(attendances, func(a *consult.Attendance) string { return a.ID }), []string{"a_2", "a_1", "a_3", "a_0"})
		if err != nil {
			return err
		}
		recordings, err := tx.Recordings(asked...)
		want(t, "recordings", ids(recordings, func(r *consult.Recording) consult.RecordingID { return r.ID }), []string{"r_2", "r_1", "r_3", "r_0"})
		if err != nil {
			return err
		}
		none, err := tx.Seats()
		want(t, "of none", none, nil)
		return err
	})
}

func belonging(t *testing.T, s consult.Store) {
	sc, other := setScene(t, s, "a"), setScene(t, s, "b")
	c, seat := sc.c.ID, other.doctor.ID
	for name, fn := range map[string]func(tx consult.Tx) error{
		"attendance": func(tx consult.Tx) error {
			return tx.AddAttendance(&consult.Attendance{ID: "a_x", ConsultationID: c, SeatID: seat, Role: consult.RoleDoctor, JoinedAt: morning})
		},
		"message": func(tx consult.Tx) error {
			return tx.AddMessage(&consult.Message{ID: "m_x", ConsultationID: c, Seq: 1, SeatID: seat, ClientID: "x", Kind: consult.TextMessage})
		},
		"file": func(tx consult.Tx) error {
			return tx.AddFile(&consult.File{ID: "f_x", ConsultationID: c, SeatID: seat, ClientID: "x", State: consult.FileUploading})
		},
		"recording": func(tx consult.Tx) error {
			return tx.AddRecording(&consult.Recording{ID: "r_x", ConsultationID: c, SeatID: seat, Role: consult.RoleDoctor, Source: "camera", State: consult.RecordingActive})
		},
		"consent": func(tx consult.Tx) error {
			return tx.AddConsent(&consult.Consent{ID: "cs_x", ConsultationID: c, SeatID: seat})
		},
	} {
		refused(t, s, consult.CodeNotFound, name+" of a seat of another consultation", fn)
	}
}
