import type { Offer } from '../wire/protocol.gen';

export type Source = 'mic' | 'camera' | 'screen';
export type Tracks = Record<Source, MediaStreamTrack | null>;
export type PeerState = 'new' | 'connecting' | 'up' | 'restoring';

/** Bits per second. 720p at 30 frames looks good from 1.5 Mbit/s on; more buys little. */
const cameraMaxBitrate = 2_000_000;
/** Papers and lab results need sharp letters, not many frames. */
const screenMaxBitrate = 2_500_000;
const screenMaxFramerate = 15;
/** A short hiccup mends itself; after this long (milliseconds) we restart ICE. */
const disconnectedGrace = 2000;
/** An ICE restart that has not helped by then is tried again, and then the connection is given up. */
const restartPatience = 7000;
const maxRestarts = 2;
/** Receive lines of the first offer; the server asks for more by moreSlots. */
const firstSlots = { audio: 3, video: 3 };

export interface PeerEvents {
  /** Sends a renegotiation and resolves with the answer's SDP. */
  offer(offer: Offer): Promise<string>;
  state(state: PeerState): void;
  /** The connection cannot be mended: build a new one. */
  dead(): void;
  filesOpen(): void;
  filesMessage(data: ArrayBuffer): void;
  filesDrained(): void;
}

/** Peer is our one RTCPeerConnection with the server: we offer, the server answers. */
export class Peer {
  readonly pc: RTCPeerConnection;
  readonly files: RTCDataChannel;
  #state: PeerState = 'new';
  #closed = false;
  #answered = false;
  #negotiating = false;
  #wanted: { iceRestart: boolean } | null = null;
  #restarts = 0;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #patienceTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #senders: Partial<Record<Source, RTCRtpTransceiver>> = {};

  constructor(
    tracks: Tracks,
    private readonly events: PeerEvents,
  ) {
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
    this.files = this.pc.createDataChannel('files', { ordered: true });
    this.files.binaryType = 'arraybuffer';
    this.files.bufferedAmountLowThreshold = 256 * 1024;
    this.files.onopen = () => events.filesOpen();
    this.files.onmessage = (event) => events.filesMessage(event.data as ArrayBuffer);
    this.files.onbufferedamountlow = () => events.filesDrained();
    this.pc.onconnectionstatechange = () => this.#connectionChanged();

    this.#senders.mic = this.pc.addTransceiver(tracks.mic ?? 'audio', {
      direction: 'sendonly',
      sendEncodings: [{ priority: 'high', networkPriority: 'high' }],
    });
    this.#senders.camera = this.pc.addTransceiver(tracks.camera ?? 'video', {
      direction: 'sendonly',
      sendEncodings: [{ maxBitrate: cameraMaxBitrate, maxFramerate: 30 }],
    });
    if (tracks.screen) this.#addScreen(tracks.screen);
    this.#addSlots(firstSlots.audio, firstSlots.video);
  }

  get state(): PeerState {
    return this.#state;
  }

  /** alive tells whether media flows, or did a moment ago. */
  get alive(): boolean {
    return !this.#closed && this.#state === 'up' && this.pc.connectionState === 'connected';
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** firstOffer makes the offer that rides in join; asked again before the answer it returns the same one. */
  async firstOffer(): Promise<Offer> {
    if (!this.pc.localDescription) await this.pc.setLocalDescription(await this.pc.createOffer());
    return { sdp: this.pc.localDescription?.sdp ?? '', senders: this.#senderMap() };
  }

  /** accept takes the answer to the first offer. */
  async accept(sdp: string): Promise<void> {
    if (this.#answered || this.#closed) return;
    await this.pc.setRemoteDescription({ type: 'answer', sdp });
    this.#answered = true;
    await this.#tune();
    if (this.#wanted) void this.#negotiate();
  }

  /** setTrack changes what a line sends; null sends nothing. A first screen share adds its line and renegotiates. */
  async setTrack(source: Source, track: MediaStreamTrack | null): Promise<void> {
    if (this.#closed) return;
    const line = this.#senders[source];
    if (line) {
      await line.sender.replaceTrack(track);
      if (track) await this.#tune();
      return;
    }
    if (track) {
      this.#addScreen(track);
      this.renegotiate();
    }
  }

  /** trackOf returns what arrives on one of our receive lines. */
  trackOf(mid: string): MediaStreamTrack | null {
    return this.pc.getTransceivers().find((line) => line.mid === mid)?.receiver.track ?? null;
  }

  addSlots(audio: number, video: number): void {
    this.#addSlots(audio, video);
    this.renegotiate();
  }

  restartIce(): void {
    this.renegotiate(true);
  }

  /** renegotiate makes a new offer, one at a time: calls during a negotiation are gathered into the next. */
  renegotiate(iceRestart = false): void {
    this.#wanted = { iceRestart: iceRestart || (this.#wanted?.iceRestart ?? false) };
    if (this.#answered) void this.#negotiate();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#graceTimer);
    clearTimeout(this.#patienceTimer);
    this.pc.onconnectionstatechange = null;
    this.files.onopen = null;
    this.files.onmessage = null;
    this.files.onbufferedamountlow = null;
    this.pc.close();
  }

  /** takeUp offers again what an offer failed to bring across; for when a new socket keeps this connection. */
  takeUp(): void {
    if (this.#wanted && this.#answered) void this.#negotiate();
  }

  async #negotiate(): Promise<void> {
    if (this.#negotiating || this.#closed) return;
    this.#negotiating = true;
    let iceRestart = false;
    try {
      while (this.#wanted && !this.#closed) {
        iceRestart = this.#wanted.iceRestart;
        this.#wanted = null;
        await this.#offerOnce(iceRestart);
      }
    } catch {
      // The socket broke or the server refused. What was wanted waits for the next offer, or for takeUp.
      this.#wanted = { iceRestart: iceRestart || (this.#wanted?.iceRestart ?? false) };
      if (!this.#closed && this.pc.signalingState === 'have-local-offer') {
        await this.pc.setLocalDescription({ type: 'rollback' }).catch(() => undefined);
      }
    } finally {
      this.#negotiating = false;
    }
  }

  async #offerOnce(iceRestart: boolean): Promise<void> {
    await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart }));
    const sdp = await this.events.offer({ sdp: this.pc.localDescription?.sdp ?? '', senders: this.#senderMap() });
    if (this.#closed) return;
    await this.pc.setRemoteDescription({ type: 'answer', sdp });
    await this.#tune();
  }

  #addScreen(track: MediaStreamTrack): void {
    this.#senders.screen = this.pc.addTransceiver(track, {
      direction: 'sendonly',
      sendEncodings: [{ maxBitrate: screenMaxBitrate, maxFramerate: screenMaxFramerate }],
    });
  }

  #addSlots(audio: number, video: number): void {
    for (let i = 0; i < audio; i++) this.pc.addTransceiver('audio', { direction: 'recvonly' });
    for (let i = 0; i < video; i++) this.pc.addTransceiver('video', { direction: 'recvonly' });
  }

  #senderMap(): Offer['senders'] {
    const senders: Offer['senders'] = {};
    for (const [source, line] of Object.entries(this.#senders) as [Source, RTCRtpTransceiver][])
      if (line.mid !== null) senders[line.mid] = source;
    return senders;
  }

  /** On a weak line a face may get softer but must keep moving; a document must stay sharp. */
  async #tune(): Promise<void> {
    for (const [source, preference] of [
      ['camera', 'maintain-framerate'],
      ['screen', 'maintain-resolution'],
    ] as const) {
      const sender = this.#senders[source]?.sender;
      if (!sender?.track) continue;
      const parameters = sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string };
      if (parameters.encodings.length === 0 || parameters.degradationPreference === preference) continue;
      parameters.degradationPreference = preference;
      await sender.setParameters(parameters).catch(() => undefined); // older browsers do not know the field
    }
  }

  #connectionChanged(): void {
    clearTimeout(this.#graceTimer);
    switch (this.pc.connectionState) {
      case 'connected':
        clearTimeout(this.#patienceTimer);
        this.#restarts = 0;
        this.#become('up');
        break;
      case 'connecting':
        if (this.#state === 'new') this.#become('connecting');
        break;
      case 'disconnected':
        this.#graceTimer = setTimeout(() => this.#recover(), disconnectedGrace);
        break;
      case 'failed':
      case 'closed':
        this.#recover();
        break;
    }
  }

  #recover(): void {
    if (this.#closed) return;
    this.#become('restoring');
    clearTimeout(this.#patienceTimer);
    if (this.#restarts >= maxRestarts || this.pc.connectionState === 'closed') {
      this.events.dead();
      return;
    }
    this.#restarts++;
    this.restartIce();
    this.#patienceTimer = setTimeout(() => this.#recover(), restartPatience);
  }

  #become(state: PeerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.events.state(state);
  }
}
