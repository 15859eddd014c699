package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// through is where the demo's page calls REST: LK adds its key.
const through = "/demo/api/rest/v1/abm/video"

// The demo's page calls REST through LK, and LK hears of it by a signed webhook.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	s := start(t, demoed, "--demo", "--data-dir", dir)
	status, made := request(t, "POST", s.url+through+"/sessions/create", "", `{"doctor":{"id":"d-17"},"patient":{"id":"p-902"},"recording":"required","topic":"Проба"}`)
	if status != http.StatusCreated || made["recording"] != "required" || made["topic"] != "Проба" {
		t.Fatalf("create: %d %v", status, made)
	}
	for who, link := range made["links"].(map[string]any) {
		if !strings.HasPrefix(fmt.Sprint(link), s.url+"/j/") {
			t.Errorf("the link of %s is %v", who, link)
		}
	}
	told := waitForEvent(t, s.url, "session.created", made["id"])
	if told["verified"] != true || told["status"] != "UPCOMING" || told["place"] != "next" {
		t.Errorf("told: %v", told)
	}
	_, list := request(t, "GET", s.url+through+"/sessions/doctor/d-17?status=UPCOMING", "", "")
	if items, _ := list["items"].([]any); len(items) != 2 {
		t.Errorf("the first and the second consultation are wanted: %v", list)
	}
	_, info := request(t, "GET", s.url+"/demo/api/info", "", "")
	login := fmt.Sprintf(`{"login":%q,"password":%q}`, info["adminLogin"], info["adminPassword"])
	if status, _ := request(t, "POST", s.url+"/v1/admin/login", "", login); status != http.StatusNoContent {
		t.Errorf("login with the account shown: %d", status)
	}
	_, shown := request(t, "GET", s.url+"/demo/api/key", "", "")
	if status, _ := request(t, "GET", s.url+"/v1/abm/video/sessions/"+fmt.Sprint(made["id"]), fmt.Sprint(shown["key"]), ""); status != http.StatusOK {
		t.Errorf("a request that was copied, with the key that is shown: %d", status)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, demoed, "--demo", "--data-dir", dir)
	if _, info := request(t, "GET", again.url+"/demo/api/info", "", ""); info["adminPassword"] != "" {
		t.Errorf("the second start shows a password: %v", info)
	}
	_, list = request(t, "GET", again.url+through+"/sessions/doctor/d-17?status=UPCOMING", "", "")
	if items, _ := list["items"].([]any); len(items) != 3 {
		t.Errorf("what was made at the first start is lost: %v", list)
	}
	if keys := mustCommand(t, "apikey", "list", "--data-dir", dir); strings.Count(keys, "k_") != 2 || strings.Count(keys, "  live") != 1 {
		t.Errorf("one live key is wanted, and one revoked:\n%s", keys)
	}
	if hooks := mustCommand(t, "webhook", "list", "demo", "--data-dir", dir); strings.Count(hooks, "wh_") != 1 {
		t.Errorf("one webhook is wanted:\n%s", hooks)
	}
}

// While LK plays dead, an event comes again until it is taken; the next one of that consultation waits for it.
func TestDemoPlaysDead(t *testing.T) {
	s := start(t, demoed, "--demo", "--data-dir", t.TempDir())
	if status, _ := request(t, "PUT", s.url+"/demo/api/receiver", "", `{"answer":503}`); status != http.StatusOK {
		t.Fatalf("receiver: %d", status)
	}
	_, made := request(t, "POST", s.url+through+"/sessions/create", "", `{"doctor":{"id":"d-1"},"patient":{"id":"p-1"}}`)
	if refused := waitForEvent(t, s.url, "session.created", made["id"]); refused["answered"] != 503.0 || refused["verified"] != true {
		t.Errorf("refused: %v", refused)
	}
	request(t, "POST", s.url+through+"/sessions/"+fmt.Sprint(made["id"])+"/cancel", "", `{}`)
	request(t, "PUT", s.url+"/demo/api/receiver", "", `{"answer":204}`)
	changed := waitForEvent(t, s.url, "session.status_changed", made["id"])
	if changed["place"] != "next" || changed["answered"] != 204.0 || changed["sequence"] != 2.0 {
		t.Errorf("changed: %v", changed)
	}
}

func waitForEvent(t *testing.T, url, typ string, session any) map[string]any {
	t.Helper()
	for after := 0; after < 50; {
		_, answer := request(t, "GET", fmt.Sprintf("%s/demo/api/events?after=%d", url, after), "", "")
		items := answer["items"].([]any)
		if len(items) == 0 {
			break // 25 s without any
		}
		for _, item := range items {
			if e := item.(map[string]any); e["type"] == typ && e["sessionId"] == session {
				return e
			}
		}
		after = int(answer["next"].(float64))
	}
	t.Fatalf("no %s of %v came", typ, session)
	return nil
}

func TestDemoRefusals(t *testing.T) {
	s := start(t, demoed, "--demo", "--data-dir", t.TempDir())
	status, problem := request(t, "POST", s.url+through+"/sessions/create", "", `{"recording":"maybe"}`)
	if status != http.StatusBadRequest || problem["code"] != "invalid" {
		t.Errorf("what REST refuses is passed on: %d %v", status, problem)
	}
	for _, path := range []string{"/demo/api/rest/v1/admin/me", "/demo/api/rest/healthz", through + "/../../admin/me", through + "/%2e%2e/%2e%2e/admin/me"} {
		if status, got := request(t, "GET", s.url+path, "", ""); status != http.StatusNotFound {
			t.Errorf("%s: %d %v", path, status, got)
		}
	}
	if status, _ := request(t, "PUT", s.url+"/demo/api/receiver", "", `{"answer":410}`); status != http.StatusBadRequest {
		t.Errorf("an answer that the demo does not give: %d", status)
	}
	if status, _ := request(t, "GET", s.url+"/demo/api/events?after=x", "", ""); status != http.StatusBadRequest {
		t.Errorf("after=x: %d", status)
	}
	if status, _ := request(t, "POST", s.url+"/demo/api/webhook", "", `{"id":"evt_forged","type":"session.forged","data":{}}`); status != http.StatusUnauthorized {
		t.Errorf("unsigned webhook: %d", status)
	}
	if forged := waitForEvent(t, s.url, "session.forged", ""); forged["verified"] != false {
		t.Errorf("the forged event is not shown as such: %v", forged)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+through+"/sessions/create", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://elsewhere.example")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("another site's page: %d", resp.StatusCode)
	}
}
