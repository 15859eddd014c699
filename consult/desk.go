package consult

import (
	"fmt"
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
	MaxFileSize  int64         // bytes of one file
	MaxFilesSize int64         // bytes of all files of one consultation; 0 means DefaultConfig's
	MaxSeats     int           // people in one room
	Node         string        // which server this is, for attendances; "" on a server of its own
	LinkKey      []byte        // 32 secret bytes that links are derived from; every node has the same
	AuditKey     []byte        // 32 secret bytes that the audit is chained with; every node has the same
	AuditAnchor  AuditAnchor   // where the head of the audit is noted outside the store; nil: nowhere
}

// DefaultConfig is the law of docs: 15 min early, 30 min grace, 10 min empty, 8 h at most, 100 MiB a file,
// 2 GiB of files a consultation, 8 people.
var DefaultConfig = Config{
	TimeZone:     "Europe/Moscow",
	JoinEarly:    15 * time.Minute,
	Grace:        30 * time.Minute,
	AbandonAfter: 10 * time.Minute,
	MaxLength:    8 * time.Hour,
	MaxFileSize:  100 << 20,
	MaxFilesSize: 2 << 30,
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

	reads    *reads
	touched  *touched
	patience time.Duration // how long BeginOnce waits for somebody else's answer
}

// NewDesk makes a desk. now is the clock; nil means time.Now. It panics when LinkKey or AuditKey is not of 32 bytes:
// links and the audit of an installation must not depend on a key that somebody forgot to give.
func NewDesk(store Store, blobs Blobs, feed Feed, cfg Config, log *slog.Logger, now func() time.Time) *Desk {
	if now == nil {
		now = time.Now
	}
	if cfg.MaxFilesSize == 0 {
		cfg.MaxFilesSize = DefaultConfig.MaxFilesSize
	}
	for name, key := range map[string][]byte{"LinkKey": cfg.LinkKey, "AuditKey": cfg.AuditKey} {
		if len(key) != keyLength {
			panic(fmt.Sprintf("consult: Config.%s has %d bytes, it must have %d", name, len(key), keyLength))
		}
	}
	return &Desk{
		store: store, blobs: blobs, feed: feed, cfg: cfg, log: log, now: now,
		reads: newReads(), touched: newTouched(), patience: oncePatience,
	}
}

// Config returns the law that the desk follows.
func (d *Desk) Config() Config { return d.cfg }

// clock is now as the store keeps it: to the microsecond, in UTC.
func (d *Desk) clock() time.Time { return d.now().UTC().Truncate(time.Microsecond) }
