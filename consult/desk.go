package consult

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"time"
)

// Config is what the law of consultations leaves to the installation.
type Config struct {
	PublicURL    string        // "https://tmk.example": links start with it
	TimeZone     string        // IANA; for consultations that name none
	JoinEarly    time.Duration // the join window opens this long before the start
	Grace        time.Duration // a consultation nobody held is missed this long after its planned end
	AbandonAfter time.Duration // a current consultation ends when its room was empty this long
	MaxLength    time.Duration // a current consultation ends at the latest this long after its start
	MaxFileSize  int64         // bytes
	MaxSeats     int           // people in one room
}

// DefaultConfig is the law of docs: 15 min early, 30 min grace, 10 min empty, 8 h at most, 100 MiB files, 8 people.
var DefaultConfig = Config{
	TimeZone:     "Europe/Moscow",
	JoinEarly:    15 * time.Minute,
	Grace:        30 * time.Minute,
	AbandonAfter: 10 * time.Minute,
	MaxLength:    8 * time.Hour,
	MaxFileSize:  100 << 20,
	MaxSeats:     8,
}

// Desk holds the use cases: everything that reads or changes facts goes through it.
// Its methods are safe for many goroutines. Every change writes, in one
// transaction, the rows themselves, an audit row and the events that
// integrations are told of; hints go out after the commit.
type Desk struct {
	store Store
	blobs Blobs
	feed  Feed
	cfg   Config
	log   *slog.Logger
	now   func() time.Time
}

// NewDesk makes a desk. now is the clock; nil means time.Now.
func NewDesk(store Store, blobs Blobs, feed Feed, cfg Config, log *slog.Logger, now func() time.Time) *Desk {
	if now == nil {
		now = time.Now
	}
	return &Desk{store: store, blobs: blobs, feed: feed, cfg: cfg, log: log, now: now}
}

// Config returns the law that the desk follows.
func (d *Desk) Config() Config { return d.cfg }

// ---- what an integration does (api) ----

// Order asks for a consultation.
type Order struct {
	ExternalID string
	Doctor     Person
	Patient    Person
	StartsAt   time.Time     // zero: now
	Duration   time.Duration // zero: 30 min
	TimeZone   string
	Topic      string
	Language   string          // "": ru
	Recording  RecordingPolicy // "": off
	Metadata   map[string]string
}

// Details is a consultation with all that belongs to it.
type Details struct {
	Consultation *Consultation
	Seats        []*Seat
	Attendances  []*Attendance
	Recordings   []*Recording
	// Links are the join URLs by seat; only where a link was just made, since
	// tokens are stored hashed.
	Links map[SeatID]string
}

// Page is one page of a list.
type Page struct {
	Items []*Details
	Next  string // cursor; "" at the end
}

// ListQuery asks for a page of an integration's consultations.
type ListQuery struct {
	DoctorID, PatientID string
	Status              []Status
	From, To            time.Time
	Limit               int // 1..200; 0 means 50
	Cursor              string
}

// Schedule makes a consultation with a doctor's and a patient's seat and their links.
// Codes: invalid (with Fields), duplicate, forbidden.
func (d *Desk) Schedule(ctx context.Context, by Principal, o Order) (*Details, error) { panic("todo") }

// Consultation reads one. Codes: not_found, forbidden.
func (d *Desk) Consultation(ctx context.Context, by Principal, id ConsultationID) (*Details, error) {
	panic("todo")
}

// Consultations lists by (StartsAt, ID) ascending. Staff see all integrations'. Codes: invalid (bad cursor), forbidden.
func (d *Desk) Consultations(ctx context.Context, by Principal, q ListQuery) (*Page, error) {
	panic("todo")
}

// Cancel ends an upcoming consultation before it began. Codes: conflict unless upcoming; cancelling again is no error.
func (d *Desk) Cancel(ctx context.Context, by Principal, id ConsultationID, reason string) (*Details, error) {
	panic("todo")
}

// Finish ends a current consultation (by an integration: reason api; by a
// doctor's seat: doctor; by System: the reason given). Open attendances are closed.
// Codes: conflict when it never began or was cancelled; finishing again is no error.
func (d *Desk) Finish(ctx context.Context, by Principal, id ConsultationID, reason EndReason) (*Details, error) {
	panic("todo")
}

// Invite makes a seat and its link for one more person; an integration's key or the
// doctor's seat may. Codes: conflict when over or MaxSeats is reached, invalid.
func (d *Desk) Invite(ctx context.Context, by Principal, id ConsultationID, role Role, p Person) (*Seat, string, error) {
	panic("todo")
}

// Messages reads the thread after seq, at most limit (1..200). Seats, keys (sessions:read) and staff may.
func (d *Desk) Messages(ctx context.Context, by Principal, id ConsultationID, after int64, limit int) ([]*Message, error) {
	panic("todo")
}

// Recordings lists a consultation's recordings. Keys (recordings:read) and staff may.
func (d *Desk) Recordings(ctx context.Context, by Principal, id ConsultationID) ([]*Recording, error) {
	panic("todo")
}

// AllRecordings lists the newest recordings of all consultations, with those; staff may.
func (d *Desk) AllRecordings(ctx context.Context, by Principal, limit int) ([]*Recording, map[ConsultationID]*Consultation, error) {
	panic("todo")
}

// ReadRecording is Recording for somebody about to watch or download it: it is audited.
// Codes: not_found, forbidden, conflict when not ready.
func (d *Desk) ReadRecording(ctx context.Context, by Principal, id RecordingID) (*Recording, error) {
	panic("todo")
}

// OpenFile opens a stored file for reading; its consultation's seats, keys and staff may; audited.
// Codes: not_found, forbidden, conflict when not stored.
func (d *Desk) OpenFile(ctx context.Context, by Principal, id FileID) (*File, io.ReadSeekCloser, error) {
	panic("todo")
}

// ---- what a person with a link does (api for entering, signaling for the rest) ----

// Entered is what a link or a pass opens.
type Entered struct {
	Pass         string // the tab's credential; only from Enter
	Seat         *Seat
	Consultation *Consultation
	OpensAt      time.Time // when the join window opens
	Consent      *Consent  // the seat's last answer; nil when not asked yet
}

// Enter exchanges a link's token for a pass. It may be done any number of times: each tab has a pass of its own.
// Before the join window it succeeds too (the page shows when to come back).
// Codes: link_unknown, link_expired, cancelled, finished.
func (d *Desk) Enter(ctx context.Context, linkToken string) (*Entered, error) { panic("todo") }

// Resume reads the same by a pass. Codes: unauthorized (no such pass, or run out), link_unknown
// (the seat was revoked), cancelled, finished. With cancelled and finished, Entered comes too.
func (d *Desk) Resume(ctx context.Context, pass string) (*Entered, error) { panic("todo") }

// Arrive notes that an admitted seat came into the room: attendance, the event
// participant.joined, and the change to current when doctor and patient are both in.
// Codes: too_early, cancelled, finished, link_unknown (revoked), forbidden (not admitted), consent_required.
func (d *Desk) Arrive(ctx context.Context, seat SeatID) (*Attendance, *Consultation, error) {
	panic("todo")
}

// MayJoin tells whether the seat may come into the room or its waiting room now; the same codes as Arrive but for forbidden.
func (d *Desk) MayJoin(ctx context.Context, seat SeatID) (*Consultation, *Seat, error) { panic("todo") }

// Leave closes an attendance; when nobody is left EmptySince is set. Leaving twice is no error.
func (d *Desk) Leave(ctx context.Context, a *Attendance) error { panic("todo") }

// Admit lets a waiting seat in, for ever. The doctor's seat may.
func (d *Desk) Admit(ctx context.Context, by Principal, seat SeatID) (*Seat, error) { panic("todo") }

// PostMessage stores a text; posting the same clientID again returns the message that is there.
// Codes: invalid (empty, > 4000 characters, not UTF-8), finished, cancelled.
func (d *Desk) PostMessage(ctx context.Context, seat SeatID, clientID, text string) (*Message, error) {
	panic("todo")
}

// BeginFile makes the row of an upload, or returns the one with this clientID, and how many bytes are stored.
// A file that is FileStored already comes back as it is. Codes: invalid (name, size), too_large, unsupported (by name), finished.
func (d *Desk) BeginFile(ctx context.Context, seat SeatID, clientID, name, typ string, size int64) (f *File, have int64, err error) {
	panic("todo")
}

// CompleteFile checks size, hash and type by content and puts the file into the thread, once.
// Codes: conflict (bytes missing), invalid (hash differs: state rejected), unsupported (content: state rejected).
func (d *Desk) CompleteFile(ctx context.Context, seat SeatID, id FileID, sha256 []byte) (*Message, error) {
	panic("todo")
}

// GiveConsent stores an answer to the question of recording. Withdrawal is an answer of false.
func (d *Desk) GiveConsent(ctx context.Context, seat SeatID, given bool, textVersion, language string) (*Consent, error) {
	panic("todo")
}

// MayRecord tells whether recording may run now: the policy is not off, the
// consultation is current or upcoming, and the last answer of each of the seats is yes.
func (d *Desk) MayRecord(ctx context.Context, id ConsultationID, present []SeatID) (bool, error) {
	panic("todo")
}

// ---- what the recorder tells ----

// BeginRecording makes the row of a recording (state active) and its event.
func (d *Desk) BeginRecording(ctx context.Context, seat SeatID, source string) (*Recording, error) {
	panic("todo")
}

// RecordingFinishing marks that the file is being made seekable.
func (d *Desk) RecordingFinishing(ctx context.Context, id RecordingID) error { panic("todo") }

// RecordingFacts is what is known of a finished file.
type RecordingFacts struct {
	Offset   time.Duration
	Duration time.Duration
	Bytes    int64
	SHA256   []byte
}

// RecordingReady stores the facts and tells the integration. Telling twice is no error.
func (d *Desk) RecordingReady(ctx context.Context, id RecordingID, f RecordingFacts) error {
	panic("todo")
}

// RecordingFailed stores the failure ("disk_full", "io_error", "empty", "lost") and tells the integration.
func (d *Desk) RecordingFailed(ctx context.Context, id RecordingID, failure string) error {
	panic("todo")
}

// UnfinishedRecordings lists those that are active or finishing: at start, what a crash left.
func (d *Desk) UnfinishedRecordings(ctx context.Context) ([]*Recording, error) { panic("todo") }

// ---- what time does ----

// Sweep does what is due by the clock: missed, abandoned and over-long
// consultations, expired passes. It is called every few seconds and is safe to call from many nodes.
func (d *Desk) Sweep(ctx context.Context) error { panic("todo") }

// CloseStaleAttendances closes every open attendance: at start, what a crash left.
func (d *Desk) CloseStaleAttendances(ctx context.Context) error { panic("todo") }

// ---- administration ----

// CreateAPIKey makes a key and returns it once. ttl 0 means for ever; scopes nil means all.
func (d *Desk) CreateAPIKey(ctx context.Context, integration, name string, scopes []Scope, ttl time.Duration) (*APIKey, string, error) {
	panic("todo")
}

// APIKeys lists all keys.
func (d *Desk) APIKeys(ctx context.Context) ([]*APIKey, error) { panic("todo") }

// RevokeAPIKey ends a key at once.
func (d *Desk) RevokeAPIKey(ctx context.Context, id KeyID) error { panic("todo") }

// CreateWebhook registers an endpoint and returns it with its secret.
func (d *Desk) CreateWebhook(ctx context.Context, integration, url string) (*Webhook, error) {
	panic("todo")
}

// Webhooks lists an integration's endpoints.
func (d *Desk) Webhooks(ctx context.Context, integration string) ([]*Webhook, error) { panic("todo") }

// DisableWebhook ends deliveries to an endpoint.
func (d *Desk) DisableWebhook(ctx context.Context, id WebhookID) error { panic("todo") }

// token returns n random bytes in unpadded base64url.
func token(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails (Go 1.24)
	return encodeToken(b)
}
