/** AuditFilter is what the audit is narrowed to; it stands in the address, so that a view can be kept and sent. */
export interface AuditFilter {
  /** exactly, "staff:u_…", or a kind with its colon, "key:" */
  actor?: string;
  /** exactly, "recording.read", or a group with its dot, "recording." */
  action?: string;
  session?: string;
  object?: string;
  /** days, 2026-11-22, in this browser's zone; both included */
  from?: string;
  to?: string;
}

const day = /^\d{4}-\d{2}-\d{2}$/;
const word = /^[\w:.-]{1,100}$/;

/** readFilter takes from an address what is well formed and leaves out the rest. */
export function readFilter(search: Record<string, unknown>): AuditFilter {
  const filter: AuditFilter = {};
  for (const key of ['actor', 'action', 'session', 'object'] as const) {
    const value = search[key];
    if (typeof value === 'string' && word.test(value)) filter[key] = value;
  }
  for (const key of ['from', 'to'] as const) {
    const value = search[key];
    if (typeof value === 'string' && day.test(value) && !Number.isNaN(Date.parse(value))) filter[key] = value;
  }
  return filter;
}

/** forServer turns the days into moments: from the beginning of the first to the end of the last. */
export function forServer({ from, to, ...rest }: AuditFilter): Record<string, string | undefined> {
  return { ...rest, from: from && midnight(from, 0), to: to && midnight(to, 1) };
}

function midnight(date: string, later: number): string {
  const time = new Date(`${date}T00:00:00`);
  time.setDate(time.getDate() + later);
  return time.toISOString();
}
