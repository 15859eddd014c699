package recorder

import (
	"fmt"
	"io"
	"os"
)

// disk is the directory, as far as recording needs it; tests put faults in.
type disk interface {
	create(name string) (file, error) // the file must not exist
	open(name string) (file, error)   // for reading
	rename(from, to string) error
	remove(name string) error
	sync() error          // makes created, renamed and removed names durable
	free() (int64, error) // bytes left for us
}

type file interface {
	io.Writer
	io.ReaderAt
	io.ReadSeeker
	io.Closer
	Sync() error
	Stat() (os.FileInfo, error)
}

// root is the real directory. No name leads out of it, whatever it holds.
type root struct{ *os.Root }

func openRoot(dir string) (root, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return root{}, fmt.Errorf("make directory: %w", err)
	}
	r, err := os.OpenRoot(dir)
	if err != nil {
		return root{}, fmt.Errorf("open directory: %w", err)
	}
	return root{r}, nil
}

func (r root) create(name string) (file, error) {
	return fileOf(r.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600))
}

func (r root) open(name string) (file, error) { return fileOf(r.Open(name)) }

// fileOf keeps a nil *os.File out of the interface.
func fileOf(f *os.File, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (r root) rename(from, to string) error { return r.Rename(from, to) }
func (r root) remove(name string) error     { return r.Remove(name) }

func (r root) sync() error {
	d, err := r.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
