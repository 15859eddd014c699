package consult

import "time"

// Once is a request that carries an Idempotency-Key: it takes effect once, and
// whoever sends it again gets the first answer.
type Once struct {
	Integration string
	Key         []byte // SHA-256 of the header
	Fingerprint []byte // SHA-256 of method, path and body
	CreatedAt   time.Time
	LeaseUntil  time.Time // whoever took it up works on it until then
	Object      string    // id of what the change made, written in the change's own transaction; "" before
	Status      int       // of the answer; 0 until there is one
	Header      map[string]string
	Body        []byte // sealed in the database: an answer may hold links and secrets
}
