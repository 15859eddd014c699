package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tmk/consult"
)

func TestLanguageOf(t *testing.T) {
	for header, want := range map[string]string{
		"": "ru", "ru": "ru", "ru-RU,ru;q=0.9,en;q=0.8": "ru", "en-US,ru;q=0.5": "en", "fr": "en", "fr,ru;q=0.3": "ru",
		"en;q=0.1,ru;q=0.2": "ru", "*": "ru", "en, *;q=0.5": "en", "*, en;q=0.5": "ru", " , ": "ru", "ru;q=0, en;q=0": "en",
		// Languages that we have not, that nobody has, and what is none: one and the same.
		"de": "en", "xx": "en", "uk": "en", "kk, de;q=0.5": "en", "nonsense;;;": "en", strings.Repeat("a-", 5000): "en",
		"xx, ru;q=0.1": "ru", "de, *;q=0.5": "ru", "en-GB;q=0.5, xx, ru-RU;q=0.4": "en", "EN": "en", "RU-ru": "ru",
	} {
		if got := languageOf(header); got != want {
			t.Errorf("%.40q: %s, want %s", header, got, want)
		}
	}
}

func TestTranslate(t *testing.T) {
	for message, want := range map[string]string{
		"is required": "обязательное поле",
		"has 129 characters, at most 128 are allowed":             "символов: 129, допускается не больше 128",
		"a consultation that is cancelled cannot become finished": "статус «Отменена» нельзя сменить на «Завершенная»",
		"something new": "something new",
	} {
		if got := translate(russian, message); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
		if got := translate(english, message); got != message {
			t.Errorf("English %q became %q", message, got)
		}
	}
	for _, m := range catalogue {
		values := strings.Count(m[0], "%d") + strings.Count(m[0], "%s")
		if strings.Count(m[1], "%s") > values {
			t.Errorf("%q asks for more values than %q has", m[1], m[0])
		}
		if strings.ContainsAny(m[1], "{}") || m[1] == "" {
			t.Errorf("%q: %q", m[0], m[1])
		}
	}
}

func TestStatusNames(t *testing.T) {
	for _, s := range []consult.Status{consult.Upcoming, consult.Current, consult.Finished, consult.Cancelled, consult.Missed} {
		if statusNames[s].ru == "" || statusNames[s].en == "" || !showStatus(s).Valid() {
			t.Errorf("status %s has no names", s)
		}
		if states[string(s)] != statusNames[s].ru {
			t.Errorf("status %s has two Russian names", s)
		}
	}
}

// Whatever the domain says to callers is in the catalogue.
func TestEverythingIsTranslated(t *testing.T) {
	known := make(map[string]bool, len(catalogue))
	for _, m := range catalogue {
		known[m[0]] = true
	}
	found := 0
	for _, dir := range []string{"../consult", "../consult/auth", "../store", "../store/disk"} {
		walk(t, dir, func(n ast.Node) {
			for _, message := range messagesIn(n) {
				if strings.Contains(message, "ON CONFLICT") { // the store's add takes SQL
					continue
				}
				found++
				if !known[message] {
					t.Errorf("%s says %q, which is not in the catalogue", dir, message)
				}
			}
		})
	}
	if found < 50 {
		t.Errorf("only %d messages found: the domain is written another way now", found)
	}
}

// messagesIn returns the texts that a node of the domain's source makes errors of.
func messagesIn(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.CallExpr:
		argument := map[string]int{"Errorf": 1, "Invalid": 1, "add": 1}
		i, ok := argument[nameOf(n.Fun)]
		if !ok || len(n.Args) <= i || nameOf(n.Fun) == "Errorf" && !strings.HasPrefix(nameOf(n.Args[0]), "Code") {
			return nil
		}
		return texts(n.Args[i])
	case *ast.KeyValueExpr:
		if nameOf(n.Key) == "Message" {
			return texts(n.Value)
		}
	}
	return nil
}

// texts finds a literal, also as the format of a Sprintf and behind a variable (as %s).
func texts(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return []string{s}
		}
	case *ast.CallExpr:
		if nameOf(e.Fun) == "Sprintf" {
			return texts(e.Args[0])
		}
	case *ast.BinaryExpr:
		left, right := texts(e.X), texts(e.Y)
		if left == nil && right != nil {
			return []string{"%s" + right[0]}
		}
	}
	return nil
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func walk(t *testing.T, dir string, visit func(ast.Node)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources in %s: %v", dir, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { visit(n); return true })
	}
}

// codesOf reads the domain's error codes out of its source.
func codesOf(t *testing.T) []string {
	t.Helper()
	var codes []string
	walk(t, "../consult", func(n ast.Node) {
		if v, ok := n.(*ast.ValueSpec); ok && nameOf(v.Type) == "Code" && len(v.Values) == 1 {
			codes = append(codes, texts(v.Values[0])...)
		}
	})
	if len(codes) < 10 {
		t.Fatalf("only %d codes found", len(codes))
	}
	return codes
}
