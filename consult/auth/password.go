package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Argon2id, RFC 9106 §4 second recommendation with fewer passes: 64 MiB, 2
// passes, 1 lane; above OWASP's minimum of 19 MiB and 2 passes.
const (
	argonMemory = 64 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	saltBytes   = 16
	hashBytes   = 32
)

// What a stored hash may cost at most: a damaged row must not eat the machine.
const (
	maxArgonMemory = 256 << 10 // KiB
	maxArgonTime   = 16
)

// hashesAtOnce bounds memory and processors that logins can take: 128 MiB.
const hashesAtOnce = 2

// hasher makes and checks password hashes in PHC string format.
type hasher struct {
	slots  chan struct{}
	memory uint32 // KiB
	nobody string // a hash that no password matches
}

func newHasher(memory uint32) *hasher {
	return &hasher{
		slots:  make(chan struct{}, hashesAtOnce),
		memory: memory,
		nobody: phc(memory, argonTime, argonLanes, random(saltBytes), random(hashBytes)),
	}
}

// hash makes a hash; it waits while others are being made.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := random(saltBytes)
	key, err := h.derive(ctx, password, salt, h.memory, argonTime, argonLanes, hashBytes)
	if err != nil {
		return "", err
	}
	return phc(h.memory, argonTime, argonLanes, salt, key), nil
}

// matches tells whether password is the one of stored, in constant time.
func (h *hasher) matches(ctx context.Context, stored, password string) (bool, error) {
	p, err := parsePHC(stored)
	if err != nil {
		return false, err
	}
	key, err := h.derive(ctx, password, p.salt, p.memory, p.time, p.lanes, uint32(len(p.key)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

func (h *hasher) derive(ctx context.Context, password string, salt []byte, memory, time uint32, lanes uint8, n uint32) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, time, memory, lanes, n), nil
}

type phcHash struct {
	memory, time uint32
	lanes        uint8
	salt, key    []byte
}

func phc(memory, time uint32, lanes uint8, salt, key []byte) string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, memory, time, lanes, e.EncodeToString(salt), e.EncodeToString(key))
}

// parsePHC reads "$argon2id$v=19$m=…,t=…,p=…$salt$key".
func parsePHC(s string) (*phcHash, error) {
	broken := errors.New("the stored password hash is not one of argon2id")
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, broken
	}
	var p phcHash
	_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.lanes)
	if err != nil || p.time == 0 || p.lanes == 0 || p.memory > maxArgonMemory || p.time > maxArgonTime {
		return nil, broken
	}
	if p.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4]); err != nil || len(p.salt) < 8 {
		return nil, broken
	}
	if p.key, err = base64.RawStdEncoding.Strict().DecodeString(parts[5]); err != nil || len(p.key) < 16 || len(p.key) > 128 {
		return nil, broken
	}
	return &p, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (Go 1.24)
	return b
}
