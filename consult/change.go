package consult

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// change is one transaction of the desk. What is done through it is either
// all there after the commit, with its audit and its events, or not at all.
type change struct {
	tx    Tx
	by    Principal // whom the audit names
	node  string    // where an attendance begins
	now   time.Time
	clock func() time.Time
	hints []Hint
	first string // what the first entry of the audit is about
}

// change runs fn in one transaction and publishes its hints when that is
// committed. fn may run again: it has no effect but on ch and on what it assigns.
// Under [WithOnce] the request's mark is written in the same transaction.
func (d *Desk) change(ctx context.Context, by Principal, fn func(ch *change) error) error {
	once := onceOf(ctx)
	var hints []Hint
	var effect string
	err := d.store.Update(ctx, func(tx Tx) error {
		ch := &change{tx: tx, by: by, node: d.cfg.Node, now: d.clock(), clock: d.clock}
		if err := fn(ch); err != nil {
			return err
		}
		hints, effect = ch.hints, ch.first
		return once.mark(tx, effect)
	})
	if err != nil {
		return err
	}
	once.marked(effect)
	for _, h := range hints {
		d.feed.Publish(h)
	}
	return nil
}

func (ch *change) hint(id ConsultationID, kind HintKind) {
	if h := (Hint{ConsultationID: id, Kind: kind}); !slices.Contains(ch.hints, h) {
		ch.hints = append(ch.hints, h)
	}
}

// audit notes what ch.by did. detail holds no personal data.
func (ch *change) audit(action Action, id ConsultationID, object, detail string) error {
	err := ch.tx.AddAudit(&AuditEntry{
		ID:             NewID("au_", ch.now),
		At:             ch.now,
		Actor:          ch.by.Actor(),
		Action:         string(action),
		ConsultationID: id,
		Object:         object,
		Detail:         detail,
	})
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	if ch.first == "" {
		ch.first = object
	}
	return nil
}

// event puts an event into the outbox. Its time and id are taken behind its
// number, so that they rise together.
func (ch *change) event(c *Consultation, typ EventType, body eventBody) error {
	seq, err := ch.tx.NextEventSeq(c.ID)
	if err != nil {
		return fmt.Errorf("number event %s: %w", typ, err)
	}
	body.SessionID, body.ExternalID, body.Status = c.ID, c.ExternalID, shownStatus(c.Status)
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", typ, err)
	}
	at := ch.clock()
	err = ch.tx.AddEvent(&Event{
		ID:             newEventID(at, seq),
		Integration:    c.Integration,
		ConsultationID: c.ID,
		Sequence:       seq,
		Type:           typ,
		CreatedAt:      at,
		Data:           data,
	})
	if err != nil {
		return fmt.Errorf("add event %s: %w", typ, err)
	}
	ch.hint(c.ID, HintOutbox)
	return nil
}

// save writes c. Whatever hangs on the state of a consultation saves it, even
// unchanged: the version then makes two such changes follow each other.
func (ch *change) save(c *Consultation) error {
	if err := ch.tx.SaveConsultation(c); err != nil {
		return fmt.Errorf("save consultation %s: %w", c.ID, err)
	}
	return nil
}

// turn moves c to another status: open attendances are closed when it is over
// then, c is saved, and the integration is told.
func (ch *change) turn(c *Consultation, to Status, reason EndReason) error {
	from := c.Status
	if to.Over() {
		if err := ch.clearRoom(c); err != nil {
			return err
		}
	}
	if err := c.turn(to, reason, ch.now); err != nil {
		return err
	}
	if err := ch.save(c); err != nil {
		return err
	}
	ch.hint(c.ID, HintStatus)
	return ch.event(c, SessionStatusChanged, statusBody(c, from))
}

// clearRoom closes all open attendances of c.
func (ch *change) clearRoom(c *Consultation) error {
	as, err := ch.tx.Attendances(c.ID)
	if err != nil {
		return fmt.Errorf("read attendances of %s: %w", c.ID, err)
	}
	for _, a := range as {
		if a.LeftAt.IsZero() {
			if err := ch.closeAttendance(c, a); err != nil {
				return err
			}
		}
	}
	return nil
}

func (ch *change) closeAttendance(c *Consultation, a *Attendance) error {
	a.LeftAt = ch.now
	if err := ch.tx.SaveAttendance(a); err != nil {
		return fmt.Errorf("close attendance %s: %w", a.ID, err)
	}
	return ch.event(c, ParticipantLeft, attendanceBody(a))
}

// lookup reads a consultation and checks that ch.by may do action with it.
func (ch *change) lookup(action Action, id ConsultationID) (*Consultation, error) {
	return lookup(ch.tx, ch.by, action, id)
}

// lookup reads a consultation and checks that by may do action with it. A
// seat is read anew: it may have been revoked since the caller was known.
func lookup(tx Tx, by Principal, action Action, id ConsultationID) (*Consultation, error) {
	c, err := tx.Consultation(id)
	if err != nil {
		return nil, fmt.Errorf("read consultation %s: %w", id, err)
	}
	if by.Seat != nil {
		seat, err := tx.Seat(by.Seat.ID)
		if err != nil {
			return nil, fmt.Errorf("read seat %s: %w", by.Seat.ID, err)
		}
		by = Principal{Seat: seat}
	}
	if err := authorize(by, action, about(c)); err != nil {
		return nil, err
	}
	return c, nil
}

// liveSeat reads a seat that is not revoked, with its consultation.
func liveSeat(tx Tx, id SeatID) (*Seat, *Consultation, error) {
	seat, err := tx.Seat(id)
	if CodeOf(err) == CodeNotFound {
		return nil, nil, Errorf(CodeLinkUnknown, "there is no such seat")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read seat %s: %w", id, err)
	}
	if !seat.RevokedAt.IsZero() {
		return nil, nil, Errorf(CodeLinkUnknown, "the invitation was revoked")
	}
	c, err := tx.Consultation(seat.ConsultationID)
	if err != nil {
		return nil, nil, fmt.Errorf("read consultation %s: %w", seat.ConsultationID, err)
	}
	return seat, c, nil
}

// speaker is liveSeat for somebody who writes into the thread of a
// consultation that goes on; may is what the seat must be for that.
func (d *Desk) speaker(tx Tx, id SeatID, now time.Time, may func(*Seat) bool) (*Seat, *Consultation, error) {
	seat, c, err := liveSeat(tx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := d.cfg.going(c, now); err != nil {
		return nil, nil, err
	}
	if !may(seat) {
		return nil, nil, Errorf(CodeForbidden, "the doctor has not let you in yet")
	}
	return seat, c, nil
}
