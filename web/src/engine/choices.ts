/** What a person chose last time, kept on this device only. */
export interface Choices {
  mic?: string;
  camera?: string;
  speaker?: string;
  facing?: 'user' | 'environment';
  micOn: boolean;
  cameraOn: boolean;
}

const key = 'tmk.choices';
const initial: Choices = { micOn: true, cameraOn: true };

/** loadChoices never fails: storage may be forbidden or hold nonsense. */
export function loadChoices(storage?: Pick<Storage, 'getItem'>): Choices {
  try {
    // Where storage is forbidden, as in some frames, even its name throws.
    return { ...initial, ...(JSON.parse((storage ?? localStorage).getItem(key) ?? '{}') as Partial<Choices>) };
  } catch {
    return initial;
  }
}

export function saveChoices(choices: Choices, storage?: Pick<Storage, 'setItem'>): void {
  try {
    (storage ?? localStorage).setItem(key, JSON.stringify(choices));
  } catch {
    // private mode: the choice lasts as long as the page
  }
}
