package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func TestCreateSession(t *testing.T) {
	h := newHouse(t)
	r := h.do(call{method: "POST", path: base + "/sessions/create", body: order(), header: map[string]string{"Accept-Language": "ru-RU,ru;q=0.9"}})
	s := into[Session](r.want(http.StatusCreated))
	if s.Status != StatusUPCOMING || s.StatusName != "Предстоящая" || s.ExternalID != "lk-48213" || s.DurationMinutes != 30 ||
		!s.StartsAt.Equal(time.Date(2026, 12, 1, 15, 30, 0, 0, time.UTC)) || s.TimeZone != "Europe/Moscow" ||
		s.Doctor.Specialty != "терапевт" || s.Patient.Name != "Петров Олег Ильич" || s.Recording != RecordingPolicyAsk ||
		s.Metadata["branch"] != "north" || s.Version != 1 || len(s.Participants) != 2 {
		t.Errorf("session %+v", s)
	}
	for _, link := range []string{s.Links.Doctor, s.Links.Patient} {
		if !strings.HasPrefix(link, consulttest.PublicURL+"/j/") {
			t.Errorf("link %q", link)
		}
	}
	if s.Links.Doctor == s.Links.Patient {
		t.Error("one link for both")
	}
	reader := h.as(h.key("lk", consult.ScopeSessionsRead), "GET", base+"/sessions/"+s.ID, nil).want(http.StatusOK)
	if into[Session](reader).Links != (Links{}) || strings.Contains(string(reader.body), "/j/") {
		t.Errorf("links for a key that may only read: %s", reader.body)
	}
	if got := r.header.Get("Location"); got != base+"/sessions/"+s.ID {
		t.Errorf("Location %q", got)
	}

	again := h.get(base + "/sessions/" + s.ID).want(http.StatusOK)
	if read := into[Session](again); read.Links != s.Links || read.ID != s.ID || read.StatusName != "Предстоящая" {
		t.Errorf("read %+v", read)
	}
}

func TestCreateTwiceWithOneExternalID(t *testing.T) {
	h := newHouse(t)
	first := into[Session](h.post(base+"/sessions/create", order()).want(http.StatusCreated))
	p := h.post(base+"/sessions/create", order()).wantProblem(http.StatusConflict, consult.CodeDuplicate)
	if p.Ref != first.ID {
		t.Errorf("ref %q, want %q", p.Ref, first.ID)
	}
	// The same externalId of another integration is another session.
	h.as(h.key("other"), "POST", base+"/sessions/create", order()).want(http.StatusCreated)
}

func TestCreateSimpleSession(t *testing.T) {
	h := newHouse(t)
	s := into[SimpleSession](h.post(base+"/sessions/create/simpl", map[string]any{"doctorId": "d-17", "patientId": "p-902"}).want(http.StatusCreated))
	if s.Status != StatusUPCOMING || !strings.HasPrefix(s.DoctorURL, consulttest.PublicURL+"/j/") || s.DoctorURL == s.PatientURL {
		t.Errorf("%+v", s)
	}
	full := into[Session](h.get(base + "/sessions/" + s.ID).want(http.StatusOK))
	if full.DurationMinutes != 30 || !full.StartsAt.Equal(h.Clock.Now()) || full.Recording != RecordingPolicyOff || full.Language != LanguageRu {
		t.Errorf("defaults %+v", full)
	}
	// The link works as it stands.
	token := strings.TrimPrefix(s.PatientURL, consulttest.PublicURL+"/j/")
	h.do(call{method: "POST", path: "/v1/room/enter", body: map[string]any{"token": token}, anonymous: true}).want(http.StatusOK)

	p := h.post(base+"/sessions/create/simpl", map[string]any{"doctorId": "", "patientId": "p"}).wantProblem(400, consult.CodeInvalid)
	wantField(t, p, "/doctorId")
}

// with returns the order with one field changed; path "doctor.id" reaches inside.
func with(path string, v any) map[string]any {
	o := order()
	at := o
	parts := strings.Split(path, ".")
	for _, p := range parts[:len(parts)-1] {
		at = at[p].(map[string]any)
	}
	at[parts[len(parts)-1]] = v
	return o
}

func TestCreateRefuses(t *testing.T) {
	h := newHouse(t)
	for name, tc := range map[string]struct {
		body  any
		field string
	}{
		"unknown field":        {with("colour", "red"), "/colour"},
		"unknown inner field":  {with("doctor.nmae", "x"), "/doctor/nmae"},
		"case matters":         {with("ExternalId", "x"), "/ExternalId"},
		"pointer is escaped":   {with("a/b~c", "x"), "/a~1b~0c"},
		"field given twice":    {`{"doctor":{"id":"a"},"doctor":{"id":"b"},"patient":{"id":"p"}}`, "/doctor"},
		"null":                 {with("topic", nil), "/topic"},
		"no doctor":            {`{"patient":{"id":"p"}}`, "/doctor"},
		"no doctor's id":       {`{"doctor":{"name":"x"},"patient":{"id":"p"}}`, "/doctor/id"},
		"empty id":             {with("patient.id", ""), "/patient/id"},
		"empty external id":    {with("externalId", ""), "/externalId"},
		"long id":              {with("patient.id", strings.Repeat("x", 129)), "/patient/id"},
		"doctor is a string":   {with("doctor", "d-17"), "/doctor"},
		"body is an array":     {`[]`, ""},
		"number for string":    {with("topic", 7), "/topic"},
		"string for number":    {with("durationMinutes", "30"), "/durationMinutes"},
		"fraction":             {with("durationMinutes", 1.5), "/durationMinutes"},
		"zero minutes":         {with("durationMinutes", 0), "/durationMinutes"},
		"endless":              {with("durationMinutes", 481), "/durationMinutes"},
		"overflow":             {with("durationMinutes", int64(1)<<60), "/durationMinutes"},
		"time without zone":    {with("startsAt", "2026-12-01T10:30:00"), "/startsAt"},
		"no time":              {with("startsAt", "tomorrow"), "/startsAt"},
		"long ago":             {with("startsAt", "2020-12-01T10:30:00Z"), "/startsAt"},
		"time never set":       {with("startsAt", "0001-01-01T00:00:00Z"), "/startsAt"},
		"never set, elsewhere": {with("startsAt", "0001-01-01T03:00:00+03:00"), "/startsAt"},
		"one digit of an hour": {with("startsAt", "2026-12-03T1:30:00Z"), "/startsAt"},
		"comma in a time":      {with("startsAt", "2026-12-03T10:30:00,5Z"), "/startsAt"},
		"offset of a day":      {with("startsAt", "2026-12-03T10:30:00+24:00"), "/startsAt"},
		"offset of 60 minutes": {with("startsAt", "2026-12-03T10:30:00+03:60"), "/startsAt"},
		"no such day":          {with("startsAt", "2026-11-31T10:30:00Z"), "/startsAt"},
		"half a pair":          {`{"doctor":{"id":"d"},"patient":{"id":"p"},"metadata":{"a":"\ud800x"}}`, "/metadata/a"},
		"half a pair in a key": {`{"doctor":{"id":"d"},"patient":{"id":"p"},"metadata":{"\udc00\ud800":"x"}}`, "/metadata/\ufffd\ufffd"},
		"a little more":        {with("durationMinutes", json.RawMessage("30.000001")), "/durationMinutes"},
		"unknown zone":         {with("timeZone", "Europe/Atlantis"), "/timeZone"},
		"unknown policy":       {with("recording", "maybe"), "/recording"},
		"unknown language":     {with("language", "fr"), "/language"},
		"metadata of numbers":  {with("metadata", map[string]any{"n": 1}), "/metadata/n"},
		"control characters":   {with("doctor.name", "a\x00b"), "/doctor/name"},
		"direction characters": {with("doctor.name", "a\u202eb"), "/doctor/name"},
	} {
		t.Run(name, func(t *testing.T) {
			r := h.post(base+"/sessions/create", tc.body)
			r.t = t
			f := wantField(t, r.wantProblem(http.StatusBadRequest, consult.CodeInvalid), tc.field)
			if f.Message == "" {
				t.Error("no message")
			}
		})
	}
}

// What the schema's words take though encoding/json does not.
func TestCreateTakes(t *testing.T) {
	h := newHouse(t)
	start := time.Date(2026, 12, 2, 10, 30, 0, 500e6, time.UTC)
	for name, body := range map[string]string{
		"small letters":   `"startsAt":"2026-12-02t10:30:00.5z","durationMinutes":20`,
		"a whole float":   `"startsAt":"2026-12-02T10:30:00.5Z","durationMinutes":20.0`,
		"an exponent":     `"startsAt" : "2026-12-02T13:30:00.50+03:00" , "durationMinutes" : 2e1 `,
		"escaped letters": `"startsAt":"2026-12-02\u007410:30:00.5Z","durationMinutes":20`,
	} {
		s := into[Session](h.post(base+"/sessions/create", `{"doctor":{"id":"d"},"patient":{"id":"p"},`+body+`}`).want(201))
		if !s.StartsAt.Equal(start) || s.DurationMinutes != 20 {
			t.Errorf("%s: %s for %d minutes", name, s.StartsAt, s.DurationMinutes)
		}
	}
	path := base + "/sessions/" + into[Session](h.post(base+"/sessions/create", order()).want(201)).ID
	if s := into[Session](h.patch(path, `{"startsAt":"2026-12-02t10:30:00.5z","durationMinutes":20.0}`).want(200)); !s.StartsAt.Equal(start) || s.DurationMinutes != 20 {
		t.Errorf("patched: %s for %d minutes", s.StartsAt, s.DurationMinutes)
	}
	text := "<&>\u2028 😀 \\ud800 \ufffd"
	m := into[Session](h.patch(path, map[string]any{"metadata": map[string]string{"key <\u2028>": text}}).want(200)).Metadata
	if m["key <\u2028>"] != text {
		t.Errorf("metadata %+q", m)
	}
	escaped := `{"doctor":{"id":"d"},"patient":{"id":"p"},"metadata":{"\ud83d\ude00":"\uD83D\uDE00\\ud800"}}`
	if m := into[Session](h.post(base+"/sessions/create", escaped).want(201)).Metadata; m["😀"] != `😀\ud800` {
		t.Errorf("metadata %+q", m)
	}
	h.do(call{method: "POST", path: base + "/sessions/create/simpl", body: `{"doctorId":"d","patientId":"p"}`,
		header: map[string]string{"Content-Type": `application/json; charset="UTF-8"`}}).want(201)
}

func TestCreateListsAllMistakes(t *testing.T) {
	h := newHouse(t)
	p := h.do(call{method: "POST", path: base + "/sessions/create", header: map[string]string{"Accept-Language": "ru"},
		body: `{"doctor":{"id":1},"patient":{},"colour":"red"}`}).wantProblem(http.StatusBadRequest, consult.CodeInvalid)
	if f := wantField(t, p, "/doctor/id"); f.Message != "нужна строка" {
		t.Errorf("message %q", f.Message)
	}
	if f := wantField(t, p, "/patient/id"); f.Message != "обязательное поле" {
		t.Errorf("message %q", f.Message)
	}
	if f := wantField(t, p, "/colour"); f.Message != "неизвестное поле" {
		t.Errorf("message %q", f.Message)
	}
	if p.Title != "Неверный запрос" || p.Instance != base+"/sessions/create" {
		t.Errorf("problem %+v", p)
	}
}

func TestBodies(t *testing.T) {
	h := newHouse(t)
	create := base + "/sessions/create"
	huge := `{"topic":"` + strings.Repeat("x", maxBody) + `"}`
	for name, tc := range map[string]struct {
		body   string
		header map[string]string
		status int
		code   consult.Code
	}{
		"malformed": {`{"doctor":`, nil, 400, consult.CodeInvalid},
		"trailing":  {`{} {}`, nil, 400, consult.CodeInvalid},
		"not UTF-8": {"{\"topic\":\"\xff\"}", nil, 400, consult.CodeInvalid},
		"oversize":  {huge, nil, 413, consult.CodeTooLarge},
		"a form":    {"a=b", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, 415, consult.CodeUnsupported},
		"a charset": {"{}", map[string]string{"Content-Type": "application/json; charset=windows-1251"}, 415, consult.CodeUnsupported},
		"deep":      {strings.Repeat("[", 20000), nil, 400, consult.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			r := h.do(call{method: "POST", path: create, body: tc.body, header: tc.header})
			r.t = t
			r.wantProblem(tc.status, tc.code)
		})
	}
	t.Run("oversize without a length", func(t *testing.T) {
		req, err := http.NewRequest("POST", h.url+create, struct{ *strings.Reader }{strings.NewReader(huge)})
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+h.bearer)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if req.ContentLength != 0 || resp.StatusCode != 413 {
			t.Errorf("status %d", resp.StatusCode)
		}
	})
	t.Run("none", func(t *testing.T) {
		h.do(call{method: "POST", path: create}).wantProblem(400, consult.CodeInvalid)
	})
}

func TestWhoMayCome(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	pass := h.Pass(t, v.DoctorLink)
	path := sessionURL(v, "")

	r := h.do(call{path: path, anonymous: true})
	r.wantProblem(401, consult.CodeUnauthorized)
	if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer") {
		t.Error("no WWW-Authenticate")
	}
	h.as("tmk_guess", "GET", path, nil).wantProblem(401, consult.CodeUnauthorized)
	h.as(pass, "GET", path, nil).wantProblem(401, consult.CodeUnauthorized) // a pass is no key

	_, expiring, err := h.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "short", nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	h.as(expiring, "GET", path, nil).want(200)
	h.Clock.Advance(time.Hour)
	h.as(expiring, "GET", path, nil).wantProblem(401, consult.CodeUnauthorized)

	revoked, secret, err := h.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "gone", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Desk.RevokeAPIKey(t.Context(), consult.System, revoked.ID); err != nil {
		t.Fatal(err)
	}
	h.as(secret, "GET", path, nil).wantProblem(401, consult.CodeUnauthorized)
}

func TestScopes(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	reader := h.key("lk", consult.ScopeSessionsRead)
	writer := h.key("lk", consult.ScopeSessionsWrite)
	h.as(reader, "GET", sessionURL(v, ""), nil).want(200)
	h.as(reader, "GET", base+"/sessions/doctor/d-17", nil).want(200)
	h.as(writer, "GET", sessionURL(v, ""), nil).wantProblem(403, consult.CodeForbidden)
	h.as(reader, "POST", base+"/sessions/create", order()).wantProblem(403, consult.CodeForbidden)
	h.as(reader, "POST", base+"/sessions/create/simpl", map[string]any{"doctorId": "d", "patientId": "p"}).wantProblem(403, consult.CodeForbidden)
	h.as(reader, "POST", sessionURL(v, "/cancel"), nil).wantProblem(403, consult.CodeForbidden)
	h.as(reader, "POST", sessionURL(v, "/finish"), nil).wantProblem(403, consult.CodeForbidden)
	h.as(reader, "POST", sessionURL(v, "/invites"), map[string]any{"role": "relative"}).wantProblem(403, consult.CodeForbidden)
	h.as(reader, "GET", sessionURL(v, "/recordings"), nil).wantProblem(403, consult.CodeForbidden)
	h.as(writer, "GET", sessionURL(v, "/messages"), nil).wantProblem(403, consult.CodeForbidden)
	h.as(writer, "GET", base+"/sessions/patient/p-902", nil).wantProblem(403, consult.CodeForbidden)
}

// What another integration made does not exist for a stranger's key, whatever it asks.
func TestStrangersSeeNothing(t *testing.T) {
	h := newHouse(t)
	v := h.begin(func(o *consult.Order) { o.Recording = consult.RecordAsk })
	f := h.sendFile(v.Patient, "scan.pdf", pdf)
	rec := h.record(v.Doctor, webm)
	stranger := h.key("stranger")
	for _, rest := range []string{"", "/messages", "/recordings", "/files/" + string(f.ID) + "/content"} {
		h.as(stranger, "GET", sessionURL(v, rest), nil).wantProblem(404, consult.CodeNotFound)
	}
	for _, rest := range []string{"/cancel", "/finish"} {
		h.as(stranger, "POST", sessionURL(v, rest), nil).wantProblem(404, consult.CodeNotFound)
	}
	h.as(stranger, "POST", sessionURL(v, "/invites"), map[string]any{"role": "relative"}).wantProblem(404, consult.CodeNotFound)
	for _, rest := range []string{"", "/content"} {
		h.as(stranger, "GET", base+"/recordings/"+string(rec.ID)+rest, nil).wantProblem(404, consult.CodeNotFound)
	}
	page := into[SessionPage](h.as(stranger, "GET", base+"/sessions/doctor/d-17", nil).want(200))
	if len(page.Items) != 0 {
		t.Errorf("%d sessions", len(page.Items))
	}
}

func TestUnknownThings(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{
		base + "/sessions/c_none", base + "/sessions/c_none/messages", base + "/sessions/c_none/recordings",
		base + "/sessions/c_none/files/f_none/content", base + "/recordings/r_none", base + "/recordings/r_none/content",
		base + "/sessions/..%2f..%2fetc", base + "/nothing", "/v1", "/v1/",
	} {
		h.get(path).wantProblem(404, consult.CodeNotFound)
	}
	for _, path := range []string{base + "/sessions/%00", base + "/sessions/doctor/%ff", base + "/recordings/r%00/content"} {
		h.get(path).wantProblem(400, consult.CodeInvalid)
	}
	r := h.do(call{method: "DELETE", path: base + "/sessions/create"})
	r.wantProblem(405, "method_not_allowed")
	if r.header.Get("Allow") == "" {
		t.Error("no Allow")
	}
}

func TestCancel(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	p := h.post(sessionURL(v, "/cancel"), `{"why":"x"}`).wantProblem(400, consult.CodeInvalid)
	wantField(t, p, "/why")
	s := into[Session](h.post(sessionURL(v, "/cancel"), map[string]any{"reason": "Врач заболел"}).want(200))
	if s.Status != StatusCANCELLED || s.CancelReason != "Врач заболел" || s.FinishedAt.IsZero() {
		t.Errorf("%+v", s)
	}
	again := into[Session](h.do(call{method: "POST", path: sessionURL(v, "/cancel")}).want(200))
	if again.Version != s.Version || again.CancelReason != s.CancelReason {
		t.Errorf("cancelling again changed it: %+v", again)
	}
	h.post(sessionURL(v, "/finish"), nil).wantProblem(409, consult.CodeConflict)
	r := h.do(call{method: "POST", path: sessionURL(v, "/finish"), header: map[string]string{"Accept-Language": "ru"}})
	if p := r.wantProblem(409, consult.CodeConflict); !strings.Contains(p.Detail, "Отменена") {
		t.Errorf("detail %q", p.Detail)
	}
}

func TestFinish(t *testing.T) {
	h := newHouse(t)
	v := h.begin(nil)
	if s := into[Session](h.get(sessionURL(v, "")).want(200)); s.Status != StatusCURRENT || s.StartedAt.IsZero() {
		t.Fatalf("%+v", s)
	}
	h.post(sessionURL(v, "/cancel"), nil).wantProblem(409, consult.CodeConflict)
	h.Clock.Advance(20 * time.Minute)
	s := into[Session](h.post(sessionURL(v, "/finish"), "{}").want(200))
	if s.Status != StatusFINISHED || s.EndReason != EndReasonAPI || !s.FinishedAt.Equal(h.Clock.Now()) {
		t.Errorf("%+v", s)
	}
	for _, p := range s.Participants {
		if len(p.Visits) != 1 || p.JoinedAt.IsZero() || !p.LeftAt.Equal(h.Clock.Now()) {
			t.Errorf("participant %+v", p)
		}
	}
	h.post(sessionURL(v, "/finish"), nil).want(200)
}

func TestInvite(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	i := into[Invite](h.post(sessionURL(v, "/invites"), map[string]any{"role": "interpreter", "id": "i-1", "name": "Анна"}).want(201))
	if i.Role != RoleInterpreter || i.PersonID != "i-1" || i.Name != "Анна" || !strings.HasPrefix(i.URL, consulttest.PublicURL+"/j/") {
		t.Errorf("%+v", i)
	}
	wantField(t, h.post(sessionURL(v, "/invites"), map[string]any{"role": "boss"}).wantProblem(400, consult.CodeInvalid), "/role")
	wantField(t, h.post(sessionURL(v, "/invites"), map[string]any{}).wantProblem(400, consult.CodeInvalid), "/role")
	h.post(sessionURL(v, "/cancel"), nil).want(200)
	h.post(sessionURL(v, "/invites"), map[string]any{"role": "relative"}).wantProblem(409, consult.CodeConflict)
}

func TestETag(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	tag := h.do(call{path: sessionURL(v, ""), header: map[string]string{"Accept-Language": "en"}}).want(200).header.Get("ETag")
	if !strings.HasPrefix(tag, `"1-`) {
		t.Fatalf("ETag %q", tag)
	}
	with := func(lang string) *reply {
		return h.do(call{path: sessionURL(v, ""), header: map[string]string{"If-None-Match": `"x", W/` + tag, "Accept-Language": lang}})
	}
	if r := with("en").want(304); len(r.body) != 0 || r.header.Get("ETag") != tag {
		t.Errorf("304 with %q, ETag %q", r.body, r.header.Get("ETag"))
	}
	with("ru").want(200) // another representation
	h.post(sessionURL(v, "/cancel"), nil).want(200)
	if r := with("en").want(200); r.header.Get("ETag") == tag {
		t.Error("the tag stayed")
	}
}

func TestLists(t *testing.T) {
	h := newHouse(t)
	start := h.Clock.Now()
	var ids []string
	for i := range 5 {
		v := h.Schedule(t, func(o *consult.Order) {
			o.Doctor.ID, o.Patient.ID = "д/1 +", "p-1" // what a path must carry encoded
			o.StartsAt = start.Add(time.Duration(i) * time.Hour)
		})
		ids = append(ids, string(v.ID))
	}
	h.Schedule(t, nil) // another doctor's
	path := base + "/sessions/doctor/" + url.PathEscape("д/1 +")

	var got []string
	cursor := ""
	for range 4 {
		page := into[SessionPage](h.get(path + "?limit=2" + cursor).want(200))
		for _, s := range page.Items {
			got = append(got, s.ID)
			if s.Links.Doctor == "" || s.Links.Patient == "" {
				t.Error("a list without links, for a key that hands them out")
			}
		}
		if page.NextCursor == "" {
			break
		}
		cursor = "&cursor=" + url.QueryEscape(page.NextCursor)
	}
	if strings.Join(got, " ") != strings.Join(ids, " ") {
		t.Errorf("got %v, want %v", got, ids)
	}

	latest := into[SessionPage](h.get(path + "?limit=2&order=desc").want(200))
	if latest.Items[0].ID != ids[4] || latest.Items[1].ID != ids[3] {
		t.Errorf("latest first: %+v", latest.Items)
	}
	further := into[SessionPage](h.get(path + "?limit=2&order=desc&cursor=" + url.QueryEscape(latest.NextCursor)).want(200))
	if further.Items[0].ID != ids[2] {
		t.Errorf("latest first, second page: %+v", further.Items)
	}
	plain := h.as(h.key("lk", consult.ScopeSessionsRead), "GET", path, nil).want(200)
	if strings.Contains(string(plain.body), "/j/") {
		t.Error("a list with links, for a key that may only read")
	}

	h.post(base+"/sessions/"+ids[1]+"/cancel", nil).want(200)
	at := func(i int) string {
		return url.QueryEscape(start.Add(time.Duration(i) * time.Hour).Format(time.RFC3339))
	}
	for query, want := range map[string]int{
		"": 5, "?status=CANCELLED": 1, "?status=CANCELLED&status=UPCOMING": 5, "?status=FINISHED": 0,
		"?from=" + at(1): 4, "?to=" + at(1): 1, "?from=" + at(1) + "&to=" + at(3): 2,
	} {
		if page := into[SessionPage](h.get(path + query).want(200)); len(page.Items) != want {
			t.Errorf("%s: %d items, want %d", query, len(page.Items), want)
		}
	}
	if page := into[SessionPage](h.get(base + "/sessions/patient/p-1").want(200)); len(page.Items) != 5 {
		t.Errorf("patient has %d", len(page.Items))
	}
	for query, field := range map[string]string{
		"limit=0": "/limit", "limit=201": "/limit", "limit=x": "/limit", "limit=": "/limit", "limit=1&limit=2": "/limit",
		"status=upcoming": "/status", "from=today": "/from", "to=": "/to",
		"to=0001-01-01T00:00:00Z": "/to", "from=0001-01-01T00:00:00Z": "/from", "from=2026-12-01T1:30:00Z": "/from", "cursor=!": "/cursor", "cursor=AAAA": "/cursor",
		"sort=name": "/sort", "order=up": "/order", "order=": "/order", "from=" + at(3) + "&to=" + at(1): "/from",
	} {
		p := h.get(path+"?"+query).wantProblem(400, consult.CodeInvalid)
		wantField(t, p, field)
	}
}
