package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

func (a *API) createSession(c echo.Context) error {
	body, err := decode[NewSession](c)
	if err != nil {
		return err
	}
	lasting, err := minutes(body.DurationMinutes)
	if err != nil {
		return err
	}
	externalID, err := optionalID("/externalId", body.ExternalID)
	if err != nil {
		return err
	}
	d, err := a.desk.Schedule(c.Request().Context(), principal(c), consult.Order{
		ExternalID: externalID,
		Doctor:     consult.Person{ID: body.Doctor.ID, Name: body.Doctor.Name, Specialty: body.Doctor.Specialty},
		Patient:    consult.Person{ID: body.Patient.ID, Name: body.Patient.Name},
		StartsAt:   body.StartsAt,
		Duration:   lasting,
		TimeZone:   body.TimeZone,
		Topic:      body.Topic,
		Language:   string(body.Language),
		Recording:  consult.RecordingPolicy(body.Recording),
		Metadata:   body.Metadata,
	})
	return answerCreated(c, d, err)
}

func (a *API) createdSession(c echo.Context, object string) error {
	d, err := a.desk.Consultation(c.Request().Context(), principal(c), consult.ConsultationID(object))
	return answerCreated(c, d, err)
}

func answerCreated(c echo.Context, d *consult.Details, err error) error {
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, sessionPath(d.Consultation.ID))
	return answerTagged(c, http.StatusCreated, d.Consultation.Version, showSession(d, language(c)))
}

func (a *API) createSimpleSession(c echo.Context) error {
	body, err := decode[NewSimpleSession](c)
	if err != nil {
		return err
	}
	lasting, err := minutes(body.DurationMinutes)
	if err != nil {
		return err
	}
	d, err := a.desk.Schedule(c.Request().Context(), principal(c), consult.Order{
		Doctor:   consult.Person{ID: body.DoctorID},
		Patient:  consult.Person{ID: body.PatientID},
		StartsAt: body.StartsAt,
		Duration: lasting,
	})
	if err != nil {
		return repoint(err, map[string]string{"/doctor/id": "/doctorId", "/patient/id": "/patientId"})
	}
	return answerSimple(c, d)
}

func (a *API) createdSimpleSession(c echo.Context, object string) error {
	d, err := a.desk.Consultation(c.Request().Context(), principal(c), consult.ConsultationID(object))
	if err != nil {
		return err
	}
	return answerSimple(c, d)
}

func answerSimple(c echo.Context, d *consult.Details) error {
	links := showLinks(d)
	c.Response().Header().Set(echo.HeaderLocation, sessionPath(d.Consultation.ID))
	return answer(c, http.StatusCreated, SimpleSession{
		ID:         string(d.Consultation.ID),
		Status:     showStatus(d.Consultation.Status),
		DoctorURL:  links.Doctor,
		PatientURL: links.Patient,
	})
}

// maxMinutes keeps the multiplication below from overflowing; what is allowed
// the desk says.
const maxMinutes = 1 << 20

// minutes is the duration asked for; 0 (the default) only when none was.
func minutes(n *int) (time.Duration, error) {
	switch {
	case n == nil:
		return 0, nil
	case *n < 1 || *n > maxMinutes:
		return 0, consult.Invalid("/durationMinutes", msgBadMinutes)
	}
	return time.Duration(*n) * time.Minute, nil
}

// repoint makes the fields of an error point into another body.
func repoint(err error, to map[string]string) error {
	var e *consult.Error
	if !errors.As(err, &e) {
		return err
	}
	moved := *e
	moved.Fields = make([]consult.FieldError, len(e.Fields))
	for i, f := range e.Fields {
		if p, ok := to[f.Pointer]; ok {
			f.Pointer = p
		}
		moved.Fields[i] = f
	}
	return &moved
}

func (a *API) listDoctorSessions(c echo.Context) error {
	q, err := sessionQuery(c)
	if err != nil {
		return err
	}
	q.DoctorID = param(c, "doctorId")
	return a.listSessions(c, q)
}

func (a *API) listPatientSessions(c echo.Context) error {
	q, err := sessionQuery(c)
	if err != nil {
		return err
	}
	q.PatientID = param(c, "patientId")
	return a.listSessions(c, q)
}

func (a *API) listSessions(c echo.Context, q consult.ListQuery) error {
	page, err := a.desk.Consultations(c.Request().Context(), principal(c), q)
	if err != nil {
		return err
	}
	shown := SessionPage{Items: make([]Session, 0, len(page.Items)), NextCursor: page.Next}
	for _, d := range page.Items {
		shown.Items = append(shown.Items, showSession(d, language(c)))
	}
	return answer(c, http.StatusOK, shown)
}

func (a *API) getSession(c echo.Context) error {
	d, err := a.desk.Consultation(c.Request().Context(), principal(c), sessionID(c))
	return a.answerSession(c, d, err)
}

func (a *API) cancelSession(c echo.Context) error {
	body, err := decodeOptional[Cancellation](c)
	if err != nil {
		return err
	}
	d, err := a.desk.Cancel(c.Request().Context(), principal(c), sessionID(c), body.Reason)
	return a.answerSession(c, d, err)
}

func (a *API) finishSession(c echo.Context) error {
	if _, err := decodeOptional[struct{}](c); err != nil {
		return err
	}
	d, err := a.desk.Finish(c.Request().Context(), principal(c), sessionID(c), consult.EndedByAPI)
	return a.answerSession(c, d, err)
}

// endedSession answers for a cancellation or an end that took effect.
func (a *API) endedSession(c echo.Context, object string) error {
	d, err := a.desk.Consultation(c.Request().Context(), principal(c), consult.ConsultationID(object))
	return a.answerSession(c, d, err)
}

func (a *API) patchSession(c echo.Context) error {
	body, err := decodePatch[SessionPatch](c)
	if err != nil {
		return err
	}
	amendment, err := amend(body)
	if err != nil {
		return err
	}
	ctx, by, id := c.Request().Context(), principal(c), sessionID(c)
	version, err := ifMatch(c, func() (int64, error) {
		d, err := a.desk.Consultation(ctx, by, id)
		if err != nil {
			return 0, err
		}
		return d.Consultation.Version, nil
	})
	if err != nil {
		return err
	}
	d, err := a.desk.Amend(ctx, by, id, amendment, version)
	return a.answerSession(c, d, err)
}

// amend says a merge patch in the desk's words.
func amend(p SessionPatch) (consult.Amendment, error) {
	a := consult.Amendment{
		StartsAt: p.StartsAt.pointer(), TimeZone: p.TimeZone.pointer(), Topic: p.Topic.pointer(),
		Language: (*string)(p.Language.pointer()), Recording: (*consult.RecordingPolicy)(p.Recording.pointer()),
		NoMetadata: p.Metadata.null,
	}
	if n := p.DurationMinutes.pointer(); n != nil {
		asked := n
		if p.DurationMinutes.null {
			asked = nil
		}
		lasting, err := minutes(asked)
		if err != nil {
			return a, err
		}
		a.Duration = &lasting
	}
	if d := p.Doctor.pointer(); d != nil {
		a.Doctor = &consult.PersonAmendment{ID: d.ID.pointer(), Name: d.Name.pointer(), Specialty: d.Specialty.pointer()}
	}
	if d := p.Patient.pointer(); d != nil {
		a.Patient = &consult.PersonAmendment{ID: d.ID.pointer(), Name: d.Name.pointer()}
	}
	if pairs := p.Metadata.pointer(); pairs != nil && !p.Metadata.null {
		a.Metadata = make(map[string]*string, len(*pairs))
		for k, v := range *pairs {
			a.Metadata[k] = nil
			if !v.null {
				a.Metadata[k] = v.pointer()
			}
		}
	}
	return a, nil
}

func (a *API) answerSession(c echo.Context, d *consult.Details, err error) error {
	if err != nil {
		return err
	}
	return answerTagged(c, http.StatusOK, d.Consultation.Version, showSession(d, language(c)))
}

func sessionID(c echo.Context) consult.ConsultationID {
	return consult.ConsultationID(param(c, "id"))
}
