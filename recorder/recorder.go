package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"tmk/recorder/webm"
	"tmk/sfu"
)

// Config is where and how to record.
type Config struct {
	Dir      string // spool and finished files; made when missing, mode 0700
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
	MinFree  int64            // bytes; below it a recording ends with FailureDiskFull. 0 means 512 MiB
	QueueLen int              // packets that wait for the writer, per recording; 0 means 2048
}

const (
	defaultMinFree  = 512 << 20
	defaultQueueLen = 2048
)

// Failure is why a recording failed; it is what the integration is told.
type Failure string

const (
	FailureDiskFull Failure = "disk_full"
	FailureIO       Failure = "io_error"
	FailureEmpty    Failure = "empty" // nothing was ever received
	FailureLost     Failure = "lost"  // no file was found at start
)

// Facts describe a finished file.
type Facts struct {
	Offset   time.Duration // of the first sample from Epoch
	Duration time.Duration
	Bytes    int64
	SHA256   []byte
}

// FailedError is how a recording's Stop and Mend tell of a failure.
type FailedError struct {
	Failure Failure
	Err     error
}

func (e *FailedError) Error() string {
	if e.Err == nil {
		return "recording failed: " + string(e.Failure)
	}
	return "recording failed: " + string(e.Failure) + ": " + e.Err.Error()
}

func (e *FailedError) Unwrap() error { return e.Err }

// ErrActive says that a recording of that id is being written.
var ErrActive = errors.New("recording is active")

// Recorder owns the directory. Its methods may be called from any goroutine.
//
// Of a recording the directory holds ID.spool while it is written, ID.tmp while
// it is finished, and ID.webm when that is done. No other process may use it.
type Recorder struct {
	disk     disk
	log      *slog.Logger
	now      func() time.Time
	minFree  int64
	queueLen int
	pool     packets

	mu     sync.Mutex
	active map[string]*Recording
	busy   map[string]bool // being finished or removed
}

// New opens the directory.
func New(cfg Config) (*Recorder, error) {
	d, err := openRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open recordings: %w", err)
	}
	return newRecorder(cfg, d), nil
}

func newRecorder(cfg Config, d disk) *Recorder {
	r := &Recorder{
		disk: d, log: cfg.Log, now: cfg.Now, minFree: cfg.MinFree, queueLen: cfg.QueueLen,
		active: make(map[string]*Recording), busy: make(map[string]bool),
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.minFree == 0 {
		r.minFree = defaultMinFree
	}
	if r.queueLen <= 0 {
		r.queueLen = defaultQueueLen
	}
	return r
}

// plain reports whether id can name a file: a-z, 0-9, _ and -, at most 100.
func plain(id string) bool {
	if id == "" || len(id) > 100 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func spoolName(id string) string    { return id + ".spool" }
func tempName(id string) string     { return id + ".tmp" }
func finishedName(id string) string { return id + ".webm" }

// Start begins the file of one participant (or of his screen). id names the file
// and must be a plain name: a-z, 0-9, _ and -. epoch is the common clock's zero:
// the same for all recordings of a consultation. failed is called at most once,
// from the recording's own goroutine, when it ends by itself (disk); its error is
// a *FailedError; it may call Stop. failed may be nil.
// Errors: fs.ErrInvalid, fs.ErrExist, *FailedError.
func (r *Recorder) Start(id string, epoch time.Time, failed func(error)) (*Recording, error) {
	if !plain(id) {
		return nil, fmt.Errorf("start recording: name: %w", fs.ErrInvalid)
	}
	if err := enough(r.disk.free, r.minFree); err != nil {
		return nil, fmt.Errorf("start recording %s: %w", id, failure(err))
	}
	rec := newRecording(r, id, failed)
	if err := r.claim(id, rec); err != nil {
		return nil, fmt.Errorf("start recording %s: %w", id, err)
	}
	if err := rec.create(epoch); err != nil {
		r.release(id)
		return nil, fmt.Errorf("start recording %s: %w", id, err)
	}
	go rec.run()
	return rec, nil
}

func (rec *Recording) create(epoch time.Time) error {
	d := rec.r.disk
	if f, err := d.open(finishedName(rec.id)); err == nil {
		f.Close()
		return fs.ErrExist
	}
	f, err := d.create(spoolName(rec.id))
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if err != nil {
		return failure(err)
	}
	s, err := openSpool(f, webm.Header{Start: rec.zero, Offset: rec.zero.Sub(epoch)}, d, rec.r.minFree)
	if err == nil {
		err = d.sync()
	}
	if err != nil {
		return failure(errors.Join(err, f.Close(), d.remove(spoolName(rec.id))))
	}
	rec.writer = newWriter(s, &rec.r.pool, &rec.stats)
	return nil
}

// claim takes id for a recording, or for work on its files when rec is nil.
func (r *Recorder) claim(id string, rec *Recording) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active[id] != nil || r.busy[id] {
		return ErrActive
	}
	if rec != nil {
		r.active[id] = rec
	} else {
		r.busy[id] = true
	}
	return nil
}

func (r *Recorder) release(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.active, id)
	delete(r.busy, id)
}

// Open reads a finished recording. Errors: fs.ErrNotExist.
func (r *Recorder) Open(id string) (io.ReadSeekCloser, error) {
	if !plain(id) {
		return nil, fmt.Errorf("open recording: name: %w", fs.ErrNotExist)
	}
	f, err := r.disk.open(finishedName(id))
	if err != nil {
		return nil, fmt.Errorf("open recording %s: %w", id, err)
	}
	return f, nil
}

// Remove erases a recording, finished or not; one that is being written ends.
// That there is none is no error. Errors: fs.ErrInvalid, ErrActive while it is
// being finished, or the disk's.
func (r *Recorder) Remove(id string) error {
	if !plain(id) {
		return fmt.Errorf("remove recording: name: %w", fs.ErrInvalid)
	}
	r.mu.Lock()
	rec := r.active[id]
	r.mu.Unlock()
	if rec != nil {
		rec.abandon()
	}
	if err := r.claim(id, nil); err != nil {
		return fmt.Errorf("remove recording %s: %w", id, err)
	}
	defer r.release(id)
	var errs []error
	for _, name := range []string{spoolName(id), tempName(id), finishedName(id)} {
		if err := r.disk.remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(append(errs, r.disk.sync())...); err != nil {
		return fmt.Errorf("remove recording %s: %w", id, err)
	}
	return nil
}

// Mend finishes what a crash left of the recording: cuts the torn tail, writes
// Cues and duration. A recording that is finished already returns its facts
// again. Errors: *FailedError; ErrActive; ctx's, after which it can be called again.
func (r *Recorder) Mend(ctx context.Context, id string) (Facts, error) {
	if !plain(id) {
		return Facts{}, &FailedError{FailureLost, fs.ErrInvalid}
	}
	if err := r.claim(id, nil); err != nil {
		return Facts{}, fmt.Errorf("mend recording %s: %w", id, err)
	}
	defer r.release(id)
	f, err := r.finish(ctx, id)
	if err != nil {
		return f, fmt.Errorf("mend recording %s: %w", id, err)
	}
	return f, nil
}

var _ sfu.Sink = (*sink)(nil)
