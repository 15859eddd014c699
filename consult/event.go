package consult

import (
	"encoding/json"
	"time"
)

// EventType names what an integration is told (Standard Webhooks: dotted, past tense).
type EventType string

const (
	SessionCreated       EventType = "session.created"
	SessionStatusChanged EventType = "session.status_changed"
	ParticipantJoined    EventType = "participant.joined"
	ParticipantLeft      EventType = "participant.left"
	RecordingStarted     EventType = "recording.started"
	RecordingBecameReady EventType = "recording.ready"
	RecordingDidFail     EventType = "recording.failed"
	MessageCreated       EventType = "message.created"
)

// Event is one row of the outbox: written in the transaction of the change it tells of.
type Event struct {
	ID             EventID
	Integration    string
	ConsultationID ConsultationID
	Sequence       int64 // from 1, no gaps, per consultation
	Type           EventType
	CreatedAt      time.Time
	Data           json.RawMessage // the "data" object of the webhook body; opaque ids only
}

// Webhook is an endpoint of an integration.
type Webhook struct {
	ID          WebhookID
	Integration string
	URL         string
	Secrets     []string // "whsec_" + base64; one, or two during rotation
	CreatedAt   time.Time
	DisabledAt  time.Time // zero: live
}

// Delivery is one event on its way to one webhook. Rows are made with the event.
type Delivery struct {
	Event       Event
	Webhook     Webhook
	Attempts    int       // made so far
	NextAt      time.Time // not before
	DeliveredAt time.Time // zero until a 2xx
	DeadAt      time.Time // zero unless given up
}

// Outcome is what became of one attempt at a [Delivery].
type Outcome struct {
	Delivered      bool
	RetryAt        time.Time // when not delivered; zero: give up, the row is dead
	DisableWebhook bool      // the endpoint answered 410
	Status         int       // HTTP status, 0 when there was none
	Error          string    // short, no bodies
	At             time.Time
}

// AuditEntry is one row of who did what.
type AuditEntry struct {
	ID             string // "au_…"
	At             time.Time
	Actor          string         // "key:k_…", "seat:s_…", "staff:u_…", "system"
	Action         string         // "consultation.schedule", "recording.read", …
	ConsultationID ConsultationID // "" when of none
	Object         string         // id of the thing acted on
	Detail         string         // no personal data
}
