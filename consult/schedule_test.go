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

func order() consult.Order {
	return consult.Order{
		ExternalID: "lk-48213",
		Doctor:     consult.Person{ID: "d-17", Name: "Иванова Мария Петровна", Specialty: "терапевт"},
		Patient:    consult.Person{ID: "p-902", Name: "Петров Олег Ильич"},
	}
}

func TestSchedule(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		by, _ := w.Key(t)
		var hints []consult.Hint
		w.Feed.Subscribe(func(h consult.Hint) { hints = append(hints, h) })
		d := must(w.Desk.Schedule(t.Context(), by, order()))(t)
		c := d.Consultation
		if c.Status != consult.Upcoming || c.Duration != 30*time.Minute || !c.StartsAt.Equal(w.Clock.Now()) ||
			c.TimeZone != "Europe/Moscow" || c.Language != "ru" || c.Recording != consult.RecordOff {
			t.Errorf("defaults: %+v", c)
		}
		if len(d.Seats) != 2 || len(d.Links) != 2 {
			t.Fatalf("%d seats, %d links", len(d.Seats), len(d.Links))
		}
		for _, s := range d.Seats {
			token, ok := strings.CutPrefix(d.Links[s.ID], consulttest.PublicURL+"/j/")
			if !ok || len(token) != 22 { // 128 bits in base64url
				t.Errorf("link %q", d.Links[s.ID])
			}
			if s.Admitted() != (s.Role == consult.RoleDoctor) {
				t.Errorf("%s: admitted %t", s.Role, s.Admitted())
			}
		}
		again := must(w.Desk.Consultation(t.Context(), by, c.ID))(t)
		if !maps.Equal(again.Links, d.Links) {
			t.Errorf("links %v, then %v", d.Links, again.Links)
		}
		events := told(t, w, c.ID)
		if len(events) != 1 || events[0].Type != consult.SessionCreated {
			t.Fatalf("events: %+v", events)
		}
		b := body(t, events[0])
		if b["sessionId"] != string(c.ID) || b["externalId"] != "lk-48213" || b["status"] != "UPCOMING" {
			t.Errorf("event: %s", events[0].Data)
		}
		if strings.Contains(string(events[0].Data), "Петров") {
			t.Error("the event has a name in it")
		}
		if !slices.Contains(hints, consult.Hint{ConsultationID: c.ID, Kind: consult.HintOutbox}) {
			t.Errorf("hints: %v", hints)
		}
		if got := actions(t, w, c.ID); !slices.Equal(got, []string{"consultation.schedule"}) {
			t.Errorf("audit: %v", got)
		}
	})
}

func TestScheduleInvalid(t *testing.T) {
	w := consulttest.New(t)
	by, _ := w.Key(t)
	many := map[string]string{}
	for i := range 21 {
		many[fmt.Sprint(i)] = "x"
	}
	for name, tt := range map[string]struct {
		spoil func(o *consult.Order)
		want  string
	}{
		"no doctor":          {func(o *consult.Order) { o.Doctor.ID = "" }, "/doctor/id"},
		"no patient":         {func(o *consult.Order) { o.Patient.ID = "" }, "/patient/id"},
		"long id":            {func(o *consult.Order) { o.Patient.ID = strings.Repeat("я", 129) }, "/patient/id"},
		"unprintable id":     {func(o *consult.Order) { o.Doctor.ID = "d\n1" }, "/doctor/id"},
		"broken external id": {func(o *consult.Order) { o.ExternalID = "\xff" }, "/externalId"},
		"long name":          {func(o *consult.Order) { o.Patient.Name = strings.Repeat("я", 201) }, "/patient/name"},
		"turned name":        {func(o *consult.Order) { o.Doctor.Name = "a\u202eb" }, "/doctor/name"},
		"long specialty":     {func(o *consult.Order) { o.Doctor.Specialty = strings.Repeat("я", 201) }, "/doctor/specialty"},
		"long topic":         {func(o *consult.Order) { o.Topic = strings.Repeat("я", 501) }, "/topic"},
		"NUL in topic":       {func(o *consult.Order) { o.Topic = "a\x00" }, "/topic"},
		"too short":          {func(o *consult.Order) { o.Duration = time.Second }, "/durationMinutes"},
		"negative":           {func(o *consult.Order) { o.Duration = -time.Minute }, "/durationMinutes"},
		"too long":           {func(o *consult.Order) { o.Duration = 8*time.Hour + 1 }, "/durationMinutes"},
		"long ago":           {func(o *consult.Order) { o.StartsAt = w.Clock.Now().Add(-time.Hour) }, "/startsAt"},
		"far ahead":          {func(o *consult.Order) { o.StartsAt = w.Clock.Now().AddDate(6, 0, 0) }, "/startsAt"},
		"no such zone":       {func(o *consult.Order) { o.TimeZone = "Europe/Nowhere" }, "/timeZone"},
		"local zone":         {func(o *consult.Order) { o.TimeZone = "Local" }, "/timeZone"},
		"zone of a path":     {func(o *consult.Order) { o.TimeZone = "../../etc/passwd" }, "/timeZone"},
		"language":           {func(o *consult.Order) { o.Language = "de" }, "/language"},
		"recording":          {func(o *consult.Order) { o.Recording = "maybe" }, "/recording"},
		"many pairs":         {func(o *consult.Order) { o.Metadata = many }, "/metadata"},
		"long key":           {func(o *consult.Order) { o.Metadata = map[string]string{"a/" + strings.Repeat("k", 63): ""} }, "/metadata/a~1" + strings.Repeat("k", 63)},
		"long value":         {func(o *consult.Order) { o.Metadata = map[string]string{"k": strings.Repeat("v", 513)} }, "/metadata/k"},
	} {
		t.Run(name, func(t *testing.T) {
			o := order()
			tt.spoil(&o)
			_, err := w.Desk.Schedule(t.Context(), by, o)
			wantCode(t, err, consult.CodeInvalid)
			got := map[string]bool{}
			for _, f := range asError(t, err).Fields {
				got[f.Pointer] = true
			}
			if pointers := slices.Collect(maps.Keys(got)); !slices.Equal(pointers, []string{tt.want}) {
				t.Errorf("pointers %v, want %s", pointers, tt.want)
			}
		})
	}
	page := must(w.Desk.Consultations(t.Context(), by, consult.ListQuery{}))(t)
	if len(page.Items) != 0 {
		t.Errorf("%d consultations were made of invalid orders", len(page.Items))
	}
}

func TestScheduleAtTheLimits(t *testing.T) {
	w := consulttest.New(t)
	by, _ := w.Key(t)
	o := order()
	o.ExternalID = strings.Repeat("я", 128)
	o.Patient.Name = strings.Repeat("я", 200)
	o.Topic = strings.Repeat("я", 500)
	o.Duration = 8 * time.Hour
	o.TimeZone = "Asia/Vladivostok"
	o.Metadata = map[string]string{strings.Repeat("k", 64): strings.Repeat("я", 512)}
	must(w.Desk.Schedule(t.Context(), by, o))(t)
}

func TestScheduleTheSameTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		by, _ := w.Key(t)
		const n = 8
		made := make([]*consult.Details, n)
		errs := make([]error, n)
		atOnce(n, func(i int) { made[i], errs[i] = w.Desk.Schedule(t.Context(), by, order()) })
		var first *consult.Details
		for _, d := range made {
			if d != nil {
				if first != nil {
					t.Fatal("two were made")
				}
				first = d
			}
		}
		if first == nil {
			t.Fatalf("none was made: %v", errs)
		}
		for i, err := range errs {
			if made[i] != nil {
				continue
			}
			wantCode(t, err, consult.CodeDuplicate)
			if ref := asError(t, err).Ref; ref != string(first.Consultation.ID) {
				t.Errorf("Ref %q, want %q", ref, first.Consultation.ID)
			}
		}
		told(t, w, first.Consultation.ID)

		key, _, err := w.Desk.CreateAPIKey(t.Context(), consult.System, "other", "", nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		must(w.Desk.Schedule(t.Context(), consult.Principal{Key: key}, order()))(t)
	})
}

func TestConsultations(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		by, _ := w.Key(t)
		var want []consult.ConsultationID
		for i := range 5 {
			v := w.Schedule(t, func(o *consult.Order) { o.StartsAt = w.Clock.Now().Add(time.Duration(i/2) * time.Hour) })
			want = append(want, v.ID)
		}
		other, _, err := w.Desk.CreateAPIKey(t.Context(), consult.System, "other", "", nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		foreign := must(w.Desk.Schedule(t.Context(), consult.Principal{Key: other}, order()))(t)

		var got []consult.ConsultationID
		q := consult.ListQuery{DoctorID: "d-17", Limit: 2}
		for {
			page := must(w.Desk.Consultations(t.Context(), by, q))(t)
			for _, d := range page.Items {
				got = append(got, d.Consultation.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		slices.Sort(got[:2]) // of the same start: by id, which is random within a millisecond
		slices.Sort(got[2:4])
		slices.Sort(want[:2])
		slices.Sort(want[2:4])
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}

		_, err = w.Desk.Consultation(t.Context(), by, foreign.Consultation.ID)
		wantCode(t, err, consult.CodeNotFound)
		staff := consult.Principal{Staff: &consult.Staff{ID: "u_1", Roles: []consult.StaffRole{consult.StaffHead}}}
		if all := must(w.Desk.Consultations(t.Context(), staff, consult.ListQuery{}))(t); len(all.Items) != 6 {
			t.Errorf("staff see %d", len(all.Items))
		}
	})
}

func TestConsultationsInvalid(t *testing.T) {
	w := consulttest.New(t)
	by, _ := w.Key(t)
	w.Schedule(t, nil)
	w.Schedule(t, nil)
	cursor := must(w.Desk.Consultations(t.Context(), by, consult.ListQuery{Limit: 1}))(t).Next
	of := consult.ListQuery{
		DoctorID: "d-17", Status: []consult.Status{consult.Upcoming, consult.Missed}, From: noon.Add(-time.Hour), Limit: 1,
	}
	of.Cursor = must(w.Desk.Consultations(t.Context(), by, of))(t).Next
	again := of // the same list, said otherwise
	again.Status, again.From, again.Limit = []consult.Status{consult.Missed, consult.Upcoming, consult.Missed}, of.From.UTC(), 200
	if page := must(w.Desk.Consultations(t.Context(), by, again))(t); len(page.Items) != 1 {
		t.Errorf("the second page has %d items", len(page.Items))
	}
	other := func(change func(q *consult.ListQuery)) consult.ListQuery {
		q := of
		change(&q)
		return q
	}
	for name, tt := range map[string]struct {
		q    consult.ListQuery
		want string
	}{
		"no cursor":        {consult.ListQuery{Cursor: "x"}, "/cursor"},
		"cut cursor":       {consult.ListQuery{Cursor: cursor[:len(cursor)-1]}, "/cursor"},
		"other version":    {consult.ListQuery{Cursor: "B" + cursor[1:]}, "/cursor"},
		"padded cursor":    {consult.ListQuery{Cursor: cursor + "="}, "/cursor"},
		"line in a cursor": {consult.ListQuery{Cursor: cursor[:8] + "\n" + cursor[8:]}, "/cursor"},
		"no filters":       {consult.ListQuery{Cursor: of.Cursor}, "/cursor"},
		"other order":      {other(func(q *consult.ListQuery) { q.NewestFirst = true }), "/cursor"},
		"other doctor":     {other(func(q *consult.ListQuery) { q.DoctorID = "d-18" }), "/cursor"},
		"other role":       {other(func(q *consult.ListQuery) { q.DoctorID, q.PatientID = "", "d-17" }), "/cursor"},
		"other status":     {other(func(q *consult.ListQuery) { q.Status = q.Status[:1] }), "/cursor"},
		"other start":      {other(func(q *consult.ListQuery) { q.From = noon.Add(-2 * time.Hour) }), "/cursor"},
		"other end":        {other(func(q *consult.ListQuery) { q.To = noon.Add(time.Hour) }), "/cursor"},
		"limit":            {consult.ListQuery{Limit: 201}, "/limit"},
		"negative limit":   {consult.ListQuery{Limit: -1}, "/limit"},
		"status":           {consult.ListQuery{Status: []consult.Status{"UPCOMING"}}, "/status"},
		"times":            {consult.ListQuery{From: noon, To: noon.Add(-1)}, "/from"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Desk.Consultations(t.Context(), by, tt.q)
			wantCode(t, err, consult.CodeInvalid)
			if got := asError(t, err).Fields[0].Pointer; got != tt.want {
				t.Errorf("at %s, want %s", got, tt.want)
			}
		})
	}
	stranger, _, err := w.Desk.CreateAPIKey(t.Context(), consult.System, "other", "", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Desk.Consultations(t.Context(), consult.Principal{Key: stranger}, of)
	wantCode(t, err, consult.CodeInvalid)
}
