package auth

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestHash(t *testing.T) {
	h := newHasher(argonMemory)
	stored, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=65536,t=2,p=1$") {
		t.Errorf("%s is another cost", stored)
	}
	again, err := h.hash(t.Context(), "correct horse")
	if err != nil || again == stored {
		t.Errorf("two hashes of one password are the same, %v", err)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct hors": false, "": false} {
		if got, err := h.matches(t.Context(), stored, password); got != want || err != nil {
			t.Errorf("%q: %t, %v", password, got, err)
		}
	}
	if ok, err := h.matches(t.Context(), h.nobody, ""); ok || err != nil {
		t.Errorf("nobody's hash: %t, %v", ok, err)
	}
}

// TestKnownHash checks a hash of argon2's reference program:
// echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32
func TestKnownHash(t *testing.T) {
	const stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := newHasher(argonMemory).matches(t.Context(), stored, "password"); !ok || err != nil {
		t.Errorf("%t, %v", ok, err)
	}
}

func TestParsePHCRefuses(t *testing.T) {
	good := phc(1024, 1, 1, random(16), random(32))
	if _, err := parsePHC(good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "$", good + "$", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=1024", "m=4000000000", 1), strings.Replace(good, "t=1", "t=0", 1),
		strings.Replace(good, "t=1", "t=1000", 1), strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "p=1", "p=256", 1),
		good[:len(good)-40], "$2a$10$N9qo8uLOickgx2ZMRZoMye",
	} {
		if p, err := parsePHC(bad); err == nil {
			t.Errorf("%q: %+v", bad, p)
		}
	}
}

func TestHashesWaitForEachOther(t *testing.T) {
	h := newHasher(argonMemory)
	for range hashesAtOnce {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, "password"); err == nil {
		t.Error("a third hash was made while two were")
	}
}

func TestThrottleIsBounded(t *testing.T) {
	th := newThrottle()
	now := time.Unix(0, 0)
	for range freeFails {
		th.allow("victim", "", now.Add(time.Hour))
	}
	for i := range maxThrottled + 100 {
		th.allow(fmt.Sprint(i), "", now.Add(time.Duration(i)*time.Millisecond))
	}
	if n := len(th.fails); n > maxThrottled {
		t.Errorf("%d logins are remembered", n)
	}
	if th.allow("victim", "", now.Add(time.Hour+time.Minute)) {
		t.Error("the newest entry was forgotten")
	}
}
