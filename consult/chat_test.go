package consult_test

import (
	"fmt"
	"strings"
	"testing"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func TestPostMessageOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		begin(t, w, v)
		const n = 6
		ms := make([]*consult.Message, n)
		errs := make([]error, n)
		atOnce(n, func(i int) {
			ms[i], errs[i] = w.Desk.PostMessage(t.Context(), v.Doctor.ID, "m1", "Здравствуйте!")
		})
		for i := range n {
			if errs[i] != nil {
				t.Fatal(errs[i])
			}
			if ms[i].ID != ms[0].ID || ms[i].Seq != 1 {
				t.Errorf("%+v", ms[i])
			}
		}
		if m := must(w.Desk.PostMessage(t.Context(), v.Doctor.ID, "m1", "something else"))(t); m.Text != "Здравствуйте!" {
			t.Errorf("text %q", m.Text)
		}
		if m := must(w.Desk.PostMessage(t.Context(), v.Patient.ID, "m1", "И вам"))(t); m.Seq != 2 {
			t.Errorf("the patient's m1 has seq %d", m.Seq)
		}
		created := 0
		for _, e := range told(t, w, v.ID) {
			if e.Type != consult.MessageCreated {
				continue
			}
			created++
			if strings.Contains(string(e.Data), "Здравствуйте") {
				t.Error("the event has the text in it")
			}
		}
		if created != 2 {
			t.Errorf("%d messages were told", created)
		}
	})
}

func TestMessagesAreNumberedWithoutGaps(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		begin(t, w, v)
		const n = 12
		errs := make([]error, n)
		atOnce(n, func(i int) {
			seat := []consult.SeatID{v.Doctor.ID, v.Patient.ID}[i%2]
			_, errs[i] = w.Desk.PostMessage(t.Context(), seat, fmt.Sprint(i), "text")
		})
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		by := consult.Principal{Seat: v.Patient}
		var all []*consult.Message
		for after := int64(0); ; {
			page := must(w.Desk.Messages(t.Context(), by, v.ID, after, 5))(t)
			if len(page) == 0 {
				break
			}
			all = append(all, page...)
			after = page[len(page)-1].Seq
		}
		if len(all) != n {
			t.Fatalf("%d messages", len(all))
		}
		for i, m := range all {
			if m.Seq != int64(i+1) {
				t.Errorf("message %d has seq %d", i, m.Seq)
			}
		}
		told(t, w, v.ID)
	})
}

func TestPostMessageRefused(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	v := w.Schedule(t, nil)
	by := consult.Principal{Seat: v.Doctor}
	guest, _ := must2(w.Desk.Invite(t.Context(), by, v.ID, consult.RoleRelative, consult.Person{}))(t)
	begin(t, w, v)
	post := func(seat consult.SeatID, text string, want consult.Code) {
		t.Helper()
		_, err := w.Desk.PostMessage(t.Context(), seat, fmt.Sprint(len(text)), text)
		wantCode(t, err, want)
	}
	post(v.Patient.ID, "", consult.CodeInvalid)
	post(v.Patient.ID, " \n\t ", consult.CodeInvalid)
	post(v.Patient.ID, "\xff\xfe", consult.CodeInvalid)
	post(v.Patient.ID, "a\x00b", consult.CodeInvalid)
	post(v.Patient.ID, strings.Repeat("я", 4001), consult.CodeInvalid)
	post(v.Patient.ID, strings.Repeat("я", 4000), "")
	post(guest.ID, "hello", consult.CodeForbidden)
	_, err := w.Desk.Messages(t.Context(), consult.Principal{Seat: guest}, v.ID, 0, 10)
	wantCode(t, err, consult.CodeForbidden)
	post("s_unknown", "hello", consult.CodeLinkUnknown)
	_, err = w.Desk.PostMessage(t.Context(), v.Patient.ID, "", "hello")
	wantCode(t, err, consult.CodeInvalid)
	must(w.Desk.PostMessage(t.Context(), v.Patient.ID, "sent", "before the end"))(t)
	must(w.Desk.Finish(t.Context(), key, v.ID, ""))(t)
	post(v.Patient.ID, "too late", consult.CodeFinished)
	must(w.Desk.PostMessage(t.Context(), v.Patient.ID, "sent", "before the end"))(t) // the answer was lost
}

// TestThreadWhileWaiting: the thread is the patient's own, before he is admitted too.
func TestThreadWhileWaiting(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	must(w.Desk.PostMessage(t.Context(), v.Doctor.ID, "1", "Минуту, пожалуйста"))(t)
	must(w.Desk.PostMessage(t.Context(), v.Patient.ID, "1", "Хорошо"))(t)
	if ms := must(w.Desk.Messages(t.Context(), consult.Principal{Seat: v.Patient}, v.ID, 0, 0))(t); len(ms) != 2 {
		t.Errorf("%d messages", len(ms))
	}
}
