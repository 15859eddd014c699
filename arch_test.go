package tmk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is our import path; everything else with a dot in its first element is somebody else's.
const module = "tmk"

// law says what of ours each package may import, and why. A package that is
// not here may not exist; docs/adr tells how the house is laid out.
var law = map[string]struct {
	may []string // ours; a trailing /... takes what is below too
	why string
}{
	"consult":             {nil, "the domain knows nobody: facts outlive every way to reach them"},
	"consult/auth":        {[]string{"consult"}, "says who is calling, in the words of the domain"},
	"consult/consulttest": {[]string{"consult", "consult/auth", "store", "store/disk"}, "a desk on a real store, for the tests of everybody above"},

	"store":           {[]string{"consult"}, "keeps the domain's facts and nothing else"},
	"store/disk":      {[]string{"consult"}, "keeps the domain's bytes"},
	"store/pgtest":    {nil, "starts a database for tests, knows no tables"},
	"store/storetest": {[]string{"consult"}, "the law of every store, whatever its database"},

	"sfu":           {[]string{"sfu/..."}, "packets fly without knowing of consultations"},
	"sfu/codec":     {nil, "a rule of media: bytes in, facts out"},
	"sfu/history":   {nil, "a rule of media: what can be sent again"},
	"sfu/rewrite":   {nil, "a rule of media: how numbers go on"},
	"sfu/layers":    {nil, "a rule of media: which packets a receiver gets"},
	"sfu/bandwidth": {nil, "a rule of media: what a line can carry"},
	"sfu/uplink":    {nil, "a rule of media: what to tell a sender"},

	"recorder":          {[]string{"sfu", "sfu/codec", "recorder/..."}, "a sink of the SFU; knows no database"},
	"recorder/timeline": {nil, "lip sync is arithmetic"},
	"recorder/webm":     {nil, "a file format"},

	"signaling/protocol": {nil, "the words of the WebSocket, which the pages' types are made from"},
	"signaling":          {[]string{"consult", "consult/auth", "sfu", "recorder", "signaling/protocol"}, "joins facts and packets, the only one who does"},

	"api":    {[]string{"consult", "consult/auth"}, "the domain over HTTP"},
	"notify": {[]string{"consult"}, "tells integrations of the domain's events"},
	"web":    {nil, "pages are files"},

	"cmd/tmk":        {[]string{"..."}, "wires everything by hand"},
	"cmd/tmk/config": {nil, "settings are words and numbers; cmd/tmk turns them into each package's own Config"},
	"cmd/tmk/check":  {[]string{"consult", "notify"}, "plays a sender to somebody's receiver; needs no installation"},
	"cmd/tmk/load":   {nil, "a client of REST like everybody, which only measures"},
	"cmd/tmk/demo":   {[]string{"consult", "notify"}, "plays LK: comes in by REST like everybody, verifies signatures"},

	"docs/examples/go": {nil, "what integrators copy: the standard library only"},
}

// borders says which of ours may import a module of somebody else: what is
// easy to reach for and hard to take out again stands behind one door.
var borders = []struct {
	imports string // prefix
	only    []string
	why     string
}{
	{"github.com/pion/webrtc", []string{"sfu"}, "the transport can be replaced without touching rooms or recorder"},
	{"github.com/pion/ice", []string{"sfu"}, "the same"},
	{"github.com/pion/interceptor", []string{"sfu"}, "the same"},
	{"github.com/pion/", []string{"sfu", "sfu/...", "recorder", "recorder/..."}, "packets belong to the media side"},
	{"modernc.org/sqlite", []string{"store"}, "one package speaks SQL"},
	{"github.com/jackc/pgx", []string{"store", "store/pgtest"}, "the same"},
	{"github.com/pressly/goose", []string{"store"}, "migrations go with the tables"},
	{"database/sql", []string{"store", "store/pgtest"}, "one package speaks SQL"},
	{"github.com/labstack/echo", []string{"api", "cmd/tmk"}, "REST is one edge of several"},
	{"github.com/gorilla/websocket", []string{"signaling"}, "the WebSocket is one edge of several"},
	{"github.com/coreos/go-oidc", []string{"consult/auth"}, "who is calling is said in one place"},
	{"github.com/go-jose/go-jose", []string{"consult/auth"}, "the same"},
	{"golang.org/x/oauth2", []string{"consult/auth"}, "the same"},
	{"github.com/pquerna/otp", []string{"consult/auth"}, "the same"},
	{"github.com/boombuler/barcode", []string{"consult/auth"}, "the same"},
	{"github.com/mileusna/useragent", []string{"consult/auth"}, "the same"},
	{"github.com/alecthomas/kong", []string{"cmd/tmk"}, "the command line is an edge"},
	{"github.com/knadh/koanf", []string{"cmd/tmk/config"}, "settings reach a package as its own Config"},
	{"github.com/prometheus/", []string{"cmd/tmk"}, "packages count; cmd shows"},
	{"os/exec", []string{"cmd/tmk", "store/pgtest"}, "the server runs no other program"},
	{"net/http", []string{"api", "consult/auth", "signaling", "notify", "web", "cmd/tmk", "cmd/tmk/demo", "cmd/tmk/check", "cmd/tmk/load", "docs/examples/go"}, "domain, store and media know no HTTP"},
	{"testing", []string{"store/storetest", "store/pgtest", "consult/consulttest"}, "test helpers are not for production"},
	{"log", nil, "slog only, and from a Config"},
	{"math/rand", []string{"sfu", "sfu/...", "notify", "store", "cmd/tmk/load"}, "what must not be guessed comes from crypto/rand; here it only spreads numbers, retries and load"},
}

// pure are packages of rules: the same input gives the same output, so tests need no clock and no luck.
var pure = []string{"sfu/codec", "sfu/history", "sfu/rewrite", "sfu/uplink", "sfu/layers", "sfu/bandwidth", "recorder/timeline"}

// impure is what a rule must not touch, by package; "*" is the whole of it.
var impure = map[string][]string{
	"time":        {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"},
	"sync":        {"*"},
	"sync/atomic": {"*"},
	"math/rand":   {"*"}, "math/rand/v2": {"*"}, "crypto/rand": {"*"},
	"os": {"*"}, "net": {"*"}, "log/slog": {"*"}, "context": {"*"},
}

// source is one file that goes into the program.
type source struct {
	path string // "sfu/room.go"
	pkg  string // "sfu"
	file *ast.File
}

func sources(t *testing.T) ([]source, *token.FileSet) {
	t.Helper()
	var all []source
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{path, filepath.ToSlash(filepath.Dir(path)), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("found no source")
	}
	return all, set
}

func imports(t *testing.T, f *ast.File) []string {
	t.Helper()
	var all []string
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, path)
	}
	return all
}

// matches reports whether pkg is one of the list, where "x/..." is all below x and "..." everything.
func matches(pkg string, list []string) bool {
	return slices.ContainsFunc(list, func(p string) bool {
		if p == "..." {
			return true
		}
		if below, ok := strings.CutSuffix(p, "/..."); ok {
			return strings.HasPrefix(pkg, below+"/")
		}
		return pkg == p
	})
}

func TestImportLaw(t *testing.T) {
	files, _ := sources(t)
	for _, f := range files {
		// A generator (package main below its package) may import what its package may, and the package.
		rule, known := law[f.pkg]
		if !known && f.file.Name.Name == "main" {
			parent := filepath.ToSlash(filepath.Dir(f.pkg))
			rule, known = law[parent]
			rule.may = append(slices.Clone(rule.may), parent)
		}
		if !known {
			t.Errorf("%s: package %s has no line in the law", f.path, f.pkg)
			continue
		}
		for _, path := range imports(t, f.file) {
			ours, is := strings.CutPrefix(path, module+"/")
			if is && !matches(ours, rule.may) {
				t.Errorf("%s imports %s: %s", f.path, ours, rule.why)
			}
		}
	}
}

func TestLawNamesOnlyWhatExists(t *testing.T) {
	files, _ := sources(t)
	exists := make(map[string]bool)
	for _, f := range files {
		exists[f.pkg] = true
	}
	for _, pkg := range slices.Sorted(maps.Keys(law)) {
		if !exists[pkg] {
			t.Errorf("the law has a line for %s, which does not exist", pkg)
		}
		if law[pkg].why == "" {
			t.Errorf("the law's line for %s has no reason", pkg)
		}
	}
	for _, pkg := range pure {
		if !exists[pkg] {
			t.Errorf("the list of pure packages names %s, which does not exist", pkg)
		}
	}
}

func TestBorders(t *testing.T) {
	files, _ := sources(t)
	for _, f := range files {
		for _, path := range imports(t, f.file) {
			for _, b := range borders {
				crosses := path == b.imports || strings.HasPrefix(path, strings.TrimSuffix(b.imports, "/")+"/")
				if crosses && !matches(f.pkg, b.only) && !isHTTPPart(b.imports, path) {
					t.Errorf("%s imports %s, which only %s may: %s", f.path, path, strings.Join(b.only, ", "), b.why)
				}
			}
		}
	}
}

// isHTTPPart lets names below a standard package, which are packages of their own, through.
func isHTTPPart(border, path string) bool {
	return path != border && (border == "log" || border == "testing" || border == "os/exec" || border == "database/sql")
}

func TestRulesArePure(t *testing.T) {
	files, set := sources(t)
	for _, f := range files {
		if !slices.Contains(pure, f.pkg) {
			continue
		}
		names := make(map[string]string) // local name of an import → its path
		for _, spec := range f.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			name := path[strings.LastIndex(path, "/")+1:]
			if spec.Name != nil {
				name = spec.Name.Name
			}
			names[name] = path
			if slices.Contains(impure[path], "*") {
				t.Errorf("%s imports %s: rules have no clock, goroutine, lock or luck", f.path, path)
			}
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine: rules have none", set.Position(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && slices.Contains(impure[names[x.Name]], n.Sel.Name) {
					t.Errorf("%s uses %s.%s: time comes in as an argument", set.Position(n.Pos()), x.Name, n.Sel.Name)
				}
			}
			return true
		})
	}
}

// forbidden are names of packages that say nothing.
var forbidden = []string{"internal", "pkg", "util", "utils", "common", "types", "models", "helpers", "base"}

func TestTopLevel(t *testing.T) {
	allowed := []string{"cmd", "sfu", "signaling", "recorder", "store", "web", "deploy", "consult", "api", "notify", "docs"}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	ignored := []string{"bin", "data", "tmp", "dist", "artifacts"} // .gitignore
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) && !slices.Contains(ignored, e.Name()) {
			t.Errorf("%s: the top level is fixed", e.Name())
		}
	}
	files, _ := sources(t)
	for _, f := range files {
		for part := range strings.SplitSeq(f.pkg, "/") {
			if slices.Contains(forbidden, part) {
				t.Errorf("%s: a package is a noun that says what is in it", f.path)
			}
		}
	}
}
