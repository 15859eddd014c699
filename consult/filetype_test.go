package consult_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tmk/consult"
)

func TestCleanFileName(t *testing.T) {
	long := strings.Repeat("я", 150)
	for in, want := range map[string]string{
		"Снимок.jpg":               "Снимок.jpg",
		"/etc/passwd.txt":          "passwd.txt",
		`C:\Users\me\photo.jpg`:    "photo.jpg",
		"../../a.pdf":              "a.pdf",
		"..":                       "",
		"":                         "",
		" . ":                      "",
		".hidden.txt":              "hidden.txt",
		"a\x00b\nc.txt":            "ab c.txt",
		"photo\u202egpj.exe":       "photogpj.exe",
		"a\u2066\u200fb\ufeff.pdf": "ab.pdf",
		"a\xff.pdf":                "a.pdf",
		"two  spaces\u00a0.pdf":    "two spaces .pdf",
		`what?<is>"this"|*:.pdf`:   "what__is__this____.pdf",
		long + ".pdf":              strings.Repeat("я", 98) + ".pdf",
		"x" + long:                 "x" + strings.Repeat("я", 99),
	} {
		if got := consult.CleanFileName(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzCleanFileName(f *testing.F) {
	for _, s := range []string{"a.pdf", "../x", "\u202e", strings.Repeat("я.", 200), "\xff/\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := consult.CleanFileName(name)
		if len(got) > 200 || !utf8.ValidString(got) || strings.ContainsAny(got, `/\<>:"|?*`) ||
			strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.Trim(got, " .") != got {
			t.Errorf("%q became %q", name, got)
		}
		if again := consult.CleanFileName(got); again != got {
			t.Errorf("%q, cleaned again, is %q", got, again)
		}
	})
}

func encoded(encode func(b *bytes.Buffer) error) []byte {
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func zipped(names ...string) []byte {
	return encoded(func(b *bytes.Buffer) error {
		z := zip.NewWriter(b)
		for _, name := range names {
			w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
			if err != nil {
				return err
			}
			if name == "mimetype" {
				_, err = w.Write([]byte("application/vnd.oasis.opendocument.text"))
			} else {
				_, err = w.Write(bytes.Repeat([]byte{'x'}, 5000))
			}
			if err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// compound is a compound file whose directory stands far behind, with these streams.
func compound(streams ...string) []byte {
	b := make([]byte, 40*512)
	copy(b, []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1})
	binary.LittleEndian.PutUint16(b[26:], 3)
	binary.LittleEndian.PutUint16(b[28:], 0xFFFE)
	binary.LittleEndian.PutUint16(b[30:], 9)
	binary.LittleEndian.PutUint32(b[48:], 30)
	for i, s := range append([]string{"Root Entry"}, streams...) {
		for j := range len(s) {
			b[31*512+i*128+2*j] = s[j]
		}
	}
	return b
}

func samples() map[string][]byte {
	dot := image.NewGray(image.Rect(0, 0, 1, 1))
	ftyp := func(brand string) []byte {
		return append([]byte("\x00\x00\x00\x18ftyp"+brand+"\x00\x00\x00\x00"+brand+"isom"), make([]byte, 64)...)
	}
	return map[string][]byte{
		"image/jpeg":      encoded(func(b *bytes.Buffer) error { return jpeg.Encode(b, dot, nil) }),
		"image/png":       encoded(func(b *bytes.Buffer) error { return png.Encode(b, dot) }),
		"image/gif":       encoded(func(b *bytes.Buffer) error { return gif.Encode(b, dot, nil) }),
		"image/webp":      []byte("RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00"),
		"image/heic":      ftyp("heic"),
		"application/pdf": pdf,
		"text/rtf":        []byte(`{\rtf1\ansi text}`),
		"text/plain":      []byte("Жалобы: болит голова.\n"),
		"text/csv":        []byte("name,value\na,1\nb,2\n"),
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document": zipped("docProps/app.xml", "custom/a.xml", "custom/b.xml", "word/document.xml"),
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       zipped("a.xml", "xl/workbook.xml"),
		"application/vnd.oasis.opendocument.text":                                 zipped("mimetype", "content.xml"),
		"application/msword":       compound("1Table", "WordDocument"),
		"application/vnd.ms-excel": compound("Workbook"),
		"video/mp4":                ftyp("isom"),
		"video/quicktime":          ftyp("qt  "),
		"audio/x-m4a":              ftyp("M4A "),
		"video/webm":               []byte("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87\x81\x04"),
		"audio/mpeg":               []byte("ID3\x04\x00\x00\x00\x00\x00\x0fTIT2\x00\x00\x00\x05\x00\x00\x03song"),
		"audio/wav":                []byte("RIFF\x24\x00\x00\x00WAVEfmt "),
		"audio/ogg":                append([]byte("OggS\x00\x02"), append(make([]byte, 22), "OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00"...)...),
		"application/dicom":        append(make([]byte, 128), "DICM"...),
	}
}

func typeOf(content []byte, name string) (string, error) {
	return consult.ContentType(bytes.NewReader(content), int64(len(content)), name)
}

func TestContentType(t *testing.T) {
	for want, content := range samples() {
		got, err := typeOf(content, "no ending")
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v", want, got, err)
		}
	}
}

func TestContentTypeRefused(t *testing.T) {
	for name, content := range map[string][]byte{
		"page":             []byte("<!DOCTYPE html><html></html>"),
		"page with a head": []byte("\n\n  <script>alert(1)</script>"),
		"svg":              []byte(`<svg xmlns="http://www.w3.org/2000/svg"></svg>`),
		"xml":              []byte(`<?xml version="1.0"?><a/>`),
		"windows program":  append([]byte("MZ"), make([]byte, 200)...),
		"linux program":    append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 200)...),
		"shell":            []byte("#!/bin/sh\nrm -rf /\n"),
		"archive":          zipped("evil.exe", "readme.txt"),
		"endless archive":  zipped(append(slices.Repeat([]string{strings.Repeat("x", 1000)}, 1100), "word/document.xml")...),
		"java":             zipped("META-INF/MANIFEST.MF", "A.class"),
		"installer":        compound("SummaryInformation"),
		"nothing known":    bytes.Repeat([]byte{0xfe, 0x01}, 100),
		"broken archive":   append([]byte("PK\x03\x04"), make([]byte, 200)...),
		"short compound":   {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1},
	} {
		got, err := typeOf(content, "no ending")
		if consult.CodeOf(err) != consult.CodeUnsupported {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestContentTypeAndName(t *testing.T) {
	all := samples()
	for _, tt := range []struct {
		content, name string
		ok            bool
	}{
		{"image/png", "photo.jpg", true}, // phones and messengers do that
		{"image/png", "PHOTO.JPEG", true},
		{"text/plain", "photo.jpg", false},
		{"application/pdf", "photo.jpg", false},
		{"image/jpeg", "letter.pdf", false},
		{"video/mp4", "voice.m4a", true},
		{"text/rtf", "letter.doc", true},
		{"application/dicom", "image.dcm", true},
	} {
		if _, err := typeOf(all[tt.content], tt.name); (err == nil) != tt.ok {
			t.Errorf("%s as %s: %v", tt.content, tt.name, err)
		}
	}
	if !consult.AcceptedName("SCAN.PDF") || consult.AcceptedName("a.js") {
		t.Error("names")
	}
}

func FuzzContentType(f *testing.F) {
	for _, content := range samples() {
		f.Add(content[:min(len(content), 1<<12)], "a.pdf")
	}
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		typ, err := typeOf(content, name)
		if (err == nil) == (typ == "") {
			t.Errorf("%q with %v", typ, err)
		}
		if err != nil && consult.CodeOf(err) != consult.CodeUnsupported {
			t.Errorf("bytes in memory cannot fail: %v", err)
		}
	})
}
