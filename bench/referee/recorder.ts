import http from 'node:http';

/** Audio as it came. */
export interface Chunk {
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
  readonly bytes: Buffer;
}

/** How soon it asks again for a mountpoint that is not there yet. */
const RETRY_MS = 100;

/** An HTTP listener without ICY that keeps everything it hears, and comes back when it is cut off, as players do. */
export class Recorder {
  readonly chunks: Chunk[] = [];
  /** When the server has ended the connection. */
  readonly disconnectsMs: number[] = [];
  readonly #url: string;
  #request: http.ClientRequest | undefined;
  #stopped = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Resolves when audio begins; rejects when there is none in time. */
  async start(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (!(await this.#connect())) {
      if (performance.now() > until) throw new Error(`nothing to hear at ${this.#url} after ${timeoutMs / 1000} s`);
      await pause();
    }
  }

  get audio(): Buffer {
    return Buffer.concat(this.chunks.map((chunk) => chunk.bytes));
  }

  stop(): void {
    this.#stopped = true;
    this.#request?.destroy();
  }

  #connect(): Promise<boolean> {
    return new Promise((resolve) => {
      let heard = false;
      const request = http.get(this.#url, { agent: false, headers: { 'User-Agent': 'davecast-recorder' } });
      this.#request = request;
      request.on('error', () => resolve(false));
      request.on('response', (response) => {
        if (response.statusCode !== 200) {
          request.destroy();
          resolve(false);
          return;
        }
        response.on('data', (bytes: Buffer) => {
          heard = true;
          this.chunks.push({ atMs: performance.now(), bytes });
          resolve(true);
        });
        response.on('error', () => undefined);
        response.on('close', () => {
          resolve(false);
          if (!heard || this.#stopped) return;
          this.disconnectsMs.push(performance.now());
          void this.#comeBack();
        });
      });
    });
  }

  async #comeBack(): Promise<void> {
    while (!this.#stopped && !(await this.#connect())) await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}
