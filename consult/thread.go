package consult

import "time"

// MessageKind tells text from files.
type MessageKind string

const (
	TextMessage MessageKind = "text"
	FileMessage MessageKind = "file"
)

// Message is one entry of a consultation's thread.
type Message struct {
	ID             MessageID
	ConsultationID ConsultationID
	Seq            int64 // from 1, no gaps, per consultation
	SeatID         SeatID
	ClientID       string // given by the sender; the same ClientID of a seat is the same message
	Kind           MessageKind
	Text           string // ≤ 4000 characters; "" for files
	File           *File  // files only
	SentAt         time.Time
}

// FileState is where a file's upload is.
type FileState string

const (
	FileUploading FileState = "uploading"
	FileStored    FileState = "stored"
	FileRejected  FileState = "rejected" // its content was not what is accepted, or its hash was wrong
)

// File is something sent in a thread. Its bytes are in [Blobs] under its ID.
type File struct {
	ID             FileID
	ConsultationID ConsultationID
	SeatID         SeatID
	ClientID       string // given by the sender; names the upload on resume
	Name           string // cleaned: no path, no control characters, ≤ 200 bytes
	Type           string // MIME, found from the content once stored; the sender's claim before
	Size           int64  // bytes
	SHA256         []byte // once stored
	State          FileState
	CreatedAt      time.Time
}
