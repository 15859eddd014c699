package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tmk/consult"
)

var consultationLaws = []law{
	{"comes back whole", consultationComesBack},
	{"times", times},
	{"external ids are unique in an integration", externalIDs},
	{"saving", savingConsultations},
	{"nonsense is refused", nonsenseIsRefused},
}

func fullConsultation() *consult.Consultation {
	return &consult.Consultation{
		ID: "c_full", Integration: "lk", ExternalID: "visit-1",
		Doctor:   consult.Person{ID: "d7", Name: "Иванова Анна Петровна", Specialty: "терапевт"},
		Patient:  consult.Person{ID: "p7", Name: "Ёжиков 🦔"},
		StartsAt: morning, Duration: 45*time.Minute + 123*time.Nanosecond, TimeZone: "Asia/Yakutsk",
		Topic: "Давление", Language: "en", Recording: consult.RecordRequired,
		Metadata: map[string]string{"отделение": "№ 3", "x": ""},
		Status:   consult.Finished, EndReason: consult.EndedByDoctor, CancelReason: "нет",
		CreatedAt: morning.Add(time.Microsecond), StartedAt: morning.Add(time.Minute),
		FinishedAt: morning.Add(time.Hour), EmptySince: morning.Add(2 * time.Hour), Version: 7,
		Rating: consult.Rating{Stars: 4, Comment: "спасибо", At: morning.Add(3 * time.Hour)},
	}
}

func consultationComesBack(t *testing.T, s consult.Store) {
	full, bare := fullConsultation(), newConsultation("bare")
	add(t, s, consult.Tx.AddConsultation, full)
	add(t, s, consult.Tx.AddConsultation, bare)
	want(t, "by id", read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation("c_full") }), full)
	want(t, "the bare one", read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation("c_bare") }), bare)
	want(t, "by external id", read(t, s, func(tx consult.Tx) (*consult.Consultation, error) {
		return tx.ConsultationByExternalID("lk", "visit-1")
	}), full)
	missing(t, s, "no such id", func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation("c_none") })
	missing(t, s, "another integration's", func(tx consult.Tx) (*consult.Consultation, error) {
		return tx.ConsultationByExternalID("other", "visit-1")
	})
	missing(t, s, "an empty external id", func(tx consult.Tx) (*consult.Consultation, error) {
		return tx.ConsultationByExternalID("lk", "")
	})
	refused(t, s, consult.CodeNotFound, "a number of none", func(tx consult.Tx) error { _, err := tx.NextMessageSeq("c_none"); return err })
	refused(t, s, consult.CodeNotFound, "a number of none", func(tx consult.Tx) error { _, err := tx.NextEventSeq("c_none"); return err })
}

// Times come back to the microsecond and in UTC, wherever they were; zero stays zero.
func times(t *testing.T, s consult.Store) {
	yakutsk := time.FixedZone("+09", 9*60*60)
	for i, at := range []time.Time{
		{},
		time.Date(2026, 11, 22, 15, 30, 15, 123456789, yakutsk),
		time.Date(1969, 7, 20, 20, 17, 40, 999999999, time.UTC), // before 1970
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Second),
		time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		time.Now(), // with a monotonic reading
	} {
		c := newConsultation(fmt.Sprint(i))
		c.StartsAt, c.EmptySince = at, at
		add(t, s, consult.Tx.AddConsultation, c)
		got := read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation(c.ID) })
		wanted := at.UTC().Round(0).Truncate(time.Microsecond)
		want(t, "StartsAt", got.StartsAt, wanted)
		want(t, "EmptySince", got.EmptySince, wanted)
		if at.IsZero() != got.StartsAt.IsZero() {
			t.Errorf("%v became %v", at, got.StartsAt)
		}
	}
}

func externalIDs(t *testing.T, s consult.Store) {
	first, same, other := newConsultation("1"), newConsultation("2"), newConsultation("3")
	first.ExternalID, same.ExternalID, other.ExternalID = "x", "x", "x"
	other.Integration = "другая"
	add(t, s, consult.Tx.AddConsultation, first)
	update(t, s, func(tx consult.Tx) error {
		err := tx.AddConsultation(same)
		wantCode(t, consult.CodeDuplicate, "the same external id", err)
		if e, ok := err.(*consult.Error); !ok || e.Ref != "c_1" {
			t.Errorf("%v does not refer to c_1", err)
		}
		return tx.AddConsultation(other)
	})
	missing(t, s, "the second", func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation("c_2") })
	for _, name := range []string{"4", "5"} { // any number without one
		add(t, s, consult.Tx.AddConsultation, newConsultation(name))
	}
	refused(t, s, consult.CodeConflict, "a save that takes another's external id", func(tx consult.Tx) error {
		c, err := tx.Consultation("c_4")
		if err != nil {
			return err
		}
		c.ExternalID = "x"
		return tx.SaveConsultation(c)
	})
}

func savingConsultations(t *testing.T, s consult.Store) {
	add(t, s, consult.Tx.AddConsultation, newConsultation("full"))
	update(t, s, func(tx consult.Tx) error { // numbers that a save must not touch
		for range 3 {
			if _, err := tx.NextMessageSeq("c_full"); err != nil {
				return err
			}
		}
		_, err := tx.NextEventSeq("c_full")
		return err
	})
	changed := fullConsultation()
	changed.Version, changed.CreatedAt = 0, morning // the row's
	changed.MessageSeq, changed.EventSeq = 77, 88
	update(t, s, func(tx consult.Tx) error { return tx.SaveConsultation(changed) })
	if changed.Version != 1 {
		t.Errorf("Version became %d, want 1", changed.Version)
	}
	changed.MessageSeq, changed.EventSeq = 3, 1
	want(t, "saved", read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation("c_full") }), changed)
}

func nonsenseIsRefused(t *testing.T, s consult.Store) {
	for name, spoil := range map[string]func(c *consult.Consultation){
		"status":     func(c *consult.Consultation) { c.Status = "UPCOMING" },
		"no status":  func(c *consult.Consultation) { c.Status = "" },
		"end reason": func(c *consult.Consultation) { c.EndReason = "boredom" },
		"recording":  func(c *consult.Consultation) { c.Recording = "on" },
		"duration":   func(c *consult.Consultation) { c.Duration = -time.Minute },
		"rating":     func(c *consult.Consultation) { c.Rating.Stars = 6 },
		"no id":      func(c *consult.Consultation) { c.ID = "" },
	} {
		c := newConsultation("a")
		spoil(c)
		if err := s.Update(ctxOf(t), func(tx consult.Tx) error { return tx.AddConsultation(c) }); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
}

var listLaws = []law{
	{"filters", listFilters},
	{"order is of bytes", listOrder},
	{"pages are stable", pagesAreStable},
	{"a limit is required", limits},
}

func listed(t *testing.T, s consult.Store, q consult.ConsultationQuery) []string {
	t.Helper()
	list := read(t, s, func(tx consult.Tx) ([]*consult.Consultation, error) { return tx.Consultations(q) })
	return ids(list, func(c *consult.Consultation) consult.ConsultationID { return c.ID })
}

func listFilters(t *testing.T, s consult.Store) {
	for i, status := range []consult.Status{consult.Upcoming, consult.Current, consult.Finished, consult.Cancelled, consult.Missed} {
		c := newConsultation(fmt.Sprint(i))
		c.Status, c.StartsAt = status, morning.Add(time.Duration(i)*time.Hour)
		c.Doctor.ID, c.Patient.ID = fmt.Sprintf("d%d", i%2), fmt.Sprintf("p%d", i/3)
		if i == 4 {
			c.Integration = "other"
		}
		add(t, s, consult.Tx.AddConsultation, c)
	}
	at := func(hours int) time.Time { return morning.Add(time.Duration(hours) * time.Hour) }
	for _, c := range []struct {
		name string
		q    consult.ConsultationQuery
		want []string
	}{
		{"all", consult.ConsultationQuery{}, []string{"c_0", "c_1", "c_2", "c_3", "c_4"}},
		{"some of all", consult.ConsultationQuery{IDs: []consult.ConsultationID{"c_3", "c_1", "c_9"}}, []string{"c_1", "c_3"}},
		{"some of an integration", consult.ConsultationQuery{IDs: []consult.ConsultationID{"c_4", "c_1"}, Integration: "lk"}, []string{"c_1"}},
		{"integration", consult.ConsultationQuery{Integration: "lk"}, []string{"c_0", "c_1", "c_2", "c_3"}},
		{"doctor", consult.ConsultationQuery{DoctorID: "d1"}, []string{"c_1", "c_3"}},
		{"patient", consult.ConsultationQuery{PatientID: "p1"}, []string{"c_3", "c_4"}},
		{"one status", consult.ConsultationQuery{Status: []consult.Status{consult.Finished}}, []string{"c_2"}},
		{"one status twice", consult.ConsultationQuery{Status: []consult.Status{consult.Finished, consult.Finished}}, []string{"c_2"}},
		{"all statuses", consult.ConsultationQuery{Status: []consult.Status{
			consult.Missed, consult.Upcoming, consult.Current, consult.Cancelled, consult.Finished,
		}}, []string{"c_0", "c_1", "c_2", "c_3", "c_4"}},
		{"two, no more than two, backwards, of an integration", consult.ConsultationQuery{
			Integration: "lk", Status: []consult.Status{consult.Upcoming, consult.Current, consult.Finished}, Limit: 2, Descending: true,
		}, []string{"c_2", "c_1"}},
		{"behind a cursor and from", consult.ConsultationQuery{From: at(1), AfterStartsAt: at(1), AfterID: "c_1"}, []string{"c_2", "c_3", "c_4"}},
		{"behind a cursor that is before from", consult.ConsultationQuery{From: at(3), AfterStartsAt: at(0), AfterID: "c_0"}, []string{"c_3", "c_4"}},
		{"behind a cursor and to, backwards", consult.ConsultationQuery{
			To: at(3), AfterStartsAt: at(2), AfterID: "c_2", Descending: true,
		}, []string{"c_1", "c_0"}},
		{"behind a cursor that is after to, backwards", consult.ConsultationQuery{
			To: at(2), AfterStartsAt: at(3), AfterID: "c_3", Descending: true,
		}, []string{"c_1", "c_0"}},
		{"behind a cursor up to to", consult.ConsultationQuery{To: at(3), AfterStartsAt: at(0), AfterID: "c_0"}, []string{"c_1", "c_2"}},
		{"two", consult.ConsultationQuery{Status: []consult.Status{consult.Missed, consult.Upcoming}}, []string{"c_0", "c_4"}},
		{"from is in, to is out", consult.ConsultationQuery{From: at(1), To: at(3)}, []string{"c_1", "c_2"}},
		{"everything at once, backwards", consult.ConsultationQuery{
			Integration: "lk", DoctorID: "d0", PatientID: "p0", Status: []consult.Status{consult.Upcoming, consult.Finished},
			From: at(0), To: at(3), Descending: true, AfterStartsAt: at(5), AfterID: "c_9",
		}, []string{"c_2", "c_0"}},
		{"nobody's", consult.ConsultationQuery{DoctorID: "d9"}, []string{}},
	} {
		if c.q.Limit == 0 {
			c.q.Limit = 10
		}
		want(t, c.name, listed(t, s, c.q), c.want)
	}
}

func listOrder(t *testing.T, s consult.Store) {
	for _, name := range []string{"b", "a", "B", "_", "0", "я"} {
		add(t, s, consult.Tx.AddConsultation, newConsultation(name))
	}
	wanted := []string{"c_0", "c_B", "c__", "c_a", "c_b", "c_я"}
	want(t, "ascending", listed(t, s, consult.ConsultationQuery{Limit: 10}), wanted)
	slices.Reverse(wanted)
	want(t, "descending", listed(t, s, consult.ConsultationQuery{Limit: 10, Descending: true}), wanted)
}

// Many begin at the same time; between two pages others come, and nobody is
// shown twice or left out.
func pagesAreStable(t *testing.T, s consult.Store) {
	for _, descending := range []bool{false, true} {
		name := map[bool]string{false: "up", true: "down"}[descending]
		var all []string
		for i := range 23 {
			c := newConsultation(fmt.Sprintf("%s%02d", name, i))
			c.StartsAt, c.Doctor.ID = morning.Add(time.Duration(i/6)*time.Microsecond), name
			c.Status = []consult.Status{consult.Upcoming, consult.Current}[i%2]
			add(t, s, consult.Tx.AddConsultation, c)
			all = append(all, string(c.ID))
		}
		if descending {
			slices.Reverse(all)
		}
		q := consult.ConsultationQuery{
			DoctorID: name, Limit: 5, Descending: descending, Status: []consult.Status{consult.Upcoming, consult.Current},
		}
		var got []string
		for page := 0; ; page++ {
			list := read(t, s, func(tx consult.Tx) ([]*consult.Consultation, error) { return tx.Consultations(q) })
			if len(list) == 0 {
				break
			}
			for _, c := range list {
				got = append(got, string(c.ID))
			}
			q.AfterStartsAt, q.AfterID = list[len(list)-1].StartsAt, list[len(list)-1].ID
			early := newConsultation(fmt.Sprintf("%s00x%d", name, page)) // sorts among those shown already
			early.StartsAt, early.Doctor.ID = all0(descending), name
			add(t, s, consult.Tx.AddConsultation, early)
		}
		want(t, name, got, all)
	}
}

// all0 is a time before all others in the direction of the list.
func all0(descending bool) time.Time {
	if descending {
		return morning.Add(time.Hour)
	}
	return morning.Add(-time.Hour)
}

func limits(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	for name, list := range map[string]func(tx consult.Tx, limit int) error{
		"Consultations": func(tx consult.Tx, n int) error {
			_, err := tx.Consultations(consult.ConsultationQuery{Limit: n})
			return err
		},
		"Messages":           func(tx consult.Tx, n int) error { _, err := tx.Messages(sc.c.ID, 0, n); return err },
		"RecordingsToRemove": func(tx consult.Tx, n int) error { _, err := tx.RecordingsToRemove(n); return err },
		"AuditChain":         func(tx consult.Tx, n int) error { _, err := tx.AuditChain(0, n); return err },
		"RecordingsByState":  func(tx consult.Tx, n int) error { _, err := tx.RecordingsByState("", n); return err },
		"Events":             func(tx consult.Tx, n int) error { _, err := tx.Events("lk", "", n); return err },
		"Audit":              func(tx consult.Tx, n int) error { _, err := tx.Audit(consult.AuditQuery{Limit: n}); return err },
	} {
		for _, n := range []int{0, -1} {
			wantCode(t, consult.CodeInvalid, name, s.View(ctxOf(t), func(tx consult.Tx) error { return list(tx, n) }))
		}
		if err := s.View(ctxOf(t), func(tx consult.Tx) error { return list(tx, 1) }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := s.ClaimDeliveries(ctxOf(t), morning, time.Minute, 0, 10)
	wantCode(t, consult.CodeInvalid, "ClaimDeliveries", err)
}
