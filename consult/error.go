package consult

import (
	"errors"
	"fmt"
)

// Code classifies an [Error]; every edge (HTTP, WebSocket) maps codes once.
type Code string

const (
	CodeInvalid      Code = "invalid"              // the request is malformed; Fields say where
	CodeUnauthorized Code = "unauthorized"         // nobody known is calling
	CodeForbidden    Code = "forbidden"            // known, but may not
	CodeNotFound     Code = "not_found"            // no such thing, or not yours to see
	CodeConflict     Code = "conflict"             // the state does not allow it
	CodeDuplicate    Code = "duplicate"            // externalId exists; Ref is the existing consultation's id
	CodeLinkUnknown  Code = "link_unknown"         // no such link, or revoked
	CodeLinkExpired  Code = "link_expired"         // the link's time is over
	CodeTooEarly     Code = "too_early"            // the join window is not open; Ref is its opening, RFC 3339
	CodeCancelled    Code = "cancelled"            // the consultation was cancelled
	CodeFinished     Code = "finished"             // the consultation is over (finished or missed)
	CodeTooLarge     Code = "too_large"            // a size limit
	CodeUnsupported  Code = "unsupported"          // a type of content that is not accepted
	CodeRateLimited  Code = "rate_limited"         // too many requests
	CodeConsent      Code = "consent_required"     // consent to recording is needed first
	CodeStale        Code = "precondition_failed"  // If-Match names a version that is not the present one
	CodeMismatch     Code = "idempotency_mismatch" // the Idempotency-Key was used with another request
	CodeBusy         Code = "in_progress"          // a request with this Idempotency-Key is being answered
	CodeUnclaimed    Code = "unclaimed"            // the installation has no administrator yet
	CodeUnavailable  Code = "unavailable"          // a dependency (disk, database) failed; try later
	CodeInternal     Code = "internal"             // a defect of ours
)

// FieldError points at one wrong field of a request.
type FieldError struct {
	Pointer string // JSON pointer, RFC 6901: "/patient/id"
	Message string // for people, in English
}

// Error is the one error of the domain. Message is safe to show to the caller.
type Error struct {
	Code    Code
	Message string
	Ref     string // see the codes
	Fields  []FieldError
	Err     error // the cause, for logs only
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an [Error] with a formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes a CodeInvalid error that points at one field.
func Invalid(pointer, message string) *Error {
	return &Error{Code: CodeInvalid, Message: message, Fields: []FieldError{{pointer, message}}}
}

// CodeOf returns the code of the first [Error] in err's chain, or
// CodeInternal; "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
