import type dgram from 'node:dgram';
import type net from 'node:net';
import { codeOf, type StartError } from '../process/problems.ts';
import { listenTcp, portOf, type Bind } from './tcp.ts';
import { listenUdp, type AllowsSender, type TakeDatagram } from './udp.ts';

const ATTEMPTS = 10;

export interface TcpAndUdp {
  readonly tcp: net.Server;
  readonly udp: dgram.Socket;
}

/** Listens on TCP and UDP with the same port number. When any will do (0), one that is free for both is looked for. */
export async function listenTcpAndUdp(
  bind: Bind & { readonly keepAliveMs: number },
  accept: (socket: net.Socket) => void,
  take: TakeDatagram,
  allows?: AllowsSender,
): Promise<TcpAndUdp> {
  for (let attempt = 1; ; attempt++) {
    const tcp = await listenTcp({ ...bind, pauseOnConnect: true }, accept);
    try {
      return { tcp, udp: await listenUdp({ address: bind.address, port: portOf(tcp) }, take, allows) };
    } catch (error) {
      tcp.close();
      const taken = codeOf((error as StartError).cause) === 'EADDRINUSE';
      if (bind.port !== 0 || !taken || attempt === ATTEMPTS) throw error;
    }
  }
}
