package auth_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/auth"
)

func TestKey(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	a := auth.New(w.Store, auth.Config{Now: w.Clock.Now, Log: slog.New(slog.NewTextHandler(&log, nil))})
	key, secret, err := w.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "old", nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := a.Key(t.Context(), secret); err != nil || p.Key.ID != key.ID {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, wrong := range []string{"", "tmk_", secret + "x", strings.TrimPrefix(secret, consult.KeyPrefix)} {
		_, err := a.Key(t.Context(), wrong)
		wantCode(t, err, consult.CodeUnauthorized)
	}
	w.Clock.Advance(time.Hour - time.Microsecond)
	if _, err := a.Key(t.Context(), secret); err != nil {
		t.Errorf("within its time: %v", err)
	}
	w.Clock.Advance(time.Microsecond)
	const tells = "an expired API key is still used"
	for range 3 {
		_, err := a.Key(t.Context(), secret)
		wantCode(t, err, consult.CodeUnauthorized)
	}
	if n := strings.Count(log.String(), tells); n != 1 || strings.Contains(log.String(), secret) || !strings.Contains(log.String(), string(key.ID)) {
		t.Errorf("told %d times: %s", n, log.String())
	}
	w.Clock.Advance(time.Hour)
	_, err = a.Key(t.Context(), secret)
	wantCode(t, err, consult.CodeUnauthorized)
	if n := strings.Count(log.String(), tells); n != 2 {
		t.Errorf("told %d times in an hour and a bit", n)
	}
	if err := w.Desk.RevokeAPIKey(t.Context(), consult.System, key.ID); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(2 * time.Hour)
	_, err = a.Key(t.Context(), secret)
	wantCode(t, err, consult.CodeUnauthorized)
	if n := strings.Count(log.String(), tells); n != 2 {
		t.Error("a revoked key is told of: somebody wanted it so")
	}
}
