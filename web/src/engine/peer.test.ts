import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Offer } from '../wire/protocol.gen';
import { Peer } from './peer';

/** What of a browser's RTCPeerConnection a Peer needs for its offers. */
class BrowserConnection {
  connectionState = 'connected';
  signalingState = 'stable';
  localDescription: { type: string; sdp: string } | null = null;
  readonly lines: { mid: string; sender: object }[] = [];
  createDataChannel = () => ({});
  addTransceiver = () => {
    const line = { mid: String(this.lines.length), sender: { track: null } };
    this.lines.push(line);
    return line;
  };
  createOffer = async ({ iceRestart = false } = {}) => ({
    type: 'offer',
    sdp: `${this.lines.length} lines${iceRestart ? ', restart' : ''}`,
  });
  setLocalDescription = async (description: { type: string; sdp: string }) => {
    const rollback = description.type === 'rollback';
    this.signalingState = rollback ? 'stable' : 'have-local-offer';
    if (!rollback) this.localDescription = description;
  };
  setRemoteDescription = async () => {
    this.signalingState = 'stable';
  };
  close = () => undefined;
}

beforeEach(() => void vi.stubGlobal('RTCPeerConnection', BrowserConnection));
afterEach(() => void vi.unstubAllGlobals());

async function answeredPeer(offer: (offer: Offer) => Promise<string>): Promise<Peer> {
  const nothing = () => undefined;
  const peer = new Peer(
    { mic: null, camera: null, screen: null },
    { offer, state: nothing, dead: nothing, filesOpen: nothing, filesMessage: nothing, filesDrained: nothing },
  );
  await peer.firstOffer();
  await peer.accept('answer');
  return peer;
}

test('what an offer failed to bring across is offered again on the next socket', async () => {
  const offers: string[] = [];
  let broken = true;
  const peer = await answeredPeer(async ({ sdp }) => {
    offers.push(sdp);
    if (broken) throw new Error('the socket broke');
    return 'answer';
  });
  peer.addSlots(1, 1);
  peer.restartIce();
  await vi.waitFor(() => expect(offers).toHaveLength(1));
  await vi.waitFor(() => expect(peer.pc.signalingState).toBe('stable'));

  broken = false;
  peer.takeUp();
  await vi.waitFor(() => expect(offers).toHaveLength(2));
  expect(offers[1]).toBe('10 lines, restart');

  await vi.waitFor(() => expect(peer.pc.signalingState).toBe('stable'));
  await new Promise<void>((resolve) => queueMicrotask(resolve));
  peer.takeUp(); // nothing is owed any more
  await Promise.resolve();
  expect(offers).toHaveLength(2);
});
