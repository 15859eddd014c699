package recorder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"syscall"
	"time"

	"tmk/recorder/webm"
)

// failure says which failure err is; nil stays nil.
func failure(err error) error {
	var f *FailedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return &FailedError{FailureDiskFull, err}
	}
	return &FailedError{FailureIO, err}
}

// enough fails when less than need bytes are free.
func enough(free func() (int64, error), need int64) error {
	left, err := free()
	if err != nil {
		return fmt.Errorf("look at free space: %w", err)
	}
	if left < need {
		return &FailedError{FailureDiskFull, fmt.Errorf("%d bytes free, %d needed", left, need)}
	}
	return nil
}

// lead is what a finished file shows before a track's first frame. A camera that
// begins within a second needs none.
var lead = webm.Filler{
	Silence: silence, SilenceFor: silenceFor,
	Blank: blankFrame, BlankEvery: keyEvery, BlankAfter: time.Second,
}

// margin is left free when a file is finished beside its spool: less than
// Config.MinFree, so that a recording which ended for that can be finished.
const margin = 16 << 20

// finish makes the finished file of a spool, or reads the facts of one that is
// finished. It can be cut off anywhere and called again.
func (r *Recorder) finish(ctx context.Context, id string) (Facts, error) {
	facts, err := r.measure(ctx, id)
	if err == nil {
		return facts, r.tidy(id)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		if ctx.Err() != nil {
			return Facts{}, err
		}
		return Facts{}, failure(err)
	}
	spool, err := r.disk.open(spoolName(id))
	if errors.Is(err, fs.ErrNotExist) {
		return Facts{}, &FailedError{FailureLost, err}
	}
	if err != nil {
		return Facts{}, failure(err)
	}
	defer spool.Close()
	facts, err = r.build(ctx, id, spool)
	switch {
	case err == nil:
		return facts, r.tidy(id)
	case ctx.Err() != nil:
		return Facts{}, err
	case errors.Is(err, webm.ErrEmpty), errors.Is(err, webm.ErrFormat):
		return Facts{}, &FailedError{FailureEmpty, err}
	}
	return Facts{}, failure(err)
}

// build writes ID.tmp, checks it and gives it its name.
func (r *Recorder) build(ctx context.Context, id string, spool file) (Facts, error) {
	info, err := spool.Stat()
	if err != nil {
		return Facts{}, fmt.Errorf("look at spool: %w", err)
	}
	if err := enough(r.disk.free, info.Size()+min(margin, r.minFree)); err != nil {
		return Facts{}, err
	}
	if err := r.disk.remove(tempName(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Facts{}, fmt.Errorf("remove old attempt: %w", err)
	}
	f, err := r.disk.create(tempName(id))
	if err != nil {
		return Facts{}, fmt.Errorf("create file: %w", err)
	}
	facts, err := remux(ctx, f, spool, info.Size())
	if err == nil {
		err = f.Close()
	} else {
		f.Close()
	}
	if err == nil {
		err = r.disk.rename(tempName(id), finishedName(id))
	}
	if err != nil {
		return Facts{}, errors.Join(err, r.disk.remove(tempName(id)))
	}
	return facts, nil
}

// remux writes the finished file, makes it durable and reads it back.
func remux(ctx context.Context, f file, spool io.ReaderAt, size int64) (Facts, error) {
	sum := sha256.New()
	src := patient{ctx, spool}
	wrote, err := webm.Remux(io.MultiWriter(f, sum), src, size, lead)
	if err != nil {
		return Facts{}, fmt.Errorf("finish file: %w", err)
	}
	if err := f.Sync(); err != nil {
		return Facts{}, fmt.Errorf("sync file: %w", err)
	}
	facts, err := inspect(ctx, f, wrote.Bytes)
	if err != nil {
		return Facts{}, fmt.Errorf("verify file: %v", err) // not the spool's error: never ErrFormat
	}
	if !bytes.Equal(facts.SHA256, sum.Sum(nil)) {
		return Facts{}, errors.New("verify file: it reads otherwise than it was written")
	}
	return facts, nil
}

// measure reads the facts of a finished file.
func (r *Recorder) measure(ctx context.Context, id string) (Facts, error) {
	f, err := r.disk.open(finishedName(id))
	if err != nil {
		return Facts{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Facts{}, err
	}
	return inspect(ctx, f, info.Size())
}

// inspect reads a whole finished file twice: its structure, and its bytes.
func inspect(ctx context.Context, f io.ReaderAt, size int64) (Facts, error) {
	src := patient{ctx, f}
	s, err := webm.Verify(src, size)
	if err != nil {
		return Facts{}, err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, io.NewSectionReader(src, 0, math.MaxInt64))
	if err != nil {
		return Facts{}, err
	}
	if n != size {
		return Facts{}, fmt.Errorf("%d bytes instead of %d", n, size)
	}
	return Facts{Offset: s.Header.Offset, Duration: s.Header.Duration, Bytes: size, SHA256: sum.Sum(nil)}, nil
}

// tidy makes the finished file's name durable before it lets go of the spool.
func (r *Recorder) tidy(id string) error {
	if err := r.disk.sync(); err != nil {
		return failure(fmt.Errorf("sync directory: %w", err))
	}
	for _, name := range []string{spoolName(id), tempName(id)} {
		if err := r.disk.remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			// The file is good; what is left is removed by the next Mend or Remove.
			r.log.Warn("remove spool", "recording", id, "error", err)
		}
	}
	return nil
}

// patient reads until its context ends.
type patient struct {
	ctx context.Context
	r   io.ReaderAt
}

func (p patient) ReadAt(b []byte, off int64) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.ReadAt(b, off)
}
