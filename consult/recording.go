package consult

import "time"

// RecordingState is where a recording is in its life.
type RecordingState string

const (
	RecordingActive    RecordingState = "active"    // being written
	RecordingFinishing RecordingState = "finishing" // being made seekable
	RecordingReady     RecordingState = "ready"
	RecordingFailed    RecordingState = "failed" // Failure says why; what was written is kept
	RecordingErased    RecordingState = "erased" // its bytes are gone, or about to go; the row stays
)

// Recording is one participant's WebM file, or one screen share's.
type Recording struct {
	ID             RecordingID
	ConsultationID ConsultationID
	SeatID         SeatID
	Role           Role
	Source         string // "camera" (with microphone) or "screen"
	State          RecordingState
	Failure        string // "disk_full", "io_error", "empty", …; "" unless failed
	StartedAt      time.Time
	Offset         time.Duration // of its first sample on the consultation's common clock
	Duration       time.Duration
	Bytes          int64
	SHA256         []byte
	FinishedAt     time.Time
	ErasedAt       time.Time // zero: not erased
	EraseReason    string    // what whoever erased it gave
	BytesGone      bool      // an erased one's file has been removed
}

// Consent is one person's answer to the question whether he may be recorded.
type Consent struct {
	ID             string // "cs_…"
	ConsultationID ConsultationID
	SeatID         SeatID
	Given          bool   // false: refused or withdrawn
	TextVersion    string // which text was shown
	Language       string
	At             time.Time
}

// ConsentTextVersion names the text of the question that the pages show now.
const ConsentTextVersion = "2026-11-1"
