import type { Snapshot } from '../base/snapshot.ts';
import { Aligner } from './content/aligner.ts';
import { Correlator } from './content/correlation.ts';
import { SameFrames } from './content/same-frames.ts';
import type { Audience } from '../listeners/audience.ts';
import type { JoinOptions } from '../listeners/listener.ts';
import { Listeners, type ListenersSink, type MoveResult } from '../listeners/listeners.ts';
import { canFollow } from '../codec/formats.ts';
import type { MountOutput, OutputOf } from './output/output.ts';
import { toListeners } from './output/to-listeners.ts';
import { MemoryBudget } from '../base/budget.ts';
import { buffersOf, type StreamBuffers } from './buffers.ts';
import type { EndedMount } from './mountpoint/ended-mounts.ts';
import { EdgeTitles } from './titles.ts';
import { Mountpoints } from './mountpoint/mountpoints.ts';
import type { EdgeStream } from './stream/stream.ts';
import { Streams, type StreamsReason } from './stream/streams.ts';
import type { EdgeEvent } from './events.ts';
import { RelaysLeft } from './relays-left.ts';
import type { PathFigures } from '../links/events.ts';
import type { PeerFigures } from '../links/peer-figures.ts';
import { PathReceiver } from '../links/path-receiver.ts';
import type { Path } from '../links/path.ts';
import type { ListenerId, Machine, PathId } from '../base/machine.ts';
import type { Peer } from '../links/peer.ts';
import type { Transport } from '../links/transport.ts';
import type { Matcher } from './content/matcher.ts';
import { Intros } from './mountpoint/intros.ts';
import type { Intro } from '../listeners/intro.ts';
import type { GivenFile } from './mountpoint/fallbacks.ts';
import type { MountInfo, MountReason } from './mountpoint/mountpoint.ts';
import type { CommandResult, MountCommand } from './switching/command.ts';
import { titleIn } from '../wire/set-title.ts';
import { MessageType, type MessageView } from '../wire/pdu.ts';
import { mountSettingNames, type MountPolicies, type MountPolicy, type MountSettings } from '../config/mount-policy.ts';
import type { Settings } from '../config/settings.ts';
import type { FallbackProblem } from './fallback/problem.ts';
import { StreamTable } from '../wire/stream-table.ts';
import { mountFigures, type MountFigures } from './mountpoint/figures.ts';
import { streamInfo, type StreamInfo } from './mountpoint/stream-info.ts';
import { TimerQueue } from '../base/timers.ts';
import type { Micros } from '../base/units.ts';

export type { EndedMount, GivenFile, MountInfo };

export interface EdgeOptions {
  readonly settings: Settings;
  /** What is wanted of single mountpoints. */
  readonly policies?: MountPolicies;
  /** Makes, for each mountpoint, what finds the same point of the programme in two of its streams; by the same frames, and an Aligner, unless given. */
  readonly newMatcher?: () => Matcher;
  /** Makes further outputs of a mountpoint, besides its listeners here. */
  readonly outputs?: (of: OutputOf) => readonly MountOutput[];
  /** Told of what new listeners hear first, at outputs of its mountpoints that are in other processes. */
  readonly intro?: (now: Micros, mount: string, intro: Intro | undefined) => void;
  /** false: nobody can join here; an output takes the programme to its listeners, and `heardElsewhere` tells of them. */
  readonly hasListeners?: boolean;
}

export interface EdgeSink extends ListenersSink {
  /**
   * Back by the connection of a relay that takes titles: a whole message with its length prefix. While the system has not taken the last one it is
   * left out; it is said again. Without this no relay hears of a title that is set here.
   */
  readonly answer?: (path: PathId, bytes: Uint8Array) => void;
  event(event: EdgeEvent): void;
}

export interface EdgeStats {
  readonly paths: readonly ({ readonly id: PathId; readonly label: string } & PathFigures)[];
  readonly streams: number;
  readonly mounts: number;
  readonly listeners: number;
  /** Early messages held, all streams together. */
  readonly heldMessages: number;
  /** What counts against `edgeBytes`. */
  readonly countedBytes: number;
}

/** So long no encoder has sent anything when relays with nothing to send are silent: longer than the pauses of most sources. */
const QUIET_US = 1_000_000;

type EdgeReason = MountReason | StreamsReason | 'no-relay' | 'relay-idle';

/**
 * Takes in all relays and gives each listener one unbroken stream. The way of a frame is one line; the edge only says of which
 * stream a message is.
 *
 *     bytes of a path        PathReceiver        links/path-receiver.ts      messages
 *          |
 *     by stream id           Edge                edge.ts                     the stream of a message
 *          |
 *     one stream             EdgeStream          stream/stream.ts
 *          |                 Reassembler         stream/reassembler.ts       each message once, in order
 *          |                 StreamMedia         stream/media.ts             frames, the newest of them in a ring
 *          |
 *     the mountpoint that    Mount               mountpoint/mountpoint.ts    (Mountpoints, mountpoint/mountpoints.ts, until it has joined one)
 *     it has joined          Switcher            switching/switcher.ts       whether it is heard
 *          |                 Playout             playout/playout.ts          what of it comes next
 *          |
 *     output                 FallbackController  fallback/controller.ts      only where there is a fallback: steps back
 *          |                 FanOut              output/fan-out.ts           to each output: listeners, mountpoints that follow, others
 *          |
 *     listeners              Listeners           ../listeners/listeners.ts   a machine of its own, which can be in another process
 */
export class Edge implements Machine {
  /** The same object everywhere in the edge: those that single mountpoints can have of their own change. */
  readonly #settings: Settings;
  readonly #pathReceiver: PathReceiver;
  readonly #relaysLeft: RelaysLeft;
  readonly #streams: Streams;
  readonly #mounts: Mountpoints;
  readonly #listeners: Listeners;
  readonly #intros: Intros;
  readonly #timers: TimerQueue<EdgeReason> = new TimerQueue();
  readonly #budget: MemoryBudget;
  readonly #correlator: Correlator = new Correlator();
  readonly #titles: EdgeTitles;
  #now = 0 as Micros;

  constructor({ settings: given, policies, newMatcher, outputs = () => [], intro, hasListeners = true }: EdgeOptions, sink: EdgeSink) {
    const settings = { ...given };
    this.#settings = settings;
    this.#budget = new MemoryBudget(settings.edgeBytes);
    this.#listeners = new Listeners({ settings, budget: this.#budget }, sink);
    this.#intros = new Intros(settings.introBytes, (now, mount, one) => {
      this.#listeners.intro(now, mount, one);
      intro?.(now, mount, one);
    });
    const table = new StreamTable<EdgeStream>();
    this.#titles = new EdgeTitles({
      maxMounts: settings.maxStreams,
      streams: () => table,
      paths: () => this.#pathReceiver.paths,
      mount: (name) => this.#mounts.get(name),
      tell: (path, message) => sink.answer?.(path, message),
    });
    this.#mounts = new Mountpoints({
      settings,
      policies,
      newMatcher: newMatcher ?? (() => new SameFrames(new Aligner(this.#correlator))),
      correlator: this.#correlator,
      outputs: (of) => [...(hasListeners ? [toListeners(this.#listeners, of)] : []), ...outputs(of)],
      audience: (mount) => this.#listeners.audience(mount),
      budget: this.#budget,
      streams: table,
      begun: (now, mount) => this.#titles.begun(now, mount),
      ended: (name) => this.#titles.ended(name),
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      event: (event) => sink.event(event),
      introChanged: (now, mount) => this.#intros.forget(now, mount),
    });
    this.#streams = new Streams({
      settings,
      budget: this.#budget,
      table,
      newcomers: this.#mounts,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      full: (bound) => this.#pathReceiver.boundHit(bound),
      event: (event) => sink.event(event),
    });
    this.#pathReceiver = new PathReceiver({
      maxPaths: settings.maxPaths,
      message: (path, view) => this.#message(path, view),
      event: (event) => sink.event(event),
    });
    this.#relaysLeft = new RelaysLeft({
      count: () => [...this.#pathReceiver.paths].filter(({ isUpstream }) => isUpstream).length,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      event: (event) => sink.event(event),
    });
  }

  get deadline(): Micros {
    return Math.min(this.#timers.next, this.#listeners.deadline) as Micros;
  }

  get deadlineReason(): string {
    return this.#listeners.deadline < this.#timers.next ? this.#listeners.deadlineReason : this.#timers.nextReason;
  }

  /** Memory of unfinished and early messages, rings, and what is kept for listeners. */
  get heldBytes(): number {
    return this.#pathReceiver.heldBytes + this.#streams.heldBytes + this.#mounts.heldBytes + this.#intros.heldBytes + this.#listeners.heldBytes;
  }

  get stats(): EdgeStats {
    return {
      paths: [...this.#pathReceiver.paths].map((path) => ({ id: path.id, label: path.peer.name, ...path.figures })),
      streams: this.#streams.size,
      mounts: this.#mounts.size,
      listeners: [...this.#mounts].reduce((sum, { audience }) => sum + audience.listeners, 0),
      heldMessages: this.#streams.heldMessages,
      countedBytes: this.#budget.usedBytes,
    };
  }

  /** What is kept of each stream. */
  get buffers(): readonly StreamBuffers[] {
    return [...this.#streams].map((stream) => buffersOf(stream, this.#mounts.of(stream)?.switcher));
  }

  /** How much of the programme on air has not been given to this listener's connection yet. */
  behindBytes(listener: ListenerId): number {
    return this.#listeners.behindBytes(listener);
  }

  /** Those that are open. */
  get paths(): Iterable<Path> {
    return this.#pathReceiver.paths;
  }

  /** A relay is going to be connected to, and told of if it is not reached. @param label as its path will have it. */
  awaitRelay(now: Micros, label: string): void {
    this.#relaysLeft.awaited(now, label);
  }

  /** A connection that messages come from, a relay's; undefined when there are too many: refuse it. */
  openPath(now: Micros, transport: Transport, peer: Peer): PathId | undefined {
    const path = this.#pathReceiver.open(now, transport, peer);
    if (path?.isUpstream === true) this.#relaysLeft.opened(now, peer.name);
    return path?.id;
  }

  closePath(now: Micros, id: PathId, reason: string): void {
    const path = this.#pathReceiver.close(id, reason);
    if (path === undefined) return;
    if (path.isUpstream) this.#relaysLeft.closed(now, path.peer.name, reason, this.#isQuiet(now));
    this.#titles.closed(id);
    // First all streams learn of it, then each judges its gap, then the mountpoints look: a backup that came by the same
    // path must not look healthy to any of them.
    const affected = [...this.#streams].filter((stream) => stream.forgetPath(now, path));
    for (const stream of affected) stream.judge(now);
    for (const stream of affected) stream.pathClosed(now);
  }

  /** Nothing new has come of any stream for a while. */
  #isQuiet(now: Micros): boolean {
    for (const { heardAt } of this.#streams) if (now - heardAt < QUIET_US) return false;
    return true;
  }

  /** Of a stream, bytes in any chunking; else one datagram. Borrowed for the call. */
  receive(now: Micros, path: PathId, bytes: Uint8Array): void {
    this.#now = now;
    this.#pathReceiver.receive(path, bytes);
  }

  /** A mountpoint on air, by its name without the leading slash. */
  mount(name: string): MountInfo | undefined {
    return this.#mounts.get(name)?.info;
  }

  /** All mountpoints on air, by name. */
  mounts(): readonly MountInfo[] {
    return [...this.#mounts]
      .map((mount) => mount.info)
      .filter((info) => info !== undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** All streams of a mountpoint on air, the one on air first; undefined when there is no such mountpoint. */
  streamsOf(now: Micros, name: string): readonly StreamInfo[] | undefined {
    const mount = this.#mounts.get(name);
    if (mount === undefined) return undefined;
    return mount.switcher.streamsByUse.map((stream) => streamInfo(now, stream, mount));
  }

  /** A mountpoint that has ended within a day, and is not on air again. */
  endedMount(now: Micros, name: string): EndedMount | undefined {
    return this.#mounts.ended(now, name);
  }

  /** The names of all mountpoints, also of those that have had no frame yet. */
  get mountNames(): readonly string[] {
    return [...this.#mounts].map(({ name }) => name);
  }

  /** What there is to measure of a mountpoint; undefined when there is no such mountpoint. It changes nothing. */
  figuresOf(now: Micros, name: string): MountFigures | undefined {
    const mount = this.#mounts.get(name);
    return mount && mountFigures(now, mount);
  }

  /** What came in since the start, by relay. */
  get peers(): readonly PeerFigures[] {
    return this.#pathReceiver.peers;
  }

  /** What an operator wants of a mountpoint. */
  command(now: Micros, name: string, command: MountCommand): CommandResult {
    return this.#mounts.get(name)?.switcher.command(now, command) ?? 'no-such-mount';
  }

  /**
   * The title of a mountpoint, by an operator: until one of its streams gets another one. All other processes that this one reaches get it, too. Nothing
   * happens if there is no such mountpoint. @param atMs milliseconds since 1970.
   */
  setTitle(now: Micros, name: string, title: string, atMs: number): void {
    const mount = this.#mounts.get(name);
    if (mount !== undefined) this.#titles.set(now, mount, title, atMs);
  }

  /**
   * The file that listeners of a mountpoint hear when no stream is left; `title` is what they see. It is there from now on, and
   * the mountpoint with it. Says why it cannot be that.
   */
  provideFallback(now: Micros, mount: string, title: string, file: Uint8Array): FallbackProblem | undefined {
    return this.#mounts.provideFallback(now, mount, title, file);
  }

  /**
   * The file that each new listener of a mountpoint hears first, from now on, until its policy has another `intro`; `title` is what they see meanwhile, '' the
   * title of the stream. Says why it cannot be that. Who joins while the stream has another format hears the stream at once.
   */
  provideIntro(now: Micros, mount: string, title: string, file: Uint8Array): FallbackProblem | undefined {
    return this.#intros.provide(now, mount, title, file);
  }

  /** What is wanted of a mountpoint at present, also of one that is not there. */
  policyOf(mount: string): MountPolicy {
    return this.#mounts.policyOf(mount);
  }

  /**
   * All that is wanted of a mountpoint, from now on, instead of what was wanted before. `file`: the fallback, where that is a file, unless it is the
   * one that the mountpoint had last. Says why the fallback cannot be that: then nothing has changed.
   */
  changePolicy(now: Micros, mount: string, policy: MountPolicy, file?: GivenFile): FallbackProblem | undefined {
    return this.#mounts.changePolicy(now, mount, policy, file);
  }

  /** Other settings of the edge, from now on; those that a mountpoint has of its own stay. */
  changeSettings(now: Micros, changes: MountSettings): void {
    Object.assign(this.#settings, changes);
    this.#mounts.settingsChanged(now);
  }

  /** A listener; its burst is sent at the next `advance`, so that a head can be written first. */
  join(now: Micros, name: string, options: JoinOptions): ListenerId | 'no-such-mount' | 'full' {
    return this.#listeners.join(now, name, options);
  }

  leave(now: Micros, id: ListenerId, reason: string): void {
    this.#listeners.leave(now, id, reason);
  }

  /** A listener goes on at another mountpoint, by the same connection, at a whole frame, if its player can go on with what that gives out. */
  move(now: Micros, id: ListenerId, name: string): MoveResult | 'cannot-follow' {
    const from = this.#mounts.get(this.#listeners.mountOf(id) ?? '');
    const to = this.#mounts.get(name);
    if (from !== undefined && to !== undefined && !canFollow(to.format, from.format)) return 'cannot-follow';
    return this.#listeners.move(now, id, name);
  }

  /** Who listens to a mountpoint at outputs that are in other processes, all together. Nothing happens if there is no such mountpoint. */
  heardElsewhere(_now: Micros, name: string, audience: Audience): void {
    this.#mounts.get(name)?.heardElsewhere(audience);
  }

  /** The process was suspended for so much longer than its time has moved on. */
  suspended(_now: Micros, us: number): void {
    for (const stream of this.#streams) stream.suspended(us);
  }

  advance(now: Micros): void {
    this.#now = now;
    this.#timers.run(now);
    this.#listeners.advance(now);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#now = a.number(this.#now);
    // Before the mountpoints, which are made by them.
    Object.assign(this.#settings, Object.fromEntries(mountSettingNames.map((name) => [name, a.number(this.#settings[name])])));
    this.#pathReceiver.snapshot(a);
    this.#relaysLeft.snapshot(a);
    const onAir = [...this.#mounts].map(({ switcher }) => switcher.live).filter((live) => live !== undefined);
    const streams = this.#streams.snapshot(a, onAir, (path) => this.#pathReceiver.path(path));
    this.#titles.snapshot(a);
    this.#mounts.snapshot(a, (stream) => streams[a.number(stream === undefined ? 0 : streams.indexOf(stream))]!);
    this.#intros.snapshot(a, this.#now);
    this.#listeners.snapshot(a);
    this.#budget.snapshot(a);
    this.#correlator.snapshot(a);
    this.#timers.snapshot(a);
  }

  #message(path: Path, view: MessageView): void {
    if (view.type === MessageType.SOURCE) {
      this.#streams.find(view)?.receiveSource(this.#now, path, view);
      return;
    }
    if (view.type === MessageType.TITLE && !this.#takeTitle(path, view)) return;
    const stream = this.#streams.of(this.#now, path, view);
    if (stream === undefined) return path.drop('too-many-streams');
    stream.receive(this.#now, path, view);
    if (view.type === MessageType.ANNOUNCE) this.#titles.announced(path, stream);
  }

  /** True when it has its place in the sequence of its stream, as one has that cannot be read. */
  #takeTitle(path: Path, view: MessageView): boolean {
    const title = titleIn(view);
    if (title === undefined) path.drop('bad-title');
    else this.#titles.came(this.#now, path, this.#streams.find(view), title);
    return title?.isOrdered !== false;
  }
}
