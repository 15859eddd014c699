package notify

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"tmk/consult"
	"tmk/store"
	"tmk/store/pgtest"
)

// killURL, when set, makes this test binary a worker that is to be killed.
const killURL = "TEST_KILL_URL"

// The times of the workers that are killed: like the real ones, but all shorter.
const (
	killTimeout = 400 * time.Millisecond
	killLease   = 2 * time.Second
	killRetry   = 100 * time.Millisecond
)

var killKey = []byte("0123456789abcdef0123456789abcdef")

func TestMain(m *testing.M) {
	if url := os.Getenv(killURL); url != "" {
		fmt.Fprintln(os.Stderr, "worker:", deliverForEver(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// deliverForEver is a worker of its own process, until somebody kills it or
// whoever started it is no more.
func deliverForEver(url string) error {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	ctx := context.Background()
	db, err := store.Open(ctx, store.Config{URL: url, Key: killKey})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	w := New(Config{AllowPrivate: true, Workers: 4, PerWebhook: 1000, Timeout: killTimeout, Poll: 10 * time.Millisecond},
		db, new(consult.LocalFeed), log)
	w.client.Transport = dated{w.client.Transport}
	w.lease = killLease
	w.waits = slices.Repeat(waits{killRetry}, 50)
	return w.Run(ctx)
}

// sentAt is a header that tells when a request was sent, in nanoseconds.
const sentAt = "Test-Sent-At"

// dated says of each request when it was sent.
type dated struct{ http.RoundTripper }

func (d dated) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(sentAt, strconv.FormatInt(time.Now().UnixNano(), 10))
	return d.RoundTripper.RoundTrip(r)
}

// TestKills kills workers at random moments while events are made and an
// endpoint answers as endpoints do: nothing may be lost, nothing overtake.
// TEST_KILLS asks for more kills than those of every day.
func TestKills(t *testing.T) {
	kills := 30
	if s := os.Getenv("TEST_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("SQLite", func(t *testing.T) { killWorkers(t, "sqlite:"+filepath.Join(t.TempDir(), "tmk.db"), kills) })
	t.Run("PostgreSQL", func(t *testing.T) { killWorkers(t, pgtest.URL(t), kills) })
}

func killWorkers(t *testing.T, url string, kills int) {
	db, err := store.Open(t.Context(), store.Config{URL: url, Key: killKey})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lk := newMoody(t)
	defer lk.Close()
	writer := newWriter(t, db, lk)
	writing, stopWriting := context.WithCancel(t.Context())
	written := make(chan struct{})
	go func() { defer close(written); writer.run(writing) }()

	workers := []*victim{startVictim(t, url), startVictim(t, url)} // as on two nodes
	for range kills {
		// A moment in the middle of something: soon after some request came.
		lk.await(t, rand.N(20))
		pause := time.NewTimer(rand.N(10 * time.Millisecond))
		<-pause.C
		n := rand.N(len(workers))
		workers[n].kill(t)
		workers[n] = startVictim(t, url)
	}
	stopWriting()
	<-written
	lk.awaitAll(t, writer.made)
	for _, v := range workers {
		v.kill(t)
	}
	lk.check(t)
	left, err := db.ClaimDeliveries(t.Context(), time.Now().Add(time.Hour), time.Second, 10, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range left { // answered, but killed before it was settled
		if n := lk.answered(string(d.Webhook.ID), string(d.Event.ConsultationID)); d.Event.Sequence != n {
			t.Errorf("%s of %s waits, but %d was answered", d.Event.ID, d.Event.ConsultationID, n)
		}
	}
	t.Logf("%d kills: %s", kills, lk)
}

// victim is a worker in a process of its own.
type victim struct {
	cmd   *exec.Cmd
	input io.WriteCloser // its end would end the process
}

func startVictim(t *testing.T, url string) *victim {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), killURL+"="+url), os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &victim{cmd, input}
}

// kill ends it by SIGKILL; it must have been alive until then.
func (v *victim) kill(t *testing.T) {
	t.Helper()
	if err := v.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := v.cmd.Wait(); err == nil || v.cmd.ProcessState.Exited() {
		t.Fatalf("the worker ended by itself: %v", err)
	}
}

// writer makes events of many sessions, as fast as they are delivered.
type writer struct {
	t        *testing.T
	db       *store.DB
	lk       *moody
	sessions []consult.ConsultationID
	made     int // events
}

// The writer keeps that many events on their way at most.
const (
	manySessions = 100
	manyOnTheWay = 300
)

func newWriter(t *testing.T, db *store.DB, lk *moody) *writer {
	t.Helper()
	w := &writer{t: t, db: db, lk: lk}
	err := db.Update(t.Context(), func(tx consult.Tx) error {
		for _, h := range lk.webhooks() {
			if err := tx.AddWebhook(h); err != nil {
				return err
			}
		}
		for n := range manySessions {
			id := consult.ConsultationID(fmt.Sprint("c_", n))
			w.sessions = append(w.sessions, id)
			if err := tx.AddConsultation(&consult.Consultation{
				ID: id, Integration: "lk", Recording: consult.RecordOff, Status: consult.Current,
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *writer) run(ctx context.Context) {
	for ctx.Err() == nil {
		if w.made-w.lk.arrivedEverywhere() >= manyOnTheWay {
			w.lk.next(ctx)
			continue
		}
		ids := w.sessions[rand.N(len(w.sessions)):][:1]
		if rand.N(4) == 0 {
			ids = []consult.ConsultationID{ids[0], ids[0], ids[0]} // a burst
		}
		if err := w.write(ids); err != nil {
			w.t.Errorf("write events: %v", err)
			return
		}
		w.made += len(ids)
		if w.made%500 == 0 {
			w.rotate()
		}
	}
}

// eventIDs numbers the events of all tests.
var eventIDs atomic.Int64

func (w *writer) write(ids []consult.ConsultationID) error {
	return w.db.Update(context.Background(), func(tx consult.Tx) error {
		for _, id := range ids {
			sequence, err := tx.NextEventSeq(id)
			if err != nil {
				return err
			}
			if err := tx.AddEvent(&consult.Event{
				ID: consult.EventID(fmt.Sprint("evt_", eventIDs.Add(1))), Integration: "lk", ConsultationID: id, Sequence: sequence,
				Type: consult.MessageCreated, CreatedAt: time.Now(), Data: fmt.Appendf(nil, `{"sessionId":%q}`, id),
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// rotate gives each webhook a new secret beside the old one.
func (w *writer) rotate() {
	if err := w.db.Update(context.Background(), func(tx consult.Tx) error {
		for _, known := range w.lk.webhooks() {
			h, err := tx.Webhook(known.ID)
			if err != nil {
				return err
			}
			secret := newSecret()
			w.lk.trust(string(h.ID), secret.Value)
			h.Secrets[0].ExpiresAt = time.Now().Add(time.Minute)
			h.Secrets = []consult.WebhookSecret{secret, h.Secrets[0]}
			if err := tx.SaveWebhook(h); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		w.t.Errorf("rotate secrets: %v", err)
	}
}
