import type { Micros } from '../../../core/base/units.ts';
import { Host } from '../../../sim/world/host.ts';
import { Network } from '../../../sim/world/network.ts';
import type { Conditions } from '../../../sim/world/path.ts';
import { Dice } from '../../../sim/world/rng.ts';
import { connectTcp } from '../../../sim/world/transport/tcp-connect.ts';
import type { Socket } from '../../../sim/world/socket.ts';
import { Trace } from '../../../sim/world/trace.ts';
import { World } from '../../../sim/world/world.ts';

/** Two computers and the paths between them, with processes that do nothing by themselves. */
export class TwoHosts {
  readonly world: World = new World();
  readonly dice: Dice;
  readonly network: Network;
  readonly trace: Trace = new Trace();
  readonly client: Host;
  readonly server: Host;
  /** All that the server's process was given, and when. */
  readonly received: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];
  /** What either side was told about the connection. */
  readonly heard: string[] = [];
  accepted: Socket | undefined;

  constructor(conditions: Partial<Conditions> = {}, seed = 1) {
    this.dice = new Dice(seed);
    this.network = new Network(this.world, this.dice);
    const idle = { start: (): void => {}, killed: (): void => {} };
    this.client = new Host(this.world, 'client', this.dice.stream('client'), () => idle);
    this.server = new Host(this.world, 'server', this.dice.stream('server'), () => idle);
    for (const host of [this.client, this.server]) host.start();
    for (const way of [this.there, this.back]) way.change({ jitterMs: 0, ...conditions });
  }

  get there(): ReturnType<Network['way']> {
    return this.network.way('client', 'server');
  }

  get back(): ReturnType<Network['way']> {
    return this.network.way('server', 'client');
  }

  listen(): void {
    this.server.listenTcp('in', (socket) => {
      this.accepted = socket;
      return {
        opened: () => {},
        received: (bytes) => this.received.push({ atMs: this.world.now / 1000, bytes: bytes.slice() }),
        closed: (reason) => this.heard.push(`server: ${reason}`),
      };
    });
  }

  connect(): Socket {
    return connectTcp(
      { network: this.network, trace: this.trace, from: this.client, to: this.server, port: 'in' },
      {
        opened: () => this.heard.push('client: opened'),
        received: () => {},
        closed: (reason) => this.heard.push(`client: ${reason}`),
      },
    );
  }

  runTo(ms: number): void {
    this.world.run((ms * 1000) as Micros);
  }

  get receivedBytes(): number[] {
    return this.received.flatMap(({ bytes }) => [...bytes]);
  }
}

/** `count` bytes that count up. */
export function counting(count: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => (from + index) & 255);
}
