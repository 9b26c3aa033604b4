import { setTimeout as sleep } from 'node:timers/promises';
import { frameAt, type Frames } from '../load/frames.ts';
import { Outlet } from '../load/outlet.ts';
import type { Encoding } from '../load/programme.ts';
import { BareStream, sourceRequest } from '../load/stream.ts';

const TICK_MS = 5;
const TRIES = 5;
const HOST = '127.0.0.1';
const AUTHORIZATION = `Basic ${Buffer.from('source:x').toString('base64')}`;

export interface SourceOptions {
  readonly port: number;
  readonly mount: string;
  readonly encoding: Encoding;
  readonly frames: Frames;
  /** Where in the programme "now" is. */
  readonly placeS: () => number;
}

/** A source client of one encoder: the programme's frames as the clock has them, from where the programme is when it begins. */
export class Source {
  readonly #options: SourceOptions;
  readonly #outlet: Outlet;
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;

  private constructor(options: SourceOptions, outlet: Outlet) {
    const { mount, frames, encoding, placeS } = options;
    this.#options = options;
    this.#outlet = outlet;
    const stream = new BareStream({ mount, frames, first: frameAt(frames, encoding, placeS()), outlets: [outlet], startMs: performance.now() });
    this.#timer = setInterval(() => {
      stream.tick(performance.now());
      outlet.flush();
    }, TICK_MS);
  }

  static async open(options: SourceOptions): Promise<Source> {
    return new Source(options, await Outlet.open(options.port, { opening: sourceRequest(options.mount, options.frames) }));
  }

  /** An encoder that stands still, or ends, does not hear of it; one that has just begun may not have the mountpoint yet. */
  async title(song: string): Promise<void> {
    const { port, mount } = this.#options;
    const url = `http://${HOST}:${port}/admin/metadata?mount=/${mount}&mode=updinfo&song=${encodeURIComponent(song)}`;
    for (let left = TRIES; left > 0 && !this.#isClosed; left--) {
      const asked = fetch(url, { headers: { Authorization: AUTHORIZATION }, signal: AbortSignal.timeout(2_000) });
      if (await asked.then((answer) => answer.arrayBuffer().then(() => answer.ok)).catch(() => false)) return;
      await sleep(200);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#outlet.close();
  }
}
