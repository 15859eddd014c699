package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tmk/consult"
)

// anchorFile keeps the head of the audit in the data folder, beside the secret:
// whoever has the database alone reaches neither.
type anchorFile struct{ path string }

func newAnchor(dataDir string) anchorFile { return anchorFile{filepath.Join(dataDir, "audit.head")} }

// Noted is the zero head while there is no file.
func (f anchorFile) Noted() (consult.AuditHead, error) {
	text, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return consult.AuditHead{}, nil
	case err != nil:
		return consult.AuditHead{}, err
	}
	head, err := parseHead(strings.TrimSpace(string(text)))
	if err != nil {
		return consult.AuditHead{}, fmt.Errorf("%s: %w", f.path, err)
	}
	return head, nil
}

// Note puts a new file in the place of the old one.
func (f anchorFile) Note(head consult.AuditHead) (err error) {
	next, err := os.CreateTemp(filepath.Dir(f.path), ".audit-*") // readable by its owner only
	if err != nil {
		return err
	}
	_, err = next.WriteString(headText(head) + "\n")
	if err = errors.Join(err, next.Sync(), next.Close()); err == nil {
		err = os.Rename(next.Name(), f.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	return nil
}
