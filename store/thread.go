package store

import (
	"database/sql"

	"tmk/consult"
)

// A message is read with its file, which is why its columns are named in full.
const (
	messageSelect = `SELECT m.id, m.consultation_id, m.seq, m.seat_id, m.client_id, m.kind, m.text, m.sent_at,
		f.id, f.consultation_id, f.seat_id, f.client_id, f.name, f.type, f.size, f.sha256, f.state, f.created_at
		FROM messages m LEFT JOIN files f ON f.id = m.file_id`
	fileColumns = `id, consultation_id, seat_id, client_id, name, type, size, sha256, state, created_at`
)

func scanMessage(r row, m *consult.Message) error {
	var f fileOrNull
	if err := r.Scan(append([]any{&m.ID, &m.ConsultationID, &m.Seq, &m.SeatID, &m.ClientID, &m.Kind, &m.Text,
		(*instant)(&m.SentAt)}, f.dest()...)...); err != nil {
		return err
	}
	m.File = f.file()
	return nil
}

// fileOrNull scans the columns of a file that an outer join may leave NULL.
type fileOrNull struct {
	id, consultation, seat, client, name, typ, state sql.NullString
	size, createdAt                                  sql.NullInt64
	sha256                                           []byte
}

func (f *fileOrNull) dest() []any {
	return []any{&f.id, &f.consultation, &f.seat, &f.client, &f.name, &f.typ, &f.size, &f.sha256, &f.state, &f.createdAt}
}

func (f *fileOrNull) file() *consult.File {
	if !f.id.Valid {
		return nil
	}
	file := &consult.File{
		ID:             consult.FileID(f.id.String),
		ConsultationID: consult.ConsultationID(f.consultation.String),
		SeatID:         consult.SeatID(f.seat.String),
		ClientID:       f.client.String,
		Name:           f.name.String,
		Type:           f.typ.String,
		Size:           f.size.Int64,
		SHA256:         f.sha256,
		State:          consult.FileState(f.state.String),
		CreatedAt:      fromMicros(f.createdAt.Int64),
	}
	return file
}

// AddMessage stores m, and of m.File only that it is m's: the file was added before.
func (t *tx) AddMessage(m *consult.Message) error {
	var file any // NULL
	if m.File != nil {
		file = m.File.ID
	}
	return t.add("message", `INSERT INTO messages (id, consultation_id, seq, seat_id, client_id, kind, text,
			file_id, sent_at) VALUES (`+placeholders(1, 9)+`) ON CONFLICT DO NOTHING`,
		m.ID, m.ConsultationID, m.Seq, m.SeatID, m.ClientID, m.Kind, m.Text, file, m.SentAt)
}

func (t *tx) MessageByClientID(seat consult.SeatID, clientID string) (*consult.Message, error) {
	return one(t, "message", scanMessage,
		messageSelect+` WHERE m.seat_id = $1 AND m.client_id = $2 AND m.client_id <> ''`, seat, clientID)
}

func (t *tx) Messages(id consult.ConsultationID, after int64, limit int) ([]*consult.Message, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	return many(t, "messages", scanMessage,
		messageSelect+` WHERE m.consultation_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3`, id, after, limit)
}

func scanFile(r row, f *consult.File) error {
	return r.Scan(&f.ID, &f.ConsultationID, &f.SeatID, &f.ClientID, &f.Name, &f.Type, &f.Size, &f.SHA256, &f.State,
		(*instant)(&f.CreatedAt))
}

func (t *tx) AddFile(f *consult.File) error {
	return t.add("file", `INSERT INTO files (`+fileColumns+`) VALUES (`+placeholders(1, 10)+`) ON CONFLICT DO NOTHING`,
		f.ID, f.ConsultationID, f.SeatID, f.ClientID, f.Name, f.Type, f.Size, f.SHA256, f.State, f.CreatedAt)
}

func (t *tx) File(id consult.FileID) (*consult.File, error) {
	return one(t, "file", scanFile, `SELECT `+fileColumns+` FROM files WHERE id = $1`, id)
}

func (t *tx) FileByClientID(seat consult.SeatID, clientID string) (*consult.File, error) {
	return one(t, "file", scanFile, `SELECT `+fileColumns+` FROM files
		WHERE seat_id = $1 AND client_id = $2 AND client_id <> ''`, seat, clientID)
}

// Files lists by CreatedAt, then ID.
func (t *tx) Files(id consult.ConsultationID) ([]*consult.File, error) {
	return many(t, "files", scanFile, `SELECT `+fileColumns+` FROM files
		WHERE consultation_id = $1 ORDER BY created_at, id`, id)
}

// SaveFile writes what becomes known of a file: name, type, size, hash and state.
func (t *tx) SaveFile(f *consult.File) error {
	return t.save("file", `UPDATE files SET name = $2, type = $3, size = $4, sha256 = $5, state = $6 WHERE id = $1`,
		f.ID, f.Name, f.Type, f.Size, f.SHA256, f.State)
}
