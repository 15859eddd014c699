/** Why a camera or a microphone does not work. */
export type Problem =
  | 'denied' // the person or the browser refused
  | 'missing' // there is none
  | 'busy' // another program holds it
  | 'lost' // it was unplugged or taken away during the call
  | 'unsupported'; // no secure context, or a very old browser

/** problemOf names what getUserMedia rejected with. */
export function problemOf(error: unknown): Problem {
  switch (error instanceof Error || error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'TypeError':
      return 'unsupported';
    default:
      return 'busy'; // NotReadableError, AbortError and what systems invent
  }
}

/** audioOf asks for a voice, from the given device where there is one. */
export function audioOf(deviceId: string | undefined): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: { ideal: 1 },
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
  };
}

/** videoOf asks for 720p, from the given device or else from the side of the phone. */
export function videoOf(deviceId: string | undefined, facingMode: 'user' | 'environment'): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30, max: 30 },
    ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode }),
  };
}

/** Documents and lab results change seldom. */
export const screenOf: DisplayMediaStreamOptions = { video: { frameRate: { ideal: 10, max: 15 } }, audio: false };
