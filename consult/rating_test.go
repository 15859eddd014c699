package consult_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func TestRate(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, func(o *consult.Order) { o.ExternalID = "lk-1" })
		begin(t, w, v)
		rate := func(seat consult.SeatID, stars int, comment string) error {
			return w.Desk.Rate(t.Context(), seat, stars, comment)
		}
		wantCode(t, rate(v.Patient.ID, 5, ""), consult.CodeConflict)
		must(w.Desk.Finish(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID, ""))(t)
		wantCode(t, rate(v.Doctor.ID, 5, ""), consult.CodeForbidden)
		for range 2 { // the answer was lost
			wantCode(t, rate(v.Patient.ID, 4, "Спасибо, доктор"), "")
		}
		wantCode(t, rate(v.Patient.ID, 5, "Спасибо, доктор"), consult.CodeConflict)
		wantCode(t, rate(v.Patient.ID, 4, ""), consult.CodeConflict)
		if r := read(t, w, v.ID).Consultation.Rating; r.Stars != 4 || r.Comment != "Спасибо, доктор" || !r.At.Equal(w.Clock.Now()) {
			t.Errorf("%+v", r)
		}
		events := told(t, w, v.ID)
		last := events[len(events)-1]
		if last.Type != consult.SessionRated || strings.Contains(string(last.Data), "Спасибо") {
			t.Errorf("%s %s", last.Type, last.Data)
		}
		if got := body(t, last)["rating"].(map[string]any); !maps.Equal(got, map[string]any{"stars": 4.0}) {
			t.Errorf("%v", got)
		}
		if n := count(actions(t, w, v.ID), "consultation.rate"); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
}

func TestRateRefused(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	v := w.Schedule(t, nil)
	begin(t, w, v)
	guest, _ := must2(w.Desk.Invite(t.Context(), key, v.ID, consult.RolePatient, consult.Person{}))(t)
	if err := w.Desk.Revoke(t.Context(), key, guest.ID); err != nil {
		t.Fatal(err)
	}
	must(w.Desk.Finish(t.Context(), key, v.ID, ""))(t)
	for _, tt := range []struct {
		seat    consult.SeatID
		stars   int
		comment string
		want    consult.Code
	}{
		{v.Patient.ID, 0, "", consult.CodeInvalid},
		{v.Patient.ID, 6, "", consult.CodeInvalid},
		{v.Patient.ID, 5, strings.Repeat("я", 1001), consult.CodeInvalid},
		{v.Patient.ID, 5, "\xff", consult.CodeInvalid},
		{guest.ID, 5, "", consult.CodeLinkUnknown},
		{"s_none", 5, "", consult.CodeLinkUnknown},
	} {
		wantCode(t, w.Desk.Rate(t.Context(), tt.seat, tt.stars, tt.comment), tt.want)
	}
	cancelled := w.Schedule(t, nil)
	must(w.Desk.Cancel(t.Context(), key, cancelled.ID, ""))(t)
	wantCode(t, w.Desk.Rate(t.Context(), cancelled.Patient.ID, 5, ""), consult.CodeConflict)
	w.Clock.Advance(30*time.Minute + 24*time.Hour)
	wantCode(t, w.Desk.Rate(t.Context(), v.Patient.ID, 5, ""), consult.CodeLinkExpired)
}
