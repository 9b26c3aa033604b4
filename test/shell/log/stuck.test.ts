import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { data, framed } from '../../core/support/messages.ts';
import { built } from '../../support/built.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';

let directory: string;
const children: ChildProcess[] = [];
const pids: number[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davecast-test-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const pid of pids.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  }
  rmSync(directory, { recursive: true, force: true });
});

/** A relay whose log goes somewhere that may take nothing. */
class Relay {
  readonly inPort: number;
  readonly outPort: number;
  #sequence = 0;

  constructor(inPort: number, outPort: number) {
    this.inPort = inPort;
    this.outPort = outPort;
  }

  static async onFreePorts(): Promise<Relay> {
    return new Relay(await freeTcpPort(), await freeTcpPort());
  }

  get argv(): string[] {
    return [built('shell/bin/davecast'), 'relay', '--bind', '127.0.0.1', '--in', String(this.inPort), '--out', String(this.outPort)];
  }

  async isUp(): Promise<void> {
    await expect.poll(() => connect(this.outPort).then((socket) => socket.destroy(), () => undefined), { timeout: 20_000 }).toBeDefined();
  }

  /** More lines than a pipe and a terminal hold. */
  async makeTalk(): Promise<void> {
    for (let i = 0; i < 300; i++) {
      for (const port of [this.inPort, this.outPort]) {
        const socket = await connect(port);
        await new Promise<void>((resolve) => socket.on('close', () => resolve()).end().resume());
      }
    }
  }

  /** What somebody sends, somebody else gets. */
  async carries(): Promise<void> {
    const subscriber = await connect(this.outPort);
    const source = await connect(this.inPort);
    this.#sequence++;
    const bytes = framed(data(this.#sequence, Buffer.from(`programme ${this.#sequence}`)));
    let got = Buffer.alloc(0);
    subscriber.on('data', (more) => (got = Buffer.concat([got, more])));
    source.write(bytes);
    await expect.poll(() => got.includes(`programme ${this.#sequence}`)).toBe(true);
    subscriber.destroy();
    source.destroy();
  }
}

function connect(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

async function goesOnAndEnds(relay: Relay, output: 'pipe' | number): Promise<void> {
  const child = spawn(process.execPath, relay.argv, { stdio: ['ignore', output, 'inherit'] });
  children.push(child);
  child.stdout?.pause();
  const exited = new Promise((resolve) => child.on('exit', resolve));
  await relay.isUp();
  await relay.makeTalk();
  await relay.carries();
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
}

const hasScript = spawnSync('script', ['--version']).status === 0;

describe('a process whose log is not taken', () => {
  it('goes on when nobody reads the pipe, and ends when it is told to', async () => {
    const relay = await Relay.onFreePorts();
    await goesOnAndEnds(relay, 'pipe');
  });

  it.skipIf(!hasScript)('goes on when its terminal is stopped, and ends when it is told to', async () => {
    const relay = await Relay.onFreePorts();
    const pidFile = join(directory, 'pid');
    const command = `echo $$ > '${pidFile}'; exec ${[process.execPath, ...relay.argv].map((word) => `'${word}'`).join(' ')}`;
    // What "script" cannot write it does not read from the terminal that it gives to the command.
    const script = spawn('script', ['-q', '-e', '-c', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(script);
    const output = script.stdout!.pause();
    await relay.isUp();
    pids.push(Number(readFileSync(pidFile, 'utf8')));
    await relay.makeTalk();
    await relay.carries();
    process.kill(pids[0]!, 'SIGTERM');
    await expect.poll(() => connect(relay.outPort).then((socket) => socket.destroy(), () => 'refused'), { timeout: 20_000 }).toBe('refused');
    const exited = new Promise((resolve) => script.on('exit', resolve));
    output.resume();
    expect(await exited).toBe(0);
  });

  it('goes on when the disk is full', async () => {
    const relay = await Relay.onFreePorts();
    await goesOnAndEnds(relay, openSync('/dev/full', 'w'));
  });
});
