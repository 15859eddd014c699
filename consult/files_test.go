package consult_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"tmk/consult"
	"tmk/consult/consulttest"
)

// a PDF as far as anybody looks.
var pdf = append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("0 obj\n"), 50_000)...)

// upload sends content in chunks and completes it.
func upload(t *testing.T, w *consulttest.World, seat consult.SeatID, clientID, name string, content []byte) (*consult.File, *consult.Message, error) {
	t.Helper()
	f, have := must2(w.Desk.BeginFile(t.Context(), seat, clientID, name, "", int64(len(content))))(t)
	for have < int64(len(content)) {
		end := min(have+65536, int64(len(content)))
		have = must(w.Desk.AppendFile(t.Context(), f, have, content[have:end]))(t)
	}
	hash := sha256.Sum256(content)
	m, err := w.Desk.CompleteFile(t.Context(), seat, f.ID, hash[:])
	return f, m, err
}

func TestFile(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		begin(t, w, v)
		f, have := must2(w.Desk.BeginFile(t.Context(), v.Patient.ID, "f1", "../Анализы\u202e.pdf", "application/pdf", int64(len(pdf))))(t)
		if have != 0 || f.Name != "Анализы.pdf" || f.State != consult.FileUploading {
			t.Errorf("%+v, %d bytes", f, have)
		}
		must(w.Desk.AppendFile(t.Context(), f, 0, pdf[:100]))(t)
		_, err := w.Desk.AppendFile(t.Context(), f, 50, pdf[50:200])
		wantCode(t, err, consult.CodeConflict)
		_, err = w.Desk.AppendFile(t.Context(), f, 100, make([]byte, len(pdf)))
		wantCode(t, err, consult.CodeTooLarge)
		hash := sha256.Sum256(pdf)
		_, err = w.Desk.CompleteFile(t.Context(), v.Patient.ID, f.ID, hash[:])
		wantCode(t, err, consult.CodeConflict)
		_, err = w.Desk.CompleteFile(t.Context(), v.Doctor.ID, f.ID, hash[:])
		wantCode(t, err, consult.CodeNotFound)

		again, have := must2(w.Desk.BeginFile(t.Context(), v.Patient.ID, "f1", "Анализы.pdf", "", int64(len(pdf))))(t)
		if again.ID != f.ID || have != 100 {
			t.Errorf("resumed %s at %d", again.ID, have)
		}
		_, m, err := upload(t, w, v.Patient.ID, "f1", "Анализы.pdf", pdf)
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind != consult.FileMessage || m.Seq != 1 || m.File == nil || m.File.Type != "application/pdf" ||
			m.File.State != consult.FileStored || !bytes.Equal(m.File.SHA256, hash[:]) {
			t.Errorf("%+v, %+v", m, m.File)
		}
		ms := make([]*consult.Message, 3)
		errs := make([]error, 3)
		atOnce(3, func(i int) { ms[i], errs[i] = w.Desk.CompleteFile(t.Context(), v.Patient.ID, f.ID, hash[:]) })
		for i := range ms {
			if errs[i] != nil || ms[i].ID != m.ID {
				t.Errorf("completing again: %+v, %v", ms[i], errs[i])
			}
		}
		stored, have := must2(w.Desk.BeginFile(t.Context(), v.Patient.ID, "f1", "Анализы.pdf", "", int64(len(pdf))))(t)
		if stored.State != consult.FileStored || have != int64(len(pdf)) {
			t.Errorf("%+v, %d bytes", stored, have)
		}

		_, blob := must2(w.Desk.OpenFile(t.Context(), consult.Principal{Seat: v.Doctor}, f.ID))(t)
		defer blob.Close()
		if got := must(io.ReadAll(blob))(t); !bytes.Equal(got, pdf) {
			t.Errorf("%d bytes came back", len(got))
		}
		log := actions(t, w, v.ID)
		if log[len(log)-1] != "file.read" {
			t.Errorf("audit %v", log)
		}
		_, _, err = w.Desk.OpenFile(t.Context(), consult.Principal{Seat: w.Schedule(t, nil).Doctor}, f.ID)
		wantCode(t, err, consult.CodeNotFound)
	})
}

func TestCompleteFileAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		begin(t, w, v)
		f, _ := must2(w.Desk.BeginFile(t.Context(), v.Patient.ID, "f1", "a.pdf", "", int64(len(pdf))))(t)
		must(w.Desk.AppendFile(t.Context(), f, 0, pdf))(t)
		hash := sha256.Sum256(pdf)
		ids := make([]consult.MessageID, 4)
		errs := make([]error, 4)
		atOnce(4, func(i int) {
			m, err := w.Desk.CompleteFile(t.Context(), v.Patient.ID, f.ID, hash[:])
			if errs[i] = err; err == nil {
				ids[i] = m.ID
			}
		})
		for i := range ids {
			if errs[i] != nil || ids[i] != ids[0] {
				t.Errorf("%s: %v", ids[i], errs[i])
			}
		}
	})
}

func TestBeginFileRefused(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	_, _, err := w.Desk.BeginFile(t.Context(), v.Patient.ID, "w", "a.pdf", "", 5)
	wantCode(t, err, consult.CodeForbidden) // still waiting
	begin(t, w, v)
	for name, tt := range map[string]struct {
		name string
		size int64
		want consult.Code
	}{
		"no name":        {"../", 5, consult.CodeInvalid},
		"empty":          {"a.pdf", 0, consult.CodeInvalid},
		"negative":       {"a.pdf", -1, consult.CodeInvalid},
		"too large":      {"a.pdf", 100<<20 + 1, consult.CodeTooLarge},
		"page":           {"a.html", 5, consult.CodeUnsupported},
		"picture script": {"a.svg", 5, consult.CodeUnsupported},
		"program":        {"a.pdf.exe", 5, consult.CodeUnsupported},
		"archive":        {"a.zip", 5, consult.CodeUnsupported},
		"macros":         {"a.docm", 5, consult.CodeUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := w.Desk.BeginFile(t.Context(), v.Patient.ID, name, tt.name, "", tt.size)
			wantCode(t, err, tt.want)
		})
	}
	must2(w.Desk.BeginFile(t.Context(), v.Patient.ID, "same", "a.pdf", "", 5))(t)
	_, _, err = w.Desk.BeginFile(t.Context(), v.Patient.ID, "same", "a.pdf", "", 6)
	wantCode(t, err, consult.CodeConflict)
}

// TestGivenUpUploadsAreBounded: each leaves a row.
func TestGivenUpUploadsAreBounded(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	begin(t, w, v)
	err := w.Store.Update(t.Context(), func(tx consult.Tx) error {
		for i := range 3000 {
			id := fmt.Sprintf("f_%d", i)
			err := tx.AddFile(&consult.File{
				ID: consult.FileID(id), ConsultationID: v.ID, SeatID: v.Patient.ID, ClientID: id, State: consult.FileRejected,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.Desk.BeginFile(t.Context(), v.Doctor.ID, "1", "a.pdf", "", 5)
	wantCode(t, err, consult.CodeTooLarge)
}

func TestFilesOfOneConsultationAreBounded(t *testing.T) {
	w := consulttest.Open(t, "sqlite:"+t.TempDir()+"/tmk.db", func(cfg *consult.Config) { cfg.MaxFilesSize = 100 })
	v := w.Schedule(t, nil)
	begin(t, w, v)
	f, _ := must2(w.Desk.BeginFile(t.Context(), v.Patient.ID, "1", "a.pdf", "", 60))(t)
	_, _, err := w.Desk.BeginFile(t.Context(), v.Doctor.ID, "2", "a.pdf", "", 41)
	wantCode(t, err, consult.CodeTooLarge)
	if err := w.Desk.CancelFile(t.Context(), v.Patient.ID, f.ID); err != nil {
		t.Fatal(err)
	}
	must2(w.Desk.BeginFile(t.Context(), v.Doctor.ID, "3", "a.pdf", "", 41))(t)
}

func TestFilesLimitHasADefault(t *testing.T) {
	w := consulttest.Open(t, "sqlite:"+t.TempDir()+"/tmk.db", func(cfg *consult.Config) { cfg.MaxFilesSize = 0 })
	if got := w.Desk.Config().MaxFilesSize; got != consult.DefaultConfig.MaxFilesSize {
		t.Errorf("%d bytes", got)
	}
}

func TestFileRejected(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		v := w.Schedule(t, nil)
		begin(t, w, v)
		gone := func(f *consult.File) {
			t.Helper()
			if size := must(w.Blobs.Size(t.Context(), f.ID))(t); size != 0 {
				t.Errorf("%d bytes are left", size)
			}
			_, _, err := w.Desk.OpenFile(t.Context(), consult.Principal{Seat: v.Patient}, f.ID)
			wantCode(t, err, consult.CodeConflict)
			_, _, err = w.Desk.BeginFile(t.Context(), v.Patient.ID, f.ClientID, f.Name, "", f.Size)
			wantCode(t, err, consult.CodeConflict)
		}
		page := []byte("<!DOCTYPE html><html><script>alert(1)</script></html>")
		f, _, err := upload(t, w, v.Patient.ID, "html", "photo.jpg", page)
		wantCode(t, err, consult.CodeUnsupported)
		gone(f)

		f, _ = must2(w.Desk.BeginFile(t.Context(), v.Patient.ID, "hash", "a.pdf", "", int64(len(pdf))))(t)
		must(w.Desk.AppendFile(t.Context(), f, 0, pdf))(t)
		_, err = w.Desk.CompleteFile(t.Context(), v.Patient.ID, f.ID, make([]byte, 32))
		wantCode(t, err, consult.CodeInvalid)
		gone(f)
		hash := sha256.Sum256(pdf)
		_, err = w.Desk.CompleteFile(t.Context(), v.Patient.ID, f.ID, hash[:])
		wantCode(t, err, consult.CodeConflict)

		f, _ = must2(w.Desk.BeginFile(t.Context(), v.Patient.ID, "given up", "a.pdf", "", int64(len(pdf))))(t)
		must(w.Desk.AppendFile(t.Context(), f, 0, pdf[:10]))(t)
		wantCode(t, w.Desk.CancelFile(t.Context(), v.Doctor.ID, f.ID), consult.CodeNotFound)
		for range 2 {
			if err := w.Desk.CancelFile(t.Context(), v.Patient.ID, f.ID); err != nil {
				t.Fatal(err)
			}
		}
		gone(f)
		if ms := must(w.Desk.Messages(t.Context(), consult.Principal{Seat: v.Patient}, v.ID, 0, 0))(t); len(ms) != 0 {
			t.Errorf("%d messages", len(ms))
		}
	})
}

func TestTheEndDropsUploads(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	begin(t, w, v)
	stored, _, err := upload(t, w, v.Patient.ID, "1", "a.pdf", pdf)
	if err != nil {
		t.Fatal(err)
	}
	half, _ := must2(w.Desk.BeginFile(t.Context(), v.Patient.ID, "2", "b.pdf", "", int64(len(pdf))))(t)
	must(w.Desk.AppendFile(t.Context(), half, 0, pdf[:100]))(t)
	must(w.Desk.Finish(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID, ""))(t)
	if size := must(w.Blobs.Size(t.Context(), half.ID))(t); size != 0 {
		t.Errorf("%d bytes of half a file are left", size)
	}
	_, blob := must2(w.Desk.OpenFile(t.Context(), consult.Principal{Seat: v.Patient}, stored.ID))(t)
	blob.Close()
	hash := sha256.Sum256(pdf)
	m := must(w.Desk.CompleteFile(t.Context(), v.Patient.ID, stored.ID, hash[:]))(t) // the answer was lost
	if m.File.ID != stored.ID {
		t.Errorf("%+v", m)
	}
}

// TestOneClientIDForTextAndFile: a client's defect must not put a text in a file's place.
func TestOneClientIDForTextAndFile(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	begin(t, w, v)
	must(w.Desk.PostMessage(t.Context(), v.Patient.ID, "1", "text"))(t)
	_, _, err := upload(t, w, v.Patient.ID, "1", "a.pdf", pdf)
	wantCode(t, err, consult.CodeConflict)
}

func TestHintsOfTheThread(t *testing.T) {
	w := consulttest.New(t)
	v := w.Schedule(t, nil)
	var hints []consult.HintKind
	w.Feed.Subscribe(func(h consult.Hint) { hints = append(hints, h.Kind) })
	must(w.Desk.PostMessage(t.Context(), v.Doctor.ID, "1", "text"))(t)
	if want := []consult.HintKind{consult.HintThread, consult.HintOutbox}; !slices.Equal(hints, want) {
		t.Errorf("hints %v", hints)
	}
	hints = nil
	_, err := w.Desk.PostMessage(t.Context(), v.Doctor.ID, "2", strings.Repeat(" ", 3))
	wantCode(t, err, consult.CodeInvalid)
	must(w.Desk.PostMessage(t.Context(), v.Doctor.ID, "1", "text"))(t)
	if hints != nil {
		t.Errorf("nothing changed, and hints came: %v", hints)
	}
}
