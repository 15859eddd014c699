import { useSyncExternalStore } from 'react';

/** The one-time code of the address /admin/claim#…; kept nowhere but here, and taken out of the address at once. */
let token = take();

function take(): string {
  if (!/\/admin\/claim\/?$/.test(location.pathname) || location.hash.length < 2) return '';
  const code = location.hash.slice(1);
  history.replaceState(history.state, '', location.pathname);
  return code;
}

/** Another link pasted into the same tab changes only the part behind "#", and the page stays. */
function subscribe(tell: () => void): () => void {
  const look = () => {
    const next = take();
    if (!next) return;
    token = next;
    tell();
  };
  addEventListener('hashchange', look);
  return () => removeEventListener('hashchange', look);
}

/** useClaimToken is the code that the page was opened with; "" when there was none. */
export const useClaimToken = () => useSyncExternalStore(subscribe, () => token);
