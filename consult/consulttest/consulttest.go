// Package consulttest gives tests of other packages a real desk: on a database
// and files in a temporary folder, with a clock that stands still until it is moved.
package consulttest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/auth"
	"tmk/store"
	"tmk/store/disk"
)

// PublicURL is what the links of [New]'s desk begin with.
const PublicURL = "https://tmk.example"

// testKey stands in for every secret of an installation.
var testKey = []byte("0123456789abcdef0123456789abcdef")

// World is a desk and everything below it.
type World struct {
	Desk  *consult.Desk
	Auth  *auth.Auth
	Store *store.DB
	Blobs *disk.Blobs
	Feed  *consult.LocalFeed
	Clock *Clock
}

// New makes a world on SQLite. It is gone when the test ends.
func New(t testing.TB) *World {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tmk.db")
	fresh, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, fresh, 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(t, "sqlite:"+path, nil)
}

// empty is the file of a database with all its tables and nothing in them: making
// those takes longer than most tests do.
var empty = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "consulttest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "tmk.db")
	db, err := store.Open(context.Background(), store.Config{URL: "sqlite:" + path, Key: testKey})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Open makes a world on the database of a URL. change, unless nil, alters the
// law before the desk is made.
func Open(t testing.TB, url string, change func(*consult.Config)) *World {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: url, Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	blobs, err := disk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := blobs.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := consult.DefaultConfig
	cfg.PublicURL = PublicURL
	cfg.LinkKey, cfg.AuditKey = testKey, testKey
	if change != nil {
		change(&cfg)
	}
	w := &World{Store: db, Blobs: blobs, Feed: new(consult.LocalFeed), Clock: NewClock()}
	w.Desk = consult.NewDesk(db, blobs, w.Feed, cfg, slog.New(slog.DiscardHandler), w.Clock.Now)
	w.Auth = auth.New(db, auth.Config{Now: w.Clock.Now})
	return w
}

// Key makes an API key of the integration "lk" with all scopes and returns who
// calls with it, and the key itself.
func (w *World) Key(t testing.TB) (consult.Principal, string) {
	t.Helper()
	key, secret, err := w.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "test", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return consult.Principal{Key: key}, secret
}

// Visit is a consultation with the tokens of its two links.
type Visit struct {
	ID          consult.ConsultationID
	Doctor      *consult.Seat
	Patient     *consult.Seat
	DoctorLink  string // the token only, as /v1/room/enter takes it
	PatientLink string
}

// Schedule makes a consultation of "lk" that starts now. change, unless nil, alters the order before.
func (w *World) Schedule(t testing.TB, change func(*consult.Order)) *Visit {
	t.Helper()
	by, _ := w.Key(t)
	o := consult.Order{
		Doctor:   consult.Person{ID: "d-17", Name: "Иванова Мария Петровна", Specialty: "терапевт"},
		Patient:  consult.Person{ID: "p-902", Name: "Петров Олег Ильич"},
		StartsAt: w.Clock.Now(),
	}
	if change != nil {
		change(&o)
	}
	d, err := w.Desk.Schedule(t.Context(), by, o)
	if err != nil {
		t.Fatal(err)
	}
	v := &Visit{ID: d.Consultation.ID}
	for _, s := range d.Seats {
		token := d.Links[s.ID][len(PublicURL+"/j/"):]
		if s.Role == consult.RoleDoctor {
			v.Doctor, v.DoctorLink = s, token
		} else {
			v.Patient, v.PatientLink = s, token
		}
	}
	return v
}

// Pass exchanges a link's token for a pass.
func (w *World) Pass(t testing.TB, link string) string {
	t.Helper()
	e, err := w.Desk.Enter(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	return e.Pass
}

// Clock is a clock that a test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands at noon of a Tuesday, 2026-12-01 UTC.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
