package protocol

// ClientMessages are all messages a client may send, by type.
var ClientMessages = map[string]any{
	"join": Join{}, "offer": Offer{}, "setMedia": SetMedia{}, "postChat": PostChat{}, "getHistory": GetHistory{},
	"admit": Admit{}, "invite": Invite{}, "end": End{}, "leave": Leave{}, "setConsent": SetConsent{},
	"offerFile": OfferFile{}, "finishFile": FinishFile{}, "cancelFile": CancelFile{}, "ping": Ping{},
}

// ServerMessages are all messages the server may send, by type.
var ServerMessages = map[string]any{
	"joined": Joined{}, "waitingRoom": WaitingRoom{}, "answer": Answer{}, "slots": Slots{}, "moreSlots": MoreSlots{},
	"personJoined": PersonJoined{}, "personChanged": PersonChanged{}, "personLeft": PersonLeft{},
	"waitingChanged": WaitingChanged{}, "chat": Chat{}, "history": History{}, "invited": Invited{},
	"fileAccepted": FileAccepted{}, "fileProgress": FileProgress{}, "fileFailed": FileFailed{},
	"recording": RecordingState{}, "sessionChanged": SessionChanged{}, "ended": Ended{}, "quality": Quality{},
	"speaking": Speaking{}, "error": Error{}, "pong": Pong{},
}

// Close codes of the WebSocket, RFC 6455 §7.4.2 (4000–4999 are ours).
const (
	CloseEnded        = 4000 // the consultation is over: do not come back
	CloseBadMessage   = 4001 // malformed, unknown or out of order: a defect of the client
	CloseUnauthorized = 4002 // the pass is not good (any more)
	CloseReplaced     = 4003 // another tab took the seat
	CloseTooSlow      = 4004 // the outbox was full: come back with since
	CloseRateLimited  = 4005 // too many messages
	CloseTooEarly     = 4006 // the join window is not open
	CloseRevoked      = 4007 // the invite was revoked
	CloseRestart      = 4008 // the server goes down: come back soon
	CloseConsent      = 4009 // consent to recording is required first
	CloseInternal     = 4010 // a defect of the server
)
