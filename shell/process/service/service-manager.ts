import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { inWords } from '../problems.ts';

/**
 * Tells systemd what is written to it, a line each, by systemd's own program: Node.js opens no sockets of the kind that systemd listens at (datagrams of AF_UNIX).
 * One process for all, made while we are small: to make one takes as long as our memory is large (measured: 1 to 6 ms at 50 MB, 150 ms at 1.2 GB), and all the
 * while no audio is forwarded. It ends with us, and not before: signals are for us to take. What fails is a line.
 */
const SCRIPT = `trap '' TERM INT HUP
while read -r line; do
  systemd-notify "$line" 2>&1 || echo "status $?"
done`;

/** systemd answers at once, or not at all. */
const HAND_OVER_MS = 5_000;

export interface ServiceManagerOptions {
  /** NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as systemd sets them; PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** It cannot be told; once, until it can again. */
  readonly failed: (reason: string) => void;
}

/** The systemd that has started this process with `Type=notify`, or that watches it (`WatchdogSec=`): sd_notify(3). Where there is none, nothing is done. */
export class ServiceManager {
  readonly #helper: ChildProcessWithoutNullStreams | undefined;
  readonly #failed: ServiceManagerOptions['failed'];
  readonly #beatMs: number | undefined;
  #beats: NodeJS.Timeout | undefined;
  #hasFailed = false;

  constructor({ env, failed }: ServiceManagerOptions) {
    this.#failed = failed;
    if (!env['NOTIFY_SOCKET']) return;
    this.#beatMs = beatOf(env);
    const helper = spawn('/bin/sh', ['-c', SCRIPT], { env, stdio: 'pipe' });
    this.#helper = helper;
    helper.on('error', (error) => this.#fails(inWords(error)));
    helper.stdin.on('error', (error) => this.#fails(inWords(error)));
    createInterface({ input: helper.stdout }).on('line', (line) => this.#fails(line));
    helper.unref();
    for (const stream of [helper.stdin, helper.stdout, helper.stderr]) (stream as { unref?: () => void }).unref?.();
  }

  /** The process serves. From here on it says so again and again, as long as its event loop goes on. */
  ready(): void {
    this.#say('READY=1');
    if (this.#beatMs !== undefined) this.#beats = setInterval(() => this.#say('WATCHDOG=1'), this.#beatMs).unref();
  }

  /** Another process is the main one from now on. Resolves when systemd knows that, or cannot be told: before, our end would be that of the service. */
  async handOver(pid: number): Promise<void> {
    const helper = this.#helper;
    if (helper === undefined || helper.stdin.writableEnded) return;
    clearInterval(this.#beats);
    const done = new Promise((resolve) => helper.once('close', resolve));
    helper.stdin.end(`MAINPID=${pid}\n`);
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, HAND_OVER_MS).unref())]);
  }

  stopping(): void {
    this.#say('STOPPING=1');
  }

  /** Nothing more is told. */
  end(): void {
    clearInterval(this.#beats);
    this.#helper?.stdin.end();
  }

  #say(line: string): void {
    // What systemd does not take is not kept.
    if (this.#helper?.stdin.writable === true && this.#helper.stdin.writableLength === 0) this.#helper.stdin.write(`${line}\n`);
  }

  #fails(reason: string): void {
    if (!this.#hasFailed) this.#failed(reason);
    this.#hasFailed = true;
  }
}

/** Twice in the time after which systemd ends a process that says nothing; undefined when it does not watch this one. */
function beatOf({ WATCHDOG_USEC: usec = '', WATCHDOG_PID: pid }: ServiceManagerOptions['env']): number | undefined {
  const isForUs = pid === undefined || pid === String(process.pid);
  return isForUs && /^[1-9]\d{3,14}$/.test(usec) ? Number(usec) / 2_000 : undefined;
}
