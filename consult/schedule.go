package consult

import (
	"context"
	"fmt"
	"time"
)

// Order asks for a consultation.
type Order struct {
	ExternalID string
	Doctor     Person
	Patient    Person
	StartsAt   time.Time     // zero: now
	Duration   time.Duration // zero: 30 min
	TimeZone   string        // "": the desk's
	Topic      string
	Language   string          // "": ru
	Recording  RecordingPolicy // "": off
	Metadata   map[string]string
}

// Schedule makes a consultation of the key's integration, with a doctor's and a patient's seat and their links.
// Fields point into the body of POST /sessions/create ("/durationMinutes").
// Codes: invalid (with Fields), duplicate, forbidden.
func (d *Desk) Schedule(ctx context.Context, by Principal, o Order) (*Details, error) {
	if err := authorize(by, ActSchedule, target{}); err != nil {
		return nil, err
	}
	now := d.clock()
	if o.StartsAt.IsZero() {
		o.StartsAt = now
	}
	o = d.complete(o)
	if err := d.check(o, now); err != nil {
		return nil, err
	}
	var made *Details
	err := d.change(ctx, by, func(ch *change) error {
		c := o.consultation(by.Key.Integration, ch.now)
		if err := ch.tx.AddConsultation(c); err != nil {
			return fmt.Errorf("add consultation: %w", err)
		}
		made = &Details{Consultation: c}
		for _, role := range []Role{RoleDoctor, RolePatient} {
			seat, err := d.addSeat(ch, c, role, o.person(role))
			if err != nil {
				return err
			}
			made.Seats = append(made.Seats, seat)
		}
		if err := ch.audit(ActSchedule, c.ID, string(c.ID), ""); err != nil {
			return err
		}
		return ch.event(c, SessionCreated, eventBody{})
	})
	if err != nil {
		return nil, err
	}
	d.withLinks(by, made)
	return made, nil
}

// complete fills in what the order leaves out, but for the start.
func (d *Desk) complete(o Order) Order {
	o.StartsAt = o.StartsAt.UTC().Truncate(time.Microsecond)
	if o.Duration == 0 {
		o.Duration = defaultLasting
	}
	if o.TimeZone == "" {
		o.TimeZone = d.cfg.TimeZone
	}
	if o.Language == "" {
		o.Language = "ru"
	}
	if o.Recording == "" {
		o.Recording = RecordOff
	}
	return o
}

// check finds everything that is wrong with a complete order.
func (d *Desk) check(o Order, now time.Time) error {
	var f fields
	if o.ExternalID != "" {
		f.id("/externalId", o.ExternalID)
	}
	f.id("/doctor/id", o.Doctor.ID)
	f.person("/doctor", o.Doctor)
	f.id("/patient/id", o.Patient.ID)
	f.person("/patient", o.Patient)
	switch {
	case o.StartsAt.After(now.Add(maxAhead)):
		f.add("/startsAt", "is more than five years ahead")
	case reached(now, o.StartsAt.Add(o.Duration+d.cfg.Grace)):
		f.add("/startsAt", "is so long ago that the consultation would be over")
	}
	if o.Duration < minDuration || o.Duration > maxDuration {
		f.add("/durationMinutes", "must be from 1 to %d", maxDuration/time.Minute)
	}
	f.timeZone("/timeZone", o.TimeZone)
	f.text("/topic", o.Topic, maxTopic)
	if !known(o.Language, "ru", "en") {
		f.add("/language", "must be ru or en")
	}
	if !known(o.Recording, RecordOff, RecordAsk, RecordRequired) {
		f.add("/recording", "must be off, ask or required")
	}
	f.metadata("/metadata", o.Metadata)
	return f.err("the order")
}

func (o Order) person(role Role) Person {
	if role == RoleDoctor {
		return o.Doctor
	}
	return o.Patient
}

func (o Order) consultation(integration string, now time.Time) *Consultation {
	return &Consultation{
		ID:          ConsultationID(NewID("c_", now)),
		Integration: integration,
		ExternalID:  o.ExternalID,
		Doctor:      o.Doctor,
		Patient:     o.Patient,
		StartsAt:    o.StartsAt,
		Duration:    o.Duration,
		TimeZone:    o.TimeZone,
		Topic:       o.Topic,
		Language:    o.Language,
		Recording:   o.Recording,
		Metadata:    o.Metadata,
		Status:      Upcoming,
		CreatedAt:   now,
		Version:     1,
	}
}

// addSeat makes a seat and its link. Doctors are admitted by nature.
func (d *Desk) addSeat(ch *change, c *Consultation, role Role, p Person) (*Seat, error) {
	seat := &Seat{
		ID:             SeatID(NewID("s_", ch.now)),
		ConsultationID: c.ID,
		Role:           role,
		Person:         p,
		CreatedAt:      ch.now,
	}
	d.cfg.relink(seat)
	if role == RoleDoctor {
		seat.AdmittedAt = ch.now
	}
	if err := ch.tx.AddSeat(seat); err != nil {
		return nil, fmt.Errorf("add seat of %s: %w", c.ID, err)
	}
	return seat, nil
}
