package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tmk/consult"
	"tmk/consult/auth"
)

func TestChoresGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &server{log: slog.New(slog.NewTextHandler(&log, nil))}
		ctx, stop := context.WithCancel(t.Context())
		done, ended := 0, make(chan struct{})
		failing := func(n int) bool { return n >= 3 && n <= 6 }
		go func() {
			defer close(ended)
			s.every(ctx, chore{"sweep the floor", time.Second, func(context.Context) error {
				if done++; failing(done) {
					return errors.New("no broom")
				}
				return nil
			}})
		}()
		time.Sleep(9*time.Second + time.Millisecond) // of the bubble: at once, and then each second
		stop()
		<-ended
		if done != 10 {
			t.Errorf("done %d times", done)
		}
		if strings.Count(log.String(), "cannot sweep the floor") != 1 || strings.Count(log.String(), "can again sweep the floor") != 1 {
			t.Errorf("a failure is told when it begins and when it is over:\n%s", log.String())
		}
	})
}

// housed is a server of which only the facts are there, and what it logs.
func housed(t *testing.T) (*server, *bytes.Buffer, string) {
	t.Helper()
	dir := t.TempDir()
	a := &app{ctx: t.Context(), cli: &cli{DataDir: &dir}, stdin: strings.NewReader(""), stdout: io.Discard}
	cfg, err := a.config(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	f, err := openFacts(a, cfg, "", logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &server{cfg: cfg, log: logger, facts: f}, &log, dir
}

func TestKeysAreWarnedOf(t *testing.T) {
	s, log, _ := housed(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	day := 24 * time.Hour
	keys := map[string]*consult.APIKey{
		"k_soon":   {ExpiresAt: now.Add(13 * day)},
		"k_later":  {ExpiresAt: now.Add(15 * day)},
		"k_ever":   {},
		"k_missed": {ExpiresAt: now.Add(-day), LastUsedAt: now.Add(-2 * day)},
		"k_unused": {ExpiresAt: now.Add(-day), LastUsedAt: now.Add(-40 * day)},
		"k_old":    {ExpiresAt: now.Add(-30 * day), LastUsedAt: now.Add(-30 * day)},
		"k_ended":  {ExpiresAt: now.Add(day), RevokedAt: now},
	}
	err := s.facts.db.Update(t.Context(), func(tx consult.Tx) error {
		for id, k := range keys {
			k.ID, k.Integration, k.Hash, k.CreatedAt, k.Scopes = consult.KeyID(id), "lk", consult.HashToken(id), now, consult.AllScopes
			if err := tx.AddAPIKey(k); err != nil {
				return err
			}
			if !k.LastUsedAt.IsZero() {
				if err := tx.TouchAPIKey(k.ID, k.LastUsedAt); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.warnOfKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id := range keys {
		want := id == "k_soon" || id == "k_missed"
		if got := strings.Contains(log.String(), id); got != want {
			t.Errorf("%s: told %t, want %t", id, got, want)
		}
	}
	for id, used := range map[string]string{"k_soon": "never", "k_missed": now.Add(-2 * day).Format(time.DateOnly)} {
		if !regexp.MustCompile(`key=` + id + ` .* last_used=` + used).MatchString(log.String()) {
			t.Errorf("%s was used %s:\n%s", id, used, log)
		}
	}
}

// forge changes the database of a data folder past the server.
func forge(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "tmk.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAuditIsChecked(t *testing.T) {
	s, log, dir := housed(t)
	for range 3 {
		if _, _, err := s.facts.desk.CreateAPIKey(t.Context(), consult.System, "lk", "x", nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.checkAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, head, found := strings.Cut(strings.TrimSpace(log.String()), "head=")
	if !found || !strings.HasPrefix(head, "3:") {
		t.Fatalf("log: %s", log.String())
	}
	mustCommand(t, "audit", "verify", "--data-dir", dir, "--head", head)

	// Somebody with the database changes who did it.
	forge(t, dir, `UPDATE audit SET actor = 'staff:u_innocent' WHERE n = 2`)
	out, err := command(t, "audit", "verify", "--data-dir", dir)
	if err == nil || !strings.Contains(out, "entries in order  1") || !strings.Contains(out, "u_innocent") {
		t.Errorf("%v\n%s", err, out)
	}
	if out := mustCommand(t, "audit", "list", "--data-dir", dir); !strings.Contains(out, "2 forged") || strings.Count(out, "forged") != 1 {
		t.Errorf("%s", out)
	}
	if out, err := command(t, "audit", "verify", "--json", "--data-dir", dir); err == nil || !strings.Contains(out, `"ok":false`) {
		t.Errorf("%v\n%s", err, out)
	}
	log.Reset()
	if err := s.checkAudit(t.Context()); err != nil || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("%v\n%s", err, log.String())
	}
}

// A live server seals what is not sealed: whoever has the database may make it do so with what he left of the history. The
// head in the data folder gives that away, also to a server that starts later, until somebody who has the machine accepts it.
func TestAuditSealedAnewIsSeen(t *testing.T) {
	s, log, dir := housed(t)
	for range 3 {
		if _, _, err := s.facts.desk.CreateAPIKey(t.Context(), consult.System, "lk", "x", nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.checkAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.facts.desk.AnchorAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	forge(t, dir,
		`DELETE FROM audit WHERE n = 2`,
		`UPDATE audit SET place = 0, link = NULL`,
		`UPDATE heads SET place = 0, link = NULL WHERE log = 'audit'`,
	)
	for range 2 { // and it stays so
		log.Reset()
		if err := s.checkAudit(t.Context()); err != nil || !strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("%v\n%s", err, log.String())
		}
		if err := s.facts.desk.AnchorAudit(t.Context()); err == nil {
			t.Error("anchored")
		}
	}
	if out, err := command(t, "audit", "verify", "--data-dir", dir); err == nil || !strings.Contains(out, "was noted") {
		t.Errorf("%v\n%s", err, out)
	}
	if out := mustCommand(t, "audit", "accept", "--data-dir", dir); !strings.Contains(out, "entries in order  3") {
		t.Errorf("%s", out)
	}
	mustCommand(t, "audit", "verify", "--data-dir", dir)
	log.Reset()
	if err := errors.Join(s.checkAudit(t.Context()), s.facts.desk.AnchorAudit(t.Context())); err != nil || strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("%v\n%s", err, log.String())
	}
}

func TestAnchorFile(t *testing.T) {
	f := newAnchor(t.TempDir())
	if h, err := f.Noted(); err != nil || h != (consult.AuditHead{}) {
		t.Errorf("%+v, %v", h, err)
	}
	for n := range int64(3) {
		want := consult.AuditHead{N: n + 1, Link: strings.Repeat("0f", 32)}
		if err := f.Note(want); err != nil {
			t.Fatal(err)
		}
		if h, err := f.Noted(); err != nil || h != want {
			t.Errorf("%+v, %v", h, err)
		}
	}
	if err := os.WriteFile(f.path, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Noted(); err == nil || !strings.Contains(err.Error(), "audit.head") {
		t.Errorf("%v", err)
	}
	if err := newAnchor(filepath.Join(t.TempDir(), "none")).Note(consult.AuditHead{N: 1, Link: "00"}); err == nil {
		t.Error("noted in a folder that is not there")
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(f.path), ".audit-*")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// What waits to be written when the server stops is written.
func TestLastWords(t *testing.T) {
	s, _, dir := housed(t)
	if _, err := s.facts.auth.CreateStaff(t.Context(), "anna", "a long enough password", consult.StaffAdmin); err != nil {
		t.Fatal(err)
	}
	if _, err := s.facts.auth.Login(t.Context(), "anna", "a wrong password", auth.Browser{}); consult.CodeOf(err) != consult.CodeUnauthorized {
		t.Fatal(err)
	}
	if err := s.lastWords(); err != nil {
		t.Fatal(err)
	}
	if out := mustCommand(t, "audit", "list", "--action", "staff.login_failed", "--data-dir", dir); !strings.Contains(out, "nobody") || !strings.Contains(out, "password") {
		t.Error(out)
	}
}
