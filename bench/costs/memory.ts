import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeAnnouncement } from '../../core/wire/messages/announce.ts';
import { Edge } from '../../core/edge/edge.ts';
import type { Machine, PathId } from '../../core/base/machine.ts';
import { anonymous } from '../../core/links/peers/peer.ts';
import { transports } from '../../core/links/transport.ts';
import { encodeMessage, MessageType } from '../../core/wire/pdu.ts';
import { Relay } from '../../core/relay/relay.ts';
import { withSettings } from '../../core/config/settings.ts';
import { utf8Encode } from '../../core/base/text.ts';
import type { Micros } from '../../core/base/units.ts';
import { readOptions } from '../common/options.ts';
import { report } from '../common/report/report.ts';

const COUNT = 1_000;

type Machines = Machine & Pick<Relay, 'openPath' | 'receive' | 'heldBytes'>;

/**
 * What a thousand of a kind cost, each, in bytes: of the heap, of memory outside it, and as the machine itself says, which is what its
 * budget is held against.
 *
 *     npm run bench -- memory [--json FILE] [--record]
 */
export function memory(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { texts: ['json'], flags: ['record'] });
  const figures = Object.assign({}, ...cases.map(measureCase)) as Record<string, readonly number[]>;
  report({ bench: 'memory', what: `bytes for each of ${COUNT}`, notes: [], contestants: [{ name: 'ours', figures }] }, options);
  return Promise.resolve();
}

function measureCase({ name, make, fill }: Case): Record<string, readonly number[]> {
  const machine = make();
  const paths = ['192.0.2.1:1', '192.0.2.2:1'].map((label) => machine.openPath(0 as Micros, transports.udp, anonymous('source', label)) as PathId);
  const [before, counted] = [settled(), machine.heldBytes];
  fill(machine, paths);
  const after = settled();
  const each = (bytes: number): readonly number[] => [Math.round(bytes / COUNT)];
  return {
    [`${name}: heap`]: each(after.heapUsed - before.heapUsed),
    [`${name}: outside it`]: each(after.arrayBuffers - before.arrayBuffers),
    [`${name}: as counted`]: each(machine.heldBytes - counted),
  };
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** What is used when nothing is left to collect: buffers are given back one collection after the objects that had them. */
function settled(): NodeJS.MemoryUsage {
  for (let n = 0; n < 3; n++) gc();
  return process.memoryUsage();
}

interface Case {
  readonly name: string;
  readonly make: () => Machines;
  readonly fill: (machine: Machines, paths: readonly PathId[]) => void;
}

const settings = withSettings({ maxStreams: 100_000, maxUnannouncedStreams: 100_000, maxSubscribers: 2_000 });
const edge = (): Machines => new Edge({ settings }, { send: nothing, backlogBytes: () => 0, end: nothing, event: nothing });
const relay = (): Machines => new Relay({ settings }, { send: nothing, backlogBytes: () => 0, cut: nothing, drop: nothing, event: nothing });

/** MPEG 1 Layer III, 128 kbit/s, 44.1 kHz, stereo. */
const frame = new Uint8Array(417).fill(0x55);
frame.set([0xff, 0xfb, 0x90, 0x00]);

const cases: readonly Case[] = [
  { name: 'edge: streams without a name, one message', make: edge, fill: each((id) => [data(id, 1)]) },
  { name: 'edge: streams without a name, two paths with two replicas', make: edge, fill: each((id) => [data(id, 1), data(id, 2, 1)], 2) },
  { name: 'edge: streams with a name, no frame', make: edge, fill: each((id) => [announce(id, 1)]) },
  { name: 'edge: mountpoints with a stream, one frame', make: edge, fill: each((id) => [announce(id, 1), data(id, 2), data(id, 3)]) },
  { name: 'edge: mountpoints with a stream, 10 s', make: edge, fill: each((id) => [announce(id, 1), ...Array.from({ length: 390 }, (_, n) => data(id, n + 2))]) },
  { name: 'edge: early messages', make: edge, fill: (machine, [path]) => {
    machine.receive(1 as Micros, path!, data(1, 1));
    for (let n = 3; n < COUNT + 3; n++) machine.receive(1 as Micros, path!, data(1, n, 0, new Uint8Array(0)));
  } },
  { name: 'relay: streams, one message', make: relay, fill: each((id) => [data(id, 1)]) },
  { name: 'relay: streams with a name, HEADERS and title', make: relay, fill: each((id) => [announce(id, 1), message(id, MessageType.HEADERS, 2, utf8Encode('Icy-Name\rx')), message(id, MessageType.METADATA, 3, utf8Encode("StreamTitle='';"))]) },
  { name: 'relay: paths', make: relay, fill: (machine) => {
    for (let n = 0; n < COUNT; n++) machine.openPath(1 as Micros, transports.tcp, anonymous('source', `192.0.${n >> 8}.${n & 255}:1`));
  } },
  { name: 'relay: subscribers', make: relay, fill: (machine) => {
    for (let n = 0; n < COUNT; n++) (machine as Relay).subscribe(1 as Micros, anonymous('subscriber', `192.0.${n >> 8}.${n & 255}:1`));
  } },
];

function each(messages: (id: number) => readonly Uint8Array[], ways = 1): (machine: Machines, paths: readonly PathId[]) => void {
  return (machine, paths) => {
    for (let id = 1; id <= COUNT; id++) {
      messages(id).forEach((one, n) => {
        for (const path of paths.slice(0, ways)) machine.receive((n * 26_122) as Micros, path, one);
      });
    }
  };
}

function data(id: number, sequence: number, replica = 0, payload: Uint8Array = frame): Uint8Array {
  return encodeMessage({ type: MessageType.DATA, replica, streamId: idOf(id), sequence, payload });
}

function announce(id: number, sequence: number): Uint8Array {
  return message(id, MessageType.ANNOUNCE, sequence, encodeAnnouncement({ audioType: 1, mountpoint: `mount-${id}` }));
}

function message(id: number, type: number, sequence: number, payload: Uint8Array): Uint8Array {
  return encodeMessage({ type, replica: 0, streamId: idOf(id), sequence, payload });
}

function idOf(id: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, id);
  return bytes;
}

function nothing(): void {}
