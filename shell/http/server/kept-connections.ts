import type net from 'node:net';
import type { RequestHead } from '../message/head.ts';
import { Overdue } from './overdue.ts';
import type { Micros } from '../../../core/base/units.ts';
import { Unfinished } from '../../net/unfinished.ts';
import type { SteadyTimers } from '../../process/time/steady-timers.ts';

/** Connections that wait for another request, or for their client to take an answer, of each kind. When there are more, the one that has done so for longest is closed, of the address that has most. */
const MAX_KEPT = 8_192;
/** A connection that waits for so long for another request is closed: players ask once in a segment, of which none is as long. */
export const IDLE_MS = 30_000;
/** An answer that its client has not taken in so long: one that is this slow could not play what it asks for. */
export const ANSWER_MS = 30_000;
/** Requests by one connection: the last one is told that it is that. */
export const MAX_REQUESTS = 1_000;

/** A connection by which there may be more requests. */
export interface KeptConnection {
  readonly socket: net.Socket;
  /** Whose place it takes. */
  address: string;
  /** When it began with what it is at, by `SteadyTimers`. */
  since: Micros;
  /** Answered so far. */
  requests: number;
}

export interface KeptOptions<Member> {
  readonly timers: SteadyTimers;
  /** Something came: another request begins with it. */
  readonly begin: (member: Member, first: Uint8Array) => void;
  /** It has not taken an answer in time. */
  readonly stuck: (member: Member) => void;
  readonly maxKept?: number;
}

/**
 * Connections of HTTP/1.1 between two requests (RFC 9112, 9.3). Of requests that come in one piece, each is read when the answer before it is with the system: a client that asks for
 * much and takes nothing makes us keep one answer.
 */
export class KeptConnections<Member extends KeptConnection> {
  readonly #options: KeptOptions<Member>;
  /** Between two requests, with what stops the wait. */
  readonly #idle: Unfinished<Member>;
  readonly #answering: Unfinished<Member>;
  readonly #stopWaiting = new WeakMap<Member, () => void>();
  readonly #overdue: Overdue<Member>;
  #hasEnded = false;

  constructor(options: KeptOptions<Member>) {
    this.#options = options;
    const { maxKept = MAX_KEPT, timers } = options;
    this.#idle = new Unfinished(maxKept);
    this.#answering = new Unfinished(maxKept);
    this.#overdue = new Overdue(timers, [
      { members: this.#idle, limitMs: IDLE_MS, drop: (member) => this.#drop(member) },
      {
        members: this.#answering,
        limitMs: ANSWER_MS,
        drop: (member) => {
          this.delete(member);
          options.stuck(member);
        },
      },
    ]);
  }

  /** Those that wait for another request. */
  get idle(): Iterable<Member> {
    return this.#idle;
  }

  /** Writes an answer. `rest`: what has come behind the request already. */
  answer(member: Member, parts: readonly (string | Uint8Array)[], rest: Uint8Array): void {
    const { socket } = member;
    member.requests++;
    this.#enter(this.#answering, member);
    socket.cork();
    parts.forEach((part, at) => socket.write(part, at === parts.length - 1 ? (error) => this.#answered(member, rest, error) : undefined));
    socket.uncork();
  }

  /** Whether it was one of them. It is read no more by us. */
  delete(member: Member): void {
    this.#answering.delete(member);
    if (!this.#idle.delete(member)) return;
    this.#stopWaiting.get(member)?.();
  }

  /** There are no further requests: closes those that wait for one, and others behind their answer. */
  end(): void {
    this.#hasEnded = true;
    for (const { socket } of this.#idle) socket.end();
  }

  #answered(member: Member, rest: Uint8Array, error: Error | null | undefined): void {
    if (!this.#answering.delete(member) || error) return;
    if (this.#hasEnded) return void member.socket.end();
    if (rest.length > 0) return this.#options.begin(member, rest);
    this.#wait(member);
  }

  #wait(member: Member): void {
    const { socket } = member;
    const onData = (chunk: Uint8Array): void => {
      this.delete(member);
      this.#options.begin(member, chunk);
    };
    const onEnd = (): void => void socket.destroy();
    socket.on('data', onData).on('end', onEnd);
    this.#stopWaiting.set(member, () => socket.off('data', onData).off('end', onEnd));
    this.#enter(this.#idle, member);
    socket.resume();
  }

  #enter(list: Unfinished<Member>, member: Member): void {
    member.since = this.#options.timers.now;
    const longest = list.add(member);
    if (longest !== undefined) this.#drop(longest);
    this.#overdue.begun();
  }

  #drop(member: Member): void {
    this.delete(member);
    member.socket.destroy();
  }
}

/** Whether a client can ask again by the same connection, as its request says (RFC 9112, 9.3). One with a body cannot: nobody reads that. */
export function canAskAgain({ version, headers }: Pick<RequestHead, 'version' | 'headers'>): boolean {
  if (headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0' || headers.has('upgrade')) return false;
  const wishes = (headers.get('connection') ?? '').toLowerCase().split(/\s*,\s*/);
  if (wishes.includes('close')) return false;
  return version === 'HTTP/1.1' || (version === 'HTTP/1.0' && wishes.includes('keep-alive'));
}
