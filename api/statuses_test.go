package api

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"tmk/consult"
)

// callerFor is the header of somebody who may come to the route.
func (e *estate) callerFor(r route) map[string]string {
	e.t.Helper()
	switch {
	case r.access.takesKeys():
		return map[string]string{"Authorization": "Bearer " + e.bearer}
	case r.access == forPass:
		return map[string]string{"Authorization": "Bearer " + e.seats["patient"]}
	case r.access == forStaff:
		return map[string]string{"Cookie": cookieName + "=" + e.adminCookie()}
	}
	return map[string]string{}
}

// refusal is a mistake that every route answers the same way.
type refusal struct {
	status int
	code   consult.Code
	at     func(r route) bool // the routes where it can be made
	change func(e *estate, c *call, r route)
}

func (r route) takesBody() bool {
	return r.method == http.MethodPost || r.method == http.MethodPatch || strings.HasSuffix(r.path, "/video/recordings/:id") && r.method == http.MethodDelete
}

// hasNoBody are POSTs that take none.
func hasNoBody(r route) bool {
	for _, end := range []string{"/logout", "/staff/:id/password", "/audit/verify"} {
		if strings.HasSuffix(r.path, end) {
			return true
		}
	}
	return false
}

var refusals = []refusal{
	{400, consult.CodeInvalid, func(r route) bool {
		return r.access != forProbe && r.path != flowPath+"/callback"
	},
		func(_ *estate, c *call, _ route) { c.path += "?nonsense=1" }},
	{400, consult.CodeInvalid, func(r route) bool { return r.access != forProbe },
		func(_ *estate, c *call, _ route) { c.path += "?limit=1;state=dead" }},
	{400, consult.CodeInvalid, func(r route) bool { return r.access != forProbe },
		func(_ *estate, c *call, _ route) { c.path += "?%zz" }},
	{400, consult.CodeInvalid, func(r route) bool { return r.method != http.MethodGet && (!r.takesBody() || hasNoBody(r)) },
		func(_ *estate, c *call, _ route) { c.body = `{"x":1}` }},
	{401, consult.CodeUnauthorized, func(r route) bool { return credentials[r.access] != "none" && r.access != forBrowser },
		func(_ *estate, c *call, _ route) { c.header = nil }},
	{403, consult.CodeForbidden, func(r route) bool { return r.rule.action != "" && r.access.takesKeys() },
		func(e *estate, c *call, r route) { c.header["Authorization"] = "Bearer " + e.keyWithout(r.rule.action) }},
	{403, consult.CodeForbidden, func(r route) bool { return r.rule.action != "" && r.access == forStaff },
		func(e *estate, c *call, _ route) {
			c.header["Cookie"] = cookieName + "=" + e.staffCookie(consult.StaffDoctor)
		}},
	{403, consult.CodeForbidden, func(r route) bool { return r.access == forBrowser && r.method == http.MethodPost },
		func(_ *estate, c *call, _ route) { c.header["Sec-Fetch-Site"] = "cross-site" }},
	{404, consult.CodeNotFound, func(r route) bool { return r.ofOne() && r.rule.action != "" },
		func(e *estate, c *call, r route) { c.path = withoutThings(r.path) }},
	{413, consult.CodeTooLarge, func(r route) bool { return r.takesBody() && !hasNoBody(r) },
		func(_ *estate, c *call, _ route) { c.body = strings.Repeat(" ", maxBody+1) }},
	{415, consult.CodeUnsupported, func(r route) bool { return r.takesBody() && !hasNoBody(r) },
		func(_ *estate, c *call, _ route) { c.header["Content-Type"] = "text/plain" }},
	{422, consult.CodeMismatch, func(r route) bool { return r.method == http.MethodPost && r.access.takesKeys() },
		func(e *estate, c *call, r route) {
			c.header["Idempotency-Key"] = r.path
			e.do(*c)
			c.body = `{"another":"body"}`
		}},
	{429, consult.CodeRateLimited, func(r route) bool { return r.access != forProbe },
		func(e *estate, _ *call, _ route) { e.api.callers = newLimiter(1, 0, e.Clock.Now) }},
}

// withoutThings is a path whose ids name nothing.
func withoutThings(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") {
			parts[i] = "x_none"
		}
	}
	return strings.Join(parts, "/")
}

// keyWithout is a key that has every right but this.
func (e *estate) keyWithout(a consult.Action) string {
	e.t.Helper()
	var others []consult.Scope
	for _, s := range consult.AllScopes {
		if s != consult.Rights()[a].Scope {
			others = append(others, s)
		}
	}
	return e.key("lk", others...)
}

// Mistakes that one can make at any route are answered the same at all of them.
func TestRefusals(t *testing.T) {
	e := newEstate(t)
	for _, wrong := range refusals {
		for _, r := range (&API{}).routes() {
			if !wrong.at(r) {
				continue
			}
			limits := e.api.callers
			c := call{method: r.method, path: e.fill(r.path), header: e.callerFor(r), anonymous: true}
			if r.method != http.MethodGet && !hasNoBody(r) {
				c.body = bodyFor(r)
			}
			c.header = maps.Clone(c.header)
			wrong.change(e, &c, r)
			answer := e.do(c)
			e.api.callers = limits
			if answer.status != wrong.status {
				t.Errorf("%s %s: %d, want %d: %s", r.method, r.path, answer.status, wrong.status, answer.body)
				continue
			}
			answer.wantProblem(wrong.status, wrong.code)
			if wrong.status == http.StatusTooManyRequests && answer.header.Get("Retry-After") == "" {
				t.Errorf("%s %s: 429 without Retry-After", r.method, r.path)
			}
		}
	}
}

// What does not take a method says which it takes.
func TestAllow(t *testing.T) {
	h := newHouse(t)
	methods := make(map[string]map[string]bool)
	for _, r := range (&API{}).routes() {
		if methods[r.path] == nil {
			methods[r.path] = make(map[string]bool)
		}
		methods[r.path][r.method] = true
		if r.method == http.MethodGet {
			methods[r.path][http.MethodHead] = true
		}
	}
	for path, known := range methods {
		r := h.do(call{method: "PUT", path: withoutThings(path), body: `{}`})
		r.wantProblem(405, codeMethodNotAllowed)
		allowed := make(map[string]bool)
		for method := range strings.SplitSeq(r.header.Get("Allow"), ",") {
			allowed[strings.TrimSpace(method)] = true
		}
		delete(allowed, http.MethodOptions)
		if !maps.Equal(allowed, known) {
			t.Errorf("%s: Allow %q, the router has %v", path, r.header.Get("Allow"), known)
		}
	}
}

// HEAD is GET without the body, wherever there is GET.
func TestHead(t *testing.T) {
	e := newEstate(t)
	for _, r := range (&API{}).routes() {
		if r.method != http.MethodGet || strings.HasPrefix(r.path, flowPath) {
			continue
		}
		c := call{path: e.fill(r.path), header: e.callerFor(r), anonymous: true}
		get := e.do(c)
		c.method = http.MethodHead
		head := e.do(c)
		if head.status != get.status || len(head.body) != 0 || head.header.Get("Content-Type") != get.header.Get("Content-Type") ||
			head.header.Get("ETag") != get.header.Get("ETag") {
			t.Errorf("%s: GET %d %v, HEAD %d %v with %d bytes", r.path, get.status, get.header, head.status, head.header, len(head.body))
		}
	}
}
