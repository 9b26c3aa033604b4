import { startDavecast, type Davecast } from '../common/davecast.ts';
import { freeTcpPorts } from '../common/free-port.ts';
import { end } from '../rigs/studio.ts';

export interface MemberOptions {
  /** With the ports that are its own. */
  readonly args: (port: (what: string) => number) => readonly string[];
  readonly awaits: readonly string[];
  /** When it listens, and before it ends. */
  readonly started?: (port: (what: string) => number) => Promise<void>;
  readonly ending?: () => void;
}

/** One process of a station, which keeps its ports when it is started again. */
export class Member {
  readonly #options: MemberOptions;
  #process: Davecast | undefined;
  #ports: ReadonlyMap<string, number> | undefined;
  #downSinceMs: number | undefined;
  /** When it was not there, in Unix time. */
  readonly downs: { readonly fromMs: number; readonly untilMs: number }[] = [];

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  readonly port = (what: string): number => this.#ports!.get(what)!;

  async start(): Promise<void> {
    const { args, awaits, started } = this.#options;
    this.#ports ??= await freeTcpPorts(awaits);
    this.#process = await startDavecast(args(this.port), awaits);
    await started?.(this.port);
    if (this.#downSinceMs !== undefined) this.downs.push({ fromMs: this.#downSinceMs, untilMs: Date.now() });
    this.#downSinceMs = undefined;
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    this.#downSinceMs = Date.now();
    this.#options.ending?.();
    await end(process.child, signal);
  }

  freeze(): void {
    this.#process?.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.child.kill('SIGCONT');
  }
}
