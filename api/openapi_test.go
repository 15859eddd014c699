package api

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
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
