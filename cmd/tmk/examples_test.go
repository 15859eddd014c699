package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tmk/cmd/tmk/check"
	"tmk/notify"
)

const examples = "../../docs/examples"

// freeURL is an address on this machine where nobody listens.
func freeURL(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// needed returns the path of a program that an example is made for, or skips the test.
func needed(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed: the example was not tried", name)
	}
	return path
}

// must runs a program in dir and returns what it prints.
func must(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// run starts an example LK for as long as the test lasts and returns what it prints.
func (e example) run(t *testing.T, tmk, key, self string) (out *lines, ended <-chan struct{}) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, e.program, e.args...)
	cmd.Env = append(os.Environ(), "TMK="+tmk, "KEY="+key, "SELF="+self)
	var failures bytes.Buffer
	cmd.Stderr = &failures
	r, w := io.Pipe()
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed in the end
		w.Close()
		close(done)
	}()
	t.Cleanup(func() {
		stop()
		<-done
		if t.Failed() {
			t.Logf("it wrote: %s", &failures)
		}
	})
	out = &lines{more: make(chan struct{})}
	go func() {
		for scan := bufio.NewScanner(r); scan.Scan(); {
			out.add(scan.Text())
		}
	}()
	return out, done
}

// holdsOut: it must book, and be told of the booking and of its cancelling.
func (e example) holdsOut(t *testing.T) {
	dir := t.TempDir()
	administered(t, "--data-dir", dir)
	mustCommand(t, "admin", "create", "anna", "--data-dir", dir) // nothing answers before
	s := start(t, served, "--data-dir", dir, "--set", "webhooks.allow_private=true")
	key := strings.TrimSpace(mustCommand(t, "apikey", "create", "lk", "-q", "--data-dir", dir))
	out, ended := e.run(t, s.url, key, freeURL(t))
	booked := out.match(t, `booked: (c_\w+) (\S+) (\S+)`, ended)
	for _, link := range booked[2:] {
		if !strings.HasPrefix(link, s.url+"/j/") {
			t.Errorf("link %q", link)
		}
	}
	if status, session := request(t, "GET", s.url+"/v1/abm/video/sessions/"+booked[1], key, ""); status != http.StatusOK || session["externalId"] == nil {
		t.Errorf("booked without an externalId: %d %v", status, session)
	}
	out.match(t, `told: session.created `+booked[1]+`.* UPCOMING`, ended)
	if status, answer := request(t, "POST", s.url+"/v1/abm/video/sessions/"+booked[1]+"/cancel", key, `{}`); status != http.StatusOK {
		t.Fatalf("cancel: %d %v", status, answer)
	}
	out.match(t, `told: session.status_changed `+booked[1]+`.* CANCELLED`, ended)
}

// getsItRight: what "tmk webhook check" sends must be taken and refused as it should. The server is one that tells a known secret.
func (e example) getsItRight(t *testing.T) {
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of thirty-two bytes, ok"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Idempotency-Key") == "" {
			t.Errorf("%s without an Idempotency-Key", r.URL.Path)
		}
		fmt.Fprintf(w, `{"id":"c_1","secret":%q,"links":{"doctor":"d","patient":"p"}}`, secret)
	}))
	defer server.Close()
	self := freeURL(t)
	out, ended := e.run(t, server.URL, "tmk_none", self)
	out.match(t, `booked: c_1 d p`, ended)
	report, err := check.Run(t.Context(), check.Config{URL: self + "/hooks/tmk", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Cases {
		if !c.OK {
			t.Errorf("%+v", c)
		}
	}
}

// example is a program that plays LK.
type example struct {
	program string
	args    []string
}

// LK itself, without the check of signatures that is copied as it is, is promised to be short.
func TestExamplesAreShort(t *testing.T) {
	const most, widest = 40, 140
	for _, path := range []string{"go/main.go", "java/LkController.java", "typescript/lk.ts"} {
		source, err := os.ReadFile(filepath.Join(examples, path))
		if err != nil {
			t.Fatal(err)
		}
		code := codeOf(string(source))
		if len(code) < 20 || len(code) > most {
			t.Errorf("%s has %d lines of code, at most %d are promised", path, len(code), most)
		}
		for _, line := range code {
			if utf8.RuneCountInString(line) > widest {
				t.Errorf("%s: a line is wider than %d: %s", path, widest, line)
			}
		}
	}
}

// notCode are what nobody counts: comments of one line or more, and the package's and imports' lines.
var notCode = regexp.MustCompile(`(?ms)^\s*//.*?$|^\s*/\*.*?\*/|^import \(.*?^\)|^(?:package|import)\b.*?$`)

// codeOf are the lines of an example that do something.
func codeOf(source string) []string {
	return slices.DeleteFunc(strings.Split(notCode.ReplaceAllString(source, ""), "\n"), func(line string) bool {
		return strings.TrimSpace(line) == ""
	})
}

func TestExampleGo(t *testing.T) {
	lk := filepath.Join(t.TempDir(), "lk")
	must(t, ".", "go", "build", "-o", lk, examples+"/go")
	t.Run("holds out", example{lk, nil}.holdsOut)
	t.Run("gets it right", example{lk, nil}.getsItRight)
}

func TestExampleTypeScript(t *testing.T) {
	node := needed(t, "node")
	tsc, err := filepath.Abs("../../web/node_modules/.bin/tsc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tsc); err != nil {
		t.Skip("web/node_modules is not there (make web): the example was not tried")
	}
	dir := t.TempDir()
	must(t, examples+"/typescript", tsc, "-p", ".", "--outDir", dir)
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	lk := example{node, []string{filepath.Join(dir, "lk.js")}}
	t.Run("holds out", lk.holdsOut)
	t.Run("gets it right", lk.getsItRight)
}

// try is a Java program that asks the example: id, timestamp, signatures, body in base64.
const try = `public class Try {
    public static void main(String[] a) {
        var webhook = new TmkWebhook(a[0]);
        for (int i = 1; i + 3 < a.length; i += 4)
            System.out.println(webhook.verify(a[i], a[i + 1], a[i + 2].isEmpty() ? null : a[i + 2], java.util.Base64.getDecoder().decode(a[i + 3])));
    }
}`

func TestExampleJavaVerifier(t *testing.T) {
	javac, java := needed(t, "javac"), needed(t, "java")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Try.java"), []byte(try), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, examples+"/java", javac, "-Xlint:all", "-Werror", "-d", dir, "TmkWebhook.java", filepath.Join(dir, "Try.java"))
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of thirty-two bytes, ok"))
	other := "whsec_" + base64.StdEncoding.EncodeToString([]byte("another secret, of the same size"))
	now := time.Now()
	body := []byte(`{"id":"evt_1","type":"session.created","data":{"note":"ёж"}}`)
	sign := func(secret string, at time.Time, body []byte) string {
		s, err := notify.Sign(secret, "evt_1", at, body)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	good := sign(secret, now, body)
	cases := []struct {
		name, id   string
		at         time.Time
		signatures string
		body       []byte
		want       bool
	}{
		{"as it was sent", "evt_1", now, good, body, true},
		{"two secrets", "evt_1", now, sign(other, now, body) + " " + good, body, true},
		{"another's secret", "evt_1", now, sign(other, now, body), body, false},
		{"another body", "evt_1", now, good, append([]byte(" "), body...), false},
		{"another id", "evt_2", now, good, body, false},
		{"another time", "evt_1", now.Add(time.Second), good, body, false},
		{"long ago", "evt_1", now.Add(-time.Hour), sign(secret, now.Add(-time.Hour), body), body, false},
		{"no signature", "evt_1", now, "", body, false},
	}
	args := []string{"-cp", dir, "Try", secret}
	for _, c := range cases {
		args = append(args, c.id, strconv.FormatInt(c.at.Unix(), 10), c.signatures, base64.StdEncoding.EncodeToString(c.body))
	}
	got := strings.Fields(must(t, dir, java, args...))
	if len(got) != len(cases) {
		t.Fatalf("it answered %q", got)
	}
	for i, c := range cases {
		if got[i] != strconv.FormatBool(c.want) {
			t.Errorf("%s: %s", c.name, got[i])
		}
	}
}

// The controller is compiled against as much of Spring and Jackson as it names: what it says must be Java at least.
func TestExampleSpringCompiles(t *testing.T) {
	javac := needed(t, "javac")
	dir := t.TempDir()
	annotation := func(name, members string) string {
		return "import java.lang.annotation.*; @Retention(RetentionPolicy.RUNTIME) public @interface " + name + " {" + members + "}"
	}
	web := "org.springframework.web.bind.annotation"
	stubs := map[string]string{
		"org.springframework.beans.factory.annotation.Value": annotation("Value", "String value();"),
		web + ".RestController":                              annotation("RestController", ""),
		web + ".PostMapping":                                 annotation("PostMapping", "String value();"),
		web + ".PathVariable":                                annotation("PathVariable", "String value();"),
		web + ".RequestHeader":                               annotation("RequestHeader", "String value();"),
		web + ".RequestBody":                                 annotation("RequestBody", ""),
		"org.springframework.http.MediaType":                 "public class MediaType { public static final MediaType APPLICATION_JSON = null; }",
		"org.springframework.http.ResponseEntity": `public class ResponseEntity<T> {
			public interface Builder { <T> ResponseEntity<T> build(); }
			public static Builder status(int s) { return null; } public static Builder noContent() { return null; } }`,
		"org.springframework.web.client.RestClient": `import org.springframework.http.MediaType; public interface RestClient {
			static Builder builder() { return null; } Body post();
			interface Builder { Builder baseUrl(String u); Builder defaultHeader(String n, String... v); RestClient build(); }
			interface Body { Body uri(String u, Object... v); Body header(String n, String... v); Body contentType(MediaType m); Body body(Object o); Response retrieve(); }
			interface Response { <T> T body(Class<T> c); } }`,
		"com.fasterxml.jackson.databind.JsonNode":     "public class JsonNode { public JsonNode path(String n) { return this; } public String asText() { return null; } public int asInt() { return 0; } }",
		"com.fasterxml.jackson.databind.ObjectMapper": "public class ObjectMapper { public JsonNode readTree(byte[] b) throws java.io.IOException { return null; } }",
	}
	args := []string{"-d", filepath.Join(dir, "out"), "LkController.java", "TmkWebhook.java"}
	for name, body := range stubs {
		dot := strings.LastIndex(name, ".")
		path := filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(name, ".", "/"))+".java")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("package "+name[:dot]+"; "+body), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	must(t, examples+"/java", javac, args...)
}
