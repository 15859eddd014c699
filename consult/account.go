package consult

import "time"

// Scope is what an API key may do.
type Scope string

const (
	ScopeSessionsRead   Scope = "sessions:read"
	ScopeSessionsWrite  Scope = "sessions:write"
	ScopeRecordingsRead Scope = "recordings:read"
	ScopeWebhooks       Scope = "webhooks"
)

// AllScopes is what a key gets unless asked otherwise.
var AllScopes = []Scope{ScopeSessionsRead, ScopeSessionsWrite, ScopeRecordingsRead, ScopeWebhooks}

// APIKey lets an integration (LK) in. The key itself is shown once and kept hashed.
type APIKey struct {
	ID          KeyID
	Integration string // "lk"
	Name        string
	Hash        []byte // SHA-256 of the key
	Scopes      []Scope
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: never
	RevokedAt   time.Time // zero: live
}

// Staff is a local account of somebody who works here.
type Staff struct {
	ID           StaffID
	Login        string
	PasswordHash string // argon2id, PHC string format
	Admin        bool
	CreatedAt    time.Time
}

// StaffSession is one browser in which a staff member is logged in.
type StaffSession struct {
	Hash      []byte // SHA-256 of the cookie
	StaffID   StaffID
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Principal is who is calling: exactly one of an API key, a seat, a staff
// member, or the system itself (the zero Principal is nobody).
type Principal struct {
	Key    *APIKey
	Seat   *Seat
	Staff  *Staff
	System bool
}

// System is the server acting by itself: the scheduler, the recorder.
var System = Principal{System: true}

// Actor is how the audit names the principal: "key:k_…", "seat:s_…", "staff:u_…", "system", "nobody".
func (p Principal) Actor() string {
	switch {
	case p.Key != nil:
		return "key:" + string(p.Key.ID)
	case p.Seat != nil:
		return "seat:" + string(p.Seat.ID)
	case p.Staff != nil:
		return "staff:" + string(p.Staff.ID)
	case p.System:
		return "system"
	}
	return "nobody"
}
