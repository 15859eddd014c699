package api

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tmk/consult"
)

// loadSpec reads the embedded document and checks it against OpenAPI 3.1.
func loadSpec(t *testing.T) *openapi3.T {
	t.Helper()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatalf("load openapi.yaml: %v", err)
	}
	if err := doc.Validate(loader.Context, openapi3.IsOpenAPI31OrLater()); err != nil {
		t.Fatalf("openapi.yaml is not valid OpenAPI 3.1: %v", err)
	}
	return doc
}

func TestSpecIsValid(t *testing.T) {
	if doc := loadSpec(t); doc.OpenAPI != "3.1.0" {
		t.Errorf("openapi is %q", doc.OpenAPI)
	}
}

// Every route of the router is in openapi.yaml and the other way round, with
// the credential that the router asks for.
func TestRoutesAreTheSpec(t *testing.T) {
	doc := loadSpec(t)
	described := make(map[string]*openapi3.Operation)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			described[method+" "+path] = op
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
			t.Errorf("%s is not in openapi.yaml", name)
			continue
		}
		delete(described, name)
		security := doc.Security
		if op.Security != nil {
			security = *op.Security
		}
		var asked []string
		for _, one := range security {
			for scheme := range one {
				asked = append(asked, scheme)
			}
		}
		if got := strings.Join(asked, " "); got != schemes[r.access] {
			t.Errorf("%s: openapi.yaml asks for %q, the router for %q", name, got, schemes[r.access])
		}
		var query []string
		for _, p := range op.Parameters {
			if p.Value.In == "query" {
				query = append(query, p.Value.Name)
			}
		}
		if strings.Join(query, " ") != strings.Join(r.query, " ") {
			t.Errorf("%s: openapi.yaml knows the parameters %v, the router %v", name, query, r.query)
		}
	}
	for name := range described {
		t.Errorf("%s is in openapi.yaml only", name)
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
	doc := loadSpec(t)
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

	var events []*consult.Event
	err = h.Store.View(t.Context(), func(tx consult.Tx) (err error) {
		events, err = tx.Events("lk", "", 100)
		return err
	})
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
