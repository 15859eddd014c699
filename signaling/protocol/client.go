package protocol

// Join is the first message on a socket: who it is and the first offer.
type Join struct {
	Pass      string      `json:"pass" max:"200" doc:"the tab's credential, from POST /v1/room/enter"`
	Since     int64       `json:"since" doc:"the last message number that the client has; 0 for the whole thread"`
	Offer     *Offer      `json:"offer,omitempty" doc:"the first offer, of a new RTCPeerConnection; held while the person waits for admission. Absent: text only until an offer message comes"`
	Media     Media       `json:"media" doc:"what is on at the start"`
	Consent   *SetConsent `json:"consent,omitempty" doc:"the answer about recording, when the page has just asked"`
	Resume    bool        `json:"resume,omitempty" doc:"true when this tab was joined before and lost its socket: refused with 4003 when another tab has taken the seat meanwhile. False takes the seat from another tab"`
	PeerAlive bool        `json:"peerAlive,omitempty" doc:"with resume: the client's media connection still stands, keep it. joined.peerKept tells whether the server has it too; send no offer then, else make a new connection and send its offer"`
}

// Offer is an SDP offer of the client: the first, one with more slots, another sender, or an ICE restart.
type Offer struct {
	SDP     string            `json:"sdp" doc:"the SDP text; no candidates are needed, the server is ICE-lite"`
	Senders map[string]string `json:"senders" enum:"mic,camera,screen" doc:"which m-line carries what: mid → mic, camera or screen"`
	Fresh   bool              `json:"fresh,omitempty" doc:"it comes from a new RTCPeerConnection: the server drops the old one and starts anew. Without it the offer goes to the connection there is"`
}

// Media says what a person sends. It is known to all at once.
type Media struct {
	Mic    bool `json:"mic" doc:"the microphone is on"`
	Camera bool `json:"camera" doc:"the camera is on"`
	Screen bool `json:"screen" doc:"the screen is shared"`
}

// SetMedia tells that microphone, camera or screen went on or off.
type SetMedia struct {
	Media Media `json:"media" doc:"the whole new state"`
}

// PostChat sends a text to the thread. The answer is the chat message itself, with re.
type PostChat struct {
	ClientID string `json:"clientId" max:"64" doc:"made by the client, unique per seat: sending it again is no second message"`
	Text     string `json:"text" doc:"1 to 4000 characters"`
}

// GetHistory asks for messages after a number.
type GetHistory struct {
	Since int64 `json:"since" doc:"messages with a higher number are sent, at most 200 a time"`
}

// Admit lets a waiting person in. Doctors only.
type Admit struct {
	Seat string `json:"seat" max:"64" doc:"who may come in"`
}

// Invite makes a link for one more person. Doctors only.
type Invite struct {
	Role string `json:"role" enum:"doctor,patient,relative,interpreter,observer" doc:"what the person is"`
	Name string `json:"name" doc:"shown in the room, at most 200 characters"`
}

// End ends the consultation for all. Doctors only.
type End struct{}

// Leave gives the seat's presence up at once (the tab closes, or the person goes out for now). The socket is then closed with 1000.
type Leave struct{}

// SetConsent answers the question whether one may be recorded, or withdraws the answer.
type SetConsent struct {
	Given       bool   `json:"given" doc:"true: may be recorded"`
	TextVersion string `json:"textVersion" max:"32" doc:"which text was shown"`
	Language    string `json:"language" enum:"ru,en" doc:"in which language it was shown"`
}

// OfferFile announces an upload, or takes up one that was broken off. It is answered by fileAccepted or fileFailed.
type OfferFile struct {
	ClientID string `json:"clientId" max:"64" doc:"made by the client, unique per seat: the same one resumes"`
	Name     string `json:"name" doc:"the file's name"`
	MIME     string `json:"mime" doc:"MIME type as the browser thinks; the server looks for itself"`
	Size     int64  `json:"size" doc:"bytes"`
}

// FinishFile says that all chunks are sent. The outcome is a chat message with the file, or fileFailed.
type FinishFile struct {
	File   string `json:"file" max:"64" doc:"from fileAccepted"`
	SHA256 string `json:"sha256" max:"64" doc:"of the whole file, 64 hex digits"`
}

// CancelFile gives an upload up.
type CancelFile struct {
	File string `json:"file" max:"64" doc:"from fileAccepted"`
}

// Ping asks for a pong: a sign of life that pages can see (the server also pings by WebSocket frames).
type Ping struct{}
