package api

import (
	"bytes"
	"net/http"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

func (a *API) changePassword(c echo.Context) error {
	body, err := decode[PasswordChange](c)
	if err != nil {
		return err
	}
	if err := a.auth.ChangePassword(c.Request().Context(), visit(c), body.Current, body.Password); err != nil {
		return wrongProof(err)
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) beginTOTP(c echo.Context) error {
	body, err := decode[PasswordProof](c)
	if err != nil {
		return err
	}
	s, err := a.auth.BeginTOTP(c.Request().Context(), visit(c), body.Password)
	if err != nil {
		return wrongProof(err)
	}
	return answer(c, http.StatusOK, TotpSetup{Setup: s.Envelope, Secret: s.Secret, URI: s.URI, Qr: s.QR})
}

func (a *API) confirmTOTP(c echo.Context) error {
	body, err := decode[TotpConfirmation](c)
	if err != nil {
		return err
	}
	codes, err := a.auth.ConfirmTOTP(c.Request().Context(), visit(c), body.Setup, body.Code)
	if err != nil {
		return wrongProof(err)
	}
	return answer(c, http.StatusOK, RecoveryCodes{RecoveryCodes: codes})
}

func (a *API) disableTOTP(c echo.Context) error {
	body, err := decode[FactorProof](c)
	if err != nil {
		return err
	}
	if err := a.auth.DisableTOTP(c.Request().Context(), visit(c), body.Password, body.Code); err != nil {
		return wrongProof(err)
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) renewRecovery(c echo.Context) error {
	body, err := decode[FactorProof](c)
	if err != nil {
		return err
	}
	codes, err := a.auth.RenewRecovery(c.Request().Context(), visit(c), body.Password, body.Code)
	if err != nil {
		return wrongProof(err)
	}
	return answer(c, http.StatusOK, RecoveryCodes{RecoveryCodes: codes})
}

// wrongProof makes forbidden of a password or code that is wrong: the session is
// good, and a page that reads unauthorized would ask to log in again.
func wrongProof(err error) error {
	if e := domainError(err); e.Code == consult.CodeUnauthorized {
		return &consult.Error{Code: consult.CodeForbidden, Message: e.Message, Err: err}
	}
	return err
}

func (a *API) listOwnSessions(c echo.Context) error {
	return a.showSessions(c, visit(c).Staff.ID)
}

func (a *API) endOtherSessions(c echo.Context) error {
	v := visit(c)
	if err := a.auth.EndSessions(c.Request().Context(), v.Principal(), v.Staff.ID, v.Session.Hash); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) endOwnSession(c echo.Context) error {
	v := visit(c)
	if err := a.auth.EndSession(c.Request().Context(), v.Principal(), v.Staff.ID, param(c, "id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// showSessions lists where somebody is logged in.
func (a *API) showSessions(c echo.Context, id consult.StaffID) error {
	v := visit(c)
	sessions, err := a.auth.Sessions(c.Request().Context(), v.Principal(), id)
	if err != nil {
		return err
	}
	list := StaffSessionList{Items: make([]StaffSession, 0, len(sessions))}
	for _, s := range sessions {
		list.Items = append(list.Items, StaffSession{
			ID: s.ID, Way: showWay(s.Way), Agent: s.Agent,
			CreatedAt: s.CreatedAt.UTC(), SeenAt: s.SeenAt.UTC(), ExpiresAt: s.ExpiresAt.UTC(),
			Current: bytes.Equal(s.Hash, v.Session.Hash),
		})
	}
	return answer(c, http.StatusOK, list)
}
