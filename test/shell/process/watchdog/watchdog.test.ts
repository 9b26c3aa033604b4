import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { StandingTime } from '../../../../shell/process/watchdog/standing-time.ts';

describe('how long a loop has stood', () => {
  it('is 0 as long as it goes on', () => {
    const standing = new StandingTime(500);
    expect([0, 500, 1_000, 1_500].map((nowMs, count) => standing.look(nowMs, count))).toEqual([0, 0, 0, 0]);
  });

  it('is counted while it does not, and remembered when it does again', () => {
    const standing = new StandingTime(500);
    expect([0, 500, 1_010, 1_500].map((nowMs) => standing.look(nowMs, 7))).toEqual([0, 500, 1_010, 1_500]);
    expect(standing.look(2_000, 8)).toBe(0);
    expect(standing.lastMs).toBe(1_500);
  });

  it('is not the time in which whoever looks was stopped himself', () => {
    const standing = new StandingTime(500);
    standing.look(0, 7);
    // SIGSTOP for 14 s, a suspended laptop.
    expect(standing.look(14_000, 7)).toBe(1_000);
  });
});

const directory = mkdtempSync(join(tmpdir(), 'davecast-watchdog-'));
let child: ChildProcessWithoutNullStreams | undefined;

afterEach(() => child?.kill('SIGKILL'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Starts the process of standing-process.ts, which stands until the file is there; its log, and how it ended. */
async function start(untilFile: string, ...argv: number[]): Promise<{ readonly log: () => Record<string, unknown>[]; readonly exited: Promise<number | null> }> {
  const started = spawn(process.execPath, ['--import', 'tsx', 'test/shell/process/watchdog/standing-process.ts', untilFile, ...argv.map(String)]);
  child = started;
  let [out, err] = ['', ''];
  started.stdout.on('data', (text) => (out += text));
  started.stderr.on('data', (text) => (err += text));
  const exited = new Promise<number | null>((resolve) => started.on('close', resolve));
  await expect.poll(() => err).toContain('ready');
  const log = (): Record<string, unknown>[] => out.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, exited };
}

describe('an event loop that stands', () => {
  it('is told of while it does, with what it is at, and when it goes on', async () => {
    const goOn = join(directory, 'go-on');
    const { log, exited } = await start(goOn, 400, 0);
    const events = (): unknown[] => log().map(({ event }) => event);
    child!.stdin.write('stand');
    await expect.poll(events).toEqual(['loop-stands', 'loop-stands-at']);
    writeFileSync(goOn, '');
    await expect.poll(events).toEqual(['loop-stands', 'loop-stands-at', 'loop-goes-on']);
    const [stands, at, goesOn] = log();
    expect(stands).toMatchObject({ level: 'error', role: 'edge', stoodMs: expect.any(Number) as number });
    expect((at!['at'] as string[])[0]).toMatch(/^standStill process\/watchdog\/standing-process\.ts:\d+$/);
    expect(goesOn!['stoodMs']).toBeGreaterThanOrEqual(stands!['stoodMs'] as number);
    child!.stdin.write('end');
    expect(await exited).toBe(0);
  });

  it('ends the process when it is for good', async () => {
    const { log, exited } = await start(join(directory, 'never'), 200, 1_000);
    child!.stdin.write('stand');
    expect(await exited).toBe(70);
    expect(log().at(-1)).toMatchObject({ event: 'loop-ended', status: 70 });
  });
});
