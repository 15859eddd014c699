/** The one-time code of the address /admin/claim#…; kept nowhere but here, and taken out of the address at once. */
let token = take();

function take(): string {
  if (!/\/admin\/claim\/?$/.test(location.pathname) || location.hash.length < 2) return '';
  const code = decodeURIComponent(location.hash.slice(1));
  history.replaceState(history.state, '', location.pathname);
  return code;
}

// Another link pasted into the same tab changes only the part behind "#", and the page stays.
addEventListener('hashchange', () => {
  const next = take();
  if (next) token = next;
});

export const claimToken = () => token;
