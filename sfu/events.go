package sfu

import "sync"

// dataQueue is how many data messages wait for their owner. More hold up the
// connection's own reading, and with it the sender: that is SCTP's flow control.
const dataQueue = 16

// events tells a peer's owner, from one goroutine, what happens. Of what has a
// latest value only the latest is told, so that nothing here grows.
type events struct {
	to PeerEvents
	// slots reads the present list and how many lines are wanting.
	slots func() (list []Slot, audio, video int)

	wake chan struct{} // holds one
	data chan []byte
	stop chan struct{}
	done chan struct{}

	mu           sync.Mutex
	states       []State // not told yet, no two alike in a row
	slotsChanged bool
	dataReady    bool
	quality      *Quality
	speaking     *bool

	lackAudio, lackVideo int // told last; used by the goroutine only
}

func newEvents(to PeerEvents, slots func() ([]Slot, int, int)) *events {
	return &events{
		to: to, slots: slots,
		wake: make(chan struct{}, 1),
		data: make(chan []byte, dataQueue),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
}

// note changes what is to be told and wakes the goroutine.
func (e *events) note(change func()) {
	e.mu.Lock()
	change()
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default: // it has not looked since the last time
	}
}

func (e *events) state(s State) {
	e.note(func() {
		if n := len(e.states); n == 0 || e.states[n-1] != s {
			e.states = append(e.states, s)
		}
		if len(e.states) > 8 { // an owner this slow needs the newest only
			e.states = append(e.states[:0], s)
		}
	})
}

func (e *events) slotsDirty()       { e.note(func() { e.slotsChanged = true }) }
func (e *events) ready()            { e.note(func() { e.dataReady = true }) }
func (e *events) tell(q Quality)    { e.note(func() { e.quality = &q }) }
func (e *events) speak(active bool) { e.note(func() { e.speaking = &active }) }

// message hands a data message on, waiting for room. It reports false when the
// peer ended first.
func (e *events) message(b []byte) bool {
	select {
	case e.data <- b:
		return true
	case <-e.stop:
		return false
	}
}

func (e *events) run() {
	defer close(e.done)
	for {
		select {
		case <-e.wake:
			e.deliver()
		case b := <-e.data:
			e.deliver() // DataReady comes first
			if e.to.Data != nil {
				e.to.Data(b)
			}
		case <-e.stop:
			if e.to.State != nil {
				e.to.State(Closed)
			}
			return
		}
	}
}

func (e *events) deliver() {
	e.mu.Lock()
	states, slotsChanged, ready, quality, speaking := e.states, e.slotsChanged, e.dataReady, e.quality, e.speaking
	e.states, e.slotsChanged, e.dataReady, e.quality, e.speaking = nil, false, false, nil, nil
	e.mu.Unlock()
	if e.to.State != nil {
		for _, s := range states {
			e.to.State(s)
		}
	}
	if slotsChanged {
		e.deliverSlots()
	}
	if ready && e.to.DataReady != nil {
		e.to.DataReady()
	}
	if quality != nil && e.to.Quality != nil {
		e.to.Quality(*quality)
	}
	if speaking != nil && e.to.Speaking != nil {
		e.to.Speaking(*speaking)
	}
}

func (e *events) deliverSlots() {
	list, audio, video := e.slots()
	if e.to.Slots != nil {
		e.to.Slots(list)
	}
	changed := audio != e.lackAudio || video != e.lackVideo
	e.lackAudio, e.lackVideo = audio, video
	if changed && audio+video > 0 && e.to.SlotsLack != nil {
		e.to.SlotsLack(audio, video)
	}
}

// close ends the goroutine with State(Closed) and waits for it.
func (e *events) close() {
	close(e.stop)
	<-e.done
}
