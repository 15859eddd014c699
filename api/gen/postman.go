package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const postmanPath = "docs/tmk.postman_collection.json"

// collection is a Postman collection, format 2.1; Bruno reads it too.
type collection struct {
	Info     info       `json:"info"`
	Auth     *auth      `json:"auth,omitempty"`
	Variable []variable `json:"variable,omitempty"`
	Item     []item     `json:"item"`
}

type info struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Schema      string `json:"schema"`
}

type auth struct {
	Type   string     `json:"type"`
	Bearer []variable `json:"bearer,omitempty"`
}

// variable is any pair with a name: of the collection, a path, a query, a header.
type variable struct {
	Key         string `json:"key"`
	Value       string `json:"value"`
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
	Disabled    bool   `json:"disabled,omitempty"`
}

// item is a folder of items, or one request.
type item struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Item        []item   `json:"item,omitempty"`
	Event       []event  `json:"event,omitempty"`
	Request     *request `json:"request,omitempty"`
}

type event struct {
	Listen string `json:"listen"`
	Script script `json:"script"`
}

type script struct {
	Type string   `json:"type"`
	Exec []string `json:"exec"`
}

type request struct {
	Method      string     `json:"method"`
	Auth        *auth      `json:"auth,omitempty"`
	Header      []variable `json:"header"`
	Body        *body      `json:"body,omitempty"`
	URL         address    `json:"url"`
	Description string     `json:"description,omitempty"`
}

type body struct {
	Mode    string         `json:"mode"`
	Raw     string         `json:"raw"`
	Options map[string]any `json:"options"`
}

type address struct {
	Raw      string     `json:"raw"`
	Host     []string   `json:"host"`
	Path     []string   `json:"path"`
	Query    []variable `json:"query,omitempty"`
	Variable []variable `json:"variable,omitempty"`
}

// howTo stands in front of the document's description: what the reader has to do.
const howTo = "Set `baseUrl` and `apiKey` (`tmk apikey create lk`), and `webhookUrl` if something of yours can be told of events. " +
	"Then send one request after the other, or run the whole: ids that answers bring are noted. " +
	"What needs a file, a recording or a delivery is skipped while there is none; for those of a consultation that was held, " +
	"set `sessionId` and run the folders `thread` and `recordings` (whose last request erases one).\n\n"

// kept are the answers that something goes into a variable from, so that the next request finds it.
var kept = map[string][2]string{
	"createSession":       {"sessionId", "id"},
	"createSimpleSession": {"sessionId", "id"},
	"createInvite":        {"inviteId", "id"},
	"createWebhook":       {"webhookId", "id"},
	"listRecordings":      {"recordingId", "items[0]?.id ?? ''"},
	"listDeliveries":      {"deliveryId", "items[0]?.id ?? ''"},
	"listMessages":        {"fileId", "items.find((m) => m.file)?.file.id ?? ''"},
}

// uncertain are the variables that may have nothing to hold: the list that they come from is empty at first.
var uncertain = []string{"fileId", "recordingId", "deliveryId"}

// conflicts are the requests which 409 is a right answer to while the collection runs by itself, and when.
var conflicts = map[string]string{
	"finishSession":  "nobody is in the room",
	"resendDelivery": "it waits to be sent anyhow",
}

// fresh are the members of examples that differ from one who runs the collection to another, or from one time to the next.
var fresh = map[string]map[string]any{
	"createSession": {"externalId": "lk-{{$guid}}"},
	"createWebhook": {"url": "{{webhookUrl}}"},
}

// first are the requests that make and try an endpoint: it is told only of what happens afterwards.
var first = []string{"listWebhooks", "createWebhook", "getWebhook", "patchWebhook", "rotateWebhookSecret", "testWebhook"}

// final are the requests after which others have nothing to do: they come last in their folders.
var final = []string{"cancelSession", "finishSession", "deleteInvite", "eraseRecording", "deleteWebhook"}

// postman makes the collection of LK's document.
func postman(path string) ([]byte, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(source)
	if err != nil {
		return nil, fmt.Errorf("load document: %w", err)
	}
	c := collection{
		Info: info{
			Name: doc.Info.Title, Description: howTo + doc.Info.Description,
			Schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
		},
		Auth: &auth{Type: "bearer", Bearer: []variable{{Key: "token", Value: "{{apiKey}}", Type: "string"}}},
		Variable: []variable{
			{Key: "baseUrl", Value: "http://localhost:8080"}, {Key: "apiKey", Value: ""}, {Key: "webhookUrl", Value: "https://lk.example/tmk-events"},
			{Key: "sessionId", Value: ""}, {Key: "inviteId", Value: ""}, {Key: "fileId", Value: ""}, {Key: "recordingId", Value: ""},
			{Key: "webhookId", Value: ""}, {Key: "deliveryId", Value: ""},
		},
	}
	c.Item = []item{{Name: "webhooks", Description: "Be told of what happens from now on"}}
	for _, tag := range doc.Tags {
		c.Item = append(c.Item, item{Name: tag.Name, Description: tag.Description})
	}
	last := make(map[int][]item) // by folder
	for _, path := range inOrder(doc, source) {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
			op := doc.Paths.Value(path).GetOperation(method)
			if op == nil {
				continue
			}
			i := slices.IndexFunc(c.Item, func(folder item) bool { return folder.Name == op.Tags[0] })
			if i < 0 {
				return nil, fmt.Errorf("%s has the tag %s, which the document does not list", op.OperationID, op.Tags[0])
			}
			if slices.Contains(first, op.OperationID) {
				i = 0
			}
			one, err := requestOf(method, path, op)
			if err != nil {
				return nil, err
			}
			if slices.Contains(final, op.OperationID) {
				last[i] = append(last[i], one)
				continue
			}
			c.Item[i].Item = append(c.Item[i].Item, one)
		}
	}
	for i, items := range last {
		c.Item[i].Item = append(c.Item[i].Item, items...)
	}
	c.Item = slices.DeleteFunc(c.Item, func(folder item) bool { return len(folder.Item) == 0 })
	return encode(c)
}

// inOrder are the document's paths in the order in which they are written.
func inOrder(doc *openapi3.T, source []byte) []string {
	paths := doc.Paths.Keys()
	at := func(path string) int { return bytes.Index(source, []byte("\n  "+path+":\n")) }
	slices.SortFunc(paths, func(a, b string) int { return at(a) - at(b) })
	return paths
}

func requestOf(method, path string, op *openapi3.Operation) (item, error) {
	r := &request{Method: method, Header: []variable{}, Description: op.Description}
	r.URL = address{Host: []string{"{{baseUrl}}"}}
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			part = ":" + strings.TrimSuffix(name, "}")
		}
		r.URL.Path = append(r.URL.Path, part)
	}
	if op.Security != nil && len(*op.Security) == 0 {
		r.Auth = &auth{Type: "noauth"}
	}
	for _, ref := range op.Parameters {
		r.add(ref.Value, path)
	}
	raw := "{{baseUrl}}/" + strings.Join(r.URL.Path, "/")
	r.URL.Raw = raw
	if err := r.fill(op); err != nil {
		return item{}, fmt.Errorf("%s: %w", op.OperationID, err)
	}
	return item{Name: op.Summary, Event: scripts(path, op), Request: r}, nil
}

// scripts are what runs around a request: it is skipped when what it asks for does not exist, its status is
// looked at, and what others need of its answer is noted.
func scripts(path string, op *openapi3.Operation) []event {
	var before, after []string
	for _, ref := range op.Parameters {
		name := variableFor(path, ref.Value.Name)
		if ref.Value.In == "path" && slices.Contains(uncertain, name) {
			before = append(before, fmt.Sprintf("if (!pm.collectionVariables.get('%s')) pm.execution.skipRequest();", name))
		}
	}
	var right []string
	for _, status := range slices.Sorted(maps.Keys(op.Responses.Map())) {
		if strings.HasPrefix(status, "2") {
			right = append(right, status)
		}
	}
	title := "answers " + strings.Join(right, " or ")
	if when, ok := conflicts[op.OperationID]; ok {
		right = append(right, "409")
		title += ", or 409 while " + when
	}
	after = append(after, fmt.Sprintf("pm.test('%s', () => pm.expect([%s]).to.include(pm.response.code));", title, strings.Join(right, ", ")))
	if k, ok := kept[op.OperationID]; ok {
		after = append(after, fmt.Sprintf("if (pm.response.code < 300) pm.collectionVariables.set('%s', pm.response.json().%s);", k[0], k[1]))
	}
	events := []event{{Listen: "test", Script: script{Type: "text/javascript", Exec: after}}}
	if len(before) > 0 {
		events = append(events, event{Listen: "prerequest", Script: script{Type: "text/javascript", Exec: before}})
	}
	return events
}

// add puts a parameter where it belongs; what is not required is there to be switched on.
func (r *request) add(p *openapi3.Parameter, path string) {
	v := variable{Key: p.Name, Value: example(p), Description: p.Description}
	switch p.In {
	case "path":
		if name := variableFor(path, p.Name); name != "" {
			v.Value = "{{" + name + "}}"
		}
		r.URL.Variable = append(r.URL.Variable, v)
	case "query":
		v.Disabled = true
		r.URL.Query = append(r.URL.Query, v)
	case "header":
		switch p.Name {
		case "Accept-Language":
		case "Idempotency-Key":
			v.Value = "{{$guid}}" // a new one each time; fix it to see an answer again
		default:
			v.Disabled = true
		}
		r.Header = append(r.Header, v)
	}
}

// variableFor is the collection's variable that a path parameter takes.
func variableFor(path, name string) string {
	switch {
	case name == "inviteId" || name == "fileId":
		return name
	case name != "id":
		return ""
	}
	for part, variable := range map[string]string{
		"/sessions/{id}": "sessionId", "/recordings/{id}": "recordingId", "/webhooks/{id}": "webhookId", "/deliveries/{id}": "deliveryId",
	} {
		if strings.Contains(path, part) {
			return variable
		}
	}
	return ""
}

func example(p *openapi3.Parameter) string {
	switch {
	case p.Example != nil:
		return fmt.Sprint(p.Example)
	case p.Schema != nil && p.Schema.Value.Default != nil:
		return fmt.Sprint(p.Schema.Value.Default)
	case p.Schema != nil && len(p.Schema.Value.Enum) > 0:
		return fmt.Sprint(p.Schema.Value.Enum[0])
	}
	return ""
}

// fill gives the request the body of the document's first example.
func (r *request) fill(op *openapi3.Operation) error {
	if op.RequestBody == nil {
		return nil
	}
	content := op.RequestBody.Value.Content
	typ := "application/json"
	if content.Get("application/merge-patch+json") != nil && r.Method == "PATCH" {
		typ = "application/merge-patch+json"
	}
	var value any = map[string]any{}
	if examples := content.Get(typ).Examples; len(examples) > 0 {
		names := make([]string, 0, len(examples))
		for name := range examples {
			names = append(names, name)
		}
		value = examples[slices.Min(names)].Value.Value
	}
	if members, ok := value.(map[string]any); ok {
		value = maps.Clone(members)
		maps.Copy(value.(map[string]any), fresh[op.OperationID])
	}
	raw, err := encode(value)
	if err != nil {
		return err
	}
	r.Header = append(r.Header, variable{Key: "Content-Type", Value: typ})
	r.Body = &body{Mode: "raw", Raw: strings.TrimSpace(string(raw)), Options: map[string]any{"raw": map[string]string{"language": "json"}}}
	return nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b.Bytes(), nil
}
