package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// TestGenerated fails when docs/access.md or the collection were made from other routes.
func TestGenerated(t *testing.T) {
	outputs, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range outputs {
		got, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Errorf("%v: run go generate ./api", err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./api", path)
		}
	}
}

// The collection has every route of LK's once, with bodies that are JSON, a look at
// the answer's status, and no variable that it does not declare. What lists of
// operations the generator has, name operations that are there.
func TestCollection(t *testing.T) {
	document := filepath.Join(root, "api", "openapi.yaml")
	raw, err := postman(document)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var c collection
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{"$guid": true}
	for _, v := range c.Variable {
		declared[v.Key] = true
	}
	seen := make(map[string]bool)
	for _, folder := range c.Item {
		for _, one := range folder.Item {
			name := one.Request.Method + " " + one.Request.URL.Raw
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
			if b := one.Request.Body; b != nil && !json.Valid([]byte(b.Raw)) {
				t.Errorf("%s: body %s", name, b.Raw)
			}
			if len(one.Event) == 0 || !strings.Contains(one.Event[0].Script.Exec[0], "pm.response.code") {
				t.Errorf("%s: nobody looks at its status", name)
			}
			if strings.Contains(name, "/room/") || strings.Contains(name, "/admin/") {
				t.Errorf("%s is not for LK", name)
			}
		}
	}
	for _, name := range slices.Concat(first, final, slices.Collect(maps.Keys(kept)), slices.Collect(maps.Keys(conflicts)), slices.Collect(maps.Keys(fresh))) {
		if !bytes.Contains(source, []byte("operationId: "+name+"\n")) {
			t.Errorf("no operation %s", name)
		}
	}
	for _, name := range []string{
		"POST {{baseUrl}}/v1/abm/video/sessions/create", "PATCH {{baseUrl}}/v1/abm/video/sessions/:id",
		"DELETE {{baseUrl}}/v1/abm/video/recordings/:id", "GET {{baseUrl}}/v1/abm/video/events",
	} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
	for rest := string(raw); ; {
		_, after, found := strings.Cut(rest, "{{")
		if !found {
			break
		}
		name, tail, _ := strings.Cut(after, "}}")
		if !declared[name] {
			t.Errorf("variable %q is not declared", name)
		}
		rest = tail
	}
}
