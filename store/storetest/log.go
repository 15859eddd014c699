package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tmk/consult"
)

var logLaws = []law{
	{"what is not sealed is not in the log", unsealedIsNotInTheLog},
	{"a place is for ever", aPlaceIsForEver},
	{"the chain", theChain},
	{"a long log is sealed to its end", aLongLog},
	{"sealers and writers at once", sealersAndWriters},
	{"sealing ends while others write", sealingEnds},
}

// Link chains without a key.
func Link(before []byte, a *consult.AuditEntry) []byte {
	h := sha256.Sum256(fmt.Appendf(bytes.Clone(before), "%d %s %v %s %s %s %s %s",
		a.N, a.ID, a.At, a.Actor, a.Action, a.ConsultationID, a.Object, a.Detail))
	return h[:]
}

func seal(t *testing.T, s consult.Store) {
	t.Helper()
	if err := s.Seal(ctxOf(t), Link); err != nil {
		t.Fatalf("Seal: %v", err)
	}
}

// Chain reads the whole chain and checks its numbers and links.
func Chain(ctx context.Context, s consult.Store) ([]*consult.AuditEntry, error) {
	var all []*consult.AuditEntry
	err := s.View(ctx, func(tx consult.Tx) error {
		all = nil
		for {
			after := int64(len(all))
			page, err := tx.AuditChain(after, 100)
			if err != nil || len(page) == 0 {
				return err
			}
			all = append(all, page...)
		}
	})
	if err != nil {
		return nil, err
	}
	var before []byte
	for i, a := range all {
		if a.N != int64(i+1) {
			return nil, fmt.Errorf("entry %s has number %d where %d should be", a.ID, a.N, i+1)
		}
		if before = Link(before, a); !bytes.Equal(before, a.Link) {
			return nil, fmt.Errorf("entry %s is not what was linked", a.ID)
		}
	}
	return all, nil
}

func chain(t *testing.T, s consult.Store) []*consult.AuditEntry {
	t.Helper()
	all, err := Chain(ctxOf(t), s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func logged(t *testing.T, s consult.Store, after consult.EventID) []string {
	t.Helper()
	list := read(t, s, func(tx consult.Tx) ([]*consult.Event, error) { return tx.Events("lk", after, 10000) })
	return ids(list, func(e *consult.Event) consult.EventID { return e.ID })
}

func unsealedIsNotInTheLog(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	seal(t, s) // nothing
	tell(t, s, sc, "1", 0)
	want(t, "before", logged(t, s, ""), []string{})
	want(t, "behind what has no place", logged(t, s, "evt_1"), []string{})
	seal(t, s)
	want(t, "sealed", logged(t, s, ""), []string{"evt_1"})
	tell(t, s, sc, "2", 0)
	want(t, "behind it", logged(t, s, "evt_1"), []string{})
	seal(t, s)
	seal(t, s)
	want(t, "and then", logged(t, s, "evt_1"), []string{"evt_2"})
}

// The order of the log is that of sealing, whatever the clocks say; within one
// sealing that of writing.
func aPlaceIsForEver(t *testing.T, s consult.Store) {
	a, b := setScene(t, s, "a"), setScene(t, s, "b")
	tell(t, s, b, "b1", time.Hour)
	tell(t, s, a, "a1", 0)
	tell(t, s, b, "b2", -time.Hour) // a clock that went back
	seal(t, s)
	tell(t, s, a, "a2", -2*time.Hour)
	seal(t, s)
	want(t, "the log", logged(t, s, ""), []string{"evt_b1", "evt_a1", "evt_b2", "evt_a2"})
	want(t, "its end", logged(t, s, "evt_b2"), []string{"evt_a2"})
}

func newEntry(name string, after time.Duration) *consult.AuditEntry {
	return &consult.AuditEntry{
		ID: "au_" + name, At: morning.Add(after), Actor: "key:k_1", Action: "consultation.schedule", ConsultationID: "c_1",
		Object: "c_1", Detail: "подробность",
	}
}

func theChain(t *testing.T, s consult.Store) {
	if n := len(chain(t, s)); n != 0 {
		t.Errorf("%d entries at first", n)
	}
	view(t, s, func(tx consult.Tx) error {
		n, last, err := tx.AuditHead()
		if n != 0 || last != nil {
			t.Errorf("the head is %d, %x at first", n, last)
		}
		return err
	})
	first, second, third := newEntry("9", time.Hour), newEntry("1", 0), newEntry("5", -time.Hour)
	first.N, first.Link = 77, []byte("ours") // not the caller's to give
	add(t, s, consult.Tx.AddAudit, first)
	add(t, s, consult.Tx.AddAudit, second)
	first.N, first.Link = 0, nil
	newest := func() []*consult.AuditEntry {
		return read(t, s, func(tx consult.Tx) ([]*consult.AuditEntry, error) { return tx.Audit(consult.AuditQuery{Limit: 10}) })
	}
	want(t, "not sealed, and listed", newest(), []*consult.AuditEntry{first, second})
	seal(t, s)
	add(t, s, consult.Tx.AddAudit, third)
	seal(t, s)
	all := chain(t, s)
	first.N, second.N, third.N = 1, 2, 3
	for i, e := range []*consult.AuditEntry{first, second, third} {
		e.Link = all[i].Link
	}
	want(t, "in the order of sealing", all, []*consult.AuditEntry{first, second, third})
	want(t, "the list, by time", newest(), []*consult.AuditEntry{first, second, third})
	view(t, s, func(tx consult.Tx) error {
		n, last, err := tx.AuditHead()
		if n != 3 || !bytes.Equal(last, third.Link) {
			t.Errorf("the head is %d, %x, want 3, %x", n, last, third.Link)
		}
		return err
	})
	page := read(t, s, func(tx consult.Tx) ([]*consult.AuditEntry, error) { return tx.AuditChain(1, 1) })
	want(t, "a page of it", page, []*consult.AuditEntry{second})
}

func aLongLog(t *testing.T, s consult.Store) {
	const entries = 1203 // some batches and a rest
	sc := setScene(t, s, "a")
	update(t, s, func(tx consult.Tx) error {
		for i := range entries {
			if err := tx.AddAudit(newEntry(fmt.Sprint(i), 0)); err != nil {
				return err
			}
			if err := tx.AddEvent(newEvent(sc, fmt.Sprint(i), int64(i+1))); err != nil {
				return err
			}
		}
		return nil
	})
	seal(t, s)
	if all := chain(t, s); len(all) != entries || all[entries-1].ID != fmt.Sprint("au_", entries-1) {
		t.Errorf("%d entries, want %d", len(all), entries)
	}
	if all := logged(t, s, ""); len(all) != entries || all[entries-1] != fmt.Sprint("evt_", entries-1) {
		t.Errorf("%d events, want %d", len(all), entries)
	}
}

// Many nodes seal while many write, some of them slowly, and readers follow
// the log by its end. Each reader must see every event once, each consultation's in order.
func sealersAndWriters(t *testing.T, s consult.Store) {
	const followers = 2
	sc := make([]scene, writers)
	for i := range sc {
		sc[i] = setScene(t, s, fmt.Sprint(i))
	}
	all, ctx := errgroup.WithContext(ctxOf(t))
	var writing atomic.Int64
	writing.Store(writers)
	for w := range writers {
		all.Go(func() error {
			defer writing.Add(-1)
			for r := range rounds {
				if err := s.Update(ctx, func(tx consult.Tx) error {
					if err := tx.AddAudit(newEntry(fmt.Sprintf("%d_%d", w, r), 0)); err != nil {
						return err
					}
					err := say(tx, sc[w], fmt.Sprintf("%d_%d", w, r), r%4 == 3)
					if w%2 == 0 {
						select { // a slow one: others commit and are sealed meanwhile, where the database lets them
						case <-time.After(2 * time.Millisecond):
						case <-ctx.Done():
						}
					}
					return err
				}); err != nil && err != errOurs {
					return err
				}
			}
			return nil
		})
	}
	seen := make([][]*consult.Event, followers)
	for f := range followers {
		all.Go(func() error {
			for {
				last := writing.Load() == 0
				if err := s.Seal(ctx, Link); err != nil {
					return err
				}
				n := len(seen[f])
				if err := follow(ctx, s, &seen[f]); err != nil {
					return err
				}
				if last && len(seen[f]) == n {
					return nil
				}
			}
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	const kept = writers * rounds * 3 / 4
	for f, list := range seen {
		if len(list) != kept {
			t.Errorf("reader %d saw %d events, want %d", f, len(list), kept)
		}
		last := map[consult.ConsultationID]int64{}
		for _, e := range list {
			if last[e.ConsultationID]++; e.Sequence != last[e.ConsultationID] {
				t.Errorf("reader %d: %s: event %d comes where %d should", f, e.ConsultationID, e.Sequence, last[e.ConsultationID])
			}
		}
	}
	if n := len(chain(t, s)); n != kept {
		t.Errorf("%d entries in the chain, want %d", n, kept)
	}
}

// Writers that never pause do not keep a sealer for ever.
func sealingEnds(t *testing.T, s consult.Store) {
	ctx, stop := context.WithCancel(ctxOf(t))
	defer stop()
	var writing errgroup.Group
	var written atomic.Int64
	started := make(chan struct{}, 2)
	for w := range 2 {
		writing.Go(func() error {
			for ctx.Err() == nil {
				err := s.Update(ctx, func(tx consult.Tx) error {
					return tx.AddAudit(newEntry(fmt.Sprintf("%d_%d", w, written.Add(1)), 0))
				})
				if err != nil && ctx.Err() == nil {
					return err
				}
				select {
				case started <- struct{}{}:
				default:
				}
			}
			return nil
		})
	}
	for range 3 { // each has what came during the one before: more and more, if writing is faster
		<-started
		seal(t, s)
	}
	stop()
	if err := writing.Wait(); err != nil {
		t.Fatal(err)
	}
	seal(t, s)
	chain(t, s)
}

// follow appends what is in the log behind what was seen.
func follow(ctx context.Context, s consult.Store, seen *[]*consult.Event) error {
	var after consult.EventID
	if n := len(*seen); n > 0 {
		after = (*seen)[n-1].ID
	}
	var more []*consult.Event
	err := s.View(ctx, func(tx consult.Tx) (err error) {
		more, err = tx.Events("lk", after, 7)
		return err
	})
	*seen = append(*seen, more...)
	return err
}
