package consult

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Amendment is what is to change in a consultation. nil leaves a thing as it
// is; a pointer to "" empties it. The external id never changes.
type Amendment struct {
	Doctor     *PersonAmendment
	Patient    *PersonAmendment
	StartsAt   *time.Time
	Duration   *time.Duration
	TimeZone   *string // "": the desk's
	Topic      *string
	Language   *string // "": ru
	Recording  *RecordingPolicy
	NoMetadata bool               // drop all pairs first
	Metadata   map[string]*string // pairs to set; nil drops one
}

// PersonAmendment is what is to change in a person. With another ID it is
// somebody else, of whom nothing but what stands here is known.
type PersonAmendment struct {
	ID, Name, Specialty *string
}

// Amend reschedules or edits an upcoming consultation. ifVersion is the version
// that the caller has seen, 0 for any. A changed id of doctor or patient gives the seat to
// that person: the link and its passes end, and a new link is made. What changes nothing tells nobody.
// Fields point into the body of PATCH /sessions/{id} ("/durationMinutes").
// Codes: not_found, forbidden, precondition_failed, conflict (not upcoming any more), invalid.
func (d *Desk) Amend(ctx context.Context, by Principal, id ConsultationID, a Amendment, ifVersion int64) (*Details, error) {
	var amended *Details
	err := d.change(ctx, by, func(ch *change) error {
		c, err := ch.lookup(ActAmend, id)
		if err != nil {
			return err
		}
		if ifVersion != 0 && c.Version != ifVersion {
			return Errorf(CodeStale, "the consultation was changed meanwhile: its version is %d", c.Version)
		}
		if status, _ := d.cfg.Due(c, ch.now); status != Upcoming {
			return Errorf(CodeConflict, "the consultation is %s: only an upcoming one can be changed", status)
		}
		before := *c
		after := d.complete(a.apply(orderOf(c)))
		if err := d.checkAmended(a, after, ch.now); err != nil {
			return err
		}
		after.amend(c)
		if changed := changedFields(&before, c); len(changed) > 0 {
			if err := d.amended(ch, &before, c, changed); err != nil {
				return err
			}
		}
		amended, err = details(ch.tx, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.withLinks(by, amended)
	return amended, nil
}

// amended writes what Amend has changed, and tells of it.
func (d *Desk) amended(ch *change, before, c *Consultation, changed []string) error {
	for _, role := range []Role{RoleDoctor, RolePatient} {
		if err := d.reseat(ch, before, c, role); err != nil {
			return err
		}
	}
	if err := ch.save(c); err != nil {
		return err
	}
	ch.hint(c.ID, HintStatus)
	if err := ch.audit(ActAmend, c.ID, string(c.ID), fmt.Sprint(changed)); err != nil {
		return err
	}
	if !c.StartsAt.Equal(before.StartsAt) || c.Duration != before.Duration {
		if err := ch.event(c, SessionRescheduled, rescheduledBody(before, c)); err != nil {
			return err
		}
	}
	rest := slices.DeleteFunc(changed, func(f string) bool { return f == "startsAt" || f == "durationMinutes" })
	if len(rest) == 0 {
		return nil
	}
	return ch.event(c, SessionUpdated, eventBody{Changed: rest})
}

// reseat lets the seat of c's doctor or patient follow the person.
func (d *Desk) reseat(ch *change, before, c *Consultation, role Role) error {
	was, is := before.person(role), c.person(role)
	if was == is {
		return nil
	}
	seat, err := ch.ownSeat(c, role)
	if err != nil || seat == nil {
		return err
	}
	seat.Person = is
	ch.hint(c.ID, HintSeats)
	if was.ID == is.ID {
		if err := ch.tx.SaveSeat(seat); err != nil {
			return fmt.Errorf("save seat %s: %w", seat.ID, err)
		}
		return nil
	}
	if role != RoleDoctor {
		seat.AdmittedAt = time.Time{} // the doctor let somebody else in
	}
	if err := d.endLink(ch, c, seat); err != nil {
		return err
	}
	return ch.audit(actReseat, c.ID, string(seat.ID), "")
}

func (c *Consultation) person(role Role) Person {
	if role == RoleDoctor {
		return c.Doctor
	}
	return c.Patient
}

// orderOf is the order that c would be made by.
func orderOf(c *Consultation) Order {
	return Order{
		ExternalID: c.ExternalID, Doctor: c.Doctor, Patient: c.Patient, StartsAt: c.StartsAt, Duration: c.Duration,
		TimeZone: c.TimeZone, Topic: c.Topic, Language: c.Language, Recording: c.Recording, Metadata: c.Metadata,
	}
}

// amend writes o into c.
func (o Order) amend(c *Consultation) {
	c.Doctor, c.Patient, c.StartsAt, c.Duration = o.Doctor, o.Patient, o.StartsAt, o.Duration
	c.TimeZone, c.Topic, c.Language, c.Recording, c.Metadata = o.TimeZone, o.Topic, o.Language, o.Recording, o.Metadata
}

// apply is o with what a changes.
func (a Amendment) apply(o Order) Order {
	o.Doctor = a.Doctor.apply(o.Doctor)
	o.Patient = a.Patient.apply(o.Patient)
	set(&o.StartsAt, a.StartsAt)
	set(&o.Duration, a.Duration)
	set(&o.TimeZone, a.TimeZone)
	set(&o.Topic, a.Topic)
	set(&o.Language, a.Language)
	set(&o.Recording, a.Recording)
	if a.NoMetadata || len(a.Metadata) > 0 {
		o.Metadata = a.applyPairs(o.Metadata)
	}
	return o
}

func (a Amendment) applyPairs(before map[string]string) map[string]string {
	pairs := make(map[string]string)
	if !a.NoMetadata {
		maps.Copy(pairs, before)
	}
	for k, v := range a.Metadata {
		if v == nil {
			delete(pairs, k)
		} else {
			pairs[k] = *v
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return pairs
}

func (a *PersonAmendment) apply(p Person) Person {
	if a == nil {
		return p
	}
	if a.ID != nil && *a.ID != p.ID {
		p = Person{}
	}
	set(&p.ID, a.ID)
	set(&p.Name, a.Name)
	set(&p.Specialty, a.Specialty)
	return p
}

// set writes *from into to, unless from is nil.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// checkAmended is check for an amendment: it points at what the amendment has.
func (d *Desk) checkAmended(a Amendment, o Order, now time.Time) error {
	err := d.check(o, now)
	var e *Error
	if a.StartsAt != nil || a.Duration == nil || !errors.As(err, &e) {
		return err
	}
	for i, f := range e.Fields {
		if f.Pointer == "/startsAt" { // the start was right before: it is the new length that makes it wrong
			e.Fields[i] = FieldError{"/durationMinutes", "is so short that the consultation would be over"}
		}
	}
	return err
}

// changedFields names what differs, in the words of REST.
func changedFields(a, b *Consultation) []string {
	var changed []string
	note := func(name string, same bool) {
		if !same {
			changed = append(changed, name)
		}
	}
	note("doctor", a.Doctor == b.Doctor)
	note("patient", a.Patient == b.Patient)
	note("startsAt", a.StartsAt.Equal(b.StartsAt))
	note("durationMinutes", a.Duration == b.Duration)
	note("timeZone", a.TimeZone == b.TimeZone)
	note("topic", a.Topic == b.Topic)
	note("language", a.Language == b.Language)
	note("recording", a.Recording == b.Recording)
	note("metadata", maps.Equal(a.Metadata, b.Metadata))
	return changed
}
