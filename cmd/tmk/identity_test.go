package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tmk/cmd/tmk/config"
	"tmk/consult"
	"tmk/store/pgtest"
)

// page asks like a browser that does not follow redirects.
func page(t *testing.T, client *http.Client, method, address, body string) (status int, location, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), b.String()
}

func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func TestNothingAnswersBeforeTheClaim(t *testing.T) {
	databases := map[string]func(t *testing.T) []string{
		"sqlite":     func(*testing.T) []string { return nil },
		"postgresql": func(t *testing.T) []string { return []string{"--database", pgtest.URL(t)} },
	}
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			at := append([]string{"--data-dir", t.TempDir()}, database(t)...)
			first := start(t, served, at...)
			stale := first.out.match(t, `/admin/claim#(\S+)`, nil)[1]
			if err := first.stop(); err != nil {
				t.Fatal(err)
			}
			s := start(t, served, at...)
			token := s.out.match(t, `/admin/claim#(\S+)`, nil)[1]
			if len(token) != 43 || token == stale {
				t.Errorf("the token %q is not a new one of 256 bits", token)
			}
			key := strings.TrimSpace(mustCommand(t, append([]string{"apikey", "create", "lk", "-q"}, at...)...))
			refused(t, s.url, key)
			client := browser(t)
			if status, _, text := page(t, client, "GET", s.url+"/v1/admin/config", ""); status != 200 || !strings.Contains(text, `"claimed":false`) {
				t.Errorf("config: %d %s", status, text)
			}
			claim := func(token, login string) (int, string) {
				status, _, text := page(t, client, "POST", s.url+"/v1/admin/claim", `{"token":"`+token+`","login":"`+login+`","password":"a long enough password"}`)
				return status, text
			}
			if status, text := claim(stale, "thief"); status != 401 {
				t.Errorf("the link of the last start: %d %s", status, text)
			}
			var wg sync.WaitGroup
			results := make([]int, 4)
			for i := range results {
				wg.Go(func() { results[i], _ = claim(token, "boss"+strings.Repeat("x", i)) })
			}
			wg.Wait()
			won := 0
			for _, status := range results {
				switch status {
				case 204:
					won++
				case 409:
				default:
					t.Errorf("a claim answered %d", status)
				}
			}
			if won != 1 {
				t.Errorf("%d claims won", won)
			}
			if status, _, text := page(t, client, "GET", s.url+"/v1/admin/me", ""); status != 200 || !strings.Contains(text, `"roles":["admin"]`) {
				t.Errorf("who has claimed is not logged in: %d %s", status, text)
			}
			if status, _ := request(t, "GET", s.url+"/v1/abm/video/sessions/doctor/d-1", key, ""); status != 200 {
				t.Errorf("the integration after the claim: %d", status)
			}
			if status, location, _ := page(t, client, "GET", s.url+"/admin/", ""); location != "" {
				t.Errorf("pages after the claim: %d to %s", status, location)
			}
			if out := mustCommand(t, append([]string{"audit", "verify"}, at...)...); !strings.Contains(out, "entries in order") {
				t.Errorf("audit:\n%s", out)
			}
		})
	}
}

// refused tries everything that has to wait for the claim, and what need not.
func refused(t *testing.T, url, key string) {
	t.Helper()
	client := browser(t)
	for _, path := range []string{"/v1/abm/video/sessions/doctor/d-1", "/v1/admin/me", "/v1/room/state", "/openapi.yaml", "/v1/nothing", "/problems/not_found"} {
		status, problem := request(t, "GET", url+path, key, "")
		if status != http.StatusServiceUnavailable || problem["code"] != "unclaimed" {
			t.Errorf("%s: %d %v", path, status, problem)
		}
	}
	for _, path := range []string{"/v1/abm/video/sessions/create/simpl", "/v1/admin/login", "/v1/room/enter"} {
		status, problem := request(t, "POST", url+path, key, `{}`)
		if status != http.StatusServiceUnavailable || problem["code"] != "unclaimed" {
			t.Errorf("POST %s: %d %v", path, status, problem)
		}
	}
	for _, path := range []string{"/", "/admin/", "/admin/recordings", "/j/some-token", "/demo", "/swagger-ui.html", "/admin/claim/../sessions"} {
		if status, location, _ := page(t, client, "GET", url+path, ""); status != http.StatusFound || location != "/admin/claim" {
			t.Errorf("%s: %d to %q", path, status, location)
		}
	}
	if status, _, _ := page(t, client, "GET", url+"/ws", ""); status != http.StatusServiceUnavailable {
		t.Errorf("/ws: %d", status)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, _ := request(t, "GET", url+path, "", ""); status != 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if _, location, _ := page(t, client, "GET", url+"/admin/claim", ""); location != "" {
		t.Errorf("the page of the claim leads to %s", location)
	}
}

func TestAdminCreateClaimsBesideTheServer(t *testing.T) {
	at := []string{"--data-dir", t.TempDir()}
	s := start(t, served, at...)
	s.out.match(t, `/admin/claim#(\S+)`, nil)
	if _, err := command(t, append([]string{"admin", "create", "doc", "--role", "doctor"}, at...)...); err == nil {
		t.Error("an installation was given a doctor and no administrator")
	}
	administered(t, at...)
	deadline := time.After(30 * time.Second)
	for { // the server looks once a second
		if status, _ := request(t, "GET", s.url+"/openapi.yaml", "", ""); status == 200 {
			break
		}
		select {
		case <-deadline:
			t.Fatal("it still refuses")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestDemoIsClaimed(t *testing.T) {
	s := start(t, demoed, "--data-dir", t.TempDir(), "--demo")
	if status, _ := request(t, "GET", s.url+"/openapi.yaml", "", ""); status != 200 {
		t.Errorf("the demo answers %d", status)
	}
}

func TestAccountCommands(t *testing.T) {
	at := []string{"--data-dir", t.TempDir()}
	tmk := func(args ...string) (string, error) { return command(t, append(args, at...)...) }
	administered(t, at...)
	if _, err := tmk("admin", "create", "Anna", "--role", "head", "--role", "auditor", "--name", "Анна"); err != nil {
		t.Fatal(err)
	}
	list, err := tmk("admin", "list")
	if err != nil || !regexp.MustCompile(`anna\s+head,auditor\s+yes\s+no`).MatchString(list) {
		t.Errorf("%v\n%s", err, list)
	}
	if _, err := tmk("admin", "disable", "boss"); err == nil || !strings.Contains(err.Error(), "last administrator") {
		t.Errorf("the last administrator: %v", err)
	}
	for _, args := range [][]string{{"admin", "roles", "anna", "admin"}, {"admin", "disable", "boss"}, {"admin", "enable", "boss"}, {"admin", "remove-totp", "anna"}} {
		if _, err := tmk(args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	for _, args := range [][]string{{"admin", "roles", "anna", "king"}, {"admin", "disable", "nobody"}, {"admin", "create", "x", "--role", "king"}} {
		if _, err := tmk(args...); err == nil {
			t.Errorf("%v was done", args)
		}
	}
}

func TestKeysTellHowTheyAre(t *testing.T) {
	at := []string{"--data-dir", t.TempDir()}
	administered(t, at...)
	key := strings.TrimSpace(mustCommand(t, append([]string{"apikey", "create", "lk", "-q", "--ttl", "240h", "--name", "old"}, at...)...))
	mustCommand(t, append([]string{"apikey", "create", "lk", "--ttl", "2400h", "--name", "new"}, at...)...)
	s := start(t, served, at...)
	if status, _ := request(t, "GET", s.url+"/v1/abm/video/sessions/doctor/d-1", key, ""); status != 200 {
		t.Fatal(status)
	}
	list := mustCommand(t, append([]string{"apikey", "list"}, at...)...)
	today := time.Now().Format(time.DateOnly)
	if !regexp.MustCompile(`old .*`+today+` \S+\s+expires soon`).MatchString(list) || !regexp.MustCompile(`new .*–\s+live`).MatchString(list) {
		t.Errorf("listed:\n%s", list)
	}
	now := time.Now()
	for want, k := range map[string]*consult.APIKey{
		keyLive:     {ExpiresAt: now.Add(expiresSoon + time.Minute)},
		keyExpiring: {ExpiresAt: now.Add(expiresSoon)},
		keyExpired:  {ExpiresAt: now},
		keyRevoked:  {ExpiresAt: now, RevokedAt: now},
	} {
		if got := keyState(k, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSigningKeyCommands(t *testing.T) {
	dir := t.TempDir()
	at := []string{"--data-dir", dir}
	public := `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"ed-1","alg":"EdDSA"}`
	file := filepath.Join(dir, "key.jwk")
	if err := os.WriteFile(file, []byte(public), 0o600); err != nil {
		t.Fatal(err)
	}
	made := mustCommand(t, append([]string{"signingkey", "add", "lk", "--issuer", "lk", "--key", file}, at...)...)
	m := regexp.MustCompile(`(?s)id\s+(\S+).*kid\s+ed-1.*EdDSA`).FindStringSubmatch(made)
	if m == nil {
		t.Fatalf("added:\n%s", made)
	}
	shown := mustCommand(t, append([]string{"signingkey", "add", "lk", "--issuer", "lk", "--kid", "hs-1", "--alg", "HS256"}, at...)...)
	if !regexp.MustCompile(`secret\s+\S{44}\s+\(base64; shown only now\)`).MatchString(shown) {
		t.Errorf("added:\n%s", shown)
	}
	var out bytes.Buffer
	secret := "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	err := run(t.Context(), append([]string{"signingkey", "add", "lk", "--issuer", "lk", "--kid", "hs-2", "--alg", "HS256", "--secret-stdin"}, at...), nil, strings.NewReader(secret+"\n"), &out)
	if err != nil || strings.Contains(out.String(), "secret") {
		t.Errorf("%v, printed %q", err, out.String())
	}
	mustCommand(t, append([]string{"signingkey", "add", "other", "--issuer", "other", "--jwks", "https://lk.example/keys"}, at...)...)
	list := mustCommand(t, append([]string{"signingkey", "list"}, at...)...)
	if strings.Count(list, "\n") != 5 || !strings.Contains(list, "https://lk.example/keys") || strings.Contains(list, "MDEy") {
		t.Errorf("listed:\n%s", list)
	}
	mustCommand(t, append([]string{"signingkey", "revoke", m[1]}, at...)...)
	private := strings.Replace(public, `"alg"`, `"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","alg"`, 1)
	for name, args := range map[string][]string{
		"the same kid":  {"--kid", "hs-1", "--alg", "HS256"},
		"no algorithm":  {"--kid", "x"},
		"private key":   {"--kid", "p", "--key", file + ".private"},
		"two at once":   {"--key", file, "--jwks", "https://lk.example/keys"},
		"no such file":  {"--key", "/nowhere"},
		"not encrypted": {"--jwks", "http://lk.example/keys"},
	} {
		if err := os.WriteFile(file+".private", []byte(private), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := command(t, append(append([]string{"signingkey", "add", "lk", "--issuer", "lk"}, args...), at...)...); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestAuditCommands(t *testing.T) {
	at := []string{"--data-dir", t.TempDir()}
	administered(t, at...)
	mustCommand(t, append([]string{"apikey", "create", "lk"}, at...)...)
	out := mustCommand(t, append([]string{"audit", "verify"}, at...)...)
	m := regexp.MustCompile(`(?s)entries in order\s+(\d+).*head\s+((\d+):[0-9a-f]{64})`).FindStringSubmatch(out)
	if m == nil || m[1] != m[3] || m[1] == "0" {
		t.Fatalf("verified:\n%s", out)
	}
	head := m[2]
	for range 3 {
		mustCommand(t, append([]string{"apikey", "create", "lk"}, at...)...)
	}
	mustCommand(t, append([]string{"audit", "verify", "--head", head}, at...)...)
	wrong := head[:len(head)-1] + map[bool]string{true: "1", false: "0"}[head[len(head)-1] == '0']
	if _, err := command(t, append([]string{"audit", "verify", "--head", wrong}, at...)...); err == nil {
		t.Error("an entry that was noted another way is no matter")
	}
	if _, err := command(t, append([]string{"audit", "verify", "--head", "999:" + strings.SplitN(head, ":", 2)[1]}, at...)...); err == nil {
		t.Error("an end that was cut off is no matter")
	}
	for _, bad := range []string{"", "7", "x:00", "7:xx", "0:00"} {
		if _, err := command(t, append([]string{"audit", "verify", "--head", bad}, at...)...); err == nil {
			t.Errorf("--head %q was taken", bad)
		}
	}
	var verdict struct {
		OK      bool   `json:"ok"`
		Entries int    `json:"entries"`
		Head    string `json:"head"`
	}
	if err := json.Unmarshal([]byte(mustCommand(t, append([]string{"audit", "verify", "--json"}, at...)...)), &verdict); err != nil || !verdict.OK || verdict.Entries < 5 {
		t.Errorf("%+v, %v", verdict, err)
	}
	lines := strings.Split(strings.TrimSpace(mustCommand(t, append([]string{"audit", "list", "--json", "--action", "apikey.", "--limit", "3"}, at...)...)), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Action != "apikey.create" || e.Actor != "system" || e.N == 0 {
			t.Errorf("%s: %v", line, err)
		}
	}
	if list := mustCommand(t, append([]string{"audit", "list", "--limit", "0", "--since", "1h"}, at...)...); strings.Count(list, "apikey.create") != 4 || !strings.Contains(list, "staff.create") {
		t.Errorf("listed:\n%s", list)
	}
	if list := mustCommand(t, append([]string{"audit", "list", "--actor", "key:"}, at...)...); strings.Count(list, "\n") != 1 {
		t.Errorf("listed:\n%s", list)
	}
}

func TestOIDCCheckNeedsAProvider(t *testing.T) {
	if _, err := command(t, "oidc", "check"); err == nil || !strings.Contains(err.Error(), "oidc.issuer") {
		t.Errorf("got %v", err)
	}
	_, err := command(t, "oidc", "check", "--set", "public_url=https://tmk.example", "--set", "oidc.issuer=http://127.0.0.1:1", "--set", "oidc.client_id=x", "--set", "oidc.role_map=a=admin")
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}

func TestNodeKeepsItsName(t *testing.T) {
	dir := t.TempDir()
	first, err := nodeID(dir)
	if err != nil || !nodeShape.MatchString(first) {
		t.Fatal(first, err)
	}
	if again, err := nodeID(dir); again != first || err != nil {
		t.Errorf("%q became %q, %v", first, again, err)
	}
	if other, err := nodeID(t.TempDir()); other == first || err != nil {
		t.Errorf("two servers are %q, %v", other, err)
	}
	if _, err := nodeID(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a name was kept nowhere")
	}
}

func TestRolesOfTheSettingsAreTheDomains(t *testing.T) {
	for _, r := range consult.AllStaffRoles {
		_, err := config.Load(config.Source{Flags: map[string]string{"oidc.issuer": "https://id.example", "oidc.client_id": "x", "oidc.role_map": "cn=a,b=" + string(r)}})
		if err == nil {
			t.Error("a list was split where it must not") // "b=role" is good, "cn=a" is not
		}
		cfg, err := config.Load(config.Source{Flags: map[string]string{"oidc.issuer": "https://id.example", "oidc.client_id": "x", "oidc.role_map": "cn=staff=" + string(r)}})
		if err != nil {
			t.Fatalf("role %s: %v", r, err)
		}
		if o := oidcConfig(cfg); o.RoleMap["cn=staff"] != r {
			t.Errorf("%v", o.RoleMap)
		}
	}
}

// The provider is not asked at the start: one that is down holds nothing up.
func TestLoginAtAProvider(t *testing.T) {
	var up atomic.Bool
	var provider *httptest.Server
	provider = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !up.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`,
			provider.URL, provider.URL+"/authorize", provider.URL+"/token", provider.URL+"/keys")
	}))
	defer provider.Close()
	at := []string{"--data-dir", t.TempDir()}
	administered(t, at...)
	settings := []string{"--set", "oidc.issuer=" + provider.URL, "--set", "oidc.client_id=tmk", "--set", "oidc.name=Clinic", "--set", "oidc.role_map=tmk-admins=admin"}
	check := append([]string{"oidc", "check", "--set", "public_url=https://tmk.example"}, settings...)
	if _, err := command(t, check...); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("a provider that is down: %v", err)
	}
	s := start(t, served, append(at, settings...)...)
	client := browser(t)
	if _, location, _ := page(t, client, "GET", s.url+"/v1/admin/oidc/start", ""); location != "/admin/?problem=unavailable" {
		t.Errorf("to %q", location)
	}
	up.Store(true)
	out := mustCommand(t, check...)
	for _, want := range []string{provider.URL + "/authorize", "https://tmk.example/v1/admin/oidc/callback", "tmk-admins=admin"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	again := start(t, served, append([]string{"--data-dir", t.TempDir()}, settings...)...)
	if _, location, _ := page(t, client, "GET", again.url+"/v1/admin/oidc/start", ""); location != "" {
		t.Errorf("before the claim it leads to %q", location)
	}
	deadline := time.After(30 * time.Second)
	for { // a failure is remembered for five seconds
		_, location, _ := page(t, client, "GET", s.url+"/v1/admin/oidc/start?to=/admin/staff", "")
		if strings.HasPrefix(location, provider.URL+"/authorize?") {
			if !strings.Contains(location, "redirect_uri="+url.QueryEscape(s.url+"/v1/admin/oidc/callback")) || !strings.Contains(location, "code_challenge_method=S256") {
				t.Errorf("to %s", location)
			}
			return
		}
		select {
		case <-deadline:
			t.Fatalf("the provider is up, and it leads to %q", location)
		case <-time.After(500 * time.Millisecond):
		}
	}
}
