import dgram from 'node:dgram';
import { BurstLoss } from './burst-loss.ts';

/** What happens to the datagrams on a leg. */
export interface Weather {
  readonly lossShare: number;
  /** How many are lost in a row on average. */
  readonly burst: number;
  readonly delayMs: number;
  /** Of those that are delayed, such a share is not, and so overtakes. */
  readonly overtakingShare: number;
}

export const FAIR: Weather = { lossShare: 0, burst: 1, delayMs: 0, overtakingShare: 0 };

const HOST = '127.0.0.1';

/**
 * A leg of the network: passes datagrams on to a port, in whatever weather. What `tc qdisc netem` would do with
 * `loss gemodel`, `delay` and `reorder`, for machines whose kernel has no netem; its dice are seeded.
 */
export class UdpLeg {
  readonly #in: dgram.Socket = dgram.createSocket('udp4');
  readonly #out: dgram.Socket = dgram.createSocket('udp4');
  readonly #toPort: number;
  readonly #random: () => number;
  readonly #underWay = new Set<NodeJS.Timeout>();
  #weather: Weather = FAIR;
  #loss: BurstLoss | undefined;

  constructor(toPort: number, random: () => number) {
    this.#toPort = toPort;
    this.#random = random;
    this.#in.on('message', (bytes) => this.#pass(bytes));
  }

  /** Resolves with the port it takes datagrams on. */
  open(): Promise<number> {
    return new Promise((resolve) => this.#in.bind(0, HOST, () => resolve(this.#in.address().port)));
  }

  set weather(weather: Weather) {
    this.#weather = weather;
    this.#loss = new BurstLoss(weather.lossShare, weather.burst, this.#random);
  }

  close(): void {
    for (const timer of this.#underWay) clearTimeout(timer);
    this.#in.close();
    this.#out.close();
  }

  #pass(bytes: Buffer): void {
    if (this.#loss?.loses() === true) return;
    const { delayMs, overtakingShare } = this.#weather;
    const send = (): void => this.#out.send(bytes, this.#toPort, HOST, () => undefined);
    if (delayMs === 0 || this.#random() < overtakingShare) {
      send();
      return;
    }
    const timer = setTimeout(() => {
      this.#underWay.delete(timer);
      send();
    }, delayMs);
    this.#underWay.add(timer);
  }
}
