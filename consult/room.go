package consult

import (
	"context"
	"fmt"
	"time"
)

// MayJoin tells whether the seat may come into the room or its waiting room now; the same codes as Arrive but for forbidden.
func (d *Desk) MayJoin(ctx context.Context, seat SeatID) (*Consultation, *Seat, error) {
	var c *Consultation
	var s *Seat
	err := d.store.View(ctx, func(tx Tx) (err error) {
		s, c, err = d.joiner(tx, seat, d.clock())
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return c, s, nil
}

// joiner reads a seat that may come to the door at now.
func (d *Desk) joiner(tx Tx, id SeatID, now time.Time) (*Seat, *Consultation, error) {
	seat, c, err := liveSeat(tx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := d.cfg.Joinable(c, now); err != nil {
		return nil, nil, err
	}
	if c.Recording == RecordRequired {
		answers, err := lastConsents(tx, c.ID)
		if err != nil {
			return nil, nil, err
		}
		if a := answers[id]; a == nil || !a.Given {
			return nil, nil, Errorf(CodeConsent, "this consultation is recorded: it can be entered by those who agree")
		}
	}
	return seat, c, nil
}

// Arrive notes that an admitted seat came into the room: attendance, the event
// participant.joined, and the change to current when doctor and patient are both in.
// A seat that is in the room already gets its open attendance, and nothing changes; one that is so on another
// server leaves it there.
// Codes: too_early, cancelled, finished, link_unknown (revoked), forbidden (not admitted), consent_required.
func (d *Desk) Arrive(ctx context.Context, seat SeatID) (*Attendance, *Consultation, error) {
	var here *Attendance
	var at *Consultation
	err := d.change(ctx, Principal{}, func(ch *change) error {
		s, c, err := d.joiner(ch.tx, seat, ch.now)
		if err != nil {
			return err
		}
		if !s.Admitted() {
			return Errorf(CodeForbidden, "the doctor has not let you in yet")
		}
		ch.by = Principal{Seat: s}
		at = c
		as, err := ch.tx.Attendances(c.ID)
		if err != nil {
			return fmt.Errorf("read attendances of %s: %w", c.ID, err)
		}
		if here = openOf(as, seat); here != nil {
			if here.Node == ch.node {
				return nil
			}
			// It came over from another server, which may be gone.
			if err := ch.closeAttendance(c, here); err != nil {
				return err
			}
		}
		here, err = ch.arrive(c, s, as)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return here, at, nil
}

// arrive adds an attendance of s to those of c.
func (ch *change) arrive(c *Consultation, s *Seat, as []*Attendance) (*Attendance, error) {
	a := &Attendance{
		ID:             NewID("a_", ch.now),
		ConsultationID: c.ID,
		SeatID:         s.ID,
		Role:           s.Role,
		Node:           ch.node,
		JoinedAt:       ch.now,
	}
	if err := ch.tx.AddAttendance(a); err != nil {
		return nil, fmt.Errorf("add attendance of %s: %w", s.ID, err)
	}
	if err := ch.audit(actArrive, c.ID, string(s.ID), ""); err != nil {
		return nil, err
	}
	if err := ch.event(c, ParticipantJoined, attendanceBody(a)); err != nil {
		return nil, err
	}
	if c.Status == Upcoming && held(append(as, a)) {
		return a, ch.turn(c, Current, "")
	}
	c.EmptySince = time.Time{}
	return a, ch.save(c)
}

func openOf(as []*Attendance, seat SeatID) *Attendance {
	for _, a := range as {
		if a.SeatID == seat && a.LeftAt.IsZero() {
			return a
		}
	}
	return nil
}

// Leave closes an attendance; when nobody is left EmptySince is set. Leaving twice is no error.
func (d *Desk) Leave(ctx context.Context, a *Attendance) error {
	return d.change(ctx, Principal{Seat: &Seat{ID: a.SeatID}}, func(ch *change) error {
		c, err := ch.tx.Consultation(a.ConsultationID)
		if err != nil {
			return fmt.Errorf("read consultation %s: %w", a.ConsultationID, err)
		}
		as, err := ch.tx.Attendances(c.ID)
		if err != nil {
			return fmt.Errorf("read attendances of %s: %w", c.ID, err)
		}
		stored := openOf(as, a.SeatID)
		if stored == nil || stored.ID != a.ID {
			return nil
		}
		if err := ch.closeAttendance(c, stored); err != nil {
			return err
		}
		if err := ch.audit(actLeave, c.ID, string(a.SeatID), ""); err != nil {
			return err
		}
		return ch.settleRoom(c, as)
	})
}

// settleRoom saves c, with EmptySince when nobody of as is in the room any more.
func (ch *change) settleRoom(c *Consultation, as []*Attendance) error {
	for _, a := range as {
		if a.LeftAt.IsZero() {
			return ch.save(c)
		}
	}
	if c.Status == Current && c.EmptySince.IsZero() {
		c.EmptySince = ch.now
	}
	return ch.save(c)
}

// Admit lets a waiting seat in, for ever; admitting again is no error. The doctor's seat may.
// Codes: not_found, forbidden, link_unknown (revoked), cancelled, finished.
func (d *Desk) Admit(ctx context.Context, by Principal, seat SeatID) (*Seat, error) {
	var admitted *Seat
	err := d.change(ctx, by, func(ch *change) error {
		s, err := ch.tx.Seat(seat)
		if err != nil {
			return fmt.Errorf("read seat %s: %w", seat, err)
		}
		c, err := ch.lookup(ActAdmit, s.ConsultationID)
		if err != nil {
			return err
		}
		if err := d.cfg.going(c, ch.now); err != nil {
			return err
		}
		if !s.RevokedAt.IsZero() {
			return Errorf(CodeLinkUnknown, "the invitation was revoked")
		}
		admitted = s
		if s.Admitted() {
			return nil
		}
		s.AdmittedAt = ch.now
		if err := ch.tx.SaveSeat(s); err != nil {
			return fmt.Errorf("save seat %s: %w", s.ID, err)
		}
		ch.hint(c.ID, HintSeats)
		return ch.audit(ActAdmit, c.ID, string(s.ID), "")
	})
	if err != nil {
		return nil, err
	}
	return admitted, nil
}

// Invite makes a seat and its link for one more person; an integration's key or the
// doctor's seat may. Codes: conflict when over or MaxSeats is reached, invalid.
func (d *Desk) Invite(ctx context.Context, by Principal, id ConsultationID, role Role, p Person) (*Seat, string, error) {
	var f fields
	if !known(role, RoleDoctor, RolePatient, RoleRelative, RoleInterpreter, RoleObserver) {
		f.add("/role", "must be doctor, patient, relative, interpreter or observer")
	}
	if p.ID != "" {
		f.id("/id", p.ID)
	}
	f.person("", p)
	if err := f.err("the invitation"); err != nil {
		return nil, "", err
	}
	var seat *Seat
	err := d.change(ctx, by, func(ch *change) error {
		c, err := ch.lookup(ActInvite, id)
		if err != nil {
			return err
		}
		if err := d.roomFor(ch, c); err != nil {
			return err
		}
		if seat, err = d.addSeat(ch, c, role, p); err != nil {
			return err
		}
		if err := ch.save(c); err != nil {
			return err
		}
		ch.hint(c.ID, HintSeats)
		return ch.audit(ActInvite, c.ID, string(seat.ID), string(role))
	})
	if err != nil {
		return nil, "", err
	}
	return seat, d.cfg.link(seat), nil
}

// roomFor is nil when one more person can be invited. Code: conflict.
func (d *Desk) roomFor(ch *change, c *Consultation) error {
	if d.cfg.going(c, ch.now) != nil {
		return Errorf(CodeConflict, "the consultation is over")
	}
	seats, err := ch.tx.Seats(c.ID)
	if err != nil {
		return fmt.Errorf("read seats of %s: %w", c.ID, err)
	}
	live := 0
	for _, s := range seats {
		if s.RevokedAt.IsZero() {
			live++
		}
	}
	if live >= d.cfg.MaxSeats {
		return Errorf(CodeConflict, "there are %d people already, more do not fit", live)
	}
	return nil
}
