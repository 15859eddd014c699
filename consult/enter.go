package consult

import (
	"context"
	"fmt"
	"time"
)

// Entered is what a link or a pass opens.
type Entered struct {
	Pass         string // the tab's credential; only from Enter
	Seat         *Seat
	Consultation *Consultation
	OpensAt      time.Time // when the join window opens
	Consent      *Consent  // the seat's last answer; nil when not asked yet
}

// passBytes is the randomness of a pass: 256 bits.
const passBytes = 32

// Enter exchanges a link's token for a pass. It may be done any number of times: each tab has a pass of its own.
// Before the join window it succeeds too (the page shows when to come back).
// Codes: link_unknown, link_expired, cancelled, finished. A link expires a day after its consultation is over.
func (d *Desk) Enter(ctx context.Context, linkToken string) (*Entered, error) {
	hash := HashToken(linkToken)
	// A guess must not cost a write.
	err := d.store.View(ctx, func(tx Tx) error {
		_, _, err := d.openLink(tx, hash, d.clock())
		return err
	})
	if err != nil {
		return nil, err
	}
	var entered *Entered
	err = d.change(ctx, Principal{}, func(ch *change) error {
		seat, c, err := d.openLink(ch.tx, hash, ch.now)
		if err != nil {
			return err
		}
		ch.by = Principal{Seat: seat}
		entered, err = d.admitTab(ch, seat, c, actEnter, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return entered, nil
}

// admitTab gives a pass of the seat to one tab.
func (d *Desk) admitTab(ch *change, seat *Seat, c *Consultation, how Action, proof string) (*Entered, error) {
	pass := NewToken(passBytes)
	err := ch.tx.AddPass(&Pass{
		Hash: HashToken(pass), SeatID: seat.ID, CreatedAt: ch.now, ExpiresAt: d.cfg.lastMoment(c, ch.now),
	})
	if err != nil {
		return nil, fmt.Errorf("add pass of %s: %w", seat.ID, err)
	}
	if err := ch.audit(how, c.ID, string(seat.ID), proof); err != nil {
		return nil, err
	}
	entered, err := d.entered(ch.tx, seat, c)
	if err != nil {
		return nil, err
	}
	entered.Pass = pass
	return entered, nil
}

// openLink finds the seat of a link that can be exchanged.
func (d *Desk) openLink(tx Tx, hash []byte, now time.Time) (*Seat, *Consultation, error) {
	seat, err := tx.SeatByLink(hash)
	if CodeOf(err) == CodeNotFound {
		return nil, nil, Errorf(CodeLinkUnknown, "there is no such link")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read seat by link: %w", err)
	}
	c, err := tx.Consultation(seat.ConsultationID)
	if err != nil {
		return nil, nil, fmt.Errorf("read consultation %s: %w", seat.ConsultationID, err)
	}
	return seat, c, d.cfg.linkError(seat, c, now)
}

// lastMoment is when a pass given out now is of no use whatever happens: c has
// begun as late as it could, lasted as long as it may, and its access has ended.
func (cfg Config) lastMoment(c *Consultation, now time.Time) time.Time {
	begun := c.StartsAt.Add(c.Duration + cfg.Grace)
	if now.After(begun) {
		begun = now
	}
	return begun.Add(cfg.MaxLength + accessAfter)
}

// Resume reads the same by a pass. Codes: unauthorized (no such pass, or run out), link_unknown
// (the seat was revoked), cancelled, finished. With cancelled and finished, Entered comes too.
func (d *Desk) Resume(ctx context.Context, pass string) (*Entered, error) {
	var entered *Entered
	err := d.store.View(ctx, func(tx Tx) error {
		entered = nil
		now := d.clock()
		seat, c, err := OpenPass(tx, pass, now)
		if err != nil {
			return err
		}
		if entered, err = d.entered(tx, seat, c); err != nil {
			return err
		}
		return d.cfg.going(c, now)
	})
	return entered, err
}

// OpenPass finds the seat of a pass that still holds, and its consultation.
// Codes: unauthorized (no such pass, or run out), link_unknown (the seat was revoked).
func OpenPass(tx Tx, pass string, now time.Time) (*Seat, *Consultation, error) {
	p, err := tx.Pass(HashToken(pass))
	if CodeOf(err) == CodeNotFound {
		return nil, nil, Errorf(CodeUnauthorized, "there is no such pass")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read pass: %w", err)
	}
	seat, c, err := liveSeat(tx, p.SeatID)
	if err != nil {
		return nil, nil, err
	}
	if !p.Live(c, now) {
		return nil, nil, Errorf(CodeUnauthorized, "the pass has run out")
	}
	return seat, c, nil
}

func (d *Desk) entered(tx Tx, seat *Seat, c *Consultation) (*Entered, error) {
	answers, err := lastConsents(tx, c.ID)
	if err != nil {
		return nil, err
	}
	return &Entered{Seat: seat, Consultation: c, OpensAt: d.cfg.OpensAt(c), Consent: answers[seat.ID]}, nil
}
