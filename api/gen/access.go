package main

import (
	"fmt"
	"strings"

	"tmk/api"
	"tmk/consult"
)

const accessPath = "docs/access.md"

const accessHead = `# Who may do what

Made from the table of rights (consult/can.go) and the router (api/routes.go and its neighbours); do not edit by hand. A test sends
every request below as every caller and compares. Messages on the WebSocket have [a page of their own](access-socket.md).
`

// accessPage is docs/access.md.
func accessPage() []byte { return []byte(accessHead + strings.TrimSuffix(routesSection(), "\n")) }

func routesSection() string {
	var b strings.Builder
	table := api.AccessTable()
	b.WriteString(`
## What each right is

A key has it by its scope, on what its own integration made; staff by role, on everything; a person in a room by the seat, in that one consultation.

| action | scope of a key | staff | seats |
|---|---|---|---|
`)
	for _, a := range consult.Actions() {
		scope, staff, seats := api.RightsOf(a)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", a, code(scope), strings.Join(staff, ", "), strings.Join(seats, "; "))
	}
	b.WriteString(`
## Routes

| route | credential | right |
|---|---|---|
`)
	for _, r := range table {
		right := code(string(r.Action))
		if r.Open != "" {
			right = "none: " + r.Open
		}
		fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", r.Method, r.Path, r.Credential, right)
	}
	matrix(&b, table)
	return b.String()
}

// matrix is every route with every caller: ● may, on what is his own.
func matrix(b *strings.Builder, table []api.RouteAccess) {
	callers := api.Callers()
	b.WriteString("\n## Routes and callers\n\n● may come, to what is his own; everything else is refused. The callers, by column:\n\n")
	for i, c := range callers {
		fmt.Fprintf(b, "%d. %s\n", i+1, c.Name)
	}
	b.WriteString("\n| route |")
	for i := range callers {
		fmt.Fprintf(b, " %d |", i+1)
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(callers)) + "\n")
	for _, r := range table {
		fmt.Fprintf(b, "| `%s %s` |", r.Method, r.Path)
		for _, may := range r.Allowed {
			mark := " "
			if may {
				mark = " ● "
			}
			b.WriteString(mark + "|")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
