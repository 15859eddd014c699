/** The binary messages of the "files" data channel; all numbers are big endian. */

const chunkKind = 1;
const ackKind = 2;
const chunkHeader = 13;
const ackLength = 21;

/** An acknowledgement: so many bytes are stored, and up to this offset we may send. */
export interface Ack {
  stream: number;
  stored: number;
  credit: number;
}

/** encodeChunk lays out `01 | uint32 stream | uint64 offset | data`. */
export function encodeChunk(stream: number, offset: number, data: Uint8Array): ArrayBuffer {
  const message = new Uint8Array(chunkHeader + data.length);
  const view = new DataView(message.buffer);
  view.setUint8(0, chunkKind);
  view.setUint32(1, stream);
  view.setBigUint64(5, BigInt(offset));
  message.set(data, chunkHeader);
  return message.buffer;
}

/** decodeAck reads `02 | uint32 stream | uint64 stored | uint64 credit`; null for anything else. */
export function decodeAck(message: ArrayBuffer): Ack | null {
  if (message.byteLength !== ackLength) return null;
  const view = new DataView(message);
  if (view.getUint8(0) !== ackKind) return null;
  return {
    stream: view.getUint32(1),
    stored: Number(view.getBigUint64(5)),
    credit: Number(view.getBigUint64(13)),
  };
}

/** nextChunk tells how many bytes may go out at offset: within the file, the credit and the largest chunk. */
export function nextChunk(offset: number, size: number, credit: number, maxChunk: number): number {
  return Math.max(0, Math.min(maxChunk, size - offset, credit - offset));
}
