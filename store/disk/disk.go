// Package disk keeps the bytes of files in a local folder, one file a blob:
// DIR/<last two characters of the id>/<id>. Ids begin with a time, so their
// ends spread evenly over the subfolders.
package disk

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"sync"

	"tmk/consult"
)

// stripes is how many locks the blobs share. Two appends wait for each other
// when they are to one blob, or by chance (1 in 256).
const stripes = 256

// Blobs is a consult.Blobs on a local folder. Its methods are safe for many
// goroutines of one process; two processes must not append to one blob.
//
// Nothing stays open between calls: a file is opened for each one (about 10 µs
// beside a 64 KiB chunk's 40), so the handles are bounded by the calls that
// run, and what a blob's size is the disk alone knows.
type Blobs struct {
	root  *os.Root // nothing outside of it can be reached, symbolic links included
	seed  maphash.Seed
	locks [stripes]sync.Mutex // by hash of the id; held while a blob changes
}

var _ consult.Blobs = (*Blobs)(nil)

// Open uses the folder dir, and makes it, for its owner only, when there is none.
func Open(dir string) (*Blobs, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	return &Blobs{root: root, seed: maphash.MakeSeed()}, nil
}

// Close releases the folder; the calls that run fail.
func (b *Blobs) Close() error { return b.root.Close() }

// Append writes p at offset, the blob's present size; see [consult.Blobs]. On
// a disk error nothing of p remains, so the same Append may be tried again.
func (b *Blobs) Append(ctx context.Context, id consult.FileID, offset int64, p []byte) (int64, error) {
	name, unlock, err := b.lock(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("append to blob: %w", err)
	}
	defer unlock()
	f, err := b.openOrCreate(name)
	if err != nil {
		return 0, failed("append to blob", id, err)
	}
	defer f.Close() // what was written is read back by nobody before Sync, which reports
	info, err := f.Stat()
	if err != nil {
		return 0, failed("append to blob", id, err)
	}
	if info.Size() != offset {
		return info.Size(), fmt.Errorf("append to blob %s: %w", id, consult.Errorf(consult.CodeConflict,
			"the file has %d bytes, not %d", info.Size(), offset))
	}
	if _, err := f.WriteAt(p, offset); err != nil {
		return offset, failed("append to blob", id, errors.Join(err, f.Truncate(offset)))
	}
	return offset + int64(len(p)), nil
}

// openOrCreate opens a blob for writing and makes it, and its subfolder, when needed.
func (b *Blobs) openOrCreate(name blobName) (*os.File, error) {
	f, err := b.root.OpenFile(name.path(), os.O_RDWR|os.O_CREATE, 0o600)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := b.root.Mkdir(name.folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return b.root.OpenFile(name.path(), os.O_RDWR|os.O_CREATE, 0o600)
}

// Sync makes what was appended durable: the bytes, and the names that lead to
// them. CodeNotFound when there is no such blob.
func (b *Blobs) Sync(ctx context.Context, id consult.FileID) error {
	name, unlock, err := b.lock(ctx, id)
	if err != nil {
		return fmt.Errorf("sync blob: %w", err)
	}
	defer unlock()
	// The folders too, each time: the disk has nothing to do for those that
	// did not change, and remembering which did would not survive a restart.
	for _, path := range []string{name.path(), name.folder, "."} {
		if err := b.syncPath(path); err != nil {
			return failed("sync blob", id, err)
		}
	}
	return nil
}

func (b *Blobs) syncPath(path string) error {
	f, err := b.root.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Size returns how much there is, 0 when nothing.
func (b *Blobs) Size(ctx context.Context, id consult.FileID) (int64, error) {
	name, err := parse(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("size of blob: %w", err)
	}
	info, err := b.root.Stat(name.path())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, failed("size of blob", id, err)
	}
	return info.Size(), nil
}

// Open reads a blob; CodeNotFound when there is none. The caller closes it.
func (b *Blobs) Open(ctx context.Context, id consult.FileID) (io.ReadSeekCloser, error) {
	name, err := parse(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	f, err := b.root.Open(name.path())
	if err != nil {
		return nil, failed("open blob", id, err)
	}
	return f, nil
}

// Remove deletes a blob; it is no error when there is none. Who reads it can
// read on.
func (b *Blobs) Remove(ctx context.Context, id consult.FileID) error {
	name, unlock, err := b.lock(ctx, id)
	if err != nil {
		return fmt.Errorf("remove blob: %w", err)
	}
	defer unlock()
	if err := b.root.Remove(name.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed("remove blob", id, err)
	}
	return nil
}

// lock checks the id and keeps others from changing its blob until unlock.
func (b *Blobs) lock(ctx context.Context, id consult.FileID) (name blobName, unlock func(), err error) {
	name, err = parse(ctx, id)
	if err != nil {
		return blobName{}, nil, err
	}
	mu := &b.locks[maphash.String(b.seed, name.file)%stripes]
	mu.Lock()
	return name, mu.Unlock, nil
}

// blobName is where a blob is under the root.
type blobName struct{ folder, file string }

func (n blobName) path() string { return n.folder + "/" + n.file }

// parse checks that ctx is alive and that the id is one of ours: 3 to 100
// characters of [a-z0-9_]. CodeInvalid otherwise.
func parse(ctx context.Context, id consult.FileID) (blobName, error) {
	if err := ctx.Err(); err != nil {
		return blobName{}, err
	}
	ok := len(id) >= 3 && len(id) <= 100
	for i := 0; ok && i < len(id); i++ {
		c := id[i]
		ok = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
	}
	if !ok {
		return blobName{}, consult.Errorf(consult.CodeInvalid, "not a file's id")
	}
	return blobName{folder: string(id[len(id)-2:]), file: string(id)}, nil
}

// failed gives an error of the disk its code.
func failed(doing string, id consult.FileID, err error) error {
	e := &consult.Error{Code: consult.CodeUnavailable, Message: "the disk cannot be written or read", Err: err}
	if errors.Is(err, fs.ErrNotExist) {
		e = &consult.Error{Code: consult.CodeNotFound, Message: "file not found", Err: err}
	}
	return fmt.Errorf("%s %s: %w", doing, id, e)
}
