package signaling

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"tmk/consult"
	"tmk/recorder"
	"tmk/sfu"
	"tmk/signaling/protocol"
)

// Config is how sockets are treated. Zero fields take the default.
type Config struct {
	Origins       []string      // "https://lk.example": pages of these may connect besides those of the same host
	AllowNoOrigin bool          // let clients in that send no Origin: no browser does that
	ResumeFor     time.Duration // a broken socket keeps its seat so long; 15 s
	JoinWithin    time.Duration // from the socket to join; 10 s
	PingEvery     time.Duration // 15 s
	PongWithin    time.Duration // after a ping; 10 s
	SweepEvery    time.Duration // how often the desk looks at the clock; 5 s
	Outbox        int           // messages that wait for a slow client; 256
	MaxSockets    int           // at once; 10 000
	Now           func() time.Time
}

func (c Config) withDefaults() Config {
	c.ResumeFor = or(c.ResumeFor, 15*time.Second)
	c.JoinWithin = or(c.JoinWithin, 10*time.Second)
	c.PingEvery = or(c.PingEvery, 15*time.Second)
	c.PongWithin = or(c.PongWithin, 10*time.Second)
	c.SweepEvery = or(c.SweepEvery, 5*time.Second)
	c.Outbox = or(c.Outbox, 256)
	c.MaxSockets = or(c.MaxSockets, 10_000)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Hub takes the sockets of /ws and holds the rooms that are open.
type Hub struct {
	cfg    Config
	desk   *consult.Desk
	feed   consult.Feed
	engine *sfu.Engine
	rec    *recorder.Recorder
	log    *slog.Logger

	ready    chan struct{} // closed once what a crash left is tidied up
	stopped  chan struct{} // closed by Shutdown
	workCtx  context.Context
	stopWork context.CancelFunc
	conns    sync.WaitGroup
	roomsWG  sync.WaitGroup
	work     sync.WaitGroup // recordings that are being finished
	stats    counters
	writing  atomic.Int32 // recordings that run

	mu       sync.Mutex
	draining bool
	rooms    map[consult.ConsultationID]*room
	open     map[*conn]struct{}
}

// New makes a hub. It takes sockets once Run has begun.
func New(cfg Config, desk *consult.Desk, feed consult.Feed, engine *sfu.Engine, rec *recorder.Recorder, log *slog.Logger) *Hub {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Hub{
		cfg: cfg.withDefaults(), desk: desk, feed: feed, engine: engine, rec: rec, log: log,
		ready: make(chan struct{}), stopped: make(chan struct{}), workCtx: ctx, stopWork: cancel,
		rooms: map[consult.ConsultationID]*room{}, open: map[*conn]struct{}{},
	}
}

type counters struct {
	sockets, refused, badMessages, tooSlow, rateLimited, panics, messages atomic.Uint64
}

// Stats is what the hub counts. The first four are as of now, the others since the start.
type Stats struct {
	Sockets, Rooms, People, Recordings                             int
	Accepted, Refused, Messages, BadMessages, TooSlow, RateLimited uint64
	Panics                                                         uint64
}

// Stats reads the counters.
func (h *Hub) Stats() Stats {
	s := Stats{
		Accepted: h.stats.sockets.Load(), Refused: h.stats.refused.Load(), Messages: h.stats.messages.Load(),
		BadMessages: h.stats.badMessages.Load(), TooSlow: h.stats.tooSlow.Load(), RateLimited: h.stats.rateLimited.Load(),
		Panics: h.stats.panics.Load(),
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s.Sockets, s.Rooms, s.Recordings = len(h.open), len(h.rooms), int(h.writing.Load())
	for _, r := range h.rooms {
		s.People += int(r.people.Load())
	}
	return s
}

// ServeHTTP upgrades a request to the WebSocket of protocol.Version and
// returns when it has ended. 403: the Origin is missing or foreign. 400: another
// subprotocol. 503: the server goes down or is full.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.originAllowed(r) {
		h.refuse(w, http.StatusForbidden, "origin not allowed")
		return
	}
	if !speaksOurs(r) {
		h.refuse(w, http.StatusBadRequest, "subprotocol "+protocol.Version+" required")
		return
	}
	select {
	case <-h.ready:
	case <-h.stopped:
	case <-r.Context().Done():
		return
	}
	upgrader := websocket.Upgrader{
		Subprotocols: []string{protocol.Version},
		CheckOrigin:  func(*http.Request) bool { return true }, // checked above
	}
	c := newConn(h)
	if !h.add(c) {
		h.refuse(w, http.StatusServiceUnavailable, "not taking connections")
		return
	}
	defer h.remove(c)
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		h.stats.refused.Add(1)
		return // Upgrade has answered
	}
	h.stats.sockets.Add(1)
	c.run(ws)
}

func (h *Hub) refuse(w http.ResponseWriter, status int, text string) {
	h.stats.refused.Add(1)
	http.Error(w, text, status)
}

func (h *Hub) add(c *conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining || len(h.open) >= h.cfg.MaxSockets {
		return false
	}
	h.open[c] = struct{}{}
	h.conns.Add(1)
	return true
}

func (h *Hub) remove(c *conn) {
	h.mu.Lock()
	delete(h.open, c)
	h.mu.Unlock()
	h.conns.Done()
}

// room returns the room of a consultation, made when there is none. Each call is to be followed by a release.
func (h *Hub) room(id consult.ConsultationID) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[id]
	if r == nil {
		r = newRoom(h, id)
		h.rooms[id] = r
		h.roomsWG.Go(r.run)
	}
	r.refs++
	return r
}

// retain takes one more reference to a room that the caller holds one of.
func (h *Hub) retain(r *room) {
	h.mu.Lock()
	r.refs++
	h.mu.Unlock()
}

// release gives a reference back; the room closes with the last.
func (h *Hub) release(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.refs--; r.refs == 0 {
		delete(h.rooms, r.id)
		close(r.quit)
	}
}

func (h *Hub) isDraining() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.draining
}
