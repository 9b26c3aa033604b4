import { assert } from '../../base/assert.ts';
import type { PathId } from '../../base/machine.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { Timer } from '../../base/timers.ts';
import type { Micros } from '../../base/units.ts';
import type { Settings } from '../../config/settings.ts';
import type { Path } from '../../links/paths/path.ts';
import type { WallClock } from '../../links/wall-clock.ts';
import { breaksIn } from '../../wire/messages/breaks-message.ts';
import { momentIn } from '../../wire/messages/moment-message.ts';
import { emptyMessageView, MessageType, readMessage, type MessageView } from '../../wire/pdu.ts';
import { titleIn } from '../../wire/messages/set-title.ts';
import { Demand, type EdgeWish } from './demand.ts';
import type { DemandEvent } from './events.ts';
import type { Mountpoints } from '../mountpoint/mountpoints.ts';
import type { ProofChecks } from './proof/checks.ts';
import type { ProofEvent } from './proof/events.ts';
import { Proofs } from './proof/proofs.ts';
import type { EdgeBreaks } from '../segments/breaks.ts';
import type { Moments } from '../segments/moments.ts';
import type { Streams } from '../stream/streams.ts';
import type { EdgeTitles } from './titles.ts';

/** Whether a mountpoint can be heard: 'starts': in a moment, or as soon as somebody asks. */
export type Presence = 'on-air' | 'starts' | 'unknown';

export interface IntakeOptions {
  readonly settings: Settings;
  readonly budget: MemoryBudget;
  /** Which mountpoints are taken in; all, unless given. */
  readonly wish: EdgeWish | undefined;
  /** Knows the keys of encoders. Without it no stream is verified. */
  readonly checks: ProofChecks | undefined;
  readonly streams: Streams;
  readonly mounts: Mountpoints;
  readonly titles: EdgeTitles;
  readonly moments: Moments;
  readonly breaks: EdgeBreaks;
  readonly wallClock: WallClock;
  /** Those that are open. */
  readonly paths: () => Iterable<Path>;
  /** Sends a message with its length back by a path. */
  readonly tell: (path: PathId, message: Uint8Array) => void;
  /** Told of every message that is taken in, once it is verified where it has to be; borrowed for the call. */
  readonly taken: ((path: PathId, bytes: Uint8Array, start: number, end: number) => void) | undefined;
  /** There is no room for one more stream. */
  readonly full: () => void;
  readonly timer: (reason: 'unsigned' | 'demand', fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: ProofEvent | DemandEvent) => void;
}

/** What of all that paths bring is taken in: messages of streams that are wanted, and, where they have to be signed, are genuine. What relays and other edges say besides goes where it belongs. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #streams: Streams;
  readonly #mounts: Mountpoints;
  /** Undefined: everything is taken in. */
  readonly #demand: Demand | undefined;
  /** Undefined: nothing is verified. */
  readonly #proofs: Proofs | undefined;
  readonly #taken: IntakeOptions['taken'];
  readonly #announcement = emptyMessageView();

  constructor(options: IntakeOptions) {
    const { settings, budget, wish, checks, streams, mounts, paths, tell, full, timer, event } = options;
    this.#options = options;
    this.#taken = options.taken;
    this.#streams = streams;
    this.#mounts = mounts;
    this.#proofs = checks && new Proofs({
      settings,
      budget,
      checks,
      wanted: (mount) => mounts.policyOf(mount).verify,
      admit: (now, path, view) => this.#admit(now, path, view),
      tainted: (message) => this.#taint(message),
      misplaced: (now, id) => this.#beginAnew(now, id),
      timer: (fire) => timer('unsigned', fire),
      full,
      event,
    });
    this.#demand = wish && new Demand({
      wish,
      maxStreams: settings.maxStreams,
      forgetMs: settings.forgetMs,
      demandWaitMs: settings.demandWaitMs,
      paths,
      tell,
      policies: () => mounts.policies,
      policyOf: (mount) => mounts.policyOf(mount),
      heard: () => [...mounts].filter(({ audience }) => audience.listeners > 0).map(({ name }) => name),
      letGo: (now) => this.#letGoOfUnwanted(now),
      timer,
      event,
    });
  }

  /** What is held until it is verified. */
  get heldBytes(): number {
    return this.#proofs?.heldBytes ?? 0;
  }

  /** What is wanted of mountpoints may be something else; also to be called at first. */
  wishChanged(now: Micros): void {
    this.#demand?.changed(now);
  }

  /** The relay at the other end of a path reads what is wanted. */
  greeted(now: Micros, path: Path): void {
    this.#demand?.greeted(now, path);
  }

  forgetPath(path: Path): void {
    this.#proofs?.forgetPath(path);
  }

  /** Whether a mountpoint is taken in at present, if its streams come. */
  wants(name: string): boolean {
    return this.#demand?.isWanted(name) ?? true;
  }

  presence(now: Micros, name: string): Presence {
    const mount = this.#mounts.get(name);
    if (mount?.info !== undefined) return 'on-air';
    if (this.#demand?.mayAsk(name) !== true) return 'unknown';
    const isKnown = mount !== undefined || this.#mounts.hasFallbackFile(name) || this.#demand.isAnnounced(now, name) || [...this.#streams].some(({ mountpoint }) => mountpoint === name);
    return isKnown ? 'starts' : 'unknown';
  }

  /** Mountpoints that start when somebody asks for them, by name, and how many streams are announced of each. */
  startable(now: Micros): readonly (readonly [mount: string, streams: number])[] {
    return (this.#demand?.startable(now) ?? []).toSorted(([one], [other]) => (one < other ? -1 : 1));
  }

  /** Somebody wants to listen: the mountpoint is taken in, if it is one that starts on demand. */
  ask(now: Micros, name: string): Presence {
    const presence = this.presence(now, name);
    if (this.#demand === undefined || presence === 'unknown') return presence;
    const isAnnounced = this.#demand.isAnnounced(now, name);
    this.#demand.ask(now, name);
    if (!isAnnounced) this.#mounts.beginWithFile(now, name);
    return this.presence(now, name);
  }

  /** Saves or restores what is held and known of signatures; only one whose streams are verified has a state of that. */
  snapshotProofs(a: Snapshot, pathOf: (id: PathId) => Path): void {
    if (!a.flag(this.#proofs !== undefined)) return;
    assert(this.#proofs !== undefined, 'an edge that verifies nothing is given the state of one that does');
    this.#proofs.snapshot(a, pathOf);
  }

  /** Saves or restores what is wanted; the mountpoints and their policies are there already. */
  snapshotDemand(a: Snapshot): void {
    this.#demand?.snapshot(a);
  }

  /** A message of a path, borrowed for the call. */
  message(now: Micros, path: Path, view: MessageView): void {
    if (view.type === MessageType.SOURCE) {
      this.#streams.find(view)?.receiveSource(now, path, view);
      return;
    }
    if (view.type === MessageType.WANTS) {
      if (this.#demand?.taken(path, view) !== true) path.drop('bad-wants');
      return;
    }
    if (view.type === MessageType.MOMENT || view.type === MessageType.BREAKS) {
      this.#takeOfEdges(now, path, view);
      return;
    }
    // A title that a relay says has no place in the sequence, and no encoder signs it.
    if (view.type === MessageType.TITLE && titleIn(view)?.isOrdered === false) {
      this.#takeTitle(now, path, view);
      return;
    }
    if (this.#demand !== undefined && !this.#isWanted(now, this.#demand, path, view)) return;
    if (this.#isGenuine(now, path, view)) this.#admit(now, path, view);
  }

  /** Whether it can be given out at once. Where that is not known yet, it is given out later. */
  #isGenuine(now: Micros, path: Path, view: MessageView): boolean {
    return this.#proofs === undefined || this.#proofs.take(now, path, view);
  }

  #admit(now: Micros, path: Path, view: MessageView): void {
    this.#taken?.(path.id, view.bytes, view.start, view.end);
    const stream = this.#streams.of(now, path, view);
    if (stream === undefined) return path.drop('too-many-streams');
    if (view.type === MessageType.TITLE) this.#takeTitle(now, path, view);
    stream.receive(now, path, view);
    if (view.type === MessageType.ANNOUNCE) this.#options.titles.announced(now, path, stream);
  }

  /** Whether a message is of a stream that is taken in. */
  #isWanted(now: Micros, demand: Demand, path: Path, view: MessageView): boolean {
    demand.heard(now, path);
    if (this.#streams.find(view) !== undefined || this.#proofs?.has(view) === true) return true;
    const wish = demand.wish(now, view);
    if (wish !== 'wanted' && wish !== 'announced') path.drop(wish);
    if (wish !== 'wanted') return false;
    const { announcement } = demand;
    if (announcement !== undefined) this.#takeAnnouncement(now, path, announcement, view.replica);
    return true;
  }

  /**
   * A stream is wanted that has been announced before: its next ANNOUNCE may be two seconds away. It comes with the replica that brings the stream now: the
   * one that has announced it may bring nothing more, and would be waited for.
   */
  #takeAnnouncement(now: Micros, path: Path, announcement: Uint8Array, replica: number): void {
    readMessage(this.#announcement, announcement, 0, announcement.length);
    this.#announcement.replica = replica;
    if (this.#isGenuine(now, path, this.#announcement)) this.#streams.of(now, path, this.#announcement)?.receive(now, path, this.#announcement);
  }

  /** First the mountpoints, for which their streams are no loss then. */
  #letGoOfUnwanted(now: Micros): void {
    const demand = this.#demand;
    if (demand === undefined) return;
    for (const mount of this.#mounts) if (!demand.isWanted(mount.name)) this.#mounts.letGo(now, mount);
    for (const stream of this.#streams) {
      const { id, mountpoint } = stream;
      if (mountpoint === undefined || demand.isWanted(mountpoint)) continue;
      this.#streams.letGo(now, stream);
      demand.letGoOf(now, id, mountpoint);
    }
    this.#proofs?.letGo((mount) => demand.isWanted(mount));
  }

  /** Of a stream that is not on air nothing of the past is entered any more. One that is has been heard, and is on its way to be left. */
  #taint(message: Uint8Array): void {
    const stream = this.#streams.find({ bytes: message, start: 0 });
    if (stream !== undefined && this.#mounts.of(stream)?.switcher.live !== stream) stream.ring.clear();
  }

  /** A stream was taken in for a mountpoint that somebody else has announced it for. */
  #beginAnew(now: Micros, id: Uint8Array): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#streams.letGo(now, stream);
  }

  /** What other edges say: of a stream that says no time itself, or of the segments of a mountpoint. */
  #takeOfEdges(now: Micros, path: Path, view: MessageView): void {
    const { moments, breaks } = this.#options;
    const stream = this.#streams.find(view);
    if (view.type === MessageType.MOMENT) {
      const moment = momentIn(view);
      if (moment === undefined) path.drop('bad-moment');
      else moments.came(now, stream, moment);
      return;
    }
    const said = breaksIn(view);
    if (said === undefined) path.drop('bad-breaks');
    else if (stream !== undefined) breaks.came(stream, said);
  }

  #takeTitle(now: Micros, path: Path, view: MessageView): void {
    const { titles, wallClock } = this.#options;
    const title = titleIn(view);
    if (title === undefined || wallClock.isBeyond(now, title)) return path.drop('bad-title');
    const stream = this.#streams.find(view);
    if (title.isOrdered) stream?.keepTitle(view.sequence, title);
    // A stream that was not announced keeps its title until then. What a relay says while the first ANNOUNCE is held, it does not say again.
    const mount = stream?.mountpoint ?? (title.isOrdered ? undefined : this.#proofs?.mountOf(view));
    if (mount !== undefined) titles.came(now, path, mount, title);
  }
}
