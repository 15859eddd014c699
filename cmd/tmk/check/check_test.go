package check

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// receiver is an integration's endpoint. Each of its fields is a defect.
type receiver struct {
	trusts        bool // checks nothing
	firstOnly     bool // looks at the first signature only
	reencodes     bool // checks JSON that it wrote again
	timeless      bool // does not look at the timestamp
	oldOnly       bool // looks at one side of it only
	keyIsText     bool // takes the secret for the key
	prefix        bool // compares only as much as there is
	idless        bool // does not sign the id
	conflicts     bool // refuses what it has had
	pedant        bool // wants sequences without gaps and steps back
	knowsTypes    bool // refuses other types
	knowsFields   bool // refuses other fields
	panics        bool // fails without headers
	anySchemeFail bool // refuses other schemes
	anySignature  bool // checks that there is one

	mu   sync.Mutex
	had  map[string]bool
	last int64
}

func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if !rc.trusts {
		if status := rc.verify(r.Header, body); status != 0 {
			w.WriteHeader(status)
			return
		}
	}
	w.WriteHeader(rc.take(r.Header, body))
}

func (rc *receiver) verify(h http.Header, body []byte) int {
	id, stamp := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	signatures := strings.Fields(h.Get("Webhook-Signature"))
	if rc.panics && (id == "" || stamp == "" || len(signatures) == 0) {
		return http.StatusInternalServerError
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || len(signatures) == 0 {
		return http.StatusBadRequest
	}
	age := time.Since(time.Unix(seconds, 0))
	if age > 5*time.Minute && !rc.timeless || age < -5*time.Minute && !rc.timeless && !rc.oldOnly {
		return http.StatusBadRequest
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || rc.keyIsText {
		key = []byte(secret)
	}
	if rc.reencodes {
		var v any
		if json.Unmarshal(body, &v) != nil {
			return http.StatusBadRequest
		}
		// The server's own order of fields, so that only spelling makes a difference.
		var e struct {
			ID        json.RawMessage `json:"id"`
			Type      json.RawMessage `json:"type"`
			CreatedAt json.RawMessage `json:"createdAt"`
			Sequence  json.RawMessage `json:"sequence"`
			Future    json.RawMessage `json:"futureField,omitempty"`
			Data      json.RawMessage `json:"data"`
		}
		if json.Unmarshal(body, &e) != nil {
			return http.StatusBadRequest
		}
		if body, err = json.Marshal(e); err != nil {
			return http.StatusBadRequest
		}
	}
	if rc.idless {
		id = ""
	}
	if rc.anySignature {
		return 0
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if rc.firstOnly {
		signatures = signatures[:1]
	}
	for _, s := range signatures {
		if rc.anySchemeFail && !strings.HasPrefix(s, "v1,") {
			return http.StatusBadRequest
		}
		if s == want || rc.prefix && strings.HasPrefix(want, s) {
			return 0
		}
	}
	return http.StatusUnauthorized
}

func (rc *receiver) take(h http.Header, body []byte) int {
	var e struct {
		ID, Type, CreatedAt string
		Sequence            int64
		Data                struct{ SessionID, ExternalID, Status string }
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if rc.knowsFields {
		d.DisallowUnknownFields()
	}
	if d.Decode(&e) != nil {
		return http.StatusBadRequest
	}
	if rc.knowsTypes && !slices.Contains([]string{"session.created", "participant.joined", "participant.left"}, e.Type) {
		return http.StatusUnprocessableEntity
	}
	rc.mu.Lock()
	defer rc.mu.Unlock()
	id := h.Get("Webhook-Id")
	if rc.had[id] && rc.conflicts {
		return http.StatusConflict
	}
	rc.had[id] = true
	if rc.pedant && e.Sequence != rc.last && e.Sequence != rc.last+1 && e.Sequence != 1 {
		return http.StatusConflict
	}
	rc.last = e.Sequence
	return http.StatusNoContent
}

// wrong lists the cases that are not OK, each with its problem.
func wrong(t *testing.T, r *Report) []string {
	t.Helper()
	found := make(map[string]bool)
	for _, c := range r.Cases {
		if c.OK != (c.Problem == "") {
			t.Errorf("%+v", c)
		}
		if !c.OK {
			found[c.Name] = true
		}
	}
	if len(found) != r.Wrong {
		t.Errorf("%d wrong in %v", r.Wrong, found)
	}
	return slices.Sorted(maps.Keys(found))
}

func runOn(t *testing.T, h http.Handler, change func(*Config)) *Report {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	cfg := Config{URL: server.URL, Secret: secret}
	if change != nil {
		change(&cfg)
	}
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cases) != len(steps) {
		t.Fatalf("%d cases", len(r.Cases))
	}
	return r
}

func TestDefects(t *testing.T) {
	allBad, allGood := []string{}, []string{}
	for _, s := range steps {
		if s.good {
			allGood = append(allGood, s.name)
		} else {
			allBad = append(allBad, s.name)
		}
	}
	slices.Sort(allBad)
	slices.Sort(allGood)
	for name, tc := range map[string]struct {
		receiver *receiver
		want     []string
	}{
		"none":                       {&receiver{}, nil},
		"checks nothing":             {&receiver{trusts: true}, allBad},
		"first signature only":       {&receiver{firstOnly: true}, []string{"old secret second", "unknown scheme"}},
		"checks what it wrote again": {&receiver{reencodes: true}, []string{"other spelling"}},
		"no look at the clock":       {&receiver{timeless: true}, []string{"future", "old"}},
		"half a look at the clock":   {&receiver{oldOnly: true}, []string{"future"}},
		"the secret is the key":      {&receiver{keyIsText: true}, allGood},
		"compares the beginning":     {&receiver{prefix: true}, []string{"empty signature", "half a signature"}},
		"any signature will do":      {&receiver{anySignature: true}, []string{"empty signature", "forged", "half a signature", "other body", "other id"}},
		"the id is not signed":       {&receiver{idless: true}, allGood},
		"refuses repeated":           {&receiver{conflicts: true}, []string{"repeated"}},
		"wants every sequence":       {&receiver{pedant: true}, []string{"ahead", "unknown type"}},
		"knows all types":            {&receiver{knowsTypes: true}, []string{"unknown type"}},
		"knows all fields":           {&receiver{knowsFields: true}, []string{"unknown field"}},
		"fails without headers":      {&receiver{panics: true}, []string{"no id", "no signature", "no timestamp"}},
		"knows all schemes":          {&receiver{anySchemeFail: true}, []string{"unknown scheme"}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.receiver.had = make(map[string]bool)
			if got := wrong(t, runOn(t, tc.receiver, nil)); !slices.Equal(got, tc.want) {
				t.Errorf("wrong: %q, want %q", got, tc.want)
			}
		})
	}
}

func problems(r *Report) string {
	var all []string
	for _, c := range r.Cases {
		all = append(all, c.Problem, c.Warning)
	}
	return strings.Join(all, "\n")
}

func TestAnswersThatAreAlwaysWrong(t *testing.T) {
	for status, text := range map[int]string{
		http.StatusPermanentRedirect: "redirects are not followed", http.StatusGone: "turns a webhook off", http.StatusTooManyRequests: "429",
		http.StatusInternalServerError: "It failed (500)",
	} {
		followed := false
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
		r := runOn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", other.URL)
			w.WriteHeader(status)
		}), nil)
		other.Close()
		if r.Wrong != len(steps) || !strings.Contains(problems(r), text) || followed {
			t.Errorf("%d: %d wrong, followed: %v: %s", status, r.Wrong, followed, problems(r))
		}
	}
}

func TestSlowReceivers(t *testing.T) {
	good := &receiver{had: make(map[string]bool)}
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timer := time.NewTimer(20 * time.Millisecond)
		defer timer.Stop()
		<-timer.C
		good.ServeHTTP(w, r)
	})
	r := runOn(t, slow, func(c *Config) { c.Slow = 10 * time.Millisecond })
	if r.Wrong != 0 || r.Warnings != len(steps) || r.SlowestMs < 20 || !strings.Contains(problems(r), "gives up") {
		t.Errorf("%d wrong, %d warnings, slowest %d ms: %s", r.Wrong, r.Warnings, r.SlowestMs, problems(r))
	}
	hangs := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			<-r.Context().Done()
		}
	})
	r = runOn(t, hangs, func(c *Config) { c.Timeout = 20 * time.Millisecond })
	if r.Wrong != len(steps) || !strings.Contains(r.Cases[0].Problem, "did not answer within 20ms") || r.Cases[1].Got != "not sent" {
		t.Errorf("%+v", r.Cases[:2])
	}
}

func TestNobodyThere(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	r, err := Run(t.Context(), Config{URL: gone.URL, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if r.Wrong != len(steps) || r.Cases[0].Got != "no answer" || r.Cases[1].Got != "not sent" {
		t.Errorf("%+v", r.Cases[:2])
	}
}

// Who sets out the session's ids finds them in the events.
func TestNamedSession(t *testing.T) {
	var mu sync.Mutex
	bodies := ""
	runOn(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		bodies += string(b)
	}), func(c *Config) { c.Session, c.ExternalID = "c_known", "lk-17" })
	if strings.Count(bodies, `"c_known"`) != len(steps) || strings.Count(bodies, `"lk-17"`) != len(steps) {
		t.Error(bodies)
	}
}

func TestBadConfig(t *testing.T) {
	for _, cfg := range []Config{
		{URL: "lk.example/hooks", Secret: secret}, {URL: "ftp://lk.example", Secret: secret}, {URL: "https://", Secret: secret},
		{URL: "https://lk.example", Secret: "MfKQ"}, {URL: "https://lk.example"},
	} {
		if _, err := Run(t.Context(), cfg); err == nil || strings.Contains(err.Error(), "MfKQ") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Config{URL: "http://127.0.0.1:1", Secret: secret}); err == nil {
		t.Error("a check that was stopped found something")
	}
}
