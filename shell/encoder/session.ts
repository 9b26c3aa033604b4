import { randomBytes } from 'node:crypto';
import { Encoder } from '../../core/encoder/encoder.ts';
import type { HeaderList } from '../../core/wire/headers.ts';
import type { TargetId } from '../../core/base/machine.ts';
import { formatStreamId } from '../../core/wire/pdu.ts';
import type { SentFrames } from '../../core/encoder/repeat-guard.ts';
import type { Settings } from '../../core/config/settings.ts';
import { Driver } from '../process/driver.ts';
import type { TargetLinks, Slot } from './target-links.ts';
import type { Log } from '../log/log.ts';

export interface SessionOptions {
  readonly settings: Settings;
  readonly mount: string;
  readonly headers: HeaderList;
  readonly title: string;
  readonly origin: string | undefined;
  readonly targetLinks: TargetLinks;
  /** By all sources. */
  readonly sent: SentFrames;
  readonly log: Log;
}

/** One source from its beginning to its end: a stream with an id of its own. */
export class EncoderSession {
  readonly stream: string;
  readonly #encoder: Encoder;
  readonly #targetLinks: TargetLinks;
  readonly #driver: Driver;
  #unsupported: string | undefined;

  constructor({ settings, mount, headers, title, origin, targetLinks, sent, log }: SessionOptions) {
    const streamId = newStreamId();
    this.stream = formatStreamId(streamId);
    this.#encoder = new Encoder(
      { settings, streamId, mountpoint: mount, headers, origin, sent },
      {
        send: (target, bytes) => targetLinks.send(target, bytes),
        backlogBytes: (target) => targetLinks.backlogBytes(target),
        reset: (target, reason) => this.#driver.defer(() => targetLinks.reset(target, reason)),
        event: (event) => {
          if (event.kind === 'source-unsupported') this.#unsupported = `${event.format} is not supported`;
          log({ ...event, mount, stream: this.stream });
        },
      },
    );
    this.#driver = new Driver(this.#encoder, settings);
    this.#targetLinks = targetLinks;
    for (const slot of targetLinks.slots) this.add(slot);
    if (title !== '') this.title(title);
  }

  /** Goes out by the connections that are there already. */
  start(): void {
    for (const { target, link } of this.#targetLinks.slots) if (link?.isUp === true) this.up(target);
  }

  /** The system has been given everything that can be given to it now, and targets that confirm have confirmed it. */
  get idle(): boolean {
    return !this.#encoder.isBehind;
  }

  get frames(): number {
    return this.#encoder.stats.frames;
  }

  get hasFrames(): boolean {
    return this.#encoder.hasFrames;
  }

  /** Programme that was found in what came and is no repetition, in microseconds. */
  get takenUs(): number {
    return this.#encoder.takenUs;
  }

  /** Says why when what it sends is not supported. */
  audio(bytes: Uint8Array): string | undefined {
    this.#encoder.receive(this.#driver.now, bytes);
    this.#driver.settle();
    return this.#unsupported;
  }

  title(title: string): void {
    this.#encoder.setTitle(this.#driver.now, title);
    this.#driver.settle();
  }

  /** A whole metadata text: `StreamTitle='…';`. */
  metadata(text: string): void {
    this.#encoder.setMetadata(this.#driver.now, text);
    this.#driver.settle();
  }

  /** The source has ended. What is kept for a target that is away can still go out until `stop`. */
  end(): void {
    this.#encoder.end(this.#driver.now);
    this.#driver.settle();
  }

  stop(): void {
    this.#driver.stop();
  }

  add(slot: Slot): void {
    this.#encoder.addTarget(this.#driver.now, slot.transport, slot.label, slot.target);
  }

  remove(target: TargetId): void {
    this.#encoder.removeTarget(this.#driver.now, target);
  }

  said(target: TargetId, bytes: Uint8Array): void {
    this.#encoder.targetSaid(this.#driver.now, target, bytes);
    this.#driver.settle();
  }

  up(target: TargetId): void {
    this.#encoder.targetUp(this.#driver.now, target);
    this.#driver.settle();
  }

  down(target: TargetId): void {
    this.#encoder.targetDown(this.#driver.now, target);
    this.#driver.settle();
  }
}

/** A random UUID, version 4 (RFC 9562), as bytes. */
export function newStreamId(): Uint8Array {
  const id = randomBytes(16);
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}
