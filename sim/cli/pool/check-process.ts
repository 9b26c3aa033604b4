import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Source } from '../../check/streams.ts';
import type { ChildErrand } from './check-child.ts';
import { UsageError } from '../options/options.ts';

export interface ProcessOptions {
  readonly name: string;
  /** The binary. */
  readonly node: string;
  readonly environment: Readonly<Record<string, string>>;
}

const COMPLAINT_CHARACTERS = 2_000;

/** Another process that runs the same, and tells what happens there. */
export class CheckProcess implements Source {
  readonly name: string;
  readonly chunks: AsyncIterator<string>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  #complaint = '';

  constructor(errand: ChildErrand, { name, node, environment }: ProcessOptions) {
    this.name = name;
    // The same loader for TypeScript, if there is one; and as built, the same file in JavaScript.
    const program = join(import.meta.dirname, `check-child${extname(import.meta.filename)}`);
    this.#process = spawn(node, [...process.execArgv, program, JSON.stringify(errand)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#process.stdout.setEncoding('utf8');
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, COMPLAINT_CHARACTERS);
    });
    this.chunks = this.#told();
  }

  /** It need not go on. */
  end(): void {
    this.#process.kill();
  }

  async *#told(): AsyncGenerator<string> {
    const ended = new Promise<number | null>((resolve, reject) => this.#process.once('close', resolve).once('error', reject));
    yield* this.#process.stdout as AsyncIterable<string>;
    const status = await ended;
    if (status !== 0) throw new Error(`${this.name} ended with status ${status}: ${this.#complaint}`);
  }
}

/** Such as v22.1.0; throws a UsageError when that is no Node. */
export function versionOf(node: string): string {
  const { stdout, error } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const version = stdout?.trim() ?? '';
  if (error !== undefined || !/^v\d+\.\d+\.\d+/.test(version)) throw new UsageError(`--node wants a Node binary, and ${node} is none`);
  return version;
}
