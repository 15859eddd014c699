package consult_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

var print1, print2 = consult.HashToken("one request"), consult.HashToken("another")

// take begins a request that must be the caller's to do.
func take(t *testing.T, w *consulttest.World, by consult.Principal, key string) *consult.Once {
	t.Helper()
	o, mine, err := w.Desk.BeginOnce(t.Context(), by, key, print1)
	if err != nil || !mine {
		t.Fatalf("mine %t, %v", mine, err)
	}
	return o
}

func TestOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		w.Desk.SetPatience(time.Millisecond)
		key, _ := w.Key(t)
		o := take(t, w, key, "k-1")
		_, _, err := w.Desk.BeginOnce(t.Context(), key, "k-1", print1)
		wantCode(t, err, consult.CodeBusy)
		_, _, err = w.Desk.BeginOnce(t.Context(), key, "k-1", print2)
		wantCode(t, err, consult.CodeMismatch)

		d := must(w.Desk.Schedule(consult.WithOnce(t.Context(), o), key, order()))(t)
		if o.Object != string(d.Consultation.ID) {
			t.Errorf("object %q", o.Object)
		}
		o.Status, o.Header, o.Body = 201, map[string]string{"Location": "/x"}, []byte("{}")
		if err := w.Desk.EndOnce(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(72*time.Hour - time.Second)
		if err := w.Desk.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		again, mine, err := w.Desk.BeginOnce(t.Context(), key, "k-1", print1)
		if err != nil || mine || again.Status != 201 || string(again.Body) != "{}" || again.Header["Location"] != "/x" || again.Object != o.Object {
			t.Errorf("mine %t, %+v, %v", mine, again, err)
		}
		_, _, err = w.Desk.BeginOnce(t.Context(), key, "k-1", print2)
		wantCode(t, err, consult.CodeMismatch)
		// Other keys, other integrations and members of staff have theirs.
		take(t, w, key, "k-2")
		take(t, w, keyOf(t, w, "other", consult.ScopeSessionsWrite), "k-1")
		take(t, w, as(consult.StaffAdmin), "k-1")
		take(t, w, as(consult.StaffHead), "k-1")
		// After 72 h it is forgotten, swept or not.
		w.Clock.Advance(time.Second)
		take(t, w, key, "k-1")
	})
}

func TestOnceSwept(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	o := take(t, w, key, "k")
	w.Clock.Advance(72*time.Hour + time.Microsecond)
	if err := w.Desk.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := w.Store.View(t.Context(), func(tx consult.Tx) error {
		_, err := tx.Once(o.Integration, o.Key)
		return err
	})
	wantCode(t, err, consult.CodeNotFound)
}

func TestOnceRefused(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	for _, k := range []string{"", "a\nb", strings.Repeat("a", 256)} {
		_, _, err := w.Desk.BeginOnce(t.Context(), key, k, print1)
		wantCode(t, err, consult.CodeInvalid)
	}
	_, _, err := w.Desk.BeginOnce(t.Context(), consult.Principal{}, "k", print1)
	wantCode(t, err, consult.CodeUnauthorized)
	v := w.Schedule(t, nil)
	_, _, err = w.Desk.BeginOnce(t.Context(), consult.Principal{Seat: v.Doctor}, "k", print1)
	wantCode(t, err, consult.CodeUnauthorized)
}

// TestOnceAfterACrash: who made the change and died before the answer has left a mark; whoever takes
// the request up finds it, and cannot do it again.
func TestOnceAfterACrash(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		died := take(t, w, key, "k")
		d := must(w.Desk.Schedule(consult.WithOnce(t.Context(), died), key, consult.Order{
			Doctor: consult.Person{ID: "d"}, Patient: consult.Person{ID: "p"},
		}))(t)
		w.Clock.Advance(30 * time.Second)
		o := take(t, w, key, "k")
		if o.Object != string(d.Consultation.ID) {
			t.Fatalf("object %q, want %q", o.Object, d.Consultation.ID)
		}
		_, err := w.Desk.Schedule(consult.WithOnce(t.Context(), o), key, order())
		wantCode(t, err, consult.CodeConflict)
		must(w.Desk.Consultation(consult.WithOnce(t.Context(), o), key, d.Consultation.ID))(t)
		o.Status = 201
		if err := w.Desk.EndOnce(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if n := len(must(w.Desk.Consultations(t.Context(), key, consult.ListQuery{}))(t).Items); n != 1 {
			t.Errorf("%d consultations", n)
		}
	})
}

// TestOnceTooSlow: whoever has lost the lease changes nothing any more, neither facts nor the answer.
func TestOnceTooSlow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		slow := take(t, w, key, "k")
		w.Clock.Advance(31 * time.Second)
		quick := take(t, w, key, "k")
		_, err := w.Desk.Schedule(consult.WithOnce(t.Context(), slow), key, order())
		wantCode(t, err, consult.CodeBusy)
		slow.Status, slow.Body = 500, []byte("slow")
		for _, end := range []func(context.Context, *consult.Once) error{w.Desk.EndOnce, w.Desk.DropOnce} {
			if err := end(t.Context(), slow); err != nil {
				t.Fatal(err)
			}
		}
		must(w.Desk.Schedule(consult.WithOnce(t.Context(), quick), key, order()))(t)
		quick.Status, quick.Body = 201, []byte("quick")
		if err := w.Desk.EndOnce(t.Context(), quick); err != nil {
			t.Fatal(err)
		}
		if o, mine, err := w.Desk.BeginOnce(t.Context(), key, "k", print1); err != nil || mine || string(o.Body) != "quick" {
			t.Errorf("mine %t, %+v, %v", mine, o, err)
		}
	})
}

func TestDropOnce(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	// Nothing was done: the key is free, for another request too.
	gone, cancel := context.WithCancel(t.Context())
	cancel() // the caller hung up
	if err := w.Desk.DropOnce(gone, take(t, w, key, "k")); err != nil {
		t.Fatal(err)
	}
	o, mine, err := w.Desk.BeginOnce(t.Context(), key, "k", print2)
	if err != nil || !mine {
		t.Fatalf("mine %t, %v", mine, err)
	}
	// Something was: only the same request may go on, at once.
	d := must(w.Desk.Schedule(consult.WithOnce(t.Context(), o), key, order()))(t)
	if err := w.Desk.DropOnce(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.Desk.BeginOnce(t.Context(), key, "k", print1)
	wantCode(t, err, consult.CodeMismatch)
	o, mine, err = w.Desk.BeginOnce(t.Context(), key, "k", print2)
	if err != nil || !mine || o.Object != string(d.Consultation.ID) {
		t.Errorf("mine %t, %+v, %v", mine, o, err)
	}
}

// TestOnceOfWhatFails: the mark is part of the change, so a change that fails leaves none.
func TestOnceOfWhatFails(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	must(w.Desk.Schedule(t.Context(), key, order()))(t)
	o := take(t, w, key, "k")
	_, err := w.Desk.Schedule(consult.WithOnce(t.Context(), o), key, order())
	wantCode(t, err, consult.CodeDuplicate)
	if o.Object != "" {
		t.Errorf("object %q", o.Object)
	}
	if err := w.Desk.DropOnce(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if o := take(t, w, key, "k"); o.Object != "" {
		t.Errorf("object %q", o.Object)
	}
}

// TestOnceInParallel: however many send the same request at once, one does it, and all get its answer.
func TestOnceInParallel(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		const n = 16
		var did atomic.Int32
		answers := make([]string, n)
		atOnce(n, func(i int) {
			o, mine, err := w.Desk.BeginOnce(t.Context(), key, "the same", print1)
			if err != nil {
				t.Error(err)
				return
			}
			if mine {
				did.Add(1)
				d, err := w.Desk.Schedule(consult.WithOnce(t.Context(), o), key, consult.Order{
					Doctor: consult.Person{ID: "d"}, Patient: consult.Person{ID: "p"},
				})
				if err != nil {
					t.Error(err)
					return
				}
				o.Status, o.Body = 201, []byte(d.Consultation.ID)
				if err := w.Desk.EndOnce(t.Context(), o); err != nil {
					t.Error(err)
				}
			}
			answers[i] = string(o.Body)
		})
		made := must(w.Desk.Consultations(t.Context(), key, consult.ListQuery{}))(t).Items
		if did.Load() != 1 || len(made) != 1 {
			t.Fatalf("%d did it, %d consultations", did.Load(), len(made))
		}
		for _, a := range answers {
			if a != string(made[0].Consultation.ID) {
				t.Errorf("answer %q", a)
			}
		}
	})
}
