package signaling

import (
	"context"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// onAdmit lets a waiting person in. It may come before or after him: who is
// admitted once goes straight in from then on.
func (c *conn) onAdmit(ctx context.Context, _ string, m protocol.Admit) error {
	seat, err := c.hub.desk.Admit(ctx, consult.Principal{Seat: c.seat}, consult.SeatID(m.Seat))
	if err != nil {
		return err
	}
	if seat.ConsultationID == c.room.id {
		c.room.do(func() { c.room.admit(seat.ID) })
	}
	return nil
}

// onInvite makes a link for one more person.
func (c *conn) onInvite(ctx context.Context, id string, m protocol.Invite) error {
	by := consult.Principal{Seat: c.seat}
	seat, url, err := c.hub.desk.Invite(ctx, by, c.room.id, consult.Role(m.Role), consult.Person{Name: m.Name})
	if err != nil {
		return err
	}
	c.room.do(func() { c.room.seats[seat.ID] = seat })
	c.say(protocol.Invited{Seat: string(seat.ID), Role: string(seat.Role), Name: seat.Person.Name, URL: url}, id)
	return nil
}

// onEnd ends the consultation for all.
func (c *conn) onEnd(ctx context.Context, _ string, _ protocol.End) error {
	d, err := c.hub.desk.Finish(ctx, consult.Principal{Seat: c.seat}, c.room.id, consult.EndedByDoctor)
	if err != nil {
		return err
	}
	c.room.finish(d.Consultation)
	return nil
}
