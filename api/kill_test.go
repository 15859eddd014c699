package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

// What the child of TestKilled is told.
const (
	envChild = "TEST_API_CHILD" // the database's URL
	envHang  = "TEST_API_HANG"  // where it stops for ever: "change", "answer", or "" nowhere
	envLater = "TEST_API_LATER" // how long after the first child it lives
)

// hanging is a store that stops for ever at one point, so that the process can be killed right there.
type hanging struct {
	consult.Store
	at string
}

func (s hanging) Update(ctx context.Context, fn func(consult.Tx) error) error {
	return s.Store.Update(ctx, func(tx consult.Tx) error { return fn(hangingTx{tx, s.at}) })
}

type hangingTx struct {
	consult.Tx
	at string
}

// AddConsultation hangs amid the change: nothing of it is committed.
func (tx hangingTx) AddConsultation(c *consult.Consultation) error {
	if tx.at == "change" {
		hang()
	}
	return tx.Tx.AddConsultation(c)
}

// SaveOnce hangs behind the change, before its answer is kept or sent.
func (tx hangingTx) SaveOnce(o *consult.Once) error {
	if tx.at == "answer" && o.Status != 0 {
		hang()
	}
	return tx.Tx.SaveOnce(o)
}

func hang() {
	fmt.Println("hangs")
	select {}
}

// TestChild is the server that TestKilled kills; by itself it does nothing.
func TestChild(t *testing.T) {
	url := os.Getenv(envChild)
	if url == "" {
		t.Skip("runs as a child of TestKilled")
	}
	w := consulttest.Open(t, url, nil)
	later, err := time.ParseDuration(os.Getenv(envLater))
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(later)
	log := slog.New(slog.DiscardHandler)
	desk := consult.NewDesk(hanging{w.Store, os.Getenv(envHang)}, w.Blobs, w.Feed, w.Desk.Config(), log, w.Clock.Now)
	server := &http.Server{Handler: New(Config{
		PublicURL: consulttest.PublicURL, RatePerSecond: 100_000, Now: w.Clock.Now, Log: log,
	}, desk, w.Auth, nil)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, secret := w.Key(t)
	fmt.Printf("serves %s %s\n", listener.Addr(), secret)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends when the parent does, whatever becomes of it
		os.Exit(1)
	}()
	if err := server.Serve(listener); err != nil {
		t.Fatal(err)
	}
}

// child is a running server process.
type child struct {
	t       *testing.T
	cmd     *exec.Cmd
	out     *bufio.Scanner
	address string
	secret  string
}

func startChild(t *testing.T, url, hangAt string, later time.Duration) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command(os.Args[0], "-test.run=^TestChild$")}
	c.cmd.Env = append(os.Environ(), envChild+"="+url, envHang+"="+hangAt, envLater+"="+later.String())
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	c.out = bufio.NewScanner(out)
	if _, err := fmt.Sscanf(c.await("serves "), "serves %s %s", &c.address, &c.secret); err != nil {
		t.Fatal(err)
	}
	return c
}

// await returns the next line that begins so.
func (c *child) await(prefix string) string {
	c.t.Helper()
	for c.out.Scan() {
		if strings.HasPrefix(c.out.Text(), prefix) {
			return c.out.Text()
		}
	}
	c.t.Fatalf("the child ended without %q", prefix)
	return ""
}

// kill ends the process as a power cut would.
func (c *child) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait() // its exit says that it was killed
	}
}

// create asks for a session under a key. An error says that no answer came.
func (c *child) create(key string) (id string, replayed bool, err error) {
	body := fmt.Sprintf(`{"doctorId":"d-1","patientId":"p-%s"}`, key)
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, "http://"+c.address+base+"/sessions/create/simpl", strings.NewReader(body))
	if err != nil {
		return "", false, err
	}
	req.Header.Set("Authorization", "Bearer "+c.secret)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return "", false, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", false, err
	}
	var s SimpleSession
	if err := json.Unmarshal(bytes.TrimSpace(raw), &s); err != nil || resp.StatusCode != http.StatusCreated {
		return "", false, fmt.Errorf("answer %d %s: %w", resp.StatusCode, raw, err)
	}
	return s.ID, resp.Header.Get("Idempotency-Replayed") == "true", nil
}

// sessions lists how many sessions each patient has.
func (c *child) sessions() map[string]int {
	c.t.Helper()
	count := make(map[string]int)
	cursor := ""
	for {
		req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, "http://"+c.address+base+"/sessions/doctor/d-1?limit=200"+cursor, nil)
		if err != nil {
			c.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+c.secret)
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			c.t.Fatal(err)
		}
		var page SessionPage
		err = errors.Join(json.NewDecoder(resp.Body).Decode(&page), resp.Body.Close())
		if err != nil {
			c.t.Fatal(err)
		}
		for _, s := range page.Items {
			count[s.Patient.ID]++
		}
		if page.NextCursor == "" {
			return count
		}
		cursor = "&cursor=" + page.NextCursor
	}
}

// The process is killed amid requests with an Idempotency-Key: between the change and its answer, amid the
// change, and anywhere. Whoever asks again has exactly one session for each key.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	url := "sqlite:" + t.TempDir() + "/tmk.db"
	later := time.Duration(0)
	next := func(hangAt string) *child {
		t.Helper()
		c := startChild(t, url, hangAt, later)
		later += time.Minute // so that what was taken up can be taken up again
		return c
	}
	for at, wantReplay := range map[string]bool{"answer": true, "change": false} {
		c := next(at)
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, _, err := c.create("at-" + at); err == nil {
				t.Errorf("%s: an answer came", at)
			}
		})
		c.await("hangs")
		c.kill()
		wg.Wait()
		c = next("")
		id, replayed, err := c.create("at-" + at)
		if err != nil || replayed != wantReplay {
			t.Fatalf("%s: replayed %v, want %v: %v", at, replayed, wantReplay, err)
		}
		if again, _, err := c.create("at-" + at); err != nil || again != id {
			t.Errorf("%s: session %s, then %s: %v", at, id, again, err)
		}
		c.kill()
	}

	const kills, callers = 8, 16
	got := make(map[string]string) // session by key, of the answers that came
	var mu sync.Mutex
	ask := func(c *child, key string) {
		id, _, err := c.create(key)
		if err != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if before := got[key]; before != "" && before != id {
			t.Errorf("%s: session %s, then %s", key, before, id)
		}
		got[key] = id
	}
	for round := range kills {
		c := next("")
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for n := range 20 {
					ask(c, fmt.Sprintf("%d-%d-%d", round, i, n))
				}
			})
		}
		timer := time.NewTimer(time.Duration(20+rand.IntN(150)) * time.Millisecond)
		<-timer.C
		c.kill()
		wg.Wait()
	}
	answered := len(got)
	c := next("")
	for round := range kills {
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for n := range 20 {
					ask(c, fmt.Sprintf("%d-%d-%d", round, i, n))
				}
			})
		}
		wg.Wait()
	}
	count := c.sessions()
	if len(got) != kills*callers*20 || len(count) != len(got)+2 {
		t.Errorf("%d answers and %d sessions, want %d and two more", len(got), len(count), kills*callers*20)
	}
	for patient, n := range count {
		if n != 1 {
			t.Errorf("%s has %d sessions", patient, n)
		}
	}
	if answered == 0 || answered == len(got) {
		t.Logf("%d of %d were answered before the kills: the moments say little here", answered, len(got))
	}
}
