import type { Upstream } from '../../../net/ingress/subscriptions.ts';
import { problemLevels, type MountDetail, type MountPart, type Problem } from '../state.ts';

/** `sinceMs` as far as it is known. */
export type Found = Omit<Problem, 'sinceMs'> & { readonly sinceMs?: number | undefined };

export interface MountProblemsOptions {
  /** For how long nothing has stood by though something did; undefined when nothing ever did for long enough. */
  readonly lostMs: number | undefined;
  readonly nowMs: number;
  /** When something was told of it last, by the kind of event. */
  readonly lastOf: (kind: string) => number | undefined;
}

/** What is wrong with a mountpoint now. */
export function mountProblems({ mount, onAir, detail }: MountPart & { readonly detail: MountDetail }, { lostMs, nowMs, lastOf }: MountProblemsOptions): readonly Found[] {
  const found: Found[] = [];
  const add = (level: Problem['level'], text: string, sinceMs?: number): void => void found.push({ level, text, mount, sinceMs });
  const { ended, fallback, encoders, standingBy } = detail;
  if (ended !== undefined) add('bad', `ended: ${ended.message}`, ended.atMs);
  if (onAir === 'fallback') add('bad', `no encoder is on air, listeners hear the fallback${fallback === undefined ? '' : ` ${fallback}`}`, lastOf('fallback-entered'));
  if (onAir === 'stalled') add('bad', 'the encoder on air has stalled, and nothing can take over', lastOf('stalled'));
  const sickness = encoders.find(({ onAir: isOnAir }) => isOnAir)?.sickness;
  if (sickness === 'silent') add('bad', 'silence is on air');
  if (sickness === 'frozen') add('bad', 'the encoder on air repeats itself');
  if (onAir !== 'live' && onAir !== 'fallback') return found;
  if (lostMs !== undefined && lostMs > 0 && onAir === 'live') add('warn', 'backup lost, nothing stands by', Math.round(nowMs - lostMs));
  if (lostMs === undefined && standingBy === 0 && encoders.length > 0) add('note', 'a single encoder, nothing stands by');
  return found;
}

/** Of the relays that a process is to be connected to. */
export function relayProblems(upstreams: readonly Upstream[], sinceMs: number | undefined): readonly Found[] {
  const down = upstreams.filter(({ isUp }) => !isUp);
  if (upstreams.length > 0 && down.length === upstreams.length) return [{ level: 'bad', text: `no relay left: ${down.map(({ label }) => label).join(', ')}`, sinceMs }];
  return down.map(({ label }) => ({ level: 'warn', text: `relay lost: ${label}` }));
}

/** More are counted, and not told one by one. */
const MAX_TOLD = 50;

/** Remembers since when there is what. It holds no more than what is wrong now. */
export class Problems {
  #since = new Map<string, number>();

  /** The worst first; of those what concerns the whole process, then the newest. */
  at(nowMs: number, found: readonly Found[]): readonly Problem[] {
    const since = new Map<string, number>();
    const problems = found.map((problem): Problem => {
      const key = `${problem.mount ?? ''} ${problem.text}`;
      const sinceMs = this.#since.get(key) ?? problem.sinceMs ?? Math.round(nowMs);
      since.set(key, sinceMs);
      return { ...problem, sinceMs };
    });
    this.#since = since;
    const sorted = problems.toSorted((a, b) => problemLevels.indexOf(a.level) - problemLevels.indexOf(b.level) || Number(a.mount !== undefined) - Number(b.mount !== undefined) || b.sinceMs - a.sinceMs);
    const more = sorted.slice(MAX_TOLD);
    if (more.length === 0) return sorted;
    return [...sorted.slice(0, MAX_TOLD), { level: more[0]!.level, text: `and ${more.length} more`, sinceMs: more[0]!.sinceMs }];
  }
}
