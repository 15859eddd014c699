import { describe, expect, it } from 'vitest';
import { curl, quote } from './curl';

describe('curl', () => {
  const call = {
    method: 'POST',
    path: '/v1/abm/video/sessions/c_1/cancel',
    headers: { 'Content-Type': 'application/json' },
    body: { reason: "it's off" },
  };

  it('names server and key by variables', () => {
    expect(curl(call)).toBe(
      [
        'curl -sS -X POST "$TMK/v1/abm/video/sessions/c_1/cancel" \\',
        '  -H "Authorization: Bearer $KEY" \\',
        "  -H 'Content-Type: application/json' \\",
        "  -d '{",
        `  "reason": "it'\\''s off"`,
        "}'",
      ].join('\n'),
    );
  });

  it('holds server and key where they are wanted', () => {
    const command = curl({ method: 'GET', path: '/v1/x?a=1&b=2', headers: {} }, { server: 'http://h:1', key: 'tmk_1' });
    expect(command).toBe("curl -sS 'http://h:1/v1/x?a=1&b=2' \\\n  -H 'Authorization: Bearer tmk_1'");
  });

  it('lets no word out of its quotes', () => {
    expect(quote("a'; rm -rf $HOME")).toBe("'a'\\''; rm -rf $HOME'");
    expect(curl({ method: 'GET', path: '/v1/"$(id)', headers: {} })).toContain('"$TMK/v1/\\"\\$(id)"');
  });
});
