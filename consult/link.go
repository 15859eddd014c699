package consult

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// linkBytes is how much of a link is secret: 128 bits, short enough for a text message.
const linkBytes = 16

// keyLength is what LinkKey and AuditKey must have: 256 bits.
const keyLength = 32

// linkToken is the token of a seat's link. It is derived, so that it can be
// shown again to those who may, and stands in the database as its hash only.
func (cfg Config) linkToken(seat SeatID, generation int64) string {
	mac := hmac.New(sha256.New, cfg.LinkKey)
	mac.Write([]byte("link\x00" + string(seat) + "\x00" + strconv.FormatInt(generation, 10)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:linkBytes])
}

// link is the join URL of a seat; "" when it cannot be shown: the seat is
// revoked, or its link was made before links were derived.
func (cfg Config) link(s *Seat) string {
	if s.LinkGeneration < 1 || !s.RevokedAt.IsZero() {
		return ""
	}
	return strings.TrimSuffix(cfg.PublicURL, "/") + "/j/" + cfg.linkToken(s.ID, s.LinkGeneration)
}

// relink gives s its next link. The one before opens nothing once s is saved.
func (cfg Config) relink(s *Seat) {
	s.LinkGeneration++
	s.LinkHash = HashToken(cfg.linkToken(s.ID, s.LinkGeneration))
}

// seesLinks tells whether p is shown the join links of what it may read.
func seesLinks(p Principal) bool {
	switch {
	case p.Key != nil:
		return p.Key.Has(ScopeSessionsWrite)
	case p.Staff != nil:
		return p.Staff.Is(StaffAdmin)
	}
	return false
}

// withLinks adds to each of ds the links that by is shown.
func (d *Desk) withLinks(by Principal, ds ...*Details) {
	if !seesLinks(by) {
		return
	}
	for _, item := range ds {
		item.Links = make(map[SeatID]string, len(item.Seats))
		for _, s := range item.Seats {
			if link := d.cfg.link(s); link != "" {
				item.Links[s.ID] = link
			}
		}
	}
}

// Seats reads a consultation for somebody who hands out its links: keys with
// sessions:write and administrators. Codes: not_found, forbidden.
func (d *Desk) Seats(ctx context.Context, by Principal, id ConsultationID) (*Details, error) {
	return d.read(ctx, by, ActListSeats, id)
}

// SeatLink reads one seat and its link, "" where it cannot be shown, for those whom [Desk.Seats] lets.
// Codes: not_found, forbidden.
func (d *Desk) SeatLink(ctx context.Context, by Principal, id SeatID) (*Seat, string, error) {
	var seat *Seat
	err := d.store.View(ctx, func(tx Tx) error {
		s, err := tx.Seat(id)
		if err != nil {
			return fmt.Errorf("read seat %s: %w", id, err)
		}
		if _, err := lookup(tx, by, ActListSeats, s.ConsultationID); err != nil {
			return err
		}
		seat = s
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return seat, d.cfg.link(seat), nil
}

// Reissue gives a seat a new link and returns it. The old link and its passes
// end at once, and who is in the room with one of them is put out ([HintSeats]).
// Codes: not_found, forbidden, conflict (revoked, or the consultation is over).
func (d *Desk) Reissue(ctx context.Context, by Principal, id SeatID) (*Seat, string, error) {
	var seat *Seat
	err := d.change(ctx, by, func(ch *change) error {
		s, c, err := ch.seatFor(ActRelink, id)
		if err != nil {
			return err
		}
		if d.cfg.going(c, ch.now) != nil {
			return Errorf(CodeConflict, "the consultation is over")
		}
		if !s.RevokedAt.IsZero() {
			return Errorf(CodeConflict, "the invitation was revoked")
		}
		seat = s
		if err := d.endLink(ch, c, s); err != nil {
			return err
		}
		return ch.audit(ActRelink, c.ID, string(s.ID), "")
	})
	if err != nil {
		return nil, "", err
	}
	return seat, d.cfg.link(seat), nil
}

// Revoke ends a guest's seat with its link and passes at once; who sits there
// is put out of the room ([HintSeats]). Revoking again is no error. The doctor and
// the patient of the consultation cannot be revoked: their links can be reissued.
// Codes: not_found, forbidden, conflict.
func (d *Desk) Revoke(ctx context.Context, by Principal, id SeatID) error {
	return d.change(ctx, by, func(ch *change) error {
		s, c, err := ch.seatFor(ActRevokeSeat, id)
		if err != nil {
			return err
		}
		own, err := ch.ownSeat(c, s.Role)
		switch {
		case err != nil:
			return err
		case own != nil && own.ID == id:
			return Errorf(CodeConflict, "the %s of the consultation cannot be revoked: reissue the link instead", s.Role)
		case !s.RevokedAt.IsZero():
			return nil
		}
		s.RevokedAt = ch.now
		if err := ch.vacate(c, s); err != nil {
			return err
		}
		return ch.audit(ActRevokeSeat, c.ID, string(s.ID), "")
	})
}

// endLink gives s a new link and ends all that the old one opened.
func (d *Desk) endLink(ch *change, c *Consultation, s *Seat) error {
	d.cfg.relink(s)
	return ch.vacate(c, s)
}

// vacate saves a seat that has changed hands or ended: its passes are deleted,
// its attendance is closed.
func (ch *change) vacate(c *Consultation, s *Seat) error {
	if err := ch.tx.SaveSeat(s); err != nil {
		return fmt.Errorf("save seat %s: %w", s.ID, err)
	}
	if err := ch.tx.DeletePassesOf(s.ID); err != nil {
		return fmt.Errorf("delete passes of %s: %w", s.ID, err)
	}
	ch.hint(c.ID, HintSeats)
	as, err := ch.tx.Attendances(c.ID)
	if err != nil {
		return fmt.Errorf("read attendances of %s: %w", c.ID, err)
	}
	if here := openOf(as, s.ID); here != nil {
		if err := ch.closeAttendance(c, here); err != nil {
			return err
		}
	}
	return ch.settleRoom(c, as)
}

// seatFor reads a seat and its consultation, and checks that ch.by may do action with it.
func (ch *change) seatFor(action Action, id SeatID) (*Seat, *Consultation, error) {
	s, err := ch.tx.Seat(id)
	if err != nil {
		return nil, nil, fmt.Errorf("read seat %s: %w", id, err)
	}
	c, err := ch.lookup(action, s.ConsultationID)
	if err != nil {
		return nil, nil, err
	}
	return s, c, nil
}

// ownSeat is the seat of the consultation's own doctor or patient, which was
// made with it; nil for other roles.
func (ch *change) ownSeat(c *Consultation, role Role) (*Seat, error) {
	if role != RoleDoctor && role != RolePatient {
		return nil, nil
	}
	seats, err := ch.tx.Seats(c.ID)
	if err != nil {
		return nil, fmt.Errorf("read seats of %s: %w", c.ID, err)
	}
	for _, s := range seats { // the oldest first
		if s.Role == role {
			return s, nil
		}
	}
	return nil, nil
}
