import type { Archive } from './archive.ts';
import { Aligner } from './alignment/aligner.ts';
import { SameFrames } from './alignment/same-frames.ts';
import { decodeAnnouncement } from './announce.ts';
import type { JoinOptions, BroadcastSink } from './broadcast.ts';
import { MemoryBudget } from './budget.ts';
import { buffersOf, type StreamBuffers } from './buffers.ts';
import { LISTENER_BYTES, MOUNT_BYTES } from './costs.ts';
import { Departed } from './departed.ts';
import { EdgeStream, type Loss } from './edge-stream.ts';
import type { EdgeEvent, PathFigures } from './events.ts';
import { Fallbacks } from './fallback/fallbacks.ts';
import { FormatChoice } from './format-choice.ts';
import { cannotFollow } from './frame/format.ts';
import { Intake, type Path } from './intake.ts';
import type { ListenerId, Machine, PathId, Transport } from './machine.ts';
import type { Matcher } from './matcher.ts';
import { Mount, type MountInfo, type MountReason, type OnAir } from './mount.ts';
import type { CommandResult, MountCommand } from './operator.ts';
import { MessageType, PDU_HEADER_BYTES, STREAM_ID_BYTES, streamIdOf, type MessageView } from './pdu.ts';
import { policyFor, settingsFor, type MountPolicies } from './policy.ts';
import { isDropped } from './reassembler.ts';
import type { Settings } from './settings.ts';
import { streamInfo, type StreamInfo } from './stream-info.ts';
import { leastUseful, LOOK_AGAIN_US, PROVEN_AFTER_US, type Worth } from './stream-slots.ts';
import { StreamTable } from './stream-table.ts';
import { TimerQueue } from './timers.ts';
import { later, toMs, type Micros } from './units.ts';

export type { MountInfo };

export interface EdgeOptions {
  readonly settings: Settings;
  /** What is wanted of single mountpoints. */
  readonly policies?: MountPolicies;
  /** Makes, for each mountpoint, what finds the same point of the programme in two of its streams; by the same frames, and an Aligner, unless given. */
  readonly newMatcher?: () => Matcher;
  /** Is told of every frame that a mountpoint gives out, whether anybody listens or not. */
  readonly onAir?: OnAir;
}

export interface EdgeSink extends BroadcastSink {
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

type EdgeReason = MountReason | 'gap-expires' | 'forget-stream';

/**
 * Takes in all relays and gives each listener one unbroken stream.
 *
 *     paths -> messages -> stream (by id): dedup, order, frames, ring -> mount (by name): switch -> broadcast -> listeners
 */
export class Edge implements Machine {
  readonly #settings: Settings;
  readonly #policies: MountPolicies | undefined;
  readonly #newMatcher: () => Matcher;
  readonly #onAir: OnAir | undefined;
  readonly #sink: EdgeSink;
  readonly #intake: Intake;
  readonly #streams: StreamTable<EdgeStream> = new StreamTable();
  readonly #mounts: Map<string, Mount> = new Map();
  readonly #listeners: Map<ListenerId, Mount> = new Map();
  readonly #timers: TimerQueue<EdgeReason> = new TimerQueue();
  readonly #budget: MemoryBudget;
  readonly #fallbacks: Fallbacks;
  readonly #departed: Departed;
  readonly #formats: FormatChoice;
  #unannounced = 0;
  #joined = 0;
  /** Before this it is not looked again which streams can go for others. */
  #noRoomUntil = 0 as Micros;
  #now = 0 as Micros;

  constructor({ settings, policies, newMatcher, onAir }: EdgeOptions, sink: EdgeSink) {
    this.#settings = settings;
    this.#policies = policies;
    this.#newMatcher = newMatcher ?? (() => new SameFrames(new Aligner()));
    this.#onAir = onAir;
    this.#sink = sink;
    this.#departed = new Departed(settings.windowMessages);
    this.#budget = new MemoryBudget(settings.edgeBytes);
    this.#formats = new FormatChoice(settings, policies, this.#streams);
    this.#fallbacks = new Fallbacks({
      policies: policies ?? {},
      budget: this.#budget,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      has: (mount) => this.#mounts.has(mount),
      begin: (now, mount) => this.#begin(now, mount),
      standIn: (now, mount) => this.#mounts.get(mount)?.switcher.beginWithFallback(now),
    });
    this.#intake = new Intake({
      maxPaths: settings.maxPaths,
      message: (path, view) => this.#message(path, view),
      event: (event) => sink.event(event),
    });
  }

  get deadline(): Micros {
    return this.#timers.next;
  }

  get deadlineReason(): string {
    return this.#timers.nextReason;
  }

  /** Memory of unfinished and early messages, rings, and what is kept for listeners. */
  get heldBytes(): number {
    let sum = this.#intake.heldBytes + this.#fallbacks.heldBytes;
    for (const stream of this.#streams) sum += stream.heldBytes;
    for (const mount of this.#mounts.values()) sum += mount.heldBytes;
    return sum;
  }

  get stats(): EdgeStats {
    let heldMessages = 0;
    for (const stream of this.#streams) heldMessages += stream.heldMessages;
    return {
      paths: [...this.#intake.paths].map((path) => ({ id: path.id, label: path.label, ...path.figures })),
      streams: this.#streams.size,
      mounts: this.#mounts.size,
      listeners: this.#listeners.size,
      heldMessages,
      countedBytes: this.#budget.usedBytes,
    };
  }

  /** What is kept of each stream. */
  get buffers(): readonly StreamBuffers[] {
    return [...this.#streams].map((stream) => buffersOf(stream, this.#mountOf(stream)?.switcher));
  }

  /** How much of the programme on air has not been given to this listener's connection yet. */
  behindBytes(listener: ListenerId): number {
    return this.#listeners.get(listener)?.broadcast.behindBytes(listener) ?? 0;
  }

  /** Those that are open. */
  get paths(): Iterable<Path> {
    return this.#intake.paths;
  }

  /** A connection that messages come from; undefined when there are too many: refuse it. */
  openPath(now: Micros, transport: Transport, label: string): PathId | undefined {
    return this.#intake.open(now, transport, label, true)?.id;
  }

  closePath(now: Micros, id: PathId, reason: string): void {
    const path = this.#intake.close(id, reason);
    if (path === undefined) return;
    // First all streams learn of it, then each judges its gap, then the switchers look: a backup that came by the same
    // path must not look healthy to any of them.
    const affected = [...this.#streams].filter((stream) => stream.forgetPath(now, path));
    for (const stream of affected) stream.judge(now);
    for (const stream of affected) this.#mountOf(stream)?.switcher.pathClosed(now, stream);
  }

  /** TCP: bytes in any chunking; UDP: one datagram. Borrowed for the call. */
  receive(now: Micros, path: PathId, bytes: Uint8Array): void {
    this.#now = now;
    this.#intake.receive(path, bytes);
  }

  /** A mountpoint on air, by its name without the leading slash. */
  mount(name: string): MountInfo | undefined {
    return this.#mounts.get(name)?.info;
  }

  /** All mountpoints on air, by name. */
  mounts(): readonly MountInfo[] {
    return [...this.#mounts.values()]
      .map((mount) => mount.info)
      .filter((info) => info !== undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** All streams of a mountpoint on air, the one on air first; undefined when there is no such mountpoint. */
  streamsOf(now: Micros, name: string): readonly StreamInfo[] | undefined {
    const mount = this.#mounts.get(name);
    if (mount === undefined) return undefined;
    const { switcher } = mount;
    const others = [...this.#streams].filter((stream) => stream !== switcher.live && switcher.has(stream));
    const all = switcher.live === undefined ? others : [switcher.live, ...others];
    return all.map((stream) => streamInfo(now, stream, mount, this.#settings));
  }

  /** What an operator wants of a mountpoint. */
  command(now: Micros, name: string, command: MountCommand): CommandResult {
    return this.#mounts.get(name)?.switcher.command(now, command) ?? 'no-such-mount';
  }

  /**
   * The file that listeners of a mountpoint hear when no stream is left; `title` is what they see. It is there from now on, and
   * the mountpoint with it. Says, in words that go on behind the name of the file, why it cannot be that.
   */
  provideFallback(now: Micros, mount: string, title: string, file: Uint8Array): string | undefined {
    const most = this.#settings.fallbackBytes;
    if (file.length > most) return `is larger than fallbackBytes, ${most}`;
    return this.#fallbacks.provide(now, mount, title, file);
  }

  /** A listener; its burst is sent at the next `advance`, so that a head can be written first. */
  join(now: Micros, name: string, options: JoinOptions): ListenerId | 'no-such-mount' | 'full' {
    const mount = this.#mounts.get(name);
    if (mount === undefined) return 'no-such-mount';
    if (this.#listeners.size >= this.#settings.maxListeners) {
      this.#intake.boundHit('maxListeners');
      return 'full';
    }
    this.#joined++;
    const id = this.#joined as ListenerId;
    this.#listeners.set(id, mount);
    this.#listenersChanged();
    mount.broadcast.join(now, id, options);
    return id;
  }

  leave(now: Micros, id: ListenerId, reason: string): void {
    this.#listeners.get(id)?.broadcast.leave(now, id, reason);
    this.#listeners.delete(id);
    this.#listenersChanged();
  }

  advance(now: Micros): void {
    this.#now = now;
    this.#timers.run(now);
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#now = a.number(this.#now);
    this.#intake.archive(a);
    const streams = this.#archiveStreams(a);
    this.#fallbacks.archive(a);
    this.#departed.archive(a);
    const reference = (stream: EdgeStream | undefined): EdgeStream => streams[a.number(stream === undefined ? 0 : streams.indexOf(stream))]!;
    for (const mount of a.list(this.#mounts.values(), (saved) => this.#archiveMount(a, saved, reference))) {
      for (const listener of mount.broadcast.listenerIds) this.#listeners.set(listener, mount);
    }
    this.#listenersChanged();
    this.#unannounced = a.number(this.#unannounced);
    this.#joined = a.number(this.#joined);
    this.#noRoomUntil = a.number(this.#noRoomUntil);
    this.#budget.archive(a);
    this.#timers.archive(a);
  }

  /** All that are known, and those that are not any more, but still on air somewhere. */
  #archiveStreams(a: Archive): readonly EdgeStream[] {
    const known = a.list(this.#streams, (stream) => this.#archiveStream(a, stream));
    if (a.isLoading) for (const stream of known) this.#streams.add(stream);
    const ghosts = [...this.#mounts.values()].map(({ switcher }) => switcher.live).filter((live) => live !== undefined && !known.includes(live));
    return [...known, ...a.list(ghosts, (stream) => this.#archiveStream(a, stream))] as EdgeStream[];
  }

  #archiveStream(a: Archive, saved: EdgeStream | undefined): EdgeStream {
    const id = a.bytes(saved?.id ?? NO_ID);
    const stream = saved ?? this.#newStream(id);
    stream.archive(a, (path) => this.#intake.path(path));
    return stream;
  }

  #archiveMount(a: Archive, saved: Mount | undefined, reference: (stream: EdgeStream | undefined) => EdgeStream): Mount {
    const name = a.text(saved?.name ?? '');
    const startedAt = a.number(saved?.startedAt ?? (0 as Micros));
    const mount = saved ?? this.#begin(startedAt, name);
    mount.archive(a, reference);
    return mount;
  }

  #message(path: Path, view: MessageView): void {
    if (view.type === MessageType.SOURCE) {
      this.#source(path, view);
      return;
    }
    const stream = this.#streamOf(path, view);
    if (stream === undefined) {
      path.drop('too-many-streams');
      return;
    }
    const reception = stream.receive(this.#now, path, view);
    if (isDropped(reception)) path.drop(reception);
  }

  /** A relay speaks of a stream: that alone makes none known, and keeps none from being forgotten. */
  #source(path: Path, view: MessageView): void {
    const stream = this.#streams.find(view.bytes, view.start);
    if (stream === undefined) return;
    stream.receiveSource(this.#now, path, view);
    if (stream.isSaidClosed) this.#mountOf(stream)?.switcher.saidClosed(this.#now, stream);
  }

  #streamOf(path: Path, view: MessageView): EdgeStream | undefined {
    const known = this.#streams.find(view.bytes, view.start);
    if (known !== undefined) return known;
    if (!this.#makeRoom(view)) return undefined;
    const stream = this.#newStream(streamIdOf(view.bytes, view.start));
    stream.goOnBehind(this.#departed.runsOf(stream.name));
    this.#streams.add(stream);
    this.#unannounced++;
    this.#sink.event({ kind: 'stream-new', stream: stream.name, label: path.label });
    return stream;
  }

  /** False when a stream must be refused that nobody knows yet. */
  #makeRoom(view: MessageView): boolean {
    const nameless = this.#unannounced >= this.#settings.maxUnannouncedStreams && !announcesMount(view);
    if (!nameless && this.#streams.size < this.#settings.maxStreams && !this.#budget.isSpent) return true;
    this.#intake.boundHit(nameless ? 'maxUnannouncedStreams' : this.#budget.isSpent ? 'edgeBytes' : 'maxStreams');
    if (this.#now < this.#noRoomUntil) return false;
    const among = nameless ? [...this.#streams].filter(({ mountpoint }) => mountpoint === undefined) : this.#streams;
    const useless = leastUseful(among, (stream) => this.#worthOf(stream), '');
    // A stream that begins costs fifty times what it costs to refuse it.
    this.#noRoomUntil = later(this.#now, LOOK_AGAIN_US as Micros);
    for (const stream of useless) this.#forget(this.#now, stream);
    return useless.length > 0;
  }

  #worthOf(stream: EdgeStream): Worth {
    const { mountpoint, framesSince, frameAt, bornAt, source = '' } = stream;
    const mount = this.#mountOf(stream);
    if (mount?.switcher.live === stream && mount.broadcast.listeners > 0) return { use: 'kept', since: bornAt, holder: source };
    const isHeard = mountpoint !== undefined && this.#now - frameAt < PROVEN_AFTER_US;
    return { use: !isHeard ? 'none' : this.#now - framesSince < PROVEN_AFTER_US ? 'young' : 'proven', since: bornAt, holder: source };
  }

  #newStream(id: Uint8Array): EdgeStream {
    const stream: EdgeStream = new EdgeStream({
      id,
      now: this.#now,
      settings: this.#settings,
      budget: this.#budget,
      sink: {
        announced: (now, it) => this.#announced(now, it),
        frame: (now, it) => this.#frame(now, it),
        lost: (now, it, loss) => this.#lost(now, it, loss),
        contradicted: ({ name, mountpoint = '' }, { label: owner }, { label }, messages) =>
          this.#sink.event({ kind: 'stream-contested', stream: name, mount: mountpoint, owner, label, messages }),
        paceChanged: (_, it) => this.#paceChanged(it),
      },
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      forget: (now) => this.#forget(now, stream),
    });
    return stream;
  }

  #announced(now: Micros, stream: EdgeStream): void {
    this.#unannounced--;
    if (stream.ring.count > 0) this.#frame(now, stream);
  }

  #frame(now: Micros, stream: EdgeStream): void {
    if (stream.mountpoint === undefined || this.#refuses(stream)) return;
    const mount = this.#mountOf(stream);
    if (mount === undefined) {
      if (this.#formats.mayBegin(now, stream)) this.#join(now, stream);
    } else if (!mount.switcher.has(stream)) this.#joinOrCorrect(now, mount, stream);
    else mount.switcher.frame(now, stream);
  }

  #lost(now: Micros, stream: EdgeStream, loss: Loss): void {
    this.#mountOf(stream)?.switcher.lost(now, stream, loss);
  }

  /** It has frames, and its mountpoint is to have others. */
  #refuses(stream: EdgeStream): boolean {
    const why = this.#formats.refusal(stream);
    if (why !== undefined && !stream.isRefused) {
      stream.isRefused = true;
      this.#sink.event({ kind: 'backup-refused', mount: stream.mountpoint!, stream: stream.name, why });
    }
    return why !== undefined;
  }

  #joinOrCorrect(now: Micros, mount: Mount, stream: EdgeStream): void {
    const { startedAt, broadcast, switcher } = mount;
    const codec = switcher.live?.format?.codec;
    if (codec !== undefined && this.#formats.corrects(now, stream, { startedAt, codec, listeners: broadcast.listeners })) this.#renew(now, mount, stream);
    else this.#join(now, stream);
  }

  /** They come first: what they take is left to them by all streams. */
  #listenersChanged(): void {
    this.#budget.setAside(LISTENER_BYTES * this.#listeners.size);
  }

  #paceChanged(stream: EdgeStream): void {
    const { name, mountpoint, origin, source, pace } = stream;
    const where = { mount: mountpoint ?? '', stream: name, origin: origin ?? source ?? '' };
    const { programmeUs, withinUs } = pace.lately;
    const event = pace.isUnpaced ? { kind: 'stream-unpaced', programmeMs: Math.round(programmeUs / 1000), withinMs: Math.round(withinUs / 1000) } as const : { kind: 'stream-paced' } as const;
    this.#sink.event({ ...event, ...where });
  }

  /** A stream that has a name and frames joins its mountpoint, or begins it. */
  #join(now: Micros, stream: EdgeStream): void {
    const name = stream.mountpoint!;
    const mount = this.#mounts.get(name) ?? this.#begin(now, name);
    mount.switcher.add(now, stream);
  }

  #begin(now: Micros, name: string): Mount {
    const policy = policyFor(name, this.#policies);
    const mount = new Mount({
      name,
      now,
      settings: settingsFor(policy, this.#settings),
      policy,
      matcher: this.#newMatcher(),
      budget: this.#budget,
      sink: this.#sink,
      onAir: this.#onAir,
      gaveOut: this.#fallbacks.followed(name),
      fallback: this.#fallbacks.sourceFor(name),
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      event: (event) => this.#sink.event(event),
      listenerGone: (listener) => {
        this.#listeners.delete(listener);
        this.#listenersChanged();
      },
      ended: (at, it, silentMs) => {
        this.#end(at, it, silentMs);
        this.#fallbacks.ended(at, name);
      },
      outgrown: (at, it, stream) => this.#renew(at, it, stream),
    });
    this.#mounts.set(name, mount);
    this.#budget.take(MOUNT_BYTES);
    return mount;
  }

  /** A stream of another codec is all there is: listeners have to connect again, and then find that. */
  #renew(now: Micros, mount: Mount, stream: EdgeStream): void {
    const { name, switcher, broadcast } = mount;
    const why = cannotFollow(stream.format, switcher.format);
    this.#sink.event({ kind: 'format-changed', mount: name, stream: stream.name, why, listeners: broadcast.listeners });
    this.#end(now, mount, 0, stream);
    this.#join(now, stream);
  }

  #end(now: Micros, mount: Mount, silentMs: number, successor?: EdgeStream): void {
    this.#mounts.delete(mount.name);
    this.#budget.giveBack(MOUNT_BYTES);
    this.#fallbacks.forget(mount.name);
    mount.switcher.dispose(successor);
    const listeners = mount.broadcast.end(now);
    mount.broadcast.dispose();
    this.#sink.event({ kind: 'mount-ended', mount: mount.name, silentMs, listeners });
  }

  #forget(now: Micros, stream: EdgeStream): void {
    this.#streams.delete(stream);
    this.#departed.note(stream.name, stream.runs);
    if (stream.mountpoint === undefined) this.#unannounced--;
    this.#mountOf(stream)?.switcher.remove(now, stream);
    stream.dispose();
    const silentMs = toMs((now - stream.heardAt) as Micros);
    this.#sink.event({ kind: 'stream-forgotten', stream: stream.name, mount: stream.mountpoint ?? '', silentMs });
  }

  #mountOf(stream: EdgeStream): Mount | undefined {
    return stream.mountpoint === undefined ? undefined : this.#mounts.get(stream.mountpoint);
  }
}

const NO_ID = new Uint8Array(STREAM_ID_BYTES);

function announcesMount({ type, bytes, start, end }: MessageView): boolean {
  return type === MessageType.ANNOUNCE && decodeAnnouncement(bytes.subarray(start + PDU_HEADER_BYTES, end)) !== undefined;
}
