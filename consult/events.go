package consult

import (
	"encoding/hex"
	"strings"
	"time"
)

// eventBody is the "data" object of an event: opaque ids, states and times,
// never a name or a text.
type eventBody struct {
	SessionID  ConsultationID `json:"sessionId"`
	ExternalID string         `json:"externalId,omitempty"`
	Status     string         `json:"status"`

	PreviousStatus string     `json:"previousStatus,omitempty"`
	EndReason      EndReason  `json:"endReason,omitempty"`
	StartedAt      *time.Time `json:"startedAt,omitempty"`
	FinishedAt     *time.Time `json:"finishedAt,omitempty"`

	StartsAt                *time.Time `json:"startsAt,omitempty"`
	DurationMinutes         int64      `json:"durationMinutes,omitempty"`
	PreviousStartsAt        *time.Time `json:"previousStartsAt,omitempty"`
	PreviousDurationMinutes int64      `json:"previousDurationMinutes,omitempty"`

	Changed []string `json:"changed,omitempty"` // names of fields, never what is in them

	Participant *participantBody `json:"participant,omitempty"`
	Message     *messageBody     `json:"message,omitempty"`
	Recording   *recordingBody   `json:"recording,omitempty"`
	Rating      *ratingBody      `json:"rating,omitempty"`
}

type ratingBody struct {
	Stars int `json:"stars"`
}

type participantBody struct {
	ID       SeatID     `json:"id"`
	Role     Role       `json:"role"`
	JoinedAt time.Time  `json:"joinedAt"`
	LeftAt   *time.Time `json:"leftAt,omitempty"`
}

type messageBody struct {
	ID            MessageID   `json:"id"`
	Seq           int64       `json:"seq"`
	ParticipantID SeatID      `json:"participantId"`
	Kind          MessageKind `json:"kind"`
	FileID        FileID      `json:"fileId,omitempty"`
}

type recordingBody struct {
	ID            RecordingID    `json:"id"`
	ParticipantID SeatID         `json:"participantId"`
	Role          Role           `json:"role"`
	Source        string         `json:"source"`
	State         RecordingState `json:"state"`
	StartedAt     time.Time      `json:"startedAt"`
	DurationMs    int64          `json:"durationMs,omitempty"`
	Bytes         int64          `json:"bytes,omitempty"`
	SHA256        string         `json:"sha256,omitempty"` // hex
	Failure       string         `json:"failure,omitempty"`
}

// shownStatus is a status as REST and webhooks show it.
func shownStatus(s Status) string { return strings.ToUpper(string(s)) }

func statusBody(c *Consultation, from Status) eventBody {
	return eventBody{
		PreviousStatus: shownStatus(from),
		EndReason:      c.EndReason,
		StartedAt:      shownTime(c.StartedAt),
		FinishedAt:     shownTime(c.FinishedAt),
	}
}

func rescheduledBody(before, c *Consultation) eventBody {
	return eventBody{
		StartsAt:                shownTime(c.StartsAt),
		DurationMinutes:         int64(c.Duration / time.Minute),
		PreviousStartsAt:        shownTime(before.StartsAt),
		PreviousDurationMinutes: int64(before.Duration / time.Minute),
	}
}

func attendanceBody(a *Attendance) eventBody {
	return eventBody{Participant: &participantBody{
		ID: a.SeatID, Role: a.Role, JoinedAt: a.JoinedAt, LeftAt: shownTime(a.LeftAt),
	}}
}

func messageCreatedBody(m *Message) eventBody {
	b := &messageBody{ID: m.ID, Seq: m.Seq, ParticipantID: m.SeatID, Kind: m.Kind}
	if m.File != nil {
		b.FileID = m.File.ID
	}
	return eventBody{Message: b}
}

func recordingChangedBody(r *Recording) eventBody {
	return eventBody{Recording: &recordingBody{
		ID: r.ID, ParticipantID: r.SeatID, Role: r.Role, Source: r.Source, State: r.State,
		StartedAt: r.StartedAt, DurationMs: r.Duration.Milliseconds(), Bytes: r.Bytes,
		SHA256: hex.EncodeToString(r.SHA256), Failure: r.Failure,
	}}
}

// shownTime is nil for a time that has not come.
func shownTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
