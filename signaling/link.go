package signaling

import (
	"sync"

	"tmk/sfu"
	"tmk/signaling/protocol"
)

// link is a member's media connection. A nil link is none: its methods do nothing.
type link struct {
	peer    *sfu.Peer
	box     box
	uploads *uploads

	// What the loop knows of it.
	state    sfu.State
	speaking bool
	level    int
	cause    string

	taps taps // the clerk's
}

// events are what the SFU tells, from goroutines of its own.
func (l *link) events() sfu.PeerEvents {
	return sfu.PeerEvents{
		State: func(s sfu.State) { l.box.put(func(n *news) { n.state = s }) },
		Slots: func(list []sfu.Slot) {
			l.box.put(func(n *news) {
				l.box.slots = append([]sfu.Slot{}, list...) // never nil: none is news too
				n.slots = l.box.slots
			})
		},
		SlotsLack: func(audio, video int) { l.box.put(func(n *news) { n.lackAudio, n.lackVideo = audio, video }) },
		Data:      l.uploads.receive,
		Quality:   func(q sfu.Quality) { l.box.put(func(n *news) { n.quality = q }) },
		Speaking:  func(on bool) { l.box.put(func(n *news) { n.speaking = on }) },
	}
}

// usable tells whether the connection can go on: an offer to it, or a resume.
func (l *link) usable() bool {
	if l == nil {
		return false
	}
	s := l.box.currentState()
	return s != sfu.Failed && s != sfu.Closed
}

// mute makes the SFU forward what is on and nothing else.
func (l *link) mute(m protocol.Media) {
	if l == nil {
		return
	}
	l.peer.SetMuted(sfu.Microphone, !m.Mic)
	l.peer.SetMuted(sfu.Camera, !m.Camera)
	l.peer.SetMuted(sfu.Screen, !m.Screen)
}

// close ends the connection and its uploads, and waits for their goroutines. Not to be called in the loop.
func (l *link) close() {
	if l == nil {
		return
	}
	l.peer.Close()
	l.uploads.close()
}

// box holds what a link has told until the room's loop takes it. It keeps the
// last of each kind, so it is bounded and nobody waits.
type box struct {
	wake chan<- struct{}

	mu    sync.Mutex
	news  news
	slots []sfu.Slot // the last list
}

// news is what is new. State, speaking and quality stay as they were last told.
type news struct {
	state                sfu.State
	speaking             bool
	quality              sfu.Quality
	slots                []sfu.Slot // nil: as before
	lackAudio, lackVideo int        // 0: as before
}

func (b *box) put(change func(*news)) {
	b.mu.Lock()
	change(&b.news)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // the loop will look anyway
	}
}

// take returns what is new. What only the client needs stays until it can be told.
func (b *box) take(client bool) news {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.news
	if !client {
		n.slots, n.lackAudio, n.lackVideo = nil, 0, 0
		return n
	}
	b.news.slots, b.news.lackAudio, b.news.lackVideo = nil, 0, 0
	return n
}

// currentSlots returns the whole list, for joined.
func (b *box) currentSlots() []sfu.Slot {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.news.slots = nil
	return b.slots
}

func (b *box) currentState() sfu.State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.news.state
}
