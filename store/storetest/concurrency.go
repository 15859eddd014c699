package storetest

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tmk/consult"
)

var concurrencyLaws = []law{
	{"a stale save runs again, up to a bound", aStaleSaveRunsAgain},
	{"no change is lost", noChangeIsLost},
	{"what was counted still holds", whatWasCountedHolds},
	{"sequences have no gaps", sequencesHaveNoGaps},
	{"readers go on beside writers", readersGoOn},
}

func aStaleSaveRunsAgain(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	stale := *sc.c
	update(t, s, func(tx consult.Tx) error { c := *sc.c; c.Topic = "first"; return tx.SaveConsultation(&c) })

	// Read outside of the transaction, it can never be saved.
	runs := 0
	refused(t, s, consult.CodeConflict, "a stale version", func(tx consult.Tx) error {
		runs++
		c := stale
		c.Topic = "second"
		return tx.SaveConsultation(&c)
	})
	if runs < 2 || runs > 100 {
		t.Errorf("fn ran %d times, want a few", runs)
	}

	// Whoever reads it again on the second run saves it.
	version, runs := stale.Version, 0
	update(t, s, func(tx consult.Tx) error {
		runs++
		c := stale
		c.Version, c.Topic = version, "second"
		err := tx.SaveConsultation(&c)
		if consult.CodeOf(err) == consult.CodeConflict {
			version++
		}
		return err
	})
	if runs != 2 {
		t.Errorf("fn ran %d times, want 2", runs)
	}
	c := read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation(sc.c.ID) })
	if c.Topic != "second" || c.Version != stale.Version+2 {
		t.Errorf("topic %q, version %d, want second, %d", c.Topic, c.Version, stale.Version+2)
	}
	refused(t, s, consult.CodeNotFound, "saving what is not there", func(tx consult.Tx) error {
		return tx.SaveConsultation(newConsultation("none"))
	})
}

// How many write at a time, and how often each.
const (
	writers = 8
	rounds  = 12
)

// together runs fn of each writer at the same time.
func together(t *testing.T, fn func(ctx context.Context, writer int) error) {
	t.Helper()
	group, ctx := errgroup.WithContext(ctxOf(t))
	for w := range writers {
		group.Go(func() error {
			if err := fn(ctx, w); err != nil {
				return fmt.Errorf("writer %d: %w", w, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

func noChangeIsLost(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	together(t, func(ctx context.Context, _ int) error {
		for range rounds {
			if err := s.Update(ctx, func(tx consult.Tx) error {
				c, err := tx.Consultation(sc.c.ID)
				if err != nil {
					return err
				}
				n, _ := strconv.Atoi(c.Topic) // 0 at first
				c.Topic = strconv.Itoa(n + 1)
				return tx.SaveConsultation(c)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	c := read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation(sc.c.ID) })
	if c.Topic != strconv.Itoa(writers*rounds) || c.Version != sc.c.Version+writers*rounds {
		t.Errorf("counted to %s in version %d, want %d in %d", c.Topic, c.Version, writers*rounds, sc.c.Version+writers*rounds)
	}
}

// Each counts the seats and takes one while there are fewer than three: two
// that write different rows must not pass each other. Where transactions do
// run side by side, the two meet between counting and taking.
func whatWasCountedHolds(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	const most = 3
	meeting := make(chan struct{})
	meet := func() {
		select {
		case meeting <- struct{}{}:
		case <-meeting:
		case <-time.After(100 * time.Millisecond): // the other waits for this one to end
		}
	}
	group, ctx := errgroup.WithContext(ctxOf(t))
	for _, name := range []string{"x", "y"} {
		group.Go(func() error {
			return s.Update(ctx, func(tx consult.Tx) error {
				seats, err := tx.Seats(sc.c.ID)
				if err != nil {
					return err
				}
				meet()
				if len(seats) >= most {
					return nil
				}
				return tx.AddSeat(newSeat(sc.c, name, consult.RoleObserver))
			})
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if seats := read(t, s, func(tx consult.Tx) ([]*consult.Seat, error) { return tx.Seats(sc.c.ID) }); len(seats) != most {
		t.Errorf("%d seats, want %d", len(seats), most)
	}
}

func sequencesHaveNoGaps(t *testing.T, s consult.Store) {
	scenes := []scene{setScene(t, s, "a"), setScene(t, s, "b")}
	together(t, func(ctx context.Context, w int) error {
		sc := scenes[w%2]
		for r := range rounds {
			err := s.Update(ctx, func(tx consult.Tx) error { return say(tx, sc, fmt.Sprintf("%d_%d", w, r), r%3 == 0) })
			if err != nil && err != errOurs {
				return err
			}
		}
		return nil
	})
	for _, sc := range scenes {
		const said = writers / 2 * (rounds - rounds/3)
		messages := read(t, s, func(tx consult.Tx) ([]*consult.Message, error) { return tx.Messages(sc.c.ID, 0, 1000) })
		if len(messages) != said {
			t.Errorf("%s: %d messages, want %d", sc.c.ID, len(messages), said)
		}
		for i, m := range messages {
			if m.Seq != int64(i+1) {
				t.Fatalf("%s: message %d has number %d", sc.c.ID, i+1, m.Seq)
			}
		}
		c := read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation(sc.c.ID) })
		if c.MessageSeq != said || c.EventSeq != said {
			t.Errorf("%s: counters at %d and %d, want %d", sc.c.ID, c.MessageSeq, c.EventSeq, said)
		}
	}
	seal(t, s)
	events := read(t, s, func(tx consult.Tx) ([]*consult.Event, error) { return tx.Events("lk", "", 1000) })
	last := map[consult.ConsultationID]int64{}
	for _, e := range events {
		if last[e.ConsultationID]++; e.Sequence != last[e.ConsultationID] {
			t.Fatalf("%s: event %d comes where %d should", e.ConsultationID, e.Sequence, last[e.ConsultationID])
		}
	}
}

// say posts a message with its event, and changes its mind when regret is set.
func say(tx consult.Tx, sc scene, name string, regret bool) error {
	seq, err := tx.NextMessageSeq(sc.c.ID)
	if err != nil {
		return err
	}
	if err := tx.AddMessage(&consult.Message{
		ID: consult.MessageID("m_" + name), ConsultationID: sc.c.ID, Seq: seq, SeatID: sc.doctor.ID, ClientID: name,
		Kind: consult.TextMessage, Text: name, SentAt: morning,
	}); err != nil {
		return err
	}
	if seq, err = tx.NextEventSeq(sc.c.ID); err != nil {
		return err
	}
	if err := tx.AddEvent(&consult.Event{
		ID: consult.EventID("evt_" + name), Integration: "lk", ConsultationID: sc.c.ID, Sequence: seq,
		Type: consult.MessageCreated, CreatedAt: morning, Data: []byte("{}"),
	}); err != nil {
		return err
	}
	if regret {
		return errOurs
	}
	return nil
}

// An Update that takes its time does not keep Views waiting.
func readersGoOn(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	update(t, s, func(tx consult.Tx) error {
		if err := changeMuch(tx, sc); err != nil {
			return err
		}
		for range 20 { // more than any pool of readers
			c := read(t, s, func(tx consult.Tx) (*consult.Consultation, error) { return tx.Consultation(sc.c.ID) })
			want(t, "beside the Update", c, sc.c)
		}
		return nil
	})
}
