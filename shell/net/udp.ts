import dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Handle } from '../process/upgrade/handle.ts';
import { ownAddresses } from './addresses/address.ts';
import { cannotListen, type Bind } from './tcp.ts';

/** What the system keeps for us of a burst, while the process does something else. It may grant less. */
const RECEIVE_BUFFER_BYTES = 4_194_304;

/** Takes in a datagram, and where it comes from; `bytes` are borrowed for the call. */
export type TakeDatagram = (bytes: Uint8Array, from: dgram.RemoteInfo) => void;

/** A socket that takes in every datagram sent to this port, or a StartError with a line for the operator. @param handle of a socket that is there, which another process has had. */
export async function listenUdp(bind: Bind, take: TakeDatagram, handle?: Handle): Promise<dgram.Socket> {
  return await bound(dgram.createSocket(typeOf(bind.address)), bind, take, handle);
}

/**
 * A socket that takes in what is sent to a multicast group. Bound to the group's own address, it gets nothing else that
 * is sent to the port. `via` is the address of the interface to join on; without one the system chooses, or, when it has
 * no route for multicast, every interface is joined on.
 */
export async function listenMulticast(group: Bind, via: string | undefined, take: TakeDatagram, handle?: Handle): Promise<dgram.Socket> {
  const socket = await bound(dgram.createSocket({ type: typeOf(group.address), reuseAddr: true }), group, take, handle);
  // It is in the group already.
  if (handle !== undefined) return socket;
  try {
    if (via !== undefined) socket.addMembership(group.address, via);
    else joinAnyhow(socket, group.address);
  } catch (error) {
    socket.close();
    throw cannotListen(group, 'udp', error);
  }
  return socket;
}

/** Makes of a message what is sent in its place, in bytes of its own. */
export type Seal = (message: Uint8Array) => Uint8Array;

export interface UdpSenderOptions {
  readonly address: string;
  readonly port: number;
  /** The address of the interface that multicast leaves by; undefined: the system's choice. */
  readonly multicastVia: string | undefined;
  /** Undefined: messages are sent as they are. */
  readonly seal?: Seal | undefined;
  /** A datagram could not be sent. */
  readonly failed: (error: Error) => void;
}

/** How long until a socket that could not be connected (no route yet, say) is tried again. */
const CONNECT_AGAIN_MS = 1_000;
/** Datagrams kept until the socket is open, a moment after the start: they are the stream's opening. */
const MAX_EARLY = 256;

/** Sends datagrams to one address; a multicast group is an address like any other. What fails is lost, as UDP is. */
export class UdpSender {
  readonly #options: UdpSenderOptions;
  readonly #socket: dgram.Socket;
  #early: Uint8Array[] | undefined = [];
  #retry: NodeJS.Timeout | undefined;
  readonly #sent = (error: Error | null): void => {
    if (error !== null) this.#options.failed(error);
  };

  constructor(options: UdpSenderOptions) {
    this.#options = options;
    this.#socket = dgram.createSocket(typeOf(options.address));
    this.#socket.on('error', options.failed);
    this.#socket.bind(0, () => {
      if (options.multicastVia !== undefined) this.#socket.setMulticastInterface(options.multicastVia);
      this.#connect();
    });
  }

  get backlogBytes(): number {
    return this.#early === undefined ? this.#socket.getSendQueueSize() : 0;
  }

  /** The bytes are kept until they are sent: they must not change any more. */
  send(bytes: Uint8Array): void {
    const { seal } = this.#options;
    if (this.#early === undefined) this.#socket.send(seal === undefined ? bytes : seal(bytes), this.#sent);
    else if (this.#early.length < MAX_EARLY) this.#early.push(bytes);
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#early = [];
    this.#socket.close();
  }

  /** Connected, so that the address need not be looked up for every datagram. */
  #connect(): void {
    const { port, address, failed } = this.#options;
    this.#socket.connect(port, address, (error?: Error) => {
      if (error === undefined) {
        const early = this.#early ?? [];
        this.#early = undefined;
        for (const bytes of early) this.send(bytes);
      } else {
        failed(error);
        this.#retry = setTimeout(() => this.#connect(), CONNECT_AGAIN_MS);
      }
    });
  }
}

async function bound(socket: dgram.Socket, bind: Bind, take: TakeDatagram, handle: Handle | undefined): Promise<dgram.Socket> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(cannotListen(bind, 'udp', error));
    });
    if (handle === undefined) socket.bind(bind.port, bind.address, resolve);
    else socket.bind(handle as unknown as dgram.BindOptions, resolve);
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
    const addresses = ownAddresses().filter((one) => one.family === family);
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
