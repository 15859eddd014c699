package storetest

import (
	"fmt"
	"testing"
	"time"

	"tmk/consult"
)

var threadLaws = []law{
	{"messages", messages},
	{"files", files},
	{"files in messages", filesInMessages},
}

func newMessage(sc scene, name string, seq int64) *consult.Message {
	return &consult.Message{
		ID: consult.MessageID("m_" + name), ConsultationID: sc.c.ID, Seq: seq, SeatID: sc.patient.ID,
		ClientID: name, Kind: consult.TextMessage, Text: "Болит 🤕 " + name, SentAt: morning,
	}
}

func renamed(m *consult.Message, id consult.MessageID) *consult.Message {
	m.ID = id
	return m
}

func newFile(sc scene, name string) *consult.File {
	return &consult.File{
		ID: consult.FileID("f_" + name), ConsultationID: sc.c.ID, SeatID: sc.patient.ID, ClientID: name,
		Name: "снимок " + name + ".png", Type: "image/png", Size: 5 << 30, State: consult.FileUploading, CreatedAt: morning,
	}
}

func messages(t *testing.T, s consult.Store) {
	sc, other := setScene(t, s, "a"), setScene(t, s, "b")
	var all []*consult.Message
	for i := range 5 {
		m := newMessage(sc, fmt.Sprint("x", i), int64(i+1))
		m.SentAt = morning.Add(-time.Duration(i) * time.Minute) // the number rules, not the time
		add(t, s, consult.Tx.AddMessage, m)
		all = append(all, m)
	}
	add(t, s, consult.Tx.AddMessage, renamed(newMessage(other, "x0", 1), "m_other"))
	of := func(after int64, limit int) []*consult.Message {
		return read(t, s, func(tx consult.Tx) ([]*consult.Message, error) { return tx.Messages(sc.c.ID, after, limit) })
	}
	want(t, "all", of(0, 100), all)
	want(t, "after 2, at most 2", of(2, 2), all[2:4])
	want(t, "after the last", of(5, 100), nil)
	byClient := func(id consult.SeatID, client string) func(tx consult.Tx) (*consult.Message, error) {
		return func(tx consult.Tx) (*consult.Message, error) { return tx.MessageByClientID(id, client) }
	}
	want(t, "by client id", read(t, s, byClient(sc.patient.ID, "x3")), all[3])
	missing(t, s, "another seat's client id", byClient(sc.doctor.ID, "x3"))
	missing(t, s, "an empty client id", byClient(sc.patient.ID, ""))
	update(t, s, func(tx consult.Tx) error {
		wantCode(t, consult.CodeConflict, "the same client id", tx.AddMessage(renamed(newMessage(sc, "x3", 6), "m_new")))
		wantCode(t, consult.CodeConflict, "the same number", tx.AddMessage(newMessage(sc, "new", 3)))
		wantCode(t, consult.CodeConflict, "the same id", tx.AddMessage(renamed(newMessage(sc, "new", 6), "m_x0")))
		return tx.AddMessage(newMessage(sc, "new", 6))
	})
	if n := len(of(0, 100)); n != 6 {
		t.Errorf("%d messages, want 6", n)
	}
	fileless := newMessage(sc, "fileless", 7)
	fileless.Kind = consult.FileMessage
	for name, m := range map[string]*consult.Message{"number 0": newMessage(sc, "zero", 0), "a file's without a file": fileless} {
		if err := s.Update(ctxOf(t), func(tx consult.Tx) error { return tx.AddMessage(m) }); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
}

func files(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	b, a := newFile(sc, "b"), newFile(sc, "a")
	first := newFile(sc, "z")
	first.CreatedAt = morning.Add(-time.Minute)
	for _, f := range []*consult.File{b, a, first} {
		add(t, s, consult.Tx.AddFile, f)
	}
	of := func(tx consult.Tx) ([]*consult.File, error) { return tx.Files(sc.c.ID) }
	want(t, "by time, then id", read(t, s, of), []*consult.File{first, a, b})
	want(t, "none's", read(t, s, func(tx consult.Tx) ([]*consult.File, error) { return tx.Files("c_none") }), nil)
	byClient := func(tx consult.Tx) (*consult.File, error) { return tx.FileByClientID(sc.patient.ID, "a") }
	want(t, "by client id", read(t, s, byClient), a)
	missing(t, s, "another seat's", func(tx consult.Tx) (*consult.File, error) { return tx.FileByClientID(sc.doctor.ID, "a") })
	missing(t, s, "no such file", func(tx consult.Tx) (*consult.File, error) { return tx.File("f_none") })

	a.State, a.SHA256, a.Type, a.Size, a.Name = consult.FileStored, consult.HashToken("bytes"), "image/jpeg", 7, "ё.jpg"
	add(t, s, consult.Tx.SaveFile, a)
	want(t, "saved", read(t, s, func(tx consult.Tx) (*consult.File, error) { return tx.File(a.ID) }), a)
	refused(t, s, consult.CodeNotFound, "saving none", func(tx consult.Tx) error { return tx.SaveFile(newFile(sc, "none")) })
	refused(t, s, consult.CodeConflict, "the same client id", func(tx consult.Tx) error {
		f := newFile(sc, "a")
		f.ID = "f_new"
		return tx.AddFile(f)
	})
}

func filesInMessages(t *testing.T, s consult.Store) {
	sc := setScene(t, s, "a")
	f := newFile(sc, "a")
	add(t, s, consult.Tx.AddFile, f)
	f.State, f.SHA256 = consult.FileStored, consult.HashToken("bytes")
	add(t, s, consult.Tx.SaveFile, f)
	m := newMessage(sc, "file", 1)
	m.Kind, m.Text, m.File = consult.FileMessage, "", f
	add(t, s, consult.Tx.AddMessage, m)
	text := newMessage(sc, "text", 2)
	add(t, s, consult.Tx.AddMessage, text)
	want(t, "in the list", read(t, s, func(tx consult.Tx) ([]*consult.Message, error) { return tx.Messages(sc.c.ID, 0, 9) }),
		[]*consult.Message{m, text})
	want(t, "alone", read(t, s, func(tx consult.Tx) (*consult.Message, error) {
		return tx.MessageByClientID(sc.patient.ID, "file")
	}), m)
	refused(t, s, consult.CodeConflict, "the file in a second message", func(tx consult.Tx) error {
		again := newMessage(sc, "again", 3)
		again.Kind, again.File = consult.FileMessage, f
		return tx.AddMessage(again)
	})
	refused(t, s, consult.CodeNotFound, "a file that is not there", func(tx consult.Tx) error {
		stray := newMessage(sc, "stray", 3)
		stray.Kind, stray.File = consult.FileMessage, newFile(sc, "none")
		return tx.AddMessage(stray)
	})
}
