import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecording } from '../../../../core/recording/file/read.ts';
import { davecast } from '../../../../shell/bin/main.ts';
import { replay } from '../../../../sim/replay/replay.ts';
import { built } from '../../../support/built.ts';

let directory: string;
let relay: ChildProcessWithoutNullStreams | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davecast-test-'));
});

afterEach(() => {
  relay?.kill('SIGKILL');
  relay = undefined;
  rmSync(directory, { recursive: true, force: true });
});

async function run(...argv: string[]): Promise<{ readonly status: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const status = await davecast(argv, { out: (text) => (out += text), err: (text) => (err += text) });
  return { status, out, err };
}

function expectReplayed(file: string): void {
  const recording = readRecording(readFileSync(file));
  for (const stretch of replay(recording)) expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
  expect(recording.generations.length).toBeGreaterThan(0);
}

describe('davecast record', () => {
  it('says what is wrong with its arguments', async () => {
    const wrong: readonly (readonly [string[], string])[] = [
      [['record'], 'record: command is missing, must be dump'],
      [['record', 'play', directory], 'record: unknown command "play", must be dump'],
      [['record', 'dump'], 'record dump: DIR is missing'],
      [['record', 'dump', directory], `no process records to ${directory}`],
      [['record', 'dump', '/nowhere'], 'cannot read /nowhere: no such file or directory (ENOENT)'],
      [['record', 'dump', directory, '--wait', 'x'], '--wait must be a whole number of seconds, not "x"'],
      [['edge', '--http', '0', '--relay', 'h:1', '--no-audio'], '--no-audio needs --record'],
    ];
    for (const [argv, says] of wrong) expect(await run(...argv)).toEqual({ status: 2, out: '', err: `davecast: ${says} (see davecast --help)\n` });
    expect(await run('record', '--help')).toMatchObject({ status: 0, err: '' });
  });

  it('has a process freeze what it has, and freezes what it left when it was killed', async () => {
    relay = spawn(process.execPath, [built('shell/bin/davecast'), 'relay', '--in', '0', '--out', '0', '--bind', '127.0.0.1', '--record', directory]);
    let log = '';
    relay.stdout.on('data', (text) => (log += text));
    await expect.poll(() => log, { timeout: 20_000 }).toContain('"what":"out"');
    const asked = await run('record', 'dump', directory);
    expect(asked).toMatchObject({ status: 0, err: '' });
    expectReplayed(asked.out.trim());

    relay.kill('SIGKILL');
    await once(relay, 'close');
    expect(readdirSync(directory).some((name) => name.endsWith('.part'))).toBe(true);
    const left = await run('record', 'dump', directory);
    expect(left.out).toContain('-left.davecast');
    expect(existsSync(left.out.trim())).toBe(true);
    expectReplayed(left.out.trim());
    expect(readdirSync(directory).filter((name) => !name.endsWith('.davecast'))).toEqual([]);
  });
});
