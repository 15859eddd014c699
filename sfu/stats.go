package sfu

import "sync/atomic"

// Stats are the engine's counters since its start, and how many rooms and peers
// there are now.
type Stats struct {
	Rooms, Peers int

	PacketsIn, BytesIn   uint64 // RTP from clients
	PacketsOut, BytesOut uint64 // RTP to clients, repeated ones included
	Malformed            uint64 // RTP that could not be read
	Unrouted             uint64 // RTP of no publication
	Late                 uint64 // duplicates and what came too late
	WriteErrors          uint64 // packets the transport refused

	NacksSent     uint64 // packets we asked for again
	NacksGivenUp  uint64 // and never got
	NacksReceived uint64 // packets we were asked for
	NacksAnswered uint64
	NacksMissed   uint64 // no longer in the history

	KeyFramesAsked uint64 // requests (PLI, FIR) from clients
	KeyFramesSent  uint64 // requests to clients, after the throttle

	PicturesHeld uint64 // times a picture was held back for want of bandwidth
	DataDropped  uint64 // data messages of peers that were closing
	Panics       uint64 // peers ended by a panic
	SinkPanics   uint64 // sinks let go because of one
}

// counters are the atomics behind Stats.
type counters struct {
	peers                                         atomic.Int64
	packetsIn, bytesIn, packetsOut, bytesOut      atomic.Uint64
	malformed, unrouted, late, writeErrors        atomic.Uint64
	nacksSent, nacksGivenUp                       atomic.Uint64
	nacksReceived, nacksAnswered, nacksMissed     atomic.Uint64
	keyFramesAsked, keyFramesSent                 atomic.Uint64
	picturesHeld, dataDropped, panics, sinkPanics atomic.Uint64
}

// Stats reads the counters. It takes no lock that media waits for.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	rooms := len(e.rooms)
	e.mu.Unlock()
	c := &e.counters
	return Stats{
		Rooms: rooms, Peers: int(c.peers.Load()),
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(),
		PacketsOut: c.packetsOut.Load(), BytesOut: c.bytesOut.Load(),
		Malformed: c.malformed.Load(), Unrouted: c.unrouted.Load(),
		Late: c.late.Load(), WriteErrors: c.writeErrors.Load(),
		NacksSent: c.nacksSent.Load(), NacksGivenUp: c.nacksGivenUp.Load(),
		NacksReceived: c.nacksReceived.Load(), NacksAnswered: c.nacksAnswered.Load(), NacksMissed: c.nacksMissed.Load(),
		KeyFramesAsked: c.keyFramesAsked.Load(), KeyFramesSent: c.keyFramesSent.Load(),
		PicturesHeld: c.picturesHeld.Load(), DataDropped: c.dataDropped.Load(),
		Panics: c.panics.Load(), SinkPanics: c.sinkPanics.Load(),
	}
}
