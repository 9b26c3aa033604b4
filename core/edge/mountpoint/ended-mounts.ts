import type { Snapshot } from '../../base/snapshot.ts';
import { snapshotFormat } from '../../codec/formats.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import type { Micros } from '../../base/units.ts';
import type { EncoderName } from '../../links/peers/encoder-name.ts';
import type { LastSeen, Unfitness } from '../switching/events.ts';
import type { EarlierRedundancy } from '../switching/redundancy.ts';
import type { EndReason } from './events.ts';

/** A stream of a mountpoint when that ended. */
export interface EndedStream extends LastSeen {
  readonly format: FrameFormat | undefined;
}

/** A mountpoint that has ended. */
export interface EndedMount {
  readonly name: string;
  readonly startedAt: Micros;
  readonly endedAt: Micros;
  readonly why: EndReason;
  /** How long nothing had been heard by then. */
  readonly silentMs: number;
  /** Who were disconnected. */
  readonly listeners: number;
  /** What is known of its backups when it begins anew. */
  readonly earlier: EarlierRedundancy;
  /** Its streams, the one on air first; no more than `MOST_STREAMS`. */
  readonly streams: readonly EndedStream[];
}

export const MOST_STREAMS = 8;
export const MOST_ENDED = 128;
export const KEPT_US = 86_400_000_000;

/** Mountpoints that have ended within a day. When there are too many, those go first that were on air for the shortest time: anybody can begin some. */
export class EndedMounts {
  #ended: Map<string, EndedMount> = new Map();

  add(mount: EndedMount): void {
    for (const [name, { endedAt }] of this.#ended) if (mount.endedAt - endedAt >= KEPT_US) this.#ended.delete(name);
    this.#ended.set(mount.name, mount);
    if (this.#ended.size <= MOST_ENDED) return;
    const [least] = [...this.#ended.values()].sort((a, b) => lifeOf(a) - lifeOf(b));
    this.#ended.delete(least!.name);
  }

  /** It has begun anew. */
  delete(name: string): void {
    this.#ended.delete(name);
  }

  get(now: Micros, name: string): EndedMount | undefined {
    const mount = this.#ended.get(name);
    return mount !== undefined && now - mount.endedAt < KEPT_US ? mount : undefined;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#ended = new Map(a.list(this.#ended.values(), (mount) => snapshotMount(a, mount)).map((mount) => [mount.name, mount]));
  }
}

function lifeOf({ startedAt, endedAt }: EndedMount): number {
  return endedAt - startedAt;
}

function snapshotMount(a: Snapshot, mount: EndedMount | undefined): EndedMount {
  return {
    name: a.text(mount?.name ?? ''),
    startedAt: a.number(mount?.startedAt ?? (0 as Micros)),
    endedAt: a.number(mount?.endedAt ?? (0 as Micros)),
    why: a.text<EndReason>(mount?.why ?? 'no-source'),
    silentMs: a.number(mount?.silentMs ?? 0),
    listeners: a.number(mount?.listeners ?? 0),
    earlier: { hadBackups: a.flag(mount?.earlier.hadBackups ?? false), lostSince: a.maybeNumber(mount?.earlier.lostSince) },
    streams: a.list(mount?.streams ?? [], (stream) => snapshotStream(a, stream)),
  };
}

function snapshotStream(a: Snapshot, stream: EndedStream | undefined): EndedStream {
  const { origin, source }: EncoderName = stream ?? { origin: '', source: '' };
  return {
    origin: a.text(origin),
    source: a.text(source),
    stream: a.text(stream?.stream ?? ''),
    wasOnAir: a.flag(stream?.wasOnAir ?? false),
    why: a.maybeText(stream?.why) as Unfitness | undefined,
    silentMs: a.number(stream?.silentMs ?? 0),
    format: snapshotFormat(a, stream?.format),
  };
}
