package auth

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"

	"tmk/consult"
)

// TestTOTPVectors are those of RFC 6238 appendix B, of which authenticators show the last six digits.
func TestTOTPVectors(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		now := time.Unix(at, 0)
		step, ok := matchTOTP(secret, code, 0, now)
		if !ok || step != at/30 {
			t.Errorf("at %d: %d, %t", at, step, ok)
		}
		for _, skew := range []time.Duration{-30 * time.Second, 30 * time.Second} {
			if step, ok := matchTOTP(secret, code, 0, now.Add(skew)); !ok || step != at/30 {
				t.Errorf("at %d, clock %v off: %d, %t", at, skew, step, ok)
			}
		}
		for _, skew := range []time.Duration{-60 * time.Second, 60 * time.Second} {
			if _, ok := matchTOTP(secret, code, 0, now.Add(skew)); ok && at > 60 {
				t.Errorf("at %d, clock %v off: taken", at, skew)
			}
		}
		if _, ok := matchTOTP(secret, code, step, now); ok {
			t.Errorf("at %d: taken twice", at)
		}
	}
	for _, bad := range []string{"", "287083", "28708", "2870820", "28708２"} {
		if _, ok := matchTOTP(secret, bad, 0, time.Unix(59, 0)); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestRecoveryCodes(t *testing.T) {
	codes, hashes := newRecovery()
	shape := regexp.MustCompile(`^([a-z2-7]{4}-){3}[a-z2-7]{4}$`)
	seen := map[string]bool{}
	for _, c := range codes {
		if !shape.MatchString(c) || seen[c] {
			t.Errorf("%q", c)
		}
		seen[c] = true
	}
	if len(codes) != 10 || len(hashes) != 10 {
		t.Fatalf("%d codes, %d hashes", len(codes), len(hashes))
	}
	a := New(nil, Config{})
	s := &consult.Staff{TOTPSecret: make([]byte, totpSecret), Recovery: hashes}
	typed := " " + strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))
	if way, ok := a.spend(s, typed); !ok || way != WayRecovery || len(s.Recovery) != 9 {
		t.Errorf("%s, %t, %d left", way, ok, len(s.Recovery))
	}
	if _, ok := a.spend(s, typed); ok {
		t.Error("a recovery code worked twice")
	}
	if _, ok := a.spend(&consult.Staff{Recovery: hashes}, codes[0]); ok {
		t.Error("an account without a second factor took a recovery code")
	}
}

func TestPicture(t *testing.T) {
	p, err := picture("Клиника: №1", "anna", []byte("12345678901234567890"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Secret != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" || !strings.HasPrefix(p.URI, "otpauth://totp/") ||
		!strings.Contains(p.URI, "secret="+p.Secret) || !strings.Contains(p.URI, "period=30") {
		t.Errorf("%+v", p)
	}
	svg, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.QR, "data:image/svg+xml;base64,"))
	if err != nil || !strings.HasPrefix(string(svg), "<svg ") || strings.Count(string(svg), "M") < 100 {
		t.Errorf("%s, %v", svg, err)
	}
}

func TestAgentWords(t *testing.T) {
	for header, want := range map[string]string{
		"": "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0":                                                        "Firefox on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                   "Safari on macOS",
		"Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36":                   "Chrome on Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari on iOS",
		"<script>alert(1)</script>/1.0":   "",
		strings.Repeat("x", 1<<16):        "",
		"\xff\x00/1.0 (Linux; \u202e...)": "Linux",
	} {
		if got := agentWords(header); got != want {
			t.Errorf("%.60q: %q, want %q", header, got, want)
		}
	}
}
