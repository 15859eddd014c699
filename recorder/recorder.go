package recorder

import (
	"context"
	"io"
	"log/slog"
	"time"

	"tmk/sfu"
)

// THIS FILE IS THE CONTRACT; its bodies are filled in by the package's author.

// Config is where and how to record.
type Config struct {
	Dir      string // spool and finished files; made when missing, mode 0700
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
	MinFree  int64            // bytes; below it a recording ends with FailureDiskFull. 0 means 512 MiB
	QueueLen int              // packets that wait for the writer, per recording; 0 means 2048
}

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

func (e *FailedError) Error() string { return "recording failed: " + string(e.Failure) }
func (e *FailedError) Unwrap() error { return e.Err }

// Recorder owns the directory.
type Recorder struct{}

// New opens the directory.
func New(cfg Config) (*Recorder, error) { panic("todo") }

// Start begins the file of one participant (or of his screen). id names the file and must be a plain name.
// epoch is the common clock's zero: the same for all recordings of a consultation.
// failed is called at most once, from the recording's own goroutine, when it ends by itself (disk).
func (r *Recorder) Start(id string, epoch time.Time, failed func(error)) (*Recording, error) {
	panic("todo")
}

// Open reads a finished recording. Errors: fs.ErrNotExist.
func (r *Recorder) Open(id string) (io.ReadSeekCloser, error) { panic("todo") }

// Remove erases a recording, finished or not.
func (r *Recorder) Remove(id string) error { panic("todo") }

// Mend finishes what a crash left of the recording: cuts the torn tail, writes Cues and duration.
// A recording that is finished already returns its facts again. Errors: *FailedError.
func (r *Recorder) Mend(ctx context.Context, id string) (Facts, error) { panic("todo") }

// Recording is one file being written.
type Recording struct{}

// Sink gives the sink for a publication of this participant: one audio (Opus) and one video (VP8) track.
// A publication that follows an earlier one of its kind (after a reconnect) continues the same track.
func (rec *Recording) Sink(p sfu.PublicationInfo) sfu.Sink { panic("todo") }

// Stop ends the recording and finishes its file. The end is now: a muted or
// silent track is as long as the consultation. Errors: *FailedError.
func (rec *Recording) Stop(ctx context.Context) (Facts, error) { panic("todo") }
