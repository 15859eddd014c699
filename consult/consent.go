package consult

import (
	"context"
	"fmt"
	"slices"
)

// GiveConsent stores an answer to the question of recording. Withdrawal is an answer of false.
// The same answer to the same text again is the one that is there. language "" means the consultation's.
// Codes: invalid (a text that is not ConsentTextVersion, a language), conflict (it is not recorded),
// link_unknown, cancelled, finished.
func (d *Desk) GiveConsent(ctx context.Context, seat SeatID, given bool, textVersion, language string) (*Consent, error) {
	var f fields
	if textVersion != ConsentTextVersion {
		f.add("/textVersion", "is not the text that is shown now")
	}
	if !known(language, "", "ru", "en") {
		f.add("/language", "must be ru or en")
	}
	if err := f.err("the answer"); err != nil {
		return nil, err
	}
	var answer *Consent
	err := d.change(ctx, Principal{}, func(ch *change) error {
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
		if answer = last[seat]; answer != nil && answer.Given == given && answer.TextVersion == textVersion {
			return nil
		}
		if language == "" {
			language = c.Language
		}
		ch.by = Principal{Seat: s}
		answer = &Consent{
			ID: NewID("cs_", ch.now), ConsultationID: c.ID, SeatID: seat,
			Given: given, TextVersion: textVersion, Language: language, At: ch.now,
		}
		if err := ch.tx.AddConsent(answer); err != nil {
			return fmt.Errorf("add consent of %s: %w", seat, err)
		}
		ch.hint(c.ID, HintConsent)
		return ch.audit(actConsent, c.ID, answer.ID, fmt.Sprintf("given=%t text=%s", given, textVersion))
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// MayRecord tells whether recording may run now: the policy is not off, the
// consultation is current or upcoming, and the last answer of each of the seats is yes.
// With nobody present it may not.
func (d *Desk) MayRecord(ctx context.Context, id ConsultationID, present []SeatID) (bool, error) {
	may := false
	err := d.store.View(ctx, func(tx Tx) error {
		may = false
		c, err := tx.Consultation(id)
		if err != nil {
			return fmt.Errorf("read consultation %s: %w", id, err)
		}
		if c.Recording == RecordOff || d.cfg.going(c, d.clock()) != nil || len(present) == 0 {
			return nil
		}
		last, err := lastConsents(tx, id)
		if err != nil {
			return err
		}
		may = !slices.ContainsFunc(present, func(s SeatID) bool { return last[s] == nil || !last[s].Given })
		return nil
	})
	return may, err
}

// lastConsents is the answer that holds, of each seat that has given one.
func lastConsents(tx Tx, id ConsultationID) (map[SeatID]*Consent, error) {
	all, err := tx.Consents(id)
	if err != nil {
		return nil, fmt.Errorf("read consents of %s: %w", id, err)
	}
	last := make(map[SeatID]*Consent)
	for _, c := range all {
		last[c.SeatID] = c
	}
	return last, nil
}
