package api

import (
	"strings"
	"testing"
	"time"

	"tmk/consult"
)

func (h *house) enter(token string, lang string) *reply {
	h.t.Helper()
	return h.do(call{method: "POST", path: "/v1/room/enter", body: map[string]any{"token": token}, anonymous: true,
		header: map[string]string{"Accept-Language": lang}})
}

func TestEnterRoom(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Brand = "Клиника" })
	v := h.Schedule(t, func(o *consult.Order) {
		o.StartsAt = h.Clock.Now().Add(time.Hour)
		o.Topic, o.Recording, o.TimeZone = "Осмотр", consult.RecordAsk, "Asia/Tomsk"
	})
	e := into[RoomEntered](h.enter(v.PatientLink, "ru").want(200)) // an hour early: the page says when to come back
	if e.Pass == "" || e.Seat.ID != string(v.Patient.ID) || e.Seat.Role != RolePatient || e.Seat.Name != "Петров Олег Ильич" {
		t.Errorf("seat %+v", e.Seat)
	}
	s := e.Session
	if s.ID != string(v.ID) || s.Status != StatusUPCOMING || s.StatusName != "Предстоящая" || s.DurationMinutes != 30 ||
		s.Topic != "Осмотр" || s.TimeZone != "Asia/Tomsk" || s.Recording != RecordingPolicyAsk || s.Language != LanguageRu ||
		s.Doctor.Name != "Иванова Мария Петровна" || s.Doctor.Specialty != "терапевт" || s.Patient.Name != "Петров Олег Ильич" {
		t.Errorf("session %+v", s)
	}
	if !e.OpensAt.Equal(s.StartsAt.Add(-15*time.Minute)) || !e.ServerTime.Equal(h.Clock.Now()) || e.Brand.Name != "Клиника" ||
		e.Consent != ConsentAnswerUnasked || e.ConsentTextVersion != consult.ConsentTextVersion ||
		e.Limits.MaxText != 4000 || e.Limits.MaxFile != 100<<20 {
		t.Errorf("%+v", e)
	}

	// Each tab has a pass of its own, and both hold.
	second := into[RoomEntered](h.enter(v.PatientLink, "ru").want(200))
	if second.Pass == e.Pass {
		t.Error("one pass for two tabs")
	}
	for pass, want := range map[string]ConsentAnswer{e.Pass: ConsentAnswerGiven, second.Pass: ConsentAnswerRefused} {
		if _, err := h.Desk.GiveConsent(t.Context(), v.Patient.ID, want == ConsentAnswerGiven, consult.ConsentTextVersion, "ru"); err != nil {
			t.Fatal(err)
		}
		state := into[RoomState](h.as(pass, "GET", "/v1/room/state", nil).want(200))
		if state.Consent != want || state.Seat.ID != string(v.Patient.ID) {
			t.Errorf("%+v", state)
		}
		h.Clock.Advance(time.Second)
	}
}

// TestLinkIsPaced: each use of a link is kept, so they are not for endless use.
func TestLinkIsPaced(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	for range entriesBurst {
		h.enter(v.PatientLink, "ru").want(200)
	}
	h.enter(v.PatientLink, "ru").wantProblem(429, consult.CodeRateLimited)
	h.enter(v.DoctorLink, "ru").want(200)
	h.Clock.Advance(2 * time.Second)
	h.enter(v.PatientLink, "ru").want(200)
}

func TestRoomRefuses(t *testing.T) {
	h := newHouse(t)
	h.enter("guess", "en").wantProblem(404, consult.CodeLinkUnknown)
	p := h.enter(strings.Repeat("x", 10_000), "ru").wantProblem(404, consult.CodeLinkUnknown)
	if p.Title != "Ссылка недействительна" || p.Detail != "такой ссылки нет" {
		t.Errorf("%+v", p)
	}
	wantField(t, h.post("/v1/room/enter", `{}`).wantProblem(400, consult.CodeInvalid), "/token")
	h.do(call{path: "/v1/room/state", anonymous: true}).wantProblem(401, consult.CodeUnauthorized)
	h.as("guess", "GET", "/v1/room/state", nil).wantProblem(401, consult.CodeUnauthorized)
	h.get("/v1/room/state").wantProblem(401, consult.CodeUnauthorized) // a key is no pass

	v := h.Schedule(t, nil)
	pass := h.Pass(t, v.DoctorLink)
	h.post(sessionURL(v, "/cancel"), nil).want(200)
	h.enter(v.DoctorLink, "en").wantProblem(410, consult.CodeCancelled)
	over := func(r *reply, code consult.Code) RoomSession {
		r.wantProblem(410, code)
		return into[RoomProblem](r).Session
	}
	if s := over(h.as(pass, "GET", "/v1/room/state", nil), consult.CodeCancelled); s.Status != StatusCANCELLED || s.Doctor.Name == "" {
		t.Errorf("session in the problem: %+v", s)
	}
	if s := over(h.enter(v.DoctorLink, "en"), consult.CodeCancelled); s.ID != "" {
		t.Error("a link without a pass tells of the session")
	}

	w := h.begin(nil)
	pass = h.Pass(t, w.PatientLink)
	h.post(sessionURL(w, "/finish"), nil).want(200)
	h.enter(w.PatientLink, "en").wantProblem(410, consult.CodeFinished)
	if s := over(h.as(pass, "GET", "/v1/room/state", nil), consult.CodeFinished); s.Status != StatusFINISHED || s.FinishedAt.IsZero() {
		t.Errorf("session in the problem: %+v", s)
	}
	h.Clock.Advance(25 * time.Hour)
	h.enter(w.PatientLink, "en").wantProblem(410, consult.CodeLinkExpired)
	h.as(pass, "GET", "/v1/room/state", nil).wantProblem(401, consult.CodeUnauthorized) // the pass has run out
}
