package consult

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// Once is a request that carries an Idempotency-Key: it takes effect once, and
// whoever sends it again gets the first answer.
type Once struct {
	Integration string
	Key         []byte // SHA-256 of the header
	Fingerprint []byte // SHA-256 of method, path and body
	CreatedAt   time.Time
	LeaseUntil  time.Time // whoever took it up works on it until then
	Object      string    // id of what the change made, written in the change's own transaction; "" before
	Status      int       // of the answer; 0 until there is one
	Header      map[string]string
	Body        []byte // sealed in the database: an answer may hold links and secrets
}

const (
	maxOnceKey = 255 // characters
	// onceLease is how long a request may take until somebody else may take it up.
	onceLease = 30 * time.Second
	// onceKept is how long a key keeps its answer.
	onceKept = 72 * time.Hour
	// oncePatience is how long BeginOnce waits for somebody else's answer.
	oncePatience = 5 * time.Second
	// onceClosing bounds the write behind an answer, which takes place though the caller hung up.
	onceClosing = 5 * time.Second
)

// BeginOnce takes up a request that carries an Idempotency-Key. With mine the caller is to do it, under [WithOnce],
// and to end it with EndOnce or DropOnce; where o.Object stands already, a crash lost the answer, and it is to be
// made anew from that object, changing nothing. Without mine o holds the first answer. Keys are kept apart by
// integration, and those of a member of staff are his own. fingerprint is the SHA-256 of the request. Codes:
// unauthorized, invalid (the key), idempotency_mismatch, in_progress (somebody's answer has not come within 5 s).
func (d *Desk) BeginOnce(ctx context.Context, by Principal, key string, fingerprint []byte) (o *Once, mine bool, err error) {
	owner := onceOwner(by)
	if owner == "" {
		return nil, false, Errorf(CodeUnauthorized, "nobody known is calling")
	}
	var f fields
	f.line("/Idempotency-Key", key, maxOnceKey)
	if key == "" {
		f.add("/Idempotency-Key", "is required")
	}
	if err := f.err("the Idempotency-Key"); err != nil {
		return nil, false, err
	}
	deadline := time.NewTimer(d.patience)
	defer deadline.Stop()
	const firstPause, lastPause = 10 * time.Millisecond, 200 * time.Millisecond
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		o, mine, err = d.tryOnce(ctx, owner, HashToken(key), fingerprint, pause > firstPause)
		if !lostRace(err) && CodeOf(err) != CodeBusy {
			return o, mine, err
		}
		next := time.NewTimer(pause)
		select {
		case <-next.C:
		case <-deadline.C:
			next.Stop()
			return nil, false, Errorf(CodeBusy, "a request with this Idempotency-Key is being answered")
		case <-ctx.Done():
			next.Stop()
			return nil, false, ctx.Err()
		}
	}
}

// onceOwner is whose the keys of p are. Names of integrations have no colon.
func onceOwner(p Principal) string {
	switch {
	case p.Key != nil:
		return p.Key.Integration
	case p.Staff != nil:
		return p.Actor()
	}
	return ""
}

// tryOnce is one look at a key, the first or one more. Codes: idempotency_mismatch, in_progress, conflict (somebody
// was first: look again).
func (d *Desk) tryOnce(ctx context.Context, owner string, key, fingerprint []byte, again bool) (o *Once, mine bool, err error) {
	if again { // whoever waits must not keep the others from writing
		live := false
		err = d.store.View(ctx, func(tx Tx) (err error) {
			o, live, err = d.lookOnce(tx, owner, key, fingerprint)
			return err
		})
		if err != nil || live && o.Status != 0 {
			return o, false, err
		}
	}
	err = d.store.Update(ctx, func(tx Tx) (err error) {
		o, mine, err = d.takeOnce(tx, owner, key, fingerprint)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return o, mine, nil
}

// takeOnce takes a key up, unless there is an answer.
func (d *Desk) takeOnce(tx Tx, owner string, key, fingerprint []byte) (o *Once, mine bool, err error) {
	o, live, err := d.lookOnce(tx, owner, key, fingerprint)
	lease := d.clock().Add(onceLease)
	switch {
	case err != nil || live && o.Status != 0:
		return o, false, err
	case live: // given up, or its owner died
		o.LeaseUntil = lease
		return o, true, tx.SaveOnce(o)
	case o != nil: // kept long enough
		if err := tx.DeleteOnce(owner, key); err != nil {
			return nil, false, err
		}
	}
	o = &Once{Integration: owner, Key: key, Fingerprint: fingerprint, CreatedAt: d.clock(), LeaseUntil: lease}
	return o, true, tx.AddOnce(o)
}

// lookOnce reads a key. It is not live when it was used too long ago, and nil when never. Codes:
// idempotency_mismatch, in_progress.
func (d *Desk) lookOnce(tx Tx, owner string, key, fingerprint []byte) (o *Once, live bool, err error) {
	o, err = tx.Once(owner, key)
	switch {
	case CodeOf(err) == CodeNotFound:
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("read idempotency key: %w", err)
	case reached(d.clock(), o.CreatedAt.Add(onceKept)):
		return o, false, nil
	case !bytes.Equal(o.Fingerprint, fingerprint):
		return nil, false, Errorf(CodeMismatch, "the Idempotency-Key was used with another request")
	case o.Status == 0 && d.clock().Before(o.LeaseUntil):
		return nil, false, Errorf(CodeBusy, "a request with this Idempotency-Key is being answered")
	}
	return o, true, nil
}

// EndOnce keeps the answer, which is in o.Status, o.Header and o.Body. It does so though ctx has ended. When the lease
// has run out and somebody else has taken the request up, nothing changes.
func (d *Desk) EndOnce(ctx context.Context, o *Once) error {
	err := d.closeOnce(ctx, o, func(tx Tx, _ *Once) error { return tx.SaveOnce(o) })
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// DropOnce gives a request up whose answer is not worth keeping: the key can be used again, unless the request took
// effect; then whoever sends it again takes it up at once.
func (d *Desk) DropOnce(ctx context.Context, o *Once) error {
	err := d.closeOnce(ctx, o, func(tx Tx, stored *Once) error {
		if stored.Object == "" {
			return tx.DeleteOnce(o.Integration, o.Key)
		}
		stored.LeaseUntil = d.clock()
		return tx.SaveOnce(stored)
	})
	if err != nil {
		return fmt.Errorf("give request up: %w", err)
	}
	return nil
}

// closeOnce runs fn while o's lease is the one that holds.
func (d *Desk) closeOnce(ctx context.Context, o *Once, fn func(tx Tx, stored *Once) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), onceClosing)
	defer cancel()
	return d.store.Update(ctx, func(tx Tx) error {
		stored, err := tx.Once(o.Integration, o.Key)
		switch {
		case CodeOf(err) == CodeNotFound:
			return nil
		case err != nil:
			return err
		case !stored.heldAs(o):
			return nil
		}
		return fn(tx, stored)
	})
}

// heldAs tells whether the stored key is still taken up as o has it.
func (o *Once) heldAs(mine *Once) bool {
	return o.Status == 0 && o.LeaseUntil.Equal(mine.LeaseUntil) && bytes.Equal(o.Fingerprint, mine.Fingerprint)
}

// onceKey is where the context keeps a request's key.
type onceKey struct{}

// running is a request that is being done under its key.
type running struct {
	once *Once
	// done says that the request took effect before it was taken up: nothing may be changed again.
	done bool
}

// WithOnce makes every change under the context part of the request o: the id of the first thing it acts on is
// written into o.Object in the change's own transaction. Code of such a change when o has lost its lease: in_progress;
// when the request took effect before it was taken up: conflict.
func WithOnce(ctx context.Context, o *Once) context.Context {
	return context.WithValue(ctx, onceKey{}, &running{once: o, done: o.Object != ""})
}

func withoutOnce(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, (*running)(nil))
}

func onceOf(ctx context.Context) *running {
	r, _ := ctx.Value(onceKey{}).(*running)
	return r
}

// mark notes in tx what the request acted on; what audits nothing has no effect to note.
func (r *running) mark(tx Tx, object string) error {
	if r == nil || object == "" {
		return nil
	}
	if r.done {
		return Errorf(CodeConflict, "the request took effect already")
	}
	stored, err := tx.Once(r.once.Integration, r.once.Key)
	if err != nil && CodeOf(err) != CodeNotFound {
		return fmt.Errorf("read idempotency key: %w", err)
	}
	if err != nil || !stored.heldAs(r.once) {
		return Errorf(CodeBusy, "somebody else has taken the request up")
	}
	if stored.Object != "" {
		return nil // an effect of this same request
	}
	stored.Object = object
	if err := tx.SaveOnce(stored); err != nil {
		return fmt.Errorf("mark effect of request: %w", err)
	}
	return nil
}

// marked notes in memory what mark has committed.
func (r *running) marked(object string) {
	if r != nil && r.once.Object == "" {
		r.once.Object = object
	}
}
