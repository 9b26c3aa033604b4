import type { Snapshot } from '../base/snapshot.ts';
import { Aligner } from './content/aligner.ts';
import { Correlator } from './content/correlation.ts';
import { SameFrames } from './content/same-frames.ts';
import type { Audience } from '../listeners/audience.ts';
import type { JoinOptions } from '../listeners/listener.ts';
import { Listeners, type MoveResult } from '../listeners/listeners.ts';
import { standAlone } from '../codec/cuts.ts';
import { canFollow } from '../codec/formats.ts';
import { toListeners } from './output/to-listeners.ts';
import { MemoryBudget } from '../base/memory/budget.ts';
import { buffersOf, type StreamBuffers } from './mountpoint/buffers.ts';
import type { EndedMount } from './mountpoint/ended-mounts.ts';
import { EdgeTitles } from './intake/titles.ts';
import { Mountpoints } from './mountpoint/mountpoints.ts';
import type { EdgeStream } from './stream/stream.ts';
import { Streams, type StreamsReason } from './stream/streams.ts';
import { RelaysLeft } from './intake/relays-left.ts';
import type { PeerFigures } from '../links/paths/peer-figures.ts';
import { PathReceiver } from '../links/paths/path-receiver.ts';
import type { Path } from '../links/paths/path.ts';
import type { ListenerId, Machine, PathId } from '../base/machine.ts';
import type { Peer } from '../links/peers/peer.ts';
import type { Transport } from '../links/transport.ts';
import type { EdgeWish } from './intake/demand.ts';
import { Intake, type Presence } from './intake/intake.ts';
import type { EdgeOptions, EdgeSink, EdgeStats } from './options.ts';
import { Intros } from './mountpoint/intros.ts';
import type { GivenFile } from './mountpoint/fallbacks.ts';
import type { MountInfo, MountReason } from './mountpoint/mountpoint.ts';
import type { CommandResult, MountCommand } from './switching/operator/command.ts';
import { mountSettingNames, type MountPolicy, type MountSettings } from '../config/mount-policy.ts';
import type { Settings } from '../config/settings.ts';
import { EdgeBreaks } from './segments/breaks.ts';
import { Moments } from './segments/moments.ts';
import { SegmentRelays } from './segments/relays.ts';
import { segmentTools } from './segments/segmenter.ts';
import { partTiming, segmentTiming } from './segments/timing.ts';
import type { FallbackProblem } from './fallback/problem.ts';
import { StreamTable } from '../wire/stream-table.ts';
import { Suspension } from '../arrival/timing/suspension.ts';
import { mountFigures, type MountFigures } from './mountpoint/figures.ts';
import { streamInfo, type StreamInfo } from './mountpoint/stream-info.ts';
import { WallClock } from '../links/wall-clock.ts';
import { TimerQueue } from '../base/timers.ts';
import { ms, type Micros } from '../base/units.ts';

export type { EdgeWish, EndedMount, GivenFile, MountInfo, Presence };

/** So long no encoder has sent anything when relays with nothing to send are silent: longer than the pauses of most sources. */
const QUIET_US = 1_000_000;

type EdgeReason = MountReason | StreamsReason | 'no-relay' | 'relay-idle' | 'demand' | 'unsigned';

/**
 * Takes in all relays and gives each listener one unbroken stream. The way of a frame is one line; all that
 * is here besides makes the parts, and passes on what is asked of them.
 *
 *     bytes of a path        PathReceiver        ../links/paths/path-receiver.ts   messages
 *          |
 *     by stream id           Intake              intake/intake.ts                  the stream of a message
 *          |                 Demand              intake/demand.ts                  only where not everything is taken in: drops the rest
 *          |                 Proofs              intake/proof/proofs.ts            only where streams have to be signed: may hold it until it is verified
 *          |
 *     one stream             EdgeStream          stream/stream.ts
 *          |                 Reassembler         stream/reassembler.ts             each message once, in order
 *          |                 StreamMedia         stream/media.ts                   frames, the newest of them in a ring
 *          |
 *     the mountpoint that    Mount               mountpoint/mountpoint.ts          (Mountpoints, mountpoint/mountpoints.ts, until it has joined one)
 *     it has joined          Switcher            switching/switcher.ts             whether it is heard
 *          |                 Playout             playout/playout.ts                what of it comes next
 *          |
 *     output                 FallbackController  fallback/controller.ts            only where there is a fallback: steps back
 *          |                 FanOut              output/fan-out.ts                 to each output: listeners, mountpoints that follow, others
 *          |
 *     listeners              Listeners           ../listeners/listeners.ts         a machine of its own, which can be in another process
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
  readonly #moments: Moments;
  readonly #breaks: EdgeBreaks;
  readonly #suspension: Suspension = new Suspension(() => [...this.#streams].map(({ timeline }) => timeline));
  readonly #intake: Intake;
  readonly #wallClock = new WallClock();
  #now = 0 as Micros;

  constructor({ settings: given, policies, wish, newMatcher, outputs = () => [], intro, taken, hasListeners = true }: EdgeOptions, sink: EdgeSink) {
    const settings = { ...given };
    this.#settings = settings;
    this.#budget = new MemoryBudget(settings.edgeBytes);
    this.#listeners = new Listeners({ settings, budget: this.#budget }, sink);
    this.#intros = new Intros(settings.introBytes, this.#budget, (now, mount, one) => {
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
      segments: settings.hlsSegmentMs === 0 ? undefined : segmentTools(segmentTiming(ms(settings.hlsSegmentMs)), {
        unixLessOursUs: () => this.#wallClock.unixLessOursUs,
        takes: () => true,
        segment: (mount, segment) => sink.segment?.(mount, segment),
        ended: (mount) => sink.segmentsEnded?.(mount),
        breaks: (mount) => this.#breaks.get(mount),
        counted: (mount, breaks) => this.#breaks.counted(mount, breaks),
      }),
      parts: settings.hlsSegmentMs === 0 || settings.hlsPartMs === 0 ? undefined : segmentTools(partTiming(ms(settings.hlsPartMs)), {
        unixLessOursUs: () => this.#wallClock.unixLessOursUs,
        takes: (format) => format !== undefined && standAlone(format),
        segment: (mount, part) => sink.part?.(mount, part),
        ended: (mount) => sink.partsEnded?.(mount),
        breaks: () => undefined,
        counted: () => undefined,
      }),
      streams: table,
      isWanted: (name) => this.wants(name),
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
      pointed: (now, stream, point) => this.#moments.point(now, stream, point),
      event: (event) => sink.event(event),
    });
    const relays = new SegmentRelays({ paths: () => this.#pathReceiver.paths, tell: (path, message) => sink.answer?.(path, message) });
    this.#breaks = new EdgeBreaks({ maxMounts: settings.maxStreams, slotMs: settings.hlsSegmentMs, streams: () => table, relays });
    this.#moments = new Moments({ unixLessOursUs: () => this.#wallClock.unixLessOursUs, relays });
    this.#pathReceiver = new PathReceiver({
      settings,
      message: (path, view) => this.#intake.message(this.#now, path, view),
      greeted: (path) => this.#intake.greeted(this.#now, path),
      event: (event) => sink.event(event),
    });
    this.#relaysLeft = new RelaysLeft({
      count: () => [...this.#pathReceiver.paths].filter(({ isUpstream }) => isUpstream).length,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      event: (event) => sink.event(event),
    });
    this.#intake = new Intake({
      settings,
      budget: this.#budget,
      wish,
      checks: sink.proof,
      streams: this.#streams,
      mounts: this.#mounts,
      titles: this.#titles,
      moments: this.#moments,
      breaks: this.#breaks,
      wallClock: this.#wallClock,
      paths: () => this.#pathReceiver.paths,
      tell: (path, message) => sink.answer?.(path, message),
      taken,
      full: () => this.#pathReceiver.boundHit('maxStreams'),
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      event: (event) => sink.event(event),
    });
    this.#intake.wishChanged(this.#now);
  }

  get deadline(): Micros {
    return Math.min(this.#timers.next, this.#listeners.deadline) as Micros;
  }

  get deadlineReason(): string {
    return this.#listeners.deadline < this.#timers.next ? this.#listeners.deadlineReason : this.#timers.nextReason;
  }

  /** Memory of unfinished and early messages, rings, and what is kept for listeners. */
  get heldBytes(): number {
    return this.#pathReceiver.heldBytes + this.#streams.heldBytes + this.#intake.heldBytes + this.#mounts.heldBytes + this.#intros.heldBytes + this.#listeners.heldBytes;
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
    this.#intake.forgetPath(path);
    const over = new Set([...this.#streams].filter((stream) => stream.health.isReportedClosedBy(path)));
    // First all streams learn of it, then each judges its gap, then the mountpoints look: a backup that came by the same
    // path must not look healthy to any of them.
    const affected = [...this.#streams].filter((stream) => stream.forgetPath(now, path));
    if (path.isUpstream) this.#relaysLeft.closed(now, path.peer.name, reason, { isQuiet: this.#isQuiet(now), hadMore: affected.some((stream) => !over.has(stream)) });
    this.#titles.closed(id);
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
    this.#suspension.heard(now);
    if (this.#relaysLeft.awaitsBytes) this.#relaysLeft.heard(now, this.#pathReceiver.path(path).peer.name);
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
    return mount.switcher.lineup.byUse.map((stream) => streamInfo(now, stream, mount));
  }

  /** A mountpoint that has ended within a day, and is not on air again. */
  endedMount(now: Micros, name: string): EndedMount | undefined {
    return this.#mounts.ended(now, name);
  }

  /** Whether a mountpoint is taken in at present, if its streams come. */
  wants(name: string): boolean {
    return this.#intake.wants(name);
  }

  /** Whether a mountpoint can be heard. */
  presence(now: Micros, name: string): Presence {
    return this.#intake.presence(now, name);
  }

  /** Mountpoints that start when somebody asks for them, by name, and how many streams are announced of each. */
  startable(now: Micros): readonly (readonly [mount: string, streams: number])[] {
    return this.#intake.startable(now);
  }

  /** Somebody wants to listen: the mountpoint is taken in, if it is one that starts on demand. */
  ask(now: Micros, name: string): Presence {
    return this.#intake.ask(now, name);
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
   * The title of a mountpoint, by an operator: until one of its streams gets another one. All other processes that this one reaches get it, too. False
   * if there is no such mountpoint, or if a title has the highest version that there is. @param atMs milliseconds since 1970.
   */
  setTitle(now: Micros, name: string, title: string, atMs: number): boolean {
    const mount = this.#mounts.get(name);
    return mount !== undefined && this.#titles.set(now, mount, title, atMs);
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
    const problem = this.#mounts.changePolicy(now, mount, policy, file);
    this.#intake.wishChanged(now);
    return problem;
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

  /**
   * What the clock of the system shows: before the first path is opened, and about once a second. Segments are numbered by it, and no title is taken that is
   * far ahead of it. @param unixUs microseconds since 1970.
   */
  clock(now: Micros, unixUs: number): void {
    this.#wallClock.tell(now, unixUs);
  }

  /** The process was suspended for so much longer than its time has moved on. */
  suspended(_now: Micros, us: number): void {
    for (const stream of this.#streams) stream.suspended(us);
    this.#suspension.suspended(us);
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
    this.#intake.snapshotProofs(a, (path) => this.#pathReceiver.path(path));
    this.#titles.snapshot(a);
    this.#breaks.snapshot(a);
    this.#wallClock.snapshot(a);
    this.#mounts.snapshot(a, (stream) => streams[a.number(stream === undefined ? 0 : streams.indexOf(stream))]!);
    this.#intake.snapshotDemand(a);
    this.#intros.snapshot(a, this.#now);
    this.#listeners.snapshot(a);
    this.#budget.snapshot(a);
    this.#correlator.snapshot(a);
    this.#suspension.snapshot(a);
    this.#timers.snapshot(a);
  }
}
