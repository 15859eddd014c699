import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Call } from '../engine/call';
import type { CallState } from '../engine/call-state';
import type { DevicesState } from '../engine/devices';
import type { Entered } from '../engine/room-api';

interface Present {
  call: Call;
  entered: Entered;
  pass: string;
}

const Context = createContext<Present | null>(null);
export const CallProvider = Context.Provider;

/** usePresent gives the call that this tab is in, and what the link opened. */
export function usePresent(): Present {
  const present = useContext(Context);
  if (!present) throw new Error('no call around this component');
  return present;
}

/** useCall reads the call's state; the component is drawn again when it changes. */
export function useCall(): CallState {
  const { store } = usePresent().call;
  return useSyncExternalStore(store.subscribe, store.get);
}

/** useDevices reads the state of camera, microphone and screen. */
export function useDevices(): DevicesState {
  const { store } = usePresent().call.devices;
  return useSyncExternalStore(store.subscribe, store.get);
}
