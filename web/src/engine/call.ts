import type { Invited, Media, ServerMessage, SetConsent } from '../wire/protocol.gen';
import { type CallState, initialState } from './call-state';
import { contiguous, merge, newClientId, refuse } from './chat';
import { Devices } from './devices';
import { Uploads } from './files';
import { type Handlers, handlersOf } from './handlers';
import { MediaLink } from './media-link';
import { Observable } from './observable';
import { watchPage } from './page-watch';
import type { Entered } from './room-api';
import { Refusal, Socket, Unanswered } from './socket';
import { tilesOf, voicesOf } from './tiles';
import type { Language, Role } from './types';

export interface CallOptions {
  /** the address of the socket, ws: or wss: */
  url: string;
  pass: string;
  entered: Entered;
  /** in which the page speaks: consent is stored with it */
  language: () => Language;
  devices?: Devices;
  /** told when the seat is taken or given up, so that a reload goes straight back into the room */
  onSeat?: (joined: boolean) => void;
}

/** Call is one person's presence in one consultation: the socket, the media, the thread. It owns the devices. */
export class Call {
  readonly store: Observable<CallState>;
  readonly devices: Devices;
  /** @internal for the handlers and tests */
  readonly uploads: Uploads;
  #media: MediaLink | null = null;
  #socket: Socket | null = null;
  #consent: SetConsent | undefined;
  /** this tab was in the room (or its waiting room) before */
  #resume = false;
  #release: (() => void) | null = null;
  #lastMedia = '';
  readonly #handlers: Handlers;

  constructor(private readonly options: CallOptions) {
    this.store = new Observable(initialState(options.entered));
    this.devices = options.devices ?? new Devices();
    this.devices.onTrack = (source, track) => {
      this.#media?.setTrack(source, track);
    };
    this.devices.store.subscribe(() => this.#tellMedia());
    this.uploads = new Uploads({
      send: (message) => this.#socket?.send(message) ?? false,
      channel: () => this.#media?.files ?? null,
      maxChunk: () => this.state.limits.maxChunk,
      changed: (uploads) => this.store.patch({ uploads }),
    });
    this.#handlers = handlersOf(this);
  }

  get state(): CallState {
    return this.store.get();
  }

  /** serverNow is the time by the server's clock, milliseconds. */
  serverNow(): number {
    return Date.now() + this.state.skew;
  }

  /** join enters the room, or its waiting room. returning: this tab was there before. */
  join(how: { consent?: boolean; returning?: boolean } = {}): void {
    if (how.consent !== undefined) {
      this.#consent = this.#answer(how.consent);
      this.store.patch({ recording: { ...this.state.recording, consent: how.consent ? 'given' : 'refused' } });
    }
    this.#resume = false; // it takes the seat from whatever tab has it
    this.store.patch({
      phase: 'joining',
      failure: null,
      link: { up: false, attempt: 0 },
      returning: how.returning ?? false,
    });
    this.#socket?.close();
    this.#socket = new Socket(this.options.url, {
      opened: () => void this.#sendJoin(),
      message: (message) => this.#receive(message),
      lost: (attempt) => this.store.patch({ link: { up: false, attempt } }),
      stopped: (why) => this.#stopped(why),
    });
    this.#socket.open();
    this.#release ??= watchPage({
      woke: () => {
        this.#socket?.probe();
        this.devices.revive();
      },
      online: () => {
        this.#socket?.probe();
        this.#media?.networkChanged();
      },
    });
  }

  /** comeBack enters again after a reload, or after this tab had gone out; devices follow as they open. */
  comeBack(): void {
    void this.devices.start();
    this.join({ returning: true });
  }

  /** leave goes out for now; the link still works. */
  leave(): void {
    this.#socket?.send({ type: 'leave' });
    this.options.onSeat?.(false);
    this.#shut('left');
  }

  /** end ends the consultation for all; doctors only. Rejects when the server does not take it. */
  async end(): Promise<void> {
    if (!this.#socket?.send({ type: 'end' })) throw new Unanswered('socket is not open');
    this.store.patch({ endedByMe: true });
  }

  admit(seat: string): void {
    this.#socket?.send({ type: 'admit', seat });
  }

  /** invite makes a link for one more person; doctors only. */
  async invite(role: Role, name: string): Promise<Invited> {
    const answer = await this.#request({ type: 'invite', role, name });
    if (answer.type !== 'invited') throw new Unanswered(`answer to invite is ${answer.type}`);
    return answer;
  }

  setConsent(given: boolean): void {
    const { recording } = this.state;
    this.#consent = this.#answer(given);
    this.#socket?.send({ type: 'setConsent', ...this.#consent });
    this.store.patch({ recording: { ...recording, consent: given ? 'given' : 'refused' } });
  }

  /** say puts a text into the thread: it shows at once and is sent until the server has it. */
  say(text: string): void {
    const outgoing = { clientId: newClientId(), text, at: this.serverNow() };
    const { thread } = this.state;
    this.store.patch({ thread: { ...thread, outbox: [...thread.outbox, outgoing] } });
    this.#post(outgoing.clientId, text);
  }

  /** sayAgain sends once more what was refused; unsay drops it. */
  sayAgain(clientId: string): void {
    const outgoing = this.state.thread.outbox.find((candidate) => candidate.clientId === clientId);
    if (!outgoing) return;
    this.unsay(clientId);
    this.say(outgoing.text);
  }

  unsay(clientId: string): void {
    const { thread } = this.state;
    this.store.patch({
      thread: { ...thread, outbox: thread.outbox.filter((candidate) => candidate.clientId !== clientId) },
    });
  }

  sendFiles(files: Iterable<File>): void {
    for (const file of files) this.uploads.add(file, this.state.limits.maxFile);
  }

  cancelFile(clientId: string): void {
    this.uploads.cancel(clientId);
  }

  /** retry connects again at once instead of waiting for the next attempt. */
  retry(): void {
    this.#socket?.probe();
  }

  /** close lets everything go; the call cannot be used again. */
  close(): void {
    this.#shut(this.state.phase);
    this.devices.close();
  }

  // ---- for the handlers ----

  /** @internal settled: the server has taken us in. */
  settled(): void {
    this.#socket?.settled();
    this.#resume = true;
    this.options.onSeat?.(true);
    this.store.patch({ link: { up: true, attempt: 0 } });
  }

  /** @internal takeAnswer takes the answer of joined. */
  takeAnswer(sdp: string | undefined, kept: boolean): void {
    void this.#media?.takeAnswer(sdp, kept);
  }

  /** @internal moreSlots adds receive lines. */
  moreSlots(audio: number, video: number): void {
    this.#media?.addSlots(audio, video);
  }

  /** @internal layout works out anew who is seen and heard where. */
  layout(): void {
    const { people, slots, self } = this.state;
    const trackOf = (mid: string) => this.#media?.trackOf(mid) ?? null;
    this.store.patch({ tiles: tilesOf(people, slots, self, trackOf), voices: voicesOf(slots, self, trackOf) });
  }

  /** @internal fetchHistory asks for what is missing of the thread. */
  fetchHistory(): void {
    this.#socket?.send({ type: 'getHistory', since: contiguous(this.state.thread.messages) });
  }

  /** @internal flush sends again what the last socket may have lost. */
  flush(): void {
    for (const { clientId, text, refused } of this.state.thread.outbox) if (!refused) this.#post(clientId, text);
    this.#lastMedia = '';
    this.#tellMedia();
  }

  /** @internal finish shows that the consultation is over. */
  finish(ended: NonNullable<CallState['ended']>): void {
    this.options.onSeat?.(false);
    this.store.patch({ ended, endedAt: this.serverNow() });
    this.#shut('ended');
  }

  /** @internal fail ends the call for a reason. */
  fail(code: string, ref = ''): void {
    this.options.onSeat?.(false);
    this.store.patch({ failure: { code, ref } });
    this.#shut('failed');
  }

  // ---- inside ----

  #request(message: Parameters<Socket['request']>[0]): Promise<ServerMessage> {
    return this.#socket ? this.#socket.request(message) : Promise.reject(new Unanswered('not joined'));
  }

  #receive(message: ServerMessage): void {
    const handler = this.#handlers[message.type] as ((message: ServerMessage) => void) | undefined;
    handler?.(message);
  }

  async #sendJoin(): Promise<void> {
    const socket = this.#socket;
    this.#media ??= this.#makeMedia();
    const peerAlive = this.#resume && this.#media.alive;
    const offer = peerAlive ? undefined : await this.#media.joinOffer();
    if (socket !== this.#socket) return;
    const { thread } = this.state;
    socket?.send({
      type: 'join',
      pass: this.options.pass,
      since: contiguous(thread.messages),
      ...(offer ? { offer } : {}),
      media: this.#mediaNow(),
      ...(this.#consent ? { consent: this.#consent } : {}),
      ...(this.#resume ? { resume: true } : {}),
      ...(peerAlive ? { peerAlive: true } : {}),
    });
  }

  #makeMedia(): MediaLink {
    return new MediaLink({
      request: (message) => this.#request(message),
      reachable: () => this.state.phase === 'joined' && (this.#socket?.isOpen ?? false),
      tracks: () => {
        const { mic, camera, screen } = this.devices.state;
        return { mic, camera, screen };
      },
      state: (media) => this.store.patch({ media }),
      changed: () => this.layout(),
      filesOpen: () => this.uploads.resume(),
      filesMessage: (data) => this.uploads.message(data),
      filesDrained: () => this.uploads.pump(),
    });
  }

  #answer(given: boolean): SetConsent {
    return { given, textVersion: this.state.recording.textVersion, language: this.options.language() };
  }

  #post(clientId: string, text: string): void {
    this.#request({ type: 'postChat', clientId, text }).catch((error: unknown) => {
      if (error instanceof Refusal) this.store.patch({ thread: refuse(this.state.thread, clientId, error.code) });
      // Unanswered: the outbox goes out again after the reconnection
    });
  }

  #mediaNow(): Media {
    const { mic, micOn, camera, cameraOn, screen, interrupted } = this.devices.state;
    return {
      mic: micOn && mic !== null && !interrupted.mic,
      camera: cameraOn && camera !== null && !interrupted.camera,
      screen: screen !== null,
    };
  }

  #tellMedia(): void {
    const { phase } = this.state;
    if (phase !== 'joined' && phase !== 'waiting') return;
    const media = this.#mediaNow();
    const { self, people } = this.state;
    this.store.patch({
      people: people.map((one) => (one.seat === self && !sameMedia(one.media, media) ? { ...one, media } : one)),
    });
    const text = JSON.stringify(media);
    if (text === this.#lastMedia) return;
    if (this.#socket?.send({ type: 'setMedia', media })) this.#lastMedia = text;
  }

  /** @internal addMessages merges into the thread. */
  addMessages(messages: Parameters<typeof merge>[1]): void {
    const { thread, self } = this.state;
    this.store.patch({ thread: merge(thread, messages, self) });
    for (const message of messages) if (message.seat === self && message.file) this.uploads.stored(message.clientId);
  }

  #stopped(why: string): void {
    switch (why) {
      case 'ended':
        if (this.state.phase !== 'ended') this.finish({ status: 'finished', reason: '' });
        break;
      case 'replaced':
        this.#shut('replaced');
        break;
      default:
        if (this.state.phase !== 'failed') this.fail(failureOf[why] ?? why);
    }
  }

  #shut(phase: CallState['phase']): void {
    this.#socket?.close();
    this.#socket = null;
    this.#media?.close();
    this.#media = null;
    this.#release?.();
    this.#release = null;
    this.devices.release();
    this.store.patch({
      phase,
      media: 'new',
      link: { up: false, attempt: 0 },
      people: [],
      waiting: [],
      slots: [],
      tiles: [],
      voices: [],
      incoming: [],
      quality: {},
      speaking: [],
    });
  }
}

function sameMedia(a: Media, b: Media): boolean {
  return a.mic === b.mic && a.camera === b.camera && a.screen === b.screen;
}

const failureOf: Record<string, string> = {
  reissued: 'link_reissued',
  tooEarly: 'too_early',
  consent: 'consent_required',
  full: 'room_full',
};
