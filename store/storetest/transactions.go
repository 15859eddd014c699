package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"tmk/consult"
)

var transactionLaws = []law{
	{"an error leaves nothing", anErrorLeavesNothing},
	{"a panic leaves nothing", aPanicLeavesNothing},
	{"an Update reads its own writes", anUpdateReadsItsWrites},
	{"a View refuses writes", aViewRefusesWrites},
	{"a View is one snapshot", aViewIsOneSnapshot},
	{"a failed statement ends the transaction", aFailedStatementEndsIt},
	{"what exists already does not", whatExistsDoesNotEndIt},
	{"a cancelled context leaves nothing", aCancelledContextLeavesNothing},
	{"texts", texts},
	{"ping and close", pingAndClose},
}

var errOurs = errors.New("our own error")

// changeMuch writes to several tables, and takes numbers.
func changeMuch(tx consult.Tx, sc scene) error {
	c, err := tx.Consultation(sc.c.ID)
	if err != nil {
		return err
	}
	c.Status = consult.Current
	if err := tx.SaveConsultation(c); err != nil {
		return err
	}
	if _, err := tx.NextMessageSeq(c.ID); err != nil {
		return err
	}
	seq, err := tx.NextEventSeq(c.ID)
	if err != nil {
		return err
	}
	if err := tx.AddEvent(&consult.Event{
		ID: "evt_1", Integration: "lk", ConsultationID: c.ID, Sequence: seq, Type: consult.SessionCreated,
		CreatedAt: morning, Data: []byte("{}"),
	}); err != nil {
		return err
	}
	return tx.AddAudit(&consult.AuditEntry{ID: "au_1", At: morning, Actor: "system", Action: "test", ConsultationID: c.ID})
}

func wantUnchanged(t *testing.T, s consult.Store, sc scene) {
	t.Helper()
	view(t, s, func(tx consult.Tx) error {
		c, err := tx.Consultation(sc.c.ID)
		if err != nil {
			return err
		}
		want(t, "consultation", c, sc.c)
		events, err := tx.Events("lk", "", 10)
		if err != nil {
			return err
		}
		want(t, "events", events, nil)
		audit, err := tx.Audit(consult.AuditQuery{Limit: 10})
		if err != nil {
			return err
		}
		want(t, "audit", audit, nil)
		return nil
	})
	due, err := s.ClaimDeliveries(ctxOf(t), morning.Add(time.Hour), time.Minute, 10, 10)
	if err != nil || len(due) != 0 {
		t.Errorf("deliveries %v, %v, want none", due, err)
	}
}

func anErrorLeavesNothing(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	add(t, s, consult.Tx.AddWebhook, &consult.Webhook{ID: "wh_1", Integration: "lk", URL: "http://x", CreatedAt: morning})
	runs := 0
	err := s.Update(ctxOf(t), func(tx consult.Tx) error {
		runs++
		if err := changeMuch(tx, sc); err != nil {
			return err
		}
		return errOurs
	})
	if !errors.Is(err, errOurs) || runs != 1 {
		t.Errorf("Update returned %v after %d runs, want our error after one", err, runs)
	}
	wantUnchanged(t, s, sc)
	update(t, s, func(tx consult.Tx) error { return changeMuch(tx, sc) }) // and the numbers are free again
	c := read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation(sc.c.ID) })
	if c.MessageSeq != 1 || c.EventSeq != 1 || c.Version != sc.c.Version+1 {
		t.Errorf("sequences %d, %d, version %d, want 1, 1, %d", c.MessageSeq, c.EventSeq, c.Version, sc.c.Version+1)
	}
}

func aPanicLeavesNothing(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not come through")
			}
		}()
		_ = s.Update(ctxOf(t), func(tx consult.Tx) error {
			if err := changeMuch(tx, sc); err != nil {
				t.Error(err)
			}
			panic("ours")
		})
	}()
	wantUnchanged(t, s, sc)
	update(t, s, func(tx consult.Tx) error { return changeMuch(tx, sc) }) // no connection, no lock was lost
}

func anUpdateReadsItsWrites(t *testing.T, s consult.Store) {
	c := newConsultation("a")
	update(t, s, func(tx consult.Tx) error {
		if err := tx.AddConsultation(c); err != nil {
			return err
		}
		got, err := tx.Consultation(c.ID)
		want(t, "in the transaction", got, c)
		return err
	})
}

func aViewRefusesWrites(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	for name, write := range map[string]func(tx consult.Tx) error{
		"AddConsultation":     func(tx consult.Tx) error { return tx.AddConsultation(newConsultation("b")) },
		"SaveConsultation":    func(tx consult.Tx) error { return tx.SaveConsultation(sc.c) },
		"DeleteStaffSessions": func(tx consult.Tx) error { return tx.DeleteStaffSessions("u_x") },
		"NextMessageSeq":      func(tx consult.Tx) error { _, err := tx.NextMessageSeq(sc.c.ID); return err },
		"NextEventSeq":        func(tx consult.Tx) error { _, err := tx.NextEventSeq(sc.c.ID); return err },
		"SaveSeat":            func(tx consult.Tx) error { return tx.SaveSeat(sc.doctor) },
		"DeletePasses":        func(tx consult.Tx) error { _, err := tx.DeletePasses(morning); return err },
		"AddEvent":            func(tx consult.Tx) error { return changeMuch(tx, sc) },
		"DeleteStaffSession":  func(tx consult.Tx) error { return tx.DeleteStaffSession([]byte("x")) },
	} {
		if err := s.View(ctxOf(t), write); err == nil {
			t.Errorf("%s succeeded in a View", name)
		}
	}
	wantUnchanged(t, s, sc)
}

func aViewIsOneSnapshot(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	view(t, s, func(tx consult.Tx) error {
		if _, err := tx.Consultation(sc.c.ID); err != nil { // the snapshot begins with the first reading
			return err
		}
		update(t, s, func(tx consult.Tx) error { return changeMuch(tx, sc) })
		c, err := tx.Consultation(sc.c.ID)
		want(t, "the same View", c, sc.c)
		if err != nil {
			return err
		}
		events, err := tx.Events("lk", "", 10)
		want(t, "the same View's events", events, nil)
		return err
	})
	if c := read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation(sc.c.ID) }); c.Status != consult.Current {
		t.Errorf("the next View sees %q", c.Status)
	}
}

func aFailedStatementEndsIt(t *testing.T, s consult.Store) {
	stray := newSeat(newConsultation("nowhere"), "stray", consult.RoleDoctor)
	refused(t, s, consult.CodeNotFound, "an Update that goes on", func(tx consult.Tx) error {
		wantCode(t, consult.CodeNotFound, "a seat of no consultation", tx.AddSeat(stray))
		if err := tx.AddConsultation(newConsultation("a")); err == nil {
			t.Error("a write succeeded after a failure")
		}
		if _, err := tx.StaffCount(); err == nil {
			t.Error("a reading succeeded after a failure")
		}
		return nil // a caller that swallows the error must not commit the half of it
	})
	missing(t, s, "what was added beside", func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation("c_a") })
}

func whatExistsDoesNotEndIt(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	update(t, s, func(tx consult.Tx) error {
		wantCode(t, consult.CodeConflict, "the same consultation", tx.AddConsultation(sc.c))
		wantCode(t, consult.CodeConflict, "the same seat", tx.AddSeat(sc.doctor))
		_, err := tx.Consultation("c_none")
		wantCode(t, consult.CodeNotFound, "none", err)
		return tx.AddConsultation(newConsultation("b"))
	})
	read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation("c_b") })
}

func aCancelledContextLeavesNothing(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	ctx, cancel := context.WithCancel(ctxOf(t))
	err := s.Update(ctx, func(tx consult.Tx) error {
		if err := changeMuch(tx, sc); err != nil {
			return err
		}
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v, want context.Canceled", err)
	}
	if err := s.View(ctx, func(consult.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("View: %v, want context.Canceled", err)
	}
	wantUnchanged(t, s, sc)
}

func texts(t *testing.T, s consult.Store) {
	for i, text := range []string{
		"", " ", "Здравствуйте, Ёлка Їжаковна", "👩🏽‍⚕️🩺𝄞", "'); DROP TABLE seats; --", "%_\\\"$1?", "a\r\n\tb\u2028", "e\u0301 é", "\u202eкнопка",
	} {
		c := newConsultation(string(rune('a' + i)))
		c.Topic, c.Metadata = text, map[string]string{text: text}
		add(t, s, consult.Tx.AddConsultation, c)
		got := read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation(c.ID) })
		want(t, "consultation", got, c)
	}
	for _, text := range []string{"a\x00b", "\xff", "\xed\xa0\x80"} {
		c := newConsultation("bad")
		c.Topic = text
		refused(t, s, consult.CodeInvalid, "a topic that is no text", func(tx consult.Tx) error { return tx.AddConsultation(c) })
		err := s.View(ctxOf(t), func(tx consult.Tx) error { _, err := tx.StaffByLogin(text); return err })
		wantCode(t, consult.CodeInvalid, "a login that is no text", err)
	}
}

func pingAndClose(t *testing.T, s consult.Store) {
	if err := s.Ping(ctxOf(t)); err != nil {
		t.Errorf("Ping: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := s.Ping(ctxOf(t)); err == nil {
		t.Error("a closed store answers Ping")
	}
	if err := s.Update(ctxOf(t), func(consult.Tx) error { return nil }); err == nil {
		t.Error("a closed store takes an Update")
	}
}
