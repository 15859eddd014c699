package auth

import (
	"strings"
	"testing"
	"time"

	"tmk/consult"
)

func TestSealer(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	clock := func() time.Time { return now }
	key := []byte(strings.Repeat("k", 32))
	s := newSealer(key, "login", clock)
	envelope, err := s.seal(ticket{Staff: "u_1"}, time.Minute)
	if err != nil || strings.Contains(envelope, "u_1") {
		t.Fatal(envelope, err)
	}
	var got ticket
	if err := newSealer(key, "login", clock).open(envelope, &got); err != nil || got.Staff != "u_1" {
		t.Fatalf("another node cannot open it: %+v, %v", got, err)
	}
	refused := func(what string, by *sealer, envelope string) {
		t.Helper()
		var got ticket
		if err := by.open(envelope, &got); consult.CodeOf(err) != consult.CodeUnauthorized || got.Staff != "" {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	refused("for another purpose", newSealer(key, "oidc", clock), envelope)
	refused("with another key", newSealer([]byte(strings.Repeat("x", 32)), "login", clock), envelope)
	refused("nothing", s, "")
	refused("no base64", s, "?")
	for i := range len(envelope) {
		changed := []byte(envelope)
		if changed[i]++; changed[i] == 'Z'+1 || changed[i] == 'z'+1 {
			changed[i] = 'A'
		}
		refused("changed", s, string(changed))
	}
	now = now.Add(time.Minute - time.Millisecond)
	if err := s.open(envelope, &got); err != nil {
		t.Errorf("within its time: %v", err)
	}
	now = now.Add(time.Millisecond)
	refused("too late", s, envelope)
}
