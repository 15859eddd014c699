package consult

import (
	"context"
	"io"
	"time"
)

// Store is the database. storetest is the law that every implementation passes.
type Store interface {
	// Update runs fn in one read-write transaction and commits when fn
	// returns nil; on any error nothing of it remains. fn may be run again
	// after a conflict with another transaction, so it must have no effect
	// but on tx and on what it assigns. When Update returns nil the change is durable.
	Update(ctx context.Context, fn func(tx Tx) error) error
	// View runs fn in one read-only transaction: one consistent snapshot.
	View(ctx context.Context, fn func(tx Tx) error) error
	// ClaimDeliveries returns up to limit deliveries that are due at now and
	// whose predecessors (same webhook, same consultation, lower sequence)
	// are all delivered or dead, and leases them until now+lease: nobody
	// else gets them before. Order: oldest event first, never two of one
	// webhook and consultation at a time, and no more than perWebhook of one
	// webhook leased at a time, whoever holds them.
	ClaimDeliveries(ctx context.Context, now time.Time, lease time.Duration, limit, perWebhook int) ([]Delivery, error)
	// SettleDelivery writes the outcome of an attempt and ends the lease that d was claimed with.
	// When that has run out and somebody else has it, nothing changes.
	SettleDelivery(ctx context.Context, d *Delivery, o Outcome) error
	// Seal gives what was committed its place: events theirs in the log of their integration, audit entries
	// theirs in the chain, with link(the link before, the entry) as their link. It is called every second and
	// before each reading of log or chain; many nodes may call it at once. What is sealed never changes its place, and
	// what is committed later comes later.
	Seal(ctx context.Context, link func(before []byte, a *AuditEntry) []byte) error
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	Close() error
}

// Tx is one transaction. Methods that find nothing return a [CodeNotFound] error.
// Times are kept to the microsecond, in UTC; zero times come back zero.
// In a View the writing methods fail.
type Tx interface {
	AddConsultation(c *Consultation) error // CodeDuplicate (Ref = id) when externalId exists in the integration
	Consultation(id ConsultationID) (*Consultation, error)
	ConsultationByExternalID(integration, externalID string) (*Consultation, error)
	// SaveConsultation writes c where the stored version still is c.Version,
	// and raises c.Version by one; CodeConflict when somebody was first
	// (Update then runs fn again). It does not touch MessageSeq and EventSeq.
	SaveConsultation(c *Consultation) error
	// Consultations lists in (StartsAt, ID) order, ascending or descending.
	Consultations(q ConsultationQuery) ([]*Consultation, error)
	NextMessageSeq(id ConsultationID) (int64, error)
	NextEventSeq(id ConsultationID) (int64, error)

	AddSeat(s *Seat) error
	Seat(id SeatID) (*Seat, error)
	SeatByLink(hash []byte) (*Seat, error)
	Seats(ids ...ConsultationID) ([]*Seat, error) // by consultation in the order asked for, oldest first
	SaveSeat(s *Seat) error

	AddPass(p *Pass) error
	Pass(hash []byte) (*Pass, error)
	DeletePasses(expiredBefore time.Time) (int64, error)
	DeletePassesOf(seat SeatID) error

	AddAttendance(a *Attendance) error
	SaveAttendance(a *Attendance) error                       // sets LeftAt
	Attendances(ids ...ConsultationID) ([]*Attendance, error) // by consultation as asked for, JoinedAt, then ID
	OpenAttendances() ([]*Attendance, error)                  // all with LeftAt zero, of all consultations

	AddMessage(m *Message) error
	MessageByClientID(seat SeatID, clientID string) (*Message, error)
	Messages(id ConsultationID, after int64, limit int) ([]*Message, error) // Seq > after, ascending; with their files

	AddFile(f *File) error
	File(id FileID) (*File, error)
	FileByClientID(seat SeatID, clientID string) (*File, error)
	Files(id ConsultationID) ([]*File, error)
	SaveFile(f *File) error

	AddRecording(r *Recording) error
	Recording(id RecordingID) (*Recording, error)
	Recordings(ids ...ConsultationID) ([]*Recording, error)                  // by consultation as asked for, StartedAt, then ID
	RecordingsByState(state RecordingState, limit int) ([]*Recording, error) // newest first; state "" means any
	RecordingsToRemove(limit int) ([]*Recording, error)                      // erased ones whose bytes are not gone, the first erased first
	SaveRecording(r *Recording) error

	AddConsent(c *Consent) error
	Consents(id ConsultationID) ([]*Consent, error) // by At, then ID; the last of a seat holds

	// AddEvent inserts the event and one delivery for each webhook of its integration
	// that wants its type: due, or dead where the webhook is disabled.
	AddEvent(e *Event) error
	// Events reads the sealed part of the log behind an event, in its order; after "" is
	// the start. CodeNotFound when the integration has no such event.
	Events(integration string, after EventID, limit int) ([]*Event, error)

	AddWebhook(w *Webhook) error
	Webhook(id WebhookID) (*Webhook, error)
	Webhooks(integration string) ([]*Webhook, error) // oldest first, without deleted ones; "" means of all integrations
	// SaveWebhook writes w where the stored version still is w.Version and raises it; CodeConflict when somebody was
	// first. Disabling or deleting one lets its waiting deliveries die, with the error "the webhook is disabled".
	SaveWebhook(w *Webhook) error

	Delivery(id DeliveryID) (*Delivery, error)
	Deliveries(q DeliveryQuery) ([]*Delivery, error) // newest event first
	// Requeue makes a delivery that is delivered or dead wait again, due at now, its attempts
	// counted anew. CodeConflict when it waits already, or when its webhook is disabled.
	Requeue(id DeliveryID, now time.Time) error
	// RequeueDead does so for a webhook's dead deliveries of events made at since or later, and returns how many.
	RequeueDead(webhook WebhookID, since, now time.Time) (int, error)

	AddOnce(o *Once) error // CodeConflict when the integration has used the key
	Once(integration string, key []byte) (*Once, error)
	SaveOnce(o *Once) error
	DeleteOnce(integration string, key []byte) error
	DeleteOnces(createdBefore time.Time) (int64, error)

	AddAudit(a *AuditEntry) error
	Audit(q AuditQuery) ([]*AuditEntry, error) // newest first
	// AuditChain reads the sealed entries with N > after, ascending.
	AuditChain(after int64, limit int) ([]*AuditEntry, error)
	// AuditHead is the number and the link of the entry that was sealed last, as it is kept
	// beside the chain: whoever cuts the chain's end off leaves it behind. 0 and nil at first.
	AuditHead() (n int64, link []byte, err error)

	AddAPIKey(k *APIKey) error
	APIKey(hash []byte) (*APIKey, error)
	APIKeys() ([]*APIKey, error)
	SaveAPIKey(k *APIKey) error
	TouchAPIKey(id KeyID, at time.Time) error // notes the use, no version, no audit

	AddSigningKey(k *SigningKey) error // CodeConflict when the integration has a live one with its KID
	SigningKey(id SigningKeyID) (*SigningKey, error)
	SigningKeys(integration string) ([]*SigningKey, error) // oldest first, revoked ones too; "" means of all integrations
	SaveSigningKey(k *SigningKey) error                    // writes RevokedAt

	AddStaff(s *Staff) error // CodeConflict when the login exists
	Staff(id StaffID) (*Staff, error)
	StaffByLogin(login string) (*Staff, error)
	StaffBySubject(issuer, subject string) (*Staff, error)
	AllStaff() ([]*Staff, error) // by login
	StaffCount() (int, error)
	SaveStaff(s *Staff) error // CodeConflict when the login or the subject is another's
	AddStaffSession(s *StaffSession) error
	StaffSession(hash []byte) (*StaffSession, error)
	StaffSessions(id StaffID) ([]*StaffSession, error) // of one person, newest first; run out ones too
	TouchStaffSession(hash []byte, at time.Time) error
	DeleteStaffSessionsExpired(before time.Time) (int64, error)
	DeleteStaffSession(hash []byte) error
	DeleteStaffSessions(id StaffID) error // all of one person

	SaveNode(n Node) error // adds it, or writes its SeenAt
	Nodes() ([]Node, error)
	DeleteNode(id string) error
}

// Node is one running server of an installation.
type Node struct {
	ID     string
	SeenAt time.Time // it was alive then
}

// DeliveryQuery selects a page of one webhook's deliveries. Empty fields select all.
type DeliveryQuery struct {
	Webhook        WebhookID // required
	State          DeliveryState
	ConsultationID ConsultationID
	Limit          int        // required, ≥ 1
	After          DeliveryID // continues behind this one
}

// AuditQuery selects a page of the audit. Empty fields select all.
type AuditQuery struct {
	Actor          string // exactly, "key:k_…"; or a kind with its colon, "staff:"
	Action         string // exactly, "recording.read"; or what is before the dot with it, "recording."
	ConsultationID ConsultationID
	Object         string
	From, To       time.Time // At in [From, To)
	Limit          int       // required, ≥ 1
	After          string    // continues behind (older than) the entry with this ID
}

// ConsultationQuery selects a page of consultations. Empty fields select all.
type ConsultationQuery struct {
	IDs         []ConsultationID
	Integration string
	DoctorID    string
	PatientID   string
	Status      []Status
	From, To    time.Time // StartsAt in [From, To)
	Limit       int       // required, ≥ 1
	Descending  bool
	// After continues behind the consultation with this StartsAt and ID.
	AfterStartsAt time.Time
	AfterID       ConsultationID
}

// Blobs keeps the bytes of files, by id.
type Blobs interface {
	// Append writes p at offset, which must be the blob's present size
	// (CodeConflict otherwise; a blob that does not exist has size 0), and
	// returns the new size. CodeUnavailable on a disk error.
	Append(ctx context.Context, id FileID, offset int64, p []byte) (int64, error)
	// Sync makes what was appended durable.
	Sync(ctx context.Context, id FileID) error
	// Size returns how much there is, 0 when nothing.
	Size(ctx context.Context, id FileID) (int64, error)
	// Open reads a blob; CodeNotFound when there is none.
	Open(ctx context.Context, id FileID) (io.ReadSeekCloser, error)
	Remove(ctx context.Context, id FileID) error
}
