package recorder

import (
	"time"

	"tmk/sfu"
)

// sink takes what one publication receives. It copies and queues, nothing else.
type sink struct {
	rec    *Recording
	stream *stream
	void   bool // not recorded
}

// Packet copies raw into the queue, or drops and counts it when the queue is full.
func (k *sink) Packet(raw []byte, arrival time.Time) {
	if k.void {
		return
	}
	k.rec.stats.packets.Add(1)
	p := k.rec.r.pool.copy(raw)
	p.stream, p.arrival = k.stream, k.rec.since(arrival)
	if !k.rec.queue.put(p, false) {
		k.rec.stats.dropped.Add(1)
		k.rec.r.pool.free(p)
	}
}

// event queues what the writer is to do, in order with the packets.
func (k *sink) event(at time.Time, do func(*writer, time.Duration)) {
	if k.void {
		return
	}
	p := k.rec.r.pool.copy(nil)
	p.event, p.arrival = do, k.rec.since(at)
	if !k.rec.queue.put(p, true) {
		k.rec.stats.dropped.Add(1)
		k.rec.r.pool.free(p)
	}
}

// Report hands a sender report to the track's time line.
func (k *sink) Report(sr sfu.SenderReport, arrival time.Time) {
	k.event(arrival, func(w *writer, at time.Duration) { k.stream.line.Report(sr.NTP, sr.RTP, at) })
}

// Muted ends or begins what is recorded of the publication.
func (k *sink) Muted(muted bool, at time.Time) {
	k.event(at, func(w *writer, at time.Duration) { w.mute(k.stream, muted, at) })
}

// Close lets a later publication of the kind continue the track.
func (k *sink) Close() {
	k.event(k.rec.r.now(), func(w *writer, at time.Duration) { w.close(k.stream, at) })
}
