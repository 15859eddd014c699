package api

import (
	"strings"
	"testing"

	"tmk/consult"
)

// The type of every problem is the address of a page that says in words what it is.
func TestProblemPages(t *testing.T) {
	h := newHouse(t)
	p := h.get(base+"/sessions/c_none").wantProblem(404, consult.CodeNotFound)
	if !strings.HasSuffix(p.Type, "/problems/not_found") {
		t.Errorf("type %s", p.Type)
	}
	for code := range statuses {
		for lang, word := range map[string]string{"ru": "Что делать", "en": "What to do"} {
			r := h.do(call{path: "/problems/" + string(code), anonymous: true, header: map[string]string{"Accept-Language": lang}}).want(200)
			page := string(r.body)
			for _, part := range []string{`lang="` + lang + `"`, word, string(code), titles[code].in(lang), "<!doctype html>"} {
				if !strings.Contains(page, part) {
					t.Errorf("the page of %s in %s lacks %q:\n%s", code, lang, part, page)
				}
			}
			if r.header.Get("Content-Type") != "text/html; charset=UTF-8" || r.header.Get("Content-Language") != lang ||
				!strings.Contains(r.header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%v", r.header)
			}
		}
	}
	h.get("/problems/none").wantProblem(404, consult.CodeNotFound)
	h.get("/problems/%3Cscript%3E").wantProblem(404, consult.CodeNotFound)
}
