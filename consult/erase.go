package consult

import (
	"context"
	"fmt"
	"strings"
)

// EraseRecording erases a recording for ever: nobody can read it from now on, its bytes are removed soon after, its
// row stays with the reason. Keys (sessions:write) and administrators may. Erasing again is no error.
// Codes: not_found, forbidden, invalid (no reason), conflict (it is still being made).
func (d *Desk) EraseRecording(ctx context.Context, by Principal, id RecordingID, reason string) (*Recording, error) {
	var f fields
	f.text("/reason", reason, maxReason)
	if strings.TrimSpace(reason) == "" {
		f.add("/reason", "is required")
	}
	if err := f.err("the erasure"); err != nil {
		return nil, err
	}
	var erased *Recording
	err := d.change(ctx, by, func(ch *change) error {
		r, err := ch.tx.Recording(id)
		if err != nil {
			return fmt.Errorf("read recording %s: %w", id, err)
		}
		if _, err := ch.lookup(ActEraseRecording, r.ConsultationID); err != nil {
			return err
		}
		erased = r
		switch r.State {
		case RecordingErased:
			return nil
		case RecordingActive, RecordingFinishing:
			return Errorf(CodeConflict, "the recording is %s: it can be erased once it is ready", r.State)
		}
		r.State, r.ErasedAt, r.EraseReason = RecordingErased, ch.now, reason
		if err := ch.tx.SaveRecording(r); err != nil {
			return fmt.Errorf("save recording %s: %w", id, err)
		}
		return ch.audit(ActEraseRecording, r.ConsultationID, string(id), "")
	})
	if err != nil {
		return nil, err
	}
	return erased, nil
}

// removePage is how many recordings ErasedRecordings returns at most.
const removePage = 100

// ErasedRecordings lists erased recordings whose bytes are still there, the first erased first, 100 at most:
// whoever keeps the files removes those, and calls ForgetBytes.
func (d *Desk) ErasedRecordings(ctx context.Context) ([]*Recording, error) {
	var rs []*Recording
	err := d.store.View(ctx, func(tx Tx) (err error) {
		rs, err = tx.RecordingsToRemove(removePage)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list erased recordings: %w", err)
	}
	return rs, nil
}

// ForgetBytes notes that an erased recording's bytes are gone. Telling twice is no error. Codes: not_found, conflict
// (not erased).
func (d *Desk) ForgetBytes(ctx context.Context, id RecordingID) error {
	return d.change(ctx, System, func(ch *change) error {
		r, err := ch.tx.Recording(id)
		if err != nil {
			return fmt.Errorf("read recording %s: %w", id, err)
		}
		switch {
		case r.State != RecordingErased:
			return Errorf(CodeConflict, "the recording is %s, not erased", r.State)
		case r.BytesGone:
			return nil
		}
		r.BytesGone = true
		if err := ch.tx.SaveRecording(r); err != nil {
			return fmt.Errorf("save recording %s: %w", id, err)
		}
		return ch.audit(actForgetRecording, r.ConsultationID, string(id), "")
	})
}
