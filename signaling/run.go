package signaling

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tmk/consult"
	"tmk/recorder"
	"tmk/signaling/protocol"
)

// Run tidies up what a crash left, lets sockets in, mends leftover recordings
// in the background, and does what is due by the clock until ctx is done.
func (h *Hub) Run(ctx context.Context) error {
	defer h.feed.Subscribe(h.hear)()
	leftovers, err := h.tidy(ctx)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	close(h.ready)
	if !h.inBackground(func() { h.mend(ctx, leftovers) }) {
		return nil
	}
	tick := time.NewTicker(h.cfg.SweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.stopped:
			return nil
		case <-tick.C:
			if err := h.desk.Sweep(ctx); err != nil && ctx.Err() == nil {
				h.log.Error("sweep", "err", err)
			}
			h.removeErased(ctx)
		}
	}
}

// inBackground runs fn in a goroutine that Shutdown waits for; false when that has begun.
func (h *Hub) inBackground(fn func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return false
	}
	h.work.Go(fn)
	return true
}

// tidy closes the attendances of a server that did not end in order, and finds its recordings.
func (h *Hub) tidy(ctx context.Context) ([]*consult.Recording, error) {
	if err := h.desk.CloseStaleAttendances(ctx); err != nil {
		return nil, fmt.Errorf("close stale attendances: %w", err)
	}
	leftovers, err := h.desk.UnfinishedRecordings(ctx)
	if err != nil {
		return nil, fmt.Errorf("list unfinished recordings: %w", err)
	}
	return leftovers, nil
}

// mend finishes recordings that a crash left, one at a time.
func (h *Hub) mend(ctx context.Context, leftovers []*consult.Recording) {
	for _, r := range leftovers {
		if ctx.Err() != nil || h.workCtx.Err() != nil {
			return // the next start goes on
		}
		if err := h.desk.RecordingFinishing(ctx, r.ID); err != nil {
			h.log.Error("mend recording", "recording", r.ID, "err", err)
			continue
		}
		facts, err := h.rec.Mend(ctx, string(r.ID))
		h.settle(ctx, r.ID, facts, err)
	}
}

// removeErased removes the bytes of recordings that were erased. One that cannot
// be removed is tried again the next time, and so is what a crash has left between removing and noting it.
func (h *Hub) removeErased(ctx context.Context) {
	erased, err := h.desk.ErasedRecordings(ctx)
	if err != nil && ctx.Err() == nil {
		h.log.Error("list erased recordings", "err", err)
	}
	for _, r := range erased {
		if ctx.Err() != nil {
			return
		}
		err := h.rec.Remove(string(r.ID)) // durable when it returns, and no error where there is nothing any more
		if err == nil {
			err = h.desk.ForgetBytes(ctx, r.ID)
		}
		if err != nil && ctx.Err() == nil {
			h.log.Error("remove erased recording", "recording", r.ID, "err", err)
		}
	}
}

// settle stores what became of a recording.
func (h *Hub) settle(ctx context.Context, id consult.RecordingID, facts recorder.Facts, err error) {
	if err != nil && ctx.Err() != nil {
		h.log.Warn("recording left for the next start", "recording", id, "err", err)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workWithin)
	defer cancel()
	var told error
	if err != nil {
		why := recorder.FailureIO
		var failed *recorder.FailedError
		if errors.As(err, &failed) {
			why = failed.Failure
		}
		level := slog.LevelError
		if why == recorder.FailureEmpty { // somebody who sent nothing: no defect
			level = slog.LevelInfo
		}
		h.log.Log(ctx, level, "recording failed", "recording", id, "err", err)
		told = h.desk.RecordingFailed(ctx, id, string(why))
	} else {
		told = h.desk.RecordingReady(ctx, id, consult.RecordingFacts(facts))
	}
	if told != nil {
		h.log.Error("settle recording", "recording", id, "err", told)
	}
}

// hear hands a hint to the room that it is about, if it is open.
func (h *Hub) hear(hint consult.Hint) {
	h.mu.Lock()
	r := h.rooms[hint.ConsultationID]
	h.mu.Unlock()
	if r == nil {
		return
	}
	switch hint.Kind {
	case consult.HintStatus, consult.HintSeats:
		r.clerk.ask(taskFacts)
	case consult.HintThread:
		r.heardThread()
	case consult.HintConsent: // who answers here asks the clerk himself, once the room knows the answer
		time.AfterFunc(retryAfter, func() { r.clerk.ask(taskRecording) })
	}
}

// Shutdown tells everybody to come back later (4008), lets all seats go,
// finishes the recordings and waits for all goroutines. When ctx ends before,
// what is unfinished is left to the next start and its error returned.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	if !h.draining {
		h.draining = true
		close(h.stopped)
	}
	for c := range h.open {
		c.close(protocol.CloseRestart, "server restarts")
	}
	for _, r := range h.rooms {
		r.clerk.ask(taskExpire)
	}
	h.mu.Unlock()

	done := make(chan struct{})
	go func() {
		defer close(done)
		h.conns.Wait()
		h.roomsWG.Wait()
		h.work.Wait()
	}()
	select {
	case <-done:
		h.stopWork()
		return nil
	case <-ctx.Done():
		h.stopWork() // what still runs sees it and ends
		return fmt.Errorf("shut rooms down: %w", ctx.Err())
	}
}
