import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../core/base/units.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import { StateReader, StateWriter } from '../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../core/recording/file/wire.ts';
import { decodeTitle, encodeTitle } from '../../../core/wire/messages/set-title.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import type { Snapshot } from '../../../core/base/snapshot.ts';
import { join } from '../codec/build.ts';
import { EdgeRig } from '../support/edge-rig.ts';
import { numbered, range } from '../support/frames.ts';
import { announce, data, framed, message, metadata, unframed } from '../support/messages.ts';
import { Checks, Key, signedBy } from '../support/signing.ts';
import { RelayRig, World } from '../support/world.ts';

const NEW = { version: 9, title: 'New' };
const OLD = { version: 5, title: 'Old' };

function title(sequence: number, set: typeof NEW, { isOrdered = true, stream = 1 } = {}): Uint8Array {
  return message(MessageType.TITLE, sequence, encodeTitle({ ...set, isOrdered }), { stream });
}

/** What an encoder repeats every two seconds, as it was before the title was set. */
const REPEATED = [announce(10, 'test'), title(11, OLD), metadata(12, "StreamTitle='Old';")];
/** What comes of the stream by a faster path. */
const AHEAD = [...range(30, 40).map((n) => data(n, numbered(n))), title(41, NEW), metadata(42, "StreamTitle='New';"), ...range(43, 50).map((n) => data(n, numbered(n)))];
const NEXT = range(51, 53).map((n) => data(n, numbered(n)));

/** A machine like the first one, with its state. */
function restored<Kind extends { snapshot(a: Snapshot): void }>(machine: Kind, like: Kind): Kind {
  const writer = new ByteWriter();
  machine.snapshot(new StateWriter(writer, 'whole'));
  like.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
  const again = new ByteWriter();
  like.snapshot(new StateWriter(again, 'whole'));
  expect(Buffer.compare(again.written, writer.written)).toBe(0);
  return like;
}

describe('a TITLE that comes before the ANNOUNCE of its stream', () => {
  it('is in force at an edge from that on, and no older one', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    rig.tcp(path, ...AHEAD, ...REPEATED, ...NEXT);
    expect(rig.edge.mount('test')?.title).toBe('New');
  });

  it('counts also as the first message of its stream, and behind an older one', () => {
    const rig = new EdgeRig();
    rig.tcp(rig.open(), title(41, NEW), title(40, OLD), ...range(42, 50).map((n) => data(n, numbered(n))), announce(10, 'test'), ...NEXT);
    expect(rig.edge.mount('test')?.title).toBe('New');
  });

  it('does not replace a newer one that the mountpoint has', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    rig.tcp(path, announce(1, 'test', { stream: 2 }), title(2, { version: 20, title: 'Newest' }, { stream: 2 }), ...range(3, 9).map((n) => data(n, numbered(n), { stream: 2 })));
    rig.tcp(path, ...AHEAD, ...REPEATED, ...NEXT);
    expect(rig.edge.mount('test')?.title).toBe('Newest');
  });

  it('is known to the next process of an edge', () => {
    const [before, after] = [new EdgeRig(), new EdgeRig()];
    const path = before.open();
    before.tcp(path, ...AHEAD);
    restored(before.edge, after.edge);
    after.tcp(path, ...REPEATED, ...NEXT);
    expect(after.edge.mount('test')?.title).toBe('New');
  });

  it('is kept by nobody when its stream is forgotten', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    rig.tcp(path, ...AHEAD);
    rig.until(60_000);
    expect(rig.edge.stats.streams).toBe(0);
    rig.tcp(path, announce(60, 'test'), ...range(61, 70).map((n) => data(n, numbered(n))));
    expect(rig.edge.mount('test')?.title).toBe('');
  });

  it('is what a relay tells those who come later, also by its next process', () => {
    const world = new World();
    const [before, after] = [new RelayRig(world), new RelayRig(world)];
    const path = before.relay.openPath(world.now as Micros, transports.tcp, anonymous('source', 'encoder'))!;
    before.relay.receive(world.now as Micros, path, framed(...AHEAD));
    restored(before.relay, after.relay);
    for (const { relay, events, subscriberLinks } of [before, after]) {
      relay.receive(world.now as Micros, path, framed(...REPEATED));
      expect(events.filter(({ kind }) => kind === 'title-set')).toEqual([{ kind: 'title-set', mount: 'test', title: 'New', label: 'encoder' }]);
      const sent: Uint8Array[] = [];
      subscriberLinks.set(relay.subscribe(world.now as Micros, anonymous('subscriber', 'edge'))!, (bytes) => sent.push(bytes));
      world.run(world.now / 1_000 + 100);
      const told = unframed(join(...sent)).filter((one) => one[0] === MessageType.TITLE).map((one) => decodeTitle(one.subarray(26)));
      expect(told[0]).toEqual({ ...NEW, isOrdered: false });
    }
  });
});

describe('a TITLE that a relay says of a stream whose ANNOUNCE has yet to be verified', () => {
  it('is in force from that on', () => {
    const key = new Key('studio-a');
    const rig = new EdgeRig({}, { proof: new Checks([key]), policies: { test: { verify: 'switch' } } });
    const path = rig.open();
    const messages = [announce(1, 'test'), metadata(2, "StreamTitle='What it begins with';"), ...range(3, 39).map((n) => data(n, numbered(n)))];
    // The opening of a new subscriber, and the history.
    rig.tcp(path, messages[0]!, messages[1]!, title(1, NEW, { isOrdered: false }), ...signedBy(key, messages, { sequence: 40 }));
    expect(rig.edge.mount('test')?.title).toBe('New');
  });
});
