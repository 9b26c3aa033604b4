import { describe, expect, it } from 'vitest';
import { isTooLongFor } from '../../../../core/wire/messages/payloads.ts';
import { MAX_PDU_BYTES, MessageType, PDU_HEADER_BYTES } from '../../../../core/wire/pdu.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { announce, data, message } from '../../support/messages.ts';
import { numbered } from '../../support/frames.ts';
import { RelayRig, World } from '../../support/world.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';

const longest: readonly [name: string, type: number, bytes: number][] = [
  ['DATA', MessageType.DATA, MAX_PDU_BYTES - PDU_HEADER_BYTES],
  ['METADATA', MessageType.METADATA, 4_080],
  ['ANNOUNCE', MessageType.ANNOUNCE, 256],
  ['HEADERS', MessageType.HEADERS, 8_192],
  ['ORIGIN', MessageType.ORIGIN, 255],
  ['SOURCE', MessageType.SOURCE, 257],
  ['an unknown type', 99, 16_384],
];

describe('a payload', () => {
  it.each(longest)('of %s (%i) has %i bytes at most', (_name, type, bytes) => {
    expect(isTooLongFor(type, bytes)).toBe(false);
    expect(isTooLongFor(type, bytes + 1)).toBe(true);
  });

  it.each(longest.slice(1))('of %s (%i) that is longer is counted, and neither passed on nor read', (_name, type, bytes) => {
    const world = new World();
    const rig = new RelayRig(world);
    const edge = new EdgeRig();
    const long = message(type, 1, new Uint8Array(bytes + 1).fill(0x61));
    const into = rig.relay.openPath(rig.world.now as never, transports.udp, anonymous('source', '192.0.2.1:1'))!;
    rig.relay.receive(world.now as never, into, long);
    expect(rig.relay.stats).toMatchObject({ streams: 0, messagesKept: 0, paths: [{ dropped: { 'too-long-for-type': 1 } }] });
    edge.udp(edge.open('udp'), long);
    expect(edge.edge.stats).toMatchObject({ streams: 0, paths: [{ dropped: { 'too-long-for-type': 1 } }] });
  });

  it('of an ANNOUNCE that names no mountpoint is dropped, counted, by relay and edge', () => {
    const world = new World();
    const rig = new RelayRig(world);
    const into = rig.relay.openPath(world.now as never, transports.udp, anonymous('source', '192.0.2.1:1'))!;
    rig.relay.receive(world.now as never, into, announce(1, 'admin/x'));
    rig.relay.receive(world.now as never, into, announce(2, 'jazz'));
    expect(rig.relay.stats).toMatchObject({ messagesKept: 1, paths: [{ dropped: { 'bad-announce': 1 } }] });
    expect(rig.events.filter(({ kind }) => kind === 'stream-announced')).toMatchObject([{ mount: 'jazz' }]);
    const edge = new EdgeRig();
    const path = edge.open();
    edge.tcp(path, announce(1, 'status-json.xsl'), data(2, numbered(1)), data(3, numbered(2)));
    expect(edge.edge.stats).toMatchObject({ mounts: 0, paths: [{ dropped: { 'bad-announce': 1 } }] });
  });
});
