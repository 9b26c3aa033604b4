import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';
import net from 'node:net';

const HOST = '127.0.0.1';
/** Above those that services and browsers know by number. */
const FIRST = 11_000;
/** Where Linux begins to give ports away, unless told otherwise. */
const USUAL_EPHEMERAL = 32_768;
/** Fewer ports than this are not worth looking among. */
const FEWEST = 1_000;
/** Shares no factor with most numbers of ports: processes that have begun one after the other begin far from each other. */
const STRIDE = 211;
/** Where so many cannot be listened on, it is not because somebody else does. */
const MOST_LOOKS = 5_000;

/** Ports that no system gives to who asks for any port, or connects. */
const kept = Math.max(0, firstEphemeral() - FIRST);
let next = process.pid * STRIDE;

/**
 * A TCP port of 127.0.0.1 on which nobody listens, for a program that must be told its port, or a server that is to
 * come back where it was. Until it listens, nobody is given that port by chance: it is none of those that the system
 * gives away by itself (ip_local_port_range in ip(7)), and this process gives it once. Rejects where no port can be
 * listened on.
 */
export function freeTcpPort(): Promise<number> {
  return firstFree(isFreeTcp);
}

/** One for each of these names, for a process that is to listen at the same ports when it is started again. */
export async function freeTcpPorts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await freeTcpPort()] as const)));
}

/** As freeTcpPort, for UDP, at all addresses. */
export function freeUdpPort(): Promise<number> {
  return firstFree(isFreeUdp);
}

async function firstFree(isFree: (port: number) => Promise<number | undefined>): Promise<number> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const port = await isFree(kept < FEWEST ? 0 : FIRST + (next++ % kept));
    if (port !== undefined) return port;
  }
  throw new Error(`none of ${MOST_LOOKS} ports can be listened on`);
}

/** The port, if it can be listened on. */
function isFreeTcp(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer().once('error', () => resolve(undefined));
    server.listen(port, HOST, () => {
      const { port: given } = server.address() as net.AddressInfo;
      server.close(() => resolve(given));
    });
  });
}

function isFreeUdp(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4').once('error', () => resolve(undefined));
    socket.bind(port, () => {
      const { port: given } = socket.address();
      socket.close(() => resolve(given));
    });
  });
}

function firstEphemeral(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split(/\s+/)[0]);
  } catch {
    return USUAL_EPHEMERAL;
  }
}
