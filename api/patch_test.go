package api

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"tmk/consult"
)

func (h *house) patch(path string, body any, header ...string) *reply {
	h.t.Helper()
	hs := map[string]string{"Content-Type": mergePatch}
	for i := 0; i < len(header); i += 2 {
		hs[header[i]] = header[i+1]
	}
	return h.do(call{method: http.MethodPatch, path: path, body: body, header: hs})
}

func TestPatchSession(t *testing.T) {
	h := newHouse(t)
	created := h.post(base+"/sessions/create", order()).want(201)
	path := base + "/sessions/" + into[Session](created).ID
	change := func(body string) Session { t.Helper(); return into[Session](h.patch(path, body).want(200)) }

	s := change(`{"startsAt":"2026-12-02T11:00:00+03:00","durationMinutes":45,"topic":"Осмотр"}`)
	if !s.StartsAt.Equal(time.Date(2026, 12, 2, 8, 0, 0, 0, time.UTC)) || s.DurationMinutes != 45 || s.Topic != "Осмотр" ||
		s.Version <= 1 || s.Doctor.Name != "Иванова Мария Петровна" || s.Links.Doctor == "" {
		t.Errorf("%+v", s)
	}
	// Members of members are merged, and null removes or brings the default back.
	s = change(`{"doctor":{"name":"Иванова М. П."},"metadata":{"floor":"2","branch":null},"durationMinutes":null,"language":"en","timeZone":"Asia/Tomsk"}`)
	if s.Doctor.Name != "Иванова М. П." || s.Doctor.Specialty != "терапевт" || !maps.Equal(s.Metadata, Metadata{"floor": "2"}) ||
		s.DurationMinutes != 30 || s.Language != LanguageEn || s.TimeZone != "Asia/Tomsk" {
		t.Errorf("%+v", s)
	}
	s = change(`{"topic":null,"metadata":null,"language":null,"timeZone":null,"recording":null,"patient":{"name":null}}`)
	if s.Topic != "" || len(s.Metadata) != 0 || s.Language != LanguageRu || s.TimeZone != "Europe/Moscow" || s.Recording != RecordingPolicyOff || s.Patient.Name != "" {
		t.Errorf("%+v", s)
	}
	if again := change(`{}`); again.Version != s.Version {
		t.Errorf("nothing changed, and the version went from %d to %d", s.Version, again.Version)
	}
	h.patch(path, `{"topic":"x"}`, "Content-Type", "application/json; charset=utf-8").want(200)
	h.patch(path, `{"topic":"x"}`, "Content-Type", "text/plain").wantProblem(415, consult.CodeUnsupported)

	// Another person gets another link, the other's stays.
	before := change(`{}`).Links
	after := change(`{"patient":{"id":"p-903"}}`)
	if after.Links.Patient == before.Patient || after.Links.Doctor != before.Doctor || after.Patient.ID != "p-903" {
		t.Errorf("links %+v, before %+v", after.Links, before)
	}
	h.post(path+"/cancel", nil).want(200)
	h.patch(path, `{"topic":"late"}`).wantProblem(409, consult.CodeConflict)
	h.patch(base+"/sessions/c_none", `{}`).wantProblem(404, consult.CodeNotFound)
}

func TestPatchIsChecked(t *testing.T) {
	h := newHouse(t)
	path := base + "/sessions/" + into[Session](h.post(base+"/sessions/create", order()).want(201)).ID
	for body, field := range map[string]string{
		`{"topik":"x"}`: "/topik", `{"startsAt":null}`: "/startsAt", `{"startsAt":"tomorrow"}`: "/startsAt",
		`{"durationMinutes":0}`: "/durationMinutes", `{"durationMinutes":481}`: "/durationMinutes", `{"durationMinutes":"30"}`: "/durationMinutes",
		`{"doctor":null}`: "/doctor", `{"doctor":{"id":null}}`: "/doctor/id", `{"doctor":{"id":""}}`: "/doctor/id",
		`{"patient":{"specialty":"x"}}`: "/patient/specialty", `{"language":"de"}`: "/language", `{"recording":"maybe"}`: "/recording",
		`{"timeZone":"Nowhere/At-all"}`: "/timeZone", `{"metadata":{"a":1}}`: "/metadata/a", `{"metadata":["a"]}`: "/metadata",
		`{"externalId":"x"}`: "/externalId", `{"topic":["x"]}`: "/topic", `{"startsAt":"2026-11-01T00:00:00Z"}`: "/startsAt",
		`{"startsAt":"0001-01-01T00:00:00Z"}`: "/startsAt", `{"metadata":{"\ud800":null}}`: "/metadata/\ufffd",
		`{"topic":"a","topic":"b"}`: "/topic", `{"doctor":"d-1"}`: "/doctor",
	} {
		wantField(t, h.patch(path, body).wantProblem(400, consult.CodeInvalid), field)
	}
	h.patch(path, nil).wantProblem(400, consult.CodeInvalid)
	h.patch(path, `[]`).wantProblem(400, consult.CodeInvalid)
	h.patch(path, `null`).wantProblem(400, consult.CodeInvalid)
	if s := into[Session](h.get(path).want(200)); s.Version != 1 {
		t.Errorf("a refused change left version %d", s.Version)
	}
}

// Whoever changes what another has changed meanwhile is told so.
func TestIfMatch(t *testing.T) {
	h := newHouse(t)
	path := base + "/sessions/" + into[Session](h.post(base+"/sessions/create", order()).want(201)).ID
	first := h.get(path).want(200).header.Get("ETag")
	second := h.patch(path, `{"topic":"1"}`, "If-Match", first).want(200).header.Get("ETag")
	if first == second {
		t.Fatal("the tag stayed")
	}
	r := h.patch(path, `{"topic":"2"}`, "If-Match", first)
	r.wantProblem(412, consult.CodeStale)
	if s := into[Session](h.get(path).want(200)); s.Topic != "1" {
		t.Errorf("topic %q", s.Topic)
	}
	for header, want := range map[string]int{
		second: 200, first + ", " + second: 200, "*": 200, `"other"`: 412, "W/" + second: 412, strings.Trim(second, `"`): 412,
		`"0-x"`: 412, `"-1-x"`: 412, first + `, "other"`: 412,
	} {
		if r := h.patch(path, `{}`, "If-Match", header); r.status != want { // {} changes nothing, so the version stays
			t.Errorf("If-Match %s: %d, want %d", header, r.status, want)
		}
	}
	// The tag's version counts and not its bytes: what is in the room changes without the session.
	inEnglish := h.do(call{path: path, header: map[string]string{"Accept-Language": "en"}}).header.Get("ETag")
	if inEnglish == second {
		t.Error("one tag for two languages")
	}
	h.patch(path, `{}`, "If-Match", inEnglish).want(200)
	h.patch(base+"/sessions/c_none", `{}`, "If-Match", first+", "+second).wantProblem(404, consult.CodeNotFound)
}
