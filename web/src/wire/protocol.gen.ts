// Made by go generate ./signaling/protocol. Do not edit.

/** The WebSocket subprotocol. */
export const PROTOCOL_VERSION = 'tmk.v1';

/** Close codes of the WebSocket. */
export const CloseCode = {
  /** the consultation is over: do not come back */
  Ended: 4000,
  /** malformed, unknown or out of order: a defect of the client */
  BadMessage: 4001,
  /** the pass is not good (any more) */
  Unauthorized: 4002,
  /** another tab took the seat: do not come back by yourself */
  Replaced: 4003,
  /** the outbox was full: come back with since */
  TooSlow: 4004,
  /** too many messages */
  RateLimited: 4005,
  /** the join window is not open */
  TooEarly: 4006,
  /** the invite was revoked or has run out */
  Revoked: 4007,
  /** the server goes down: come back soon */
  Restart: 4008,
  /** consent to recording is required first */
  Consent: 4009,
  /** a defect of the server, or its database does not answer: come back later */
  Internal: 4010,
  /** the room has as many people as it may */
  Full: 4011,
  /** the person was given a new link, this one has ended: do not come back by yourself */
  Reissued: 4012,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** Codes of the error and fileFailed messages. */
export type ErrorCode =
  /** malformed, unknown or out of order; always fatal */
  | 'bad_message'
  /** no such pass, or it has run out */
  | 'unauthorized'
  /** known, but may not do this */
  | 'forbidden'
  /** another tab of the same person took the seat */
  | 'replaced'
  /** too many messages, or uploads at once */
  | 'rate_limited'
  /** the join window is not open; ref is its opening, RFC 3339 */
  | 'too_early'
  /** the invite was revoked before the join */
  | 'link_unknown'
  /** the invite was revoked while the person was here */
  | 'revoked'
  /** the person was given a new link, and this tab came by the old one */
  | 'link_reissued'
  /** the invite's time is over */
  | 'link_expired'
  /** consent to recording is needed first */
  | 'consent_required'
  /** the consultation was cancelled */
  | 'cancelled'
  /** the consultation is over */
  | 'finished'
  /** the room has as many people as it may */
  | 'room_full'
  /** a value is not acceptable; message says which */
  | 'invalid'
  /** no such thing, or not yours to see */
  | 'not_found'
  /** the state does not allow it */
  | 'conflict'
  /** it exists already */
  | 'duplicate'
  /** over a size limit */
  | 'too_large'
  /** a type of content that is not accepted */
  | 'unsupported'
  /** an upload was given up by its sender, or its connection is gone */
  | 'gone'
  /** disk or database does not answer; try later */
  | 'unavailable'
  /** a defect of the server */
  | 'internal'
  ;

/** An SDP offer of the client: the first, one with more slots, another sender, or an ICE restart. */
export interface Offer {
  /** the SDP text; no candidates are needed, the server is ICE-lite */
  sdp: string;
  /** which m-line carries what: mid → mic, camera or screen */
  senders: Record<string, 'mic' | 'camera' | 'screen'>;
  /** it comes from a new RTCPeerConnection: the server drops the old one and starts anew. Without it the offer goes to the connection there is */
  fresh?: boolean;
}

/** Says what a person sends. It is known to all at once. */
export interface Media {
  /** the microphone is on */
  mic: boolean;
  /** the camera is on */
  camera: boolean;
  /** the screen is shared */
  screen: boolean;
}

/** Answers the question whether one may be recorded, or withdraws the answer. */
export interface SetConsent {
  /** true: may be recorded */
  given: boolean;
  /** which text was shown */
  textVersion: string;
  /** in which language it was shown */
  language: 'ru' | 'en';
}

/** The first message on a socket: who it is and the first offer. */
export interface Join {
  /** the tab's credential, from POST /v1/room/enter */
  pass: string;
  /** the last message number that the client has; 0 for the whole thread */
  since: number;
  /** the first offer, of a new RTCPeerConnection; held while the person waits for admission. Absent: text only until an offer message comes */
  offer?: Offer;
  /** what is on at the start */
  media: Media;
  /** the answer about recording, when the page has just asked */
  consent?: SetConsent;
  /** true when this tab was joined before and lost its socket: refused with 4003 when another tab has taken the seat meanwhile. False takes the seat from another tab */
  resume?: boolean;
  /** with resume: the client's media connection still stands, keep it. joined.peerKept tells whether the server has it too; send no offer then, else make a new connection and send its offer */
  peerAlive?: boolean;
}

/** Tells that microphone, camera or screen went on or off. */
export interface SetMedia {
  /** the whole new state */
  media: Media;
}

/** Sends a text to the thread. The answer is the chat message itself, with re. */
export interface PostChat {
  /** made by the client, unique per seat: sending it again is no second message */
  clientId: string;
  /** 1 to 4000 characters */
  text: string;
}

/** Asks for messages after a number. */
export interface GetHistory {
  /** messages with a higher number are sent, at most 200 a time */
  since: number;
}

/** Lets a waiting person in. Doctors only. */
export interface Admit {
  /** who may come in */
  seat: string;
}

/** Makes a link for one more person. Doctors only. */
export interface Invite {
  /** what the person is */
  role: 'doctor' | 'patient' | 'relative' | 'interpreter' | 'observer';
  /** shown in the room, at most 200 characters */
  name: string;
}

/** Announces an upload, or takes up one that was broken off. It is answered by fileAccepted or fileFailed. */
export interface OfferFile {
  /** made by the client, unique per seat: the same one resumes */
  clientId: string;
  /** the file's name */
  name: string;
  /** MIME type as the browser thinks; the server looks for itself */
  mime: string;
  /** bytes */
  size: number;
}

/** Says that all chunks are sent. The outcome is a chat message with the file, or fileFailed. */
export interface FinishFile {
  /** from fileAccepted */
  file: string;
  /** of the whole file, 64 hex digits */
  sha256: string;
}

/** Gives an upload up. */
export interface CancelFile {
  /** from fileAccepted */
  file: string;
}

/** Ends the consultation for all. Doctors only. */
export type End = object;

/** Gives the seat's presence up at once (the tab closes, or the person goes out for now). The socket is then closed with 1000. */
export type Leave = object;

/** Asks for a pong: a sign of life that pages can see (the server also pings by WebSocket frames). */
export type Ping = object;

/** What the room shows of the consultation. */
export interface Session {
  /** opaque */
  id: string;
  /** where the consultation is in its life */
  status: 'upcoming' | 'current' | 'finished' | 'cancelled' | 'missed';
  /** planned start */
  startsAt: string;
  /** when it became current */
  startedAt?: string;
  /** may be empty */
  topic: string;
  /** to set the page's clock by */
  serverTime: string;
}

/** Somebody in the room. */
export interface Person {
  /** opaque */
  seat: string;
  /** what the person is */
  role: 'doctor' | 'patient' | 'relative' | 'interpreter' | 'observer';
  /** may be empty */
  name: string;
  /** what is on */
  media: Media;
  /** false while the connection is being restored */
  connected: boolean;
}

/** Somebody who waits for admission. */
export interface Waiting {
  /** opaque */
  seat: string;
  /** what the person is */
  role: 'doctor' | 'patient' | 'relative' | 'interpreter' | 'observer';
  /** may be empty */
  name: string;
  /** when the person came */
  since: string;
}

/** A file of the thread. GET /v1/room/files/{id}/content serves it. */
export interface ChatFile {
  /** opaque */
  id: string;
  /** cleaned */
  name: string;
  /** MIME type by content */
  type: string;
  /** bytes */
  size: number;
  /** hex */
  sha256: string;
}

/** One entry of the thread. */
export interface ChatMessage {
  /** from 1, no gaps */
  seq: number;
  /** opaque */
  id: string;
  /** whose */
  seat: string;
  /** the author's name */
  name: string;
  /** the author's role */
  role: 'doctor' | 'patient' | 'relative' | 'interpreter' | 'observer';
  /** as it was sent */
  clientId: string;
  /** empty for a file */
  text: string;
  /** for a file */
  file?: ChatFile;
  /** by the server's clock */
  sentAt: string;
}

/** Says whose media arrives on one of the client's receive lines. */
export interface Slot {
  /** the line of the client's own offer */
  mid: string;
  /** whose; empty when free */
  seat: string;
  /** what of that person; empty when free */
  source: 'mic' | 'camera' | 'screen' | '';
  /** the picture is held back: this client's line is too narrow for it now */
  held?: boolean;
}

/** Tells of the recording. */
export interface RecordingState {
  /** whether the consultation is recorded */
  policy: 'off' | 'ask' | 'required';
  /** it is being recorded now: show the sign */
  active: boolean;
  /** this client's own answer */
  consent: 'unasked' | 'given' | 'refused';
  /** which text to show when asking */
  textVersion: string;
  /** recording broke off (disk); the call goes on */
  failed: boolean;
}

/** What the client must keep to. */
export interface Limits {
  /** characters of a message */
  maxText: number;
  /** bytes of a file */
  maxFile: number;
  /** bytes of data in one chunk */
  maxChunk: number;
}

/** Answers join: the person is in the room. */
export interface Joined {
  /** who the client is */
  seat: string;
  /** the consultation */
  session: Session;
  /** everybody in the room, the client too */
  people: Person[];
  /** who waits for admission; doctors only, else empty */
  waiting: Waiting[];
  /** the thread after join.since, at most 200 */
  messages: ChatMessage[];
  /** the thread's last number; ask with getHistory until it is reached */
  lastSeq: number;
  /** the SDP answer to the offer; absent when the old connection is kept or there was no offer */
  answer?: string;
  /** the media connection of before goes on (resume with peerAlive). When it is absent after such a join, make a new RTCPeerConnection and send an offer with fresh */
  peerKept?: boolean;
  /** whose media arrives on which receive line */
  slots: Slot[];
  /** the seat was still held: nobody was told that the person left */
  resumed: boolean;
  /** whether it is being recorded */
  recording: RecordingState;
  /** what the client must keep to */
  limits: Limits;
}

/** Answers join when the person must wait for the doctor, and comes again when something of it changes. */
export interface WaitingRoom {
  /** who the client is */
  seat: string;
  /** the consultation */
  session: Session;
  /** the doctor is in the room */
  doctorPresent: boolean;
  /** the first time: the thread after join.since, at most 200; patients only, for others empty until they are admitted */
  messages: ChatMessage[];
  /** the thread's last number; 0 where messages are not shown */
  lastSeq: number;
  /** whether it is or will be recorded, and whether consent is needed */
  recording: RecordingState;
  /** what the client must keep to */
  limits: Limits;
}

/** The SDP answer to an offer. */
export interface Answer {
  /** the SDP text */
  sdp: string;
}

/** Tells anew whose media arrives where: the whole list. */
export interface Slots {
  /** all receive lines */
  slots: Slot[];
}

/** Asks the client for an offer with more receive lines. */
export interface MoreSlots {
  /** further audio lines */
  audio: number;
  /** further video lines */
  video: number;
}

/** Tells that somebody came into the room. */
export interface PersonJoined {
  /** who */
  person: Person;
}

/** Tells of a person's new media state or connection. */
export interface PersonChanged {
  /** the whole new state */
  person: Person;
}

/** Tells that somebody is gone. */
export interface PersonLeft {
  /** who */
  seat: string;
}

/** Tells the doctors who waits. */
export interface WaitingChanged {
  /** the whole list */
  waiting: Waiting[];
}

/** Brings one message; to its author too, where it says that it is stored. */
export interface Chat {
  /** the message */
  message: ChatMessage;
}

/** Answers getHistory. */
export interface History {
  /** ascending */
  messages: ChatMessage[];
  /** the thread's last number */
  lastSeq: number;
}

/** Answers invite. */
export interface Invited {
  /** the new person's */
  seat: string;
  /** as asked */
  role: 'doctor' | 'patient' | 'relative' | 'interpreter' | 'observer';
  /** as asked */
  name: string;
  /** the personal link: hand it to that person only */
  url: string;
}

/** Answers offerFile. */
export interface FileAccepted {
  /** opaque */
  file: string;
  /** as it was offered */
  clientId: string;
  /** names the upload in chunks on the data channel; new for each connection */
  stream: number;
  /** bytes already stored: go on from there */
  have: number;
  /** the client may send up to this offset; acknowledgements raise it */
  credit: number;
  /** the file is in the thread already, nothing to do */
  stored: boolean;
}

/** Tells the others how an upload does, about twice a second. */
export interface FileProgress {
  /** opaque */
  file: string;
  /** whose */
  seat: string;
  /** cleaned */
  name: string;
  /** bytes */
  size: number;
  /** bytes so far */
  received: number;
  /** finished, given up or refused: take the bar away */
  done: boolean;
}

/** Tells the sender that an upload is over without success, or was refused. Where the file may yet be taken up (unavailable, rate_limited, conflict), offer it again. */
export interface FileFailed {
  /** opaque */
  file: string;
  /** as it was offered */
  clientId: string;
  /** see the table of codes; invalid means that the hash was wrong or a chunk came out of order */
  code: ErrorCode;
  /** in English, for logs */
  message: string;
}

/** Tells that the status changed but the room goes on (it became current). */
export interface SessionChanged {
  /** the new state */
  session: Session;
}

/** Tells that the consultation is over; the socket is closed after it with 4000. */
export interface Ended {
  /** the final status */
  status: 'finished' | 'cancelled' | 'missed';
  /** doctor, api, abandoned or timeout; empty when cancelled or missed */
  reason: 'doctor' | 'api' | 'abandoned' | 'timeout' | '';
}

/** One person's connection. */
export interface PersonQuality {
  /** whose */
  seat: string;
  /** 0 none, 1 bad, 2 fair, 3 good */
  level: number;
  /** where the trouble is: what the person sends, what he receives, the delay; empty when good or unknown */
  cause: 'uplink' | 'downlink' | 'latency' | '';
}

/** Tells how the connections of the room do, about every 2 s, when something changed. */
export interface Quality {
  /** of everybody in the room */
  people: PersonQuality[];
}

/** Tells who speaks. */
export interface Speaking {
  /** all who speak now */
  seats: string[];
}

/** Answers a message that could not be carried out. Fatal ones are followed by a close; the table of codes tells with what. */
export interface ErrorReply {
  /** see the table of codes */
  code: ErrorCode;
  /** in English, for logs; pages show their own words by code */
  message: string;
  /** too_early: when the window opens */
  ref?: string;
  /** the socket is about to be closed */
  fatal: boolean;
}

/** Answers ping. */
export interface Pong {
  /** now */
  serverTime: string;
}

/** What a client may send. `id` comes back as `re` in the answer. */
export type ClientMessage =
  | ({ type: 'join'; id?: string } & Join)
  | ({ type: 'offer'; id?: string } & Offer)
  | ({ type: 'setMedia'; id?: string } & SetMedia)
  | ({ type: 'postChat'; id?: string } & PostChat)
  | ({ type: 'getHistory'; id?: string } & GetHistory)
  | ({ type: 'admit'; id?: string } & Admit)
  | ({ type: 'invite'; id?: string } & Invite)
  | ({ type: 'setConsent'; id?: string } & SetConsent)
  | ({ type: 'offerFile'; id?: string } & OfferFile)
  | ({ type: 'finishFile'; id?: string } & FinishFile)
  | ({ type: 'cancelFile'; id?: string } & CancelFile)
  | ({ type: 'end'; id?: string } & End)
  | ({ type: 'leave'; id?: string } & Leave)
  | ({ type: 'ping'; id?: string } & Ping);

/** What the server may send. `re` is the id of the message that it answers. */
export type ServerMessage =
  | ({ type: 'joined'; re?: string } & Joined)
  | ({ type: 'waitingRoom'; re?: string } & WaitingRoom)
  | ({ type: 'answer'; re?: string } & Answer)
  | ({ type: 'slots'; re?: string } & Slots)
  | ({ type: 'moreSlots'; re?: string } & MoreSlots)
  | ({ type: 'personJoined'; re?: string } & PersonJoined)
  | ({ type: 'personChanged'; re?: string } & PersonChanged)
  | ({ type: 'personLeft'; re?: string } & PersonLeft)
  | ({ type: 'waitingChanged'; re?: string } & WaitingChanged)
  | ({ type: 'chat'; re?: string } & Chat)
  | ({ type: 'history'; re?: string } & History)
  | ({ type: 'invited'; re?: string } & Invited)
  | ({ type: 'fileAccepted'; re?: string } & FileAccepted)
  | ({ type: 'fileProgress'; re?: string } & FileProgress)
  | ({ type: 'fileFailed'; re?: string } & FileFailed)
  | ({ type: 'recording'; re?: string } & RecordingState)
  | ({ type: 'sessionChanged'; re?: string } & SessionChanged)
  | ({ type: 'ended'; re?: string } & Ended)
  | ({ type: 'quality'; re?: string } & Quality)
  | ({ type: 'speaking'; re?: string } & Speaking)
  | ({ type: 'error'; re?: string } & ErrorReply)
  | ({ type: 'pong'; re?: string } & Pong);
