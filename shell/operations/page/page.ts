import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { toMs, type Micros } from '../../../core/base/units.ts';
import type { RelayMachine } from '../../../core/recording/recorded-relay.ts';
import type { EventSink, ProcessEvent } from '../../log/events.ts';
import type { Upstream } from '../../net/ingress/subscriptions.ts';
import type { ProcessRole } from '../../process/app.ts';
import { inTurns } from '../../process/time/in-turns.ts';
import { stackOf } from '../../process/problems.ts';
import { version } from '../../process/version.ts';
import { endedPart, mountPart, startablePart, pathStates, publicMount, type EdgeToShow } from './parts/edge-parts.ts';
import { Fleet, type FleetOptions } from './fleet.ts';
import { History } from './history/history.ts';
import { isOfMountpoint } from './history/marks.ts';
import { PartSet } from './parts/part-set.ts';
import { mountProblems, Problems, relayProblems, type Found } from './parts/problems.ts';
import type { PathState, ProcessPart, RelayPart, View } from './state.ts';

/** Looked at so often while somebody looks. */
const EVERY_MS = 1_000;
/** And besides, so long after something of note, with all that happens until then. */
const SOON_MS = 200;
/** While nobody does, each mountpoint is looked at once in a second, or so many of them where there are more: what is rare is told by events. */
const LOOKS_PER_S = 100;

export interface PageOptions {
  readonly role: ProcessRole;
  /** Other processes that are shown; none, unless given. */
  readonly fleet?: Omit<FleetOptions, 'wallMs'> | undefined;
  /** Told when looking fails. */
  readonly tell: EventSink;
  readonly wallMs?: () => number;
}

export interface RelayToShow {
  readonly machine: Pick<RelayMachine, 'peers' | 'stats'>;
  readonly upstreams: () => readonly Upstream[];
}

/** Told after each look while somebody looks; in the public one there are no names and no addresses. */
export interface Looker {
  readonly isThere: () => boolean;
  readonly told: (changes: Readonly<Record<'public' | 'full', string>>) => void;
}

/**
 * What the page of a process shows. The past is kept all the time, in bounded memory; all else is made when somebody looks, once for all who do.
 *
 *     fan-out of events -> History -.
 *     Edge, Relay ------------------> parts -> changes -> whoever looks
 *     --fleet ----------------------'
 */
export class Page {
  readonly #options: PageOptions;
  readonly #wallMs: () => number;
  readonly #history: History;
  readonly #problems = new Problems();
  #fleet: Fleet | undefined;
  readonly #startedMs: number;
  readonly #full = new PartSet();
  readonly #public = new PartSet();
  readonly #stopped = new AbortController();
  #edge: EdgeToShow | undefined;
  #relay: RelayToShow | undefined;
  #looker: Looker | undefined;
  #look: Promise<void> | undefined;
  #lookedAtMs = -Infinity;
  #isLooking = false;
  #soon: NodeJS.Timeout | undefined;

  constructor(options: PageOptions) {
    this.#options = options;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#history = new History(this.#wallMs);
    this.#startedMs = Math.round(this.#wallMs());
    this.showFleet(options.fleet);
  }

  /** Other processes than before. */
  showFleet(fleet: PageOptions['fleet']): void {
    this.#fleet = fleet && new Fleet({ ...fleet, wallMs: this.#wallMs });
  }

  /** Takes the events of the process. */
  readonly event: EventSink = (event) => {
    this.#history.event(event);
    if (this.#isSeen && this.#soon === undefined && isNews(event)) this.#soon = setTimeout(() => this.#lookAgain(), SOON_MS).unref();
  };

  showEdge(edge: EdgeToShow): void {
    this.#edge = edge;
    this.#begin();
  }

  showRelay(relay: RelayToShow): void {
    this.#relay = relay;
    this.#begin();
  }

  /** Who is told. */
  lookedAtBy(looker: Looker): void {
    this.#looker = looker;
  }

  /** All that there is to show, not older than a second. */
  async whole(view: View, own: Pick<ProcessPart, 'canLogIn' | 'commands'>): Promise<string> {
    if (Math.abs(this.#wallMs() - this.#lookedAtMs) > EVERY_MS) await this.look();
    return this.wholeNow(view, own);
  }

  /** The same as it was at the last look. */
  wholeNow(view: View, own: Pick<ProcessPart, 'canLogIn' | 'commands'>): string {
    const { role } = this.#options;
    const host = view === 'public' ? '' : hostname();
    const process: ProcessPart = { kind: 'process', role, version: view === 'public' ? '' : version, host, startedMs: this.#startedMs, view, ...own };
    return (view === 'public' ? this.#public : this.#full).whole(this.#wallMs(), { process });
  }

  /** What is done every second: looks at everything when somebody looks, and else remembers what each encoder is. */
  async turn(): Promise<void> {
    if (this.#isSeen) await this.look();
    else await inTurns(this.#rememberAll());
  }

  /** Looks at everything, and tells who looks. */
  look(): Promise<void> {
    this.#look ??= this.#lookNow().finally(() => void (this.#look = undefined));
    return this.#look;
  }

  stop(): void {
    clearTimeout(this.#soon);
    this.#stopped.abort();
  }

  #lookAgain(): void {
    this.#soon = undefined;
    this.look().catch((error: unknown) => this.#options.tell({ kind: 'event-sink-failed', error: stackOf(error) }));
  }

  #begin(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#keepLooking();
  }

  async #keepLooking(): Promise<void> {
    const { signal } = this.#stopped;
    // Its machines are made in the same moment.
    await sleep(0, undefined, { ref: false });
    while (!signal.aborted) {
      try {
        await this.turn();
      } catch (error) {
        this.#options.tell({ kind: 'event-sink-failed', error: stackOf(error) });
        return;
      }
      await sleep(this.#isSeen ? EVERY_MS : this.#pauseMs(), undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  get #isSeen(): boolean {
    return this.#looker?.isThere() === true;
  }

  /** Where nobody looks and there are many mountpoints. */
  #pauseMs(): number {
    return EVERY_MS * Math.max(1, (this.#edge?.machine.mountNames.length ?? 0) / LOOKS_PER_S);
  }

  *#rememberAll(): Iterable<void> {
    if (this.#edge === undefined) return;
    const { machine, now } = this.#edge;
    const names = machine.mountNames;
    for (const name of names) {
      this.#history.look(name, machine.figuresOf(now(), name));
      yield;
    }
    this.#forgetGone(new Set(names));
  }

  #forgetGone(present: ReadonlySet<string>): void {
    for (const name of this.#history.names) if (!present.has(name)) this.#history.look(name, undefined);
  }

  async #lookNow(): Promise<void> {
    this.#fleet?.refresh();
    const found: Found[] = [];
    await inTurns(this.#showMounts(found));
    this.#showPaths(found);
    const nowMs = this.#wallMs();
    for (const part of this.#fleet?.parts ?? []) this.#full.set(`fleet ${part.name}`, part);
    this.#full.set('events', this.#history.lines.part);
    this.#full.set('problems', { kind: 'problems', problems: this.#problems.at(nowMs, found) });
    this.#lookedAtMs = nowMs;
    const changes = { full: this.#full.changes(nowMs), public: this.#public.changes(nowMs) };
    this.#looker?.told(changes);
  }

  *#showMounts(found: Found[]): Iterable<void> {
    if (this.#edge === undefined) return;
    const names = this.#edge.machine.mountNames;
    for (const name of names) {
      this.#showMount(name, found);
      yield;
    }
    const { machine, now } = this.#edge;
    const startable = machine.startable(now()).map(([name]) => name);
    for (const name of startable) this.#showStartable(name);
    this.#forgetGone(new Set(names));
    const present = new Set([...names, ...startable]);
    for (const name of this.#history.ended) {
      if (!present.has(name)) this.#showEnded(name, found);
      yield;
    }
  }

  #showMount(name: string, found: Found[]): void {
    const { machine, now } = this.#edge!;
    const figures = machine.figuresOf(now(), name);
    // It may have ended since its name was told.
    if (figures === undefined) return;
    this.#history.look(name, figures);
    const history = this.#history.of(name);
    const part = mountPart(figures, machine.mount(name));
    const lostMs = figures.redundancyLostUs === undefined ? undefined : toMs(figures.redundancyLostUs as Micros);
    found.push(...mountProblems(part, { lostMs, nowMs: this.#wallMs(), lastOf: (kind) => history?.lastOf(kind) }));
    this.#full.set(`mount ${name}`, part);
    this.#public.set(`mount ${name}`, publicMount(part));
    if (history !== undefined) this.#full.set(`lanes ${name}`, history.part);
  }

  #showStartable(name: string): void {
    const part = startablePart(name);
    this.#full.set(`mount ${name}`, part);
    this.#public.set(`mount ${name}`, part);
  }

  #showEnded(name: string, found: Found[]): void {
    const { machine, now } = this.#edge!;
    const at = now();
    const ended = machine.endedMount(at, name);
    const history = this.#history.of(name);
    if (ended === undefined || history === undefined) return;
    const part = endedPart(ended, history.lastOf('mount-ended') ?? Math.round(this.#wallMs() - toMs((at - ended.endedAt) as Micros)));
    found.push(...mountProblems(part, { lostMs: undefined, nowMs: this.#wallMs(), lastOf: (kind) => history.lastOf(kind) }));
    this.#full.set(`mount ${name}`, part);
    this.#full.set(`lanes ${name}`, history.part);
  }

  #showPaths(found: Found[]): void {
    const paths: PathState[] = [];
    if (this.#edge !== undefined) {
      const upstreams = this.#edge.upstreams();
      found.push(...relayProblems(upstreams, this.#history.noRelaySinceMs));
      // A station's own relay is no path that could fail.
      if (this.#relay === undefined) paths.push(...pathStates(this.#edge.machine.peers, upstreams));
    }
    if (this.#relay !== undefined) {
      const upstreams = this.#relay.upstreams();
      found.push(...relayProblems(upstreams, undefined));
      paths.push(...pathStates(this.#relay.machine.peers, upstreams));
      const { all, everybody } = relayParts(this.#relay);
      this.#full.set('relay', all);
      this.#public.set('relay', everybody);
    }
    this.#full.set('paths', { kind: 'paths', paths });
  }
}

/** What those who look are to see before the next second. */
function isNews(event: ProcessEvent): boolean {
  const { kind } = event;
  return isOfMountpoint(event) || kind === 'relay-lost' || kind === 'no-relay-left' || kind === 'relay-back' || kind === 'operator';
}

/** Addresses that are told of one kind. */
const MAX_HOLDERS = 20;

function relayParts({ machine }: RelayToShow): { readonly all: RelayPart; readonly everybody: RelayPart } {
  const { streams, subscribers, lostMessages, pathHolders, subscriberHolders } = machine.stats;
  const everybody: RelayPart = { kind: 'relay', streams, subscribers, lostMessages };
  return { everybody, all: { ...everybody, holders: { paths: pathHolders.slice(0, MAX_HOLDERS), subscribers: subscriberHolders.slice(0, MAX_HOLDERS) } } };
}
