package signaling

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"tmk/consult"
	"tmk/recorder"
	"tmk/sfu"
	"tmk/signaling/protocol"
)

// onSetConsent stores the answer to the question of recording; the clerk draws the consequences.
func (c *conn) onSetConsent(ctx context.Context, id string, m protocol.SetConsent) error {
	if !c.consents.Allow() { // each answer is kept
		return consult.Errorf(consult.CodeRateLimited, "too many answers")
	}
	answer, err := c.hub.desk.GiveConsent(ctx, c.seat.ID, m.Given, m.TextVersion, m.Language)
	if err != nil {
		return err
	}
	c.consent = consentWord(answer)
	r := c.room
	r.do(func() {
		if c.member != nil {
			c.member.consent = c.consent
		}
		if w := r.waiting[c.seat.ID]; w != nil && w.conn == c {
			w.consent = c.consent
		}
		c.say(r.viewRecording(c.consent), id)
		if r.session.Recording == consult.RecordRequired && !answer.Given {
			r.expel(c.seat.ID, &coded{protocol.Code(consult.CodeConsent), "this consultation is recorded: it can be held by those who agree"})
		}
	})
	r.clerk.ask(taskRecording)
	return nil
}

// recordingFlags are what people are told. The loop owns them.
type recordingFlags struct{ active, failed bool }

// source is what one recording shows.
type source struct {
	seat consult.SeatID
	kind string // consult.Recording's Source
}

const (
	kindCamera = "camera"
	kindScreen = "screen"
)

// running is a recording that is being written.
type running struct {
	id   consult.RecordingID
	rec  *recorder.Recording
	dead atomic.Bool // it has ended by itself
}

// taps are the recordings that a link's publications go to.
type taps struct{ camera, screen *recorder.Recording }

// recordings starts and stops what a room records. Only its clerk uses it.
type recordings struct {
	room   *room
	epoch  time.Time // the consultation's common clock begins with its first recording
	now    map[source]*running
	failed map[source]bool // not to be tried again while the others run
}

// present is a member as the clerk sees him.
type present struct {
	seat   consult.SeatID
	link   *link
	screen bool
}

// reconcile starts what is to be recorded now and stops what is not.
func (x *recordings) reconcile(ctx context.Context) error {
	x.buryDead()
	people, may := x.look()
	var err error
	if may {
		may, err = x.room.hub.desk.MayRecord(ctx, x.room.id, seatsOf(people))
	}
	switch {
	case err != nil: // not knowing is no reason to go on
		x.detach(people)
		x.stopAll()
	case may:
		err = x.bring(ctx, people)
	default:
		x.detach(people)
		x.stopAll()
		clear(x.failed)
	}
	x.tell()
	return err
}

// look reads who is here, and whether recording is thinkable at all. It runs
// from when doctor and patient have met: nobody needs the time of waiting.
func (x *recordings) look() (people []present, may bool) {
	r := x.room
	r.do(func() {
		may = r.session != nil && r.session.Recording != consult.RecordOff && r.session.Status == consult.Current && r.end == nil
		for id, m := range r.members {
			if m.in {
				people = append(people, present{id, m.link, m.media.Screen})
			}
		}
	})
	return people, may && len(people) > 0
}

func seatsOf(people []present) []consult.SeatID {
	seats := make([]consult.SeatID, len(people))
	for i, p := range people {
		seats[i] = p.seat
	}
	return seats
}

// bring makes the recordings those of the people present.
func (x *recordings) bring(ctx context.Context, people []present) (err error) {
	for s, run := range x.now {
		i := slices.IndexFunc(people, func(p present) bool { return p.seat == s.seat })
		if i < 0 || s.kind == kindScreen && !people[i].screen {
			delete(x.now, s)
			defer x.finish(run) // after the tap is off
		}
	}
	for _, p := range people {
		if p.link == nil {
			continue
		}
		err = errors.Join(err, x.ensure(ctx, source{p.seat, kindCamera}))
		if p.screen {
			err = errors.Join(err, x.ensure(ctx, source{p.seat, kindScreen}))
		}
		x.tap(p)
	}
	return err
}

// ensure starts a recording unless it runs, or has failed before.
func (x *recordings) ensure(ctx context.Context, s source) error {
	if x.now[s] != nil || x.failed[s] {
		return nil
	}
	r := x.room
	row, err := r.hub.desk.BeginRecording(ctx, s.seat, s.kind)
	if err != nil {
		return err
	}
	if err := x.setEpoch(ctx, row); err != nil {
		return errors.Join(err, r.hub.desk.RecordingFailed(ctx, row.ID, string(recorder.FailureEmpty)))
	}
	run := &running{id: row.ID}
	run.rec, err = r.hub.rec.Start(string(row.ID), x.epoch, func(error) {
		run.dead.Store(true)
		r.clerk.ask(taskRecording)
	})
	if err != nil {
		x.failed[s] = true
		r.hub.settle(ctx, row.ID, recorder.Facts{}, err)
		return nil
	}
	r.hub.writing.Add(1)
	x.now[s] = run
	return nil
}

// setEpoch finds the zero of the common clock: when the consultation's first recording began.
func (x *recordings) setEpoch(ctx context.Context, row *consult.Recording) error {
	if !x.epoch.IsZero() {
		return nil
	}
	list, err := x.room.hub.desk.Recordings(ctx, consult.System, x.room.id)
	if err != nil {
		return err
	}
	x.epoch = row.StartedAt
	for _, r := range list {
		if r.StartedAt.Before(x.epoch) {
			x.epoch = r.StartedAt
		}
	}
	return nil
}

// tap leads a person's publications to his recordings.
func (x *recordings) tap(p present) {
	var want taps
	if run := x.now[source{p.seat, kindCamera}]; run != nil {
		want.camera = run.rec
	}
	if run := x.now[source{p.seat, kindScreen}]; run != nil {
		want.screen = run.rec
	}
	if want == p.link.taps {
		return
	}
	p.link.taps = want
	p.link.peer.SetTap(want.sink)
}

// sink is the [sfu.Tap].
func (t taps) sink(info sfu.PublicationInfo) sfu.Sink {
	rec := t.camera
	if info.Source == sfu.Screen {
		rec = t.screen
	}
	if rec == nil {
		return nil
	}
	return rec.Sink(info)
}

// detach takes all taps off.
func (x *recordings) detach(people []present) {
	for _, p := range people {
		if p.link != nil && p.link.taps != (taps{}) {
			p.link.taps = taps{}
			p.link.peer.SetTap(nil)
		}
	}
}

// stopAll ends every recording; the files are finished in the background.
func (x *recordings) stopAll() {
	for s, run := range x.now {
		delete(x.now, s)
		x.finish(run)
	}
}

// buryDead takes out what has ended by itself, and remembers not to start it again.
func (x *recordings) buryDead() {
	for s, run := range x.now {
		if run.dead.Load() {
			x.failed[s] = true
			delete(x.now, s)
			x.finish(run)
		}
	}
}

// finish makes the file whole in the background; Shutdown waits for it.
func (x *recordings) finish(run *running) {
	h := x.room.hub
	h.writing.Add(-1)
	h.work.Go(func() {
		if err := h.desk.RecordingFinishing(h.workCtx, run.id); err != nil {
			h.log.Error("mark recording as finishing", "recording", run.id, "err", err)
		}
		facts, err := run.rec.Stop(h.workCtx)
		h.settle(h.workCtx, run.id, facts, err)
	})
}

// tell shows people whether it is being recorded.
func (x *recordings) tell() {
	flags := recordingFlags{active: len(x.now) > 0, failed: len(x.failed) > 0}
	r := x.room
	r.do(func() {
		if r.recording == flags {
			return
		}
		r.recording = flags
		r.inside(func(m *member) { m.conn.say(r.viewRecording(m.consent), "") })
		for _, w := range r.waiting {
			w.conn.say(r.viewRecording(w.consent), "")
		}
	})
}
