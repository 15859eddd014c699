package consult_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func ptr[T any](v T) *T { return &v }

func types(t *testing.T, w *consulttest.World, id consult.ConsultationID) []consult.EventType {
	t.Helper()
	var all []consult.EventType
	for _, e := range told(t, w, id) {
		all = append(all, e.Type)
	}
	return all
}

func TestReschedule(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, func(o *consult.Order) { o.StartsAt = noon.Add(time.Hour); o.Metadata = map[string]string{"a": "1"} })
		a := consult.Amendment{StartsAt: ptr(noon.Add(48*time.Hour + time.Nanosecond)), Duration: ptr(45 * time.Minute)}
		d := must(w.Desk.Amend(t.Context(), key, v.ID, a, 1))(t)
		c := d.Consultation
		if !c.StartsAt.Equal(noon.Add(48*time.Hour)) || c.Duration != 45*time.Minute || c.Version != 2 || c.Topic != "" ||
			c.Metadata["a"] != "1" || c.Doctor.Name != "Иванова Мария Петровна" {
			t.Errorf("%+v", c)
		}
		if stored := read(t, w, v.ID).Consultation; fmt.Sprintf("%+v", *stored) != fmt.Sprintf("%+v", stripSeq(*c, stored)) {
			t.Errorf("stored %+v\nreturned %+v", stored, c)
		}
		if token(t, d.Links[v.Patient.ID]) != v.PatientLink {
			t.Error("the link changed with the time")
		}
		if got := types(t, w, v.ID); !slices.Equal(got, []consult.EventType{consult.SessionCreated, consult.SessionRescheduled}) {
			t.Errorf("events %v", got)
		}
		b := body(t, told(t, w, v.ID)[1])
		want := map[string]any{
			"sessionId": string(v.ID), "status": "UPCOMING",
			"startsAt": "2026-12-03T12:00:00Z", "durationMinutes": 45.0,
			"previousStartsAt": "2026-12-01T13:00:00Z", "previousDurationMinutes": 30.0,
		}
		if !maps.Equal(b, want) {
			t.Errorf("event %v, want %v", b, want)
		}
		// It opens at its new time.
		w.Clock.Advance(time.Hour)
		_, _, err := w.Desk.Arrive(t.Context(), v.Doctor.ID)
		wantCode(t, err, consult.CodeTooEarly)
		w.Clock.Advance(47 * time.Hour)
		arrive(t, w, v.Doctor.ID)
	})
}

// stripSeq is c with the counters that only the store keeps.
func stripSeq(c consult.Consultation, stored *consult.Consultation) consult.Consultation {
	c.EventSeq, c.MessageSeq = stored.EventSeq, stored.MessageSeq
	return c
}

func TestAmendEverything(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	v := w.Schedule(t, func(o *consult.Order) {
		o.ExternalID = "lk-1"
		o.Metadata = map[string]string{"keep": "1", "drop": "2"}
	})
	a := consult.Amendment{
		Doctor: &consult.PersonAmendment{Name: ptr("Иванова-Смирнова Мария")}, Patient: &consult.PersonAmendment{Name: ptr("")},
		TimeZone: ptr("Asia/Omsk"), Topic: ptr("Повторная"), Language: ptr("en"), Recording: ptr(consult.RecordAsk),
		Metadata: map[string]*string{"drop": nil, "add": ptr("3")},
	}
	d := must(w.Desk.Amend(t.Context(), key, v.ID, a, 0))(t)
	c := d.Consultation
	if c.Doctor != (consult.Person{ID: "d-17", Name: "Иванова-Смирнова Мария", Specialty: "терапевт"}) || c.Patient != (consult.Person{ID: "p-902"}) ||
		c.TimeZone != "Asia/Omsk" || c.Topic != "Повторная" || c.Language != "en" || c.Recording != consult.RecordAsk ||
		!maps.Equal(c.Metadata, map[string]string{"keep": "1", "add": "3"}) || c.ExternalID != "lk-1" {
		t.Errorf("%+v", c)
	}
	for _, s := range d.Seats { // the seats' people follow, their links stay
		want, link := c.Doctor, v.DoctorLink
		if s.Role == consult.RolePatient {
			want, link = c.Patient, v.PatientLink
		}
		if s.Person != want || token(t, d.Links[s.ID]) != link {
			t.Errorf("%s is %+v", s.Role, s.Person)
		}
	}
	events := told(t, w, v.ID)
	if len(events) != 2 || events[1].Type != consult.SessionUpdated {
		t.Fatalf("events %v", types(t, w, v.ID))
	}
	if got := fmt.Sprint(body(t, events[1])["changed"]); got != "[doctor patient timeZone topic language recording metadata]" {
		t.Errorf("changed %s", got)
	}
	for _, s := range []string{"Иванова", "Повторная", "p-902", "add"} {
		if strings.Contains(string(events[1].Data), s) {
			t.Errorf("the event says %q", s)
		}
	}
	// What changes nothing tells nobody.
	again := must(w.Desk.Amend(t.Context(), key, v.ID, a, 0))(t)
	if again.Consultation.Version != c.Version || len(told(t, w, v.ID)) != 2 || len(again.Links) != 2 {
		t.Errorf("version %d, then %d", c.Version, again.Consultation.Version)
	}
	// null empties, and fills in what an order leaves out.
	empty := consult.Amendment{TimeZone: ptr(""), Topic: ptr(""), Language: ptr(""), Recording: ptr(consult.RecordingPolicy("")), NoMetadata: true}
	c = must(w.Desk.Amend(t.Context(), key, v.ID, empty, 0))(t).Consultation
	if c.TimeZone != "Europe/Moscow" || c.Topic != "" || c.Language != "ru" || c.Recording != consult.RecordOff || len(c.Metadata) != 0 {
		t.Errorf("%+v", c)
	}
}

// TestAmendPerson: with another id the seat is another person's, and nothing of the first opens any more.
func TestAmendPerson(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, nil)
		must(w.Desk.Admit(t.Context(), consult.Principal{Seat: v.Doctor}, v.Patient.ID))(t)
		arrive(t, w, v.Patient.ID)
		doctor, patient := w.Pass(t, v.DoctorLink), w.Pass(t, v.PatientLink)
		a := consult.Amendment{
			Patient:  &consult.PersonAmendment{ID: ptr("p-1"), Name: ptr("Сидорова Анна")},
			StartsAt: ptr(noon.Add(time.Minute)),
		}
		d := must(w.Desk.Amend(t.Context(), key, v.ID, a, 0))(t)
		if d.Consultation.Patient != (consult.Person{ID: "p-1", Name: "Сидорова Анна"}) {
			t.Errorf("%+v", d.Consultation.Patient)
		}
		link := token(t, d.Links[v.Patient.ID])
		if link == v.PatientLink || token(t, d.Links[v.Doctor.ID]) != v.DoctorLink {
			t.Errorf("links %v", d.Links)
		}
		_, err := w.Desk.Enter(t.Context(), v.PatientLink)
		wantCode(t, err, consult.CodeLinkUnknown)
		_, err = w.Desk.Resume(t.Context(), patient)
		wantCode(t, err, consult.CodeUnauthorized)
		must(w.Desk.Resume(t.Context(), doctor))(t)
		e := must(w.Desk.Enter(t.Context(), link))(t)
		if e.Seat.Person.Name != "Сидорова Анна" || e.Seat.Admitted() {
			t.Errorf("%+v", e.Seat)
		}
		if as := d.Attendances; len(as) != 1 || as[0].LeftAt.IsZero() {
			t.Errorf("attendances %+v", as)
		}
		want := []consult.EventType{
			consult.SessionCreated, consult.ParticipantJoined, consult.ParticipantLeft, consult.SessionRescheduled, consult.SessionUpdated,
		}
		if got := types(t, w, v.ID); !slices.Equal(got, want) {
			t.Errorf("events %v, want %v", got, want)
		}
		// Another doctor, of whom nothing is known but the id, is let in as a doctor.
		d = must(w.Desk.Amend(t.Context(), key, v.ID, consult.Amendment{Doctor: &consult.PersonAmendment{ID: ptr("d-2")}}, 0))(t)
		if d.Consultation.Doctor != (consult.Person{ID: "d-2"}) || !d.Seats[0].Admitted() {
			t.Errorf("%+v, %+v", d.Consultation.Doctor, d.Seats[0])
		}
	})
}

func TestAmendRefused(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	topic := consult.Amendment{Topic: ptr("x")}
	amend := func(by consult.Principal, id consult.ConsultationID, ifVersion int64) error {
		_, err := w.Desk.Amend(t.Context(), by, id, topic, ifVersion)
		return err
	}
	v := w.Schedule(t, nil)
	wantCode(t, amend(key, "c_none", 0), consult.CodeNotFound)
	wantCode(t, amend(keyOf(t, w, "other", consult.AllScopes...), v.ID, 0), consult.CodeNotFound)
	wantCode(t, amend(keyOf(t, w, "lk", consult.ScopeSessionsRead), v.ID, 0), consult.CodeForbidden)
	wantCode(t, amend(consult.Principal{Seat: v.Doctor}, v.ID, 0), consult.CodeForbidden)
	wantCode(t, amend(key, v.ID, 2), consult.CodeStale)
	wantCode(t, amend(key, v.ID, 1), "")
	wantCode(t, amend(key, v.ID, 1), consult.CodeStale)
	begin(t, w, v)
	wantCode(t, amend(key, v.ID, 0), consult.CodeConflict)
	late := w.Schedule(t, nil)
	w.Clock.Advance(time.Hour) // missed, but nobody has swept yet
	wantCode(t, amend(key, late.ID, 0), consult.CodeConflict)
}

func TestAmendInvalid(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	v := w.Schedule(t, nil)
	w.Clock.Advance(40 * time.Minute) // nobody came; until the hour it is waited for them
	for want, a := range map[string]consult.Amendment{
		"/doctor/id":         {Doctor: &consult.PersonAmendment{ID: ptr("")}},
		"/patient/name":      {Patient: &consult.PersonAmendment{Name: ptr("a\nb")}},
		"/doctor/specialty":  {Doctor: &consult.PersonAmendment{Specialty: ptr(strings.Repeat("я", 201))}},
		"/startsAt":          {StartsAt: ptr(noon.Add(-time.Hour)), Duration: ptr(time.Hour)},
		"/startsAt ":         {StartsAt: ptr(time.Time{})}, // which is not "now"
		"/durationMinutes":   {Duration: ptr(9 * time.Hour)},
		"/durationMinutes ":  {Duration: ptr(time.Minute)}, // it would be over
		"/timeZone":          {TimeZone: ptr("Mars")},
		"/topic":             {Topic: ptr(strings.Repeat("я", 501))},
		"/language":          {Language: ptr("de")},
		"/recording":         {Recording: ptr(consult.RecordingPolicy("maybe"))},
		"/metadata/a~1b":     {Metadata: map[string]*string{"a/b": ptr(strings.Repeat("v", 513))}},
		"/doctor/id, /topic": {Doctor: &consult.PersonAmendment{ID: ptr("")}, Topic: ptr("\x00")},
	} {
		_, err := w.Desk.Amend(t.Context(), key, v.ID, a, 0)
		wantCode(t, err, consult.CodeInvalid)
		var got []string
		for _, f := range asError(t, err).Fields {
			got = append(got, f.Pointer)
		}
		if strings.Join(got, ", ") != strings.TrimSpace(want) {
			t.Errorf("pointers %v, want %s", got, want)
		}
	}
	if c := read(t, w, v.ID).Consultation; c.Version != 1 {
		t.Errorf("version %d", c.Version)
	}
}

func TestAmendAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, nil)
		errs := make([]error, 6)
		atOnce(len(errs), func(i int) {
			_, errs[i] = w.Desk.Amend(t.Context(), key, v.ID, consult.Amendment{Topic: ptr(fmt.Sprint(i))}, 1)
		})
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
				continue
			}
			wantCode(t, err, consult.CodeStale)
		}
		if got := types(t, w, v.ID); done != 1 || len(got) != 2 {
			t.Errorf("%d of %d did it, events %v", done, len(errs), got)
		}
	})
}
