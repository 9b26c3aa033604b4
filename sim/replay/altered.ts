import type { ListenerId, PathId, SubscriberId } from '../../core/base/machine.ts';
import type { Call } from '../../core/recording/calls/read.ts';
import type { Generation } from '../../core/recording/file/read.ts';
import type { Head } from '../../core/recording/file/format.ts';
import { ms, type Micros } from '../../core/base/units.ts';
import type { Alteration } from './alteration.ts';
import type { Answer } from '../../core/recording/told.ts';
import { Player, type Watcher } from './player.ts';

/** A machine whose deadline is served this often between two calls is never content. */
const MOST_TURNS = 100_000;
/** A process comes round this late to its own timers; within the second, the recorded ones may serve a deadline. */
const TIMER_US = 500;
const LATE_US = 5_000;

/**
 * A second machine that is given what was recorded, with alterations.
 *
 *     recorded call -> first machine, exactly -> its answer
 *                   -> left out? later? another id? -> second machine, with its own deadlines served as they come
 *
 * What its listeners' connections had not taken is what was last said of them in the recording.
 */
export class Altered {
  /** What could not be altered, a sentence each. */
  readonly missed: string[] = [];
  readonly #player: Player;
  readonly #pending: Alteration[];
  readonly #originUs: number;
  /** Of those that were recorded, by their recorded ids; undefined: there is none here. */
  readonly #paths = new Map<number, number | undefined>();
  readonly #others = new Map<number, number | undefined>();
  /** And the other way round. */
  readonly #recorded = new Map<number, number>();
  readonly #labels = new Map<number, string>();
  /** In the order in which they were first seen. */
  readonly #peers: string[] = [];
  readonly #down = new Set<string>();
  readonly #lateUs: Micros;
  /** Recorded time less this machine's: a clock that was stopped does not count the pause. */
  #shiftUs = 0;
  #pausedUntil = -Infinity;
  #waiting: { readonly call: Call; readonly answer: Answer }[] = [];
  #now = 0;

  /** @param exact plays the same calls, each before this one. */
  constructor(first: Generation, exact: Player, alterations: readonly Alteration[], wanted: Pick<Head, 'settings' | 'policies'>, watcher: Watcher) {
    this.#originUs = first.head.atUs;
    this.#lateUs = ms(wanted.settings.maxTimerLagMs);
    this.#pending = [...alterations].sort((a, b) => a.atUs - b.atUs);
    this.#player = new Player(first, {
      begins: (now, there) => watcher.begins(now, there),
      event: (now, event) => watcher.event((now + this.#shiftUs) as Micros, event),
      onAir: (now, mount, durationUs) => watcher.onAir((now + this.#shiftUs) as Micros, mount, durationUs),
    }, { wanted });
    this.#player.backlogOf = (of) => exact.backlogs.get(this.#recorded.get(of) ?? of) ?? 0;
    for (const { id, label } of this.#player.machine.stats.paths) this.#met(id, label);
  }

  /** A recorded call, and what it gave its caller then. */
  play(call: Call, answer: Answer): void {
    this.#passTo(call.now);
    if (this.#pausedUntil > -Infinity) this.#waiting.push({ call, answer });
    else this.#give(call, answer, call.now);
  }

  /** The recording is over. */
  finish(recorded: number): void {
    this.#passTo(recorded);
    if (this.#pausedUntil > -Infinity) this.#resume(this.#pausedUntil);
  }

  /** What is to happen up to then. */
  #passTo(recorded: number): void {
    for (let next = this.#pending[0]; next !== undefined && next.atUs + this.#originUs <= recorded; next = this.#pending[0]) {
      this.#pending.shift();
      const at = next.atUs + this.#originUs;
      this.#resume(at);
      if (this.#pausedUntil === -Infinity) this.#serve(at);
      this.#alter(next, Math.max(at, this.#now));
    }
    this.#resume(recorded);
    if (this.#pausedUntil === -Infinity) this.#serve(recorded);
  }

  #alter(alteration: Alteration, at: number): void {
    switch (alteration.kind) {
      case 'pause':
        this.#pausedUntil = at + alteration.forUs;
        return;
      case 'path-down':
        if (!this.#close(alteration.path, at)) this.missed.push(`no path ${alteration.path} is open at ${alteration.atUs / 1e6} s`);
        return;
      case 'peer-down': {
        const { label: wanted, number = 0 } = alteration.peer;
        const label = this.#peers.includes(wanted) ? wanted : this.#peers[number - 1];
        if (label === undefined) {
          this.missed.push(`nobody is known as ${wanted} at ${alteration.atUs / 1e6} s: there are ${this.#peers.join(', ')}`);
          return;
        }
        this.#down.add(label);
        for (const [path, its] of this.#labels) if (its === label) this.#close(path, at);
        return;
      }
      default:
        alteration satisfies never;
    }
  }

  /** The process goes on, if it is time: what came meanwhile is read first, then timers are looked at. */
  #resume(recorded: number): void {
    const until = this.#pausedUntil;
    if (until === -Infinity || recorded < until) return;
    this.#pausedUntil = -Infinity;
    // As a `SteadyClock` reads it.
    const latest = Math.max(this.#player.machine.deadline, this.#now - this.#shiftUs) + this.#lateUs;
    const uncountedUs = Math.max(0, until - this.#shiftUs - latest);
    this.#shiftUs += uncountedUs;
    this.#now = until;
    if (uncountedUs > 0 && 'suspended' in this.#player.machine) this.#player.play({ kind: 'suspended', now: (until - this.#shiftUs) as Micros, args: [uncountedUs] });
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { call, answer } of waiting) if (call.kind !== 'advance') this.#give(call, answer, until);
    this.#player.play({ kind: 'advance', now: (until - this.#shiftUs) as Micros, args: [] });
  }

  /** Serves deadlines that no recorded call has served. */
  #serve(recorded: number): void {
    const { machine } = this.#player;
    const until = recorded - this.#shiftUs;
    for (let turns = 0; machine.deadline + LATE_US <= until; turns++) {
      if (turns > MOST_TURNS) throw new RangeError(`the deadline ${machine.deadlineReason} never passes`);
      const now = Math.max(machine.deadline + TIMER_US, this.#now - this.#shiftUs) as Micros;
      this.#now = now + this.#shiftUs;
      this.#player.play({ kind: 'advance', now, args: [] });
    }
  }

  #give(call: Call, answer: Answer, recorded: number): void {
    this.#now = Math.max(this.#now, recorded);
    const now = (this.#now - this.#shiftUs) as Micros;
    switch (call.kind) {
      case 'openPath': {
        if (typeof answer !== 'number') return;
        const { name } = call.args[1];
        this.#met(answer, name);
        const opened = this.#down.has(name) ? undefined : this.#player.play({ ...call, now });
        this.#paths.set(answer, typeof opened === 'number' ? opened : undefined);
        return;
      }
      case 'receive': {
        const [path, bytes] = call.args;
        const mapped = this.#pathOf(path);
        if (mapped !== undefined) this.#player.play({ ...call, now, args: [mapped as PathId, bytes] });
        return;
      }
      case 'closePath': {
        const [path, reason] = call.args;
        const mapped = this.#pathOf(path);
        if (mapped !== undefined) this.#player.play({ ...call, now, args: [mapped as PathId, reason] });
        this.#labels.delete(path);
        return;
      }
      case 'join':
      case 'subscribe': {
        if (typeof answer !== 'number') return;
        const joined = this.#player.play({ ...call, now });
        this.#others.set(answer, typeof joined === 'number' ? joined : undefined);
        if (typeof joined === 'number') this.#recorded.set(joined, answer);
        return;
      }
      case 'leave':
        return this.#ofOther(call.args[0], (listener) => this.#player.play({ ...call, now, args: [listener as ListenerId, call.args[1]] }));
      case 'move':
        return this.#ofOther(call.args[0], (listener) => this.#player.play({ ...call, now, args: [listener as ListenerId, call.args[1]] }));
      case 'unsubscribe':
        return this.#ofOther(call.args[0], (subscriber) => this.#player.play({ ...call, now, args: [subscriber as SubscriberId, call.args[1]] }));
      default:
        // Whatever has no ids among its arguments.
        this.#player.play({ ...call, now });
    }
  }

  #ofOther(id: number, play: (mapped: number) => void): void {
    const mapped = this.#others.has(id) ? this.#others.get(id) : id;
    if (mapped !== undefined) play(mapped);
  }

  #pathOf(path: number): number | undefined {
    return this.#paths.has(path) ? this.#paths.get(path) : path;
  }

  /** False when it is not open. */
  #close(path: number, at: number): boolean {
    const mapped = this.#pathOf(path);
    if (mapped === undefined || !this.#labels.has(path)) return false;
    this.#paths.set(path, undefined);
    this.#player.play({ kind: 'closePath', now: (Math.max(at, this.#now) - this.#shiftUs) as Micros, args: [mapped as PathId, 'what if'] });
    return true;
  }

  #met(path: number, label: string): void {
    this.#labels.set(path, label);
    if (!this.#peers.includes(label)) this.#peers.push(label);
  }
}
