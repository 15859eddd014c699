package recorder

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"tmk/sfu"
)

// Recording is one file being written. Its methods may be called from any goroutine.
type Recording struct {
	r      *Recorder
	id     string
	zero   time.Time // time 0 of the file
	failed func(error)
	queue  *queue
	stats  counters
	writer *writer // the goroutine's

	stopping chan struct{} // closed to end the goroutine
	done     chan struct{} // closed when it has ended
	end      sync.Once
	discard  atomic.Bool // what is still held need not be written
	err      error       // why it ended by itself; read after done

	mu     sync.Mutex // guards finishing
	over   bool
	facts  Facts
	result error
}

// Stats count what a recording saw.
type Stats struct {
	Packets int64 // taken from sinks
	Dropped int64 // the queue was full: the disk did not keep up
	Ignored int64 // malformed, of another payload type, or sent while muted
	Late    int64 // came twice, or after its place was written
	Lost    int64 // never came
	Broken  int64 // times that video had to wait for a key frame
	Frames  int64 // written, filler included
}

type counters struct {
	packets, dropped, ignored, late, lost, broken, frames atomic.Int64
}

// Stats returns the counts so far.
func (rec *Recording) Stats() Stats {
	c := &rec.stats
	return Stats{
		Packets: c.packets.Load(), Dropped: c.dropped.Load(), Ignored: c.ignored.Load(), Late: c.late.Load(),
		Lost: c.lost.Load(), Broken: c.broken.Load(), Frames: c.frames.Load(),
	}
}

func newRecording(r *Recorder, id string, failed func(error)) *Recording {
	return &Recording{
		r: r, id: id, zero: r.now(), failed: failed, queue: newQueue(r.queueLen),
		stopping: make(chan struct{}), done: make(chan struct{}),
	}
}

func (rec *Recording) since(t time.Time) time.Duration { return t.Sub(rec.zero) }

// Sink gives the sink for a publication of this participant: one audio (Opus)
// and one video (VP8) track. A publication that follows an earlier one of its
// kind (after a reconnect) continues the same track. A codec that is not
// recorded gets a sink that drops everything.
func (rec *Recording) Sink(p sfu.PublicationInfo) sfu.Sink {
	k := &sink{rec: rec, stream: &stream{info: p}}
	k.void = !(p.Kind == sfu.Audio && p.Codec == "opus" || p.Kind == sfu.Video && p.Codec == "VP8")
	now := rec.r.now()
	k.event(now, func(w *writer, at time.Duration) { w.open(k.stream, at) })
	return k
}

// round is how often the writer looks at its queue. A recording need not hurry,
// and waking it for each packet would cost more than writing that packet.
const round = 50 * time.Millisecond

// run is the recording's goroutine.
func (rec *Recording) run() {
	err := rec.write()
	rec.queue.close()
	for _, p := range rec.queue.swap(nil) {
		rec.r.pool.free(p)
	}
	if cerr := rec.writer.spool.f.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("close spool: %w", cerr)
	}
	if err != nil {
		rec.err = failure(err)
	}
	s := rec.Stats()
	rec.r.log.Info("recording ended", "recording", rec.id, "packets", s.Packets, "dropped", s.Dropped,
		"late", s.Late, "lost", s.Lost, "broken", s.Broken, "frames", s.Frames)
	ended := rec.ending()
	close(rec.done)
	if rec.err != nil && !ended && rec.failed != nil {
		rec.failed(rec.err)
	}
}

func (rec *Recording) ending() bool {
	select {
	case <-rec.stopping:
		return true
	default:
		return false
	}
}

// write works until the recording is stopped or fails. A panic is an error of
// this recording alone.
func (rec *Recording) write() (err error) {
	defer func() {
		if p := recover(); p != nil {
			rec.r.log.Error("recording panicked", "recording", rec.id, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	tick := time.NewTicker(round)
	defer tick.Stop()
	var batch []*packet
	for {
		stop := false
		select {
		case <-rec.stopping:
			stop = true
			rec.queue.close()
		case <-tick.C:
		case <-rec.queue.wake:
		}
		if stop && rec.discard.Load() {
			return nil
		}
		// What arrived before now is in the queue before it is swapped.
		now := rec.since(rec.r.now())
		batch = rec.queue.swap(batch)
		for i, p := range batch {
			batch[i] = nil
			rec.handle(p)
		}
		if stop {
			return rec.writer.finish(now)
		}
		if err := rec.writer.advance(now); err != nil {
			return err
		}
	}
}

func (rec *Recording) handle(p *packet) {
	if p.event != nil {
		p.event(rec.writer, p.arrival)
		rec.r.pool.free(p)
		return
	}
	rec.writer.packet(p)
}

// Stop ends the recording and finishes its file. The end is now: a muted or
// silent track is as long as the consultation. A recording that had failed
// before is finished as far as it was written, if that can be done; Stop then
// returns both the facts of the file and the *FailedError. Called again it
// returns the same. Errors: *FailedError; ctx's, after which Stop or Mend can
// be called again.
func (rec *Recording) Stop(ctx context.Context) (Facts, error) {
	rec.end.Do(func() { close(rec.stopping) })
	select {
	case <-rec.done:
	case <-ctx.Done():
		return Facts{}, fmt.Errorf("stop recording %s: %w", rec.id, ctx.Err())
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.over {
		return rec.facts, rec.result
	}
	facts, err := rec.r.finish(ctx, rec.id)
	if ctx.Err() != nil && err != nil {
		return Facts{}, fmt.Errorf("stop recording %s: %w", rec.id, err)
	}
	if rec.err != nil {
		err = rec.err
	}
	if err != nil {
		err = fmt.Errorf("stop recording %s: %w", rec.id, err)
	}
	rec.over, rec.facts, rec.result = true, facts, err
	rec.r.release(rec.id)
	return facts, err
}

// abandon ends the recording without finishing its file.
func (rec *Recording) abandon() {
	rec.discard.Store(true)
	rec.end.Do(func() { close(rec.stopping) })
	<-rec.done
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.over {
		return
	}
	rec.over, rec.result = true, &FailedError{FailureLost, nil}
	rec.r.release(rec.id)
}
