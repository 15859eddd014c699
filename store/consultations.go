package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tmk/consult"
)

const consultationColumns = `id, integration, external_id, doctor_id, doctor_name, doctor_specialty,
	patient_id, patient_name, starts_at, duration_ns, time_zone, topic, language, recording, metadata,
	status, end_reason, cancel_reason, created_at, started_at, finished_at, empty_since, version,
	message_seq, event_seq, rating_stars, rating_comment, rated_at`

func scanConsultation(r row, c *consult.Consultation) error {
	return r.Scan(&c.ID, &c.Integration, &c.ExternalID, &c.Doctor.ID, &c.Doctor.Name, &c.Doctor.Specialty,
		&c.Patient.ID, &c.Patient.Name, (*instant)(&c.StartsAt), &c.Duration, &c.TimeZone, &c.Topic, &c.Language,
		&c.Recording, jsonColumn{&c.Metadata}, &c.Status, &c.EndReason, &c.CancelReason, (*instant)(&c.CreatedAt),
		(*instant)(&c.StartedAt), (*instant)(&c.FinishedAt), (*instant)(&c.EmptySince), &c.Version,
		&c.MessageSeq, &c.EventSeq, &c.Rating.Stars, &c.Rating.Comment, (*instant)(&c.Rating.At))
}

func (t *tx) AddConsultation(c *consult.Consultation) error {
	n, err := t.exec("add consultation", `INSERT INTO consultations (id, integration, external_id,
			doctor_id, doctor_name, doctor_specialty, patient_id, patient_name, starts_at, duration_ns,
			time_zone, topic, language, recording, metadata, status, end_reason, cancel_reason,
			created_at, started_at, finished_at, empty_since, version, rating_stars, rating_comment, rated_at)
		VALUES (`+placeholders(1, 26)+`) ON CONFLICT DO NOTHING`,
		c.ID, c.Integration, c.ExternalID, c.Doctor.ID, c.Doctor.Name, c.Doctor.Specialty,
		c.Patient.ID, c.Patient.Name, c.StartsAt, c.Duration, c.TimeZone, c.Topic, c.Language, c.Recording,
		toJSON(c.Metadata), c.Status, c.EndReason, c.CancelReason, c.CreatedAt, c.StartedAt, c.FinishedAt,
		c.EmptySince, c.Version, c.Rating.Stars, c.Rating.Comment, c.Rating.At)
	if err != nil || n == 1 {
		return err
	}
	switch other, err := t.ConsultationByExternalID(c.Integration, c.ExternalID); consult.CodeOf(err) {
	case "":
		return &consult.Error{
			Code: consult.CodeDuplicate, Ref: string(other.ID),
			Message: "a consultation with this external id exists",
		}
	case consult.CodeNotFound:
		return consult.Errorf(consult.CodeConflict, "the consultation exists already")
	default:
		return err
	}
}

func (t *tx) Consultation(id consult.ConsultationID) (*consult.Consultation, error) {
	return one(t, "consultation", scanConsultation,
		`SELECT `+consultationColumns+` FROM consultations WHERE id = $1`, id)
}

func (t *tx) ConsultationByExternalID(integration, externalID string) (*consult.Consultation, error) {
	return one(t, "consultation", scanConsultation, `SELECT `+consultationColumns+` FROM consultations
		WHERE integration = $1 AND external_id = $2 AND external_id <> ''`, integration, externalID)
}

func (t *tx) SaveConsultation(c *consult.Consultation) error {
	n, err := t.exec("save consultation", `UPDATE consultations SET external_id = $3, doctor_id = $4,
			doctor_name = $5, doctor_specialty = $6, patient_id = $7, patient_name = $8, starts_at = $9,
			duration_ns = $10, time_zone = $11, topic = $12, language = $13, recording = $14, metadata = $15,
			status = $16, end_reason = $17, cancel_reason = $18, started_at = $19, finished_at = $20,
			empty_since = $21, rating_stars = $22, rating_comment = $23, rated_at = $24, version = version + 1
		WHERE id = $1 AND version = $2`,
		c.ID, c.Version, c.ExternalID, c.Doctor.ID, c.Doctor.Name, c.Doctor.Specialty, c.Patient.ID,
		c.Patient.Name, c.StartsAt, c.Duration, c.TimeZone, c.Topic, c.Language, c.Recording,
		toJSON(c.Metadata), c.Status, c.EndReason, c.CancelReason, c.StartedAt, c.FinishedAt, c.EmptySince,
		c.Rating.Stars, c.Rating.Comment, c.Rating.At)
	if err != nil {
		return err
	}
	if n == 1 {
		c.Version++
		return nil
	}
	if _, err := t.Consultation(c.ID); err != nil {
		return err
	}
	t.attempts = max(t.attempts, staleAttempts)
	return consult.Errorf(consult.CodeConflict, "the consultation was changed by somebody else")
}

func (t *tx) Consultations(q consult.ConsultationQuery) ([]*consult.Consultation, error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, err
	}
	query, args := consultationsQuery(q)
	return many(t, "consultations", scanConsultation, query, args...)
}

// consultationsQuery writes a query that reads its page along an index and
// nothing else, however far the page is. Several statuses are several such
// ways along the index of one, each no longer than the page, and what they give is merged.
func consultationsQuery(q consult.ConsultationQuery) (string, []any) {
	order := " ORDER BY starts_at, id"
	if q.Descending {
		order = " ORDER BY starts_at DESC, id DESC"
	}
	statuses := slices.Compact(slices.Sorted(slices.Values(q.Status)))
	var f filter
	f.addConsultations(q)
	if len(statuses) == 1 {
		f.add("status = %s", statuses[0])
	}
	if len(statuses) < 2 {
		where, args := f.where()
		return fmt.Sprintf(`SELECT `+consultationColumns+` FROM consultations`+where+order+" LIMIT $%d", len(args)+1), append(args, q.Limit)
	}
	var ways []string
	for _, status := range statuses {
		of := f.clone()
		of.add("status = %s", status)
		where, args := of.where()
		f.args = append(args, q.Limit)
		ways = append(ways, fmt.Sprintf(`SELECT * FROM (SELECT `+consultationColumns+` FROM consultations`+where+order+
			` LIMIT $%d) AS %s`, len(f.args), "way"+strconv.Itoa(len(ways))))
	}
	return fmt.Sprintf("%s%s LIMIT $%d", strings.Join(ways, " UNION ALL "), order, len(f.args)), f.args
}

// addConsultations appends the conditions of a query but the status.
func (f *filter) addConsultations(q consult.ConsultationQuery) {
	if n := len(q.IDs); n > 0 {
		ids := make([]any, n)
		for i, id := range q.IDs {
			ids[i] = id
		}
		f.add("id IN (%s"+strings.Repeat(", %s", n-1)+")", ids...)
	}
	if q.Integration != "" {
		f.add("integration = %s", q.Integration)
	}
	if q.DoctorID != "" {
		f.add("doctor_id = %s", q.DoctorID)
	}
	if q.PatientID != "" {
		f.add("patient_id = %s", q.PatientID)
	}
	// Behind a cursor one of the two bounds says nothing more; left in, a
	// planner might go from there instead of from the cursor.
	behind := q.AfterID != ""
	if !q.From.IsZero() && (!behind || q.Descending || q.AfterStartsAt.Before(q.From)) {
		f.add("starts_at >= %s", q.From)
	}
	if !q.To.IsZero() && (!behind || !q.Descending || !q.AfterStartsAt.Before(q.To)) {
		f.add("starts_at < %s", q.To)
	}
	if behind {
		sign := ">"
		if q.Descending {
			sign = "<"
		}
		f.add("(starts_at, id) "+sign+" (%s, %s)", q.AfterStartsAt, q.AfterID)
	}
}

func (t *tx) NextMessageSeq(id consult.ConsultationID) (int64, error) {
	return t.next("message_seq", id)
}

func (t *tx) NextEventSeq(id consult.ConsultationID) (int64, error) {
	return t.next("event_seq", id)
}

// next gives out the next number of a counter. The row stays locked until the
// transaction ends, and a rollback takes the number back: no gaps.
func (t *tx) next(counter string, id consult.ConsultationID) (int64, error) {
	if t.readOnly {
		return 0, fmt.Errorf("number in %s: %w", counter, errReadOnly)
	}
	n, err := one(t, "consultation", scanInt,
		`UPDATE consultations SET `+counter+` = `+counter+` + 1 WHERE id = $1 RETURNING `+counter, id)
	if err != nil {
		return 0, err
	}
	return *n, nil
}
