import { describe, expect, it } from 'vitest';
import { decodeAck, encodeChunk, nextChunk } from './file-wire';

const hex = (buffer: ArrayBuffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).buffer;

describe('encodeChunk', () => {
  it('is laid out as docs/protocol.md says', () => {
    const chunk = encodeChunk(0x01020304, 0x1_0000_0005, Uint8Array.of(0xaa, 0xbb));
    expect(hex(chunk)).toBe(`01${'01020304'}${'0000000100000005'}aabb`);
  });
});

describe('decodeAck', () => {
  it('reads stream, stored and credit', () => {
    expect(decodeAck(bytes(`02${'0000000a'}${'0000000000010000'}${'0000000000410000'}`))).toEqual({
      stream: 10,
      stored: 65_536,
      credit: 4_259_840,
    });
  });

  it('ignores what it does not know', () => {
    expect(decodeAck(bytes('03'.padEnd(42, '0')))).toBeNull();
    expect(decodeAck(bytes('020000'))).toBeNull();
  });
});

describe('nextChunk', () => {
  it('keeps to the largest chunk, the file and the credit', () => {
    expect(nextChunk(0, 200_000, 4_000_000, 65_536)).toBe(65_536);
    expect(nextChunk(196_608, 200_000, 4_000_000, 65_536)).toBe(3392);
    expect(nextChunk(65_536, 200_000, 65_536, 65_536)).toBe(0);
    expect(nextChunk(200_000, 200_000, 4_000_000, 65_536)).toBe(0);
  });
});
