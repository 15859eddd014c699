/** How long to wait before attempts to reconnect. */
export interface BackoffRule {
  /** milliseconds before the second attempt; the first one comes almost at once */
  base: number;
  /** milliseconds, no wait is longer */
  max: number;
}

export const socketBackoff: BackoffRule = { base: 500, max: 8000 };

/**
 * backoff returns the milliseconds to wait before an attempt (0 is the first).
 * The wait doubles up to the maximum; a random half of it keeps many clients
 * of a restarted server from coming back in one instant.
 */
export function backoff(
  attempt: number,
  rule: BackoffRule = socketBackoff,
  random: () => number = Math.random,
): number {
  if (attempt <= 0) return Math.round(random() * (rule.base / 2));
  const full = Math.min(rule.max, rule.base * 2 ** (attempt - 1));
  return Math.round(full / 2 + (random() * full) / 2);
}
