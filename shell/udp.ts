import dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { cannotListen, type Bind, type TakeBytes } from './tcp.ts';

/** What the system keeps for us of a burst, while the process does something else. It may grant less. */
const RECEIVE_BUFFER_BYTES = 4_194_304;

/** A socket that takes in every datagram sent to this port, or a StartError with a line for the operator. */
export async function listenUdp(bind: Bind, take: TakeBytes): Promise<dgram.Socket> {
  return await bound(dgram.createSocket(typeOf(bind.address)), bind, take);
}

/**
 * A socket that takes in what is sent to a multicast group. Bound to the group's own address, it gets nothing else that
 * is sent to the port. `via` is the address of the interface to join on; without one the system chooses, or, when it has
 * no route for multicast, every interface is joined on.
 */
export async function listenMulticast(group: Bind, via: string | undefined, take: TakeBytes): Promise<dgram.Socket> {
  const socket = await bound(dgram.createSocket({ type: typeOf(group.address), reuseAddr: true }), group, take);
  try {
    if (via !== undefined) socket.addMembership(group.address, via);
    else joinAnyhow(socket, group.address);
  } catch (error) {
    socket.close();
    throw cannotListen(group, 'udp', error);
  }
  return socket;
}

/** Sends datagrams to one address; a multicast group is an address like any other. What fails is lost, as UDP is. */
export class UdpSender {
  readonly #socket: dgram.Socket;
  #isOpen = false;

  /** `via`: the address of the interface that multicast leaves by. */
  constructor(address: string, port: number, via: string | undefined) {
    this.#socket = dgram.createSocket(typeOf(address));
    // An ICMP "port unreachable" comes as an error: a relay that is away, which UDP does not care about.
    this.#socket.on('error', () => undefined);
    this.#socket.bind(0, () => {
      if (via !== undefined) this.#socket.setMulticastInterface(via);
      // Connected, so that the address need not be looked up for every datagram.
      this.#socket.connect(port, address, () => {
        this.#isOpen = true;
      });
    });
  }

  get backlogBytes(): number {
    return this.#isOpen ? this.#socket.getSendQueueSize() : 0;
  }

  /** The bytes are kept until they are sent: they must not change any more. */
  send(bytes: Uint8Array): void {
    if (this.#isOpen) this.#socket.send(bytes);
  }

  stop(): void {
    this.#isOpen = false;
    this.#socket.close();
  }
}

async function bound(socket: dgram.Socket, bind: Bind, take: TakeBytes): Promise<dgram.Socket> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(cannotListen(bind, 'udp', error));
    });
    socket.bind(bind.port, bind.address, resolve);
  });
  socket.removeAllListeners('error').on('error', () => undefined);
  socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  return socket.on('message', take);
}

function joinAnyhow(socket: dgram.Socket, group: string): void {
  try {
    socket.addMembership(group);
  } catch (error) {
    const family = isIPv6(group) ? 'IPv6' : 'IPv4';
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []).filter((one) => one.family === family);
    const joined = addresses.filter(({ address }) => joins(socket, group, address));
    if (joined.length === 0) throw error;
  }
}

function joins(socket: dgram.Socket, group: string, address: string): boolean {
  try {
    socket.addMembership(group, address);
    return true;
  } catch {
    return false;
  }
}

function typeOf(address: string): dgram.SocketType {
  return isIPv6(address) ? 'udp6' : 'udp4';
}
