import type dgram from 'node:dgram';
import type net from 'node:net';
import { codeOf, type StartError } from '../process/problems.ts';
import type { Handle } from '../process/upgrade/handle.ts';
import { listenTcp, portOf, type Bind } from './tcp.ts';
import { listenUdp, type TakeDatagram } from './udp.ts';

const ATTEMPTS = 10;

export interface TcpAndUdp {
  readonly tcp: net.Server;
  readonly udp: dgram.Socket;
}

/** Listens on TCP and UDP with the same port number. When any will do (0), one that is free for both is looked for. @param handles of sockets that are there, which another process has had. */
export async function listenTcpAndUdp(
  bind: Bind & { readonly keepAliveMs: number },
  accept: (socket: net.Socket) => void,
  take: TakeDatagram,
  handles?: { readonly tcp: Handle; readonly udp: Handle },
): Promise<TcpAndUdp> {
  for (let attempt = 1; ; attempt++) {
    const tcp = await listenTcp({ ...bind, pauseOnConnect: true }, accept, handles?.tcp);
    try {
      return { tcp, udp: await listenUdp({ address: bind.address, port: portOf(tcp) }, take, handles?.udp) };
    } catch (error) {
      tcp.close();
      const taken = codeOf((error as StartError).cause) === 'EADDRINUSE';
      if (bind.port !== 0 || !taken || attempt === ATTEMPTS) throw error;
    }
  }
}
