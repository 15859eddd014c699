package consult_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
	"tmk/store"
	"tmk/store/pgtest"
)

// nodesOf makes two more desks on a world's database, with connections of their own, as two servers have.
func nodesOf(t *testing.T, w *consulttest.World, url string) (a, b *consult.Desk) {
	t.Helper()
	node := func(name string) *consult.Desk {
		db := must(store.Open(t.Context(), store.Config{URL: url, Key: []byte("0123456789abcdef0123456789abcdef")}))(t)
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		cfg := w.Desk.Config()
		cfg.Node = name
		return consult.NewDesk(db, w.Blobs, w.Feed, cfg, slog.New(slog.DiscardHandler), w.Clock.Now)
	}
	return node("a"), node("b")
}

// TestTwoNodesSweepAtOnce: what is due happens once, however many nodes look at the clock.
func TestTwoNodesSweepAtOnce(t *testing.T) {
	url := pgtest.URL(t)
	w := consulttest.Open(t, url, nil)
	a, b := nodesOf(t, w, url)
	var visits []*consulttest.Visit
	want := make(map[consult.ConsultationID]string)
	for i := range 12 {
		v := w.Schedule(t, nil)
		visits = append(visits, v)
		want[v.ID] = "MISSED "
		if i%2 == 0 {
			begin(t, w, v)
			want[v.ID] = "CURRENT FINISHED "
		}
	}
	w.Clock.Advance(8 * time.Hour)
	errs := make([]error, 8)
	atOnce(len(errs), func(i int) { errs[i] = []*consult.Desk{a, b}[i%2].Sweep(t.Context()) })
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	for _, v := range visits {
		got := ""
		for _, s := range changes(t, w, v.ID) {
			got += s + " "
		}
		if got != want[v.ID] {
			t.Errorf("told of %q, want %q", got, want[v.ID])
		}
		ended := count(actions(t, w, v.ID), "consultation.miss") + count(actions(t, w, v.ID), "consultation.finish")
		if ended != 1 {
			t.Errorf("%d entries in the audit", ended)
		}
	}
	if v := verify(t, w); v.Why != "" {
		t.Errorf("%+v", v)
	}
}

// TestTwoNodesSealAtOnce: many nodes give one order to the log and one chain to the audit.
func TestTwoNodesSealAtOnce(t *testing.T) {
	url := pgtest.URL(t)
	w := consulttest.Open(t, url, nil)
	a, b := nodesOf(t, w, url)
	key, _ := w.Key(t)
	atOnce(8, func(i int) {
		desk := []*consult.Desk{a, b}[i%2]
		for range 5 {
			if _, err := desk.Schedule(t.Context(), key, consult.Order{Doctor: consult.Person{ID: "d"}, Patient: consult.Person{ID: "p"}}); err != nil {
				t.Error(err)
			}
			if err := desk.Seal(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	if v := verify(t, w); v.Why != "" || v.Entries != 41 {
		t.Errorf("%+v", v)
	}
	if events := must(w.Desk.Events(t.Context(), key, "", 200))(t); len(events) != 40 {
		t.Errorf("%d events", len(events))
	}
}

// TestIdempotencyOnTwoNodes: a request that reaches two nodes at once takes effect once.
func TestIdempotencyOnTwoNodes(t *testing.T) {
	url := pgtest.URL(t)
	w := consulttest.Open(t, url, nil)
	a, b := nodesOf(t, w, url)
	key, _ := w.Key(t)
	answers := make([]string, 10)
	atOnce(len(answers), func(i int) {
		desk := []*consult.Desk{a, b}[i%2]
		o, mine, err := desk.BeginOnce(t.Context(), key, "k", print1)
		if err != nil {
			t.Error(err)
			return
		}
		if mine {
			d, err := desk.Schedule(consult.WithOnce(t.Context(), o), key, order())
			if err != nil {
				t.Error(err)
				return
			}
			o.Status, o.Body = 201, []byte(d.Consultation.ID)
			if err := desk.EndOnce(t.Context(), o); err != nil {
				t.Error(err)
			}
		}
		answers[i] = string(o.Body)
	})
	if len(slices.Compact(answers)) != 1 || answers[0] == "" {
		t.Errorf("answers %v", answers)
	}
}

// TestGoneNode: a node that falls silent leaves nobody in its rooms; the other nodes' people stay.
func TestGoneNode(t *testing.T) {
	url := pgtest.URL(t)
	w := consulttest.Open(t, url, nil)
	a, b := nodesOf(t, w, url)
	beat := func(nodes ...*consult.Desk) {
		t.Helper()
		for _, d := range nodes {
			if err := d.Heartbeat(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	sweep := func(d *consult.Desk) {
		t.Helper()
		if err := d.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	inside := func(id consult.ConsultationID) string {
		t.Helper()
		var all []string
		for _, at := range read(t, w, id).Attendances {
			if at.LeftAt.IsZero() {
				all = append(all, fmt.Sprintf("%s@%s", at.Role, at.Node))
			}
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	beat(a, b)
	v := w.Schedule(t, nil)
	must(w.Desk.Admit(t.Context(), consult.Principal{Seat: v.Doctor}, v.Patient.ID))(t)
	for _, at := range []struct {
		desk *consult.Desk
		seat consult.SeatID
	}{{a, v.Doctor.ID}, {b, v.Patient.ID}} {
		if _, _, err := at.desk.Arrive(t.Context(), at.seat); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(25 * time.Second)
	beat(b)
	w.Clock.Advance(4 * time.Second)
	sweep(b)
	if got := inside(v.ID); got != "doctor@a patient@b" {
		t.Errorf("inside %q", got)
	}
	w.Clock.Advance(time.Second) // a has been silent for 30 s
	errs := make([]error, 6)
	atOnce(len(errs), func(i int) { errs[i] = b.Sweep(t.Context()) })
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if got := inside(v.ID); got != "patient@b" {
		t.Errorf("inside %q", got)
	}
	left := 0
	for _, e := range told(t, w, v.ID) {
		if e.Type == consult.ParticipantLeft {
			left++
		}
	}
	if left != 1 {
		t.Errorf("told %d times that the doctor left", left)
	}
	if n := count(actions(t, w, v.ID), "seat.leave"); n != 1 {
		t.Errorf("%d entries in the audit", n)
	}
	// The node comes back: at its start it closes what it left, not the others'.
	beat(a)
	if _, _, err := a.Arrive(t.Context(), v.Doctor.ID); err != nil {
		t.Fatal(err)
	}
	sweep(b)
	if got := inside(v.ID); got != "doctor@a patient@b" {
		t.Errorf("inside %q", got)
	}
	if err := a.CloseStaleAttendances(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := inside(v.ID); got != "patient@b" {
		t.Errorf("inside %q", got)
	}
	// After a day nobody remembers it.
	w.Clock.Advance(24 * time.Hour)
	beat(b)
	sweep(b)
	var nodes []consult.Node
	err := w.Store.View(t.Context(), func(tx consult.Tx) (err error) {
		nodes, err = tx.Nodes()
		return err
	})
	if err != nil || len(nodes) != 1 || nodes[0].ID != "b" {
		t.Errorf("nodes %v, %v", nodes, err)
	}
}

// TestMoveToAnotherNode: who comes in on another node is there, and stays when the first node's silence is noticed.
func TestMoveToAnotherNode(t *testing.T) {
	url := pgtest.URL(t)
	w := consulttest.Open(t, url, nil)
	a, b := nodesOf(t, w, url)
	v := w.Schedule(t, nil)
	first, _ := must2(a.Arrive(t.Context(), v.Doctor.ID))(t)
	second, _ := must2(b.Arrive(t.Context(), v.Doctor.ID))(t)
	again, _ := must2(b.Arrive(t.Context(), v.Doctor.ID))(t)
	if first.ID == second.ID || again.ID != second.ID {
		t.Errorf("%s, %s, %s", first.ID, second.ID, again.ID)
	}
	w.Clock.Advance(time.Minute)
	if err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Leave(t.Context(), first); err != nil { // the first node notices late
		t.Fatal(err)
	}
	for _, at := range read(t, w, v.ID).Attendances {
		if at.LeftAt.IsZero() != (at.ID == second.ID) {
			t.Errorf("%s left at %v", at.Node, at.LeftAt)
		}
	}
	if got := types(t, w, v.ID); fmt.Sprint(got) != "[session.created participant.joined participant.left participant.joined]" {
		t.Errorf("events %v", got)
	}
}

// TestNewNode: somebody who came in before the first heartbeat of his node is not put out at once.
func TestNewNode(t *testing.T) {
	url := pgtest.URL(t)
	w := consulttest.Open(t, url, nil)
	a, b := nodesOf(t, w, url)
	v := w.Schedule(t, nil)
	if _, _, err := a.Arrive(t.Context(), v.Doctor.ID); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if err := b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := read(t, w, v.ID).Attendances[0].LeftAt.IsZero(); got != want {
			t.Errorf("inside %t, want %t", got, want)
		}
		w.Clock.Advance(30 * time.Second)
	}
}

func TestTouchKey(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	used := func() time.Time {
		t.Helper()
		return must(w.Desk.APIKeys(t.Context(), consult.System))(t)[0].LastUsedAt
	}
	touch := func() {
		t.Helper()
		if err := w.Desk.TouchKey(t.Context(), key.Key.ID); err != nil {
			t.Fatal(err)
		}
	}
	if !used().IsZero() {
		t.Errorf("used at %v", used())
	}
	touch()
	first := used()
	w.Clock.Advance(time.Minute - time.Second)
	touch()
	if first.IsZero() || !used().Equal(first) {
		t.Errorf("used at %v, then %v", first, used())
	}
	w.Clock.Advance(time.Second)
	touch()
	if got := used().Sub(first); got != time.Minute {
		t.Errorf("used %v later", got)
	}
}

func TestKeysAreManagedByAdmins(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	for _, by := range []consult.Principal{key, as(consult.StaffHead), as(consult.StaffAuditor), {}} {
		want := consult.CodeForbidden
		if by == (consult.Principal{}) {
			want = consult.CodeUnauthorized
		}
		_, _, err := w.Desk.CreateAPIKey(t.Context(), by, "lk", "x", nil, 0)
		wantCode(t, err, want)
		_, err = w.Desk.APIKeys(t.Context(), by)
		wantCode(t, err, want)
		wantCode(t, w.Desk.RevokeAPIKey(t.Context(), by, key.Key.ID), want)
	}
	made, _ := must2(w.Desk.CreateAPIKey(t.Context(), as(consult.StaffAdmin), "lk", "x", nil, 0))(t)
	wantCode(t, w.Desk.RevokeAPIKey(t.Context(), as(consult.StaffAdmin), made.ID), "")
	if got := actionsOn(t, w, string(made.ID)); fmt.Sprint(got) != "[apikey.create apikey.revoke]" {
		t.Errorf("audit %v", got)
	}
}
