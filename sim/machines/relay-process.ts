import type { PathId, SubscriberId } from '../../core/base/machine.ts';
import { recordedRelay, type RelayMachine } from '../../core/recording/recorded-relay.ts';
import { Relay, type RelaySink } from '../../core/relay/relay.ts';
import { anonymous, vouchedFor, type Peer } from '../../core/links/peers/peer.ts';
import { transports, type Transport } from '../../core/links/transport.ts';
import { Senders } from '../../core/links/slots/senders.ts';
import { toMs } from '../../core/base/units.ts';
import { encodeHello, HELLO_TAKES_MOMENTS, HELLO_TAKES_TITLES, HELLO_TAKES_TITLES_AND_WANTS, HELLO_TAKES_WANTS } from '../../core/wire/messages/extensions.ts';
import { prefixed } from '../../core/wire/framing.ts';
import { encodeMessage, MessageType, STREAM_ID_BYTES } from '../../core/wire/pdu.ts';
import { Dialer } from './links/dialer.ts';
import { Driver } from './driver.ts';
import type { Forging, Host, Process } from '../world/host.ts';
import { Forger } from './hostile/forger.ts';
import { Inflow } from './links/inflow.ts';
import { RelayWatch } from '../oracle/watches/relay-watch.ts';
import type { Stage } from './stage.ts';
import type { Socket, TcpUser } from '../world/socket.ts';
import type { RelaySpec } from '../world/topology.ts';

/** So large a share of what the history may take is there for what lies far off. */
const RIVAL_SHARE = 4;

/** A relay: the core's Relay, listening for encoders and subscribers, and subscribing where it is told to. */
export class RelayProcess implements Process {
  readonly #stage: Stage;
  readonly #host: Host;
  readonly #spec: RelaySpec;
  readonly #relay: RelayMachine;
  readonly #driver: Driver;
  readonly #inflow: Inflow;
  readonly #watch: RelayWatch;
  readonly #subscribers = new Map<SubscriberId, Socket>();
  /** Connections that encoders have made. */
  readonly #pushed = new Map<PathId, Socket>();
  readonly #dialers: Dialer[] = [];
  /** Connections to relays that it subscribes to. */
  readonly #upstreams = new Map<PathId, Dialer>();
  #sendersDriver: Driver | undefined;
  #connections = 0;
  /** What hostile peers have sent by the connections that are open. */
  readonly #hostileBytes = new Map<PathId, number>();
  readonly #greeting: Uint8Array | undefined;
  /** It is not what it was. */
  #forger: Forger | undefined;

  constructor(stage: Stage, host: Host, spec: RelaySpec) {
    this.#stage = stage;
    this.#greeting = greetingOf(stage);
    this.#host = host;
    this.#spec = spec;
    const { settings, world, trace, cast, oracle } = stage;
    const watch = new RelayWatch(host.name, oracle, settings.windowMessages);
    this.#watch = watch;
    const recorder = stage.recorderFor(host.name, 'relay');
    const sink: RelaySink = {
      send: (subscriber, bytes) => {
        watch.sent(subscriber, bytes);
        this.#subscribers.get(subscriber)!.write(this.#forger === undefined ? bytes : this.#forger.changed(bytes));
      },
      backlogBytes: (subscriber) => this.#subscribers.get(subscriber)!.backlogBytes,
      cut: (subscriber) => {
        this.#subscribers.get(subscriber)!.destroy();
        this.#subscribers.delete(subscriber);
        watch.left(subscriber);
      },
      acknowledge: (path, bytes) => {
        const back = this.#pushed.get(path) ?? this.#upstreams.get(path);
        if (back?.backlogBytes === 0) back.write(bytes);
      },
      drop: (path) => {
        this.#pushed.get(path)!.destroy();
        this.#forget(path);
      },
      event: (event) => {
        watch.event(event);
        const { kind, fields } = cast.readable(event);
        trace.note(world.now, host.name, kind, fields);
      },
    };
    const options = { settings, mounts: spec.mounts };
    this.#relay = recorder === undefined ? new Relay(options, sink) : recordedRelay(options, sink, recorder);
    this.#driver = new Driver(this.#relay, host, settings.maxTimerLagMs, () => {
      // What came in during the history at most, what hostile peers have sent to rival places, and the pieces of memory and of messages that have been begun.
      const most = 1.05 * this.#inflow.peakBytes + this.#keptOfHostileBytes + 2 * 131_072 + this.#connections * 65_537;
      oracle.bound(host.name, 'held bytes', this.#relay.heldBytes, most);
    });
    this.#inflow = new Inflow(this.#driver, settings.historyMs);
  }

  start(): void {
    const { rightsOf } = this.#stage;
    // Datagrams have no key.
    if (rightsOf === undefined) this.#listenUdp();
    this.#host.listenTcp('in', (socket) => this.#accept(socket));
    this.#host.listenTcp('out', (socket) => this.#subscribe(socket));
    for (const upstream of this.#spec.upstream) this.#follow(upstream);
    this.#driver.settle();
  }

  setTitle(mount: string, title: string): void {
    this.#stage.oracle.titleSet(title);
    this.#relay.setTitle(this.#driver.now, mount, title, Math.floor(toMs(this.#stage.world.now)));
    this.#driver.settle();
  }

  forge(how: Forging | undefined): void {
    const { world, programme } = this.#stage;
    this.#forger = how && new Forger(world, programme, this.#host.name, how);
  }

  killed(): void {
    this.#driver.stop();
    this.#sendersDriver?.stop();
    for (const dialer of this.#dialers) dialer.stop();
  }

  #listenUdp(): void {
    const paths = new Map<PathId, TcpUser>();
    const senders = new Senders({
      settings: this.#stage.settings,
      open: (address) => {
        const opened = this.#openPath(transports.udp, anonymous('source', address ?? 'datagrams'));
        if (opened !== undefined) paths.set(...opened);
        return opened?.[0];
      },
      close: (path, reason) => {
        paths.get(path)!.closed(reason);
        paths.delete(path);
      },
    });
    const driver = new Driver(senders, this.#host, this.#stage.settings.maxTimerLagMs);
    this.#sendersDriver = driver;
    this.#host.listenUdp('in', (bytes, from) => {
      const path = senders.pathOf(driver.now, from);
      driver.settle();
      if (path !== undefined) paths.get(path)!.received(bytes);
    });
  }

  #accept(socket: Socket): TcpUser | undefined {
    const rights = this.#stage.rightsOf?.(socket.remote);
    if (rights?.role === 'edge') return undefined;
    const peer = rights === undefined ? anonymous('source', socket.remote) : vouchedFor('source', socket.remote, socket.remote, rights);
    return this.#openPath(transports.tcp, peer, socket)?.[1];
  }

  #openPath(transport: Transport, peer: Peer, socket?: Socket): [PathId, TcpUser] | undefined {
    const path = this.#relay.openPath(this.#driver.now, transport, peer);
    this.#driver.settle();
    if (path === undefined) return undefined;
    this.#connections++;
    if (socket !== undefined) this.#pushed.set(path, socket);
    const isHostile = socket !== undefined && this.#stage.isHostile(socket.remote);
    const user: TcpUser = {
      opened: () => {},
      received: (bytes) => {
        this.#inflow.add(bytes.length);
        if (isHostile) this.#hostileBytes.set(path, (this.#hostileBytes.get(path) ?? 0) + bytes.length);
        this.#relay.receive(this.#driver.now, path, bytes);
        this.#driver.settle();
      },
      closed: (reason) => {
        this.#forget(path);
        this.#relay.closePath(this.#driver.now, path, reason);
        this.#driver.settle();
      },
    };
    return [path, user];
  }

  /** Who sends one message after the other that lies far off has the newest of them kept, for longer than the history: as many as there is memory for. */
  get #keptOfHostileBytes(): number {
    let sum = 0;
    for (const bytes of this.#hostileBytes.values()) sum += bytes;
    return Math.min(sum, this.#stage.settings.historyBytes / RIVAL_SHARE);
  }

  #forget(path: PathId): void {
    this.#connections--;
    this.#pushed.delete(path);
    this.#hostileBytes.delete(path);
    this.#upstreams.delete(path);
  }

  #subscribe(socket: Socket): TcpUser | undefined {
    const rights = this.#stage.rightsOf?.(socket.remote);
    const peer = rights?.role === 'edge' ? vouchedFor('subscriber', socket.remote, socket.remote, rights) : anonymous('subscriber', socket.remote);
    const subscriber = this.#relay.subscribe(this.#driver.now, peer);
    if (subscriber === undefined) return undefined;
    this.#subscribers.set(subscriber, socket);
    if (this.#greeting !== undefined) socket.write(this.#greeting);
    this.#driver.settle();
    return {
      opened: () => {},
      received: (bytes) => {
        this.#relay.subscriberSaid(this.#driver.now, subscriber, bytes);
        this.#driver.settle();
      },
      closed: (reason) => {
        this.#subscribers.delete(subscriber);
        this.#watch.left(subscriber);
        this.#relay.unsubscribe(this.#driver.now, subscriber, reason);
        this.#driver.settle();
      },
    };
  }

  #follow(upstream: string): void {
    let path: TcpUser | undefined;
    const dialer: Dialer = new Dialer(
      { stage: this.#stage, host: this.#host, to: upstream, port: 'out', watchIdle: true },
      {
        up: () => {
          const opened = this.#openPath(transports.tcp, anonymous('relay', upstream));
          path = opened?.[1];
          if (opened !== undefined) this.#upstreams.set(opened[0], dialer);
        },
        received: (bytes) => path?.received(bytes),
        down: (reason) => {
          path?.closed(reason);
          path = undefined;
        },
      },
    );
    this.#dialers.push(dialer);
    dialer.start();
  }
}

const HELLO_ID = new Uint8Array(STREAM_ID_BYTES).fill(0x48);

/** What a relay says first to whoever subscribes: what it reads. Nothing, where nobody says anything to it. */
function greetingOf({ setsTitles, hasWishes, settings }: Stage): Uint8Array | undefined {
  const makesSegments = settings.hlsSegmentMs > 0;
  if (!setsTitles && !hasWishes && !makesSegments) return undefined;
  const withWants = setsTitles ? HELLO_TAKES_TITLES_AND_WANTS : HELLO_TAKES_WANTS;
  const sequence = hasWishes ? withWants : HELLO_TAKES_TITLES;
  return prefixed(encodeMessage({ type: MessageType.HELLO, replica: makesSegments ? HELLO_TAKES_MOMENTS : 0, streamId: HELLO_ID, sequence, payload: encodeHello({ side: 'out', peerPort: 0 }) }));
}
