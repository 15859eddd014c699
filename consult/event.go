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
	SessionRescheduled   EventType = "session.rescheduled"
	SessionUpdated       EventType = "session.updated"
	SessionRated         EventType = "session.rated"
	WebhookTested        EventType = "webhook.test" // sent by hand; of no consultation, not in the log
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
	ID             WebhookID
	Integration    string
	URL            string
	Description    string          // for people; may be ""
	Events         []EventType     // what it wants; empty: everything
	Secrets        []WebhookSecret // the newest first; sealed in the database
	CreatedAt      time.Time
	DisabledAt     time.Time // zero: live
	DisabledReason DisabledReason
	DeletedAt      time.Time // zero: there. A deleted one is not listed; its log of deliveries stays.
	Version        int64     // grows with every change; the ETag
}

// WebhookSecret signs what is sent to a webhook.
type WebhookSecret struct {
	Value     string    `json:"value"`     // "whsec_" + base64
	ExpiresAt time.Time `json:"expiresAt"` // zero: the present one; else until when it still signs
}

// DisabledReason says why nothing is sent to a webhook.
type DisabledReason string

const (
	DisabledByHand DisabledReason = "hand" // the integration or an administrator wanted it
	DisabledGone   DisabledReason = "gone" // the endpoint answered 410
)

// LiveSecrets are those that sign at now, the newest first.
func (w *Webhook) LiveSecrets(now time.Time) []string {
	var live []string
	for _, s := range w.Secrets {
		if s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt) {
			live = append(live, s.Value)
		}
	}
	return live
}

// DeliveryState is how far a delivery has come.
type DeliveryState string

const (
	DeliveryPending   DeliveryState = "pending"   // not tried yet, or to be tried again
	DeliveryDelivered DeliveryState = "delivered" // answered 2xx
	DeliveryDead      DeliveryState = "dead"      // given up; it can be sent again by hand
)

// Delivery is one event on its way to one webhook. Rows are made with the event.
type Delivery struct {
	ID          DeliveryID
	Event       Event
	Webhook     Webhook
	Attempts    int       // made so far, since it was last queued
	NextAt      time.Time // not before
	DeliveredAt time.Time // zero until a 2xx
	DeadAt      time.Time // zero unless given up
	LeaseUntil  time.Time // of the claim; names it in SettleDelivery
	Log         []Attempt // every attempt, oldest first; only from Tx.Deliveries and Tx.Delivery
}

// State is how far the delivery has come.
func (d *Delivery) State() DeliveryState {
	switch {
	case !d.DeliveredAt.IsZero():
		return DeliveryDelivered
	case !d.DeadAt.IsZero():
		return DeliveryDead
	}
	return DeliveryPending
}

// Attempt is one try at a delivery.
type Attempt struct {
	At     time.Time // when it ended
	Took   time.Duration
	Status int    // HTTP status, 0 when there was none
	Error  string // "" after a 2xx; short, no bodies, no addresses
}

// Outcome is what became of one attempt at a [Delivery].
type Outcome struct {
	Delivered      bool
	RetryAt        time.Time // when not delivered; zero: give up, the row is dead
	DisableWebhook bool      // the endpoint answered 410
	Status         int       // HTTP status, 0 when there was none
	Error          string    // short, no bodies
	At             time.Time
	Took           time.Duration
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
	N              int64          // its place in the chain, from 1, no gaps; 0 until Store.Seal gave it one
	Link           []byte         // MAC over the link before it and this entry; nil until sealed
	Forged         bool           // somebody wrote or changed it who has not the store's key. Set by reading.
}
