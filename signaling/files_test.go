package signaling

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"testing"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// text is a file that is plainly what it says: lines of digits.
func text(size int) ([]byte, string) {
	r := rand.New(rand.NewPCG(1, uint64(size)))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
		if i%80 == 79 {
			b[i] = '\n'
		}
	}
	sum := sha256.Sum256(b)
	return b, hex.EncodeToString(sum[:])
}

// TestFile sends 5 MB, broken off in the middle by the loss of socket and media connection.
func TestFile(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, _ := w.meet(v)
	d := newDevice(t)
	patient := w.join(v.patient, with(d))
	d.accept(expect[protocol.Joined](patient).Answer)
	content, sum := text(5_000_000)
	offer := protocol.OfferFile{ClientID: "f1", Name: "анализы.txt", MIME: "text/plain", Size: int64(len(content))}

	id := patient.send(offer)
	a, re := expectRe[protocol.FileAccepted](patient)
	if re != id || a.ClientID != "f1" || a.Have != 0 || a.Credit != window || a.Stored {
		t.Fatalf("accepted: %+v, re %q", a, re)
	}
	d.upload(a, content, 2_000_000)
	if p := expect[protocol.FileProgress](doctor); p.Name != "анализы.txt" || p.Done || p.Size != offer.Size || p.Received == 0 {
		t.Errorf("progress: %+v", p)
	}
	patient.ws.NetConn().Close()
	d.close()

	d = newDevice(t)
	patient = w.join(v.patient, resume, with(d))
	d.accept(expect[protocol.Joined](patient).Answer)
	patient.send(offer)
	b := expect[protocol.FileAccepted](patient)
	if b.File != a.File || b.Have != 2_000_000 {
		t.Fatalf("taken up: %+v", b)
	}
	// The hash may overtake the bytes.
	id = patient.send(protocol.FinishFile{File: b.File, SHA256: sum})
	d.upload(b, content, offer.Size)
	m, re := expectRe[protocol.Chat](patient)
	f := m.Message.File
	if re != id || f == nil || f.ID != a.File || f.SHA256 != sum || f.Size != offer.Size || f.Name != "анализы.txt" {
		t.Fatalf("chat: %+v, re %q", m, re)
	}
	expect(doctor, func(p protocol.FileProgress) bool { return p.Done })
	if got := expect[protocol.Chat](doctor); got.Message.File == nil || got.Message.File.ID != f.ID {
		t.Errorf("the doctor's chat: %+v", got)
	}
	_, r, err := w.desk.OpenFile(t.Context(), consult.Principal{Seat: v.Doctor}, consult.FileID(f.ID))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if stored, err := io.ReadAll(r); err != nil || !bytes.Equal(stored, content) {
		t.Errorf("%d bytes are stored, %v", len(stored), err)
	}

	patient.send(offer) // after it is in the thread
	if again := expect[protocol.FileAccepted](patient); !again.Stored || again.File != a.File {
		t.Errorf("offered again: %+v", again)
	}
}

// TestFileOnKeptPeer: when only the socket breaks, the upload goes on.
func TestFileOnKeptPeer(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	w.meet(v)
	d := newDevice(t)
	patient := w.join(v.patient, with(d))
	d.accept(expect[protocol.Joined](patient).Answer)
	content, sum := text(1_000_000)
	patient.send(protocol.OfferFile{ClientID: "f1", Name: "a.txt", MIME: "text/plain", Size: int64(len(content))})
	a := expect[protocol.FileAccepted](patient)
	d.upload(a, content, 300_000)
	patient.ws.NetConn().Close()
	a.Have = 300_000
	d.upload(a, content, int64(len(content)))
	patient = w.join(v.patient, resume, func(j *protocol.Join) { j.PeerAlive = true })
	if m := expect[protocol.Joined](patient); !m.PeerKept || m.Answer != "" || !m.Resumed {
		t.Fatalf("joined: %+v", m)
	}
	patient.send(protocol.FinishFile{File: a.File, SHA256: sum})
	if m := expect[protocol.Chat](patient); m.Message.File == nil {
		t.Errorf("chat: %+v", m)
	}
}

// TestFileRules: whoever does not keep to them has his upload ended, and may begin again.
func TestFileRules(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	d := newDevice(t)
	doctor := w.join(v.doctor, with(d))
	d.accept(expect[protocol.Joined](doctor).Answer)
	content, _ := text(6 << 20)
	begin := func(clientID string) protocol.FileAccepted {
		t.Helper()
		doctor.send(protocol.OfferFile{ClientID: clientID, Name: "a.txt", MIME: "text/plain", Size: int64(len(content))})
		return expect[protocol.FileAccepted](doctor)
	}
	a := begin("order")
	d.upload(a, content, maxChunk)
	d.chunk(a.Stream, 3*maxChunk, content[:maxChunk])
	if f := expect[protocol.FileFailed](doctor); f.File != a.File || f.Code != "invalid" {
		t.Errorf("out of order: %+v", f)
	}
	if b := begin("order"); b.File != a.File || b.Have != maxChunk || b.Stream == a.Stream {
		t.Errorf("begun again: %+v", b)
	}

	a = begin("credit")
	for at := int64(0); at < window; at += maxChunk {
		d.chunk(a.Stream, at, content[at:at+maxChunk])
	}
	d.chunk(a.Stream+1000, 0, content[:1]) // of no stream: ignored
	a = begin("beyond")
	us := w.uploadsOf(v)
	us.mu.Lock()
	us.streams[a.Stream].take(chunk{offset: 0, data: make([]byte, window+1)})
	us.mu.Unlock()
	if f := expect[protocol.FileFailed](doctor); f.ClientID != "beyond" || f.Code != "invalid" {
		t.Errorf("beyond the credit: %+v", f)
	}

	doctor.send(protocol.CancelFile{File: begin("cancelled").File})
	if f := expect[protocol.FileFailed](doctor); f.ClientID != "cancelled" || f.Code != protocol.CodeGone {
		t.Errorf("cancelled: %+v", f)
	}
	doctor.send(protocol.OfferFile{ClientID: "cancelled", Name: "a.txt", MIME: "text/plain", Size: 10})
	if f := expect[protocol.FileFailed](doctor); f.Code == "" {
		t.Errorf("offered after cancelling: %+v", f)
	}

	small := []byte("не то")
	doctor.send(protocol.OfferFile{ClientID: "hash", Name: "b.txt", MIME: "text/plain", Size: int64(len(small))})
	a = expect[protocol.FileAccepted](doctor)
	d.upload(a, small, int64(len(small)))
	doctor.send(protocol.FinishFile{File: a.File, SHA256: hex.EncodeToString(make([]byte, 32))})
	if f := expect[protocol.FileFailed](doctor); f.ClientID != "hash" || f.Code != "invalid" {
		t.Errorf("wrong hash: %+v", f)
	}

	doctor.send(protocol.OfferFile{ClientID: "big", Name: "a.txt", MIME: "text/plain", Size: 1 << 40})
	if f, re := expectRe[protocol.FileFailed](doctor); f.ClientID != "big" || f.Code != "too_large" || re == "" {
		t.Errorf("too large: %+v", f)
	}
	begin("one") // "order" and "credit" still run
	doctor.send(protocol.OfferFile{ClientID: "four", Name: "a.txt", MIME: "text/plain", Size: 10})
	if f := expect[protocol.FileFailed](doctor); f.ClientID != "four" || f.Code != "rate_limited" {
		t.Errorf("four at once: %+v", f)
	}
}

// uploadsOf finds the doctor's uploads.
func (w *world) uploadsOf(v visit) *uploads {
	r := w.hub.room(v.ID)
	defer w.hub.release(r)
	var us *uploads
	r.do(func() { us = r.members[v.Doctor.ID].link.uploads })
	return us
}

func FuzzParseChunk(f *testing.F) {
	f.Add([]byte{chunkType, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 'x'})
	f.Add([]byte{chunkType, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 'x'})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, msg []byte) {
		stream, c, ok := parseChunk(msg)
		if !ok {
			return
		}
		if c.offset < 0 || len(c.data) == 0 || len(c.data) > maxChunk || c.offset+int64(len(c.data)) < 0 {
			t.Fatalf("accepted offset %d with %d bytes", c.offset, len(c.data))
		}
		if stream != binary.BigEndian.Uint32(msg[1:]) {
			t.Fatal("another stream")
		}
	})
}
