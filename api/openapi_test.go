package api

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tmk/consult"
)

// specs are LK's document and our pages'.
var specs = []string{"openapi.yaml", "pages.yaml"}

// loadSpec reads a document and checks it against OpenAPI 3.1.
func loadSpec(t *testing.T, file string) *openapi3.T {
	t.Helper()
	doc, err := readSpec(file)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func readSpec(file string) (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	doc, err := loader.LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", file, err)
	}
	if err := doc.Validate(loader.Context, openapi3.IsOpenAPI31OrLater()); err != nil {
		return nil, fmt.Errorf("%s is not valid OpenAPI 3.1: %w", file, err)
	}
	return doc, nil
}

func TestSpecIsValid(t *testing.T) {
	for _, file := range specs {
		if doc := loadSpec(t, file); doc.OpenAPI != "3.1.0" {
			t.Errorf("openapi of %s is %q", file, doc.OpenAPI)
		}
	}
}

// Every route of the router is in one of the documents and the other way round, with
// the credential that the router asks for; LK's has none of our pages'.
func TestRoutesAreTheSpec(t *testing.T) {
	described := make(map[string]*openapi3.Operation)
	for _, file := range specs {
		doc := loadSpec(t, file)
		for path, item := range doc.Paths.Map() {
			ours := strings.HasPrefix(path, "/v1/room/") || strings.HasPrefix(path, "/v1/admin/")
			if ours != (file == "pages.yaml") {
				t.Errorf("%s is in %s", path, file)
			}
			for method, op := range item.Operations() {
				if op.Security == nil {
					op.Security = &doc.Security
				}
				described[method+" "+path] = op
			}
		}
	}
	schemes := map[access]string{
		forAll: "", forBrowser: "", forProbe: "", forKey: "apiKey", forPass: "pass", forStaff: "staff", forKeyOrStaff: "apiKey staff",
	}
	colon := regexp.MustCompile(`:(\w+)`)
	for _, r := range (&API{}).routes() {
		name := r.method + " " + colon.ReplaceAllString(r.path, "{$1}")
		op := described[name]
		if op == nil {
			t.Errorf("%s is in no document", name)
			continue
		}
		delete(described, name)
		var asked []string
		for _, one := range *op.Security {
			for scheme := range one {
				asked = append(asked, scheme)
			}
		}
		if got := strings.Join(asked, " "); got != schemes[r.access] {
			t.Errorf("%s: the document asks for %q, the router for %q", name, got, schemes[r.access])
		}
		var query []string
		for _, p := range op.Parameters {
			if p.Value.In == "query" {
				query = append(query, p.Value.Name)
			}
		}
		if strings.Join(query, " ") != strings.Join(r.query, " ") {
			t.Errorf("%s: the document knows the parameters %v, the router %v", name, query, r.query)
		}
	}
	for name := range described {
		t.Errorf("%s is in a document only", name)
	}
}

func TestProblemCodesAreTheSpec(t *testing.T) {
	for code, status := range statuses {
		if !ProblemCode(code).Valid() {
			t.Errorf("code %s is not in openapi.yaml", code)
		}
		if titles[code].ru == "" || titles[code].en == "" || status < 400 {
			t.Errorf("code %s has no titles or no status", code)
		}
		about := explanations[code]
		for _, w := range []words{about.meaning, about.remedy} {
			if w.ru == "" || w.en == "" {
				t.Errorf("code %s is not explained", code)
			}
		}
	}
	for _, code := range codesOf(t) {
		if statuses[consult.Code(code)] == 0 {
			t.Errorf("the domain's code %s has no status", code)
		}
	}
}

// What webhooks carry is what openapi.yaml says they do.
func TestEventsAreTheSpec(t *testing.T) {
	h := newHouse(t)
	doc := loadSpec(t, "openapi.yaml")
	v := h.begin(func(o *consult.Order) { o.Recording, o.ExternalID = consult.RecordAsk, "lk-1" })
	h.record(v.Doctor, webm)
	h.sendFile(v.Patient, "scan.pdf", pdf)
	lost, err := h.Desk.BeginRecording(t.Context(), v.Doctor.ID, "screen")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Desk.RecordingFailed(t.Context(), lost.ID, "disk_full"); err != nil {
		t.Fatal(err)
	}
	h.post(sessionURL(v, "/finish"), nil).want(200)
	if err := h.Desk.Rate(t.Context(), v.Patient.ID, 5, "спасибо"); err != nil {
		t.Fatal(err)
	}
	later := h.Schedule(t, nil)
	h.patch(sessionURL(later, ""), `{"durationMinutes":45,"topic":"x"}`).want(200)

	by, _ := h.Key(t)
	events, err := h.Desk.Events(t.Context(), by, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas["WebhookEvent"].Value
	kinds := make(map[string]bool)
	for _, e := range events {
		raw, err := json.Marshal(map[string]any{
			"id": e.ID, "type": e.Type, "createdAt": e.CreatedAt, "sequence": e.Sequence, "data": e.Data,
		})
		if err != nil {
			t.Fatal(err)
		}
		var body any
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Fatal(err)
		}
		if err := schema.VisitJSON(body, openapi3.EnableJSONSchema2020()); err != nil {
			t.Errorf("%s breaks the contract: %v\n%s", e.Type, err, raw)
		}
		kinds[string(e.Type)] = true
	}
	for _, kind := range doc.Components.Schemas["EventType"].Value.Enum {
		if !kinds[kind.(string)] {
			t.Errorf("openapi.yaml promises %s, which did not happen", kind)
		}
	}
}
