import type { ListenerId, PathId, SubscriberId } from '../../base/machine.ts';
import type { Micros } from '../../base/units.ts';
import type { RelaySettings } from '../../config/live-settings.ts';
import type { MountPolicy, MountSettings } from '../../config/mount-policy.ts';
import type { Edge } from '../../edge/edge.ts';
import type { MountCommand } from '../../edge/switching/operator/command.ts';
import { subscriberOfText, textOfSubscriber, type PeerRole } from '../../links/peers/peer.ts';
import type { Relay } from '../../relay/relay.ts';
import type { CallReader, CallWriter } from './bytes.ts';
import type { RecordedRole } from '../file/format.ts';
import type { Redactions } from './redactions.ts';
import { readPath, writePath } from './paths.ts';
import type { Answer } from '../told.ts';
import { WireError } from '../file/wire.ts';

/**
 * A call of a machine: how it is written down and read again. It is applied by its name, which is that of the machine's method; all take
 * the time first, and at most three arguments besides.
 */
export interface CallDefinition<Args extends unknown[] = unknown[]> {
  /** What stands for it in a block of calls. Once given, a number never means anything else. */
  readonly kind: number;
  write(to: CallWriter, ...args: Args): void;
  read(from: CallReader): Args;
  /** What it gives its caller counts as given out. */
  readonly isAnswered?: boolean;
  /** Of one that brings audio: what is kept of it, and what stands for a call of which some was left out. */
  readonly redaction?: { readonly kind: number; kept(redactions: Redactions, ...args: Args): readonly number[] | undefined };
  /** Of one that opens or closes a path. */
  before?(redactions: Redactions, ...args: Args): void;
  after?(redactions: Redactions, answer: Answer, ...args: Args): void;
}

/** The methods of a machine that take the time first, and what they take besides. */
type Timed<M> = { [Name in keyof M]: M[Name] extends (...args: infer All) => unknown ? (All extends [Micros, ...unknown[]] ? Name : never) : never }[keyof M];
type ArgumentsOf<Method> = Method extends (now: Micros, ...args: infer Args) => unknown ? Args : never;
type Table<M, Names extends keyof M> = { readonly [Name in Names]: CallDefinition<ArgumentsOf<M[Name]>> };

/** All calls that change a machine: the compiler misses any that a new method makes, unless it is named here as one that only asks. */
export type EdgeCalls = Table<Edge, Exclude<Timed<Edge>, 'streamsOf' | 'endedMount' | 'figuresOf' | 'presence' | 'startable'>>;
export type RelayCalls = Table<Relay, Timed<Relay>>;
type PathCalls = Pick<RelayCalls, 'advance' | 'openPath' | 'closePath' | 'receive'>;

/** @param usual the role of those by whom its paths are, unless it is said. */
function pathCalls(usual: PeerRole, other: PeerRole): PathCalls {
  return {
    advance: { kind: 1, write: () => undefined, read: () => [] },
    openPath: {
      kind: 2,
      isAnswered: true,
      write: (to, transport, peer) => writePath(to, transport, peer, usual),
      read: (from) => readPath(from, usual, other),
      after: (redactions, answer, transport) => {
        if (typeof answer === 'number') redactions.opened(answer as PathId, transport);
      },
    },
    closePath: {
      kind: 3,
      write: (to, path, reason) => {
        to.varint(path);
        to.text(reason);
      },
      read: (from) => [from.varint() as PathId, from.text()],
      before: (redactions, path) => redactions.closed(path),
    },
    receive: {
      kind: 4,
      redaction: { kind: 10, kept: (redactions, path, bytes) => redactions.ofPath(path, bytes) },
      write: (to, path, bytes) => {
        to.varint(path);
        to.audio(bytes);
      },
      read: (from) => [from.varint() as PathId, from.audio()],
    },
  };
}

const titleCall = {
  write: (to: CallWriter, name: string, title: string, atMs: number): void => {
    to.text(name);
    to.text(title);
    to.varint(atMs);
  },
  read: (from: CallReader): [string, string, number] => [from.text(), from.text(), from.varint()],
};

const clockCall: CallDefinition<[unixUs: number]> = {
  kind: 27,
  write: (to, unixUs) => to.varint(Math.max(0, Math.round(unixUs))),
  read: (from) => [from.varint()],
};

/** A file for a mountpoint, whole or without audio. */
function provideCall(kind: number, redacted: number): CallDefinition<[name: string, title: string, file: Uint8Array]> {
  return {
    kind,
    isAnswered: true,
    redaction: { kind: redacted, kept: (redactions, _name, _title, file) => redactions.ofFile(file) },
    write: (to, name, title, file) => {
      to.text(name);
      to.text(title);
      to.audio(file);
    },
    read: (from) => [from.text(), from.text(), from.audio()],
  };
}

function settingsCall<Changes extends object>(): CallDefinition<[changes: Changes]> {
  return {
    kind: 25,
    // As they are in the head.
    write: (to, changes) => to.text(JSON.stringify(changes)),
    read: (from) => [readObject(from, 'settings are no JSON') as Changes],
  };
}

export const relayCalls: RelayCalls = {
  ...pathCalls('source', 'relay'),
  subscribe: {
    kind: 7,
    isAnswered: true,
    write: (to, peer) => to.text(textOfSubscriber(peer)),
    read: (from) => [subscriberOfText(from.text())],
  },
  unsubscribe: {
    kind: 8,
    write: (to, subscriber, reason) => {
      to.varint(subscriber);
      to.text(reason);
    },
    read: (from) => [from.varint() as SubscriberId, from.text()],
  },
  subscriberSaid: {
    kind: 21,
    write: (to, subscriber, bytes) => {
      to.varint(subscriber);
      to.bytes(bytes);
    },
    read: (from) => [from.varint() as SubscriberId, from.bytes()],
  },
  setTitle: { kind: 20, ...titleCall },
  changeSettings: settingsCall<RelaySettings>(),
  clock: clockCall,
};

export const edgeCalls: EdgeCalls = {
  ...pathCalls('relay', 'source'),
  join: {
    kind: 5,
    isAnswered: true,
    write: (to, name, { icy, label, burstMs }) => {
      to.text(name);
      to.byte(icy ? 1 : 0);
      to.text(label);
      // 0: as the settings say.
      to.varint(burstMs === undefined ? 0 : burstMs + 1);
    },
    read: (from) => {
      const [name, icy, label, plusOne] = [from.text(), from.byte() === 1, from.text(), from.varint()];
      return [name, { icy, label, ...(plusOne > 0 && { burstMs: plusOne - 1 }) }];
    },
  },
  leave: {
    kind: 6,
    write: (to, listener, reason) => {
      to.varint(listener);
      to.text(reason);
    },
    read: (from) => [from.varint() as ListenerId, from.text()],
  },
  move: {
    kind: 15,
    isAnswered: true,
    write: (to, listener, name) => {
      to.varint(listener);
      to.text(name);
    },
    read: (from) => [from.varint() as ListenerId, from.text()],
  },
  ask: {
    kind: 26,
    isAnswered: true,
    write: (to, name) => to.text(name),
    read: (from) => [from.text()],
  },
  awaitRelay: {
    kind: 19,
    write: (to, label) => to.text(label),
    read: (from) => [from.text()],
  },
  suspended: {
    kind: 24,
    write: (to, us) => to.varint(us),
    read: (from) => [from.varint()],
  },
  clock: clockCall,
  heardElsewhere: {
    kind: 14,
    write: (to, name, { listeners, listenerPeak, slowListeners, bytesOut }) => {
      to.text(name);
      for (const figure of [listeners, listenerPeak, slowListeners, bytesOut]) to.varint(figure);
    },
    read: (from) => [from.text(), { listeners: from.varint(), listenerPeak: from.varint(), slowListeners: from.varint(), bytesOut: from.varint() }],
  },
  command: {
    kind: 11,
    isAnswered: true,
    write: (to, name, command) => {
      to.text(name);
      writeCommand(to, command);
    },
    read: (from) => [from.text(), readCommand(from)],
  },
  setTitle: { kind: 20, ...titleCall },
  provideFallback: provideCall(12, 13),
  provideIntro: provideCall(22, 23),
  changePolicy: {
    kind: 17,
    isAnswered: true,
    redaction: { kind: 18, kept: (redactions, _name, _policy, file) => file && redactions.ofFile(file.bytes) },
    write: (to, name, policy, file) => {
      to.text(name);
      // As it is in the head.
      to.text(JSON.stringify(policy));
      to.byte(file === undefined ? 0 : 1);
      if (file === undefined) return;
      to.text(file.title);
      to.audio(file.bytes);
    },
    read: (from) => {
      const [name, policy, hasFile] = [from.text(), readObject(from, 'a policy is no JSON') as MountPolicy, from.byte() === 1];
      return [name, policy, hasFile ? { title: from.text(), bytes: from.audio() } : undefined];
    },
  },
  changeSettings: settingsCall<MountSettings>(),
};

/** No call: what the sink answered in the one before it when it was asked for backlogs, where that was not 0. */
export const BACKLOGS = 9;

/** The calls of a role, by name. */
export function callsOf(role: RecordedRole): Readonly<Record<string, CallDefinition>> {
  return role === 'edge' ? edgeCalls : relayCalls;
}

/** A call with its arguments. */
type Made<Calls> = { readonly [Name in keyof Calls]: { readonly kind: Name; readonly args: Calls[Name] extends CallDefinition<infer Args> ? Readonly<Args> : never } }[keyof Calls];

/** One call of a machine. Audio among its arguments is borrowed from the recording. */
export type CallAt = { readonly now: Micros } & (Made<EdgeCalls> | Made<RelayCalls>);

/** What a call gave its caller: why it is refused counts for nothing. */
export function answerOf(given: unknown): Answer {
  return typeof given === 'object' ? 'refused' : (given as Answer);
}

/** Makes the call. @param machine one that has it. */
export function apply(machine: object, { kind, now, args }: CallAt): Answer {
  const method = (machine as Readonly<Record<string, (now: Micros, ...args: readonly unknown[]) => unknown>>)[kind];
  if (method === undefined) throw new RangeError(`the machine has no ${kind}`);
  return answerOf(method.call(machine, now, ...args));
}

function readObject(from: CallReader, problem: string): object {
  const text = from.text();
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new WireError(problem);
  }
}

/** 0: automatic, 1: to the best, 2: to the one whose name follows. */
function writeCommand(to: CallWriter, command: MountCommand): void {
  if (command.kind === 'automatic') to.byte(0);
  else if (command.to === undefined) to.byte(1);
  else {
    to.byte(2);
    to.text(command.to);
  }
}

function readCommand(from: CallReader): MountCommand {
  const kind = from.byte();
  switch (kind) {
    case 0: return { kind: 'automatic' };
    case 1: return { kind: 'switch' };
    case 2: return { kind: 'switch', to: from.text() };
    default: throw new WireError(`there is no command ${kind}`);
  }
}
