import { ms, type Micros } from '../../../core/base/units.ts';
import type { Host } from '../host.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Network } from '../network.ts';
import { LOST } from '../path.ts';
import { Flow } from './tcp-flow.ts';
import type { TcpUser } from '../socket.ts';
import { TcpSocket } from './tcp.ts';
import type { Trace } from '../trace.ts';

export interface ConnectOptions {
  readonly network: Network;
  readonly trace: Trace;
  readonly from: Host;
  readonly to: Host;
  readonly port: string;
  readonly greeting?: string;
}

const FIRST_SYN_AGAIN_MS = 1_000;

/** Begins a connection: `user` hears whether it opened or not, but not during this call. */
export function connectTcp(options: ConnectOptions, user: TcpUser): TcpSocket {
  const { network, trace, from, to, port } = options;
  const client = new TcpSocket(from, to.name, `${from.name}→${to.name}:${port}`);
  const server = new TcpSocket(to, from.name, `${to.name}:${port}→${from.name}`);
  const way = network.way(from.name, to.name);
  const back = network.way(to.name, from.name);
  const world = from.world;
  const begunAt = world.now;
  const clientEnd = { world, trace, begunAt, channel: client.outgoing, way, back, from: client, to: server };
  const serverEnd = { world, trace, begunAt, channel: server.outgoing, way: back, back: way, from: server, to: client };
  for (const end of [clientEnd, serverEnd]) {
    const flow = new Flow(end);
    end.from.join({ flow, trace, peer: end.to, keepAlive: new KeepAlive({ ...end, flow }) });
  }
  client.use(user);
  from.adopt(client);
  shakeHands(options, client, server, begunAt, ms(FIRST_SYN_AGAIN_MS));
  return client;
}

function shakeHands(options: ConnectOptions, client: TcpSocket, server: TcpSocket, begunAt: Micros, again: number): void {
  const { network, from, to, port, greeting } = options;
  const world = from.world;
  const way = network.way(from.name, to.name);
  const back = network.way(to.name, from.name);
  const retry = (): void => {
    world.after(again, () => {
      if (client.isOpen && !client.isEstablished) shakeHands(options, client, server, begunAt, 2 * again);
    });
  };

  const there = way.stream(0, begunAt);
  if (there === LOST) return retry();
  world.after(there, () => {
    const accept = to.tcpPort(port);
    const reply = to.isOn ? back.stream(0, begunAt) : LOST;
    if (reply === LOST) return retry();
    if (accept === undefined) {
      world.after(reply + from.wakeDelay(), () => client.kernelResets('refused'));
      return;
    }
    to.adopt(server);
    world.after(reply, () => client.kernelOpens());
    world.after(reply + way.latency + to.wakeDelay(), () => server.kernelAccepts(accept, greeting ?? '', client));
  });
}
