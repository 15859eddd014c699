package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// adminRoutes are what the administration pages ask for.
func (a *API) adminRoutes() []route {
	lists := []route{
		{"GET", "/v1/admin/recordings", forStaff, may(consult.ActAllRecordings), []string{"limit"}, a.listAllRecordings, nil},
		{"GET", "/v1/admin/sessions", forStaff, may(consult.ActList), sessions, a.listAllSessions, nil},
	}
	return slices.Concat(a.identityRoutes(), a.staffRoutes(), a.keyRoutes(), a.auditRoutes(), lists)
}

func (a *API) listAllSessions(c echo.Context) error {
	q, err := sessionQuery(c)
	if err != nil {
		return err
	}
	q.NewestFirst = true
	return a.listSessions(c, q)
}

func (a *API) listAllRecordings(c echo.Context) error {
	limit, bad := limitParam(c)
	if bad != nil {
		return invalid([]consult.FieldError{*bad})
	}
	rs, of, err := a.desk.AllRecordings(c.Request().Context(), principal(c), limit)
	if err != nil {
		return err
	}
	list := AdminRecordingList{Items: make([]AdminRecording, 0, len(rs))}
	for _, r := range rs {
		list.Items = append(list.Items, showAdminRecording(r, of[r.ConsultationID], language(c)))
	}
	return answer(c, http.StatusOK, list)
}

func showAdminRecording(r *consult.Recording, c *consult.Consultation, lang string) AdminRecording {
	s := showRecording(r)
	return AdminRecording{
		ID: s.ID, SessionID: s.SessionID, ParticipantID: s.ParticipantID, Role: s.Role, Source: s.Source,
		State: s.State, Failure: s.Failure, StartedAt: s.StartedAt, FinishedAt: s.FinishedAt,
		OffsetMs: s.OffsetMs, DurationMs: s.DurationMs, Bytes: s.Bytes, Sha256: s.Sha256,
		ErasedAt: s.ErasedAt, EraseReason: s.EraseReason,
		Session: AdminRecordingSession{
			ID:         string(c.ID),
			ExternalID: c.ExternalID,
			StartsAt:   c.StartsAt.UTC(),
			Status:     showStatus(c.Status),
			StatusName: statusNames[c.Status].in(lang),
			Doctor:     RoomPatient{Name: c.Doctor.Name},
			Patient:    RoomPatient{Name: c.Patient.Name},
		},
	}
}
