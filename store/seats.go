package store

import (
	"time"

	"tmk/consult"
)

const seatColumns = `id, consultation_id, role, person_id, person_name, person_specialty, link_hash,
	link_generation, link_expires_at, revoked_at, admitted_at, created_at`

func scanSeat(r row, s *consult.Seat) error {
	return r.Scan(&s.ID, &s.ConsultationID, &s.Role, &s.Person.ID, &s.Person.Name, &s.Person.Specialty, &s.LinkHash,
		&s.LinkGeneration, (*instant)(&s.LinkExpiresAt), (*instant)(&s.RevokedAt), (*instant)(&s.AdmittedAt), (*instant)(&s.CreatedAt))
}

func (t *tx) AddSeat(s *consult.Seat) error {
	return t.add("seat", `INSERT INTO seats (`+seatColumns+`) VALUES (`+placeholders(1, 12)+`) ON CONFLICT DO NOTHING`,
		s.ID, s.ConsultationID, s.Role, s.Person.ID, s.Person.Name, s.Person.Specialty, s.LinkHash,
		s.LinkGeneration, s.LinkExpiresAt, s.RevokedAt, s.AdmittedAt, s.CreatedAt)
}

func (t *tx) Seat(id consult.SeatID) (*consult.Seat, error) {
	return one(t, "seat", scanSeat, `SELECT `+seatColumns+` FROM seats WHERE id = $1`, id)
}

func (t *tx) SeatByLink(hash []byte) (*consult.Seat, error) {
	return one(t, "seat", scanSeat, `SELECT `+seatColumns+` FROM seats WHERE link_hash = $1`, hash)
}

// Seats lists by CreatedAt, and those of one moment in the order of their making.
func (t *tx) Seats(ids ...consult.ConsultationID) ([]*consult.Seat, error) {
	return ofConsultations(t, "seats", scanSeat, `SELECT `+seatColumns+` FROM seats`, `created_at, n`,
		func(s *consult.Seat) consult.ConsultationID { return s.ConsultationID }, ids)
}

// SaveSeat writes all but the consultation and the time of making.
func (t *tx) SaveSeat(s *consult.Seat) error {
	return t.save("seat", `UPDATE seats SET role = $2, person_id = $3, person_name = $4, person_specialty = $5,
			link_hash = $6, link_generation = $7, link_expires_at = $8, revoked_at = $9, admitted_at = $10 WHERE id = $1`,
		s.ID, s.Role, s.Person.ID, s.Person.Name, s.Person.Specialty, s.LinkHash, s.LinkGeneration, s.LinkExpiresAt,
		s.RevokedAt, s.AdmittedAt)
}

func (t *tx) AddPass(p *consult.Pass) error {
	return t.add("pass", `INSERT INTO passes (hash, seat_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`, p.Hash, p.SeatID, p.CreatedAt, p.ExpiresAt)
}

func (t *tx) Pass(hash []byte) (*consult.Pass, error) {
	return one(t, "pass", func(r row, p *consult.Pass) error {
		return r.Scan(&p.Hash, &p.SeatID, (*instant)(&p.CreatedAt), (*instant)(&p.ExpiresAt))
	}, `SELECT hash, seat_id, created_at, expires_at FROM passes WHERE hash = $1`, hash)
}

// DeletePasses removes those that ran out before the time given, and returns how many.
func (t *tx) DeletePasses(expiredBefore time.Time) (int64, error) {
	return t.exec("delete passes", `DELETE FROM passes WHERE expires_at < $1`, expiredBefore)
}

// DeletePassesOf removes all of one seat.
func (t *tx) DeletePassesOf(seat consult.SeatID) error {
	_, err := t.exec("delete passes", `DELETE FROM passes WHERE seat_id = $1`, seat)
	return err
}

const attendanceColumns = `id, consultation_id, seat_id, role, node, joined_at, left_at`

func scanAttendance(r row, a *consult.Attendance) error {
	return r.Scan(&a.ID, &a.ConsultationID, &a.SeatID, &a.Role, &a.Node, (*instant)(&a.JoinedAt), (*instant)(&a.LeftAt))
}

func (t *tx) AddAttendance(a *consult.Attendance) error {
	return t.add("attendance", `INSERT INTO attendances (`+attendanceColumns+`) VALUES (`+placeholders(1, 7)+`)
		ON CONFLICT DO NOTHING`, a.ID, a.ConsultationID, a.SeatID, a.Role, a.Node, a.JoinedAt, a.LeftAt)
}

func (t *tx) SaveAttendance(a *consult.Attendance) error {
	return t.save("attendance", `UPDATE attendances SET left_at = $2 WHERE id = $1`, a.ID, a.LeftAt)
}

func (t *tx) Attendances(ids ...consult.ConsultationID) ([]*consult.Attendance, error) {
	return ofConsultations(t, "attendances", scanAttendance, `SELECT `+attendanceColumns+` FROM attendances`, `joined_at, id`,
		func(a *consult.Attendance) consult.ConsultationID { return a.ConsultationID }, ids)
}

func (t *tx) OpenAttendances() ([]*consult.Attendance, error) {
	return many(t, "attendances", scanAttendance, `SELECT `+attendanceColumns+` FROM attendances
		WHERE left_at = 0 ORDER BY joined_at, id`)
}
