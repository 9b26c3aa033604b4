import type { Host } from '../host.ts';
import type { Network } from '../network.ts';
import { LOST, type Way } from '../path.ts';
import { channel, parcel, type Channel, type Parcel, type Trace } from '../trace.ts';

export interface UdpOptions {
  readonly network: Network;
  readonly trace: Trace;
  readonly from: Host;
  readonly to: Host;
  readonly port: string;
}

/** A socket that sends datagrams to one address: each for itself, and nobody says whether it arrived. */
export class UdpSocket {
  readonly #trace: Trace;
  readonly #from: Host;
  readonly #to: Host;
  readonly #port: string;
  readonly #way: Way;
  readonly #channel: Channel;

  constructor({ network, trace, from, to, port }: UdpOptions) {
    this.#trace = trace;
    this.#from = from;
    this.#to = to;
    this.#port = port;
    this.#way = network.way(from.name, to.name);
    this.#channel = channel(`${from.name}→${to.name}@${port}`);
  }

  send(bytes: Uint8Array): void {
    const what = parcel(bytes);
    const travel = this.#way.datagram(bytes.length);
    this.#trace.traffic(this.#from.world.now, travel === LOST ? 'lost' : 'sent', this.#channel, what);
    if (travel === LOST) return;
    this.#arriveAfter(travel, what);
    const later = this.#way.duplicate();
    if (later !== LOST) this.#arriveAfter(travel + later, what);
  }

  #arriveAfter(travel: number, what: Parcel): void {
    const world = this.#from.world;
    world.after(travel + this.#to.wakeDelay(), () => {
      if (!this.#to.isOn) return;
      this.#to.datagram(this.#port, what.bytes, this.#from.name, () => this.#trace.traffic(world.now, 'got', this.#channel, what));
    });
  }
}
