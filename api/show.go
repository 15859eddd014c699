package api

import (
	"encoding/hex"
	"strings"
	"time"

	"tmk/consult"
)

// showSession is a consultation as the integration sees it. Links come along
// where d has them: for those who may hand them out.
func showSession(d *consult.Details, lang string) Session {
	c := d.Consultation
	s := Session{
		ID:              string(c.ID),
		ExternalID:      c.ExternalID,
		Doctor:          Doctor{ID: c.Doctor.ID, Name: c.Doctor.Name, Specialty: c.Doctor.Specialty},
		Patient:         Patient{ID: c.Patient.ID, Name: c.Patient.Name},
		StartsAt:        c.StartsAt.UTC(),
		DurationMinutes: int(c.Duration / time.Minute),
		TimeZone:        c.TimeZone,
		Topic:           c.Topic,
		Language:        Language(c.Language),
		Recording:       RecordingPolicy(c.Recording),
		Metadata:        c.Metadata,
		Status:          showStatus(c.Status),
		StatusName:      statusNames[c.Status].in(lang),
		Links:           showLinks(d),
		CreatedAt:       c.CreatedAt.UTC(),
		StartedAt:       c.StartedAt.UTC(),
		FinishedAt:      c.FinishedAt.UTC(),
		EndReason:       EndReason(c.EndReason),
		CancelReason:    c.CancelReason,
		Participants:    make([]Participant, 0, len(d.Seats)),
		Recordings:      make([]RecordingBrief, 0, len(d.Recordings)),
		Rating:          Rating{Stars: c.Rating.Stars, Comment: c.Rating.Comment, RatedAt: c.Rating.At.UTC()},
		Version:         c.Version,
	}
	if c.Rating.Stars == 0 {
		s.Rating = Rating{}
	}
	for _, seat := range d.Seats {
		p := showParticipant(seat, d.Attendances)
		if seat.RevokedAt.IsZero() || len(p.Visits) > 0 { // who was uninvited before coming took no part
			s.Participants = append(s.Participants, p)
		}
	}
	for _, r := range d.Recordings {
		s.Recordings = append(s.Recordings, RecordingBrief{
			ID: string(r.ID), State: RecordingState(r.State), DurationMs: r.Duration.Milliseconds(), Bytes: r.Bytes,
		})
	}
	return s
}

func showStatus(s consult.Status) Status { return Status(strings.ToUpper(string(s))) }

// showLinks has the links of the session's own doctor and patient, who are the
// oldest of their roles: others may be invited in the same. It is empty where d has no links.
func showLinks(d *consult.Details) Links {
	link := func(role consult.Role) string {
		for _, seat := range d.Seats { // the oldest first
			if seat.Role == role {
				return d.Links[seat.ID]
			}
		}
		return ""
	}
	return Links{Doctor: link(consult.RoleDoctor), Patient: link(consult.RolePatient)}
}

func showParticipant(seat *consult.Seat, all []*consult.Attendance) Participant {
	p := Participant{
		ID:       string(seat.ID),
		Role:     Role(seat.Role),
		PersonID: seat.Person.ID,
		Name:     seat.Person.Name,
		Visits:   []Visit{},
	}
	inside := false
	for _, at := range all { // by JoinedAt
		if at.SeatID != seat.ID {
			continue
		}
		if p.JoinedAt.IsZero() {
			p.JoinedAt = at.JoinedAt.UTC()
		}
		if at.LeftAt.After(p.LeftAt) {
			p.LeftAt = at.LeftAt.UTC()
		}
		inside = inside || at.LeftAt.IsZero()
		p.Visits = append(p.Visits, Visit{JoinedAt: at.JoinedAt.UTC(), LeftAt: at.LeftAt.UTC()})
	}
	if inside {
		p.LeftAt = time.Time{}
	}
	return p
}

func showMessage(m *consult.Message) Message {
	shown := Message{
		ID:            string(m.ID),
		Seq:           m.Seq,
		Kind:          MessageKind(m.Kind),
		ParticipantID: string(m.SeatID),
		Text:          m.Text,
		SentAt:        m.SentAt.UTC(),
	}
	if f := m.File; f != nil {
		shown.File = File{
			ID: string(f.ID), Name: f.Name, Type: f.Type, Size: f.Size, Sha256: hex.EncodeToString(f.SHA256),
		}
	}
	return shown
}

func showRecording(r *consult.Recording) Recording {
	return Recording{
		ID:            string(r.ID),
		SessionID:     string(r.ConsultationID),
		ParticipantID: string(r.SeatID),
		Role:          Role(r.Role),
		Source:        RecordingSource(r.Source),
		State:         RecordingState(r.State),
		Failure:       r.Failure,
		StartedAt:     r.StartedAt.UTC(),
		FinishedAt:    r.FinishedAt.UTC(),
		OffsetMs:      r.Offset.Milliseconds(),
		DurationMs:    r.Duration.Milliseconds(),
		Bytes:         r.Bytes,
		Sha256:        hex.EncodeToString(r.SHA256),
		ErasedAt:      r.ErasedAt.UTC(),
		EraseReason:   r.EraseReason,
	}
}
