package consult

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines that have no zone files
	"unicode"
	"unicode/utf8"
)

// What an order may be at most.
const (
	maxID          = 128 // characters
	maxName        = 200
	maxTopic       = 500
	maxReason      = 500
	maxPairs       = 20 // of metadata
	maxPairKey     = 64
	maxPairValue   = 512
	minDuration    = time.Minute
	maxDuration    = 8 * time.Hour
	maxAhead       = 5 * 366 * 24 * time.Hour // further off is a typing error
	defaultLasting = 30 * time.Minute
)

// fields collects what is wrong with a request.
type fields []FieldError

func (f *fields) add(pointer, format string, args ...any) {
	*f = append(*f, FieldError{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
}

// err is nil when nothing is wrong, else an error of CodeInvalid.
func (f fields) err(what string) error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Code: CodeInvalid, Message: what + " is not valid: see the fields", Fields: f}
}

// id checks somebody else's identifier: 1 to 128 printable characters.
func (f *fields) id(pointer, s string) {
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		f.add(pointer, "is required")
	case n > maxID:
		f.add(pointer, "has %d characters, at most %d are allowed", n, maxID)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		f.add(pointer, "has characters that cannot be printed")
	}
}

// line checks one line of text for people: at most limit characters, no
// control characters and none that turn the direction of writing.
func (f *fields) line(pointer, s string, limit int) {
	f.text(pointer, s, limit)
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || turnsWriting(r) }) {
		f.add(pointer, "has control characters")
	}
}

// text checks text for people: at most limit characters, UTF-8, no NUL.
func (f *fields) text(pointer, s string, limit int) {
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s):
		f.add(pointer, "is not UTF-8")
	case n > limit:
		f.add(pointer, "has %d characters, at most %d are allowed", n, limit)
	case strings.ContainsRune(s, 0):
		f.add(pointer, "has a NUL character")
	}
}

func (f *fields) person(pointer string, p Person) {
	f.line(pointer+"/name", p.Name, maxName)
	f.line(pointer+"/specialty", p.Specialty, maxName)
}

func (f *fields) metadata(pointer string, m map[string]string) {
	if len(m) > maxPairs {
		f.add(pointer, "has %d pairs, at most %d are allowed", len(m), maxPairs)
		return
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		at := pointer + "/" + pointerToken(k)
		if k == "" {
			f.add(at, "the key is empty")
		}
		f.line(at, k, maxPairKey)
		f.text(at, m[k], maxPairValue)
	}
}

func (f *fields) timeZone(pointer, name string) {
	if name == "" || name == "Local" {
		f.add(pointer, "is not a time zone of the IANA database")
		return
	}
	if _, err := time.LoadLocation(name); err != nil {
		f.add(pointer, "is not a time zone of the IANA database")
	}
}

// pointerToken escapes a key for a JSON pointer, RFC 6901 §3.
func pointerToken(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// turnsWriting tells characters that reorder what stands around them
// (Unicode UAX #9: explicit formatting and marks). They make "exe.jpg" out of "gpj.exe".
func turnsWriting(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' ||
		r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

func known[T comparable](v T, all ...T) bool { return slices.Contains(all, v) }
