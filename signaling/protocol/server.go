package protocol

import "time"

// Joined answers join: the person is in the room.
type Joined struct {
	Seat      string         `json:"seat" doc:"who the client is"`
	Session   Session        `json:"session" doc:"the consultation"`
	People    []Person       `json:"people" doc:"everybody in the room, the client too"`
	Waiting   []Waiting      `json:"waiting" doc:"who waits for admission; doctors only, else empty"`
	Messages  []ChatMessage  `json:"messages" doc:"the thread after join.since, at most 200"`
	LastSeq   int64          `json:"lastSeq" doc:"the thread's last number; ask with getHistory until it is reached"`
	Answer    string         `json:"answer,omitempty" doc:"the SDP answer to the offer; absent when the old connection is kept or there was no offer"`
	PeerKept  bool           `json:"peerKept,omitempty" doc:"the media connection of before goes on (resume with peerAlive). When it is absent after such a join, make a new RTCPeerConnection and send an offer with fresh"`
	Slots     []Slot         `json:"slots" doc:"whose media arrives on which receive line"`
	Resumed   bool           `json:"resumed" doc:"the seat was still held: nobody was told that the person left"`
	Recording RecordingState `json:"recording" doc:"whether it is being recorded"`
	Limits    Limits         `json:"limits" doc:"what the client must keep to"`
}

// WaitingRoom answers join when the person must wait for the doctor, and comes again when something of it changes.
type WaitingRoom struct {
	Seat          string         `json:"seat" doc:"who the client is"`
	Session       Session        `json:"session" doc:"the consultation"`
	DoctorPresent bool           `json:"doctorPresent" doc:"the doctor is in the room"`
	Messages      []ChatMessage  `json:"messages" doc:"the first time: the thread after join.since, at most 200; patients only, for others empty until they are admitted"`
	LastSeq       int64          `json:"lastSeq" doc:"the thread's last number; 0 where messages are not shown"`
	Recording     RecordingState `json:"recording" doc:"whether it is or will be recorded, and whether consent is needed"`
	Limits        Limits         `json:"limits" doc:"what the client must keep to"`
}

// Session is what the room shows of the consultation.
type Session struct {
	ID         string     `json:"id" doc:"opaque"`
	Status     string     `json:"status" enum:"upcoming,current,finished,cancelled,missed" doc:"where the consultation is in its life"`
	StartsAt   time.Time  `json:"startsAt" doc:"planned start"`
	StartedAt  *time.Time `json:"startedAt,omitempty" doc:"when it became current"`
	Topic      string     `json:"topic" doc:"may be empty"`
	ServerTime time.Time  `json:"serverTime" doc:"to set the page's clock by"`
}

// Person is somebody in the room.
type Person struct {
	Seat      string `json:"seat" doc:"opaque"`
	Role      string `json:"role" enum:"doctor,patient,relative,interpreter,observer" doc:"what the person is"`
	Name      string `json:"name" doc:"may be empty"`
	Media     Media  `json:"media" doc:"what is on"`
	Connected bool   `json:"connected" doc:"false while the connection is being restored"`
}

// Waiting is somebody who waits for admission.
type Waiting struct {
	Seat  string    `json:"seat" doc:"opaque"`
	Role  string    `json:"role" enum:"doctor,patient,relative,interpreter,observer" doc:"what the person is"`
	Name  string    `json:"name" doc:"may be empty"`
	Since time.Time `json:"since" doc:"when the person came"`
}

// Slot says whose media arrives on one of the client's receive lines.
type Slot struct {
	Mid    string `json:"mid" doc:"the line of the client's own offer"`
	Seat   string `json:"seat" doc:"whose; empty when free"`
	Source string `json:"source" enum:"mic,camera,screen," doc:"what of that person; empty when free"`
	Held   bool   `json:"held,omitempty" doc:"the picture is held back: this client's line is too narrow for it now"`
}

// Limits is what the client must keep to.
type Limits struct {
	MaxText  int   `json:"maxText" doc:"characters of a message"`
	MaxFile  int64 `json:"maxFile" doc:"bytes of a file"`
	MaxChunk int   `json:"maxChunk" doc:"bytes of data in one chunk"`
}

// Answer is the SDP answer to an offer.
type Answer struct {
	SDP string `json:"sdp" doc:"the SDP text"`
}

// Slots tells anew whose media arrives where: the whole list.
type Slots struct {
	Slots []Slot `json:"slots" doc:"all receive lines"`
}

// MoreSlots asks the client for an offer with more receive lines.
type MoreSlots struct {
	Audio int `json:"audio" doc:"further audio lines"`
	Video int `json:"video" doc:"further video lines"`
}

// PersonJoined tells that somebody came into the room.
type PersonJoined struct {
	Person Person `json:"person" doc:"who"`
}

// PersonChanged tells of a person's new media state or connection.
type PersonChanged struct {
	Person Person `json:"person" doc:"the whole new state"`
}

// PersonLeft tells that somebody is gone.
type PersonLeft struct {
	Seat string `json:"seat" doc:"who"`
}

// WaitingChanged tells the doctors who waits.
type WaitingChanged struct {
	Waiting []Waiting `json:"waiting" doc:"the whole list"`
}

// ChatMessage is one entry of the thread.
type ChatMessage struct {
	Seq      int64     `json:"seq" doc:"from 1, no gaps"`
	ID       string    `json:"id" doc:"opaque"`
	Seat     string    `json:"seat" doc:"whose"`
	Name     string    `json:"name" doc:"the author's name"`
	Role     string    `json:"role" enum:"doctor,patient,relative,interpreter,observer" doc:"the author's role"`
	ClientID string    `json:"clientId" doc:"as it was sent"`
	Text     string    `json:"text" doc:"empty for a file"`
	File     *ChatFile `json:"file,omitempty" doc:"for a file"`
	SentAt   time.Time `json:"sentAt" doc:"by the server's clock"`
}

// ChatFile is a file of the thread. GET /v1/room/files/{id}/content serves it.
type ChatFile struct {
	ID     string `json:"id" doc:"opaque"`
	Name   string `json:"name" doc:"cleaned"`
	Type   string `json:"type" doc:"MIME type by content"`
	Size   int64  `json:"size" doc:"bytes"`
	SHA256 string `json:"sha256" doc:"hex"`
}

// Chat brings one message; to its author too, where it says that it is stored.
type Chat struct {
	Message ChatMessage `json:"message" doc:"the message"`
}

// History answers getHistory.
type History struct {
	Messages []ChatMessage `json:"messages" doc:"ascending"`
	LastSeq  int64         `json:"lastSeq" doc:"the thread's last number"`
}

// Invited answers invite.
type Invited struct {
	Seat string `json:"seat" doc:"the new person's"`
	Role string `json:"role" enum:"doctor,patient,relative,interpreter,observer" doc:"as asked"`
	Name string `json:"name" doc:"as asked"`
	URL  string `json:"url" doc:"the personal link: hand it to that person only"`
}

// FileAccepted answers offerFile.
type FileAccepted struct {
	File     string `json:"file" doc:"opaque"`
	ClientID string `json:"clientId" doc:"as it was offered"`
	Stream   uint32 `json:"stream" doc:"names the upload in chunks on the data channel; new for each connection"`
	Have     int64  `json:"have" doc:"bytes already stored: go on from there"`
	Credit   int64  `json:"credit" doc:"the client may send up to this offset; acknowledgements raise it"`
	Stored   bool   `json:"stored" doc:"the file is in the thread already, nothing to do"`
}

// FileProgress tells the others how an upload does, about twice a second.
type FileProgress struct {
	File     string `json:"file" doc:"opaque"`
	Seat     string `json:"seat" doc:"whose"`
	Name     string `json:"name" doc:"cleaned"`
	Size     int64  `json:"size" doc:"bytes"`
	Received int64  `json:"received" doc:"bytes so far"`
	Done     bool   `json:"done" doc:"finished, given up or refused: take the bar away"`
}

// FileFailed tells the sender that an upload is over without success, or was refused. Where the file may yet be taken up (unavailable, rate_limited, conflict), offer it again.
type FileFailed struct {
	File     string `json:"file" doc:"opaque"`
	ClientID string `json:"clientId" doc:"as it was offered"`
	Code     Code   `json:"code" doc:"see the table of codes; invalid means that the hash was wrong or a chunk came out of order"`
	Message  string `json:"message" doc:"in English, for logs"`
}

// RecordingState tells of the recording.
type RecordingState struct {
	Policy      string `json:"policy" enum:"off,ask,required" doc:"whether the consultation is recorded"`
	Active      bool   `json:"active" doc:"it is being recorded now: show the sign"`
	Consent     string `json:"consent" enum:"unasked,given,refused" doc:"this client's own answer"`
	TextVersion string `json:"textVersion" doc:"which text to show when asking"`
	Failed      bool   `json:"failed" doc:"recording broke off (disk); the call goes on"`
}

// SessionChanged tells that the status changed but the room goes on (it became current).
type SessionChanged struct {
	Session Session `json:"session" doc:"the new state"`
}

// Ended tells that the consultation is over; the socket is closed after it with 4000.
type Ended struct {
	Status string `json:"status" enum:"finished,cancelled,missed" doc:"the final status"`
	Reason string `json:"reason" enum:"doctor,api,abandoned,timeout," doc:"doctor, api, abandoned or timeout; empty when cancelled or missed"`
}

// Quality tells how the connections of the room do, about every 2 s, when something changed.
type Quality struct {
	People []PersonQuality `json:"people" doc:"of everybody in the room"`
}

// PersonQuality is one person's connection.
type PersonQuality struct {
	Seat  string `json:"seat" doc:"whose"`
	Level int    `json:"level" doc:"0 none, 1 bad, 2 fair, 3 good"`
	Cause string `json:"cause" enum:"uplink,downlink,latency," doc:"where the trouble is: what the person sends, what he receives, the delay; empty when good or unknown"`
}

// Speaking tells who speaks.
type Speaking struct {
	Seats []string `json:"seats" doc:"all who speak now"`
}

// ErrorReply answers a message that could not be carried out. Fatal ones are followed by a close; the table of codes tells with what.
type ErrorReply struct {
	Code    Code   `json:"code" doc:"see the table of codes"`
	Message string `json:"message" doc:"in English, for logs; pages show their own words by code"`
	Ref     string `json:"ref,omitempty" doc:"too_early: when the window opens"`
	Fatal   bool   `json:"fatal" doc:"the socket is about to be closed"`
}

// Pong answers ping.
type Pong struct {
	ServerTime time.Time `json:"serverTime" doc:"now"`
}
