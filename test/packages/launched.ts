import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { expect } from 'vitest';
import { mp3Frames, RawClient } from '../shell/support/support.ts';

/** What a program printed that has ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], cwd: string = process.cwd()): Ended {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Runs a program that has to succeed; returns what it printed. */
export function succeed(program: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr } = run(program, args, cwd);
  expect(status, `${program} ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** A davecast that runs, however it was packed. */
export class Launched {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  out = '';
  err = '';

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.child.stdout!.on('data', (text) => (this.out += text));
    this.child.stderr!.on('data', (text) => (this.err += text));
    this.exited = new Promise((resolve) => this.child.once('close', resolve));
  }

  lines(event: string): Record<string, unknown>[] {
    return this.out.split('\n').filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The first line about this event, or the first for which `holds`. */
  async line(event: string, holds: (line: Record<string, unknown>) => boolean = () => true): Promise<Record<string, unknown>> {
    const find = (): Record<string, unknown> | undefined => this.lines(event).find(holds);
    const isOver = (): boolean => find() !== undefined || this.child.exitCode !== null;
    await expect.poll(isOver, { timeout: 30_000 }).toBe(true);
    expect(find(), `${event} in ${this.out}${this.err}`).toBeDefined();
    return find()!;
  }

  /** Resolves with the status. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null) this.child.kill('SIGTERM');
    return await this.exited;
  }
}

/** Has a station take a source and give its frames to a listener. Its source password is `pw`. */
export async function expectAudio(station: Launched): Promise<void> {
  const port = (await station.line('listening', ({ what }) => what === 'http'))['port'] as number;
  const source = new RawClient(port).write(`PUT /radio HTTP/1.1\r\nAuthorization: Basic ${Buffer.from('source:pw').toString('base64')}\r\n\r\n`);
  await source.untilText('\r\n\r\n');
  const frames = mp3Frames(100);
  source.write(Buffer.concat(frames));
  await station.line('mount-started');
  const listener = new RawClient(port).write('GET /radio HTTP/1.0\r\n\r\n');
  const heard = Buffer.concat(frames.slice(0, 90));
  const received = await listener.until((bytes) => bytes.includes(heard));
  expect(received.includes(heard)).toBe(true);
  listener.socket.destroy();
  source.socket.destroy();
}
