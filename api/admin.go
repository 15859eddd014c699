package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// adminRoutes are what the administration pages ask for.
func (a *API) adminRoutes() []route {
	return []route{
		{"POST", "/v1/admin/login", forBrowser, everybody("login and password in the body are the credential"), nil, a.login, nil},
		{"POST", "/v1/admin/logout", forBrowser, everybody("ends the one session of the cookie"), nil, a.logout, nil},
		{"GET", "/v1/admin/me", forStaff, everybody("about the one who asks"), nil, a.getMe, nil},
		{"GET", "/v1/admin/recordings", forStaff, may(consult.ActAllRecordings), []string{"limit"}, a.listAllRecordings, nil},
		{"GET", "/v1/admin/sessions", forStaff, may(consult.ActList), sessions, a.listAllSessions, nil},
	}
}

func (a *API) login(c echo.Context) error {
	body, err := decode[Login](c)
	if err != nil {
		return err
	}
	if wait := a.logins.take(address(c)); wait > 0 {
		return tooMany(c, wait)
	}
	cookie, _, err := a.auth.Login(c.Request().Context(), body.Login, body.Password)
	if err != nil {
		return err
	}
	c.SetCookie(a.cookie(cookie, 0))
	return c.NoContent(http.StatusNoContent)
}

func (a *API) logout(c echo.Context) error {
	if cookie, err := c.Cookie(cookieName); err == nil {
		err := a.auth.Logout(c.Request().Context(), cookie.Value)
		if err != nil && consult.CodeOf(err) != consult.CodeUnauthorized {
			return err
		}
	}
	c.SetCookie(a.cookie("", -1))
	return c.NoContent(http.StatusNoContent)
}

// cookie lasts as long as the browser does; how long the login holds the server
// knows. It goes to the API only.
func (a *API) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName, Value: value, Path: "/v1", MaxAge: maxAge,
		HttpOnly: true, Secure: a.cfg.CookieSecure, SameSite: http.SameSiteStrictMode,
	}
}

func (a *API) getMe(c echo.Context) error {
	s := principal(c).Staff
	return answer(c, http.StatusOK, Me{Login: s.Login, Admin: slices.Contains(s.Roles, consult.StaffAdmin)})
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
