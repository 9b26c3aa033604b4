import { median } from '../common/accounting.ts';
import { lastOf, valuesOf, type Result } from '../common/report/results.ts';
import { ingestWhat, listenersWhat, type IngestSize } from '../load/plan.ts';

/** What one of a kind costs, taken from the benches: everything in docs/scale.md is computed from these. */
export interface Costs {
  /** Core-seconds of an edge for a message by one of its relays: of `ingest` with 250 mountpoints. */
  readonly edgeMessageS: number;
  /** Of a relay, for a message by an encoder, with one subscriber. */
  readonly relayMessageS: number;
  /** For each further subscriber, for a message of a stream. */
  readonly subscriberMessageS: number | undefined;
  /** Cores of an edge for one listener at 128 kbit/s. */
  readonly listenerCores: number;
  readonly joinS: number;
  readonly listenerBytes: number;
  /** Of an edge for each stream, and without any. */
  readonly streamBytes: number;
  readonly edgeBytes: number;
}

/** Frames a second of the mix of MP3 at 44.1 kHz and AAC at 22.05 kHz, half each, and what describes a stream every second. */
const MESSAGES_A_STREAM: number = (44_100 / 1_152 + 22_050 / 1_024) / 2 + 3;

/** Messages a second that an edge takes in, each from each relay. */
export function messagesS({ mounts, encoders, relays }: IngestSize): number {
  return mounts * encoders * relays * MESSAGES_A_STREAM;
}

export function ingestCores(size: IngestSize, { edgeMessageS }: Costs): number {
  return messagesS(size) * edgeMessageS;
}

export function relayCores({ mounts, encoders }: IngestSize, subscribers: number, { relayMessageS, subscriberMessageS }: Costs): number {
  return mounts * encoders * MESSAGES_A_STREAM * (relayMessageS + (subscribers - 1) * (subscriberMessageS ?? 0));
}

export function ingestBytes({ mounts, encoders }: IngestSize, { edgeBytes, streamBytes }: Costs): number {
  return edgeBytes + mounts * encoders * streamBytes;
}

export const BASE: IngestSize = { mounts: 250, encoders: 2, relays: 2 };
const BASE_LISTENERS = 1_000;

/** The median of one of our figures, where it was measured. */
export function figureOf(results: readonly Result[], bench: string, what: string, figure: string): number | undefined {
  const values = valuesOf(lastOf(results, { bench, what }), 'ours', figure);
  return values === undefined ? undefined : median(values);
}

/** Undefined as long as `ingest` and `listeners` were not measured at their usual size. */
export function costsOf(results: readonly Result[]): Costs | undefined {
  const base = ingestWhat(BASE);
  const ingest = (figure: string, what: string = base): number | undefined => figureOf(results, 'ingest', what, figure);
  const listeners = (figure: string): number | undefined => figureOf(results, 'listeners', listenersWhat(BASE_LISTENERS, 1), figure);
  const [messages, edge, relay, edgeMb] = ['messages/s', 'edge, cores', 'relay 1, cores', 'edge, MB'].map((figure) => ingest(figure));
  const [each, joinMs, listenerKb, idleMb] = ['cores per 1,000 listeners', 'ramp: CPU of a join, ms', 'kB a listener', 'MB, no listeners'].map(listeners);
  if (messages === undefined || edge === undefined || relay === undefined || edgeMb === undefined) return undefined;
  if (each === undefined || joinMs === undefined || listenerKb === undefined || idleMb === undefined) return undefined;
  const streamMessages = messages / BASE.relays;
  const withSubscribers = ingest('relay 1, cores', `${base}, ${SUBSCRIBERS} subscribers of each relay`);
  return {
    edgeMessageS: edge / messages,
    relayMessageS: relay / streamMessages,
    subscriberMessageS: withSubscribers === undefined ? undefined : Math.max(0, withSubscribers - relay) / (SUBSCRIBERS - 1) / streamMessages,
    listenerCores: each / 1_000,
    joinS: joinMs / 1_000,
    listenerBytes: listenerKb * 1_000,
    streamBytes: ((edgeMb - idleMb) * 1e6) / (BASE.mounts * BASE.encoders),
    edgeBytes: idleMb * 1e6,
  };
}

const SUBSCRIBERS = 5;
