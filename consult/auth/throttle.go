package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

const (
	freeFails    = 5                // attempts from one place before it must wait
	maxFails     = 100              // attempts from everywhere: NIST SP 800-63B-4 §3.2.2 allows as many
	failsFor     = 10 * time.Minute // an attempt counts so long
	maxThrottled = 4096             // logins remembered
)

// throttle slows guessing at one login down: 5 attempts in 10 minutes from one
// place, and 100 from all together. A stranger who guesses, or only wants to keep
// somebody out, so hinders his own place and not the owner's. What it remembers
// is bounded; the oldest entry goes first.
type throttle struct {
	mu    sync.Mutex
	fails map[key]*attempts
}

// key is the SHA-256 of a login: entries are of one size, whatever is sent.
type key [sha256.Size]byte

type attempts struct {
	n     int
	from  map[string]int // by place; at most maxFails
	first time.Time
}

func newThrottle() *throttle { return &throttle{fails: make(map[key]*attempts)} }

// allow counts an attempt from a place and tells whether it may be made. forget takes all back after a success.
func (t *throttle) allow(login, place string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := sha256.Sum256([]byte(login))
	a := t.fails[k]
	if a == nil || now.Sub(a.first) >= failsFor {
		t.makeRoomLocked(k)
		a = &attempts{from: make(map[string]int), first: now}
		t.fails[k] = a
	}
	if a.n >= maxFails || a.from[place] >= freeFails {
		return false
	}
	a.n++
	a.from[place]++
	return true
}

// forget clears a login whose password was right.
func (t *throttle) forget(login string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.fails, sha256.Sum256([]byte(login)))
}

func (t *throttle) makeRoomLocked(k key) {
	if _, there := t.fails[k]; there || len(t.fails) < maxThrottled {
		return
	}
	var oldest key
	var since time.Time
	for l, a := range t.fails {
		if since.IsZero() || a.first.Before(since) {
			oldest, since = l, a.first
		}
	}
	delete(t.fails, oldest)
}
