package sfu

import (
	"sync"
	"time"
)

// speech is what is known of a peer's speaking.
type speech struct {
	mu     sync.Mutex
	active bool
	loud   time.Time
}

func (p *Peer) hear(level uint8, muted bool, at time.Time) {}
func (p *Peer) quiet(now time.Time)                        {}
