package api

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// coverage is which documented answers the tests have really got.
type coverage struct {
	mu   sync.Mutex
	seen map[string]bool // "getSession 200"
}

var covered = &coverage{seen: make(map[string]bool)}

func (c *coverage) note(r *routers.Route, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[r.Operation.OperationID+" "+strconv.Itoa(status)] = true
}

// neverProduced are documented answers that no test gets, and why. "*" is every route.
var neverProduced = map[string]string{
	"* 500": "a defect that is known is mended; TestPanics shows one how it would be answered",
	"* 503": "the database or the disk fails; TestHealth, TestRecordingThatCannotBeRead and the tests of package store show how",
}

// missing lists the documented answers that were not produced.
func (c *coverage) missing(docs ...*openapi3.T) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var missing []string
	for _, doc := range docs {
		for _, item := range doc.Paths.Map() {
			for _, op := range item.Operations() {
				for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
					name := op.OperationID + " " + status
					if !c.seen[name] && neverProduced[name] == "" && neverProduced["* "+status] == "" {
						missing = append(missing, name)
					}
				}
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// TestMain runs the tests and then fails when the documents promise an answer that none of
// them has got. It asks only when all tests ran.
func TestMain(m *testing.M) {
	code := m.Run()
	partly := flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" ||
		flag.Lookup("test.fuzz").Value.String() != "" || flag.Lookup("test.list").Value.String() != ""
	if !partly {
		code = max(code, checkCoverage())
	}
	os.Exit(code)
}

func checkCoverage() int {
	var docs []*openapi3.T
	for _, file := range specs {
		doc, err := readSpec(file)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		docs = append(docs, doc)
	}
	missing := covered.missing(docs...)
	if len(missing) == 0 {
		return 0
	}
	fmt.Printf("--- FAIL: documented answers that no test has got (operation, status):\n    %s\n", strings.Join(missing, "\n    "))
	return 1
}

// What the check would miss: it sees an answer that was not produced, and only that.
func TestCoverage(t *testing.T) {
	doc := loadSpec(t, "openapi.yaml")
	c := &coverage{seen: map[string]bool{"getHealth 200": true}}
	missing := c.missing(doc)
	if slices.Contains(missing, "getHealth 200") || !slices.Contains(missing, "getSession 304") || slices.Contains(missing, "getSession 500") {
		t.Errorf("missing %v", missing)
	}
}
