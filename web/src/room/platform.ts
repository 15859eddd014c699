/** platform tells whose words about permissions to show; a guess is enough. */
export function platform(
  agent: string = navigator.userAgent,
  touch: number = navigator.maxTouchPoints,
): 'ios' | 'android' | 'desktop' {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touch > 1)) return 'ios';
  if (/Android/.test(agent)) return 'android';
  return 'desktop';
}
