import type net from 'node:net';
import type { Settings } from '../../../core/config/settings.ts';
import type { LookedFor } from '../../../core/links/wiring/first-bytes.ts';
import { LinkWatch, type LinkWatchSink } from '../../../core/links/wiring/link-watch.ts';
import { Driver } from '../../process/driver.ts';
import { askPeer } from './ask.ts';

/** The core's LinkWatch of one connection that we make, and the question that it may ask. */
export class LinkWiring {
  readonly #watch: LinkWatch;
  readonly #driver: Driver;
  /** The address that was reached last. */
  #peer = { host: '', port: 0 };
  #giveUp: () => void = () => undefined;

  constructor(settings: Settings, { expected, mayAsk }: { readonly expected: LookedFor; readonly mayAsk: boolean }, sink: Omit<LinkWatchSink, 'ask'>) {
    this.#watch = new LinkWatch({ settings, expected }, {
      ...sink,
      ask: () => {
        if (!mayAsk) return;
        this.#giveUp();
        this.#giveUp = askPeer({ ...this.#peer, lookedFor: expected }, (introduction) => this.#watch.answered(introduction));
      },
    });
    this.#driver = new Driver(this.#watch, settings);
  }

  opened({ localPort = 0, remoteAddress = '', remotePort = 0 }: net.Socket): void {
    this.#peer = { host: remoteAddress, port: remotePort };
    this.#watch.opened(this.#driver.now, localPort);
    this.#driver.settle();
  }

  /** Borrowed for the call. */
  heard(bytes: Uint8Array): void {
    this.#watch.heard(bytes);
  }

  /** Whether anything has come by it but the HELLO of a relay. */
  get hasCarried(): boolean {
    return this.#watch.hasCarried;
  }

  /** What came first is TLS, and we speak none. */
  get metTls(): boolean {
    return this.#watch.metTls;
  }

  /** By the other side. */
  closed(): void {
    this.#watch.closed(this.#driver.now);
    this.#driver.settle();
  }

  /** By us. */
  dropped(): void {
    this.#watch.dropped();
  }

  /** It is not made again. */
  stop(): void {
    this.#giveUp();
    this.#watch.dropped();
    this.#driver.stop();
  }
}
