package consult

import (
	"context"
	"fmt"
	"regexp"
	"time"
)

// Claims are what a verified link of an integration's own making says (JWT, RFC 7519).
type Claims struct {
	Key         SigningKeyID // that verified it
	Integration string
	Session     string // id or external id of the consultation
	Subject     string // the person's id at the integration
	Name        string // of a guest; may be ""
	Role        Role
	ExpiresAt   time.Time
	TokenID     string // jti
}

// EnterSigned exchanges verified claims for a pass, any number of times until they run out. The doctor and the
// patient must be those of the consultation, or have been invited to it; a guest gets a seat when he has none.
// Codes: invalid, link_unknown (no such consultation; the seat was revoked), link_expired, forbidden
// (another doctor or patient), conflict (no room for one more), cancelled, finished.
func (d *Desk) EnterSigned(ctx context.Context, claims Claims) (*Entered, error) {
	if err := claims.check(); err != nil {
		return nil, err
	}
	var entered *Entered
	err := d.change(ctx, Principal{}, func(ch *change) error {
		if !claims.ExpiresAt.IsZero() && reached(ch.now, claims.ExpiresAt) {
			return Errorf(CodeLinkExpired, "the link has expired")
		}
		c, err := claims.consultation(ch.tx)
		if err != nil {
			return err
		}
		ch.by = Principal{System: true}
		seat, err := d.seatOf(ch, c, claims)
		if err != nil {
			return err
		}
		ch.by = Principal{Seat: seat}
		entered, err = d.admitTab(ch, seat, c, actEnterSigned, claims.proof())
		return err
	})
	if err != nil {
		return nil, err
	}
	return entered, nil
}

func (cl Claims) check() error {
	var f fields
	f.id("/session", cl.Session)
	f.id("/sub", cl.Subject)
	f.line("/name", cl.Name, maxName)
	if !known(cl.Role, RoleDoctor, RolePatient, RoleRelative, RoleInterpreter, RoleObserver) {
		f.add("/role", "must be doctor, patient, relative, interpreter or observer")
	}
	return f.err("the link")
}

// consultation finds what the claims are about. Code: link_unknown.
func (cl Claims) consultation(tx Tx) (*Consultation, error) {
	c, err := tx.Consultation(ConsultationID(cl.Session))
	if CodeOf(err) == CodeNotFound || err == nil && c.Integration != cl.Integration {
		c, err = tx.ConsultationByExternalID(cl.Integration, cl.Session)
	}
	switch {
	case CodeOf(err) == CodeNotFound:
		return nil, Errorf(CodeLinkUnknown, "there is no such consultation")
	case err != nil:
		return nil, fmt.Errorf("read consultation of a signed link: %w", err)
	}
	return c, nil
}

// seatOf is the seat that the claims are good for; a guest's is made when there is none.
func (d *Desk) seatOf(ch *change, c *Consultation, cl Claims) (*Seat, error) {
	seats, err := ch.tx.Seats(c.ID)
	if err != nil {
		return nil, fmt.Errorf("read seats of %s: %w", c.ID, err)
	}
	var seat *Seat
	for _, s := range seats {
		if s.Role == cl.Role && s.Person.ID == cl.Subject && (seat == nil || !seat.RevokedAt.IsZero()) {
			seat = s // a live one, if there is one
		}
	}
	switch {
	case seat != nil:
		return seat, d.cfg.linkError(&Seat{RevokedAt: seat.RevokedAt}, c, ch.now)
	case cl.Role == RoleDoctor || cl.Role == RolePatient:
		return nil, Errorf(CodeForbidden, "somebody else is the %s of this consultation", cl.Role)
	}
	if err := d.cfg.linkError(&Seat{}, c, ch.now); err != nil {
		return nil, err
	}
	if err := d.roomFor(ch, c); err != nil {
		return nil, err
	}
	seat, err = d.addSeat(ch, c, cl.Role, Person{ID: cl.Subject, Name: cl.Name})
	if err != nil {
		return nil, err
	}
	ch.hint(c.ID, HintSeats)
	if err := ch.audit(ActInvite, c.ID, string(seat.ID), cl.proof()); err != nil {
		return nil, err
	}
	return seat, ch.save(c)
}

// tokenIDShape is what a jti may look like to be written down as it is.
var tokenIDShape = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// proof is how the audit names what was shown at the door.
func (cl Claims) proof() string {
	id := cl.TokenID
	if !tokenIDShape.MatchString(id) {
		id = fmt.Sprintf("sha256:%x", HashToken(id)[:8])
	}
	return fmt.Sprintf("key=%s jti=%s", cl.Key, id)
}
