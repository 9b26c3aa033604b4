import { Encoder, type Signer, type SourceOptions } from '../../core/encoder/encoder.ts';
import { formatEndpoint, type Endpoint } from '../net/addresses/address.ts';
import { Driver } from '../process/driver.ts';
import { EncoderSession, newStreamId } from './session.ts';
import { TargetLinks, type Slot, type TargetLinksOptions } from './target-links.ts';

/** What there is to know of a source when it begins. */
export interface StreamOptions extends Omit<SourceOptions, 'streamId' | 'to'> {
  /** The targets that it goes to, of those of the process; all, unless given. */
  readonly to?: readonly Endpoint[] | undefined;
  /** Who the source is, for the log. */
  readonly from: string;
}

/** Where the streams of sources go. */
export interface StreamWay {
  /** A source begins: a stream of its own. */
  open(options: StreamOptions): EncoderSession;
}

export interface UplinkOptions extends Omit<TargetLinksOptions, 'nats'> {
  /** Certificates of authorities in PEM, for servers of NATS; those that Node.js trusts, unless given. */
  readonly ca?: (() => string | undefined) | undefined;
  /** The name of the key that targets are shown now. */
  readonly key?: () => string | undefined;
  /** Signs what is sent; undefined: nothing is signed. */
  readonly signer?: Signer | undefined;
}

/** The core's Encoder and its connections: one to each address of each target, for all mountpoints of the process. */
export class Uplink implements StreamWay {
  readonly #encoder: Encoder;
  readonly #driver: Driver;
  readonly #links: TargetLinks;
  readonly #key: () => string | undefined;

  constructor(targets: readonly Endpoint[], options: UplinkOptions) {
    const { settings, log } = options;
    this.#key = options.key ?? (() => undefined);
    const encoder = new Encoder({ settings, signer: options.signer }, {
      send: (target, bytes) => this.#links.send(target, bytes),
      backlogBytes: (target) => this.#links.backlogBytes(target),
      reset: (target, reason) => this.#driver.defer(() => this.#links.reset(target, reason)),
      event: (event) => log(event.kind === 'target-lost' && this.#links.hasLeft(event.target) ? { ...event, kind: 'left-target-lost' } : event),
    });
    const driver = new Driver(encoder, settings);
    const settled = (input: () => void): void => {
      input();
      driver.settle();
    };
    this.#encoder = encoder;
    this.#driver = driver;
    this.#links = new TargetLinks(targets, { ...options, nats: { ca: options.ca, mountOf: (bytes, start) => encoder.mountOf(bytes, start) } }, {
      added: (slot) => this.#add(slot),
      removed: (target) => encoder.removeTarget(driver.now, target),
      said: (target, bytes) => settled(() => encoder.targetSaid(driver.now, target, bytes)),
      up: (target) => settled(() => encoder.targetUp(driver.now, target)),
      down: (target, reason) => settled(() => encoder.targetDown(driver.now, target, reason)),
      titled: (mount, title) => settled(() => encoder.titleSet(driver.now, mount, title)),
    });
    for (const slot of this.#links.slots) this.#add(slot);
  }

  /** Every target is connected, and has taken and confirmed all that there is for it. */
  get drained(): boolean {
    return this.#links.drained && !this.#encoder.isBehind;
  }

  /** By each of their addresses. */
  get targets(): TargetLinks['all'] {
    return this.#links.all;
  }

  /** What there is to measure. */
  get figures(): Pick<Encoder, 'targets' | 'sources' | 'heldBytes'> {
    const { targets, sources, heldBytes } = this.#encoder;
    return { targets, sources, heldBytes };
  }

  start(): void {
    this.#links.start();
    this.#driver.settle();
  }

  /** Sends to these from now on, and no more to others. */
  retarget(targets: readonly Endpoint[]): void {
    this.#links.change(targets);
    this.#driver.settle();
  }

  open({ to, ...options }: StreamOptions): EncoderSession {
    const names = to?.map(formatEndpoint);
    const source = this.#encoder.openSource(this.#driver.now, { ...options, streamId: newStreamId(this.#key()), to: names });
    return new EncoderSession(this.#encoder, source, this.#driver);
  }

  /** Ends the connections after what was written. */
  async finish(limitMs: number): Promise<void> {
    await this.#links.finish(limitMs);
    this.#driver.stop();
  }

  #add({ target, transport, label, name }: Slot): void {
    this.#encoder.addTarget(this.#driver.now, { transport, label, name, id: target });
  }
}
