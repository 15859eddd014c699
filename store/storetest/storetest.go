// Package storetest is the law of consult.Store and consult.Blobs, written as
// tests. Every implementation passes it, so that what works on one database
// works on the other.
package storetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"tmk/consult"
)

// Run holds the stores that open makes to the law. Each call of open gives a
// new, empty store, which open closes when its test ends.
func Run(t *testing.T, open func(t *testing.T) consult.Store) {
	for _, part := range []struct {
		name  string
		tests []law
	}{
		{"transactions", transactionLaws},
		{"concurrency", concurrencyLaws},
		{"consultations", consultationLaws},
		{"lists", listLaws},
		{"seats", seatLaws},
		{"thread", threadLaws},
		{"recordings", recordingLaws},
		{"events", eventLaws},
		{"log", logLaws},
		{"deliveries", deliveryLaws},
		{"outbox", outboxLaws},
		{"sending again", resendLaws},
		{"accounts", accountLaws},
		{"once", onceLaws},
	} {
		t.Run(part.name, func(t *testing.T) {
			for _, l := range part.tests {
				t.Run(l.name, func(t *testing.T) { l.check(t, open(t)) })
			}
		})
	}
}

// law is one paragraph: a check on an empty store.
type law struct {
	name  string
	check func(t *testing.T, s consult.Store)
}

// patience bounds whatever a test waits for.
const patience = 60 * time.Second

// morning is the moment at which the tests' things happen: with microseconds.
var morning = time.Date(2026, 11, 22, 6, 30, 15, 123456000, time.UTC)

func ctxOf(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// update runs fn in an Update that must succeed.
func update(t *testing.T, s consult.Store, fn func(tx consult.Tx) error) {
	t.Helper()
	if err := s.Update(ctxOf(t), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// view runs fn in a View that must succeed.
func view(t *testing.T, s consult.Store, fn func(tx consult.Tx) error) {
	t.Helper()
	if err := s.View(ctxOf(t), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// add adds one thing in an Update of its own.
func add[T any](t *testing.T, s consult.Store, fn func(consult.Tx, T) error, v T) {
	t.Helper()
	update(t, s, func(tx consult.Tx) error { return fn(tx, v) })
}

// refused wants an Update that does fn to fail with a code.
func refused(t *testing.T, s consult.Store, code consult.Code, what string, fn func(tx consult.Tx) error) {
	t.Helper()
	wantCode(t, code, what, s.Update(ctxOf(t), fn))
}

func wantCode(t *testing.T, code consult.Code, what string, err error) {
	t.Helper()
	if got := consult.CodeOf(err); got != code {
		t.Errorf("%s: code %q (%v), want %q", what, got, err, code)
	}
}

// want compares deeply.
func want[T any](t *testing.T, what string, got, wanted T) {
	t.Helper()
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("%s:\n got %s\nwant %s", what, show(got), show(wanted))
	}
}

// show prints a value with what its pointers lead to.
func show(v any) string {
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.Pointer {
		out := "["
		for i := range r.Len() {
			out += "\n\t" + show(r.Index(i).Interface())
		}
		return out + "]"
	}
	if r.Kind() == reflect.Pointer && !r.IsNil() {
		return fmt.Sprintf("&%+v", r.Elem().Interface())
	}
	return fmt.Sprintf("%+v", v)
}

// read wants a getter to find something, and gives it.
func read[T any](t *testing.T, s consult.Store, fn func(tx consult.Tx) (T, error)) (v T) {
	t.Helper()
	view(t, s, func(tx consult.Tx) (err error) {
		v, err = fn(tx)
		return err
	})
	return v
}

// missing wants a getter to find nothing.
func missing[T any](t *testing.T, s consult.Store, what string, fn func(tx consult.Tx) (T, error)) {
	t.Helper()
	err := s.View(ctxOf(t), func(tx consult.Tx) error {
		_, err := fn(tx)
		return err
	})
	wantCode(t, consult.CodeNotFound, what, err)
}

// scene is a consultation with its two seats.
type scene struct {
	c               *consult.Consultation
	doctor, patient *consult.Seat
}

// newConsultation makes a plain one, not stored.
func newConsultation(name string) *consult.Consultation {
	return &consult.Consultation{
		ID:          consult.ConsultationID("c_" + name),
		Integration: "lk",
		Doctor:      consult.Person{ID: "d1", Name: "Доктор"},
		Patient:     consult.Person{ID: "p1", Name: "Пациент"},
		StartsAt:    morning,
		Duration:    30 * time.Minute,
		Language:    "ru",
		Recording:   consult.RecordOff,
		Status:      consult.Upcoming,
		CreatedAt:   morning,
	}
}

func newSeat(c *consult.Consultation, name string, role consult.Role) *consult.Seat {
	return &consult.Seat{
		ID:             consult.SeatID("s_" + name),
		ConsultationID: c.ID,
		Role:           role,
		Person:         consult.Person{ID: "p-" + name, Name: "Имя " + name},
		LinkHash:       consult.HashToken(name),
		CreatedAt:      morning,
	}
}

// setScene stores a consultation with its two seats.
func setScene(t *testing.T, s consult.Store, name string) scene {
	t.Helper()
	c := newConsultation(name)
	sc := scene{c, newSeat(c, name+"_doctor", consult.RoleDoctor), newSeat(c, name+"_patient", consult.RolePatient)}
	update(t, s, func(tx consult.Tx) error {
		if err := tx.AddConsultation(c); err != nil {
			return err
		}
		if err := tx.AddSeat(sc.doctor); err != nil {
			return err
		}
		return tx.AddSeat(sc.patient)
	})
	return sc
}

// ids maps a list to its ids.
func ids[T any, ID ~string](list []T, id func(T) ID) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(id(v))
	}
	return out
}
