package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"tmk/consult"
)

// RFC 6238 as every authenticator has it: SHA-1, 6 digits, 30 s.
const (
	totpPeriod = 30 // seconds
	totpSkew   = 1  // steps before and after the present one that are good, for clocks that differ
	totpSecret = 20 // bytes; RFC 4226 §4 recommends 160 bits
)

// Recovery codes: 80 bits each, so that a plain SHA-256 is enough to keep them.
const (
	recoveryCodes = 10
	recoveryChars = 16
	recoveryGroup = 4
)

const totpDigits = otp.DigitsSix

// stepAt is the time step of RFC 6238 §4.2.
func stepAt(now time.Time) int64 { return now.Unix() / totpPeriod }

// matchTOTP finds the step, above after, whose code it is. A code works once:
// after is the step of the last one (RFC 6238 §5.2).
func matchTOTP(secret []byte, code string, after int64, now time.Time) (step int64, ok bool) {
	present := stepAt(now)
	for s := present - totpSkew; s <= present+totpSkew; s++ {
		if subtle.ConstantTimeCompare([]byte(codeAt(secret, s)), []byte(code)) == 1 && s > after {
			return s, true
		}
	}
	return 0, false
}

// codeAt is the code of one step.
func codeAt(secret []byte, step int64) string {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	code, err := hotp.GenerateCodeCustom(text, uint64(step), hotp.ValidateOpts{Digits: totpDigits, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		panic(err) // cannot be: it is base32
	}
	return code
}

// spend uses a code up: s is changed, to be saved by the caller. way is [WayTOTP] or [WayRecovery].
func (a *Auth) spend(s *consult.Staff, code string) (way string, ok bool) {
	if s.TOTPSecret == nil {
		return "", false
	}
	way, code = wayOf(code), cleanCode(code)
	if way == WayTOTP {
		step, ok := matchTOTP(s.TOTPSecret, code, s.TOTPStep, a.cfg.Now())
		if ok {
			s.TOTPStep = step
		}
		return way, ok
	}
	hash := consult.HashToken(code)
	i := slices.IndexFunc(s.Recovery, func(h []byte) bool { return subtle.ConstantTimeCompare(h, hash) == 1 })
	if i < 0 {
		return "", false
	}
	s.Recovery = slices.Delete(slices.Clone(s.Recovery), i, i+1)
	return way, true
}

// wayOf tells by its length what a code means to be: [WayTOTP] or [WayRecovery].
func wayOf(code string) string {
	if len(cleanCode(code)) == totpDigits.Length() {
		return WayTOTP
	}
	return WayRecovery
}

// cleanCode takes away what people put between the characters of a code.
func cleanCode(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToLower(code))
}

// newRecovery makes recovery codes, "abcd-efgh-2345-wxyz", and what is kept of them.
func newRecovery() (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		plain := strings.ToLower(rand.Text()[:recoveryChars])
		codes = append(codes, grouped(plain, recoveryGroup))
		hashes = append(hashes, consult.HashToken(plain))
	}
	return codes, hashes
}

// grouped puts a dash after every n characters.
func grouped(s string, n int) string {
	var parts []string
	for part := range slices.Chunk([]byte(s), n) {
		parts = append(parts, string(part))
	}
	return strings.Join(parts, "-")
}

// Setup is what an authenticator needs to know.
type Setup struct {
	Envelope string // comes back with the first code
	Secret   string // base32
	URI      string // "otpauth://totp/…"
	QR       string // the URI as a picture: an SVG in a data: URL
}

// picture makes the key of an account and its picture.
func picture(issuer, login string, secret []byte) (*Setup, error) {
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: strings.ReplaceAll(issuer, ":", " "), AccountName: login, Secret: secret, Period: totpPeriod, Digits: totpDigits,
	})
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	svg, err := qrSVG(key.URL())
	if err != nil {
		return nil, err
	}
	return &Setup{
		Secret: key.Secret(), URI: key.URL(),
		QR: "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg)),
	}, nil
}

// qrQuiet is the margin that readers need, in modules (ISO/IEC 18004).
const qrQuiet = 4

// qrSVG draws text as a QR code, black on white whatever the page's theme is.
func qrSVG(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	size := code.Bounds()
	dark := func(x, y int) bool {
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}
	var path strings.Builder
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			if !dark(x, y) {
				continue
			}
			from := x
			for x+1 < size.Max.X && dark(x+1, y) {
				x++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+qrQuiet, y+qrQuiet, x-from+1, x-from+1)
		}
	}
	side := size.Dx() + 2*qrQuiet
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path d="%s"/></svg>`, side, side, side, side, path.String()), nil
}
