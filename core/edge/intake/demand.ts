import type { Snapshot } from '../../base/snapshot.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, type Micros } from '../../base/units.ts';
import { fallbackMountOf, type MountPolicy } from '../../config/mount-policy.ts';
import type { Path } from '../../links/paths/path.ts';
import { ToldWants, type ToldWantsOptions } from '../../links/wants/told-wants.ts';
import { UnwantedStreams, type Wish } from '../../links/wants/unwanted-streams.ts';
import { WantedMounts } from '../../links/wants/wanted-mounts.ts';
import type { MessageView } from '../../wire/pdu.ts';
import type { DemandEvent } from './events.ts';

/** Which mountpoints an edge takes in. */
export interface EdgeWish {
  /** Only these, by names in which `*` stands for any characters; all, unless given. */
  readonly mounts?: readonly string[] | undefined;
  /** Each only when its first listener asks, and for so long after its last one has left; undefined: always. */
  readonly onDemand?: { readonly lingerMs: number } | undefined;
}

export interface DemandOptions extends ToldWantsOptions {
  readonly wish: EdgeWish;
  readonly maxStreams: number;
  readonly forgetMs: number;
  /** How long somebody waits for a mountpoint to start. */
  readonly demandWaitMs: number;
  /** What is wanted of mountpoints, by their names. */
  readonly policies: () => Iterable<readonly [mount: string, policy: MountPolicy]>;
  readonly policyOf: (mount: string) => MountPolicy;
  /** Those that somebody listens to at present. */
  readonly heard: () => Iterable<string>;
  /** Lets go of all mountpoints and streams that are not wanted any more. */
  readonly letGo: (now: Micros) => void;
  readonly timer: (reason: 'demand', fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: DemandEvent) => void;
}

/** How often it is looked whether a mountpoint has listeners. */
const LOOK_US = 1_000_000 as Micros;

/**
 * What an edge wants of its relays, where that is not everything.
 *
 *     names that it was given ---------------------+
 *     mountpoints that were asked for, if on demand +--> wanted --> relays, which send that alone
 *     fallbacks of these --------------------------+           +--> what comes of others is dropped
 */
export class Demand {
  readonly #options: DemandOptions;
  readonly #told: ToldWants;
  readonly #unwanted: UnwantedStreams;
  /** May be taken in. */
  readonly #may: WantedMounts;
  readonly #lingerUs: Micros | undefined;
  /** Of one that was asked for: whoever waits for it listens to nothing yet. */
  readonly #startUs: Micros;
  readonly #look: Timer<string>;
  /** Mountpoints that were asked for, and until when each is kept where nobody listens. */
  #asked = new Map<string, Micros>();
  /** Mountpoints that wanted ones have as their fallbacks. */
  #fallbacks: ReadonlySet<string> = new Set();
  /** What relays were told, in one text. */
  #names = '';

  constructor(options: DemandOptions) {
    const { wish, maxStreams, forgetMs, demandWaitMs, timer } = options;
    this.#options = options;
    this.#told = new ToldWants(options);
    this.#unwanted = new UnwantedStreams({ maxStreams, forgetUs: ms(forgetMs), isWanted: (mount) => this.isWanted(mount) });
    this.#may = new WantedMounts(wish.mounts ?? ['*']);
    this.#lingerUs = wish.onDemand && ms(wish.onDemand.lingerMs);
    this.#startUs = ms(Math.max(demandWaitMs, wish.onDemand?.lingerMs ?? 0));
    this.#look = timer('demand', (now) => this.#lookAtAsked(now));
  }

  isWanted(mount: string): boolean {
    return this.#fallbacks.has(mount) || (this.#lingerUs === undefined ? this.#may.has(mount) : this.#asked.has(mount));
  }

  /** Whether a mountpoint is taken in when somebody asks. */
  mayAsk(mount: string): boolean {
    return this.#lingerUs !== undefined && this.#may.has(mount);
  }

  /** Whether streams of a mountpoint are announced that are not taken in. */
  isAnnounced(now: Micros, mount: string): boolean {
    return this.#unwanted.has(now, mount);
  }

  /** Mountpoints that would be taken in if somebody asked, and how many streams are announced of each. */
  startable(now: Micros): readonly (readonly [mount: string, streams: number])[] {
    return [...this.#unwanted.mounts(now)].filter(([mount]) => this.mayAsk(mount) && !this.isWanted(mount));
  }

  /** Somebody listens, or wants to. */
  ask(now: Micros, mount: string): void {
    if (!this.mayAsk(mount)) return;
    const isNew = !this.#asked.has(mount);
    this.#keep(mount, later(now, this.#startUs));
    if (!isNew) return;
    this.#options.event({ kind: 'mount-asked', mount });
    if (!this.#look.armed) this.#look.set(later(now, LOOK_US));
    this.changed(now);
  }

  /** What is wanted of mountpoints may be something else; also to be called at first. */
  changed(now: Micros): void {
    this.#findFallbacks();
    const names = this.#wantedNames();
    const text = names.join(' ');
    if (text === this.#names && this.#told.version > 0) return;
    this.#names = text;
    this.#told.change(now, names);
    this.#options.letGo(now);
  }

  /** The relay at the other end of a path reads what is wanted. */
  greeted(now: Micros, path: Path): void {
    this.#told.tell(now, path);
  }

  /** Something comes from it, whatever that is: by this it is told again what it has not taken. */
  heard(now: Micros, path: Path): void {
    this.#told.heard(now, path);
  }

  /** It has taken what was wanted; false when this WANTS does not say that. */
  taken(path: Path, view: MessageView): boolean {
    return this.#told.taken(path, view);
  }

  /** What becomes of a message of a stream that is not taken in. */
  wish(now: Micros, view: MessageView): Wish {
    return this.#unwanted.wish(now, view);
  }

  /** See UnwantedStreams. */
  get announcement(): Uint8Array | undefined {
    return this.#unwanted.announcement;
  }

  /** A stream is not taken in any more. */
  letGoOf(now: Micros, id: Uint8Array, mount: string): void {
    this.#unwanted.add(now, id, mount);
  }

  /** Saves or restores its state; policies are there already. */
  snapshot(a: Snapshot): void {
    this.#look.snapshot(a);
    this.#unwanted.snapshot(a);
    this.#told.version = a.number(this.#told.version);
    this.#asked = new Map(a.list(this.#asked, (asked) => [a.text(asked?.[0] ?? ''), a.number(asked?.[1] ?? (0 as Micros))]));
    if (!a.isLoading) return;
    this.#findFallbacks();
    const names = this.#wantedNames();
    this.#names = names.join(' ');
    this.#told.set(names);
  }

  #lookAtAsked(now: Micros): void {
    let isAnyLetGo = false;
    // Also of those that are there only as the fallback of another one.
    const heard = new Set(this.#options.heard());
    // Its last listener may leave until we look again.
    for (const mount of heard) this.#keep(mount, later(now, (this.#lingerUs! + LOOK_US) as Micros));
    for (const [mount, until] of this.#asked) {
      if (heard.has(mount) || now < until) continue;
      this.#asked.delete(mount);
      isAnyLetGo = true;
    }
    if (isAnyLetGo) this.changed(now);
    if (this.#asked.size > 0) this.#look.set(later(now, LOOK_US));
  }

  #keep(mount: string, until: Micros): void {
    this.#asked.set(mount, Math.max(until, this.#asked.get(mount) ?? 0) as Micros);
  }

  #wantedNames(): readonly string[] {
    const own = this.#lingerUs === undefined ? this.#may.names : [...this.#asked.keys()];
    return [...new Set([...own, ...this.#fallbacks])];
  }

  #findFallbacks(): void {
    const { policies, policyOf } = this.#options;
    const found = new Set<string>();
    const roots = this.#lingerUs === undefined ? [...policies()].map(([mount]) => mount).filter((mount) => this.#may.has(mount)) : this.#asked.keys();
    for (const root of roots) {
      for (let next = fallbackMountOf(policyOf(root)); next !== undefined && !found.has(next); next = fallbackMountOf(policyOf(next))) found.add(next);
    }
    this.#fallbacks = found;
  }
}
