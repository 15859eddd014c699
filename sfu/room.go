package sfu

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Room forwards between its peers.
type Room struct {
	engine *Engine
	name   string
	places int // taken; guarded by engine.mu

	mu    sync.Mutex
	peers []*Peer // in the order of joining
}

// Join makes a peer of an offer and returns the answer. A peer of the same id that is there already is closed first.
// Errors: ErrRoomFull, ErrBadOffer (wrapped with the reason), ErrClosed.
func (r *Room) Join(ctx context.Context, id string, o Offer, ev PeerEvents) (*Peer, string, error) {
	parsed, err := parseOffer(o)
	if err != nil {
		return nil, "", err
	}
	if old := r.find(id); old != nil {
		old.Close()
	}
	r, err = r.engine.enter(r)
	if err != nil {
		return nil, "", fmt.Errorf("join room: %w", err)
	}
	p := newPeer(r, id, ev)
	answer, err := p.open(ctx, parsed)
	if errors.Is(err, ErrClosed) {
		return nil, "", err // the peer was made, and gives its place back when it has closed
	}
	if err != nil {
		r.engine.leave(r)
		return nil, "", err
	}
	return p, answer, nil
}

// Close ends all peers.
func (r *Room) Close() {
	r.mu.Lock()
	peers := slices.Clone(r.peers)
	r.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range peers {
		wg.Go(p.Close)
	}
	wg.Wait()
}

func (r *Room) find(id string) *Peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.peers {
		if p.id == id {
			return p
		}
	}
	return nil
}

// add puts a peer into the room. Should another of its id have come in
// meanwhile, that one is closed: the newest wins.
func (r *Room) add(p *Peer) {
	for {
		r.mu.Lock()
		i := slices.IndexFunc(r.peers, func(q *Peer) bool { return q.id == p.id })
		if i < 0 {
			r.peers = append(r.peers, p)
			r.mu.Unlock()
			return
		}
		old := r.peers[i]
		r.mu.Unlock()
		old.Close()
	}
}

// remove takes a peer out and its publications off everyone's slots.
func (r *Room) remove(p *Peer) {
	r.update(func() {
		r.peers = slices.DeleteFunc(r.peers, func(q *Peer) bool { return q == p })
		for _, s := range p.slots {
			s.take(nil)
		}
		for _, pub := range p.publications {
			pub.subscribe(nil)
		}
	})
}

// update runs change, which may alter publications and slots of the room's
// peers, gives the slots out anew and tells whom it concerns.
func (r *Room) update(change func()) {
	r.mu.Lock()
	change()
	peers, taken := r.assignLocked()
	r.mu.Unlock()
	for _, s := range taken {
		if s.peer.reachable.Load() { // else it asks when it is, and not in the throttle's shadow
			s.requestKeyFrame()
		}
	}
	for _, p := range peers {
		p.events.slotsDirty()
	}
}

// assignLocked gives every peer's slots to the publications of the others. It
// returns the peers for whom something changed and the slots with a new source.
func (r *Room) assignLocked() (peers []*Peer, taken []*slot) {
	for _, p := range r.peers {
		slots, changed := p.assign(r.wantedLocked(p))
		taken = append(taken, slots...)
		if changed {
			peers = append(peers, p)
		}
	}
	for _, p := range r.peers {
		for _, pub := range p.publications {
			pub.subscribe(r.subscribersLocked(pub))
		}
	}
	return peers, taken
}

// wantedLocked is what p should be shown: first come, first shown.
func (r *Room) wantedLocked(p *Peer) (wanted []*Publication) {
	for _, q := range r.peers {
		if q == p {
			continue
		}
		for _, pub := range q.publications {
			if pub.shown() {
				wanted = append(wanted, pub)
			}
		}
	}
	return wanted
}

func (r *Room) subscribersLocked(pub *Publication) (slots []*slot) {
	for _, p := range r.peers {
		for _, s := range p.slots {
			if s.of == pub {
				slots = append(slots, s)
			}
		}
	}
	return slots
}
