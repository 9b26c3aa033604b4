import { Edge } from '../../../core/edge/edge.ts';
import type { EdgeSink } from '../../../core/edge/options.ts';
import type { EdgeEvent } from '../../../core/edge/events.ts';
import type { PathId } from '../../../core/base/machine.ts';
import { framesOnly, type OutputOf } from '../../../core/edge/output/output.ts';
import { RING_ENTRY_BYTES } from '../../../core/base/memory/costs.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import { fallbackFileOf, type MountPolicy } from '../../../core/config/mount-policy.ts';
import type { MountCommand } from '../../../core/edge/switching/operator/command.ts';
import { recordedEdge, type EdgeMachine } from '../../../core/recording/recorded-edge.ts';
import { toMs, type Micros } from '../../../core/base/units.ts';
import { Deframer } from '../../../core/wire/deframer.ts';
import { prefixed } from '../../../core/wire/framing.ts';
import { icyTitleOf } from '../../../core/wire/icy.ts';
import { Dialer } from '../links/dialer.ts';
import { Driver } from '../driver.ts';
import { EdgeListeners } from './edge-listeners.ts';
import { EdgeWatch } from '../../oracle/watches/edge-watch.ts';
import { edgeGauges, type Gauge } from '../../world/gauge.ts';
import { BroadcastRules } from '../../oracle/rules/broadcast-rules.ts';
import { EdgeModel } from '../../oracle/model/edge-model.ts';
import { ForgeryRules } from '../../oracle/rules/forgery-rules.ts';
import type { Host, Process } from '../../world/host.ts';
import { Inflow } from '../links/inflow.ts';
import { modelChecks } from '../signing.ts';
import type { Stage } from '../stage.ts';
import { tellWallClock } from '../wall-clock.ts';
import type { EdgeSpec } from '../../world/topology.ts';

/** What a ring takes for its first frame. */
const EMPTY_RING_BYTES = 16_384;
/** So much more than its whole span at its bit rate does it take at most: a sixteenth, and what a frame is longer than others. */
const RING_SPARE = 0.08;

/** What is kept at most for listeners of a fallback, besides what comes in. */
const KEPT_OF_FALLBACK_BYTES = 262_144;
/** And in a ring of its own where that is another mountpoint: its newest four seconds, fewer than 256 frames. */
const KEPT_OF_FALLBACK_MOUNT_BYTES = 262_144 + 256 * RING_ENTRY_BYTES;

/** An edge: the core's Edge, subscribed to its relays, with its listeners. */
export class EdgeProcess implements Process {
  readonly #stage: Stage;
  readonly #host: Host;
  readonly #spec: EdgeSpec;
  readonly #edge: EdgeMachine;
  readonly #driver: Driver;
  readonly #watch: EdgeWatch;
  readonly #model: EdgeModel;
  readonly #broadcasts: BroadcastRules;
  readonly #inflow: Inflow;
  /** Streams have to be signed: what is told of them to whoever watches is what is left then. */
  readonly #verifies: boolean;
  readonly #listeners: EdgeListeners;
  readonly #dialers: Dialer[] = [];
  readonly #upstreams = new Map<PathId, Dialer>();
  /** By mountpoint: the most that its fallback takes, as a file, and of what is kept. */
  readonly #fallbackBytes = new Map<string, number>();
  #tellNoMore: () => void = () => {};

  constructor(stage: Stage, host: Host, spec: EdgeSpec) {
    this.#stage = stage;
    this.#host = host;
    this.#spec = spec;
    const { settings, world, programme, oracle, onAir, onSegment, onPart, setsTitles } = stage;
    this.#model = new EdgeModel({ who: host.name, clock: world, oracle, settings, policies: spec.policies ?? {}, isMatched: (mount, stream) => this.#isMatched(mount, stream), isWanted: spec.wish && ((mount) => this.#edge.wants(mount)) });
    this.#watch = new EdgeWatch(world, programme, oracle, settings, this.#model);
    this.#listeners = new EdgeListeners({
      machine: () => this.#edge,
      driver: () => this.#driver,
      watch: this.#watch,
      broadcasts: () => this.#broadcasts,
      demandWaitMs: spec.wish && settings.demandWaitMs,
    });
    this.#verifies = Object.values(spec.policies ?? {}).some(({ verify = 'off' }) => verify !== 'off');
    const recorder = stage.recorderFor(host.name, 'edge');
    const sink: EdgeSink = {
      send: (listener, bytes) => {
        this.#watch.sent(listener, bytes);
      },
      backlogBytes: (listener) => this.#listeners.backlogBytes(listener),
      end: (listener, reason) => this.#listeners.end(listener, reason),
      answer: (path, bytes) => {
        const dialer = this.#upstreams.get(path);
        if (dialer?.backlogBytes === 0) dialer.write(bytes);
      },
      segment: (mount, segment) => onSegment?.(host.name, mount, segment),
      segmentsEnded: (mount) => onSegment?.(host.name, mount, undefined),
      part: (mount, part) => onPart?.(host.name, mount, part),
      partsEnded: (mount) => onPart?.(host.name, mount, undefined),
      event: (event) => this.#report(event),
      ...(this.#verifies && { proof: modelChecks(stage.signers, () => toMs(world.now)) }),
    };
    const forgeries = new ForgeryRules(world, programme, oracle, settings, (mount) => this.#edge.policyOf(mount).verify ?? 'off', spec.relays.length);
    const gaveOut = (name: string, bytes: Uint8Array, durationUs: number): void => {
      onAir?.(world.now, name, durationUs);
      if (this.#verifies) forgeries.gaveOut(name, bytes);
    };
    const watched = (onAir !== undefined || setsTitles || this.#verifies) && { outputs: ({ name }: OutputOf) => [{ ...framesOnly((_now, bytes, durationUs) => gaveOut(name, bytes, durationUs)), title: (_now: Micros, text: string) => this.#shows(name, text) }] };
    const options = { ...(this.#verifies && { taken: (path: PathId, bytes: Uint8Array, start: number, end: number) => this.#watch.received(path, prefixed(bytes, start, end), this.#driver.now, this.#driver.toldUs) }), settings, policies: spec.policies ?? {}, wish: spec.wish, ...watched };
    this.#edge = recorder === undefined ? new Edge(options, sink) : recordedEdge(options, sink, recorder);
    this.#broadcasts = new BroadcastRules(oracle, settings, this.#model, this.#edge);
    for (const [mount, policy] of Object.entries(spec.policies ?? {})) this.#mayKeep(mount, policy);
    this.#driver = new Driver(this.#edge, host, settings.maxTimerLagMs, () => this.#checkBound());
    // A stream's ring is kept until the stream is forgotten, so what it holds may be as old as both together.
    this.#inflow = new Inflow(this.#driver, settings.ringMs + settings.hlsSegmentMs + settings.forgetMs);
  }

  start(): void {
    this.#tellNoMore = tellWallClock(this.#stage, this.#host, (unixUs) => {
      this.#edge.clock(this.#driver.now, unixUs);
      this.#driver.settle();
    });
    for (const [mount, policy] of Object.entries(this.#spec.policies ?? {})) {
      const file = fallbackFileOf(policy);
      if (file !== undefined) this.#provide(mount, file);
    }
    for (const relay of this.#spec.relays) {
      this.#edge.awaitRelay(this.#driver.now, relay);
      this.#subscribe(relay);
    }
    this.#host.listenTcp('http', (socket, greeting) => this.#listeners.serve(socket, greeting));
    this.#driver.settle();
  }

  killed(): void {
    this.#tellNoMore();
    this.#driver.stop();
    for (const dialer of this.#dialers) dialer.stop();
  }

  command(mount: string, command: MountCommand): void {
    const { world, trace } = this.#stage;
    this.#model.commands(mount, command);
    const result = this.#edge.command(this.#driver.now, mount, command);
    this.#model.commanded(mount, result);
    trace.note(world.now, this.#host.name, 'command', { mount, ...command, result });
    this.#driver.settle();
  }

  setTitle(mount: string, title: string): void {
    this.#stage.oracle.titleSet(title);
    this.#edge.setTitle(this.#driver.now, mount, title, Math.floor(toMs(this.#stage.world.now)));
    this.#driver.settle();
  }

  changePolicy(mount: string, policy: MountPolicy): void {
    const name = fallbackFileOf(policy);
    const file = name === undefined ? undefined : { title: name, bytes: this.#stage.file(name).contents() };
    this.#mayKeep(mount, policy);
    this.#model.policyChanges(this.#driver.now, mount, policy);
    const problem = this.#edge.changePolicy(this.#driver.now, mount, policy, file);
    if (problem !== undefined) throw new RangeError(`${mount} cannot have this fallback: ${problem.code}`);
    this.#driver.settle();
  }

  gauges(): readonly Gauge[] {
    let backlog = 0;
    for (const [listener, socket] of this.#listeners) backlog = Math.max(backlog, this.#edge.behindBytes(listener) + socket.waitingBytes);
    const backlogs: Gauge[] = this.#listeners.size === 0 ? [] : [{ kind: 'backlog', of: '', value: backlog }];
    return [...edgeGauges(this.#edge, (stream) => this.#stage.cast.nameOf(stream)), ...backlogs];
  }

  #provide(mount: string, file: string): void {
    const bytes = this.#stage.file(file).contents();
    const problem = this.#edge.provideFallback(this.#driver.now, mount, file, bytes);
    if (problem !== undefined) throw new RangeError(`${file} cannot be a fallback: ${problem.code}`);
  }

  #mayKeep(mount: string, { fallback }: MountPolicy): void {
    if (fallback === undefined) return;
    const ofItself = 'mount' in fallback ? KEPT_OF_FALLBACK_MOUNT_BYTES : this.#stage.file(fallback.file).contents().length;
    this.#fallbackBytes.set(mount, Math.max(this.#fallbackBytes.get(mount) ?? 0, KEPT_OF_FALLBACK_BYTES + ofItself));
  }

  #subscribe(relay: string): void {
    let path: PathId | undefined;
    let all: Deframer | undefined;
    const dialer: Dialer = new Dialer(
      { stage: this.#stage, host: this.#host, to: relay, port: 'out', watchIdle: true },
      {
        up: () => {
          path = this.#edge.openPath(this.#driver.now, transports.tcp, anonymous('relay', relay));
          if (path !== undefined) {
            this.#watch.pathOpened(path, transports.tcp);
            this.#upstreams.set(path, dialer);
            all = this.#verifies ? new Deframer((bytes, start, end) => this.#model.passed(bytes, start, end)) : undefined;
          }
          this.#driver.settle();
        },
        received: (bytes) => {
          if (path === undefined) return;
          this.#inflow.add(bytes.length);
          all?.push(bytes);
          if (!this.#verifies) this.#watch.received(path, bytes, this.#driver.now, this.#driver.toldUs);
          this.#edge.receive(this.#driver.now, path, bytes);
          this.#driver.settle();
          this.#listeners.letIn();
        },
        down: (reason) => {
          if (path === undefined) return;
          this.#watch.pathClosed(path);
          this.#upstreams.delete(path);
          this.#edge.closePath(this.#driver.now, path, reason);
          path = undefined;
          this.#driver.settle();
        },
      },
    );
    this.#dialers.push(dialer);
    dialer.start();
  }

  #shows(mount: string, text: string): void {
    const { world, trace, setsTitles } = this.#stage;
    if (!setsTitles) return;
    this.#model.shows(mount, text);
    trace.note(world.now, this.#host.name, 'shows', { mount, title: icyTitleOf(text) });
  }

  #isMatched(mount: string, stream: string): boolean {
    const matchedBy = this.#edge.streamsOf(this.#driver.now, mount)?.find(({ id }) => id === stream)?.matchedBy;
    return matchedBy === 'content' || matchedBy === 'frames';
  }

  #report(event: EdgeEvent): void {
    const { world, trace, cast } = this.#stage;
    this.#model.event(this.#driver.now, event);
    const { kind, fields } = cast.readable(event);
    trace.note(world.now, this.#host.name, kind, fields);
    if (kind === 'stream-new') this.#watch.began(String(fields['stream']));
    if (kind === 'stream-unpaced') this.#watch.unpaced(String(fields['stream']));
    if (kind === 'fallback-entered' || (kind === 'fallback-replaced' && fields['by'] !== '')) this.#watch.fellBack(String(fields['mount']));
    if (kind === 'fallback-entered') cast.fellBack(this.#host.name, String(fields['mount']));
    if (kind === 'mount-started' && fields['stream'] !== '') cast.switched(this.#host.name, String(fields['stream']), 'started');
    if (kind === 'fallback-left') cast.switched(this.#host.name, String(fields['to']), 'fallback left');
    if (kind !== 'switch') return;
    cast.switched(this.#host.name, String(fields['to']), String(fields['reason']));
    this.#watch.switched(String(fields['from']), String(fields['to']));
  }

  #checkBound(): void {
    this.#model.settled(this.#driver.now);
    this.#broadcasts.look(this.#driver.now, (listener) => this.#listeners.waitingBytes(listener));
    const { settings, oracle } = this.#stage;
    // A ring's memory doubles when it is full, so it is at most twice what came in, or has been made for the whole span; listeners have their burst besides.
    let fallbackBytes = 0;
    for (const bytes of this.#fallbackBytes.values()) fallbackBytes += bytes;
    const most = fallbackBytes + 3.2 * this.#inflow.peakBytes + (1 + this.#watch.streams) * 65_536 + settings.listenerQueueBytes * this.#listeners.size;
    const held = this.#edge.heldBytes;
    // Streams of which nothing but a title has come, of encoders that are dead, have rings too. They are seldom asked for.
    if (held > most) oracle.bound(this.#host.name, 'held bytes', held, most + this.#edge.stats.streams * EMPTY_RING_BYTES + Math.max(0, this.#wholeRingsBytes - 2 * this.#inflow.peakBytes));
  }

  /** The rings of all streams as they are when they hold their whole span: they are made so large when they hold a tenth of it. */
  get #wholeRingsBytes(): number {
    const { ringMs, hlsSegmentMs } = this.#stage.settings;
    let bitrateBps = 0;
    for (const { frames } of this.#model.streams) bitrateBps += frames?.format.bitrateBps ?? 0;
    return ((1 + RING_SPARE) * bitrateBps * (ringMs + hlsSegmentMs)) / 8_000;
  }
}
