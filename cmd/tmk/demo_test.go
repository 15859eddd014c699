package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// The demo makes a consultation through REST, and hears of it by a signed webhook.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	s := start(t, demoed, "--demo", "--data-dir", dir)
	status, made := request(t, "POST", s.url+"/demo/api/sessions", "", `{"recording":"required","topic":"Проба"}`)
	if status != http.StatusCreated || made["recording"] != "required" || made["topic"] != "Проба" {
		t.Fatalf("create: %d %v", status, made)
	}
	for _, link := range []string{"doctorUrl", "patientUrl"} {
		if !strings.HasPrefix(fmt.Sprint(made[link]), s.url+"/j/") {
			t.Errorf("%s is %v", link, made[link])
		}
	}
	told := waitForEvent(t, s.url, "session.created", made["id"])
	if told["verified"] != true || told["status"] != "UPCOMING" {
		t.Errorf("told: %v", told)
	}
	_, list := request(t, "GET", s.url+"/demo/api/sessions", "", "")
	if items := list["items"].([]any); len(items) != 2 || items[0].(map[string]any)["id"] != made["id"] {
		t.Errorf("list: %v", list)
	}
	_, info := request(t, "GET", s.url+"/demo/api/info", "", "")
	login := fmt.Sprintf(`{"login":%q,"password":%q}`, info["adminLogin"], info["adminPassword"])
	if status, _ := request(t, "POST", s.url+"/v1/admin/login", "", login); status != http.StatusNoContent {
		t.Errorf("login with the account shown: %d", status)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, demoed, "--demo", "--data-dir", dir)
	if _, info := request(t, "GET", again.url+"/demo/api/info", "", ""); info["adminPassword"] != "" {
		t.Errorf("the second start shows a password: %v", info)
	}
	if keys := mustCommand(t, "apikey", "list", "--data-dir", dir); strings.Count(keys, "k_") != 2 || strings.Count(keys, "–") != 3 {
		t.Errorf("one live key is wanted, and one revoked:\n%s", keys)
	}
	if hooks := mustCommand(t, "webhook", "list", "demo", "--data-dir", dir); strings.Count(hooks, "–") != 1 {
		t.Errorf("one live webhook is wanted:\n%s", hooks)
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
	status, problem := request(t, "POST", s.url+"/demo/api/sessions", "", `{"recording":"maybe"}`)
	if status != http.StatusBadRequest || problem["code"] != "invalid" {
		t.Errorf("what REST refuses is passed on: %d %v", status, problem)
	}
	if status, _ := request(t, "POST", s.url+"/demo/api/sessions", "", `{"recordin":"off"}`); status != http.StatusBadRequest {
		t.Errorf("unknown field: %d", status)
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
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/demo/api/sessions", strings.NewReader("{}"))
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
