import type { Gauge, GaugeKind, Probe } from '../../world/gauge.ts';
import type { TraceLine } from '../../world/trace.ts';
import type { Series } from '../data.ts';

/** As many values as a wide screen has points, and half as many again. */
const MOST_VALUES = 3_000;
const LEAST_MS = 100;

/** How what was measured is drawn. */
export interface Look {
  readonly unit: string;
  readonly perUnit?: number;
  /** What is less is left out. */
  readonly least?: number;
  readonly hueOf?: (of: string) => number | undefined;
}

interface Track {
  readonly host: string;
  readonly kind: GaugeKind;
  readonly of: string;
  readonly first: number;
  readonly values: (number | null)[];
}

/** Measures all buffers every so often while a run goes on, and counts the datagrams that are lost between two hosts. */
export class Sampler {
  readonly everyMs: number;
  readonly probe: Probe;
  readonly #tracks = new Map<string, Track>();
  readonly #losses = new Map<string, number[]>();
  readonly #count: number;

  constructor(durationS: number) {
    this.everyMs = LEAST_MS * Math.max(1, Math.ceil((1000 * durationS) / LEAST_MS / MOST_VALUES));
    this.#count = Math.ceil((1000 * durationS) / this.everyMs);
    this.probe = { everyMs: this.everyMs, take: (atMs, host, gauges) => this.#take(atMs, host, gauges) };
  }

  /** Takes in the trace. */
  line({ atUs, actor, kind }: TraceLine): void {
    if (kind !== 'lost') return;
    const way = actor.split('@')[0]!;
    let counts = this.#losses.get(way);
    if (counts === undefined) this.#losses.set(way, (counts = Array.from({ length: this.#count + 1 }, () => 0)));
    counts[Math.floor(atUs / 1000 / this.everyMs)]! += 1;
  }

  /** What was measured of this kind at that host, one series for each stream. */
  seriesOf(host: string, kind: GaugeKind, { unit, perUnit = 1, least = -Infinity, hueOf = () => undefined }: Look): Series[] {
    return [...this.#tracks.values()]
      .filter((track) => track.host === host && track.kind === kind)
      .map(({ of, first, values }) => {
        const hue = hueOf(of);
        const scaled = values.map((value) => (value === null || value < least ? null : Math.round((10 * value) / perUnit) / 10));
        const frame = { name: of, unit, shape: 'line' as const, fromMs: first * this.everyMs, everyMs: this.everyMs };
        return { ...frame, ...(hue !== undefined && { hue }), values: scaled };
      });
  }

  /** Datagrams lost from one host to another; undefined when there were none. */
  lossesOf(from: string, to: string): Series | undefined {
    const values = this.#losses.get(`${from}→${to}`);
    return values && { name: 'lost', unit: 'datagrams', shape: 'bars', fromMs: 0, everyMs: this.everyMs, values };
  }

  #take(atMs: number, host: string, gauges: readonly Gauge[]): void {
    const index = Math.round(atMs / this.everyMs);
    for (const { kind, of, value } of gauges) {
      const key = `${host} ${kind} ${of}`;
      let track = this.#tracks.get(key);
      if (track === undefined) this.#tracks.set(key, (track = { host, kind, of, first: index, values: [] }));
      while (track.values.length < index - track.first) track.values.push(null);
      track.values[index - track.first] = value;
    }
  }
}
