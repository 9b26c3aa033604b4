import seedrandom from 'seedrandom';
import { between, exponential, pick } from '../../sim/world/rng.ts';

/** What goes wrong: a process is killed or ended and started again, an encoder stops for a while, a leg is cut, or all legs lose. */
export type OutageKind = 'encoder killed' | 'encoder restarted' | 'encoder frozen' | 'relay killed' | 'relay restarted' | 'edge killed' | 'edge restarted' | 'way of an encoder cut' | 'way of an edge cut' | 'loss on all ways';

export interface Outage {
  readonly kind: OutageKind;
  /** Of two encoders, relays or edges; and the relay that a way leads to. */
  readonly which: 0 | 1;
  readonly relay: 0 | 1;
  /** Since the beginning. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Several at a time, and without a rest between them. */
  readonly several: boolean;
}

/** By then both edges have segments, and know which streams carry the same programme. */
const FIRST_MS = 45_000;
/** The last ones are over so long before the end. */
const CALM_END_MS = 30_000;
const MEAN_PAUSE_MS = 8_000;
/** Until everything is as before. */
const REST_MS = 15_000;
const KINDS: readonly OutageKind[] = ['encoder killed', 'encoder restarted', 'encoder frozen', 'relay killed', 'relay restarted', 'edge killed', 'edge restarted', 'way of an encoder cut', 'way of an edge cut', 'loss on all ways'];

/** The same for the same seed. What is out is not hit again before it is back. */
export function drawPlan({ seed, durationMs, several }: PlanOptions): readonly Outage[] {
  const random = seedrandom(`hls-agree/${seed}`);
  const either = (): 0 | 1 => (random() < 0.5 ? 0 : 1);
  const plan: Outage[] = [];
  const busy = new Map<string, number>();
  for (let atMs = FIRST_MS; ; ) {
    atMs += Math.round(exponential(random, MEAN_PAUSE_MS));
    const untilMs = atMs + Math.round(between(random, 300, 12_000));
    if (untilMs >= durationMs - CALM_END_MS) return plan;
    const outage: Outage = { kind: pick(random, KINDS), which: either(), relay: either(), fromMs: atMs, untilMs };
    const host = hostOf(outage);
    if ((busy.get(host) ?? 0) < atMs) {
      busy.set(host, untilMs + REST_MS);
      plan.push(outage);
    }
    if (!several) atMs = untilMs + REST_MS;
  }
}

/** How it is told of. */
export function outageText({ kind, which, relay }: Outage): string {
  if (kind === 'loss on all ways') return kind;
  const of = ` (${which + 1}${kind.startsWith('way') ? `, to relay ${relay + 1}` : ''})`;
  return kind + of;
}

function hostOf({ kind, which, relay }: Outage): string {
  if (kind === 'loss on all ways') return kind;
  if (kind.startsWith('way')) return `${kind} ${which} ${relay}`;
  return `${kind.split(' ')[0]} ${which}`;
}
