import http from 'node:http';
import { FrameScanner } from '../core/codec/scan/scanner.ts';
import { Continuity, type Cut, type Figures } from './continuity.ts';
import type { EncodingName, Programme } from './programme.ts';

export interface ListenerNews {
  /** Audio arrives, for the first time or again. */
  tunedIn(): void;
  cut(cut: Cut): void;
  disconnected(why: string): void;
}

/** How soon a listener without a connection tries again. */
const RETRY_MS = 200;

/** A listener like any other, who knows the programme by heart. */
export class DemoListener {
  readonly #url: string;
  readonly #programme: Programme;
  readonly #news: ListenerNews;
  readonly #continuity: Continuity;
  readonly #nowMs: () => number;
  #request: http.ClientRequest | undefined;
  #retry: NodeJS.Timeout | undefined;
  #firstAudioMs: number | undefined;
  #stopped = false;

  constructor(url: string, programme: Programme, nowMs: () => number, news: ListenerNews) {
    this.#url = url;
    this.#programme = programme;
    this.#nowMs = nowMs;
    this.#news = news;
    this.#continuity = new Continuity(programme.loopUs);
  }

  /** Connects as soon as the mountpoint is there, and again whenever it is cut off. */
  start(): void {
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#request?.destroy();
  }

  /** Which encoding is heard now. */
  get encoding(): EncodingName | undefined {
    return this.#continuity.encoding;
  }

  /** Since the first audio; 0 before it. */
  get onAirMs(): number {
    return this.#firstAudioMs === undefined ? 0 : this.#nowMs() - this.#firstAudioMs;
  }

  get total(): Figures {
    return this.#continuity.total(this.#nowMs());
  }

  get sinceMark(): Figures {
    return this.#continuity.sinceMark(this.#nowMs());
  }

  mark(): void {
    this.#continuity.mark();
  }

  #connect(): void {
    const request = http.get(this.#url, { agent: false, headers: { 'User-Agent': 'davecast-demo' } });
    this.#request = request;
    let responded = false;
    request.on('response', (response) => {
      responded = true;
      if (response.statusCode === 200) this.#listen(response);
      else response.resume().on('close', () => this.#tryAgain());
    });
    request.on('error', () => {
      // After a response, its own 'close' comes.
      if (!responded) this.#tryAgain();
    });
  }

  #listen(response: http.IncomingMessage): void {
    this.#firstAudioMs ??= this.#nowMs();
    this.#news.tunedIn();
    const scanner = new FrameScanner({
      frame: (bytes) => {
        const cut = this.#continuity.take(this.#programme.find(bytes), this.#nowMs());
        if (cut !== undefined) this.#news.cut(cut);
      },
    });
    response.on('data', (bytes: Uint8Array) => scanner.push(bytes));
    response.on('error', () => undefined);
    response.on('close', () => {
      if (this.#stopped) return;
      this.#continuity.disconnect();
      this.#news.disconnected(response.complete ? 'connection closed' : 'connection lost');
      this.#tryAgain();
    });
  }

  #tryAgain(): void {
    if (!this.#stopped) this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
  }
}
