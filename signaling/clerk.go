package signaling

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// task is something that the clerk is asked for. Asking twice is asking once.
type task uint32

const (
	taskFacts     task = 1 << iota // the consultation or its seats may have changed
	taskThread                     // there are messages that the room has not told
	taskRecording                  // who is here, who agrees, or who sends what has changed
	taskExpire                     // a held seat's time may be over
)

// retryAfter is when a failed task is tried again: the poll that replaces a lost hint.
const retryAfter = time.Second

// clerk does a room's work that no connection asks for, one task after another.
type clerk struct {
	pending atomic.Uint32
	wake    chan struct{}
}

// ask wants tasks done soon. It never blocks.
func (k *clerk) ask(t task) {
	k.pending.Or(uint32(t))
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (r *room) runClerk() {
	rec := &recordings{room: r, now: map[source]*running{}, failed: map[source]bool{}}
	for {
		select {
		case <-r.clerk.wake:
			r.guard(func() { r.attend(rec) })
		case <-r.quit:
			r.guard(func() { rec.stopAll() })
			r.guard(func() { r.expire(true) })
			return
		}
	}
}

// attend does what is asked for, and asks again for what failed.
func (r *room) attend(rec *recordings) {
	todo := task(r.clerk.pending.Swap(0))
	for _, t := range []struct {
		bits task
		do   func(context.Context) error
	}{
		{taskFacts, r.reread},
		{taskThread, r.catchUp},
		{taskRecording, rec.reconcile},
		{taskExpire, func(context.Context) error { r.expire(false); return nil }},
	} {
		if todo&t.bits == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(r.hub.workCtx, workWithin)
		err := t.do(ctx)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			r.log.Error("room task", "task", uint32(t.bits), "err", err)
			time.AfterFunc(retryAfter, func() { r.clerk.ask(t.bits) })
		}
	}
}

// reread brings the room in line with the facts: an end from outside, an
// admission, a revoked seat.
func (r *room) reread(ctx context.Context) error {
	d, err := r.hub.desk.Consultation(ctx, consult.System, r.id)
	if err != nil {
		return err
	}
	if d.Consultation.Status.Over() {
		r.finish(d.Consultation)
		return nil
	}
	r.do(func() {
		r.setSession(d.Consultation)
		for _, s := range d.Seats {
			r.seats[s.ID] = s
			switch here := r.sits(s.ID); {
			case !s.RevokedAt.IsZero():
				r.expel(s.ID, errRevoked)
			case here != nil && here.LinkGeneration < s.LinkGeneration:
				r.expel(s.ID, errReissued)
			case s.Admitted():
				r.admit(s.ID)
			}
		}
	})
	return nil
}

// sits is the seat of somebody who is here or waits, as it was when he came; nil when nobody is on it.
func (r *room) sits(id consult.SeatID) *consult.Seat {
	if w := r.waiting[id]; w != nil {
		return w.seat
	}
	if m := r.members[id]; m != nil {
		return m.seat
	}
	return nil
}

// expel closes the connection of somebody who may not be here any more; his
// seat is not held, and goes at once when it is. It runs in the loop.
func (r *room) expel(seat consult.SeatID, why *coded) {
	out := func(c *conn) {
		c.expelled.Store(true)
		c.say(protocol.ErrorReply{Code: why.code, Message: why.message, Fatal: true}, "")
		c.close(protocol.CloseCode(why.code), string(why.code))
	}
	if w := r.waiting[seat]; w != nil {
		out(w.conn)
	}
	switch m := r.members[seat]; {
	case m == nil:
	case m.conn != nil:
		out(m.conn)
	default:
		m.heldSince = time.Time{}
		r.clerk.ask(taskExpire)
	}
}

// expire lets go whose connection has not come back in time; everybody when
// the room is over or the hub goes down.
func (r *room) expire(all bool) {
	all = all || r.hub.isDraining()
	var due []*member
	mature := func(m *member) bool {
		return r.members[m.seat.ID] == m &&
			(r.end != nil || m.conn == nil && (all || time.Since(m.heldSince) >= r.hub.cfg.ResumeFor))
	}
	r.do(func() {
		for _, m := range r.members {
			if mature(m) {
				due = append(due, m)
			}
		}
	})
	for _, m := range due {
		r.letGo(m, mature)
	}
}

func (r *room) letGo(m *member, still func(*member) bool) {
	gate := r.gates.gate(m.seat.ID)
	gate <- struct{}{}
	defer func() { <-gate }()
	gone := false
	r.do(func() {
		if still(m) { // it may have come back while we waited at the gate
			gone = true
			if m.conn == nil {
				r.hub.release(r) // what hold has taken
			}
			r.drop(m)
		}
	})
	if gone {
		r.parted(m)
	}
}
