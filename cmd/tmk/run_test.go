package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tmk/store/pgtest"
)

// command runs one command line on an installation and returns what it prints.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, nil, strings.NewReader(""), &out)
	return out.String(), err
}

func mustCommand(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(t, args...)
	if err != nil {
		t.Fatalf("tmk %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// administered gives an installation its first administrator, without whom nothing is answered.
func administered(t *testing.T, at ...string) {
	t.Helper()
	mustCommand(t, append([]string{"admin", "create", "boss"}, at...)...)
}

// running is a server under test.
type running struct {
	url  string
	stop func() error // gracefully; later calls return the same
	out  *lines
}

// lines collects what a server prints and lets a test wait for a line.
type lines struct {
	mu   sync.Mutex
	all  []string
	more chan struct{}
}

func (l *lines) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
	close(l.more)
	l.more = make(chan struct{})
}

// match waits for a line that matches and returns its groups.
func (l *lines) match(t *testing.T, pattern string, ended <-chan struct{}) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	timeout := time.After(30 * time.Second)
	for {
		l.mu.Lock()
		all, more := l.all, l.more
		l.mu.Unlock()
		if m := re.FindStringSubmatch(strings.Join(all, "\n")); m != nil {
			return m
		}
		select {
		case <-more:
		case <-ended:
			t.Fatalf("the server ended before it printed %s: %q", pattern, all)
		case <-timeout:
			t.Fatalf("no line %s in %q", pattern, all)
		}
	}
}

// start runs "tmk serve" on free ports until the test ends.
func start(t *testing.T, address string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan struct{})
	var err error
	go func() {
		defer close(ended)
		err = run(ctx, append([]string{"serve", "--no-open", "--log-level", "error",
			"--listen", "127.0.0.1:0", "--set", "sfu.udp=127.0.0.1:0", "--set", "sfu.tcp=127.0.0.1:0"}, args...), nil, strings.NewReader(""), w)
		w.Close()
	}()
	out := &lines{more: make(chan struct{})}
	go func() {
		for s := bufio.NewScanner(r); s.Scan(); {
			out.add(s.Text())
		}
	}()
	s := &running{out: out, stop: func() error {
		cancel()
		<-ended
		return err
	}}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	s.url = out.match(t, address, ended)[1]
	return s
}

const (
	served = `public address (\S+)`
	demoed = `portal\s+(http://\S+)/demo`
)

func request(t *testing.T, method, url, bearer, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := map[string]any{}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &answer); err != nil && strings.Contains(resp.Header.Get("Content-Type"), "json") {
		t.Fatalf("%s %s: %v in %s", method, url, err, raw)
	}
	return resp.StatusCode, answer
}

func TestServeOnBothDatabases(t *testing.T) {
	databases := map[string]func(t *testing.T) []string{
		"sqlite":     func(*testing.T) []string { return nil },
		"postgresql": func(t *testing.T) []string { return []string{"--database", pgtest.URL(t)} },
	}
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			installation := append([]string{"--data-dir", t.TempDir()}, database(t)...)
			administered(t, installation...)
			s := start(t, served, installation...)
			key := strings.TrimSpace(mustCommand(t, append([]string{"apikey", "create", "lk", "-q"}, installation...)...))
			if status, _ := request(t, "GET", s.url+"/readyz", "", ""); status != http.StatusOK {
				t.Fatalf("readyz: %d", status)
			}
			status, session := request(t, "POST", s.url+"/v1/abm/video/sessions/create/simpl", key, `{"doctorId":"d-1","patientId":"p-1"}`)
			if status != http.StatusCreated || session["status"] != "UPCOMING" {
				t.Fatalf("create: %d %v", status, session)
			}
			if doctor, _ := session["doctorUrl"].(string); !strings.HasPrefix(doctor, s.url+"/j/") {
				t.Errorf("link %q does not begin with the public address %s", doctor, s.url)
			}
			if status, _ := request(t, "GET", s.url+"/demo/api/info", "", ""); status == http.StatusOK {
				t.Error("the demo is there without --demo")
			}
			if err := s.stop(); err != nil {
				t.Fatalf("stop: %v", err)
			}
			again := start(t, served, installation...)
			status, kept := request(t, "GET", again.url+"/v1/abm/video/sessions/"+session["id"].(string), key, "")
			if status != http.StatusOK || kept["id"] != session["id"] {
				t.Errorf("after a restart: %d %v", status, kept)
			}
		})
	}
}

func TestMetricsHaveAnAddressOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	administered(t, "--data-dir", dir)
	s := start(t, served, "--data-dir", dir, "--set", "metrics.listen=127.0.0.1:0")
	url := s.out.match(t, `metrics at (\S+)`, nil)[1]
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\ntmk_rooms 0\n", "\ntmk_rtp_packets_in_total 0\n", "\ngo_goroutines "} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if status, _ := request(t, "GET", s.url+"/metrics", "", ""); status == http.StatusOK {
		t.Error("metrics are on the public address too")
	}
}

func TestSecondServerOnTheSameFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	start(t, served, "--data-dir", dir)
	_, err := command(t, "serve", "--data-dir", dir, "--listen", "127.0.0.1:0", "--set", "sfu.udp=127.0.0.1:0", "--set", "sfu.tcp=off")
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
}

func TestTakenPortIsToldWithTheWayOut(t *testing.T) {
	s := start(t, served, "--data-dir", t.TempDir())
	taken := strings.TrimPrefix(s.url, "http://localhost:")
	_, err := command(t, "serve", "--data-dir", t.TempDir(), "--listen", "127.0.0.1:"+taken)
	if err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("got %v", err)
	}
}

func TestAPartThatCannotStartLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	if _, err := command(t, "serve", "--data-dir", dir, "--listen", "127.0.0.1:0", "--database", "sqlite:"+dir); err == nil {
		t.Fatal("a folder was taken for a database")
	}
	start(t, served, "--data-dir", dir) // the lock is free again
}

func TestKeys(t *testing.T) {
	at := []string{"--data-dir", t.TempDir()}
	made := mustCommand(t, append([]string{"apikey", "create", "lk", "--name", "rotation", "--scope", "sessions:read", "--ttl", "24h"}, at...)...)
	id := regexp.MustCompile(`id\s+(k_\S+)`).FindStringSubmatch(made)[1]
	if !strings.Contains(made, "sessions:read") || strings.Contains(made, "webhooks") {
		t.Errorf("created:\n%s", made)
	}
	if list := mustCommand(t, append([]string{"apikey", "list"}, at...)...); !strings.Contains(list, id) || !strings.Contains(list, "rotation") {
		t.Errorf("listed:\n%s", list)
	}
	mustCommand(t, append([]string{"apikey", "revoke", id}, at...)...)
	list := mustCommand(t, append([]string{"apikey", "list"}, at...)...)
	if !strings.Contains(list, "revoked") {
		t.Errorf("after revoking:\n%s", list)
	}
	if _, err := command(t, append([]string{"apikey", "create", "lk", "--scope", "everything"}, at...)...); err == nil || !strings.Contains(err.Error(), "scopes") {
		t.Errorf("an unknown scope: %v", err)
	}
	if _, err := command(t, append([]string{"apikey", "revoke", "k_none"}, at...)...); err == nil {
		t.Error("an unknown key was revoked")
	}
}

func TestWebhooks(t *testing.T) {
	at := []string{"--data-dir", t.TempDir()}
	made := mustCommand(t, append([]string{"webhook", "create", "https://lk.example/hooks"}, at...)...)
	m := regexp.MustCompile(`(?s)id\s+(wh_\S+).*secret\s+whsec_\S+`).FindStringSubmatch(made)
	if m == nil {
		t.Fatalf("created:\n%s", made)
	}
	mustCommand(t, append([]string{"webhook", "disable", m[1]}, at...)...)
	list := mustCommand(t, append([]string{"webhook", "list"}, at...)...)
	if !strings.Contains(list, m[1]) || strings.Contains(list, "whsec_") || strings.Contains(list, "–") {
		t.Errorf("listed:\n%s", list)
	}
	if _, err := command(t, append([]string{"webhook", "create", "lk.example"}, at...)...); err == nil || !strings.Contains(err.Error(), "http") {
		t.Errorf("an address without a scheme: %v", err)
	}
}

func TestAccounts(t *testing.T) {
	dir := t.TempDir()
	at := []string{"--data-dir", dir}
	made := mustCommand(t, append([]string{"admin", "create", "anna"}, at...)...)
	first := regexp.MustCompile(`password\s+(\S+)`).FindStringSubmatch(made)[1]
	if _, err := command(t, append([]string{"admin", "create", "anna"}, at...)...); err == nil {
		t.Error("the same login was made twice")
	}
	s := start(t, served, at...)
	login := func(password string) int {
		status, _ := request(t, "POST", s.url+"/v1/admin/login", "", `{"login":"anna","password":"`+password+`"}`)
		return status
	}
	if got := login(first); got != http.StatusNoContent {
		t.Errorf("login with the password shown: %d", got)
	}
	var out bytes.Buffer
	err := run(t.Context(), append([]string{"admin", "passwd", "anna", "--password-stdin"}, at...), nil, strings.NewReader("a new pass phrase\n"), &out)
	if err != nil || strings.Contains(out.String(), "phrase") {
		t.Fatalf("passwd: %v, printed %q", err, out.String())
	}
	if got := login("a new pass phrase"); got != http.StatusNoContent {
		t.Errorf("login with the new password: %d", got)
	}
	if got := login(first); got != http.StatusUnauthorized {
		t.Errorf("login with the old password: %d", got)
	}
	if _, err := command(t, append([]string{"admin", "passwd", "anna", "--password-stdin"}, at...)...); err == nil {
		t.Error("an empty password was accepted")
	}
}

func TestConfigCommands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tmk.yaml")
	if err := os.WriteFile(file, []byte("database: postgres://tmk:s3cret@db/tmk\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	printed := mustCommand(t, "config", "print", "--config", file, "--set", "brand.name=Клиника")
	if strings.Contains(printed, "s3cret") || !strings.Contains(printed, "Клиника") {
		t.Errorf("printed:\n%s", printed)
	}
	mustCommand(t, "config", "check", "--config", file)
	if _, err := command(t, "config", "check", "--set", "sfu.upd=:1"); err == nil || !strings.Contains(err.Error(), "sfu.udp") {
		t.Errorf("unknown key: %v", err)
	}
	err := run(t.Context(), []string{"config", "check"}, []string{"TMK_LISTN=:1"}, strings.NewReader(""), io.Discard)
	if err == nil || !strings.Contains(err.Error(), "TMK_LISTN") {
		t.Errorf("unknown variable: %v", err)
	}
}

func TestCommandLine(t *testing.T) {
	if out := mustCommand(t); !strings.Contains(out, "serve") {
		t.Errorf("no arguments print %q", out)
	}
	if out := mustCommand(t, "version"); !strings.HasPrefix(out, "tmk ") {
		t.Errorf("version prints %q", out)
	}
	if _, err := command(t, "serv"); err == nil {
		t.Error("an unknown command was accepted")
	}
	if _, err := command(t, "serve", "--lissten", ":1"); err == nil {
		t.Error("an unknown flag was accepted")
	}
}
