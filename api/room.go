package api

import (
	"errors"
	"net/http"
	"strings"
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

// roomRoutes are what the pages of a consultation ask for.
func (a *API) roomRoutes() []route {
	return []route{
		{"POST", "/v1/room/enter", forAll, everybody("the link in the body is the credential"), nil, a.enterRoom, nil},
		{"GET", "/v1/room/state", forPass, everybody("about the one who asks"), nil, a.getRoomState, nil},
		{"POST", "/v1/room/rating", forPass, may(consult.ActRate), nil, a.rateRoom, nil},
		{"GET", "/v1/room/files/:id/content", forPass, may(consult.ActReadFile), nil, a.getRoomFileContent, nil},
	}
}

func (a *API) enterRoom(c echo.Context) error {
	body, err := decode[RoomEntry](c)
	if err != nil {
		return err
	}
	if wait := a.links.take(string(consult.HashToken(body.Token))); wait > 0 {
		return tooMany(c, wait)
	}
	e, err := a.enter(c, body)
	if err != nil {
		return err
	}
	s := a.showRoom(e, language(c))
	return answer(c, http.StatusOK, RoomEntered{
		Pass: e.Pass, Seat: s.Seat, Session: s.Session, OpensAt: s.OpensAt, ServerTime: s.ServerTime, Consent: s.Consent,
		ConsentTextVersion: s.ConsentTextVersion, Limits: s.Limits, Brand: s.Brand,
	})
}

// enter exchanges the token of a link of ours, or of one that an integration has minted for a session.
func (a *API) enter(c echo.Context, entry RoomEntry) (*consult.Entered, error) {
	ctx := c.Request().Context()
	if entry.Session == "" {
		return a.desk.Enter(ctx, entry.Token)
	}
	if a.cfg.Minted == nil {
		return nil, consult.Errorf(consult.CodeLinkUnknown, msgNoMinted)
	}
	claims, err := a.cfg.Minted.Claims(ctx, entry.Token, entry.Session)
	if err != nil {
		var e *consult.Error
		if errors.As(err, &e) { // for the integration's programmers; the messages hold nothing of the token
			a.cfg.Log.InfoContext(ctx, "minted link refused", "code", e.Code, "why", e.Message)
		}
		return nil, err
	}
	// A token can be written in many ways, and there may be many: what counts is whom they let in.
	if wait := a.links.take(strings.Join([]string{claims.Integration, claims.Session, string(claims.Role), claims.Subject}, "\x00")); wait > 0 {
		return nil, tooMany(c, wait)
	}
	return a.desk.EnterSigned(ctx, *claims)
}

func (a *API) rateRoom(c echo.Context) error {
	body, err := decode[RoomRating](c)
	if err != nil {
		return err
	}
	if err := a.desk.Rate(c.Request().Context(), principal(c).Seat.ID, body.Stars, body.Comment); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) getRoomState(c echo.Context) error {
	pass, _ := bearer(c.Request()) // it is there: admit has opened it
	e, err := a.desk.Resume(c.Request().Context(), pass)
	if err != nil && e != nil {
		return &overError{err, e}
	}
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, a.showRoom(e, language(c)))
}

func (a *API) showRoom(e *consult.Entered, lang string) RoomState {
	return RoomState{
		Seat:               RoomSeat{ID: string(e.Seat.ID), Role: Role(e.Seat.Role), Name: e.Seat.Person.Name},
		Session:            showRoomSession(e.Consultation, e.Seat, lang),
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

func showRoomProblem(p Problem, e *consult.Entered, lang string) RoomProblem {
	return RoomProblem{
		Type: p.Type, Title: p.Title, Status: p.Status, Detail: p.Detail, Instance: p.Instance, Code: p.Code, Ref: p.Ref, Errors: p.Errors,
		Session: showRoomSession(e.Consultation, e.Seat, lang),
	}
}

// showRoomSession is a consultation as whoever sits on seat sees it: without ids of
// the integration's.
func showRoomSession(c *consult.Consultation, seat *consult.Seat, lang string) RoomSession {
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
		Rating:          showRating(c, seat),
		Doctor:          RoomDoctor{Name: c.Doctor.Name, Specialty: c.Doctor.Specialty},
		Patient:         RoomPatient{Name: c.Patient.Name},
	}
}

// showRating tells a patient whether the consultation may be rated; "" for all others.
func showRating(c *consult.Consultation, seat *consult.Seat) RatingState {
	switch {
	case c.Status != consult.Finished || seat.Role != consult.RolePatient:
		return ""
	case c.Rating.Stars == 0:
		return RatingStateOpen
	}
	return RatingStateGiven
}
