package consult_test

import (
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func TestEnter(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, func(o *consult.Order) { o.StartsAt = noon.Add(time.Hour) })
		first := must(w.Desk.Enter(t.Context(), v.PatientLink))(t)
		second := must(w.Desk.Enter(t.Context(), v.PatientLink))(t)
		if first.Pass == second.Pass || len(first.Pass) != 43 { // 256 bits in base64url
			t.Errorf("passes %q and %q", first.Pass, second.Pass)
		}
		if first.Seat.ID != v.Patient.ID || first.Consultation.ID != v.ID || !first.OpensAt.Equal(noon.Add(45*time.Minute)) || first.Consent != nil {
			t.Errorf("%+v", first)
		}
		for _, e := range []*consult.Entered{first, second} {
			again := must(w.Desk.Resume(t.Context(), e.Pass))(t)
			if again.Seat.ID != v.Patient.ID || again.Pass != "" {
				t.Errorf("%+v", again)
			}
		}
		p := must(w.Auth.Pass(t.Context(), first.Pass))(t)
		if p.Seat == nil || p.Seat.ID != v.Patient.ID {
			t.Errorf("%+v", p)
		}
	})
}

func TestEnterRefused(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	cancelled, missed, revoked, expiring := w.Schedule(t, nil), w.Schedule(t, nil), w.Schedule(t, nil), w.Schedule(t, nil)
	must(w.Desk.Cancel(t.Context(), key, cancelled.ID, ""))(t)
	revoke(t, w, revoked.Patient)
	err := w.Store.Update(t.Context(), func(tx consult.Tx) error {
		s := *expiring.Patient
		s.LinkExpiresAt = noon
		return tx.SaveSeat(&s)
	})
	if err != nil {
		t.Fatal(err)
	}
	enter := func(link string, want consult.Code) {
		t.Helper()
		e, err := w.Desk.Enter(t.Context(), link)
		wantCode(t, err, want)
		if e != nil {
			t.Errorf("%s: entered all the same", want)
		}
	}
	enter("", consult.CodeLinkUnknown)
	enter("AAAAAAAAAAAAAAAAAAAAAA", consult.CodeLinkUnknown)
	enter(cancelled.PatientLink, consult.CodeCancelled)
	enter(revoked.PatientLink, consult.CodeLinkUnknown)
	enter(expiring.PatientLink, consult.CodeLinkExpired)
	w.Clock.Advance(time.Hour)
	enter(missed.PatientLink, consult.CodeFinished) // due, but not swept yet
	sweep(t, w)
	enter(missed.PatientLink, consult.CodeFinished)
	w.Clock.Advance(24 * time.Hour)
	enter(missed.PatientLink, consult.CodeLinkExpired)
	enter(cancelled.PatientLink, consult.CodeLinkExpired)
}

func TestResumeRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v, revoked := w.Schedule(t, nil), w.Schedule(t, nil)
		pass, revokedPass := w.Pass(t, v.PatientLink), w.Pass(t, revoked.PatientLink)

		_, err := w.Desk.Resume(t.Context(), "a stranger's")
		wantCode(t, err, consult.CodeUnauthorized)
		_, err = w.Auth.Pass(t.Context(), "a stranger's")
		wantCode(t, err, consult.CodeUnauthorized)
		_, err = w.Desk.Resume(t.Context(), v.PatientLink) // a link is no pass
		wantCode(t, err, consult.CodeUnauthorized)
		revoke(t, w, revoked.Patient)
		_, err = w.Desk.Resume(t.Context(), revokedPass)
		wantCode(t, err, consult.CodeLinkUnknown)
		_, err = w.Auth.Pass(t.Context(), revokedPass)
		wantCode(t, err, consult.CodeLinkUnknown)

		begin(t, w, v)
		must(w.Desk.Finish(t.Context(), key, v.ID, ""))(t)
		e, err := w.Desk.Resume(t.Context(), pass)
		wantCode(t, err, consult.CodeFinished)
		if e == nil || e.Consultation.ID != v.ID {
			t.Errorf("finished: %+v", e)
		}
		must(w.Auth.Pass(t.Context(), pass))(t) // his files can still be opened
		w.Clock.Advance(25 * time.Hour)
		_, err = w.Desk.Resume(t.Context(), pass)
		wantCode(t, err, consult.CodeUnauthorized)
		_, err = w.Auth.Pass(t.Context(), pass)
		wantCode(t, err, consult.CodeUnauthorized)
	})
}

// TestPassOutlivesTheCall: whoever came in early stays known in the longest consultation there can be.
func TestPassOutlivesTheCall(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	pass := w.Pass(t, v.PatientLink)
	w.Clock.Advance(59 * time.Minute)
	begin(t, w, v)
	w.Clock.Advance(8*time.Hour - time.Microsecond)
	must(w.Desk.Resume(t.Context(), pass))(t)
}
