import { useEffect, useRef, useState } from 'react';
import { type Arrival, arrivals } from './lk';

/** The list on the page does not grow for ever. */
const kept = 300;

export interface Arrivals {
  /** the newest first */
  list: Arrival[];
  /** the server cannot be reached */
  lost: boolean;
}

/** useArrivals waits for webhooks again and again; arrived is called when there are new ones. */
export function useArrivals(arrived: () => void): Arrivals {
  const [list, setList] = useState<Arrival[]>([]);
  const [lost, setLost] = useState(false);
  const tell = useRef(arrived);
  tell.current = arrived;

  useEffect(() => {
    const stop = new AbortController();
    const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const poll = async () => {
      let after = 0;
      while (!stop.signal.aborted) {
        try {
          const { items, next } = await arrivals(after, stop.signal);
          setLost(false);
          if (next < after) setList([]); // the server began anew
          after = next;
          if (items.length > 0) {
            setList((known) => [...[...items].reverse(), ...known].slice(0, kept));
            tell.current();
          } else {
            await pause(300); // a server that answers at once must not be asked without end
          }
        } catch {
          if (stop.signal.aborted) return;
          setLost(true);
          await pause(2000);
        }
      }
    };
    void poll();
    return () => stop.abort();
  }, []);

  return { list, lost };
}
