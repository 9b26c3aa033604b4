import fc from 'fast-check';
import type { Edge } from '../../../core/edge/edge.ts';
import type { ListenerId, Machine, PathId, SubscriberId } from '../../../core/base/machine.ts';
import { anonymous, type Peer, type PeerRole } from '../../../core/links/peers/peer.ts';
import { transports, type Transport, type TransportName } from '../../../core/links/transport.ts';
import type { MountPolicy, MountSettings } from '../../../core/config/mount-policy.ts';
import type { MountCommand } from '../../../core/edge/switching/operator/command.ts';
import type { Relay } from '../../../core/relay/relay.ts';
import { withSettings, type Settings } from '../../../core/config/settings.ts';
import type { Micros } from '../../../core/base/units.ts';
import { adtsFrame, apeTag, id3v2, infoFrame, join, mpegFrame } from '../codec/build.ts';
import { FRAME_BYTES, numbered, numberedAac } from './frames.ts';
import { announce, data, framed, headers, message, metadata } from './messages.ts';

/** Small bounds, so that they are reached. */
export const smallSettings: Settings = withSettings({
  maxPaths: 3, maxStreams: 6, maxUnannouncedStreams: 3, maxSubscribers: 3, maxListeners: 5, windowMessages: 32, windowBytes: 65_536, ringBytes: 65_536,
  edgeBytes: 16_777_216, historyBytes: 1_048_576, historyMs: 2_000, subscriberInFlightBytes: 65_536, subscriberCutMs: 500, targetKeepBytes: 65_536, targetKeepMs: 2_000,
  targetInFlightBytes: 4_096, targetStuckMs: 500, listenerQueueBytes: 16_384, listenerFlushMs: 50, icyIntervalBytes: 256, forgetMs: 3_000, mountEndMs: 1_500, burstMs: 1_000,
});

const payloads: readonly Uint8Array[] = [
  new Uint8Array(0), numbered(1), numbered(2), numberedAac(3), mpegFrame({ layer: 1 }), mpegFrame({ version: '2.5', kbps: 8, fill: 0xff }), adtsFrame({ lengthBytes: 8_191 }),
  infoFrame('Xing'), id3v2(1_000), apeTag(100), numbered(4).subarray(0, 200), new Uint8Array(3_000).fill(0xff),
];

export const payload: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...payloads) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(60_000).fill(0x41)) },
);

export interface Made {
  /** `next` counts the messages of each stream. */
  bytes: (next: (stream: number) => number) => Uint8Array;
}

/** Any number that a message can have, mostly one at an edge of something. */
const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.maxSafeNat(),
  fc.tuple(fc.constantFrom(0, 2 ** 31, 2 ** 32, 1e6, 1e9, 1e12, 3.5e15, 9e15, 2 ** 52, Number.MAX_SAFE_INTEGER), fc.integer({ min: -40, max: 40 }))
    .map(([edge, by]) => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, edge + by))),
);

/** A message of one of a few streams: mostly the next one, or near it, seldom far away. */
const anyMessage: fc.Arbitrary<Made> = fc.record({
  kind: fc.constantFrom('data', 'data', 'data', 'data', 'data', 'announce', 'headers', 'metadata', 'other'),
  stream: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) }),
  replica: fc.nat(20),
  move: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.integer({ min: -10, max: 10 }) }, { weight: 1, arbitrary: fc.oneof(fc.constantFrom(-40, 31, 32, 33, 64, 65, 100), anyNumber) }),
  text: fc.constantFrom('a', 'b', 'a b', '', "StreamTitle='x';", 'Icy-Name\rx\nSet-Cookie\ry', 'x'.repeat(5_000)),
  payload,
  mutate: fc.option(fc.record({ at: fc.nat(60), to: fc.nat(255) }), { freq: 10 }),
  cut: fc.option(fc.nat(40), { freq: 20 }),
}).map(({ kind, stream, replica, move, text, payload, mutate, cut }) => ({
  bytes: (next) => {
    const sequence = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, next(stream) + move));
    const fields = { stream, replica };
    const one = kind === 'data' ? data(sequence, payload, fields)
      : kind === 'announce' ? announce(sequence, text, fields)
      : kind === 'headers' ? headers(sequence, text, fields)
      : kind === 'metadata' ? metadata(sequence, text, fields)
      : message(16 + (replica % 4), sequence, payload, fields);
    if (mutate !== null && one.length > 0) one[mutate.at % one.length] = mutate.to;
    return cut === null ? one : one.slice(0, cut);
  },
}));

/** A stream as it should be: an announcement, a title, and frames. */
const healthy = fc.record({ stream: fc.integer({ min: 1, max: 3 }), count: fc.integer({ min: 1, max: 25 }), mount: fc.constantFrom('a', 'b'), aac: fc.nat(9) });

/** Messages in a row from any number on, each so much further than the one before. */
const run = fc.record({
  stream: fc.integer({ min: 1, max: 3 }),
  replica: fc.nat(255),
  type: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) }),
  from: anyNumber,
  by: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(0, 2, 33, 64, 65, 2 ** 33) }),
  count: fc.integer({ min: 1, max: 40 }),
  length: fc.oneof({ weight: 3, arbitrary: fc.constant(417) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 65_535 - 26 }) }),
  everyMs: fc.constantFrom(0, 0, 26, 250),
});

export type Step =
  | { kind: 'run'; path: number; run: { stream: number; replica: number; type: number; from: number; by: number; count: number; length: number; everyMs: number } }
  | { kind: 'healthy'; path: number; stream: number; count: number; mount: string; aac: number }
  | { kind: 'messages'; path: number; made: Made[]; raw: boolean }
  | { kind: 'noise'; path: number; bytes: Uint8Array }
  | { kind: 'wait'; ms: number }
  | { kind: 'open'; transport: TransportName }
  | { kind: 'close'; path: number }
  | { kind: 'come' }
  | { kind: 'go'; which: number }
  | { kind: 'move'; which: number; mount: string }
  | { kind: 'title'; mount: string; title: string }
  | { kind: 'backlog'; which: number; bytes: number }
  | { kind: 'command'; mount: string; command: MountCommand }
  | { kind: 'policy'; mount: string; policy: MountPolicy }
  | { kind: 'settings'; changes: MountSettings }
  | { kind: 'intro'; mount: string; frames: number };

/** The streams' ids begin with their number. */
const anyCommand: fc.Arbitrary<MountCommand> = fc.constantFrom<MountCommand>(
  { kind: 'switch' }, { kind: 'switch', to: '0001' }, { kind: 'switch', to: '0002' }, { kind: 'switch', to: 'nobody' }, { kind: 'automatic' },
);

const introFile = join(...Array.from({ length: 200 }, (_, n) => numbered(n, 98)));
const file = join(...Array.from({ length: 12 }, (_, n) => numbered(n, 99)));

const anySettings: fc.Arbitrary<MountSettings> = fc.record({ fallbackMs: fc.constantFrom(100, 300, 3_000), mountEndMs: fc.constantFrom(100, 500, 30_000), returnMs: fc.constantFrom(0, 5_000), maxListeners: fc.constantFrom(1, 3) }, { requiredKeys: [] });

/** Fallbacks may form loops, which are refused. */
const anyPolicy: fc.Arbitrary<MountPolicy> = fc.record({
  fallback: fc.constantFrom<MountPolicy['fallback'] & object>({ file: 'standby' }, { mount: 'a' }, { mount: 'b' }, { mount: 'c' }),
  prefer: fc.constantFrom('studio-a', 'studio-b'),
  trust: fc.constantFrom<'content' | 'all'>('content', 'all'),
  codec: fc.constantFrom<'mp3' | 'aac'>('mp3', 'aac'),
  fallbackOnSilence: fc.boolean(),
  settings: anySettings,
}, { requiredKeys: [] });

export const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  { weight: 14, arbitrary: fc.tuple(fc.nat(3), healthy).map(([path, rest]) => ({ kind: 'healthy' as const, path, ...rest })) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('messages' as const), path: fc.nat(3), made: fc.array(anyMessage, { minLength: 1, maxLength: 12 }), raw: fc.nat(7).map((n) => n === 0) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('run' as const), path: fc.nat(3), run }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('noise' as const), path: fc.nat(3), bytes: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...payloads)) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 26, 26, 100, 100, 400, 700, 1_600, 4_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), transport: fc.constantFrom('tcp' as const, 'udp' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), path: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('come' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('go' as const), which: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), which: fc.nat(4), mount: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('title' as const), mount: fc.constantFrom('a', 'b', 'c'), title: fc.constantFrom('', 'T', "a';b", '\u0000\ud800', 'x'.repeat(9_000)) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('backlog' as const), which: fc.nat(4), bytes: fc.constantFrom(0, 3_000, 70_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('command' as const), mount: fc.constantFrom('a', 'b', 'c'), command: anyCommand }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('policy' as const), mount: fc.constantFrom('a', 'b', 'c'), policy: anyPolicy }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settings' as const), changes: anySettings }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('intro' as const), mount: fc.constantFrom('a', 'b', 'c'), frames: fc.constantFrom(0, 5, 60, 200) }) },
), { maxLength: 60, size: 'max' });

/** Serves deadlines; a machine that is never content is a bug. */
export function serve(machine: Machine, fromUs: number, toUs: number): void {
  let now = fromUs;
  for (let turns = 0; machine.deadline <= toUs; turns++) {
    if (turns > 20_000) throw new Error(`the deadline ${machine.deadlineReason} never passes`);
    now = Math.max(now, machine.deadline);
    machine.advance(now as Micros);
  }
  if (machine.deadlineReason === 'none' && machine.deadline !== Infinity) throw new Error('a deadline without a reason');
}

function wellMade({ stream, count, mount, aac }: Extract<Step, { kind: 'healthy' }>, next: (stream: number) => number): Uint8Array[] {
  const frame = aac === 0 ? numberedAac : numbered;
  const opening = [announce(next(stream), mount, { stream }), metadata(next(stream), `StreamTitle='${count}';`, { stream })];
  return [...opening, ...Array.from({ length: count }, (_, n) => data(next(stream), frame(n), { stream }))];
}

function inARow({ stream, replica, type, from, by, count, length }: Extract<Step, { kind: 'run' }>['run']): Uint8Array[] {
  const sequences = Array.from({ length: count }, (_, n) => from + n * by).filter((sequence) => sequence <= Number.MAX_SAFE_INTEGER);
  return sequences.map((sequence, n) => message(type, sequence, length === 417 ? numbered(n) : new Uint8Array(length).fill(n), { stream, replica }));
}

/** What a relay and an edge have in common. */
export interface Ingress extends Machine {
  openPath(now: Micros, transport: Transport, peer: Peer): PathId | undefined;
  closePath(now: Micros, path: PathId, reason: string): void;
  receive(now: Micros, path: PathId, bytes: Uint8Array): void;
  readonly paths: Iterable<{ readonly id: PathId }>;
}

/** Those on the other side of the machine, who come and go. */
export interface Others {
  /** Who is at the other end of its paths. */
  readonly pathsTo: PeerRole;
  come(now: Micros): void;
  go(now: Micros, which: number): void;
  /** A listener to another mountpoint; a relay has none. */
  move(now: Micros, which: number, mount: string): void;
  backlog(which: number, bytes: number): void;
  /** An operator; a relay has none. */
  title(now: Micros, mount: string, title: string): void;
  command(now: Micros, mount: string, command: MountCommand): void;
  policy(now: Micros, mount: string, policy: MountPolicy): void;
  intro(now: Micros, mount: string, frames: number): void;
  settings(now: Micros, changes: MountSettings): void;
}

/** Those who have been let in, and how much each has yet to take. */
export class Crowd<Id> {
  readonly #ids: Id[] = [];
  readonly #backlog = new Map<Id, number>();

  backlogBytes(id: Id): number {
    return this.#backlog.get(id) ?? 0;
  }

  /** `come` lets one in, or says undefined; `go` lets one go, and `move` moves one, who may be gone already. */
  at(come: (now: Micros) => Id | undefined, go: (now: Micros, id: Id) => void, move: (now: Micros, id: Id, mount: string) => void): Omit<Others, 'command' | 'policy' | 'intro' | 'settings' | 'title' | 'pathsTo'> {
    const one = (which: number): Id | undefined => this.#ids[which % this.#ids.length];
    return {
      come: (now) => {
        const id = come(now);
        if (id !== undefined) this.#ids.push(id);
      },
      go: (now, which) => {
        const id = one(which);
        if (id !== undefined) go(now, id);
      },
      move: (now, which, mount) => {
        const id = one(which);
        if (id !== undefined) move(now, id, mount);
      },
      backlog: (which, bytes) => {
        const id = one(which);
        if (id !== undefined) this.#backlog.set(id, bytes);
      },
    };
  }
}

/** The listeners of an edge, at two mountpoints by turns, every third with titles. */
export function listenersOf(edge: Pick<Edge, 'join' | 'leave' | 'move' | 'setTitle' | 'command' | 'changePolicy' | 'changeSettings' | 'provideIntro'>, crowd: Crowd<ListenerId>): Others {
  let names = 0;
  const people = crowd.at(
    (now) => {
      const id = edge.join(now, ['a', 'b'][names++ % 2]!, { icy: names % 3 === 0, label: 'x' });
      return typeof id === 'number' ? id : undefined;
    },
    (now, id) => edge.leave(now, id, 'closed'),
    (now, id, mount) => void edge.move(now, id, mount),
  );
  return {
    ...people,
    pathsTo: 'relay',
    title: (now, mount, title) => edge.setTitle(now, mount, title, Math.floor(now / 1_000)),
    command: (now, mount, command) => void edge.command(now, mount, command),
    policy: (now, mount, policy) => void edge.changePolicy(now, mount, policy, policy.fallback !== undefined && 'file' in policy.fallback ? { title: 'Standby', bytes: file } : undefined),
    intro: (now, mount, frames) => void edge.provideIntro(now, mount, frames === 5 ? 'Hello' : '', introFile.subarray(0, frames * FRAME_BYTES)),
    settings: (now, changes) => edge.changeSettings(now, changes),
  };
}

/** The subscribers of a relay. */
export function subscribersOf(relay: Pick<Relay, 'subscribe' | 'unsubscribe' | 'setTitle'>, crowd: Crowd<SubscriberId>): Others {
  return { pathsTo: 'source', ...crowd.at((now) => relay.subscribe(now, anonymous('subscriber', 'edge')), (now, id) => relay.unsubscribe(now, id, 'closed'), () => undefined), title: (now, mount, title) => relay.setTitle(now, mount, title, Math.floor(now / 1_000)), command: () => undefined, policy: () => undefined, intro: () => undefined, settings: () => undefined };
}

/** Plays all steps, and then waits until everything is forgotten; `check` is called after each. */
export function play(machine: Ingress, all: readonly Step[], others: Others, check: () => void): void {
  let paths: { id: PathId; transport: TransportName }[] = [];
  let now = 0;
  const counts = new Map<number, number>();
  const next = (stream: number): number => {
    const sequence = (counts.get(stream) ?? 4) + 1;
    counts.set(stream, sequence);
    return sequence;
  };
  // A relay may let go of one by itself.
  const forgetDropped = (): void => {
    const there = new Set([...machine.paths].map(({ id }) => id));
    paths = paths.filter(({ id }) => there.has(id));
  };
  const open = (transport: TransportName): void => {
    const id = machine.openPath(now as Micros, transports[transport], anonymous(others.pathsTo, transport));
    if (id !== undefined) paths.push({ id, transport });
    forgetDropped();
    if (paths.length > smallSettings.maxPaths) throw new Error('too many paths');
  };
  open('tcp');
  open('udp');
  for (const step of all) {
    forgetDropped();
    const path = 'path' in step ? paths[step.path % paths.length] : undefined;
    if (step.kind === 'wait') {
      serve(machine, now, now + step.ms * 1000);
      now += step.ms * 1000;
    } else if (step.kind === 'open') open(step.transport);
    else if (step.kind === 'come') others.come(now as Micros);
    else if (step.kind === 'go') others.go(now as Micros, step.which);
    else if (step.kind === 'move') others.move(now as Micros, step.which, step.mount);
    else if (step.kind === 'title') others.title(now as Micros, step.mount, step.title);
    else if (step.kind === 'backlog') others.backlog(step.which, step.bytes);
    else if (step.kind === 'intro') others.intro(now as Micros, step.mount, step.frames);
    else if (step.kind === 'settings') others.settings(now as Micros, step.changes);
    else if (step.kind === 'policy') others.policy(now as Micros, step.mount, step.policy);
    else if (step.kind === 'command') others.command(now as Micros, step.mount, step.command);
    else if (path === undefined) continue;
    else if (step.kind === 'close') {
      machine.closePath(now as Micros, path.id, 'closed');
      paths.splice(paths.indexOf(path), 1);
    } else if (step.kind === 'noise') machine.receive(now as Micros, path.id, step.bytes);
    else if (step.kind === 'run') {
      for (const one of inARow(step.run)) {
        forgetDropped();
        if (!paths.includes(path)) break;
        machine.receive(now as Micros, path.id, path.transport === 'udp' ? one : framed(one));
        check();
        serve(machine, now, now + step.run.everyMs * 1000);
        now += step.run.everyMs * 1000;
      }
    } else {
      const messages = step.kind === 'messages' ? step.made.map((made) => made.bytes(next)) : wellMade(step, next);
      if (path.transport === 'udp') for (const one of messages) machine.receive(now as Micros, path.id, one);
      else machine.receive(now as Micros, path.id, step.kind === 'messages' && step.raw ? join(...messages) : framed(...messages));
    }
    check();
  }
  // With a file, a mountpoint never ends.
  for (const mount of ['a', 'b', 'c']) {
    others.policy(now as Micros, mount, { intro: 'none' });
    others.policy(now as Micros, mount, {});
  }
  serve(machine, now, now + 60_000_000);
  check();
}
