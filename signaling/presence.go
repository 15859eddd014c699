package signaling

import (
	"context"
	"time"

	"github.com/gorilla/websocket"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// onJoin finds out who is there and brings him into the room or its waiting room.
// All its errors are fatal.
func (c *conn) onJoin(ctx context.Context, id string, m protocol.Join) error {
	entered, err := c.hub.desk.Resume(ctx, m.Pass)
	if err != nil {
		return fatally(err)
	}
	c.log = c.log.With("seat", entered.Seat.ID)
	answer := entered.Consent
	if m.Consent != nil {
		if answer, err = c.hub.desk.GiveConsent(ctx, entered.Seat.ID, m.Consent.Given, m.Consent.TextVersion, m.Consent.Language); err != nil {
			return fatally(err)
		}
	}
	session, seat, err := c.hub.desk.MayJoin(ctx, entered.Seat.ID)
	if err == nil && seat.LinkGeneration != entered.Seat.LinkGeneration {
		err = errReissued // a moment ago
	}
	if err != nil {
		return fatally(err)
	}
	c.seat, c.consent, c.join = seat, consentWord(answer), m
	c.room = c.hub.room(session.ID)
	if err := c.room.prepare(ctx, seat); err != nil {
		return fatally(err)
	}
	if seat.Admitted() {
		return fatally(c.enter(ctx, id))
	}
	return fatally(c.wait(ctx, id))
}

// prepare reads the facts that the room starts from, once, and learns of the seat.
func (r *room) prepare(ctx context.Context, seat *consult.Seat) error {
	r.load.Lock()
	defer r.load.Unlock()
	if !r.loaded {
		d, err := r.hub.desk.Consultation(ctx, consult.System, r.id)
		if err != nil {
			return err
		}
		r.do(func() {
			r.setSession(d.Consultation)
			r.thread.last = max(r.thread.last, d.Consultation.MessageSeq)
			for _, s := range d.Seats {
				r.seats[s.ID] = s
			}
		})
		r.loaded = true
	}
	r.do(func() { r.seats[seat.ID] = seat })
	return nil
}

// wait puts the person into the waiting room.
func (c *conn) wait(ctx context.Context, id string) error {
	history, err := c.history(ctx, c.join.Since)
	if err != nil {
		return err
	}
	r := c.room
	r.do(func() {
		if r.end != nil {
			c.ended(r.end)
			return
		}
		w := &waiter{seat: c.seat, conn: c, pass: c.join.Pass, since: r.hub.cfg.Now(), consent: c.consent}
		if old := r.waiting[c.seat.ID]; old != nil {
			if c.join.Resume && old.pass != w.pass {
				err = errReplaced
				return
			}
			w.since = old.since
			old.conn.replaced()
		}
		r.waiting[c.seat.ID] = w
		w.seen = r.reached(history)
		c.say(r.viewWaitingRoom(w, history), id)
		r.tellWaiting()
	})
	if err != nil {
		return err
	}
	c.stage = stageWaiting
	r.clerk.ask(taskFacts) // admitted between our reading and our waiting?
	return nil
}

var (
	errReissued = &coded{protocol.CodeReissued, "there is a new link for this person"}
	errRevoked  = &coded{protocol.CodeRevoked, "the invite was revoked"}
)

var errReplaced = &coded{protocol.CodeReplaced, "another tab has taken the seat"}

func (c *conn) replaced() { c.close(protocol.CloseReplaced, "replaced") }

// viewWaitingRoom is what a waiting person sees. Patients see the thread: the
// doctor may write to them there. For all others it begins with admission.
func (r *room) viewWaitingRoom(w *waiter, history []*consult.Message) protocol.WaitingRoom {
	v := protocol.WaitingRoom{
		Seat: string(w.seat.ID), Session: r.viewSession(), Recording: r.viewRecording(w.consent), Limits: r.limits(),
	}
	for _, m := range r.members {
		v.DoctorPresent = v.DoctorPresent || m.in && m.seat.Role == consult.RoleDoctor
	}
	if w.seat.InThread() {
		v.Messages, v.LastSeq = r.viewMessages(history), r.thread.last
	}
	return v
}

// tellWaiting shows the doctors who waits.
func (r *room) tellWaiting() {
	frame := r.hub.frame(protocol.WaitingChanged{Waiting: r.viewWaiting(consult.RoleDoctor)}, "")
	r.inside(func(m *member) {
		if m.seat.Role == consult.RoleDoctor {
			m.conn.send(frame)
		}
	})
}

// tellDoctorPresence shows the waiting people whether a doctor is there.
func (r *room) tellDoctorPresence() {
	for _, w := range r.waiting {
		w.conn.say(r.viewWaitingRoom(w, nil), "")
	}
}

// onAdmitted goes on from the waiting room into the room.
func (c *conn) onAdmitted(ctx context.Context) error {
	_, seat, err := c.hub.desk.MayJoin(ctx, c.seat.ID)
	if err == nil && seat.LinkGeneration != c.seat.LinkGeneration {
		err = errReissued
	}
	if err != nil {
		return fatally(err)
	}
	c.seat = seat
	return fatally(c.enter(ctx, ""))
}

// admit calls the connection of a waiting person in. It runs in the loop.
func (r *room) admit(seat consult.SeatID) {
	w := r.waiting[seat]
	if w == nil {
		return
	}
	delete(r.waiting, seat)
	select {
	case w.conn.admitted <- struct{}{}:
	default:
	}
	r.tellWaiting()
}

// depart gives up what the connection held, when its socket has ended: the
// place in the waiting room at once, the seat after ResumeFor, or at once when
// the hub goes down or the person may not be here any more.
func (c *conn) depart() {
	if c.room == nil {
		return
	}
	defer c.hub.release(c.room)
	if c.hub.isDraining() || c.expelled.Load() {
		c.goAway()
		return
	}
	r := c.room
	r.do(func() {
		if w := r.waiting[c.seat.ID]; w != nil && w.conn == c {
			delete(r.waiting, c.seat.ID)
			r.tellWaiting()
		}
		if m := c.member; m != nil && m.conn == c && r.end == nil {
			r.hold(m)
		}
	})
}

// hold keeps the seat of a broken connection for a while. It runs in the loop.
func (r *room) hold(m *member) {
	m.conn, m.live, m.heldSince = nil, false, time.Now()
	r.hub.retain(r) // given back by the clerk, or by the connection that comes back
	time.AfterFunc(r.hub.cfg.ResumeFor, func() { r.clerk.ask(taskExpire) })
	r.tell(protocol.PersonChanged{Person: m.view()}, m)
}

// onLeave gives the seat up at once.
func (c *conn) onLeave(ctx context.Context, _ string, _ protocol.Leave) error {
	c.goAway()
	c.close(websocket.CloseNormalClosure, "left")
	return nil
}

// goAway takes the connection's person out of the room or its waiting room now.
func (c *conn) goAway() {
	r := c.room
	gate := r.gates.gate(c.seat.ID)
	gate <- struct{}{}
	defer func() { <-gate }()
	var m *member
	r.do(func() {
		if w := r.waiting[c.seat.ID]; w != nil && w.conn == c {
			delete(r.waiting, c.seat.ID)
			r.tellWaiting()
		}
		if c.member != nil && c.member.conn == c {
			m = c.member
			r.drop(m)
		}
	})
	if m != nil {
		r.parted(m)
	}
	c.member, c.link = nil, nil
}

// drop takes a member out and tells the others. It runs in the loop; parted is to follow outside of it.
func (r *room) drop(m *member) {
	delete(r.members, m.seat.ID)
	r.people.Add(-1)
	if m.in {
		r.tell(protocol.PersonLeft{Seat: string(m.seat.ID)}, m)
		r.tellSpeaking()
		if m.seat.Role == consult.RoleDoctor {
			r.tellDoctorPresence()
		}
	}
	r.clerk.ask(taskRecording)
}

// parted does what leaving means outside the loop: the link is closed and the
// desk told. It runs with the seat's gate held.
func (r *room) parted(m *member) {
	m.link.close()
	if m.attendance == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.hub.workCtx), workWithin)
	defer cancel()
	if err := r.hub.desk.Leave(ctx, m.attendance); err != nil {
		r.log.Error("note that a seat left", "seat", m.seat.ID, "err", err)
	}
}

func (c *conn) onPing(_ context.Context, id string, _ protocol.Ping) error {
	c.say(protocol.Pong{ServerTime: c.hub.cfg.Now()}, id)
	return nil
}
