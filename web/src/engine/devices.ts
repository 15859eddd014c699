import { type Choices, loadChoices, saveChoices } from './choices';
import { audioOf, type Problem, problemOf, screenOf, videoOf } from './constraints';
import { Observable } from './observable';
import type { Source } from './peer';

export interface DevicesState {
  mic: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
  screen: MediaStreamTrack | null;
  /** what the person wants; a track may be missing all the same */
  micOn: boolean;
  cameraOn: boolean;
  problems: { mic?: Problem; camera?: Problem };
  /** the system took the device away for a while (a phone call) */
  interrupted: { mic: boolean; camera: boolean };
  /** 'asking' while the browser's permission question may be open */
  status: 'idle' | 'asking' | 'ready';
  list: { mics: MediaDeviceInfo[]; cameras: MediaDeviceInfo[]; speakers: MediaDeviceInfo[] };
  chosen: { mic?: string; camera?: string; speaker?: string };
  facing: 'user' | 'environment';
}

type Kind = 'mic' | 'camera';

/** Devices holds this person's camera, microphone and shared screen, before the call and during it. */
export class Devices {
  readonly store: Observable<DevicesState>;
  #choices: Choices;
  /** told whenever a line must send another track */
  onTrack: (source: Source, track: MediaStreamTrack | null) => void = () => undefined;
  #closed = false;
  /** opens run one after another, so that two quick presses cannot leave two cameras open */
  #queue: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#choices = loadChoices();
    this.store = new Observable<DevicesState>({
      mic: null,
      camera: null,
      screen: null,
      micOn: this.#choices.micOn,
      cameraOn: this.#choices.cameraOn,
      problems: {},
      interrupted: { mic: false, camera: false },
      status: 'idle',
      list: { mics: [], cameras: [], speakers: [] },
      chosen: { mic: this.#choices.mic, camera: this.#choices.camera, speaker: this.#choices.speaker },
      facing: this.#choices.facing ?? 'user',
    });
    navigator.mediaDevices?.addEventListener?.('devicechange', this.#refreshList);
  }

  get state(): DevicesState {
    return this.store.get();
  }

  /** start asks for microphone and camera; what is refused or missing is left out and told in problems. */
  start(): Promise<void> {
    return this.#enqueue(async () => {
      if (!navigator.mediaDevices?.getUserMedia) {
        this.store.patch({ status: 'ready', problems: { mic: 'unsupported', camera: 'unsupported' } });
        return;
      }
      this.store.patch({ status: 'asking', problems: {} });
      const wantCamera = this.state.cameraOn;
      if (wantCamera && !(await this.#openBoth())) {
        await this.#open('mic');
        await this.#open('camera');
      } else if (!wantCamera) {
        await this.#open('mic');
      }
      this.store.patch({ status: 'ready' });
      await this.#refreshList();
    });
  }

  /** setMic mutes or unmutes. The track stays open, so that it is instant. */
  setMic(on: boolean): Promise<void> {
    this.#choose({ micOn: on });
    this.store.patch({ micOn: on });
    if (this.state.mic) this.state.mic.enabled = on;
    return this.#enqueue(async () => {
      if (this.state.micOn && !this.state.mic) await this.#open('mic');
      if (this.state.mic) this.state.mic.enabled = this.state.micOn;
    });
  }

  /** setCamera really closes the camera, so that its light goes out. */
  setCamera(on: boolean): Promise<void> {
    this.#choose({ cameraOn: on });
    this.store.patch({ cameraOn: on });
    return this.#enqueue(async () => {
      if (!this.state.cameraOn) this.#drop('camera');
      else if (!this.state.camera) await this.#open('camera');
    });
  }

  /** choose switches to another device. */
  choose(kind: Kind, deviceId: string): Promise<void> {
    this.#choose({ [kind]: deviceId });
    this.store.patch({ chosen: { ...this.state.chosen, [kind]: deviceId } });
    return this.#enqueue(async () => {
      if (kind === 'mic' || this.state.cameraOn) await this.#open(kind);
    });
  }

  setSpeaker(deviceId: string): void {
    this.#choose({ speaker: deviceId });
    this.store.patch({ chosen: { ...this.state.chosen, speaker: deviceId } });
  }

  /** flip changes between front and back camera of a phone. */
  flip(): Promise<void> {
    const facing = this.state.facing === 'user' ? 'environment' : 'user';
    this.#choose({ facing, camera: undefined });
    this.store.patch({ facing, chosen: { ...this.state.chosen, camera: undefined } });
    return this.#enqueue(async () => {
      this.#drop('camera'); // many phones open one camera at a time
      if (this.state.cameraOn) await this.#open('camera');
    });
  }

  /** shareScreen asks which screen or window; false when the person thought better of it. */
  async shareScreen(): Promise<boolean> {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia(screenOf);
    } catch (error) {
      if (problemOf(error) === 'denied') return false;
      throw error;
    }
    const track = stream.getVideoTracks()[0] ?? null;
    if (!track || this.#closed) {
      for (const unused of stream.getTracks()) unused.stop();
      return false;
    }
    track.contentHint = 'detail';
    track.onended = () => this.stopScreen();
    this.store.patch({ screen: track });
    this.onTrack('screen', track);
    return true;
  }

  stopScreen(): void {
    const { screen } = this.state;
    if (!screen) return;
    screen.onended = null;
    screen.stop();
    this.store.patch({ screen: null });
    this.onTrack('screen', null);
  }

  /** revive opens again what ended while the page was asleep (iPhones end tracks in the background). */
  revive(): void {
    for (const kind of ['mic', 'camera'] as const) {
      if (this.state[kind]?.readyState === 'ended') void this.#enqueue(() => this.#open(kind));
    }
  }

  /** close lets go of every device. */
  close(): void {
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.#refreshList);
    this.stopScreen();
    this.#drop('mic');
    this.#drop('camera');
  }

  /** release lets the devices go, for a while: start takes them again. */
  release(): void {
    this.stopScreen();
    this.#drop('mic');
    this.#drop('camera');
    this.store.patch({ status: 'idle' });
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(task);
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #openBoth(): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: this.#audio(true), video: this.#video(true) });
      this.#take('mic', stream.getAudioTracks()[0] ?? null);
      this.#take('camera', stream.getVideoTracks()[0] ?? null);
      return true;
    } catch {
      return false; // which of the two it was, the single tries tell
    }
  }

  async #open(kind: Kind): Promise<void> {
    if (this.#closed) return;
    const old = this.state[kind];
    if (kind === 'camera' && old) this.#silence(old); // a camera in use may refuse its second opening
    try {
      const track = await this.#get(kind, true).catch((error: unknown) => {
        // The remembered device is gone or will not start: any other will do.
        if (problemOf(error) === 'denied') throw error;
        return this.#get(kind, false);
      });
      this.#take(kind, track);
      await this.#refreshList();
    } catch (error) {
      this.#drop(kind);
      this.store.patch({ problems: { ...this.state.problems, [kind]: problemOf(error) } });
    }
  }

  async #get(kind: Kind, exact: boolean): Promise<MediaStreamTrack | null> {
    const wanted = kind === 'mic' ? { audio: this.#audio(exact) } : { video: this.#video(exact) };
    const stream = await navigator.mediaDevices.getUserMedia(wanted);
    return stream.getTracks()[0] ?? null;
  }

  #audio(exact: boolean): MediaTrackConstraints {
    return audioOf(exact ? this.state.chosen.mic : undefined);
  }

  #video(exact: boolean): MediaTrackConstraints {
    return videoOf(exact ? this.state.chosen.camera : undefined, this.state.facing);
  }

  #take(kind: Kind, track: MediaStreamTrack | null): void {
    const old = this.state[kind];
    if (old && old !== track) this.#silence(old);
    if (this.#closed || (kind === 'camera' && !this.state.cameraOn)) {
      track?.stop();
      return;
    }
    if (track) this.#watch(kind, track);
    const { [kind]: _gone, ...problems } = this.state.problems;
    this.store.patch({ [kind]: track, problems, interrupted: { ...this.state.interrupted, [kind]: false } });
    this.onTrack(kind, track);
  }

  #watch(kind: Kind, track: MediaStreamTrack): void {
    if (kind === 'mic') track.enabled = this.state.micOn;
    track.onended = () => {
      if (this.state[kind] !== track) return;
      this.#drop(kind);
      this.store.patch({ problems: { ...this.state.problems, [kind]: 'lost' } });
      void this.#enqueue(() => this.#open(kind)); // another device may stand ready
    };
    const interrupted = (value: boolean) => () => {
      if (this.state[kind] === track) this.store.patch({ interrupted: { ...this.state.interrupted, [kind]: value } });
    };
    track.onmute = interrupted(true);
    track.onunmute = interrupted(false);
  }

  #drop(kind: Kind): void {
    const track = this.state[kind];
    if (!track) return;
    this.#silence(track);
    this.store.patch({ [kind]: null, interrupted: { ...this.state.interrupted, [kind]: false } });
    this.onTrack(kind, null);
  }

  #silence(track: MediaStreamTrack): void {
    track.onended = null;
    track.onmute = null;
    track.onunmute = null;
    track.stop();
  }

  #refreshList = async (): Promise<void> => {
    if (this.#closed || !navigator.mediaDevices?.enumerateDevices) return;
    const all = (await navigator.mediaDevices.enumerateDevices().catch(() => [])).filter(
      (device) => device.deviceId !== '',
    );
    const of = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind);
    this.store.patch({ list: { mics: of('audioinput'), cameras: of('videoinput'), speakers: of('audiooutput') } });
  };

  #choose(choice: Partial<Choices>): void {
    this.#choices = { ...this.#choices, ...choice };
    saveChoices(this.#choices);
  }
}
