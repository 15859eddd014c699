package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

var (
	pdf  = append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("0123456789\n"), 500)...)
	webm = bytes.Repeat([]byte("\x1aE\xdf\xa3 not really a film "), 4000)
)

// sendFile puts a file into the thread, as signaling does.
func (h *house) sendFile(seat *consult.Seat, name string, content []byte) *consult.File {
	h.t.Helper()
	ctx := h.t.Context()
	f, _, err := h.Desk.BeginFile(ctx, seat.ID, "up-"+name, name, "", int64(len(content)))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.Desk.AppendFile(ctx, f, 0, content); err != nil {
		h.t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	m, err := h.Desk.CompleteFile(ctx, seat.ID, f.ID, sum[:])
	if err != nil {
		h.t.Fatal(err)
	}
	return m.File
}

// record makes a ready recording, as the recorder does.
func (h *house) record(seat *consult.Seat, content []byte) *consult.Recording {
	h.t.Helper()
	ctx := h.t.Context()
	if _, err := h.Desk.GiveConsent(ctx, seat.ID, true, consult.ConsentTextVersion, "ru"); err != nil {
		h.t.Fatal(err)
	}
	r, err := h.Desk.BeginRecording(ctx, seat.ID, "camera")
	if err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.dir, string(r.ID)), content, 0o600); err != nil {
		h.t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if err := h.Desk.RecordingFinishing(ctx, r.ID); err != nil {
		h.t.Fatal(err)
	}
	err = h.Desk.RecordingReady(ctx, r.ID, consult.RecordingFacts{
		Offset: 40 * time.Millisecond, Duration: 90 * time.Second, Bytes: int64(len(content)), SHA256: sum[:],
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func recorded(o *consult.Order) { o.Recording = consult.RecordAsk }

func TestMessages(t *testing.T) {
	h := newHouse(t)
	v := h.begin(nil)
	for i := range 3 {
		if _, err := h.Desk.PostMessage(t.Context(), v.Patient.ID, fmt.Sprint("m", i), fmt.Sprint("текст <", i, ">")); err != nil {
			t.Fatal(err)
		}
	}
	f := h.sendFile(v.Doctor, "выписка №1.pdf", pdf)

	page := into[MessagePage](h.get(sessionURL(v, "/messages?limit=3")).want(200))
	if len(page.Items) != 3 || page.Items[0].Seq != 1 || page.Items[2].Text != "текст <2>" || page.NextCursor == "" ||
		page.Items[0].ParticipantID != string(v.Patient.ID) {
		t.Fatalf("%+v", page)
	}
	rest := into[MessagePage](h.get(sessionURL(v, "/messages?limit=3&cursor="+page.NextCursor)).want(200))
	if len(rest.Items) != 1 || rest.NextCursor != "" {
		t.Fatalf("%+v", rest)
	}
	got := rest.Items[0]
	if got.Kind != MessageKindFile || got.File.ID != string(f.ID) || got.File.Name != "выписка №1.pdf" ||
		got.File.Type != "application/pdf" || got.File.Size != int64(len(pdf)) {
		t.Errorf("%+v", got)
	}
	wantField(t, h.get(sessionURL(v, "/messages?cursor=xyz")).wantProblem(400, consult.CodeInvalid), "/cursor")
	wantField(t, h.get(sessionURL(v, "/messages?limit=201")).wantProblem(400, consult.CodeInvalid), "/limit")
}

// checkAttachment holds for whatever comes out of the house as bytes.
func checkAttachment(t *testing.T, r *reply, content []byte) {
	t.Helper()
	sum := sha256.Sum256(content)
	if got := r.header.Get("Repr-Digest"); got != "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":" {
		t.Errorf("Repr-Digest %q", got)
	}
	if !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("Content-Disposition %q", r.header.Get("Content-Disposition"))
	}
	if !strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("CSP %q", r.header.Get("Content-Security-Policy"))
	}
	if !strings.Contains(r.header.Get("Cache-Control"), "no-store") {
		t.Errorf("Cache-Control %q", r.header.Get("Cache-Control"))
	}
}

func TestFileContent(t *testing.T) {
	h := newHouse(t)
	v := h.begin(nil)
	f := h.sendFile(v.Patient, `a "b"; №1.pdf`, pdf)
	byKey := sessionURL(v, "/files/"+string(f.ID)+"/content")
	byPass := "/v1/room/files/" + string(f.ID) + "/content"
	doctor := h.Pass(t, v.DoctorLink)

	for _, r := range []*reply{h.get(byKey), h.as(doctor, "GET", byPass, nil)} {
		r.want(200)
		checkAttachment(t, r, pdf)
		if !bytes.Equal(r.body, pdf) || r.header.Get("Content-Type") != "application/pdf" {
			t.Errorf("%d bytes of %s", len(r.body), r.header.Get("Content-Type"))
		}
		want := `attachment; filename="a _b__ _1.pdf"; filename*=UTF-8''a%20_b_%3B%20%E2%84%961.pdf`
		if got := r.header.Get("Content-Disposition"); got != want {
			t.Errorf("Content-Disposition %s", got)
		}
	}
	for path, bearer := range map[string]string{byKey: h.bearer, byPass: doctor} {
		with := func(name, value string) *reply {
			return h.do(call{path: path, header: map[string]string{name: value, "Authorization": "Bearer " + bearer}})
		}
		if r := with("Range", "bytes=9-19").want(206); string(r.body) != "0123456789\n" {
			t.Errorf("part %q", r.body)
		}
		with("If-None-Match", h.as(bearer, "GET", path, nil).header.Get("ETag")).want(304)
		with("If-Match", `"other"`).wantProblem(412, consult.CodeStale)
		r := with("Range", "bytes=100000-")
		r.wantProblem(416, codeBadRange)
		if r.header.Get("Content-Range") != fmt.Sprintf("bytes */%d", len(pdf)) || r.header.Get("Content-Disposition") != "" || r.header.Get("ETag") != "" {
			t.Errorf("416 with %v", r.header)
		}
	}

	other := h.begin(func(o *consult.Order) { o.Patient.ID = "p-2" })
	h.get(sessionURL(other, "/files/"+string(f.ID)+"/content")).wantProblem(404, consult.CodeNotFound)
	h.as(h.Pass(t, other.DoctorLink), "GET", byPass, nil).wantProblem(404, consult.CodeNotFound)
	h.as(doctor, "GET", "/v1/room/files/f_none/content", nil).wantProblem(404, consult.CodeNotFound)
	h.do(call{path: byPass, anonymous: true}).wantProblem(401, consult.CodeUnauthorized)
	h.get(byPass).wantProblem(401, consult.CodeUnauthorized) // a key is no pass

	// Half an upload is not for reading.
	half, _, err := h.Desk.BeginFile(t.Context(), v.Patient.ID, "half", "b.pdf", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	h.get(sessionURL(v, "/files/"+string(half.ID)+"/content")).wantProblem(409, consult.CodeConflict)
	h.as(doctor, "GET", "/v1/room/files/"+string(half.ID)+"/content", nil).wantProblem(409, consult.CodeConflict)
}

func TestRecordings(t *testing.T) {
	h := newHouse(t)
	v := h.begin(recorded)
	r := h.record(v.Doctor, webm)
	list := into[RecordingPage](h.get(sessionURL(v, "/recordings")).want(200))
	if len(list.Items) != 1 {
		t.Fatalf("%+v", list)
	}
	got := list.Items[0]
	sum := sha256.Sum256(webm)
	if got.ID != string(r.ID) || got.State != RecordingStateReady || got.Role != RoleDoctor || got.Source != RecordingSourceCamera || got.DurationMs != 90_000 ||
		got.OffsetMs != 40 || got.Bytes != int64(len(webm)) || got.Sha256 != fmt.Sprintf("%x", sum) {
		t.Errorf("%+v", got)
	}
	one := h.get(base + "/recordings/" + got.ID).want(200)
	if into[Recording](one) != got {
		t.Errorf("one %s", one.body)
	}
	h.do(call{path: base + "/recordings/" + got.ID, header: map[string]string{"If-None-Match": one.header.Get("ETag")}}).want(304)
	s := into[Session](h.get(sessionURL(v, "")).want(200))
	if len(s.Recordings) != 1 || s.Recordings[0].State != RecordingStateReady || s.Recordings[0].DurationMs != 90_000 {
		t.Errorf("in the session %+v", s.Recordings)
	}
}

func TestRecordingContent(t *testing.T) {
	h := newHouse(t)
	v := h.begin(recorded)
	id := string(h.record(v.Doctor, webm).ID)
	path := base + "/recordings/" + id + "/content"
	ranged := func(value string, more ...string) *reply {
		header := map[string]string{"Range": value}
		for i := 0; i < len(more); i += 2 {
			header[more[i]] = more[i+1]
		}
		return h.do(call{path: path, header: header})
	}

	whole := h.get(path).want(200)
	checkAttachment(t, whole, webm)
	if !bytes.Equal(whole.body, webm) || whole.header.Get("Content-Type") != "video/webm" || whole.header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("%d bytes, %v", len(whole.body), whole.header)
	}
	tag := whole.header.Get("ETag")

	size := len(webm)
	for value, want := range map[string][2]int{
		"bytes=0-99": {0, 100}, "bytes=100-": {100, size}, "bytes=-7": {size - 7, size}, "bytes=5-999999999": {5, size},
	} {
		r := ranged(value).want(206)
		checkAttachment(t, r, webm)
		if !bytes.Equal(r.body, webm[want[0]:want[1]]) {
			t.Errorf("%s: %d bytes", value, len(r.body))
		}
		if got := r.header.Get("Content-Range"); got != fmt.Sprintf("bytes %d-%d/%d", want[0], want[1]-1, size) {
			t.Errorf("%s: Content-Range %q", value, got)
		}
	}
	for _, value := range []string{"items=0-1", "nonsense", "lines=1-2,5-", "bytes"} { // units that nobody knows
		if r := ranged(value).want(200); !bytes.Equal(r.body, webm) {
			t.Errorf("%s: %d bytes", value, len(r.body))
		}
	}
	if r := ranged("Bytes=0-9").want(206); len(r.body) != 10 {
		t.Errorf("in another letter: %d bytes", len(r.body))
	}
	h.do(call{method: http.MethodHead, path: path, header: map[string]string{"Range": "bytes=0-9"}}).want(200)
	ranged("bytes=0-9", "If-Range", tag).want(206)
	ranged("bytes=0-9", "If-Range", `"other"`).want(200)
	ranged(fmt.Sprintf("bytes=%d-", size)).wantProblem(416, codeBadRange)
	if r := ranged(fmt.Sprintf("bytes=%d-", size)).want(416); r.header.Get("Content-Range") != fmt.Sprintf("bytes */%d", size) {
		t.Errorf("416 with %q", r.header.Get("Content-Range"))
	}
	h.do(call{path: path, header: map[string]string{"If-None-Match": tag}}).want(304)
	h.do(call{path: path, header: map[string]string{"If-Match": `"other"`}}).wantProblem(412, consult.CodeStale)
	if r := h.do(call{method: http.MethodHead, path: path}).want(200); len(r.body) != 0 || r.header.Get("Content-Length") != fmt.Sprint(size) {
		t.Errorf("HEAD: %d bytes, length %s", len(r.body), r.header.Get("Content-Length"))
	}
	h.do(call{path: path, anonymous: true}).wantProblem(401, consult.CodeUnauthorized)
	h.as(h.key("lk", consult.ScopeSessionsRead), "GET", path, nil).wantProblem(403, consult.CodeForbidden)
}

// The pieces of one download are one row in the audit; another caller's, and
// those of a later one, are others.
func TestRecordingIsAuditedOncePerDownload(t *testing.T) {
	h := newHouse(t)
	v := h.begin(recorded)
	path := base + "/recordings/" + string(h.record(v.Doctor, webm).ID) + "/content"
	read := func(bearer string) {
		for _, part := range []string{"bytes=500-600", "bytes=0-9", ""} {
			r := h.do(call{path: path, header: map[string]string{"Authorization": "Bearer " + bearer, "Range": part}})
			if r.status != 206 && r.status != 200 {
				t.Fatalf("status %d", r.status)
			}
		}
	}
	read(h.bearer)
	if n := h.audited(v, consult.ActReadRecording); n != 1 {
		t.Errorf("%d rows after one download", n)
	}
	read(h.key("lk"))
	if n := h.audited(v, consult.ActReadRecording); n != 2 {
		t.Errorf("%d rows after two callers", n)
	}
	h.Clock.Advance(10 * time.Minute)
	read(h.bearer)
	if n := h.audited(v, consult.ActReadRecording); n != 3 {
		t.Errorf("%d rows after a later download", n)
	}
}

func (h *house) audited(v *consulttest.Visit, action consult.Action) int {
	h.t.Helper()
	n := 0
	err := h.Store.View(h.t.Context(), func(tx consult.Tx) error {
		rows, err := tx.Audit(consult.AuditQuery{ConsultationID: v.ID, Limit: 100})
		for _, row := range rows {
			if row.Action == string(action) {
				n++
			}
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// What is erased is gone for reading; that it was there, and why it is not, stays.
func TestEraseRecording(t *testing.T) {
	h := newHouse(t)
	v := h.begin(recorded)
	path := base + "/recordings/" + string(h.record(v.Doctor, webm).ID)
	for _, body := range []string{`{}`, `{"reason":""}`, `{"reason":"  "}`, `{"reason":null}`, `{"why":"x","reason":"y"}`} {
		h.do(call{method: "DELETE", path: path, body: body}).wantProblem(400, consult.CodeInvalid)
	}
	h.do(call{method: "DELETE", path: path}).wantProblem(400, consult.CodeInvalid)
	h.do(call{method: "DELETE", path: path + "?reason=x"}).wantProblem(400, consult.CodeInvalid)
	h.as(h.key("lk", consult.ScopeRecordingsRead), "DELETE", path, `{"reason":"x"}`).wantProblem(403, consult.CodeForbidden)
	h.get(path + "/content").want(200)

	r := h.do(call{method: "DELETE", path: path, body: `{"reason":"заявление от 20.11"}`}).want(204)
	if len(r.body) != 0 {
		t.Errorf("204 with %q", r.body)
	}
	got := into[Recording](h.get(path).want(200))
	if got.State != RecordingStateErased || got.EraseReason != "заявление от 20.11" || !got.ErasedAt.Equal(h.Clock.Now()) {
		t.Errorf("%+v", got)
	}
	h.get(path+"/content").wantProblem(409, consult.CodeConflict)
	h.do(call{method: "DELETE", path: path, body: `{"reason":"again"}`}).want(204)
	if again := into[Recording](h.get(path).want(200)); again.EraseReason != got.EraseReason {
		t.Errorf("the reason became %q", again.EraseReason)
	}

	active, err := h.Desk.BeginRecording(t.Context(), v.Doctor.ID, "screen")
	if err != nil {
		t.Fatal(err)
	}
	h.do(call{method: "DELETE", path: base + "/recordings/" + string(active.ID), body: `{"reason":"x"}`}).wantProblem(409, consult.CodeConflict)
	mine := into[Recording](h.get(base + "/recordings/" + string(active.ID)).want(200))
	if mine.State != RecordingStateActive {
		t.Errorf("%+v", mine)
	}

	cookie := h.adminCookie()
	if err := h.Desk.RecordingFailed(t.Context(), active.ID, "empty"); err != nil {
		t.Fatal(err)
	}
	h.do(call{method: "DELETE", path: base + "/recordings/" + string(active.ID), body: `{"reason":"x"}`, anonymous: true,
		header: map[string]string{"Cookie": cookieName + "=" + cookie}}).want(204)
}

func TestRecordingThatCannotBeRead(t *testing.T) {
	h := newHouse(t)
	v := h.begin(recorded)
	r := h.record(v.Doctor, webm)
	if err := os.Remove(filepath.Join(h.dir, string(r.ID))); err != nil {
		t.Fatal(err)
	}
	answer := h.get(base + "/recordings/" + string(r.ID) + "/content")
	answer.wantProblem(503, consult.CodeUnavailable)
	if answer.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if strings.Contains(string(answer.body), h.dir) {
		t.Errorf("the answer tells paths: %s", answer.body)
	}

	if _, err := h.Desk.GiveConsent(t.Context(), v.Patient.ID, true, consult.ConsentTextVersion, "ru"); err != nil {
		t.Fatal(err)
	}
	active, err := h.Desk.BeginRecording(t.Context(), v.Patient.ID, "camera")
	if err != nil {
		t.Fatal(err)
	}
	h.get(base+"/recordings/"+string(active.ID)+"/content").wantProblem(409, consult.CodeConflict)
	if err := h.Desk.RecordingFailed(t.Context(), active.ID, "disk_full"); err != nil {
		t.Fatal(err)
	}
	if got := into[Recording](h.get(base + "/recordings/" + string(active.ID)).want(200)); got.State != RecordingStateFailed || got.Failure != "disk_full" {
		t.Errorf("%+v", got)
	}
}
