import type { Handle } from './handle.ts';
import { PROTOCOL, type Channel, type Offer, type Takes, type ToNew, type ToOld } from './messages.ts';

/** What the new process has got. */
export interface Inheritance {
  readonly saved: Uint8Array;
  readonly handles: ReadonlyMap<number, Handle>;
}

/** Makes of a socket what takes time. Nothing may be read from it or written to it. */
export type Prepare = (number: number, handle: Handle, about: unknown) => void;

/** What comes from the old process once the new one serves. */
export interface LateUser {
  connection(port: string, handle: Handle, bytes: Uint8Array, about: unknown): void;
  /** The old process has written the last of what it has given to this connection. */
  written(handle: Handle): void;
  closed(handle: Handle): void;
}

interface Wait<Found> {
  readonly found: (value: Found) => void;
  readonly fail: (error: Error) => void;
}

/** What a role needs to take over. */
export type TakesOver = Pick<TakeOver, 'offer' | 'ready' | 'taken' | 'serves' | 'failed' | 'closed'>;

/** The new process's side of a hand-over: see `HandOver`. */
export class TakeOver {
  readonly #channel: Channel<ToOld>;
  readonly #handles = new Map<number, Handle>();
  #pieces: Uint8Array[] = [];
  #savedBytes = 0;
  /** Bytes that are to come; undefined: the old process has not said it. */
  #expectedBytes: number | undefined;
  #offer: Wait<Offer> | undefined;
  #take: Wait<Inheritance> | undefined;
  #go: Wait<void> | undefined;
  #late: LateUser | undefined;
  #offered: Offer | undefined;
  #isOver = false;
  #prepare: Prepare = () => undefined;

  constructor(channel: Channel<ToOld>) {
    this.#channel = channel;
  }

  /** What the old process says. */
  heard(message: ToNew, handle?: Handle): void {
    if (message.kind === 'offer') {
      this.#offered = message;
      this.#offer?.found(message);
    } else if (message.kind === 'handle') {
      if (handle === undefined) return;
      this.#handles.set(message.number, handle);
      this.#prepare(message.number, handle, message.about);
    } else if (message.kind === 'take') {
      this.#expectedBytes = message.bytes;
      this.#look();
    } else if (message.kind === 'go') this.#go?.found();
    else this.#heardLate(message, handle);
  }

  /** The next bytes of what is saved. Borrowed for the call. */
  saved(bytes: Uint8Array): void {
    this.#pieces.push(Uint8Array.from(bytes));
    this.#savedBytes += bytes.length;
    this.#look();
  }

  /** The old process is there no more. */
  ended(): void {
    if (this.#isOver) {
      // What it should have written is lost, and with it the place in the stream.
      for (const handle of this.#handles.values()) this.#late?.closed(handle);
      return this.#handles.clear();
    }
    const error = new Error('the process that was to be upgraded is there no more');
    for (const wait of [this.#offer, this.#take, this.#go]) wait?.fail(error);
  }

  /** What there is to take. Rejects when the old process speaks another protocol. */
  async offer(): Promise<Offer> {
    const offer = this.#offered ?? await new Promise<Offer>((found, fail) => {
      this.#offer = { found, fail };
    });
    if (offer.protocol !== PROTOCOL) throw new Error(`the process that is to be upgraded (version ${offer.version}) hands over by protocol ${offer.protocol}, and this program knows ${PROTOCOL}`);
    return offer;
  }

  /** All is prepared. @param why not all of it can be taken. @param prepare told of each socket when it comes, before anything has stopped. */
  async ready(takes: Takes, why?: string, prepare: Prepare = () => undefined): Promise<Inheritance> {
    this.#prepare = prepare;
    return await new Promise((found, fail) => {
      this.#take = { found, fail };
      this.#channel.say({ kind: 'ready', takes, why });
    });
  }

  /** What was saved is restored. Resolves when this process is to serve. */
  async taken(): Promise<void> {
    await new Promise<void>((found, fail) => {
      this.#go = { found, fail };
      this.#channel.say({ kind: 'taken' });
    });
  }

  /** This process serves. */
  serves(late: LateUser): void {
    this.#isOver = true;
    this.#late = late;
    this.#channel.say({ kind: 'serves' });
  }

  /** This process cannot take over. @param sent the old process knows it. */
  failed(reason: string, sent?: () => void): void {
    this.#channel.say({ kind: 'failed', reason }, undefined, sent);
  }

  /** A connection that the old process still writes to is closed. */
  closed(handle: Handle): void {
    for (const [number, known] of this.#handles) if (known === handle) this.#channel.say({ kind: 'closed', number });
  }

  #heardLate(message: Extract<ToNew, { kind: 'connection' | 'written' | 'closed' }>, given?: Handle): void {
    if (message.kind === 'connection') {
      if (given !== undefined) this.#late?.connection(message.port, given, Buffer.from(message.bytes, 'base64'), message.about);
      return;
    }
    const handle = this.#handles.get(message.number);
    if (handle !== undefined) this.#late?.[message.kind](handle);
  }

  #look(): void {
    if (this.#expectedBytes === undefined || this.#savedBytes < this.#expectedBytes) return;
    const saved = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#take?.found({ saved, handles: this.#handles });
  }
}
