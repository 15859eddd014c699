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
	LastUsedAt  time.Time // to the minute; zero: never. Only Tx.TouchAPIKey writes it.
}

// StaffRole is what a member of staff is for. What each may do stands in the table of rights.
type StaffRole string

const (
	StaffAdmin    StaffRole = "admin"    // runs the installation: accounts, keys, webhooks, recordings, audit
	StaffHead     StaffRole = "head"     // answers for the service: consultations and recordings
	StaffAuditor  StaffRole = "auditor"  // reads the audit, and changes nothing
	StaffOperator StaffRole = "operator" // sees consultations
	StaffDoctor   StaffRole = "doctor"   // comes by the link of a consultation; sees nothing of others
)

// AllStaffRoles are the roles that there are.
var AllStaffRoles = []StaffRole{StaffAdmin, StaffHead, StaffAuditor, StaffOperator, StaffDoctor}

// Staff is the account of somebody who works here, local or of an OIDC provider.
type Staff struct {
	ID           StaffID
	Login        string // unique, small letters
	Name         string // may be ""
	PasswordHash string // argon2id, PHC string format; "": no password, only OIDC
	Roles        []StaffRole
	Issuer       string   // of the OIDC account; "" when local
	Subject      string   // the provider's id of the person; unique per Issuer
	TOTPSecret   []byte   // RFC 6238; nil: no second factor. Sealed in the database.
	TOTPStep     int64    // the last time step that was used: a code works once
	Recovery     [][]byte // SHA-256 of each recovery code that is left
	CreatedAt    time.Time
	DisabledAt   time.Time // zero: may log in
}

// StaffSession is one browser in which a staff member is logged in.
type StaffSession struct {
	ID        string // "ss_…", to name it in a list
	Hash      []byte // SHA-256 of the cookie
	StaffID   StaffID
	Way       string // how the person proved who it is: "password", "totp", "oidc"
	Agent     string // browser and system in a few words, "Firefox on Windows"; may be ""
	CreatedAt time.Time
	SeenAt    time.Time // to the minute
	ExpiresAt time.Time
}

// SigningKey is a key of an integration with which it mints join links by
// itself (JWT, RFC 7519). It holds one key, or the address of a set of them (RFC 7517).
type SigningKey struct {
	ID          SigningKeyID
	Integration string
	Issuer      string // what the claim iss must be
	KID         string // the header kid; "" for JWKSURL
	Algorithm   string // EdDSA, ES256, RS256 or HS256, the only one that KID works with; "" for JWKSURL
	PublicKey   []byte // PKIX DER; nil for HS256 and JWKSURL
	Secret      []byte // HS256 only; sealed in the database
	JWKSURL     string // https address of a JSON Web Key Set; "" when the key is here
	CreatedAt   time.Time
	RevokedAt   time.Time // zero: live
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
