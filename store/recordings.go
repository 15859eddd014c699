package store

import "tmk/consult"

const recordingColumns = `id, consultation_id, seat_id, role, source, state, failure, started_at, offset_ns,
	duration_ns, bytes, sha256, finished_at, erased_at, erase_reason, bytes_gone`

func scanRecording(r row, c *consult.Recording) error {
	return r.Scan(&c.ID, &c.ConsultationID, &c.SeatID, &c.Role, &c.Source, &c.State, &c.Failure,
		(*instant)(&c.StartedAt), &c.Offset, &c.Duration, &c.Bytes, &c.SHA256, (*instant)(&c.FinishedAt),
		(*instant)(&c.ErasedAt), &c.EraseReason, &c.BytesGone)
}

func (t *tx) AddRecording(r *consult.Recording) error {
	return t.add("recording", `INSERT INTO recordings (`+recordingColumns+`) VALUES (`+placeholders(1, 16)+`)
		ON CONFLICT DO NOTHING`,
		r.ID, r.ConsultationID, r.SeatID, r.Role, r.Source, r.State, r.Failure, r.StartedAt, r.Offset,
		r.Duration, r.Bytes, r.SHA256, r.FinishedAt, r.ErasedAt, r.EraseReason, r.BytesGone)
}

func (t *tx) Recording(id consult.RecordingID) (*consult.Recording, error) {
	return one(t, "recording", scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE id = $1`, id)
}

func (t *tx) Recordings(ids ...consult.ConsultationID) ([]*consult.Recording, error) {
	return ofConsultations(t, "recordings", scanRecording, `SELECT `+recordingColumns+` FROM recordings`, `started_at, id`,
		func(r *consult.Recording) consult.ConsultationID { return r.ConsultationID }, ids)
}

func (t *tx) RecordingsByState(state consult.RecordingState, limit int) ([]*consult.Recording, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	const order = ` ORDER BY started_at DESC, id DESC LIMIT $1`
	if state == "" {
		return many(t, "recordings", scanRecording, `SELECT `+recordingColumns+` FROM recordings`+order, limit)
	}
	return many(t, "recordings", scanRecording, `SELECT `+recordingColumns+` FROM recordings
		WHERE state = $2`+order, limit, state)
}

func (t *tx) RecordingsToRemove(limit int) ([]*consult.Recording, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	return many(t, "recordings", scanRecording, `SELECT `+recordingColumns+` FROM recordings
		WHERE state = 'erased' AND NOT bytes_gone ORDER BY erased_at, id LIMIT $1`, limit)
}

// SaveRecording writes what becomes known of a recording: state, failure,
// times, size and hash, and what is left of an erased one.
func (t *tx) SaveRecording(r *consult.Recording) error {
	return t.save("recording", `UPDATE recordings SET state = $2, failure = $3, started_at = $4, offset_ns = $5,
			duration_ns = $6, bytes = $7, sha256 = $8, finished_at = $9, erased_at = $10,
			erase_reason = $11, bytes_gone = $12 WHERE id = $1`,
		r.ID, r.State, r.Failure, r.StartedAt, r.Offset, r.Duration, r.Bytes, r.SHA256, r.FinishedAt,
		r.ErasedAt, r.EraseReason, r.BytesGone)
}

const consentColumns = `id, consultation_id, seat_id, given, text_version, language, at`

func (t *tx) AddConsent(c *consult.Consent) error {
	return t.add("consent", `INSERT INTO consents (`+consentColumns+`) VALUES (`+placeholders(1, 7)+`)
		ON CONFLICT DO NOTHING`, c.ID, c.ConsultationID, c.SeatID, c.Given, c.TextVersion, c.Language, c.At)
}

func (t *tx) Consents(id consult.ConsultationID) ([]*consult.Consent, error) {
	return many(t, "consents", func(r row, c *consult.Consent) error {
		return r.Scan(&c.ID, &c.ConsultationID, &c.SeatID, &c.Given, &c.TextVersion, &c.Language, (*instant)(&c.At))
	}, `SELECT `+consentColumns+` FROM consents WHERE consultation_id = $1 ORDER BY at, id`, id)
}
