import { Edge, type EdgeSink } from '../../core/edge/edge.ts';
import type { EdgeEvent } from '../../core/edge/events.ts';
import type { ListenerId, PathId } from '../../core/base/machine.ts';
import { framesOnly, type OutputOf } from '../../core/edge/output/output.ts';
import { RING_ENTRY_BYTES } from '../../core/base/costs.ts';
import { anonymous } from '../../core/links/peer.ts';
import { transports } from '../../core/links/transport.ts';
import type { MountPolicy } from '../../core/config/mount-policy.ts';
import type { MountCommand } from '../../core/edge/switching/command.ts';
import { recordedEdge, type EdgeMachine } from '../../core/recording/recorded-edge.ts';
import { toMs, type Micros } from '../../core/base/units.ts';
import { icyTitleOf } from '../../core/wire/icy.ts';
import { Dialer } from './dialer.ts';
import { Driver } from './driver.ts';
import { EdgeWatch } from '../oracle/edge-watch.ts';
import { edgeGauges, type Gauge } from '../world/gauge.ts';
import { ICY_GREETING } from './listener.ts';
import { BroadcastRules } from '../oracle/broadcast-rules.ts';
import { EdgeModel } from '../oracle/edge-model.ts';
import type { Host, Process } from '../world/host.ts';
import { Inflow } from './inflow.ts';
import type { Stage } from './stage.ts';
import type { Socket, TcpUser } from '../world/socket.ts';
import type { EdgeSpec } from '../world/topology.ts';

/** What a ring takes for its first frame. */
const EMPTY_RING_BYTES = 16_384;

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
  readonly #listeners = new Map<ListenerId, Socket>();
  readonly #dialers: Dialer[] = [];
  readonly #upstreams = new Map<PathId, Dialer>();
  /** By mountpoint: the most that its fallback takes, as a file, and of what is kept. */
  readonly #fallbackBytes = new Map<string, number>();

  constructor(stage: Stage, host: Host, spec: EdgeSpec) {
    this.#stage = stage;
    this.#host = host;
    this.#spec = spec;
    const { settings, world, programme, oracle, onAir, setsTitles } = stage;
    this.#model = new EdgeModel({ who: host.name, clock: world, oracle, settings, policies: spec.policies ?? {}, isMatched: (mount, stream) => this.#isMatched(mount, stream) });
    this.#watch = new EdgeWatch(world, programme, oracle, settings, this.#model);
    const recorder = stage.recorderFor(host.name, 'edge');
    const sink: EdgeSink = {
      send: (listener, bytes) => {
        this.#watch.sent(listener, bytes);
      },
      backlogBytes: (listener) => this.#listeners.get(listener)!.backlogBytes,
      end: (listener, reason) => {
        const socket = this.#listeners.get(listener)!;
        if (reason === 'too-slow') socket.destroy();
        else socket.end();
        this.#forget(listener);
      },
      answer: (path, bytes) => {
        const dialer = this.#upstreams.get(path);
        if (dialer?.backlogBytes === 0) dialer.write(bytes);
      },
      event: (event) => this.#report(event),
    };
    const watched = (onAir !== undefined || setsTitles) && { outputs: ({ name }: OutputOf) => [{ ...framesOnly((_now, _bytes, durationUs) => onAir?.(world.now, name, durationUs)), title: (_now: Micros, text: string) => this.#shows(name, text) }] };
    const options = { settings, policies: spec.policies ?? {}, ...watched };
    this.#edge = recorder === undefined ? new Edge(options, sink) : recordedEdge(options, sink, recorder);
    this.#broadcasts = new BroadcastRules(oracle, settings, this.#model, this.#edge);
    for (const [mount, policy] of Object.entries(spec.policies ?? {})) this.#mayKeep(mount, policy);
    this.#driver = new Driver(this.#edge, host, settings.maxTimerLagMs, () => this.#checkBound());
    // A stream's ring is kept until the stream is forgotten, so what it holds may be as old as both together.
    this.#inflow = new Inflow(this.#driver, settings.ringMs + settings.forgetMs);
  }

  start(): void {
    for (const [mount, { fallback }] of Object.entries(this.#spec.policies ?? {})) {
      if (fallback !== undefined && 'file' in fallback) this.#provide(mount, fallback.file);
    }
    for (const relay of this.#spec.relays) {
      this.#edge.awaitRelay(this.#driver.now, relay);
      this.#subscribe(relay);
    }
    this.#host.listenTcp('http', (socket, greeting) => this.#serve(socket, greeting));
    this.#driver.settle();
  }

  killed(): void {
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
    const { fallback } = policy;
    const file = fallback !== undefined && 'file' in fallback ? { title: fallback.file, bytes: this.#stage.file(fallback.file).contents() } : undefined;
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
    const dialer: Dialer = new Dialer(
      { stage: this.#stage, host: this.#host, to: relay, port: 'out', watchIdle: true },
      {
        up: () => {
          path = this.#edge.openPath(this.#driver.now, transports.tcp, anonymous('relay', relay));
          if (path !== undefined) {
            this.#watch.pathOpened(path, transports.tcp);
            this.#upstreams.set(path, dialer);
          }
          this.#driver.settle();
        },
        received: (bytes) => {
          if (path === undefined) return;
          this.#inflow.add(bytes.length);
          this.#watch.received(path, bytes, this.#driver.now);
          this.#edge.receive(this.#driver.now, path, bytes);
          this.#driver.settle();
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

  /** The greeting is the mountpoint that the listener wants, and whether it wants titles. */
  #serve(socket: Socket, greeting: string): TcpUser | undefined {
    const icy = greeting.endsWith(ICY_GREETING);
    const mount = icy ? greeting.slice(0, -ICY_GREETING.length) : greeting;
    const listener = this.#edge.join(this.#driver.now, mount, { icy, label: socket.remote });
    if (listener === 'no-such-mount' || listener === 'full') return undefined;
    this.#listeners.set(listener, socket);
    // Blocks of metadata are taken out before they are on their way.
    this.#watch.joined(listener, mount, icy, (bytes) => {
      this.#broadcasts.audio(listener, bytes.length);
      socket.write(bytes);
    });
    this.#broadcasts.joined(listener, mount);
    this.#driver.settle();
    return {
      opened: () => {},
      received: () => {},
      closed: (reason) => {
        this.#forget(listener);
        this.#edge.leave(this.#driver.now, listener, reason);
        this.#driver.settle();
      },
    };
  }

  #shows(mount: string, text: string): void {
    const { world, trace, setsTitles } = this.#stage;
    if (setsTitles) trace.note(world.now, this.#host.name, 'shows', { mount, title: icyTitleOf(text) });
  }

  #isMatched(mount: string, stream: string): boolean {
    const matchedBy = this.#edge.streamsOf(this.#driver.now, mount)?.find(({ id }) => id === stream)?.matchedBy;
    return matchedBy === 'content' || matchedBy === 'frames';
  }

  #forget(listener: ListenerId): void {
    this.#listeners.delete(listener);
    this.#watch.left(listener);
    this.#broadcasts.left(listener);
  }

  #report(event: EdgeEvent): void {
    const { world, trace, cast } = this.#stage;
    this.#model.event(this.#driver.now, event);
    const { kind, fields } = cast.readable(event);
    trace.note(world.now, this.#host.name, kind, fields);
    if (kind === 'stream-new') this.#watch.began(String(fields['stream']));
    if (kind === 'stream-unpaced') this.#watch.unpaced(String(fields['stream']));
    if (kind === 'fallback-entered') cast.fellBack(this.#host.name, String(fields['mount']));
    if (kind === 'mount-started' && fields['stream'] !== '') cast.switched(this.#host.name, String(fields['stream']), 'started');
    if (kind === 'fallback-left') cast.switched(this.#host.name, String(fields['to']), 'fallback left');
    if (kind !== 'switch') return;
    cast.switched(this.#host.name, String(fields['to']), String(fields['reason']));
    this.#watch.switched(String(fields['from']), String(fields['to']));
  }

  #checkBound(): void {
    this.#model.settled(this.#driver.now);
    this.#broadcasts.look(this.#driver.now, (listener) => this.#listeners.get(listener)?.waitingBytes ?? 0);
    const { settings, oracle } = this.#stage;
    // A ring's memory doubles when it is full, so it is at most twice what came in; listeners have their burst besides.
    let fallbackBytes = 0;
    for (const bytes of this.#fallbackBytes.values()) fallbackBytes += bytes;
    const most = fallbackBytes + 3.2 * this.#inflow.peakBytes + (1 + this.#watch.streams) * 65_536 + settings.listenerQueueBytes * this.#listeners.size;
    const held = this.#edge.heldBytes;
    // Streams of which nothing but a title has come, of encoders that are dead, have rings too. They are seldom asked for.
    if (held > most) oracle.bound(this.#host.name, 'held bytes', held, most + this.#edge.stats.streams * EMPTY_RING_BYTES);
  }
}
