package sfu

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	defaultMaxPeers     = 8
	defaultStartBitrate = 1_000_000
	defaultMaxBitrate   = 2_500_000
)

// Errors of [Room.Join] and [Peer.Offer], beside [ErrBadOffer].
var (
	ErrRoomFull = errors.New("room is full")
	ErrClosed   = errors.New("closed")
)

// Engine owns the sockets and the rooms.
type Engine struct {
	cfg       Config
	log       *slog.Logger
	now       func() time.Time
	transport transport
	counters  counters
	tickEvery time.Duration // feedbackEvery; tests that tick by hand have it long

	mu     sync.Mutex
	closed bool
	rooms  map[string]*Room
	places sync.WaitGroup // taken by peers that have not closed yet
}

// New opens the sockets.
func New(cfg Config) (*Engine, error) {
	cfg = cfg.withDefaults()
	t, err := newPionTransport(cfg)
	if err != nil {
		return nil, fmt.Errorf("open media transport: %w", err)
	}
	return newEngine(cfg, t), nil
}

func newEngine(cfg Config, t transport) *Engine {
	return &Engine{cfg: cfg, log: cfg.Log, now: cfg.Now, transport: t, tickEvery: feedbackEvery, rooms: make(map[string]*Room)}
}

func (c Config) withDefaults() Config {
	if c.MaxPeers == 0 {
		c.MaxPeers = defaultMaxPeers
	}
	if c.StartBitrate == 0 {
		c.StartBitrate = defaultStartBitrate
	}
	if c.MaxBitrate == 0 {
		c.MaxBitrate = defaultMaxBitrate
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Close ends every room, waits for their goroutines and closes the sockets.
// Later joins fail with ErrClosed.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	rooms := make([]*Room, 0, len(e.rooms))
	for _, r := range e.rooms {
		rooms = append(rooms, r)
	}
	e.mu.Unlock()
	for _, r := range rooms {
		r.Close()
	}
	e.places.Wait()
	return e.transport.close()
}

// Room returns the room of that name, which is made when there is none. It is gone when its last peer left.
func (e *Engine) Room(name string) *Room {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rooms[name]; r != nil {
		return r
	}
	return &Room{engine: e, name: name}
}

// enter reserves a place in the room of r's name: r itself, unless the room has
// emptied and been made anew since r was asked for.
func (e *Engine) enter(r *Room) (*Room, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, ErrClosed
	}
	if there := e.rooms[r.name]; there != nil {
		r = there
	}
	if r.places >= e.cfg.MaxPeers {
		return nil, ErrRoomFull
	}
	r.places++
	e.places.Add(1)
	e.rooms[r.name] = r
	return r, nil
}

func (e *Engine) isClosed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

// leave gives a place back.
func (e *Engine) leave(r *Room) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.places.Done()
	r.places--
	if r.places == 0 {
		delete(e.rooms, r.name)
	}
}
