import type { TargetId } from '../../core/base/machine.ts';
import { Encoder, type Signer } from '../../core/encoder/encoder.ts';
import { anonymous, type Peer } from '../../core/links/peers/peer.ts';
import { transports } from '../../core/links/transport.ts';
import type { Settings } from '../../core/config/settings.ts';
import { EncoderSession, newStreamId } from '../encoder/session.ts';
import type { StreamOptions, StreamWay } from '../encoder/uplink.ts';
import type { Log } from '../log/log.ts';
import type { InnerPath, PathEnd } from '../net/ingress/accepted-paths.ts';
import { sayWhileWaiting } from '../net/hosts/tcp-link.ts';
import { Driver } from '../process/driver.ts';

export interface InnerWayOptions {
  /** The relay of this process. */
  readonly relay: { acceptHere(peer: Peer, end: PathEnd): InnerPath | undefined };
  readonly settings: Settings;
  /** Signs what is sent; undefined: nothing is signed. */
  readonly signer?: Signer | undefined;
  readonly log: Log;
}

/**
 * Sends the stream of each source to the relay of this process, by an encoder and a path of its own.
 *
 *     source -> Encoder -> InnerLink -> path of the relay
 *
 * So the relay knows the address of each source, and knows at once when it has gone.
 */
export class InnerWay implements StreamWay {
  readonly #options: InnerWayOptions;

  constructor(options: InnerWayOptions) {
    this.#options = options;
  }

  open({ from, ...options }: StreamOptions): EncoderSession {
    const { relay, ...own } = this.#options;
    const link = new InnerLink(own);
    link.open((end) => relay.acceptHere(anonymous('source', from), end));
    const source = link.encoder.openSource(link.driver.now, { ...options, to: undefined, streamId: newStreamId() });
    return new InnerSession(link, source);
  }
}

/**
 * One encoder and its path. Bytes reach the relay in the middle of the encoder's call, so nothing ever waits between the two; what the
 * relay acknowledges comes back when its own call is over.
 */
class InnerLink implements PathEnd {
  /** All is taken at once. */
  readonly writableLength = 0;
  readonly encoder: Encoder;
  readonly driver: Driver;
  readonly #target: TargetId;
  #path: InnerPath | undefined;
  #sentBytes = 0;
  #waitNoMore: () => void = () => undefined;

  constructor({ settings, signer, log }: Omit<InnerWayOptions, 'relay'>) {
    this.encoder = new Encoder({ settings, signer }, {
      send: (_, bytes) => this.#send(bytes),
      backlogBytes: () => 0,
      reset: () => this.driver.defer(() => this.encoder.targetUp(this.driver.now, this.#target)),
      event: (event) => {
        // That the relay of the same process is there is nothing to tell.
        if (!('target' in event)) log(event);
      },
    });
    this.driver = new Driver(this.encoder, settings);
    this.#target = this.encoder.addTarget(this.driver.now, { transport: transports.tcp, label: 'this process' });
  }

  get isOpen(): boolean {
    return this.#path !== undefined;
  }

  open(accept: (end: PathEnd) => InnerPath | undefined): void {
    this.#path = accept(this);
    if (this.#path === undefined) return;
    this.encoder.targetUp(this.driver.now, this.#target);
    this.driver.settle();
    this.#waitNoMore = sayWhileWaiting(() => this.#sentBytes, (message) => this.#send(message));
  }

  /** An acknowledgement. */
  write(bytes: Uint8Array): void {
    queueMicrotask(() => {
      if (!this.isOpen) return;
      this.encoder.targetSaid(this.driver.now, this.#target, bytes);
      this.driver.settle();
    });
  }

  /** The relay has let go of the path. */
  destroy(): void {
    this.#path = undefined;
    this.#waitNoMore();
  }

  close(): void {
    this.#path?.close('source ended');
    this.destroy();
    this.driver.stop();
  }

  #send(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length;
    this.#path?.receive(bytes);
  }
}

/** A source whose encoder and path are there for it alone. */
class InnerSession extends EncoderSession {
  readonly #link: InnerLink;

  constructor(link: InnerLink, source: ReturnType<Encoder['openSource']>) {
    super(link.encoder, source, link.driver);
    this.#link = link;
  }

  override audio(bytes: Uint8Array): string | undefined {
    return this.#link.isOpen ? super.audio(bytes) : 'the relay has no room for another path (maxPaths)';
  }

  override end(): void {
    super.end();
    this.#link.close();
  }
}
