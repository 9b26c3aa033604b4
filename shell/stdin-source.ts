import type { Readable } from 'node:stream';
import type { Source, SourceDesk, SourceSink } from './source.ts';

/** Audio from a pipe: one source, from start to end of input. */
export class StdinSource implements Source {
  readonly #input: Readable;
  readonly #desk: SourceDesk;
  readonly #ended: () => void;

  constructor(input: Readable, desk: SourceDesk, ended: () => void) {
    this.#input = input;
    this.#desk = desk;
    this.#ended = ended;
  }

  start(): Promise<void> {
    const input = this.#input;
    const sink = this.#desk.begin({ from: 'stdin', headers: [], flow: { pause: () => input.pause(), resume: () => input.resume() } });
    input.on('data', (bytes: Uint8Array) => sink.audio(bytes));
    input.once('end', () => this.#end(sink, 'end of input'));
    input.once('error', (error) => this.#end(sink, error.message));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#input.destroy();
    return Promise.resolve();
  }

  #end(sink: SourceSink, reason: string): void {
    sink.end(reason);
    this.#ended();
  }
}
