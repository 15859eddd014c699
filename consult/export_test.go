package consult

import (
	"io"
	"time"
)

// What the tests of the pure rules reach for.

func (c *Consultation) Turn(to Status, reason EndReason, now time.Time) error {
	return c.turn(to, reason, now)
}

func CleanFileName(name string) string { return cleanFileName(name) }

func AcceptedName(name string) bool { return acceptedName(name) }

func ContentType(file io.ReadSeeker, size int64, name string) (string, error) {
	return contentType(file, size, name)
}

func NewEventID(now time.Time, seq int64) EventID { return newEventID(now, seq) }

func (d *Desk) SetPatience(p time.Duration) { d.patience = p }

func (cfg Config) AuditLink(before []byte, a *AuditEntry) []byte { return cfg.auditLink(before, a) }
