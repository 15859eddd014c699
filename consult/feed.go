package consult

import "sync"

// Hint says that something of a consultation changed. It carries no facts: who
// hears it reads the store. A lost hint costs a poll, never a fact.
type Hint struct {
	ConsultationID ConsultationID
	Kind           HintKind
}

// HintKind is what changed.
type HintKind string

const (
	HintStatus  HintKind = "status"  // the consultation's status or times
	HintThread  HintKind = "thread"  // a new message
	HintSeats   HintKind = "seats"   // an invite, an admission, a revocation
	HintOutbox  HintKind = "outbox"  // an event waits for delivery
	HintConsent HintKind = "consent" // somebody answered about recording
)

// Feed carries hints between the parts of a node, and between nodes.
type Feed interface {
	Publish(h Hint)
	// Subscribe calls fn for each hint, on the publisher's goroutine: fn
	// must not block. The returned function ends the subscription.
	Subscribe(fn func(Hint)) (cancel func())
}

// LocalFeed is a [Feed] within one process. Its zero value is ready.
type LocalFeed struct {
	mu   sync.Mutex
	next int
	subs map[int]func(Hint)
}

// Publish calls every subscriber.
func (f *LocalFeed) Publish(h Hint) {
	f.mu.Lock()
	subs := make([]func(Hint), 0, len(f.subs))
	for _, fn := range f.subs {
		subs = append(subs, fn)
	}
	f.mu.Unlock()
	for _, fn := range subs {
		fn(h)
	}
}

// Subscribe adds fn until cancel is called.
func (f *LocalFeed) Subscribe(fn func(Hint)) (cancel func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subs == nil {
		f.subs = make(map[int]func(Hint))
	}
	id := f.next
	f.next++
	f.subs[id] = fn
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subs, id)
	}
}
