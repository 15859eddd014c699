// Package web serves the pages: the room, the portal, the demo and the API's
// documentation, all embedded in the binary. `make web` builds them into dist.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// Config chooses which pages there are, and who may show them.
type Config struct {
	Demo  bool     // the page that plays LK, at /demo
	Embed []string // origins ("https://lk.example") whose pages may hold the room in a frame
}

// Handler serves all pages and their assets. Where dist is empty (the pages
// were not built) every page answers 503 and says how to build them.
func Handler(cfg Config) http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only when the embed directive above is wrong
	}
	return newPages(cfg, files)
}

// pages answers GET and HEAD from files, which hold, beside a file, its
// precompressed forms (.br, .gz).
type pages struct {
	cfg   Config
	files map[string]*file // by path below dist
}

// file is one file of dist with its precompressed forms; br and gzip are nil where they would not be smaller.
type file struct {
	plain, br, gzip []byte
	contentType     string
	etag            string
	inline          []string // what a page's Content-Security-Policy must say of the scripts in its text
}

func newPages(cfg Config, files fs.FS) *pages {
	p := &pages{cfg: cfg, files: map[string]*file{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("read page %s: %w", name, err)
		}
		switch base := strings.TrimSuffix(strings.TrimSuffix(name, ".br"), ".gz"); {
		case strings.HasSuffix(name, ".br"):
			p.file(base).br = data
		case strings.HasSuffix(name, ".gz"):
			p.file(base).gzip = data
		default:
			f := p.file(name)
			f.contentType = typeOf(name)
			f.fill(data)
		}
		return nil
	})
	if err != nil {
		panic(err) // embedded files are always readable
	}
	if room := p.files[roomPage]; room != nil && len(cfg.Embed) > 0 {
		room.tellOrigins(cfg.Embed)
	}
	return p
}

// fill takes the bytes of the file itself.
func (f *file) fill(data []byte) {
	sum := sha256.Sum256(data)
	f.plain, f.etag = data, hex.EncodeToString(sum[:12])
	if strings.HasPrefix(f.contentType, "text/html") {
		f.inline = inlineScripts(data)
	}
}

func (p *pages) file(name string) *file {
	if p.files[name] == nil {
		p.files[name] = &file{}
	}
	return p.files[name]
}

// ServeHTTP routes by path; nothing here depends on who asks.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	switch at := path.Clean(r.URL.Path); {
	case strings.HasPrefix(at, "/j/"):
		p.room(w, r)
	case at == "/admin" || strings.HasPrefix(at, "/admin/"):
		p.page(w, r, "portal.html")
	case at == "/demo" && p.cfg.Demo:
		p.page(w, r, "demo.html")
	case at == "/swagger-ui.html":
		p.page(w, r, "swagger-ui/index.html")
	case at == "/" && p.cfg.Demo:
		http.Redirect(w, r, "/demo", http.StatusFound)
	case at == "/":
		http.Redirect(w, r, "/admin/", http.StatusFound)
	default:
		p.asset(w, r, strings.TrimPrefix(at, "/"))
	}
}

// page serves an HTML entry: never stored, with the page's security headers.
func (p *pages) page(w http.ResponseWriter, r *http.Request, name string) {
	f := p.files[name]
	if f == nil {
		http.Error(w, "web pages are not built: make web", http.StatusServiceUnavailable)
		return
	}
	secure(w.Header(), r.Host, f.inline, nil)
	w.Header().Set("Cache-Control", "no-store")
	f.serve(w, r, http.StatusOK)
}

// asset serves a file that a page asks for. The build puts a hash into the
// names below assets/, so that those may be kept for ever.
func (p *pages) asset(w http.ResponseWriter, r *http.Request, name string) {
	f := p.files[name]
	if f == nil || strings.HasSuffix(name, ".html") {
		p.notFound(w, r)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	if name == embedScript {
		// Other sites' pages load it; whatever they are, it tells them nothing.
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	f.serve(w, r, http.StatusOK)
}

func (p *pages) notFound(w http.ResponseWriter, r *http.Request) {
	f := p.files["404.html"]
	if f == nil || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	secure(w.Header(), r.Host, f.inline, nil)
	w.Header().Set("Cache-Control", "no-store")
	f.serve(w, r, http.StatusNotFound)
}

// serve writes the smallest form of the file that the client takes.
func (f *file) serve(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	body, coding := f.plain, ""
	if f.br != nil || f.gzip != nil {
		h.Add("Vary", "Accept-Encoding")
		accepts := acceptedCodings(r.Header.Get("Accept-Encoding"))
		switch {
		case f.br != nil && accepts["br"]:
			body, coding = f.br, "br"
		case f.gzip != nil && accepts["gzip"]:
			body, coding = f.gzip, "gzip"
		}
	}
	if coding != "" {
		h.Set("Content-Encoding", coding)
		r.Header.Del("Range") // a range of compressed text serves nobody
	}
	h.Set("ETag", `"`+f.etag+coding+`"`)
	if status != http.StatusOK {
		h.Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the client is gone: nothing to do
		}
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptedCodings reads Accept-Encoding (RFC 9110 §12.5.3) as far as we need it: which codings are named and not refused by q=0.
func acceptedCodings(header string) map[string]bool {
	accepts := map[string]bool{}
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		q := strings.ReplaceAll(strings.ToLower(params), " ", "")
		refused := q == "q=0" || q == "q=0.0" || q == "q=0.00" || q == "q=0.000"
		accepts[strings.ToLower(strings.TrimSpace(coding))] = !refused
	}
	return accepts
}

// typeOf names the types that the build makes; the system's own table may lack or change them.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".wav":
		return "audio/wav"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
