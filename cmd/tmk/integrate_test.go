package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tmk/notify"
)

// tried finds the fenced blocks of a page that are to be tried, in their order: "```sh try", or "```sh try fails" where an error is shown.
var tried = regexp.MustCompile("(?ms)^```sh try( fails)?\n(.*?)^```$")

// untried finds those that are shown only; what needs no server and no luck may be.
var untried = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// date is what a request must not hold: one day it is over.
var date = regexp.MustCompile(`\b20\d\d-\d\d-\d\d`)

// TestIntegratePage runs every block of docs/integrate.md that is marked so in one shell, as a reader would.
func TestIntegratePage(t *testing.T) {
	bash := needed(t, "bash")
	for _, tool := range []string{"curl", "jq", "openssl"} {
		needed(t, tool)
	}
	page, err := os.ReadFile("../../docs/integrate.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range untried.FindAllSubmatch(page, -1) {
		if bytes.Contains(block[1], []byte("curl ")) {
			t.Errorf("a request that nobody tries (mark the block: ```sh try):\n%s", block[1])
		}
	}
	bin, dir := t.TempDir(), t.TempDir()
	must(t, ".", "go", "build", "-o", filepath.Join(bin, "tmk"), ".")
	administered(t, "--data-dir", dir)
	mustCommand(t, "admin", "create", "anna", "--data-dir", dir) // nothing answers before
	s := start(t, served, "--data-dir", dir, "--set", "webhooks.allow_private=true")
	key := strings.TrimSpace(mustCommand(t, "apikey", "create", "lk", "-q", "--data-dir", dir))
	lk := newReceiver(t)
	cmd := exec.CommandContext(t.Context(), bash, "-c", pageScript(t, page))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TMK="+s.url, "KEY="+key, "TMK_DATA_DIR="+dir,
		"ENDPOINT="+lk.url, "SECRET_FILE="+lk.secretFile)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`"errors":[{`, "/doctor/nmae", `"pass":"`} {
		if !strings.Contains(strings.ReplaceAll(string(out), `": "`, `":"`), want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if testing.Verbose() {
		t.Logf("%s", out)
	}
}

// pageScript is the page's blocks as one script, and after them what the browser does with the link.
func pageScript(t *testing.T, page []byte) string {
	t.Helper()
	var script strings.Builder
	// A reader sees what failed; here it must stop the script.
	script.WriteString("set -euo pipefail\n" +
		"curl() { command curl --fail-with-body \"$@\" || { echo \"FAILED: curl $*\" >&2; return 1; }; }\n")
	n := 0
	for _, block := range tried.FindAllSubmatch(page, -1) {
		n++
		text := string(block[2])
		for line := range strings.Lines(text) {
			if command, _, _ := strings.Cut(line, " # "); date.MatchString(command) {
				t.Errorf("a date that will be over: %s", line)
			}
		}
		fmt.Fprintf(&script, "echo \"--- block %d\"\n", n)
		if len(block[1]) > 0 {
			fmt.Fprintf(&script, "(unset -f curl\n%s)\n", text)
		} else {
			script.WriteString(text)
		}
		if strings.Contains(text, "SECRET=") {
			script.WriteString("printf %s \"$SECRET\" > \"$SECRET_FILE\"\n")
		}
	}
	if n < 10 {
		t.Fatalf("%d blocks to try", n)
	}
	script.WriteString(openLink)
	return script.String()
}

// openLink is what the page of a link asks.
const openLink = `
curl -sS "$TMK/v1/room/enter" -H "Content-Type: application/json" -d "{\"token\":\"${LINK#*#t=}\",\"session\":\"$ID\"}"
`

// receiver is the example receiver's rule in an endpoint whose secret is told later.
type receiver struct {
	url        string
	secretFile string
}

// newReceiver is a good endpoint: it takes what is signed with the secret in its file, and everything while there is none.
func newReceiver(t *testing.T) receiver {
	t.Helper()
	secretFile := filepath.Join(t.TempDir(), "secret")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pages := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		secret, err := os.ReadFile(secretFile)
		if err == nil && notify.Verify([]string{string(secret)}, r.Header, body, time.Now()) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})}
	ended := make(chan error, 1)
	go func() { ended <- pages.Serve(l) }()
	t.Cleanup(func() {
		pages.Close()
		<-ended
	})
	return receiver{"http://" + l.Addr().String() + "/hooks/tmk", secretFile}
}
