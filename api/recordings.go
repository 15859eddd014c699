package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// sameDownload is how long the pieces of a recording that one caller asks for
// count as one download: a player seeks by asking for many.
const sameDownload = 10 * time.Minute

func (a *API) listRecordings(c echo.Context) error {
	rs, err := a.desk.Recordings(c.Request().Context(), principal(c), sessionID(c))
	if err != nil {
		return err
	}
	list := RecordingPage{Items: make([]Recording, 0, len(rs))}
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
	r, err := a.readRecording(c)
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

// readRecording is the recording that the caller may download. It is audited
// once for all pieces of one download.
func (a *API) readRecording(c echo.Context) (*consult.Recording, error) {
	ctx, by, id := c.Request().Context(), principal(c), recordingID(c)
	once := by.Actor() + " " + string(id)
	if !a.audited.has(once) {
		r, err := a.desk.ReadRecording(ctx, by, id)
		if err != nil {
			return nil, err
		}
		a.audited.note(once)
		return r, nil
	}
	r, err := a.desk.Recording(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if r.State != consult.RecordingReady {
		return nil, consult.Errorf(consult.CodeConflict, msgRecordingNotReady)
	}
	return r, nil
}

func recordingID(c echo.Context) consult.RecordingID {
	return consult.RecordingID(param(c, "id"))
}
