package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"tmk/consult"
	"tmk/consult/auth"
)

// staffRoutes are how administrators look after accounts.
func (a *API) staffRoutes() []route {
	const staff = "/v1/admin/staff"
	manage := may(consult.ActManageStaff)
	return []route{
		{"GET", staff, forStaff, manage, nil, a.listStaff, nil},
		{"POST", staff, forStaff, manage, nil, a.createStaff, nil},
		{"GET", staff + "/:id", forStaff, manage, nil, a.getStaff, nil},
		{"PATCH", staff + "/:id", forStaff, manage, nil, a.amendStaff, nil},
		{"POST", staff + "/:id/password", forStaff, manage, nil, bodiless(a.resetPassword), nil},
		{"DELETE", staff + "/:id/totp", forStaff, manage, nil, bodiless(a.removeTOTP), nil},
		{"GET", staff + "/:id/sessions", forStaff, manage, nil, a.listSessionsOfStaff, nil},
		{"DELETE", staff + "/:id/sessions", forStaff, manage, nil, bodiless(a.endSessionsOfStaff), nil},
		{"DELETE", staff + "/:id/sessions/:sessionId", forStaff, manage, nil, bodiless(a.endSessionOfStaff), nil},
	}
}

func (a *API) listStaff(c echo.Context) error {
	all, err := a.auth.AllStaff(c.Request().Context(), principal(c))
	if err != nil {
		return err
	}
	list := StaffList{Items: make([]StaffMember, 0, len(all))}
	for _, s := range all {
		list.Items = append(list.Items, showStaff(s))
	}
	return answer(c, http.StatusOK, list)
}

func (a *API) createStaff(c echo.Context) error {
	body, err := decode[NewStaff](c)
	if err != nil {
		return err
	}
	s, password, err := a.auth.AddStaff(c.Request().Context(), principal(c), auth.StaffOrder{
		Login: body.Login, Name: body.Name, Roles: readRoles(body.Roles),
	})
	if err != nil {
		return err
	}
	m := showStaff(s)
	return answer(c, http.StatusCreated, CreatedStaff{
		ID: m.ID, Login: m.Login, Name: m.Name, Roles: m.Roles, Local: m.Local, Issuer: m.Issuer,
		Totp: m.Totp, CreatedAt: m.CreatedAt, DisabledAt: m.DisabledAt, Password: password,
	})
}

func (a *API) getStaff(c echo.Context) error {
	s, err := a.auth.OneStaff(c.Request().Context(), principal(c), staffID(c))
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, showStaff(s))
}

func (a *API) amendStaff(c echo.Context) error {
	body, err := decodePatch[StaffAmendment](c)
	if err != nil {
		return err
	}
	change := auth.StaffAmendment{Name: body.Name, Disabled: body.Disabled}
	if body.Roles != nil {
		change.Roles = readRoles(body.Roles)
	}
	s, err := a.auth.AmendStaff(c.Request().Context(), principal(c), staffID(c), change)
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, showStaff(s))
}

func (a *API) resetPassword(c echo.Context) error {
	password, err := a.auth.ResetPassword(c.Request().Context(), principal(c), staffID(c))
	if err != nil {
		return err
	}
	return answer(c, http.StatusOK, MadePassword{Password: password})
}

func (a *API) removeTOTP(c echo.Context) error {
	if err := a.auth.RemoveTOTP(c.Request().Context(), principal(c), staffID(c)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) listSessionsOfStaff(c echo.Context) error { return a.showSessions(c, staffID(c)) }

func (a *API) endSessionsOfStaff(c echo.Context) error {
	if err := a.auth.EndSessions(c.Request().Context(), principal(c), staffID(c), nil); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) endSessionOfStaff(c echo.Context) error {
	if err := a.auth.EndSession(c.Request().Context(), principal(c), staffID(c), param(c, "sessionId")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func staffID(c echo.Context) consult.StaffID { return consult.StaffID(param(c, "id")) }

func readRoles(roles []StaffRole) []consult.StaffRole {
	read := make([]consult.StaffRole, len(roles))
	for i, r := range roles {
		read[i] = consult.StaffRole(r)
	}
	return read
}

func showStaff(s *consult.Staff) StaffMember {
	m := StaffMember{
		ID: string(s.ID), Login: s.Login, Name: s.Name, Roles: showRoles(s.Roles), Local: s.PasswordHash != "",
		Issuer: s.Issuer, Totp: s.TOTPSecret != nil, CreatedAt: s.CreatedAt.UTC(),
	}
	if !s.DisabledAt.IsZero() {
		m.DisabledAt = s.DisabledAt.UTC()
	}
	return m
}
