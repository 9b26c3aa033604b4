import type { ListenerId, PathId, SubscriberId } from '../base/machine.ts';
import { anonymous, type Peer, type PeerRole } from '../links/peer.ts';
import { transports, type Transport } from '../links/transport.ts';
import type { Micros } from '../base/units.ts';
import type { MountCommand } from '../edge/switching/command.ts';
import { CallKind, PathBits } from './format.ts';
import { readOutline } from './outline.ts';
import { ByteReader, WireError, type ByteWriter } from './wire.ts';

/** One call of a machine, as it was recorded. */
export type Call = CallAt & { readonly answers: Answers };

/** The same without what the sink said. */
export type CallAt = { readonly now: Micros } & CallOf;

export type CallOf =
  | { readonly kind: 'advance' }
  | { readonly kind: 'openPath'; readonly transport: Transport; readonly peer: Peer }
  | { readonly kind: 'closePath'; readonly path: PathId; readonly reason: string }
  /** `bytes` is borrowed from the recording. */
  | { readonly kind: 'receive'; readonly path: PathId; readonly bytes: Uint8Array }
  | { readonly kind: 'join'; readonly name: string; readonly icy: boolean; readonly label: string; readonly burstMs: number | undefined }
  | { readonly kind: 'leave'; readonly listener: ListenerId; readonly reason: string }
  | { readonly kind: 'command'; readonly name: string; readonly command: MountCommand }
  /** `bytes` is borrowed from the recording. */
  | { readonly kind: 'provideFallback'; readonly name: string; readonly title: string; readonly bytes: Uint8Array }
  | { readonly kind: 'subscribe'; readonly peer: Peer }
  | { readonly kind: 'unsubscribe'; readonly subscriber: SubscriberId; readonly reason: string };

/** What the sink said, each time it was asked for a backlog in a call, where that was not 0: by how often it had been asked. */
export type Answers = ReadonlyMap<number, number>;

const NO_ANSWERS: Answers = new Map();

/** All calls of a block. Throws a WireError when that is no block of calls. */
export function readCalls(bytes: Uint8Array): Call[] {
  const reader = new ByteReader(bytes);
  const calls: Call[] = [];
  let now = reader.varint();
  while (reader.left > 0) {
    const kind = reader.byte();
    if (kind === CallKind.backlogs) {
      const last = calls.pop();
      if (last === undefined) throw new WireError('answers without a call');
      calls.push({ ...last, answers: readAnswers(reader) });
      continue;
    }
    now += reader.varint();
    calls.push({ now: now as Micros, answers: NO_ANSWERS, ...readCall(kind, reader) });
  }
  return calls;
}

function readAnswers(reader: ByteReader): Answers {
  const count = reader.varint();
  return new Map(Array.from({ length: count }, () => [reader.varint(), reader.varint()]));
}

function readCall(kind: number, reader: ByteReader): CallOf {
  switch (kind) {
    case CallKind.advance: return { kind: 'advance' };
    case CallKind.openPath: return { kind: 'openPath', ...readWay(reader) };
    case CallKind.closePath: return { kind: 'closePath', path: reader.varint() as PathId, reason: reader.text() };
    case CallKind.receive: return { kind: 'receive', path: reader.varint() as PathId, bytes: reader.bytes() };
    case CallKind.receiveOutline: return { kind: 'receive', path: reader.varint() as PathId, bytes: readOutline(reader) };
    case CallKind.join: return { kind: 'join', name: reader.text(), icy: reader.byte() === 1, label: reader.text(), burstMs: readBurst(reader) };
    case CallKind.leave: return { kind: 'leave', listener: reader.varint() as ListenerId, reason: reader.text() };
    case CallKind.command: return { kind: 'command', name: reader.text(), command: readCommand(reader) };
    case CallKind.provideFallback: return { kind: 'provideFallback', name: reader.text(), title: reader.text(), bytes: reader.bytes() };
    case CallKind.provideFallbackOutline: return { kind: 'provideFallback', name: reader.text(), title: reader.text(), bytes: readOutline(reader) };
    case CallKind.subscribe: return { kind: 'subscribe', peer: anonymous('subscriber', reader.text()) };
    case CallKind.unsubscribe: return { kind: 'unsubscribe', subscriber: reader.varint() as SubscriberId, reason: reader.text() };
    default: throw new WireError(`there is no call ${kind}`);
  }
}

function readWay(reader: ByteReader): { readonly transport: Transport; readonly peer: Peer } {
  const bits = reader.byte();
  const role: PeerRole = (bits & PathBits.upstream) === 0 ? 'source' : 'relay';
  return { transport: (bits & PathBits.udp) === 0 ? transports.tcp : transports.udp, peer: anonymous(role, reader.text()) };
}

/** 0: as the settings say. */
function readBurst(reader: ByteReader): number | undefined {
  const plusOne = reader.varint();
  return plusOne === 0 ? undefined : plusOne - 1;
}

/** Writes what `readCommand` reads: a byte for its kind, and for some a text behind it. */
export function writeCommand(writer: ByteWriter, command: MountCommand): void {
  if (command.kind === 'automatic') writer.byte(CommandKind.automatic);
  else if (command.to === undefined) writer.byte(CommandKind.switchToBest);
  else {
    writer.byte(CommandKind.switchTo);
    writer.text(command.to);
  }
}

function readCommand(reader: ByteReader): MountCommand {
  const kind = reader.byte();
  switch (kind) {
    case CommandKind.automatic: return { kind: 'automatic' };
    case CommandKind.switchToBest: return { kind: 'switch' };
    case CommandKind.switchTo: return { kind: 'switch', to: reader.text() };
    default: throw new WireError(`there is no command ${kind}`);
  }
}

const CommandKind = { automatic: 0, switchToBest: 1, switchTo: 2 } as const;
