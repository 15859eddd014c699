package consult_test

import (
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func token(t *testing.T, link string) string {
	t.Helper()
	token, ok := strings.CutPrefix(link, consulttest.PublicURL+"/j/")
	if !ok || len(token) != 22 { // 128 bits in base64url
		t.Fatalf("link %q", link)
	}
	return token
}

func as(role consult.StaffRole) consult.Principal {
	return consult.Principal{Staff: &consult.Staff{ID: consult.StaffID("u_" + role), Roles: []consult.StaffRole{role}}}
}

// keyOf makes a key with some scopes.
func keyOf(t *testing.T, w *consulttest.World, integration string, scopes ...consult.Scope) consult.Principal {
	t.Helper()
	key, _, err := w.Desk.CreateAPIKey(t.Context(), consult.System, integration, "test", scopes, 0)
	if err != nil {
		t.Fatal(err)
	}
	return consult.Principal{Key: key}
}

func TestNewDeskRefusesKeys(t *testing.T) {
	for name, cfg := range map[string]consult.Config{
		"LinkKey":  {AuditKey: make([]byte, 32)},
		"AuditKey": {LinkKey: make([]byte, 32), AuditKey: make([]byte, 31)},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if why := fmt.Sprint(recover()); !strings.Contains(why, name) {
					t.Errorf("panic %q does not name the key", why)
				}
			}()
			consult.NewDesk(nil, nil, nil, cfg, slog.New(slog.DiscardHandler), nil)
		})
	}
}

func TestWhoSeesLinks(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		other := w.Schedule(t, nil)
		want := map[consult.SeatID]string{
			v.Doctor.ID:  consulttest.PublicURL + "/j/" + v.DoctorLink,
			v.Patient.ID: consulttest.PublicURL + "/j/" + v.PatientLink,
		}
		for name, tt := range map[string]struct {
			by   consult.Principal
			sees bool
		}{
			"writer":   {keyOf(t, w, "lk", consult.ScopeSessionsRead, consult.ScopeSessionsWrite), true},
			"reader":   {keyOf(t, w, "lk", consult.ScopeSessionsRead), false},
			"admin":    {as(consult.StaffAdmin), true},
			"head":     {as(consult.StaffHead), false},
			"operator": {as(consult.StaffOperator), false},
			"system":   {consult.System, false},
		} {
			d := must(w.Desk.Consultation(t.Context(), tt.by, v.ID))(t)
			page := must(w.Desk.Consultations(t.Context(), tt.by, consult.ListQuery{}))(t)
			listed := make(map[consult.ConsultationID]*consult.Details)
			for _, item := range page.Items {
				listed[item.Consultation.ID] = item
			}
			if !tt.sees {
				if len(d.Links)+len(listed[v.ID].Links) != 0 {
					t.Errorf("%s sees links", name)
				}
				continue
			}
			if !maps.Equal(d.Links, want) || !maps.Equal(listed[v.ID].Links, want) {
				t.Errorf("%s sees %v and %v, want %v", name, d.Links, listed[v.ID].Links, want)
			}
			if got := token(t, listed[other.ID].Links[other.Doctor.ID]); got != other.DoctorLink {
				t.Errorf("%s sees %q of the other consultation", name, got)
			}
		}
	})
}

// TestListHoldsWhatReadingDoes: the list reads in batches what one reading reads at once.
func TestListHoldsWhatReadingDoes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		for i := range 4 {
			v := w.Schedule(t, func(o *consult.Order) { o.Recording = consult.RecordAsk })
			begin(t, w, v)
			must(w.Desk.GiveConsent(t.Context(), v.Doctor.ID, true, consult.ConsentTextVersion, ""))(t)
			for range i {
				must(w.Desk.BeginRecording(t.Context(), v.Doctor.ID, "camera"))(t)
				must2(w.Desk.Invite(t.Context(), key, v.ID, consult.RoleObserver, consult.Person{}))(t)
			}
		}
		for _, item := range must(w.Desk.Consultations(t.Context(), key, consult.ListQuery{}))(t).Items {
			one := must(w.Desk.Consultation(t.Context(), key, item.Consultation.ID))(t)
			same := func(what string, a, b any) {
				if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
					t.Errorf("%s\nlist %+v\nread %+v", what, a, b)
				}
			}
			same("consultation", *item.Consultation, *one.Consultation)
			same("links", item.Links, one.Links)
			same("lengths", []int{len(item.Seats), len(item.Attendances), len(item.Recordings)}, []int{len(one.Seats), len(one.Attendances), len(one.Recordings)})
			for i := range one.Seats {
				same("seat", *item.Seats[i], *one.Seats[i])
			}
			for i := range one.Recordings {
				same("recording", *item.Recordings[i], *one.Recordings[i])
			}
		}
	})
}

func TestReissue(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, nil)
		begin(t, w, v)
		pass := w.Pass(t, v.PatientLink)
		var hints []consult.Hint
		w.Feed.Subscribe(func(h consult.Hint) { hints = append(hints, h) })

		seat, link := must2(w.Desk.Reissue(t.Context(), key, v.Patient.ID))(t)
		if seat.LinkGeneration != 2 || token(t, link) == v.PatientLink {
			t.Errorf("generation %d, link %q", seat.LinkGeneration, link)
		}
		if d := must(w.Desk.Seats(t.Context(), key, v.ID))(t); d.Links[v.Patient.ID] != link {
			t.Errorf("links %v, want %q", d.Links, link)
		}
		_, err := w.Desk.Enter(t.Context(), v.PatientLink)
		wantCode(t, err, consult.CodeLinkUnknown)
		_, err = w.Desk.Resume(t.Context(), pass)
		wantCode(t, err, consult.CodeUnauthorized)
		if e := must(w.Desk.Enter(t.Context(), token(t, link)))(t); e.Seat.ID != v.Patient.ID || !e.Seat.Admitted() {
			t.Errorf("%+v", e.Seat)
		}
		for _, a := range read(t, w, v.ID).Attendances {
			if (a.Role == consult.RolePatient) == a.LeftAt.IsZero() {
				t.Errorf("%s: left at %v", a.Role, a.LeftAt)
			}
		}
		if !contains(hints, consult.Hint{ConsultationID: v.ID, Kind: consult.HintSeats}) {
			t.Errorf("hints %v", hints)
		}
		must(w.Desk.Resume(t.Context(), w.Pass(t, v.DoctorLink)))(t) // the doctor's own is untouched
	})
}

func contains[T comparable](all []T, one T) bool {
	for _, v := range all {
		if v == one {
			return true
		}
	}
	return false
}

func TestReissueRefused(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	v := w.Schedule(t, nil)
	_, _, err := w.Desk.Reissue(t.Context(), consult.Principal{Seat: v.Doctor}, v.Patient.ID)
	wantCode(t, err, consult.CodeForbidden)
	_, _, err = w.Desk.Reissue(t.Context(), keyOf(t, w, "other", consult.AllScopes...), v.Patient.ID)
	wantCode(t, err, consult.CodeNotFound)
	_, _, err = w.Desk.Reissue(t.Context(), key, "s_none")
	wantCode(t, err, consult.CodeNotFound)
	guest, _ := must2(w.Desk.Invite(t.Context(), key, v.ID, consult.RoleRelative, consult.Person{}))(t)
	if err := w.Desk.Revoke(t.Context(), key, guest.ID); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.Desk.Reissue(t.Context(), key, guest.ID)
	wantCode(t, err, consult.CodeConflict)
	must(w.Desk.Cancel(t.Context(), key, v.ID, ""))(t)
	_, _, err = w.Desk.Reissue(t.Context(), key, v.Patient.ID)
	wantCode(t, err, consult.CodeConflict)
}

func TestRevoke(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		v := w.Schedule(t, nil)
		begin(t, w, v)
		guest, link := must2(w.Desk.Invite(t.Context(), key, v.ID, consult.RoleRelative, consult.Person{Name: "Петрова"}))(t)
		pass := w.Pass(t, token(t, link))
		must(w.Desk.Admit(t.Context(), consult.Principal{Seat: v.Doctor}, guest.ID))(t)
		arrive(t, w, guest.ID)
		for range 2 {
			if err := w.Desk.Revoke(t.Context(), key, guest.ID); err != nil {
				t.Fatal(err)
			}
		}
		_, err := w.Desk.Enter(t.Context(), token(t, link))
		wantCode(t, err, consult.CodeLinkUnknown)
		_, err = w.Desk.Resume(t.Context(), pass)
		wantCode(t, err, consult.CodeUnauthorized)
		_, _, err = w.Desk.Arrive(t.Context(), guest.ID)
		wantCode(t, err, consult.CodeLinkUnknown)
		d := must(w.Desk.Seats(t.Context(), key, v.ID))(t)
		if _, shown := d.Links[guest.ID]; shown || len(d.Links) != 2 {
			t.Errorf("links %v", d.Links)
		}
		for _, a := range d.Attendances {
			if (a.SeatID == guest.ID) == a.LeftAt.IsZero() {
				t.Errorf("%s: left at %v", a.Role, a.LeftAt)
			}
		}
		if n := count(actions(t, w, v.ID), "seat.revoke"); n != 1 {
			t.Errorf("%d entries in the audit", n)
		}
		// The two without whom there is no consultation stay; a second doctor is a guest.
		wantCode(t, w.Desk.Revoke(t.Context(), key, v.Doctor.ID), consult.CodeConflict)
		wantCode(t, w.Desk.Revoke(t.Context(), key, v.Patient.ID), consult.CodeConflict)
		second, _ := must2(w.Desk.Invite(t.Context(), key, v.ID, consult.RoleDoctor, consult.Person{ID: "d-2"}))(t)
		if err := w.Desk.Revoke(t.Context(), consult.Principal{Seat: v.Doctor}, second.ID); err != nil {
			t.Error(err)
		}
		wantCode(t, w.Desk.Revoke(t.Context(), consult.Principal{Seat: v.Patient}, second.ID), consult.CodeForbidden)
		wantCode(t, w.Desk.Revoke(t.Context(), key, "s_none"), consult.CodeNotFound)
	})
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// TestRevokeInAnEmptyRoom: who is revoked while nobody is there does not keep a consultation alive.
func TestRevokeInAnEmptyRoom(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	v := w.Schedule(t, nil)
	a, b := begin(t, w, v)
	guest, _ := must2(w.Desk.Invite(t.Context(), key, v.ID, consult.RoleRelative, consult.Person{}))(t)
	for _, at := range []*consult.Attendance{a, b} {
		if err := w.Desk.Leave(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	empty := w.Clock.Now()
	w.Clock.Advance(5 * time.Minute)
	if err := w.Desk.Revoke(t.Context(), key, guest.ID); err != nil {
		t.Fatal(err)
	}
	if c := read(t, w, v.ID).Consultation; !c.EmptySince.Equal(empty) {
		t.Errorf("empty since %v, want %v", c.EmptySince, empty)
	}
}

// TestOldLinks: a link that was made at random opens, and is not shown until it is made anew.
func TestOldLinks(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	v := w.Schedule(t, nil)
	old := *v.Patient
	old.LinkGeneration, old.LinkHash = 0, consult.HashToken("random")
	if err := w.Store.Update(t.Context(), func(tx consult.Tx) error { return tx.SaveSeat(&old) }); err != nil {
		t.Fatal(err)
	}
	if d := must(w.Desk.Seats(t.Context(), key, v.ID))(t); d.Links[old.ID] != "" || d.Links[v.Doctor.ID] == "" {
		t.Errorf("links %v", d.Links)
	}
	must(w.Desk.Enter(t.Context(), "random"))(t)
	_, link := must2(w.Desk.Reissue(t.Context(), key, old.ID))(t)
	must(w.Desk.Enter(t.Context(), token(t, link)))(t)
	_, err := w.Desk.Enter(t.Context(), "random")
	wantCode(t, err, consult.CodeLinkUnknown)
}

// TestLinksDifferByKey: without the key nobody derives a link from what is in the database.
func TestLinksDifferByKey(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	cfg := w.Desk.Config()
	cfg.LinkKey = make([]byte, 32)
	other := consult.NewDesk(w.Store, w.Blobs, w.Feed, cfg, slog.New(slog.DiscardHandler), w.Clock.Now)
	d := must(other.Seats(t.Context(), as(consult.StaffAdmin), v.ID))(t)
	if token(t, d.Links[v.Patient.ID]) == v.PatientLink || v.PatientLink == v.DoctorLink {
		t.Error("links do not depend on the key or the seat")
	}
}
