import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EdgeEstate } from '../edge/upgrade/estate.ts';
import type { RelayEstate } from '../relay/relay-estate.ts';
import { handleOf } from '../process/upgrade/handle.ts';
import type { Estate, Offered, Rest } from '../process/upgrade/hand-over.ts';
import type { Takes } from '../process/upgrade/messages.ts';

/** What the connection is called by which the new process gets the streams of source clients that stay. */
export const SOURCES_LINK = 'sources';
/** How often it is looked whether a source client is left. */
const LEFT_EVERY_MS = 250;
/** What is saved: the length of what is saved of the ports, that, and what is saved of the edge. */
const LENGTH_BYTES = 4;

export interface StationEstateOptions {
  readonly edge: EdgeEstate;
  /** Of all ports but that of HTTP. */
  readonly ports: RelayEstate;
  /** The edge of this process gets nothing of the relay of this process, which is kept for it. */
  readonly holdEdge: (isHeld: boolean) => void;
  /** The new process gets all streams by this connection; who else is connected to a port of the relay has to connect again, to the new process. */
  readonly leavePorts: (subscriber: net.Socket) => void;
  /** Source clients that are connected here. */
  readonly sources: () => number;
  /** Whether source clients of a process before are not gone yet. */
  readonly hasBefore: () => boolean;
  readonly drainMs: number;
}

/**
 * What a running station hands over: its ports, and its listeners with all that its edge knows. Source clients cannot be asked to connect again, so they stay: until they
 * leave, this process sends their streams to the new one.
 *
 *     source clients -> this process: encoders -> relay --SOURCES_LINK--> new process: relay -> edge -> listeners
 */
export class StationEstate implements Estate {
  readonly #options: StationEstateOptions;

  constructor(options: StationEstateOptions) {
    this.#options = options;
  }

  terms(): unknown {
    return this.#options.edge.terms();
  }

  get hindrance(): string | undefined {
    return this.#options.hasBefore() ? 'source clients of the process before are still connected to that' : this.#options.edge.hindrance;
  }

  gather(takes: Takes): Promise<void> {
    return this.#options.edge.gather(takes);
  }

  giveUp(): void {
    this.#options.edge.giveUp();
  }

  handles(takes: Takes): readonly Offered[] {
    return [...this.#options.edge.handles(takes), ...this.#options.ports.handles()];
  }

  freeze(takes: Takes): void {
    this.#options.ports.freeze();
    this.#options.holdEdge(true);
    this.#options.edge.freeze(takes);
  }

  save(takes: Takes, numberOf: (offered: Offered) => number): Uint8Array {
    const { edge, ports } = this.#options;
    const ofPorts = ports.save(takes, numberOf);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(ofPorts.length);
    return Buffer.concat([length, ofPorts, edge.save(takes, numberOf)]);
  }

  goOn(): void {
    this.#options.edge.goOn();
    this.#options.holdEdge(false);
    this.#options.ports.goOn();
  }

  async handedOver(takes: Takes, rest: Rest): Promise<void> {
    const { edge, holdEdge, leavePorts, sources, drainMs } = this.#options;
    const endsAt = performance.now() + drainMs;
    const drained = edge.handedOver(takes, rest);
    // Listeners by TLS go on here.
    holdEdge(false);
    const [ours, theirs] = await connectedPair();
    leavePorts(ours);
    await rest.connection(SOURCES_LINK, handleOf(theirs)!, new Uint8Array(0), undefined);
    theirs.destroy();
    await drained;
    while (sources() > 0 && performance.now() < endsAt) await sleep(LEFT_EVERY_MS);
  }
}

/** The two parts of what `save` gives. */
export function partsOfSaved(saved: Uint8Array): { readonly ports: Uint8Array; readonly edge: Uint8Array } {
  const end = LENGTH_BYTES + Buffer.from(saved.buffer, saved.byteOffset, saved.length).readUInt32BE();
  return { ports: saved.subarray(LENGTH_BYTES, end), edge: saved.subarray(end) };
}

/** Both ends of one connection within this machine. Nobody else gets in: only who comes from our own end's port is taken. */
async function connectedPair(): Promise<readonly [net.Socket, net.Socket]> {
  const server = net.createServer({ pauseOnConnect: true, noDelay: true });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  try {
    return await new Promise((resolve, reject) => {
      const theirs = net.connect({ port, host: '127.0.0.1', noDelay: true }).on('error', reject).pause();
      const accepted: net.Socket[] = [];
      const look = (): void => {
        for (const one of accepted.splice(0)) {
          if (one.remotePort === theirs.localPort) resolve([one.on('error', () => undefined), theirs]);
          else one.destroy();
        }
      };
      server.on('connection', (socket) => {
        accepted.push(socket);
        if (!theirs.connecting) look();
      });
      theirs.once('connect', look);
    });
  } finally {
    server.close();
  }
}
