package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

func (a *API) listMessages(c echo.Context) error {
	limit, bad := limitParam(c)
	if bad != nil {
		return invalid([]consult.FieldError{*bad})
	}
	after, ok := parseThreadCursor(c.QueryParam("cursor"))
	if !ok {
		return consult.Invalid("/cursor", msgBadCursor)
	}
	messages, err := a.desk.Messages(c.Request().Context(), principal(c), sessionID(c), after, limit)
	if err != nil {
		return err
	}
	page := MessagePage{Items: make([]Message, 0, len(messages))}
	for _, m := range messages {
		page.Items = append(page.Items, showMessage(m))
	}
	if len(messages) == limit { // the next page may turn out empty; that is no error
		page.NextCursor = threadCursor(messages[limit-1].Seq)
	}
	return answer(c, http.StatusOK, page)
}

// getFileContent gives an integration a file of one of its sessions.
func (a *API) getFileContent(c echo.Context) error {
	f, content, err := a.desk.OpenFile(c.Request().Context(), principal(c), consult.FileID(param(c, "fileId")))
	if err != nil {
		return err
	}
	defer content.Close()
	if f.ConsultationID != sessionID(c) {
		return consult.Errorf(consult.CodeNotFound, msgNoFile)
	}
	return serve(c, download{name: f.Name, typ: f.Type, sha256: f.SHA256, content: content})
}

// getRoomFileContent gives a person in a room a file of its thread.
func (a *API) getRoomFileContent(c echo.Context) error {
	f, content, err := a.desk.OpenFile(c.Request().Context(), principal(c), consult.FileID(param(c, "id")))
	if err != nil {
		return err
	}
	defer content.Close()
	return serve(c, download{name: f.Name, typ: f.Type, sha256: f.SHA256, content: content})
}
