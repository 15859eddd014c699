package api

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

func (a *API) listRecordings(c echo.Context) error {
	rs, err := a.desk.Recordings(c.Request().Context(), principal(c), sessionID(c))
	if err != nil {
		return err
	}
	rs, next, err := slice(c, rs, func(r *consult.Recording) string { return string(r.ID) })
	if err != nil {
		return err
	}
	list := RecordingPage{Items: make([]Recording, 0, len(rs)), NextCursor: next}
	for _, r := range rs {
		list.Items = append(list.Items, showRecording(r))
	}
	return answer(c, http.StatusOK, list)
}

func (a *API) getRecording(c echo.Context) error {
	r, err := a.desk.Recording(c.Request().Context(), principal(c), recordingID(c))
	if err != nil {
		return err
	}
	return answerTagged(c, http.StatusOK, 0, showRecording(r))
}

func (a *API) getRecordingContent(c echo.Context) error {
	r, err := a.desk.ReadRecording(c.Request().Context(), principal(c), recordingID(c))
	if err != nil {
		return err
	}
	content, err := a.content.Open(string(r.ID))
	if err != nil {
		return &consult.Error{
			Code: consult.CodeUnavailable, Message: msgRecordingUnreadable, Err: fmt.Errorf("open recording %s: %w", r.ID, err),
		}
	}
	defer content.Close()
	name := fmt.Sprintf("%s-%s-%s.webm", r.ConsultationID, r.Role, r.Source)
	return serve(c, download{name: name, typ: "video/webm", sha256: r.SHA256, content: content})
}

func (a *API) eraseRecording(c echo.Context) error {
	body, err := decode[Erasure](c)
	if err != nil {
		return err
	}
	if _, err := a.desk.EraseRecording(c.Request().Context(), principal(c), recordingID(c), body.Reason); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func recordingID(c echo.Context) consult.RecordingID {
	return consult.RecordingID(param(c, "id"))
}
