import type { Offer, ServerMessage } from '../wire/protocol.gen';
import { backoff } from './backoff';
import { Peer, type PeerState, type Source, type Tracks } from './peer';
import { Unanswered } from './socket';

export interface MediaLinkEvents {
  /** sends an offer over the socket and resolves with the server's answer */
  request(message: { type: 'offer' } & Offer): Promise<ServerMessage>;
  /** whether there is a socket and a room to ask in */
  reachable(): boolean;
  /** what is to be sent */
  tracks(): Tracks;
  state(state: PeerState): void;
  /** lines are new: who is seen where must be worked out anew */
  changed(): void;
  filesOpen(): void;
  filesMessage(data: ArrayBuffer): void;
  filesDrained(): void;
}

/** MediaLink keeps one working Peer: the first, and new ones in its place when it cannot be mended. */
export class MediaLink {
  #peer: Peer | null = null;
  /** connections made since the last one that worked */
  #rebuilds = 0;
  #closed = false;

  constructor(private readonly events: MediaLinkEvents) {}

  /** alive tells whether the connection stands, so that a new socket may keep it. */
  get alive(): boolean {
    return this.#peer?.alive ?? false;
  }

  get files(): RTCDataChannel | null {
    return this.#peer?.files ?? null;
  }

  /** joinOffer is the offer that rides in join. While it is unanswered (the waiting room) the same connection serves on. */
  joinOffer(): Promise<Offer> {
    if (!this.#peer || this.#peer.answered) this.#replace();
    return this.#current().firstOffer();
  }

  /** takeAnswer takes the answer of joined; without one both sides keep the connection, or it must be made anew. */
  async takeAnswer(sdp: string | undefined, kept: boolean): Promise<void> {
    try {
      if (sdp) await this.#peer?.accept(sdp);
      else if (kept) this.#peer?.takeUp();
      else void this.#rebuild();
      this.events.changed();
    } catch {
      void this.#rebuild(); // the browser did not like the answer
    }
  }

  setTrack(source: Source, track: MediaStreamTrack | null): void {
    void this.#peer?.setTrack(source, track);
  }

  addSlots(audio: number, video: number): void {
    this.#peer?.addSlots(audio, video);
  }

  trackOf(mid: string): MediaStreamTrack | null {
    return this.#peer?.trackOf(mid) ?? null;
  }

  /** networkChanged restarts ICE at once instead of after a timeout. */
  networkChanged(): void {
    if (this.#peer?.answered) this.#peer.restartIce();
  }

  close(): void {
    this.#closed = true;
    this.#peer?.close();
    this.#peer = null;
  }

  /** The connection cannot be mended: make a new one, ever more slowly. Without a socket the next join does it. */
  async #rebuild(): Promise<void> {
    this.events.state('restoring');
    const broken = this.#peer;
    const wait = backoff(this.#rebuilds++);
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (this.#closed || this.#peer !== broken || !this.events.reachable()) return;
    const peer = this.#replace();
    try {
      const answer = await this.events.request({ type: 'offer', ...(await peer.firstOffer()), fresh: true });
      await peer.accept(sdpOf(answer));
      this.events.changed();
    } catch {
      if (this.#peer === peer && this.events.reachable()) void this.#rebuild();
    }
  }

  #replace(): Peer {
    this.#peer?.close();
    const { events } = this;
    const current = () => this.#peer === peer;
    const peer: Peer = new Peer(events.tracks(), {
      offer: async (offer) => sdpOf(await events.request({ type: 'offer', ...offer })),
      state: (state) => {
        if (!current()) return;
        if (state === 'up') this.#rebuilds = 0;
        events.state(state);
      },
      dead: () => current() && void this.#rebuild(),
      filesOpen: () => current() && events.filesOpen(),
      filesMessage: (data) => current() && events.filesMessage(data),
      filesDrained: () => current() && events.filesDrained(),
    });
    this.#peer = peer;
    return peer;
  }

  #current(): Peer {
    return this.#peer ?? this.#replace();
  }
}

function sdpOf(message: ServerMessage): string {
  if (message.type !== 'answer') throw new Unanswered(`answer to offer is ${message.type}`);
  return message.sdp;
}
