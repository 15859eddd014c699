package protocol

// Kind is one type of message.
type Kind struct {
	Type     string // the value of "type"
	Body     any    // a zero struct of it
	MaxBytes int    // the largest frame that may carry it; client messages only
}

// Frame sizes in bytes. MaxFrame is what an SDP of a room of eight needs several
// times over; a text of 4000 characters fits its limit even if each is escaped.
const (
	MaxFrame  = 256 << 10
	textFrame = 64 << 10
	tinyFrame = 4 << 10
)

// ClientMessages are all messages a client may send.
var ClientMessages = []Kind{
	{"join", Join{}, MaxFrame},
	{"offer", Offer{}, MaxFrame},
	{"setMedia", SetMedia{}, tinyFrame},
	{"postChat", PostChat{}, textFrame},
	{"getHistory", GetHistory{}, tinyFrame},
	{"admit", Admit{}, tinyFrame},
	{"invite", Invite{}, tinyFrame},
	{"setConsent", SetConsent{}, tinyFrame},
	{"offerFile", OfferFile{}, tinyFrame},
	{"finishFile", FinishFile{}, tinyFrame},
	{"cancelFile", CancelFile{}, tinyFrame},
	{"end", End{}, tinyFrame},
	{"leave", Leave{}, tinyFrame},
	{"ping", Ping{}, tinyFrame},
}

// ServerMessages are all messages the server may send.
var ServerMessages = []Kind{
	{"joined", Joined{}, 0},
	{"waitingRoom", WaitingRoom{}, 0},
	{"answer", Answer{}, 0},
	{"slots", Slots{}, 0},
	{"moreSlots", MoreSlots{}, 0},
	{"personJoined", PersonJoined{}, 0},
	{"personChanged", PersonChanged{}, 0},
	{"personLeft", PersonLeft{}, 0},
	{"waitingChanged", WaitingChanged{}, 0},
	{"chat", Chat{}, 0},
	{"history", History{}, 0},
	{"invited", Invited{}, 0},
	{"fileAccepted", FileAccepted{}, 0},
	{"fileProgress", FileProgress{}, 0},
	{"fileFailed", FileFailed{}, 0},
	{"recording", RecordingState{}, 0},
	{"sessionChanged", SessionChanged{}, 0},
	{"ended", Ended{}, 0},
	{"quality", Quality{}, 0},
	{"speaking", Speaking{}, 0},
	{"error", ErrorReply{}, 0},
	{"pong", Pong{}, 0},
}

// Close codes of the WebSocket, RFC 6455 §7.4.2 (4000–4999 are ours).
const (
	CloseEnded        = 4000 // the consultation is over: do not come back
	CloseBadMessage   = 4001 // malformed, unknown or out of order: a defect of the client
	CloseUnauthorized = 4002 // the pass is not good (any more)
	CloseReplaced     = 4003 // another tab took the seat: do not come back by yourself
	CloseTooSlow      = 4004 // the outbox was full: come back with since
	CloseRateLimited  = 4005 // too many messages
	CloseTooEarly     = 4006 // the join window is not open
	CloseRevoked      = 4007 // the invite was revoked or has run out
	CloseRestart      = 4008 // the server goes down: come back soon
	CloseConsent      = 4009 // consent to recording is required first
	CloseInternal     = 4010 // a defect of the server, or its database does not answer: come back later
	CloseFull         = 4011 // the room has as many people as it may
	CloseReissued     = 4012 // the person was given a new link, this one has ended: do not come back by yourself
)

// Codes of the error and fileFailed messages which the domain does not have.
// All others are those of package consult.
const (
	CodeBadMessage Code = "bad_message"
	CodeReplaced   Code = "replaced"
	CodeRoomFull   Code = "room_full"
	CodeGone       Code = "gone"
	CodeRevoked    Code = "revoked"
	CodeReissued   Code = "link_reissued"
)

// Code classifies the error and fileFailed messages.
type Code string

// ErrorCode describes one [Code].
type ErrorCode struct {
	Code  Code
	Close int // the WebSocket is closed with this where the error is fatal
	Doc   string
}

// ErrorCodes are all codes.
var ErrorCodes = []ErrorCode{
	{CodeBadMessage, CloseBadMessage, "malformed, unknown or out of order; always fatal"},
	{"unauthorized", CloseUnauthorized, "no such pass, or it has run out"},
	{"forbidden", CloseUnauthorized, "known, but may not do this"},
	{CodeReplaced, CloseReplaced, "another tab of the same person took the seat"},
	{"rate_limited", CloseRateLimited, "too many messages, or uploads at once"},
	{"too_early", CloseTooEarly, "the join window is not open; ref is its opening, RFC 3339"},
	{"link_unknown", CloseRevoked, "the invite was revoked before the join"},
	{CodeRevoked, CloseRevoked, "the invite was revoked while the person was here"},
	{CodeReissued, CloseReissued, "the person was given a new link, and this tab came by the old one"},
	{"link_expired", CloseRevoked, "the invite's time is over"},
	{"consent_required", CloseConsent, "consent to recording is needed first"},
	{"cancelled", CloseEnded, "the consultation was cancelled"},
	{"finished", CloseEnded, "the consultation is over"},
	{CodeRoomFull, CloseFull, "the room has as many people as it may"},
	{"invalid", CloseBadMessage, "a value is not acceptable; message says which"},
	{"not_found", CloseBadMessage, "no such thing, or not yours to see"},
	{"conflict", CloseBadMessage, "the state does not allow it"},
	{"duplicate", CloseBadMessage, "it exists already"},
	{"too_large", CloseBadMessage, "over a size limit"},
	{"unsupported", CloseBadMessage, "a type of content that is not accepted"},
	{CodeGone, 0, "an upload was given up by its sender, or its connection is gone"},
	{"unavailable", CloseInternal, "disk or database does not answer; try later"},
	{"internal", CloseInternal, "a defect of the server"},
}

// CloseCode is what the socket is closed with after a fatal error of this code.
func CloseCode(code Code) int {
	for _, c := range ErrorCodes {
		if c.Code == code && c.Close != 0 {
			return c.Close
		}
	}
	return CloseInternal
}
