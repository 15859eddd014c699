package consult

import (
	"context"
	"fmt"
	"strings"
)

// MaxText is how many characters a message may have.
const MaxText = 4000

// Messages reads the thread after seq, at most limit (1..200). Seats that are [Seat.InThread], keys (sessions:read), staff and System may.
// What a key or staff reads is audited. Codes: not_found, forbidden, invalid (limit).
func (d *Desk) Messages(ctx context.Context, by Principal, id ConsultationID, after int64, limit int) ([]*Message, error) {
	limit, err := pageSize(limit)
	if err != nil {
		return nil, err
	}
	var ms []*Message
	read := func(tx Tx) (ConsultationID, error) {
		if _, err := lookup(tx, by, ActReadThread, id); err != nil {
			return "", err
		}
		ms, err = tx.Messages(id, after, limit)
		if err != nil {
			return "", fmt.Errorf("read messages of %s: %w", id, err)
		}
		return id, nil
	}
	if by.Seat != nil { // whose thread it is
		err = d.store.View(ctx, func(tx Tx) error {
			_, err := read(tx)
			return err
		})
	} else {
		err = d.reading(ctx, by, ActReadThread, string(id), read)
	}
	if err != nil {
		return nil, err
	}
	return ms, nil
}

// PostMessage stores a text; posting the same clientID again returns the message that is there.
// Codes: invalid (empty, > 4000 characters, not UTF-8), finished, cancelled, link_unknown (revoked), forbidden (not [Seat.InThread]).
func (d *Desk) PostMessage(ctx context.Context, seat SeatID, clientID, text string) (*Message, error) {
	var f fields
	f.id("/clientId", clientID)
	f.text("/text", text, MaxText)
	if strings.TrimSpace(text) == "" {
		f.add("/text", "is empty")
	}
	if err := f.err("the message"); err != nil {
		return nil, err
	}
	var posted *Message
	err := d.change(ctx, Principal{}, func(ch *change) (err error) {
		if posted, err = ch.tx.MessageByClientID(seat, clientID); CodeOf(err) != CodeNotFound {
			return err
		}
		s, c, err := d.speaker(ch.tx, seat, ch.now, (*Seat).InThread)
		if err != nil {
			return err
		}
		posted, err = ch.post(c, s, &Message{ClientID: clientID, Kind: TextMessage, Text: text})
		return err
	})
	if lostRace(err) {
		if posted := d.message(ctx, seat, clientID); posted != nil {
			return posted, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return posted, nil
}

// post numbers m and puts it into the thread.
func (ch *change) post(c *Consultation, s *Seat, m *Message) (*Message, error) {
	ch.by = Principal{Seat: s}
	seq, err := ch.tx.NextMessageSeq(c.ID)
	if err != nil {
		return nil, fmt.Errorf("number message of %s: %w", c.ID, err)
	}
	m.ID = MessageID(NewID("m_", ch.now))
	m.ConsultationID, m.SeatID = c.ID, s.ID
	m.Seq, m.SentAt = seq, ch.clock()
	if err := ch.tx.AddMessage(m); err != nil {
		return nil, fmt.Errorf("add message of %s: %w", s.ID, err)
	}
	if err := ch.audit(actPost, c.ID, string(m.ID), string(m.Kind)); err != nil {
		return nil, err
	}
	ch.hint(c.ID, HintThread)
	return m, ch.event(c, MessageCreated, messageCreatedBody(m))
}

// lostRace tells that a row which must be single was there: somebody sent the same at the same time.
func lostRace(err error) bool { return known(CodeOf(err), CodeConflict, CodeDuplicate) }

// message reads a message by its client's id; nil when there is none.
func (d *Desk) message(ctx context.Context, seat SeatID, clientID string) *Message {
	var m *Message
	err := d.store.View(ctx, func(tx Tx) (err error) {
		m, err = tx.MessageByClientID(seat, clientID)
		return err
	})
	if err != nil {
		return nil
	}
	return m
}
