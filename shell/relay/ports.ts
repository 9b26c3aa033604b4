import type { AcceptedLink } from '../net/ingress/accepted-link.ts';
import { formatEndpoint, interfaceOf, type HostEndpoint } from '../net/addresses/address.ts';
import { isReachableFromOutside } from '../net/addresses/allow.ts';
import type { IngressLinks } from '../net/ingress/ingress-links.ts';
import { listenTcp, portOf } from '../net/tcp.ts';
import { listenTcpAndUdp } from '../net/tcp-and-udp.ts';
import type { TlsPort } from '../net/tls/tls-port.ts';
import { listenMulticast } from '../net/udp.ts';
import type { Log } from '../log/log.ts';
import { inWords, UsageError } from '../process/problems.ts';
import type { PageServer } from '../http/server/page-server.ts';
import type { RelayAccess } from './access.ts';
import type { RelayConfig } from './config.ts';
import type { RelayPort } from './relay-estate.ts';
import type { RelayInheritance } from './relay-inheritance.ts';

export interface RelayPortsOptions {
  readonly config: Pick<RelayConfig, 'bind' | 'inPort' | 'outPort' | 'httpPort' | 'isReachable' | 'settings'>;
  readonly access: RelayAccess;
  /** What takes in what comes by those for encoders, and by multicast. */
  readonly ingress: Pick<IngressLinks, 'accept' | 'datagrams'>;
  readonly subscribed: (link: AcceptedLink) => void;
  readonly pages: PageServer;
  readonly tls: TlsPort | undefined;
  readonly log: Log;
}

/** The ports of a relay: for encoders, for edges and other relays, and for its pages; and the multicast groups that it listens to. */
export class RelayPorts {
  readonly #options: RelayPortsOptions;
  /** Of encoders and subscribers, by what they are for. */
  readonly #servers: RelayPort[] = [];
  /** What they are for that listen for pages, in their order. */
  readonly #pagePorts: string[] = [];
  #multicasts: readonly HostEndpoint[] = [];

  constructor(options: RelayPortsOptions) {
    this.#options = options;
  }

  /** The sockets, in the order in which they were opened. */
  get all(): readonly RelayPort[] {
    return [...this.#servers, ...this.#options.pages.servers.map((socket, index) => ({ name: this.#pagePorts[index]!, socket }))];
  }

  /** Opens them all. @param inherited those that the process before had. */
  async listen(multicasts: readonly HostEndpoint[], inherited?: RelayInheritance): Promise<void> {
    const { tls, config: { inPort, outPort, httpPort } } = this.#options;
    if (inPort !== undefined) await this.#listenIn(inPort, inherited);
    if (outPort !== undefined) await this.#listenOut(outPort, inherited);
    if (httpPort !== undefined) await this.#listenForPages('http', httpPort, inherited);
    if (tls !== undefined) await this.#listenForPages('https', tls.port, inherited);
    for (const group of multicasts) await this.#join(group, inherited);
    this.#multicasts = multicasts;
  }

  /** Joins the multicast groups that are new; rejects with a UsageError, and has joined none then. What it gives leaves those that are not among them. */
  async prepareMulticasts(next: readonly HostEndpoint[]): Promise<() => void> {
    await this.#joinAll(others(next, this.#multicasts));
    return () => {
      for (const group of others(this.#multicasts, next)) this.#part(group);
      this.#multicasts = next;
    };
  }

  /** Nobody connects any more; pages go on. */
  close(): void {
    for (const { socket } of this.#servers.splice(0)) socket.close();
  }

  async #join(group: HostEndpoint, inherited?: RelayInheritance): Promise<void> {
    const { access, ingress, config: { bind } } = this.#options;
    const { host, port } = group;
    const name = groupName(bind, group);
    const take = access.datagrams(ingress.datagrams(formatEndpoint(group)));
    this.#servers.push({ name, socket: await listenMulticast({ address: host, port }, interfaceOf(bind), take, inherited?.port(name)) });
    this.#listening('multicast', 'udp', host, port);
  }

  /** Its streams are forgotten as those of any sender that is silent. */
  #part(group: HostEndpoint): void {
    const at = this.#servers.findIndex(({ name }) => name === groupName(this.#options.config.bind, group));
    if (at >= 0) for (const { socket } of this.#servers.splice(at, 1)) socket.close();
  }

  async #joinAll(groups: readonly HostEndpoint[]): Promise<void> {
    const joined: HostEndpoint[] = [];
    try {
      for (const group of groups) {
        await this.#join(group);
        joined.push(group);
      }
    } catch (error) {
      for (const group of joined) this.#part(group);
      throw new UsageError(`multicast: ${inWords(error)}`);
    }
  }

  async #listenForPages(what: 'http' | 'https', port: number, inherited: RelayInheritance | undefined): Promise<void> {
    const { pages, tls, config: { bind: address } } = this.#options;
    const name = portName(what, address, port);
    const used = await pages.listen({ address, port }, what === 'https' ? tls : undefined, inherited?.port(name));
    this.#pagePorts.push(name);
    this.#listening(what, 'tcp', address, used);
  }

  async #listenIn(port: number, inherited: RelayInheritance | undefined): Promise<void> {
    const { access, ingress, config: { bind: address, settings: { keepAliveMs } } } = this.#options;
    const [tcpName, udpName] = [portName('in', address, port), portName('in by UDP', address, port)];
    const [tcpHandle, udpHandle] = [inherited?.port(tcpName), inherited?.port(udpName)];
    const { tcp, udp } = await listenTcpAndUdp(
      { address, port, keepAliveMs },
      (socket) => access.accept(socket, 'in', (link) => ingress.accept(link)),
      access.datagrams(ingress.datagrams('udp')),
      tcpHandle && udpHandle && { tcp: tcpHandle, udp: udpHandle },
    );
    this.#servers.push({ name: tcpName, socket: tcp }, { name: udpName, socket: udp });
    this.#listening('in', 'tcp', address, portOf(tcp));
    this.#listening('in', 'udp', address, portOf(tcp));
  }

  async #listenOut(port: number, inherited: RelayInheritance | undefined): Promise<void> {
    const { access, subscribed, config: { bind: address, settings: { keepAliveMs } } } = this.#options;
    const name = portName('out', address, port);
    const out = await listenTcp({ address, port, keepAliveMs, pauseOnConnect: true }, (socket) => access.accept(socket, 'out', subscribed), inherited?.port(name));
    this.#servers.push({ name, socket: out });
    this.#listening('out', 'tcp', address, portOf(out));
  }

  #listening(what: 'in' | 'out' | 'http' | 'https' | 'multicast', transport: 'tcp' | 'udp', address: string, port: number): void {
    const { access, log, config: { bind, isReachable = isReachableFromOutside } } = this.#options;
    log({ kind: 'listening', what, transport, address, port });
    // TCP has said it of both.
    if (what === 'http' || what === 'https' || (what === 'in' && transport === 'udp')) return;
    // What is sent to a multicast group comes by whichever interface it is joined on.
    if (access.isOpen(what === 'out' ? 'out' : 'in') && isReachable(what === 'multicast' ? bind : address)) log({ kind: 'open-to-everybody', what, port });
  }
}

/** Those of some that are not among others. */
function others(some: readonly HostEndpoint[], than: readonly HostEndpoint[]): readonly HostEndpoint[] {
  return some.filter((group) => !than.some((other) => formatEndpoint(other) === formatEndpoint(group)));
}

/** By it a port is found that was opened in the same way. */
function portName(what: string, address: string, port: string | number): string {
  return `${what} ${address} ${port}`;
}

function groupName(bind: string, { host, port }: HostEndpoint): string {
  return portName('multicast', bind, `${host} ${port}`);
}
