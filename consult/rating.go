package consult

import (
	"context"
	"fmt"
)

const (
	maxStars   = 5
	maxComment = 1000
)

// Rate keeps what a patient thought of a consultation that is finished, once, as long as
// his link opens it; the same again is no error. Codes: invalid, link_unknown (revoked), forbidden
// (not the patient's seat), conflict (not finished, or rated already), link_expired.
func (d *Desk) Rate(ctx context.Context, seat SeatID, stars int, comment string) error {
	var f fields
	if stars < 1 || stars > maxStars {
		f.add("/stars", "must be from 1 to %d", maxStars)
	}
	f.text("/comment", comment, maxComment)
	if err := f.err("the rating"); err != nil {
		return err
	}
	return d.change(ctx, Principal{}, func(ch *change) error {
		s, c, err := liveSeat(ch.tx, seat)
		if err != nil {
			return err
		}
		ch.by = Principal{Seat: s}
		if err := authorize(ch.by, ActRate, about(c)); err != nil {
			return err
		}
		switch r := c.Rating; {
		case c.Status != Finished:
			return Errorf(CodeConflict, "the consultation is %s: it can be rated once it is finished", c.Status)
		case r.Stars == stars && r.Comment == comment:
			return nil
		case r.Stars != 0:
			return Errorf(CodeConflict, "the consultation was rated already")
		case reached(ch.now, c.accessEnds()):
			return Errorf(CodeLinkExpired, "the consultation was too long ago")
		}
		c.Rating = Rating{Stars: stars, Comment: comment, At: ch.now}
		if err := ch.save(c); err != nil {
			return err
		}
		if err := ch.audit(ActRate, c.ID, string(c.ID), fmt.Sprintf("stars=%d", stars)); err != nil {
			return err
		}
		return ch.event(c, SessionRated, eventBody{Rating: &ratingBody{stars}})
	})
}
