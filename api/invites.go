package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

func (a *API) listInvites(c echo.Context) error {
	d, err := a.desk.Seats(c.Request().Context(), principal(c), sessionID(c))
	if err != nil {
		return err
	}
	seats, next, err := slice(c, d.Seats, func(s *consult.Seat) string { return string(s.ID) })
	if err != nil {
		return err
	}
	page := InvitePage{Items: make([]Invite, 0, len(seats)), NextCursor: next}
	for _, s := range seats {
		page.Items = append(page.Items, showInvite(s, d.Links[s.ID]))
	}
	return answer(c, http.StatusOK, page)
}

func (a *API) createInvite(c echo.Context) error {
	body, err := decode[NewInvite](c)
	if err != nil {
		return err
	}
	id, err := optionalID("/id", body.ID)
	if err != nil {
		return err
	}
	seat, link, err := a.desk.Invite(c.Request().Context(), principal(c), sessionID(c),
		consult.Role(body.Role), consult.Person{ID: id, Name: body.Name})
	return answerInvite(c, http.StatusCreated, seat, link, err)
}

func (a *API) createdInvite(c echo.Context, object string) error {
	seat, link, err := a.desk.SeatLink(c.Request().Context(), principal(c), consult.SeatID(object))
	return answerInvite(c, http.StatusCreated, seat, link, err)
}

func (a *API) deleteInvite(c echo.Context) error {
	if err := a.desk.Revoke(c.Request().Context(), principal(c), inviteID(c)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) createLink(c echo.Context) error {
	if _, err := decodeOptional[struct{}](c); err != nil {
		return err
	}
	seat, link, err := a.desk.Reissue(c.Request().Context(), principal(c), inviteID(c))
	return answerInvite(c, http.StatusOK, seat, link, err)
}

func (a *API) createdLink(c echo.Context, object string) error {
	seat, link, err := a.desk.SeatLink(c.Request().Context(), principal(c), consult.SeatID(object))
	return answerInvite(c, http.StatusOK, seat, link, err)
}

func answerInvite(c echo.Context, status int, s *consult.Seat, link string, err error) error {
	if err != nil {
		return err
	}
	return answer(c, status, showInvite(s, link))
}

func showInvite(s *consult.Seat, link string) Invite {
	return Invite{
		ID:        string(s.ID),
		Role:      Role(s.Role),
		PersonID:  s.Person.ID,
		Name:      s.Person.Name,
		URL:       link,
		CreatedAt: s.CreatedAt.UTC(),
		RevokedAt: s.RevokedAt.UTC(),
	}
}

func inviteID(c echo.Context) consult.SeatID { return consult.SeatID(param(c, "inviteId")) }
