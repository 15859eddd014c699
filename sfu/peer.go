package sfu

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
)

// Peer is one person's connection.
type Peer struct {
	id     string
	room   *Room
	engine *Engine
	events *events
	conn   conn
	ssrc   uint32 // ours in RTCP to the client

	offering sync.Mutex // one offer at a time

	// Guarded by room.mu.
	publications []*Publication
	slots        []*slot
	lackAudio    int
	lackVideo    int

	// Read for each packet.
	routes   atomic.Pointer[[]route]
	slotList atomic.Pointer[[]*slot]

	uplink   uplinkSide
	downlink downlinkSide
	speech   speech
	ticks    ticks

	muting sync.Mutex // one change at a time
	mu     sync.Mutex
	tap    *Tap
	muted  map[Source]bool

	reachable atomic.Bool // packets sent may arrive: from Connected to Failed
	closing   atomic.Bool
	closeOnce sync.Once
	closed    chan struct{}
	stop      chan struct{}
	ticking   sync.WaitGroup
}

func newPeer(r *Room, id string, ev PeerEvents) *Peer {
	p := &Peer{
		id: id, room: r, engine: r.engine,
		ssrc:   randomSSRC(),
		muted:  make(map[Source]bool),
		closed: make(chan struct{}),
		stop:   make(chan struct{}),
	}
	p.uplink.init(p.ssrc)
	p.events = newEvents(ev, p.slotsNow)
	now := r.engine.now()
	p.ticks = ticks{reported: now, paced: now, judged: now}
	p.routes.Store(new([]route))
	p.slotList.Store(new([]*slot))
	return p
}

// open connects the peer by its first offer and puts it into the room.
func (p *Peer) open(ctx context.Context, o *offer) (string, error) {
	p.offering.Lock()
	defer p.offering.Unlock()
	c, err := p.engine.transport.open(p)
	if err != nil {
		return "", err
	}
	p.conn = c
	answer, lines, err := c.answer(ctx, o)
	if err != nil {
		c.close()
		return "", err
	}
	p.engine.counters.peers.Add(1)
	go p.tellOwner()
	p.ticking.Go(p.tick)
	p.room.add(p)
	p.apply(o, lines)
	if p.engine.isClosed() {
		go p.Close() // it came in behind Engine.Close, which has counted the peers
		return "", ErrClosed
	}
	return answer, nil
}

// tellOwner runs the owner's functions; one that panics costs the peer.
func (p *Peer) tellOwner() {
	defer p.guard("events")
	p.events.run()
}

// Offer takes a further offer of the client (more slots, another sender, an ICE restart) and returns the answer.
// Offers wait for each other. Errors: ErrBadOffer, ErrClosed. An offer that
// looked well and failed half-way closes the peer.
func (p *Peer) Offer(ctx context.Context, o Offer) (string, error) {
	parsed, err := parseOffer(o)
	if err != nil {
		return "", err
	}
	p.offering.Lock()
	defer p.offering.Unlock()
	if p.closing.Load() {
		return "", ErrClosed
	}
	answer, lines, err := p.conn.answer(ctx, parsed)
	if errors.Is(err, errStuck) {
		go p.Close() // the client has to join anew
	}
	if err != nil {
		return "", err
	}
	p.apply(parsed, lines)
	return answer, nil
}

// apply brings publications and slots in line with an answered offer.
func (p *Peer) apply(o *offer, lines []line) {
	var ended []*Publication
	p.room.update(func() {
		if p.closing.Load() {
			return
		}
		p.slots = slices.DeleteFunc(p.slots, func(s *slot) bool {
			gone := !slices.ContainsFunc(o.slots, func(l slotLine) bool { return l.mid == s.mid })
			if gone {
				s.take(nil)
			}
			return gone
		})
		for _, l := range lines {
			p.slots = append(p.slots, newSlot(p, l))
		}
		slots := slices.Clone(p.slots)
		p.slotList.Store(&slots)
		ended = p.publishLocked(o.senders)
	})
	if len(lines) > 0 {
		p.events.slotsDirty()
	}
	for _, pub := range ended {
		pub.end()
	}
}

// publishLocked makes the publications those of the offer and returns the ones
// that are no more.
func (p *Peer) publishLocked(senders []senderLine) (ended []*Publication) {
	var publications []*Publication
	var routes []route
	for _, s := range senders {
		i := slices.IndexFunc(p.publications, func(pub *Publication) bool {
			return pub.mid == s.mid && pub.source == s.source
		})
		var pub *Publication
		if i >= 0 {
			pub = p.publications[i]
		} else {
			pub = newPublication(p, s.mid, s.source)
			pub.muted.Store(p.isMuted(s.source))
			pub.sink.set(p.currentTap())
		}
		publications = append(publications, pub)
		routes = append(routes, route{mid: s.mid, ssrcs: s.ssrcs, ext: s.ext, to: pub})
	}
	for _, pub := range p.publications {
		if !slices.Contains(publications, pub) {
			ended = append(ended, pub)
		}
	}
	p.publications = publications
	p.routes.Store(&routes)
	return ended
}

// SetMuted stops or resumes forwarding of a source, whatever the client still sends. Resuming asks for a key frame.
// A muted screen gives its slots to others.
func (p *Peer) SetMuted(s Source, muted bool) {
	p.muting.Lock()
	defer p.muting.Unlock()
	p.mu.Lock()
	changed := p.muted[s] != muted
	p.muted[s] = muted
	p.mu.Unlock()
	if !changed {
		return
	}
	for _, pub := range p.published() {
		if pub.source == s {
			pub.setMuted(muted)
		}
	}
	if s == Screen {
		p.room.update(func() {})
	}
}

func (p *Peer) isMuted(s Source) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.muted[s]
}

// SetTap hands the peer's publications to sinks from now on; nil closes the sinks there are.
func (p *Peer) SetTap(t Tap) {
	p.mu.Lock()
	p.tap = &t
	p.mu.Unlock()
	for _, pub := range p.published() {
		pub.sink.set(&t)
	}
}

func (p *Peer) currentTap() *Tap {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tap
}

func (p *Peer) published() []*Publication {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return slices.Clone(p.publications)
}

// SendData sends one binary message on the data channel "files". It never blocks:
// an error means the channel is not open (ErrDataClosed) or its buffer (1 MiB) is full (ErrDataFull).
func (p *Peer) SendData(b []byte) error { return p.conn.sendData(b) }

// Close ends the connection and waits for its goroutines; PeerEvents.State gets Closed, nothing after it.
// Not to be called from a PeerEvents function.
func (p *Peer) Close() {
	p.closeOnce.Do(p.shutdown)
	<-p.closed
}

func (p *Peer) shutdown() {
	defer close(p.closed)
	p.closing.Store(true)
	close(p.stop)
	p.room.remove(p)
	p.events.close() // before the connection: a handler may wait for room in the queue
	p.conn.close()
	p.offering.Lock() // what was being answered has failed by now
	defer p.offering.Unlock()
	p.ticking.Wait()
	for _, pub := range p.publications {
		pub.end()
	}
	p.engine.counters.peers.Add(-1)
	p.engine.leave(p.room)
}

// guard ends the peer when its goroutine panics, and only the peer.
func (p *Peer) guard(where string) {
	if cause := recover(); cause != nil {
		p.engine.counters.panics.Add(1)
		p.engine.log.Error("sfu: panic, peer is closed", "where", where, "peer", p.id,
			"panic", cause, "stack", string(debug.Stack()))
		go p.Close() // it waits for the very goroutine that is ending here
	}
}

func (p *Peer) onState(s State) {
	defer p.guard("state")
	switch s {
	case Connected:
		p.reachable.Store(true)
		for _, s := range *p.slotList.Load() {
			s.requestKeyFrame() // what was sent before, if anything, is lost
		}
	case Failed:
		p.reachable.Store(false)
		for _, s := range *p.slotList.Load() {
			s.pause() // until it is reachable again
		}
	case Closed:
		// The client closed its end: there is no coming back on this connection.
		if !p.closing.Load() {
			go p.Close()
		}
		return
	}
	p.events.state(s)
}

func (p *Peer) onData(msg []byte) {
	defer p.guard("data")
	if !p.events.message(msg) {
		p.engine.counters.dataDropped.Add(1)
	}
}

func (p *Peer) onDataReady() {
	defer p.guard("data")
	p.events.ready()
}
