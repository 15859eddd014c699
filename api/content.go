package api

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// stall is how long a caller may take to send a body, or to read one piece of a
// download, before the connection is given up. A whole download may take as
// long as it needs.
const stall = time.Minute

// download is what is served as an attachment.
type download struct {
	name    string
	typ     string
	sha256  []byte
	content io.ReadSeeker
}

// serve answers with a file: by ranges (RFC 9110 §14), with an ETag and a digest
// of the whole (RFC 9530), and never as something that a browser would run.
func serve(c echo.Context, d download) error {
	h := c.Response().Header()
	if d.typ == "" {
		d.typ = echo.MIMEOctetStream
	}
	h.Set(echo.HeaderContentType, d.typ)
	h.Set(echo.HeaderContentDisposition, attachment(d.name))
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", `"`+hex.EncodeToString(d.sha256)+`"`)
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(d.sha256)+":")
	onlyBytes(c.Request())
	paced := &pacedReader{ReadSeeker: d.content, control: http.NewResponseController(c.Response())}
	w := &refusalWriter{ResponseWriter: c.Response()}
	http.ServeContent(w, c.Request(), "", time.Time{}, paced)
	switch w.refused {
	case http.StatusPreconditionFailed:
		return refuseContent(h, consult.CodeStale, msgOtherContent)
	case http.StatusRequestedRangeNotSatisfiable:
		return refuseContent(h, codeBadRange, msgBadRange)
	}
	return nil
}

// onlyBytes drops a Range that is to be passed over: in units that are not understood, or of
// a method other than GET (RFC 9110 §14.2). Units are the same in any letters; [http.ServeContent] knows small ones.
func onlyBytes(r *http.Request) {
	unit, ranges, found := strings.Cut(r.Header.Get("Range"), "=")
	if !found || !strings.EqualFold(unit, "bytes") || r.Method != http.MethodGet {
		r.Header.Del("Range")
		return
	}
	r.Header.Set("Range", "bytes="+ranges)
}

// refuseContent takes away what told of the content.
func refuseContent(h http.Header, code consult.Code, message string) error {
	for _, name := range []string{echo.HeaderContentDisposition, "Repr-Digest", "Accept-Ranges", echo.HeaderLastModified} {
		h.Del(name)
	}
	return &consult.Error{Code: code, Message: message}
}

// refusalWriter keeps the refusals of net/http back, which are no problem details.
type refusalWriter struct {
	http.ResponseWriter
	refused int // status; 0: it answers
}

func (w *refusalWriter) WriteHeader(status int) {
	if status == http.StatusPreconditionFailed || status == http.StatusRequestedRangeNotSatisfiable {
		w.refused = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *refusalWriter) Write(p []byte) (int, error) {
	if w.refused != 0 {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// pacedReader moves the connection's write deadline on with every piece.
type pacedReader struct {
	io.ReadSeeker
	control *http.ResponseController
}

func (r *pacedReader) Read(p []byte) (int, error) {
	// Not every writer has deadlines (a test's recorder has none); then the
	// server's own hold.
	_ = r.control.SetWriteDeadline(time.Now().Add(stall))
	return r.ReadSeeker.Read(p)
}

// attachment is a Content-Disposition with the name twice: in ASCII for old
// readers, and in UTF-8 (RFC 6266 §4.3, RFC 8187).
func attachment(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%;/`, r) {
			return '_'
		}
		return r
	}, name)
	encoded := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, ascii, encoded)
}
