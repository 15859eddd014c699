package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tmk/notify"
)

const checkedSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// lkReceiver answers as docs/integrate.md asks for; careless leaves the clock out.
func lkReceiver(t *testing.T, careless bool) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if err := notify.Verify([]string{checkedSecret}, r.Header, body, time.Now()); err != nil && !(careless && errors.Is(err, notify.ErrTimestamp)) {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestWebhookCheck(t *testing.T) {
	out, err := command(t, "webhook", "check", lkReceiver(t, false), "--secret", checkedSecret)
	if err != nil || !strings.Contains(out, "All is right.") || strings.Contains(out, "WRONG") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = command(t, "webhook", "check", lkReceiver(t, true), "--secret", checkedSecret)
	if !errors.Is(err, errReceiver) || strings.Count(out, "WRONG") != 2 || !strings.Contains(out, "10 minutes ago: It accepts") || !strings.Contains(out, "2 of ") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWebhookCheckAsJSON(t *testing.T) {
	var out bytes.Buffer
	args := []string{"webhook", "check", lkReceiver(t, true), "--secret", "-", "--json"}
	if err := run(t.Context(), args, nil, strings.NewReader(checkedSecret+"\n"), &out); !errors.Is(err, errReceiver) {
		t.Fatal(err)
	}
	var report struct {
		Wrong int
		Cases []struct {
			Name, Want, Problem string
			Status              int
			OK                  bool
		}
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("%v in %s", err, out.Bytes())
	}
	if report.Wrong != 2 || report.Cases[0].Status != 200 || !report.Cases[0].OK {
		t.Errorf("%s", out.Bytes())
	}
}

func TestWebhookCheckNeedsASecret(t *testing.T) {
	for _, args := range [][]string{{"https://lk.example"}, {"https://lk.example", "--secret", "rubbish"}, {"lk.example", "--secret", checkedSecret}} {
		if out, err := command(t, append([]string{"webhook", "check"}, args...)...); err == nil || errors.Is(err, errReceiver) {
			t.Errorf("%q: %v %s", args, err, out)
		}
	}
}
