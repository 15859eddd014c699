package signaling

import (
	"context"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// entry is one connection's way into the room. The seat's gate is held all the
// way: two tabs of one person come in one after the other.
type entry struct {
	c       *conn
	m       *member
	resumed bool // the seat was still held
	kept    bool // and the media connection goes on
	answer  string
}

// enter brings an admitted person in. An error leaves the room as it was
// without this connection.
func (c *conn) enter(ctx context.Context, id string) error {
	gate := c.room.gates.gate(c.seat.ID)
	select {
	case gate <- struct{}{}:
		defer func() { <-gate }()
	case <-ctx.Done():
		return consult.Errorf(consult.CodeUnavailable, "the seat is busy")
	}
	e := &entry{c: c}
	if err := e.claim(); err != nil {
		return err
	}
	err := e.arrive(ctx)
	if err == nil {
		err = e.connect(ctx)
	}
	var history []*consult.Message
	if err == nil {
		history, err = c.history(ctx, c.join.Since)
	}
	if err != nil {
		e.abandon()
		return err
	}
	e.complete(id, history)
	c.room.clerk.ask(taskRecording | taskFacts) // revoked or reissued between our reading and our coming in?
	return nil
}

// claim makes the connection the owner of its seat. The tab that had it is closed.
func (e *entry) claim() (err error) {
	c, r := e.c, e.c.room
	r.do(func() {
		if r.end != nil {
			err = overError(r.end)
			return
		}
		m := r.members[c.seat.ID]
		switch {
		case m == nil && len(r.members) >= r.hub.desk.Config().MaxSeats:
			err = &coded{protocol.CodeRoomFull, "the room is full"}
			return
		case m == nil:
			r.arrivals++
			m = &member{seat: c.seat, number: r.arrivals, consent: c.consent}
			r.members[c.seat.ID] = m
			r.people.Add(1)
		case c.join.Resume && m.pass != c.join.Pass:
			err = errReplaced
			return
		case m.conn != nil:
			m.conn.replaced()
		default:
			r.hub.release(r) // what hold has taken; we have our own
		}
		if w := r.waiting[c.seat.ID]; w != nil { // an older tab still waits
			delete(r.waiting, c.seat.ID)
			w.conn.replaced()
			r.tellWaiting()
		}
		m.conn, m.live, m.pass, m.seat = c, false, c.join.Pass, c.seat
		e.m, e.resumed = m, m.in
	})
	c.member = e.m
	return err
}

// overError is what somebody who comes after the end is told.
func overError(end *protocol.Ended) error {
	if end.Status == string(consult.Cancelled) {
		return consult.Errorf(consult.CodeCancelled, "the consultation was cancelled")
	}
	return consult.Errorf(consult.CodeFinished, "the consultation is over")
}

// arrive notes the attendance, unless the seat was held.
func (e *entry) arrive(ctx context.Context) error {
	if e.m.attendance != nil { // only changed with the gate held
		return nil
	}
	attendance, session, err := e.c.hub.desk.Arrive(ctx, e.c.seat.ID)
	if err != nil {
		return err
	}
	e.m.attendance = attendance
	e.c.room.do(func() { e.c.room.setSession(session) })
	return nil
}

// connect keeps the media connection there is, or answers the offer with a new one.
func (e *entry) connect(ctx context.Context) error {
	c, m := e.c, e.m
	if e.resumed && c.join.Resume && c.join.PeerAlive && m.link.usable() {
		e.kept, c.link = true, m.link
		return nil
	}
	c.link = nil
	if c.join.Offer == nil {
		c.setLink(nil)
		return nil
	}
	var err error
	e.answer, err = c.newLink(ctx, *c.join.Offer, c.join.Media)
	return err
}

// complete shows the person to the others and the room to the person.
func (e *entry) complete(id string, history []*consult.Message) {
	c, m, r := e.c, e.m, e.c.room
	r.do(func() {
		if r.end != nil {
			c.ended(r.end)
			return
		}
		m.media, m.consent = c.join.Media, c.consent
		m.in, m.live = true, true
		m.seen = r.reached(history)
		joined := protocol.Joined{
			Seat: string(c.seat.ID), Session: r.viewSession(), People: r.viewPeople(), Waiting: r.viewWaiting(c.seat.Role),
			Messages: r.viewMessages(history), LastSeq: r.reached(history), Answer: e.answer, PeerKept: e.kept,
			Resumed: e.resumed, Recording: r.viewRecording(m.consent), Limits: r.limits(),
		}
		if m.link != nil {
			joined.Slots = viewSlots(m.link.box.currentSlots())
		}
		c.say(joined, id)
		if e.resumed {
			r.tell(protocol.PersonChanged{Person: m.view()}, m)
		} else {
			r.tell(protocol.PersonJoined{Person: m.view()}, m)
		}
		if c.seat.Role == consult.RoleDoctor && !e.resumed {
			r.tellDoctorPresence()
		}
	})
	c.stage = stageIn
}

// abandon undoes claim: who was in before is held as after a broken socket.
func (e *entry) abandon() {
	c, m, r := e.c, e.m, e.c.room
	gone := false
	r.do(func() {
		switch {
		case m.conn != c || r.end != nil:
		case m.in:
			r.hold(m)
		default:
			r.drop(m)
			gone = true
		}
	})
	if gone {
		r.parted(m)
	}
	c.member, c.link = nil, nil
}
