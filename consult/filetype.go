package consult

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

// What may be sent. A file is accepted when its content is of a type below and
// its name, where it has an extension, belongs to the same kind: a picture that
// calls itself .jpg and is a PNG is fine, a page of HTML never is. Archives are
// not accepted: nobody sees what is in them (a DICOM study is sent image by image).

type fileKind string

const (
	picture  fileKind = "picture"
	document fileKind = "document"
	sound    fileKind = "sound or video"
	scan     fileKind = "DICOM"
)

// acceptedTypes are the types of content, as mimetype names them.
var acceptedTypes = map[string]fileKind{
	"image/jpeg": picture, "image/png": picture, "image/vnd.mozilla.apng": picture, "image/webp": picture, "image/gif": picture,
	"image/heic": picture, "image/heic-sequence": picture, "image/heif": picture, "image/heif-sequence": picture,

	"application/pdf": document, "text/rtf": document, "text/plain": document, "text/csv": document,
	"text/tab-separated-values": document,
	typeDOC:                     document, typeXLS: document, typeDOCX: document, typeXLSX: document, typeODT: document, typeODS: document,

	"video/mp4": sound, "video/x-m4v": sound, "video/quicktime": sound, "video/webm": sound, "video/ogg": sound,
	"audio/mpeg": sound, "audio/mp4": sound, "audio/x-m4a": sound, "audio/ogg": sound, "application/ogg": sound, "audio/wav": sound,

	"application/dicom": scan,
}

const (
	typeDOC  = "application/msword"
	typeXLS  = "application/vnd.ms-excel"
	typeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	typeODT  = "application/vnd.oasis.opendocument.text"
	typeODS  = "application/vnd.oasis.opendocument.spreadsheet"
)

// acceptedExtensions are the endings of names.
var acceptedExtensions = map[string]fileKind{
	".jpg": picture, ".jpeg": picture, ".jfif": picture, ".png": picture, ".webp": picture, ".gif": picture, ".heic": picture, ".heif": picture,
	".pdf": document, ".doc": document, ".docx": document, ".xls": document, ".xlsx": document, ".odt": document, ".ods": document,
	".rtf": document, ".txt": document, ".csv": document, ".tsv": document,
	".mp4": sound, ".m4v": sound, ".mov": sound, ".webm": sound, ".mp3": sound, ".m4a": sound, ".ogg": sound, ".oga": sound, ".opus": sound, ".wav": sound,
	".dcm": scan,
}

func extension(name string) string { return strings.ToLower(path.Ext(name)) }

// acceptedName tells whether a clean name may be that of an accepted file: a
// name without an ending may.
func acceptedName(name string) bool {
	ext := extension(name)
	return ext == "" || acceptedExtensions[ext] != ""
}

// contentType finds the MIME type of a file by its content. Code: unsupported,
// when that is not accepted or does not go with the name.
func contentType(file io.ReadSeeker, size int64, name string) (string, error) {
	head, err := readAt(file, 0, 8192)
	if err != nil {
		return "", err
	}
	typ, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	switch typ {
	case "application/zip":
		typ = zipType(file, size)
	case "application/x-ole-storage":
		if typ, err = oleType(file, head); err != nil {
			return "", err
		}
	}
	kind := acceptedTypes[typ]
	if kind == "" {
		return "", Errorf(CodeUnsupported, "files of this type are not accepted")
	}
	if byName := acceptedExtensions[extension(name)]; byName != "" && byName != kind {
		return "", Errorf(CodeUnsupported, "the file is named as a %s and is a %s", byName, kind)
	}
	return typ, nil
}

// readAt reads up to n bytes at offset.
func readAt(file io.ReadSeeker, offset, n int64) ([]byte, error) {
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, fmt.Errorf("seek to %d: %w", offset, err)
	}
	b, err := io.ReadAll(io.LimitReader(file, n))
	if err != nil {
		return nil, fmt.Errorf("read at %d: %w", offset, err)
	}
	return b, nil
}

// maxDirectory is how much of an archive is read to find its parts: office
// documents need some KiB, and a directory of 100 MiB would take a GiB of memory.
const maxDirectory = 1 << 20

// seekerAt is an io.ReaderAt for one goroutine and a bounded number of bytes.
type seekerAt struct {
	io.ReadSeeker
	left int
}

func (s *seekerAt) ReadAt(p []byte, offset int64) (int, error) {
	if s.left -= len(p); s.left < 0 {
		return 0, errors.New("the archive's directory is too long")
	}
	if _, err := s.Seek(offset, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.ReadSeeker, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// zipType tells office documents whose parts stand in an unusual order from other archives.
func zipType(file io.ReadSeeker, size int64) string {
	archive, err := zip.NewReader(&seekerAt{file, maxDirectory}, size)
	if err != nil {
		return "application/zip"
	}
	for _, part := range archive.File {
		switch part.Name {
		case "word/document.xml":
			return typeDOCX
		case "xl/workbook.xml":
			return typeXLSX
		}
	}
	return "application/zip"
}

// oleType looks into the directory of a compound file ([MS-CFB] 2.2, 2.6),
// which often stands behind the first bytes, for the main stream of Word or Excel.
func oleType(file io.ReadSeeker, head []byte) (string, error) {
	const generic = "application/x-ole-storage"
	if len(head) < 512 {
		return generic, nil
	}
	shift := binary.LittleEndian.Uint16(head[30:])
	if shift != 9 && shift != 12 {
		return generic, nil
	}
	sector := int64(binary.LittleEndian.Uint32(head[48:]))
	directory, err := readAt(file, (sector+1)<<shift, 4096)
	if err != nil {
		return "", err
	}
	const entry = 128
	for ; len(directory) >= entry; directory = directory[entry:] {
		for stream, typ := range map[string]string{"WordDocument": typeDOC, "Workbook": typeXLS, "Book": typeXLS} {
			if bytes.HasPrefix(directory, utf16Name(stream)) {
				return typ, nil
			}
		}
	}
	return generic, nil
}

// utf16Name is an ASCII name as a directory entry begins with it, with the NUL behind it.
func utf16Name(name string) []byte {
	b := make([]byte, 0, 2*len(name)+2)
	for i := range len(name) {
		b = append(b, name[i], 0)
	}
	return append(b, 0, 0)
}

// maxFileName is what file systems and headers bear, in bytes.
const maxFileName = 200

// cleanFileName makes a name that is safe to show and to store under: no path,
// no control, formatting or bidirectional characters, none that a file system
// forbids, at most 200 bytes of UTF-8. "" when nothing is left.
func cleanFileName(name string) string {
	name = strings.ToValidUTF8(name, "")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), " .")
	if len(name) <= maxFileName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 16 {
		ext = ""
	}
	return strings.TrimRight(cut(strings.TrimSuffix(name, ext), maxFileName-len(ext)), " .") + ext
}

// cut shortens s to at most n bytes, between two runes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
