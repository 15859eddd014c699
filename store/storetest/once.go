package storetest

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"tmk/consult"
)

var onceLaws = []law{
	{"idempotency keys", onces},
	{"of many who use a key at once one has it", oneHasTheKey},
}

func newOnce(integration, key string) *consult.Once {
	return &consult.Once{
		Integration: integration, Key: consult.HashToken(key), Fingerprint: consult.HashToken("POST /x"),
		CreatedAt: morning, LeaseUntil: morning.Add(time.Minute),
	}
}

func onces(t *testing.T, s consult.Store) {
	a, other, b := newOnce("lk", "a"), newOnce("other", "a"), newOnce("lk", "b")
	b.CreatedAt = morning.Add(time.Hour)
	for _, o := range []*consult.Once{a, other, b} {
		add(t, s, consult.Tx.AddOnce, o)
	}
	of := func(integration, key string) func(tx consult.Tx) (*consult.Once, error) {
		return func(tx consult.Tx) (*consult.Once, error) { return tx.Once(integration, consult.HashToken(key)) }
	}
	want(t, "unanswered", read(t, s, of("lk", "a")), a)
	refused(t, s, consult.CodeConflict, "the same key", func(tx consult.Tx) error { return tx.AddOnce(newOnce("lk", "a")) })
	a.LeaseUntil, a.Object, a.Status = morning.Add(time.Hour), "c_1", 201
	a.Header = map[string]string{"Location": "/x", "ETag": `"1"`}
	a.Body = bytes.Repeat([]byte(`{"url":"https://tmk.example/j/x"}`+"\x00\xff"), 1000)
	add(t, s, consult.Tx.SaveOnce, a)
	want(t, "answered", read(t, s, of("lk", "a")), a)
	want(t, "another integration's", read(t, s, of("other", "a")), other)
	a.Header, a.Body, a.Status = nil, nil, 204
	add(t, s, consult.Tx.SaveOnce, a)
	want(t, "an empty answer", read(t, s, of("lk", "a")), a)
	missing(t, s, "an unused key", of("lk", "none"))
	refused(t, s, consult.CodeNotFound, "saving none", func(tx consult.Tx) error { return tx.SaveOnce(newOnce("lk", "none")) })
	for range 2 {
		update(t, s, func(tx consult.Tx) error { return tx.DeleteOnce("lk", a.Key) })
		missing(t, s, "deleted", of("lk", "a"))
	}
	update(t, s, func(tx consult.Tx) error {
		n, err := tx.DeleteOnces(b.CreatedAt)
		if n != 1 {
			t.Errorf("deleted %d, want 1", n)
		}
		return err
	})
	missing(t, s, "an old one", of("other", "a"))
	want(t, "the one at the edge", read(t, s, of("lk", "b")), b)
}

func oneHasTheKey(t *testing.T, s consult.Store) {
	var have atomic.Int64
	together(t, func(ctx context.Context, _ int) error {
		err := s.Update(ctx, func(tx consult.Tx) error { return tx.AddOnce(newOnce("lk", "a")) })
		if consult.CodeOf(err) == consult.CodeConflict {
			return nil
		}
		have.Add(1)
		return err
	})
	if n := have.Load(); n != 1 {
		t.Errorf("%d have the key", n)
	}
}
