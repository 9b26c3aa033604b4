import type { ListenerReport, SwitchReport } from '../../machines/listener.ts';
import type { Violation } from '../../oracle/oracle.ts';
import type { Run } from '../../run/simulation.ts';

/** What `--json` prints about one run. */
export interface RunJson {
  readonly scenario: string;
  readonly seed: number;
  readonly traceHash: string;
  readonly simulatedS: number;
  readonly wallMs: number;
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  readonly listeners: readonly Pick<ListenerReport, 'name' | 'mount' | 'disconnects' | 'silenceMs' | 'longestStallMs' | 'switches'>[];
  /** What the seed drew, in a swarm. */
  readonly drawn?: Readonly<Record<string, unknown>>;
}

/** What `--json` prints about many. */
export interface SummaryJson {
  readonly scenario: string;
  readonly runs: number;
  readonly ok: boolean;
  readonly failed: readonly number[];
  /** Each figure's worst, of any listener in any run. */
  readonly worst: { readonly silenceMs: number; readonly longestStallMs: number; readonly disconnects: number };
  /** What the failed seeds drew, in a swarm. */
  readonly drawn?: readonly Drawn[];
  /** All rare situations, in a swarm: in how many runs each was reached, and how often in all. */
  readonly situations?: readonly Reached[];
}

export interface Reached {
  readonly name: string;
  readonly runs: number;
  readonly times: number;
}

export interface Drawn {
  readonly seed: number;
  readonly drawn: Readonly<Record<string, unknown>>;
}

export function jsonOf({ scenario, seed, traceHash, simulatedS, ok, violations, listeners }: Run, wallMs: number): RunJson {
  return {
    scenario: scenario.name,
    seed,
    traceHash,
    simulatedS,
    wallMs,
    ok,
    violations,
    listeners: listeners.map(({ name, mount, disconnects, silenceMs, longestStallMs, switches }) => ({
      name,
      mount,
      disconnects,
      silenceMs,
      longestStallMs,
      switches: switches.map(switchJson),
    })),
    ...(scenario.drawn && { drawn: scenario.drawn }),
  };
}

function switchJson({ atMs, reason, missingMs, repeatedMs, garbledMs }: SwitchReport): SwitchReport {
  return { atMs, reason, missingMs, repeatedMs, garbledMs };
}
