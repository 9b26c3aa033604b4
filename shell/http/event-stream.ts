import type net from 'node:net';
import type { HttpRequest } from './request.ts';
import { corsLines, htmlReply, responseHead, type HeaderLines, type Reply } from './message/reply.ts';

const CONTENT_TYPE = 'text/event-stream; charset=utf-8';
/** A follower that has not taken all that it was given for so long is gone, or does not read. */
const STUCK_MS = 15_000;

export interface EventStreamOptions {
  /** Followers at a time; more are refused with 503, and told when to come again. */
  readonly maxFollowers: number;
  /** Pages of other sites may read it. */
  readonly isForAll?: boolean;
  /** Never decreases. */
  readonly nowMs?: () => number;
}

interface Follower {
  readonly socket: net.Socket;
  /** What it asked for. */
  readonly topic: string | undefined;
  /** It had not taken all by then, and has been given nothing since. */
  behindSinceMs: number | undefined;
}

/**
 * Server-sent events (html.spec.whatwg.org/multipage/server-sent-events.html) to a bounded number of followers. All get the same bytes. What waits for one that reads slowly is one whole state and one change at
 * most: until it has taken that it is given nothing, then the whole state; one that takes nothing for 15 s is dropped.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #nowMs: () => number;
  readonly #followers = new Map<net.Socket, Follower>();

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  get size(): number {
    return this.#followers.size;
  }

  /** Whether a request wants events rather than a document. */
  static isWanted({ head }: Pick<HttpRequest, 'head'>): boolean {
    return head.headers.get('accept')?.includes('text/event-stream') === true;
  }

  /** Takes the connection over, and gives it `first`. */
  follow({ head, socket }: Pick<HttpRequest, 'head' | 'socket'>, first: () => string, topic?: string): Reply | 'taken' {
    const { maxFollowers, isForAll = false } = this.#options;
    if (head.method === 'HEAD') return { status: 200, contentType: CONTENT_TYPE };
    if (this.#followers.size >= maxFollowers) return htmlReply(503, 'Too many follow these events: retry later', [['Retry-After', '10'], ...(isForAll ? corsLines : [])]);
    // A proxy that gathers answers would hold events back.
    const lines: HeaderLines = [['X-Accel-Buffering', 'no'], ...(isForAll ? corsLines : [])];
    this.#followers.set(socket, { socket, topic, behindSinceMs: undefined });
    socket.on('close', () => this.#followers.delete(socket)).on('error', () => undefined);
    socket.write(responseHead(200, CONTENT_TYPE, lines.map(([name, value]) => `${name}: ${value}`)) + first());
    // Followers have nothing to say; reading is how their going away is noticed.
    socket.resume();
    return 'taken';
  }

  /** To all, or to those who asked for this topic or for all; `whole` to those who have missed something. '' is sent to nobody. */
  send(change: string, whole: (topic: string | undefined) => string, topic?: string): void {
    const bytes = Buffer.from(change);
    for (const follower of this.#followers.values()) {
      if (this.#isBehind(follower)) continue;
      if (follower.behindSinceMs !== undefined) {
        follower.behindSinceMs = undefined;
        follower.socket.write(whole(follower.topic));
      } else if (bytes.length > 0 && (topic === undefined || follower.topic === undefined || follower.topic === topic)) follower.socket.write(bytes);
    }
  }

  end(): void {
    for (const { socket } of this.#followers.values()) socket.end();
  }

  #isBehind(follower: Follower): boolean {
    if (follower.socket.writableLength === 0) return false;
    const nowMs = this.#nowMs();
    follower.behindSinceMs ??= nowMs;
    if (nowMs - follower.behindSinceMs >= STUCK_MS) follower.socket.destroy();
    return true;
  }
}

/** One event, of JSON: that has no line ends. */
export function eventText(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}
