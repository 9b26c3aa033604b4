import type { Edge } from '../../core/edge/edge.ts';

/** A figure of a process at a moment: what one of its buffers holds. */
export interface Gauge {
  readonly kind: GaugeKind;
  /** Whose it is, where a process has several: a stream. */
  readonly of: string;
  readonly value: number;
}

/**
 * 'ahead': programme that a stream at an edge has beyond the point where the listeners are, in ms. 'ring': programme in its
 * ring, in ms. 'early': its messages that wait for one before them. 'backlog': bytes that the slowest listener of an
 * edge has yet to get. 'player': what a listener's player has yet to play, in ms.
 */
export type GaugeKind = 'ahead' | 'ring' | 'early' | 'backlog' | 'player';

/** Looks at all processes every so often. It only looks: what happens is the same with and without it. */
export interface Probe {
  readonly everyMs: number;
  take(atMs: number, host: string, gauges: readonly Gauge[]): void;
}

/** What an edge's buffers hold; `nameOf` says how a stream is called. */
export function edgeGauges(edge: Pick<Edge, 'buffers'>, nameOf: (stream: string) => string): Gauge[] {
  return edge.buffers.flatMap(({ stream, aheadMs, ringMs, earlyMessages }): Gauge[] => {
    const of = nameOf(stream);
    return [
      ...(aheadMs === undefined ? [] : [{ kind: 'ahead' as const, of, value: aheadMs }]),
      { kind: 'ring', of, value: ringMs },
      { kind: 'early', of, value: earlyMessages },
    ];
  });
}
