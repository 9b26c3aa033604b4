import net from 'node:net';
import { feed, type Feed } from './feeder.ts';
import { Part, type PartEvent } from './part.ts';
import type { EncodingName, Programme } from './programme.ts';

export const MOUNT = 'demo';
export const HOST = '127.0.0.1';

export interface StationOptions {
  readonly programme: Programme;
  /** Where the edge should listen, if that port is free. */
  readonly httpPort: number;
  /** The clock that the place in the programme depends on, and nothing else. */
  readonly nowUs: () => number;
  readonly onEvent: (part: Part, event: PartEvent) => void;
  readonly onText: (part: Part, text: string) => void;
  readonly onDeath: (part: Part, how: string) => void;
}

/** A process that comes up does so well within this, on a busy machine too. */
const START_MS = 15_000;

/** Audio that waits for an encoder which does not read is dropped beyond this, as a sound card would. */
const MAX_WAITING_BYTES = 65_536;

/**
 * The whole way of a frame, of real processes on loopback.
 *
 *     programme-a -> encoder-a --+--> relay-1 --+
 *                                 \ /            +--> edge -> listeners
 *     programme-b -> encoder-b --+--> relay-2 --+
 */
export class Station {
  readonly encoders: Readonly<Record<EncodingName, Part>>;
  readonly relays: readonly [Part, Part];
  readonly edge: Part;
  readonly #options: StationOptions;
  readonly #relayPorts = new Map<Part, RelayPorts>();
  readonly #feeds: Feed[] = [];
  #httpPort = 0;

  constructor(options: StationOptions) {
    this.#options = options;
    const part = (name: string): Part => new Part({ ...options, name });
    this.encoders = { a: part('encoder-a'), b: part('encoder-b') };
    this.relays = [part('relay-1'), part('relay-2')];
    this.edge = part('edge');
  }

  /** Where to listen. */
  get url(): string {
    return `http://${HOST}:${this.#httpPort}/${MOUNT}`;
  }

  get httpPort(): number {
    return this.#httpPort;
  }

  get parts(): readonly Part[] {
    return [this.encoders.a, this.encoders.b, ...this.relays, this.edge];
  }

  /** Starts everything; rejects when a part does not come up. */
  async start(): Promise<void> {
    const { programme, nowUs, httpPort } = this.#options;
    await Promise.all(this.relays.map((relay) => this.#startRelay(relay)));
    await this.#startEdge((await isFree(httpPort)) ? httpPort : 0);
    for (const name of ['a', 'b'] as const) {
      this.#startEncoder(this.encoders[name]);
      this.#feeds.push(feed(programme[name], nowUs, (frame) => this.#hand(this.encoders[name], frame)));
    }
  }

  /** Starts a part again that has ended, on the same ports. */
  async revive(part: Part): Promise<void> {
    if (part.state !== 'down') return;
    if (part === this.edge) await this.#startEdge(this.#httpPort);
    else if (part === this.encoders.a || part === this.encoders.b) this.#startEncoder(part);
    else await this.#startRelay(part);
  }

  /** Encoders first, so that nobody reports the loss of a neighbour. */
  async close(): Promise<void> {
    for (const one of this.#feeds) one.stop();
    for (const group of [[this.encoders.a, this.encoders.b], [this.edge], this.relays]) {
      await Promise.all(group.map((part) => part.close()));
    }
  }

  /** The relay that has this address, as in "127.0.0.1:41234". */
  relayAt(peer: string): Part | undefined {
    const port = Number(peer.split(':').at(-1));
    return this.relays.find((relay) => {
      const ports = this.#relayPorts.get(relay);
      return ports !== undefined && (ports.in === port || ports.out === port);
    });
  }

  async #startRelay(relay: Part): Promise<void> {
    const ports = this.#relayPorts.get(relay) ?? { in: 0, out: 0 };
    relay.start(['relay', '--bind', HOST, '--in', String(ports.in), '--out', String(ports.out)]);
    const [inPort, outPort] = await Promise.all([listening(relay, 'in'), listening(relay, 'out')]);
    this.#relayPorts.set(relay, { in: inPort, out: outPort });
  }

  async #startEdge(httpPort: number): Promise<void> {
    this.edge.start(['edge', '--bind', HOST, '--http', String(httpPort), ...this.#everyRelay('--relay', 'out')]);
    this.#httpPort = await listening(this.edge, 'http');
  }

  #startEncoder(encoder: Part): void {
    const about = ['--name', 'Davecast demo', '--title', 'The seconds, counted'];
    encoder.start(['encoder', '--mount', MOUNT, '--stdin', ...about, ...this.#everyRelay('--to', 'in')]);
  }

  #hand(encoder: Part, frame: Uint8Array): void {
    const { stdin } = encoder;
    if (stdin !== undefined && stdin.writable && stdin.writableLength < MAX_WAITING_BYTES) stdin.write(frame);
  }

  #everyRelay(option: string, end: keyof RelayPorts): string[] {
    return this.relays.flatMap((relay) => [option, `${HOST}:${this.#relayPorts.get(relay)![end]}`]);
  }
}

/** Where encoders push to, and where edges subscribe. */
interface RelayPorts {
  readonly in: number;
  readonly out: number;
}

/** The port that a part's log says it has taken. */
async function listening(part: Part, what: string): Promise<number> {
  const event = await part.waitFor((one) => one.event === 'listening' && one['what'] === what, START_MS);
  return Number(event['port']);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
