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
	// webhook and consultation at a time.
	ClaimDeliveries(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]Delivery, error)
	// SettleDelivery writes the outcome of an attempt and ends the lease.
	SettleDelivery(ctx context.Context, event EventID, webhook WebhookID, o Outcome) error
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
	Seats(id ConsultationID) ([]*Seat, error) // oldest first
	SaveSeat(s *Seat) error

	AddPass(p *Pass) error
	Pass(hash []byte) (*Pass, error)
	DeletePasses(expiredBefore time.Time) (int64, error)

	AddAttendance(a *Attendance) error
	SaveAttendance(a *Attendance) error                   // sets LeftAt
	Attendances(id ConsultationID) ([]*Attendance, error) // by JoinedAt, then ID
	OpenAttendances() ([]*Attendance, error)              // all with LeftAt zero, of all consultations

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
	Recordings(id ConsultationID) ([]*Recording, error)                      // by StartedAt, then ID
	RecordingsByState(state RecordingState, limit int) ([]*Recording, error) // newest first; state "" means any
	SaveRecording(r *Recording) error

	AddConsent(c *Consent) error
	Consents(id ConsultationID) ([]*Consent, error) // by At, then ID; the last of a seat holds

	// AddEvent inserts the event and one due delivery for each live webhook
	// of its integration.
	AddEvent(e *Event) error
	Events(integration string, after EventID, limit int) ([]*Event, error)

	AddWebhook(w *Webhook) error
	Webhook(id WebhookID) (*Webhook, error)
	Webhooks(integration string) ([]*Webhook, error)
	SaveWebhook(w *Webhook) error

	AddAudit(a *AuditEntry) error
	Audit(id ConsultationID, limit int) ([]*AuditEntry, error) // newest first; id "" means all

	AddAPIKey(k *APIKey) error
	APIKey(hash []byte) (*APIKey, error)
	APIKeys() ([]*APIKey, error)
	SaveAPIKey(k *APIKey) error

	AddStaff(s *Staff) error // CodeConflict when the login exists
	Staff(id StaffID) (*Staff, error)
	StaffByLogin(login string) (*Staff, error)
	StaffCount() (int, error)
	SaveStaff(s *Staff) error
	AddStaffSession(s *StaffSession) error
	StaffSession(hash []byte) (*StaffSession, error)
	DeleteStaffSession(hash []byte) error
	DeleteStaffSessions(id StaffID) error // all of one person
}

// ConsultationQuery selects a page of consultations. Empty fields select all.
type ConsultationQuery struct {
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
