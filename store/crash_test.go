package store_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"tmk/consult"
	"tmk/store"
	"tmk/store/pgtest"
	"tmk/store/storetest"
)

// crashURL, when set, makes this test binary the process that is to be killed.
const crashURL = "TEST_CRASH_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(crashURL); url != "" {
		fmt.Fprintln(os.Stderr, appendForEver(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestKill9 kills a process that writes and seals, some times over, and looks for every
// row that was acknowledged to it, and for a chain without a gap. TEST_KILLS asks for more than the few
// of every day.
func TestKill9(t *testing.T) {
	kills := 8
	if s := os.Getenv("TEST_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("SQLite", func(t *testing.T) { killOften(t, sqliteURL(t), kills) })
	t.Run("Postgres", func(t *testing.T) { killOften(t, pgtest.URL(t), kills) })
}

func killOften(t *testing.T, url string, kills int) {
	setUp := open(t, url)
	if err := setUp.Update(t.Context(), addCrashScene); err != nil {
		t.Fatal(err)
	}
	acknowledged := int64(0)
	var end consult.AuditEntry
	for kill := range kills {
		acknowledged = max(acknowledged, killAfter(t, url, 1+17*kill%97))
		wantThread(t, url, acknowledged, &end)
		if t.Failed() {
			t.Fatalf("after %d kills", kill+1)
		}
	}
	if acknowledged < int64(kills) {
		t.Errorf("only %d rows were ever written", acknowledged)
	}
	t.Logf("%d acknowledged rows, a chain of %d, after %d kills", acknowledged, end.N, kills)
}

const (
	crashID   = consult.ConsultationID("c_crash")
	crashSeat = consult.SeatID("s_crash")
)

func addCrashScene(tx consult.Tx) error {
	if err := tx.AddConsultation(&consult.Consultation{
		ID: crashID, Integration: "lk", Recording: consult.RecordOff, Status: consult.Current,
	}); err != nil {
		return err
	}
	return tx.AddSeat(&consult.Seat{ID: crashSeat, ConsultationID: crashID, Role: consult.RoleDoctor, LinkHash: consult.HashToken("x")})
}

// killAfter starts the writer, kills it when it has acknowledged some rows,
// and returns the last number that it acknowledged.
func killAfter(t *testing.T, url string, rows int) (last int64) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), crashURL+"="+url), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() }) // a writer that hangs fails below
	defer watchdog.Stop()
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ { // to the end of what it said before it died
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			break // a line cut in the middle acknowledges nothing
		}
		if n+1 == rows {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the writer ended by itself: %v", err)
	}
	return last
}

// wantThread opens the store again: all messages up to the acknowledged one,
// in order, each with its event in the log and its entry in the chain. end is the chain's last
// entry when it was looked at before, which must be where it was.
func wantThread(t *testing.T, url string, acknowledged int64, end *consult.AuditEntry) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: url, Key: testKey})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Seal(t.Context(), storetest.Link); err != nil {
		t.Fatal(err)
	}
	chain, err := storetest.Chain(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if n := int64(len(chain)); n < end.N || end.N > 0 && !bytes.Equal(chain[end.N-1].Link, end.Link) {
		t.Errorf("the chain of %d has not what was sealed up to %d", n, end.N)
	}
	if len(chain) > 0 {
		*end = *chain[len(chain)-1]
	}
	if err := db.View(t.Context(), func(tx consult.Tx) error {
		c, err := tx.Consultation(crashID)
		if err != nil {
			return err
		}
		messages, err := tx.Messages(crashID, 0, 1<<20)
		if err != nil {
			return err
		}
		events, err := tx.Events("lk", "", 1<<20)
		if err != nil {
			return err
		}
		if n := int64(len(messages)); n < acknowledged || n != c.MessageSeq || n != int64(len(events)) || n != int64(len(chain)) {
			t.Errorf("%d messages, %d events, %d in the chain, number %d, after %d were acknowledged",
				n, len(events), len(chain), c.MessageSeq, acknowledged)
		}
		for i, m := range messages {
			if m.Seq != int64(i+1) || events[i].Sequence != m.Seq || chain[i].Object != string(m.ID) {
				t.Fatalf("message %d has number %d, event %d, entry of %s", i+1, m.Seq, events[i].Sequence, chain[i].Object)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// appendForEver posts messages and prints the number of each once it is
// durable, while another goroutine seals all the time.
func appendForEver(url string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, store.Config{URL: url, Key: testKey})
	if err != nil {
		return err
	}
	go func() {
		for {
			if err := db.Seal(ctx, storetest.Link); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			runtime.Gosched()
		}
	}()
	for {
		var seq int64
		if err := db.Update(ctx, func(tx consult.Tx) (err error) {
			seq, err = post(tx)
			return err
		}); err != nil {
			return err
		}
		if _, err := fmt.Println(seq); err != nil {
			return err
		}
	}
}

// post adds a message with its event and its audit entry, and returns the message's number.
func post(tx consult.Tx) (int64, error) {
	seq, err := tx.NextMessageSeq(crashID)
	if err != nil {
		return 0, err
	}
	if err := tx.AddMessage(&consult.Message{
		ID: consult.MessageID(fmt.Sprint("m_", seq)), ConsultationID: crashID, Seq: seq, SeatID: crashSeat,
		ClientID: fmt.Sprint(seq), Kind: consult.TextMessage, Text: "Здравствуйте", SentAt: time.Now(),
	}); err != nil {
		return 0, err
	}
	if err := tx.AddAudit(&consult.AuditEntry{
		ID: fmt.Sprint("au_", seq), At: time.Now().UTC().Truncate(time.Microsecond), Actor: "seat:" + string(crashSeat),
		Action: "message.post", ConsultationID: crashID, Object: fmt.Sprint("m_", seq),
	}); err != nil {
		return 0, err
	}
	event, err := tx.NextEventSeq(crashID)
	if err != nil {
		return 0, err
	}
	return seq, tx.AddEvent(&consult.Event{
		ID: consult.EventID(fmt.Sprint("evt_", event)), Integration: "lk", ConsultationID: crashID, Sequence: event,
		Type: consult.MessageCreated, CreatedAt: time.Now(), Data: []byte("{}"),
	})
}
