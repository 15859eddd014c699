package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"regexp"
	"strings"
)

const (
	roomPage    = "room.html"
	embedScript = "embed.js" // what other sites' pages load to embed the room
)

// noOrigins is where the room's page has the origins that may embed it; src/room/parent.ts reads them.
const noOrigins = `<meta name="tmk-embed" content="" />`

// room serves the page of all links. It is the same for every link and touches
// nothing, so it may be asked for any number of times: by messengers that show
// a preview, too. What the link opens, the page asks for by itself.
func (p *pages) room(w http.ResponseWriter, r *http.Request) {
	f := p.files[roomPage]
	if f == nil {
		p.page(w, r, roomPage)
		return
	}
	secure(w.Header(), r.Host, f.inline, p.cfg.Embed)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	f.serve(w, r, http.StatusOK)
}

// tellOrigins writes origins into the room's page, whose compressed forms are then made anew.
func (f *file) tellOrigins(origins []string) {
	told := `<meta name="tmk-embed" content="` + html.EscapeString(strings.Join(origins, " ")) + `" />`
	f.fill(bytes.Replace(f.plain, []byte(noOrigins), []byte(told), 1))
	f.br, f.gzip = nil, compressed(f.plain)
}

// compressed is data in gzip; nil where that would not be smaller.
func compressed(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil || z.Close() != nil || b.Len() >= len(data) {
		return nil // memory takes every write
	}
	return b.Bytes()
}

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// inlineScripts names the scripts that stand in a page's text as its policy has to (CSP Level 3 §6.7.3.3).
func inlineScripts(page []byte) []string {
	var hashes []string
	for _, found := range inlineScript.FindAllSubmatch(page, -1) {
		sum := sha256.Sum256(found[1])
		hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return hashes
}
