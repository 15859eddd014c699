package signaling

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// room is one consultation with somebody connected to it. Its loop owns what
// stands below the line: read and change it only in a function given to do.
type room struct {
	hub  *Hub
	id   consult.ConsultationID
	log  *slog.Logger
	refs int // guarded by hub.mu

	calls  chan func()
	wake   chan struct{} // a link has events
	quit   chan struct{} // closed by hub.release
	clerk  clerk
	gates  gates
	load   sync.Mutex // held while the first facts are read
	loaded bool       // guarded by load
	people atomic.Int32
	posts  posts

	// ----
	session   *consult.Consultation
	seats     map[consult.SeatID]*consult.Seat // names and roles of all who may have written
	members   map[consult.SeatID]*member
	waiting   map[consult.SeatID]*waiter
	arrivals  uint64
	end       *protocol.Ended // once over
	thread    thread
	recording recordingFlags
	quality   qualityClock
}

func newRoom(h *Hub, id consult.ConsultationID) *room {
	return &room{
		hub: h, id: id, log: h.log.With("consultation", id),
		calls: make(chan func()), wake: make(chan struct{}, 1), quit: make(chan struct{}),
		clerk: clerk{wake: make(chan struct{}, 1)},
		seats: map[consult.SeatID]*consult.Seat{}, members: map[consult.SeatID]*member{}, waiting: map[consult.SeatID]*waiter{},
		thread: thread{ahead: map[int64]post{}},
	}
}

// run is the room's life: the loop, and beside it the clerk, whose last act
// is to stop recordings and close links.
func (r *room) run() {
	clerkDone := make(chan struct{})
	go func() {
		defer close(clerkDone)
		r.runClerk()
	}()
	for {
		select {
		case fn := <-r.calls:
			r.guard(fn)
		case <-r.wake:
			r.guard(r.drainLinks)
		case <-r.quality.due():
			r.guard(r.tellQuality)
		case <-clerkDone:
			return
		}
	}
}

// do runs fn in the loop and returns when it has run. fn must not block. The
// caller holds a reference to the room, or is its clerk: so the loop is alive.
func (r *room) do(fn func()) {
	done := make(chan struct{})
	r.calls <- func() {
		defer close(done)
		fn()
	}
	<-done
}

// guard keeps a panic in fn from ending the process.
func (r *room) guard(fn func()) {
	defer func() {
		if v := recover(); v != nil {
			r.hub.panicked("room", v)
		}
	}()
	fn()
}

// member is somebody in the room. The loop owns it, but for attendance, which
// changes with the seat's gate held.
type member struct {
	seat       *consult.Seat
	number     uint64 // order of coming
	in         bool   // the others see him
	conn       *conn  // nil while a broken socket may come back
	live       bool   // conn has been sent joined: it may be sent the rest
	pass       string // of the tab that holds the seat
	heldSince  time.Time
	media      protocol.Media
	consent    string
	attendance *consult.Attendance
	link       *link // nil: text only
	seen       int64 // last message sent, or in the thread when he came
}

// waiter is somebody who waits for admission. The loop owns it.
type waiter struct {
	seat    *consult.Seat
	conn    *conn
	pass    string
	since   time.Time
	seen    int64 // as in member
	consent string
}

// everyone calls fn for each connection in the room, and of waiting people.
func (r *room) everyone(fn func(*conn)) {
	r.inside(func(m *member) { fn(m.conn) })
	for _, w := range r.waiting {
		fn(w.conn)
	}
}

// inside calls fn for each member who is connected and has been told that he is in.
func (r *room) inside(fn func(*member)) {
	for _, m := range r.members {
		if m.in && m.live {
			fn(m)
		}
	}
}

// tell sends a message to all members but one, who may be nil.
func (r *room) tell(body any, except *member) {
	frame := r.hub.frame(body, "")
	r.inside(func(m *member) {
		if m != except {
			m.conn.send(frame)
		}
	})
}

// setSession takes over a newer state of the consultation and tells of a new status.
func (r *room) setSession(c *consult.Consultation) {
	old := r.session
	if old != nil && c.Version <= old.Version {
		return
	}
	r.session = c
	if old != nil && old.Status != c.Status && !c.Status.Over() {
		frame := r.hub.frame(protocol.SessionChanged{Session: r.viewSession()}, "")
		r.everyone(func(to *conn) { to.send(frame) })
	}
}

// finish ends the room for all. It does nothing the second time.
func (r *room) finish(c *consult.Consultation) {
	r.do(func() {
		if r.end != nil {
			return
		}
		r.setSession(c)
		r.end = &protocol.Ended{Status: string(c.Status), Reason: string(c.EndReason)}
		r.everyone(func(to *conn) { to.ended(r.end) })
	})
	r.clerk.ask(taskRecording | taskExpire)
}

// ended tells that the consultation is over, and closes.
func (c *conn) ended(e *protocol.Ended) {
	c.say(*e, "")
	c.close(protocol.CloseEnded, "ended")
}

// gates let one goroutine at a time bring a seat in or let it go.
type gates struct {
	mu sync.Mutex
	of map[consult.SeatID]chan struct{}
}

// gate returns the seat's gate: send to pass, receive to open it again.
func (g *gates) gate(seat consult.SeatID) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of == nil {
		g.of = map[consult.SeatID]chan struct{}{}
	}
	if g.of[seat] == nil {
		g.of[seat] = make(chan struct{}, 1)
	}
	return g.of[seat]
}
