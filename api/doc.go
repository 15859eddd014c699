// Package api is the REST surface of TMK: what LK calls, what the pages of a
// consultation ask before they open their socket, and what the administration
// pages read.
//
// openapi.yaml is what LK sees; pages.yaml has the routes that only our own
// pages use. Both are written by hand and come first; the types of requests and
// answers are generated from them. Handlers are thin: they read a request, call
// one use case of [consult.Desk], and show what came back. problem.go is the
// only place where a [consult.Error] becomes an HTTP status.
package api

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config oapi-codegen.yaml openapi.yaml
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config oapi-codegen-pages.yaml pages.yaml
//go:generate go run ./gen -root ..
