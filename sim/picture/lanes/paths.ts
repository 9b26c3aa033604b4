import { ordinary, type Conditions } from '../../world/path.ts';
import type { PathSpec } from '../../world/topology.ts';
import type { LaneDraft, State } from '../builder.ts';

export interface PathOptions {
  readonly lane: LaneDraft;
  /** As the programme flows. */
  readonly from: string;
  readonly to: string;
  readonly transport: 'tcp' | 'udp';
  /** Who connects, and reports it; undefined where nobody does. */
  readonly dialer: string | undefined;
  readonly specs: readonly PathSpec[];
}

/** Follows one path in both directions: whether it is cut or worse than it was, and whether a connection stands. */
export class PathFollower {
  readonly options: PathOptions;
  readonly #there: Direction;
  readonly #back: Direction;
  #isConnected: boolean;
  /** The connection that there is carries nothing any more. */
  #isForgotten = false;
  /** Since it was last known to be well, or who connects began. */
  #attempts = 0;

  constructor(options: PathOptions) {
    this.options = options;
    this.#there = new Direction(options.from, options.to, options.specs);
    this.#back = new Direction(options.to, options.from, options.specs);
    this.#isConnected = options.transport === 'udp' || options.dialer === undefined;
    this.#show(0);
  }

  /** True when that is one of its directions. */
  cut(atMs: number, from: string, to: string, isCut: boolean): boolean {
    return this.#change(atMs, from, to, (direction) => (direction.isCut = isCut));
  }

  /** Connections that there are carry nothing from now on, or do so again. */
  forget(atMs: number, from: string, to: string, isForgotten: boolean): boolean {
    return this.#change(atMs, from, to, () => (this.#isForgotten = isForgotten && this.options.transport === 'tcp'));
  }

  change(atMs: number, from: string, to: string, changes: Partial<Conditions>): boolean {
    return this.#change(atMs, from, to, (direction) => (direction.conditions = { ...direction.conditions, ...changes }));
  }

  /** What whoever connects says of it. */
  connection(atMs: number, isConnected: boolean): void {
    if (this.options.transport === 'udp') return;
    if (!isConnected) this.#attempts++;
    this.#isConnected = isConnected;
    this.#isForgotten = false;
    this.#show(atMs);
  }

  /** Nobody is there to connect. */
  dialerDied(atMs: number): void {
    if (this.options.transport === 'udp') return;
    this.#isConnected = false;
    this.#attempts = 0;
    this.#show(atMs);
  }

  /** Whether it is as it was at the beginning. */
  get isItself(): boolean {
    return this.#there.worse.length === 0 && this.#back.worse.length === 0;
  }

  #change(atMs: number, from: string, to: string, change: (direction: Direction) => void): boolean {
    const direction = [this.#there, this.#back].find((each) => each.from === from && each.to === to);
    if (direction === undefined) return false;
    change(direction);
    this.#show(atMs);
    return true;
  }

  #show(atMs: number): void {
    this.options.lane.enter(atMs, this.#state());
  }

  #state(): State {
    const [there, back] = [this.#there, this.#back];
    if (there.isCut || back.isCut) {
      const one = there.isCut ? there : back;
      const label = there.isCut && back.isCut ? 'cut' : `cut from ${one.from} to ${one.to}`;
      return { state: label, tone: 'bad', label };
    }
    if (!this.#isConnected) return { state: 'no connection', tone: this.#attempts > 1 ? 'warn' : 'off', label: 'no connection' };
    if (this.#isForgotten) return { state: 'connected, but carries nothing', tone: 'bad', label: 'carries nothing' };
    const worse = [...new Set([...there.worse, ...back.worse])];
    const usual = [...new Set([...there.flaws, ...back.flaws])];
    const state = this.options.transport === 'udp' ? 'datagrams' : 'connected';
    if (worse.length > 0) return { state: `${state}, worse`, tone: 'warn', label: worse.join(', ') };
    return { state, tone: usual.length > 0 ? 'warn' : 'idle', label: usual.join(', ') };
  }
}

class Direction {
  readonly from: string;
  readonly to: string;
  readonly #initially: Conditions;
  conditions: Conditions;
  isCut = false;

  constructor(from: string, to: string, specs: readonly PathSpec[]) {
    this.from = from;
    this.to = to;
    const own = specs.filter((spec) => spec.from === from && spec.to === to);
    this.#initially = own.reduce((all, { changes }) => ({ ...all, ...changes }), ordinary);
    this.conditions = this.#initially;
  }

  /** What is otherwise than at the beginning. */
  get worse(): string[] {
    return different(this.conditions, this.#initially);
  }

  /** What loses or spoils datagrams all the time; a long way is no flaw. */
  get flaws(): string[] {
    return different(this.#initially, { ...this.#initially, loss: ordinary.loss, duplicates: 0, reordered: 0 });
  }
}

const keys = Object.keys(ordinary) as (keyof Conditions)[];

function different(these: Conditions, those: Conditions): string[] {
  return keys.filter((key) => JSON.stringify(these[key]) !== JSON.stringify(those[key])).map((key) => said(key, these));
}

function said(key: keyof Conditions, conditions: Conditions): string {
  const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
  switch (key) {
    case 'latencyMs':
      return `latency ${conditions.latencyMs} ms`;
    case 'jitterMs':
      return `jitter ${conditions.jitterMs} ms`;
    case 'loss':
      return `loses ${percent(conditions.loss.share)}, ${conditions.loss.burst} in a row`;
    case 'duplicates':
      return `duplicates ${percent(conditions.duplicates)}`;
    case 'reordered':
      return `reorders ${percent(conditions.reordered)}`;
    case 'reorderMs':
      return `by ${conditions.reorderMs} ms`;
    case 'bitsPerSecond':
      return `${conditions.bitsPerSecond / 1000} kbit/s`;
    case 'queueMs':
      return `queue ${conditions.queueMs} ms`;
    default:
      return key satisfies never;
  }
}
