package consult

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// RecordingFacts is what is known of a finished file.
type RecordingFacts struct {
	Offset   time.Duration
	Duration time.Duration
	Bytes    int64
	SHA256   []byte
}

// Recordings lists a consultation's recordings. Keys (recordings:read) and staff may.
func (d *Desk) Recordings(ctx context.Context, by Principal, id ConsultationID) ([]*Recording, error) {
	var rs []*Recording
	err := d.store.View(ctx, func(tx Tx) error {
		if _, err := lookup(tx, by, ActListRecording, id); err != nil {
			return err
		}
		var err error
		rs, err = tx.Recordings(id)
		if err != nil {
			return fmt.Errorf("read recordings of %s: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rs, nil
}

// Recording reads one in any state; it is not audited. Keys (recordings:read) and staff may.
// Codes: not_found, forbidden.
func (d *Desk) Recording(ctx context.Context, by Principal, id RecordingID) (*Recording, error) {
	var r *Recording
	err := d.store.View(ctx, func(tx Tx) (err error) {
		if r, err = tx.Recording(id); err != nil {
			return fmt.Errorf("read recording %s: %w", id, err)
		}
		_, err = lookup(tx, by, ActListRecording, r.ConsultationID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// AllRecordings lists the newest recordings of all consultations, with those; staff may, and that is noted.
// limit is 1..200, 0 means 50.
func (d *Desk) AllRecordings(ctx context.Context, by Principal, limit int) ([]*Recording, map[ConsultationID]*Consultation, error) {
	if err := authorize(by, ActAllRecordings, target{}); err != nil {
		return nil, nil, err
	}
	limit, err := pageSize(limit)
	if err != nil {
		return nil, nil, err
	}
	var rs []*Recording
	of := make(map[ConsultationID]*Consultation)
	err = d.store.View(ctx, func(tx Tx) error {
		clear(of)
		if rs, err = tx.RecordingsByState("", limit); err != nil {
			return fmt.Errorf("list recordings: %w", err)
		}
		return consultationsOf(tx, rs, of)
	})
	if err == nil {
		err = d.noteRead(ctx, by, ActAllRecordings, "", "")
	}
	if err != nil {
		return nil, nil, err
	}
	return rs, of, nil
}

// consultationsOf reads the consultations of rs, all at once.
func consultationsOf(tx Tx, rs []*Recording, of map[ConsultationID]*Consultation) error {
	var ids []ConsultationID
	for _, r := range rs {
		ids = append(ids, r.ConsultationID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return nil
	}
	cs, err := tx.Consultations(ConsultationQuery{IDs: ids, Limit: len(ids)})
	if err != nil {
		return fmt.Errorf("read consultations of recordings: %w", err)
	}
	for _, c := range cs {
		of[c.ID] = c
	}
	return nil
}

// ReadRecording is Recording for somebody about to watch or download it: it is audited,
// pieces of one download once. Codes: not_found, forbidden, conflict when not ready.
func (d *Desk) ReadRecording(ctx context.Context, by Principal, id RecordingID) (*Recording, error) {
	var read *Recording
	err := d.reading(ctx, by, ActReadRecording, string(id), func(tx Tx) (ConsultationID, error) {
		r, err := tx.Recording(id)
		if err != nil {
			return "", fmt.Errorf("read recording %s: %w", id, err)
		}
		if _, err := lookup(tx, by, ActReadRecording, r.ConsultationID); err != nil {
			return "", err
		}
		if r.State != RecordingReady {
			return "", Errorf(CodeConflict, "the recording is %s, not ready", r.State)
		}
		read = r
		return r.ConsultationID, nil
	})
	if err != nil {
		return nil, err
	}
	return read, nil
}

// BeginRecording makes the row of a recording (state active) and its event.
// source is "camera" or "screen". Codes: invalid (source), conflict (it is not
// recorded), consent_required (of this seat), cancelled, finished, link_unknown.
func (d *Desk) BeginRecording(ctx context.Context, seat SeatID, source string) (*Recording, error) {
	if !known(source, "camera", "screen") {
		return nil, Invalid("/source", "must be camera or screen")
	}
	var begun *Recording
	err := d.change(ctx, System, func(ch *change) error {
		s, c, err := liveSeat(ch.tx, seat)
		if err != nil {
			return err
		}
		if err := d.cfg.going(c, ch.now); err != nil {
			return err
		}
		if c.Recording == RecordOff {
			return Errorf(CodeConflict, "this consultation is not recorded")
		}
		last, err := lastConsents(ch.tx, c.ID)
		if err != nil {
			return err
		}
		if a := last[seat]; a == nil || !a.Given {
			return Errorf(CodeConsent, "the person has not agreed to be recorded")
		}
		begun = &Recording{
			ID: RecordingID(NewID("r_", ch.now)), ConsultationID: c.ID, SeatID: seat, Role: s.Role,
			Source: source, State: RecordingActive, StartedAt: ch.now,
		}
		if err := ch.tx.AddRecording(begun); err != nil {
			return fmt.Errorf("add recording of %s: %w", seat, err)
		}
		if err := ch.audit(actBeginRecording, c.ID, string(begun.ID), source); err != nil {
			return err
		}
		return ch.event(c, RecordingStarted, recordingChangedBody(begun))
	})
	if err != nil {
		return nil, err
	}
	return begun, nil
}

// RecordingFinishing marks that the file is being made seekable. Telling twice
// is no error. Codes: not_found, conflict (it is ready or failed already).
func (d *Desk) RecordingFinishing(ctx context.Context, id RecordingID) error {
	return d.moveRecording(ctx, id, RecordingFinishing, func(*Recording) {})
}

// RecordingReady stores the facts and tells the integration. Telling twice is
// no error. Codes: not_found, conflict (it has failed already).
func (d *Desk) RecordingReady(ctx context.Context, id RecordingID, f RecordingFacts) error {
	return d.moveRecording(ctx, id, RecordingReady, func(r *Recording) {
		r.Offset, r.Duration, r.Bytes, r.SHA256 = f.Offset, f.Duration, f.Bytes, f.SHA256
	})
}

// RecordingFailed stores the failure ("disk_full", "io_error", "empty", "lost") and tells the integration.
// Telling twice is no error. Codes: not_found, conflict (it is ready already).
func (d *Desk) RecordingFailed(ctx context.Context, id RecordingID, failure string) error {
	return d.moveRecording(ctx, id, RecordingFailed, func(r *Recording) { r.Failure = failure })
}

// moveRecording takes a recording to its next state. Ready, failed and erased are final.
func (d *Desk) moveRecording(ctx context.Context, id RecordingID, to RecordingState, fill func(*Recording)) error {
	return d.change(ctx, System, func(ch *change) error {
		r, err := ch.tx.Recording(id)
		if err != nil {
			return fmt.Errorf("read recording %s: %w", id, err)
		}
		if r.State == to {
			return nil
		}
		if known(r.State, RecordingReady, RecordingFailed, RecordingErased) {
			return Errorf(CodeConflict, "the recording is %s already", r.State)
		}
		c, err := ch.tx.Consultation(r.ConsultationID)
		if err != nil {
			return fmt.Errorf("read consultation %s: %w", r.ConsultationID, err)
		}
		r.State = to
		fill(r)
		if to != RecordingFinishing {
			r.FinishedAt = ch.now
		}
		if err := ch.tx.SaveRecording(r); err != nil {
			return fmt.Errorf("save recording %s: %w", id, err)
		}
		if err := ch.audit(actEndRecording, c.ID, string(id), string(to)); err != nil {
			return err
		}
		switch to {
		case RecordingReady:
			return ch.event(c, RecordingBecameReady, recordingChangedBody(r))
		case RecordingFailed:
			return ch.event(c, RecordingDidFail, recordingChangedBody(r))
		}
		return nil
	})
}

// UnfinishedRecordings lists those that are active or finishing: at start, what a crash left.
func (d *Desk) UnfinishedRecordings(ctx context.Context) ([]*Recording, error) {
	var all []*Recording
	err := d.store.View(ctx, func(tx Tx) error {
		all = nil
		for _, state := range []RecordingState{RecordingActive, RecordingFinishing} {
			rs, err := tx.RecordingsByState(state, math.MaxInt32)
			if err != nil {
				return err
			}
			all = append(all, rs...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list unfinished recordings: %w", err)
	}
	return all, nil
}
