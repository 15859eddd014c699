package main

import (
	"context"
	"fmt"
	"time"

	"tmk/consult"
)

// Of how many people the sessions of a filled database are; load's own callers ask for the same.
const (
	fillDoctors  = 500
	fillPatients = 20_000
	fillBatch    = 1000 // sessions in a transaction
)

// fillSessions makes sessions of "lk" as years of work leave them: nine of ten
// are over, the rest comes in the next weeks.
func fillSessions(ctx context.Context, s consult.Store, n int, now time.Time) error {
	for from := 0; from < n; from += fillBatch {
		err := s.Update(ctx, func(tx consult.Tx) error {
			for i := from; i < min(from+fillBatch, n); i++ {
				if err := fillSession(tx, i, n, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("fill the database: %w", err)
		}
	}
	return nil
}

func fillSession(tx consult.Tx, i, n int, now time.Time) error {
	c := &consult.Consultation{
		Integration: "lk", ExternalID: fmt.Sprint("fill-", i),
		Doctor:   consult.Person{ID: fmt.Sprint("d-", i%fillDoctors), Name: "Иванова Мария Петровна", Specialty: "терапевт"},
		Patient:  consult.Person{ID: fmt.Sprint("p-", i%fillPatients), Name: "Петров Олег Ильич"},
		Duration: 30 * time.Minute, TimeZone: "Europe/Moscow", Topic: "Повторная консультация", Language: "ru",
		Recording: consult.RecordAsk, Metadata: map[string]string{"branch": "north"}, Status: consult.Finished,
		CreatedAt: now.Add(-time.Hour), Version: 1,
	}
	const year, weeks = 365 * 24 * time.Hour, 21 * 24 * time.Hour
	part := time.Duration(i)
	if (i/fillDoctors+i/fillPatients)%10 == 7 { // some of every doctor's and every patient's
		c.Status = consult.Upcoming
		c.StartsAt = now.Add(24*time.Hour + weeks/time.Duration(n)*part)
	} else {
		c.StartsAt = now.Add(-48*time.Hour - year/time.Duration(n)*part)
		c.StartedAt, c.FinishedAt, c.EndReason = c.StartsAt, c.StartsAt.Add(c.Duration), consult.EndedByDoctor
		c.CreatedAt = c.StartsAt.Add(-24 * time.Hour)
	}
	c.ID = consult.ConsultationID(consult.NewID("c_", c.CreatedAt))
	if err := tx.AddConsultation(c); err != nil {
		return err
	}
	for role, person := range map[consult.Role]consult.Person{consult.RoleDoctor: c.Doctor, consult.RolePatient: c.Patient} {
		if err := tx.AddSeat(&consult.Seat{
			ID: consult.SeatID(consult.NewID("s_", c.CreatedAt)), ConsultationID: c.ID, Role: role, Person: person,
			LinkHash: consult.HashToken(consult.NewToken(16)), CreatedAt: c.CreatedAt,
		}); err != nil {
			return err
		}
	}
	sequence, err := tx.NextEventSeq(c.ID)
	if err != nil {
		return err
	}
	if err := tx.AddAudit(&consult.AuditEntry{
		ID: consult.NewID("au_", c.CreatedAt), At: c.CreatedAt, Actor: "system", Action: "consultation.schedule", ConsultationID: c.ID, Object: string(c.ID),
	}); err != nil {
		return err
	}
	return tx.AddEvent(&consult.Event{
		ID: consult.EventID(consult.NewID("evt_", c.CreatedAt)), Integration: "lk", ConsultationID: c.ID, Sequence: sequence,
		Type: consult.SessionCreated, CreatedAt: c.CreatedAt, Data: fmt.Appendf(nil, `{"sessionId":%q,"status":"UPCOMING"}`, c.ID),
	})
}
