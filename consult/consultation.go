package consult

import "time"

type (
	ConsultationID string // "c_" + 26 characters, sortable by time
	SeatID         string // "s_…"
	MessageID      string // "m_…"
	FileID         string // "f_…"
	RecordingID    string // "r_…"
	EventID        string // "evt_…"; also the webhook-id
	WebhookID      string // "wh_…"
	KeyID          string // "k_…"
	StaffID        string // "u_…"
	DeliveryID     string // "d_…"
	SigningKeyID   string // "jk_…"
)

// Status is where a consultation is in its life. REST and webhooks show it in
// capitals (UPCOMING).
type Status string

const (
	Upcoming  Status = "upcoming"  // Предстоящая
	Current   Status = "current"   // Текущая: doctor and patient have both been in the room
	Finished  Status = "finished"  // Завершенная
	Cancelled Status = "cancelled" // Отменена
	Missed    Status = "missed"    // Не состоялась
)

// Over reports whether the status is final.
func (s Status) Over() bool { return s == Finished || s == Cancelled || s == Missed }

// EndReason says who or what ended a consultation.
type EndReason string

const (
	EndedByDoctor EndReason = "doctor"
	EndedByAPI    EndReason = "api"
	EndAbandoned  EndReason = "abandoned" // the room stayed empty
	EndTimeout    EndReason = "timeout"   // hit the hard limit on length
)

// RecordingPolicy says whether a consultation is recorded.
type RecordingPolicy string

const (
	RecordOff      RecordingPolicy = "off"
	RecordAsk      RecordingPolicy = "ask"      // recorded while all present have consented
	RecordRequired RecordingPolicy = "required" // nobody enters without consenting
)

// Role is what a person is in a consultation.
type Role string

const (
	RoleDoctor      Role = "doctor"
	RolePatient     Role = "patient"
	RoleRelative    Role = "relative"
	RoleInterpreter Role = "interpreter"
	RoleObserver    Role = "observer"
)

// Person is somebody as the integration knows him.
type Person struct {
	ID        string // the integration's id, opaque to us; "" for a guest
	Name      string // shown in the room; may be ""
	Specialty string // doctors only
}

// Consultation is one meeting of a client and a specialist.
type Consultation struct {
	ID          ConsultationID
	Integration string // whose it is: the integration of the API key that made it
	ExternalID  string // unique per integration when not ""
	Doctor      Person
	Patient     Person
	StartsAt    time.Time
	Duration    time.Duration
	TimeZone    string // IANA; "" = the server's default
	Topic       string
	Language    string // "ru" or "en"
	Recording   RecordingPolicy
	Metadata    map[string]string

	Status       Status
	EndReason    EndReason // "" until finished
	CancelReason string
	CreatedAt    time.Time
	StartedAt    time.Time // zero until current
	FinishedAt   time.Time // zero until over
	EmptySince   time.Time // zero while somebody is in the room; when it emptied, while current
	Rating       Rating    // the patient's, once it is over
	Version      int64     // grows with every change; the ETag

	// MessageSeq and EventSeq are the last numbers given out; only
	// Tx.NextMessageSeq and Tx.NextEventSeq change them.
	MessageSeq int64
	EventSeq   int64
}

// Rating is what a patient thought of a consultation.
type Rating struct {
	Stars   int       // 1 to 5; 0: not rated
	Comment string    // may be ""
	At      time.Time // zero: not rated
}

// Seat is one person's place in one consultation, given by an invite. Its link
// can be opened on many devices; only one is in the room at a time.
type Seat struct {
	ID             SeatID
	ConsultationID ConsultationID
	Role           Role
	Person         Person
	LinkHash       []byte    // SHA-256 of the link's token
	LinkGeneration int64     // which link it is, from 1; a new one ends the last. 0: made at random, cannot be shown again.
	LinkExpiresAt  time.Time // zero: until the consultation is over
	RevokedAt      time.Time // zero: live
	AdmittedAt     time.Time // zero: must wait for the doctor. Doctors are admitted by nature.
	CreatedAt      time.Time
}

// Pass is the credential of one tab that has exchanged a link for a seat.
type Pass struct {
	Hash      []byte // SHA-256 of the pass
	SeatID    SeatID
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Attendance is one stretch of one seat's presence in the room.
type Attendance struct {
	ID             string // "a_…"
	ConsultationID ConsultationID
	SeatID         SeatID
	Role           Role
	Node           string // the server where it is; "" when unknown
	JoinedAt       time.Time
	LeftAt         time.Time // zero while in the room
}
