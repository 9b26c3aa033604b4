import type { Readable } from 'node:stream';
import type { Source, SourceApi, SourceSink } from './source.ts';
import { inWords } from '../../process/problems.ts';

/** Audio from a pipe: one source, from start to end of input. */
export class StdinSource implements Source {
  readonly #input: Readable;
  readonly #api: SourceApi;
  readonly #ended: (problem?: string) => void;

  /** @param ended is told when the input is over, and why if it is not supported. */
  constructor(input: Readable, api: SourceApi, ended: (problem?: string) => void) {
    this.#input = input;
    this.#api = api;
    this.#ended = ended;
  }

  start(): Promise<void> {
    const input = this.#input;
    const sink = this.#api.begin({ from: 'stdin', headers: [], flow: { pause: () => input.pause(), resume: () => input.resume() } });
    let isEmpty = true;
    input.on('data', (bytes: Uint8Array) => {
      isEmpty = false;
      const problem = sink.audio(bytes);
      if (problem === undefined) return;
      input.removeAllListeners().destroy();
      this.#end(sink, problem, problem);
    });
    input.once('end', () => {
      sink.end('end of input');
      this.#ended(isEmpty || sink.hasFrames ? undefined : 'there is no frame in it');
    });
    input.once('error', (error) => this.#end(sink, inWords(error)));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#input.destroy();
    return Promise.resolve();
  }

  #end(sink: SourceSink, reason: string, problem?: string): void {
    sink.end(reason);
    this.#ended(problem);
  }
}
