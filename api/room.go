package api

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// Each use of a link is written down: a new pass, and an audit row. A person who
// opens tab after tab is not hindered.
const (
	entriesPerSecond = 0.5
	entriesBurst     = 30
)

func (a *API) enterRoom(c echo.Context) error {
	body, err := decode[RoomEntry](c)
	if err != nil {
		return err
	}
	if wait := a.links.take(string(consult.HashToken(body.Token))); wait > 0 {
		return tooMany(c, wait)
	}
	e, err := a.desk.Enter(c.Request().Context(), body.Token)
	if err != nil {
		return err
	}
	s := a.showRoom(e, language(c))
	return answer(c, http.StatusOK, RoomEntered{
		Pass: e.Pass, Seat: s.Seat, Session: s.Session, OpensAt: s.OpensAt, ServerTime: s.ServerTime, Consent: s.Consent,
		ConsentTextVersion: s.ConsentTextVersion, Limits: s.Limits, Brand: s.Brand,
	})
}

func (a *API) getRoomState(c echo.Context) error {
	pass, _ := bearer(c.Request()) // it is there: admit has opened it
	e, err := a.desk.Resume(c.Request().Context(), pass)
	if err != nil && e != nil {
		return &overError{err, e.Consultation}
	}
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, a.showRoom(e, language(c)))
}

func (a *API) showRoom(e *consult.Entered, lang string) RoomState {
	return RoomState{
		Seat:               RoomSeat{ID: string(e.Seat.ID), Role: Role(e.Seat.Role), Name: e.Seat.Person.Name},
		Session:            showRoomSession(e.Consultation, lang),
		OpensAt:            e.OpensAt.UTC(),
		ServerTime:         a.cfg.Now().UTC(),
		Consent:            showConsent(e.Consent),
		ConsentTextVersion: consult.ConsentTextVersion,
		Limits:             RoomLimits{MaxText: consult.MaxText, MaxFile: a.desk.Config().MaxFileSize},
		Brand:              Brand{Name: a.cfg.Brand},
	}
}

func showConsent(c *consult.Consent) ConsentAnswer {
	switch {
	case c == nil:
		return ConsentAnswerUnasked
	case c.Given:
		return ConsentAnswerGiven
	}
	return ConsentAnswerRefused
}

func showRoomProblem(p Problem, c *consult.Consultation, lang string) RoomProblem {
	return RoomProblem{
		Type: p.Type, Title: p.Title, Status: p.Status, Detail: p.Detail, Instance: p.Instance, Code: p.Code, Ref: p.Ref, Errors: p.Errors,
		Session: showRoomSession(c, lang),
	}
}

// showRoomSession is a consultation as the people in it see it: without ids of
// the integration's.
func showRoomSession(c *consult.Consultation, lang string) RoomSession {
	return RoomSession{
		ID:              string(c.ID),
		Status:          showStatus(c.Status),
		StatusName:      statusNames[c.Status].in(lang),
		StartsAt:        c.StartsAt.UTC(),
		DurationMinutes: int(c.Duration / time.Minute),
		TimeZone:        c.TimeZone,
		Topic:           c.Topic,
		Language:        Language(c.Language),
		Recording:       RecordingPolicy(c.Recording),
		StartedAt:       c.StartedAt.UTC(),
		FinishedAt:      c.FinishedAt.UTC(),
		EndReason:       EndReason(c.EndReason),
		Doctor:          RoomDoctor{Name: c.Doctor.Name, Specialty: c.Doctor.Specialty},
		Patient:         RoomPatient{Name: c.Patient.Name},
	}
}
