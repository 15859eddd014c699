package api

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

func (a *API) listMessages(c echo.Context) error {
	limit, badLimit := limitParam(c)
	after, badCursor := threadCursor(c)
	if err := invalidOf(badLimit, badCursor); err != nil {
		return err
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
		page.NextCursor = cursorBehind(c, strconv.FormatInt(messages[limit-1].Seq, 10))
	}
	return answer(c, http.StatusOK, page)
}

// threadCursor is the message that the page before ended with, 0 at the beginning.
func threadCursor(c echo.Context) (after int64, bad *consult.FieldError) {
	last, bad := cursorParam(c)
	if last == "" {
		return 0, bad
	}
	after, err := strconv.ParseInt(last, 10, 64)
	if err != nil || after < 1 {
		return 0, badCursor
	}
	return after, nil
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
