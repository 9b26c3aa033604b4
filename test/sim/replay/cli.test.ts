import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runReplay } from '../../../sim/cli/replay/replay.ts';
import { recordEdge } from '../../core/recording/support.ts';
import { smallSettings, type Step } from '../../core/support/steps.ts';

let directory: string;
let file: string;
let whole: Uint8Array;

const programme: readonly Step[] = Array.from({ length: 12 }, (_, n): Step[] => [
  { kind: 'healthy', path: 0, stream: 1, count: 20, mount: 'a', aac: 1 },
  ...(n === 2 ? [{ kind: 'come' } as const] : []),
  { kind: 'wait', ms: 400 },
]).flat();

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'davecast-test-'));
  file = join(directory, 'night.davecast');
  whole = recordEdge(programme, { settings: { ...smallSettings, recordMs: 4_000 } }).bytes();
  writeFileSync(file, whole);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function replay(...args: string[]): { readonly status: number; readonly out: string; readonly problems: readonly string[] } {
  let out = '';
  const problems: string[] = [];
  const status = runReplay(args, { out: (text) => (out += text), problem: (text) => void problems.push(text) });
  return { status, out, problems };
}

describe('npm run replay', () => {
  it('tells what happened, and that the same came out', () => {
    const { status, out, problems } = replay(file);
    expect({ status, problems }).toEqual({ status: 0, problems: [] });
    expect(out).toMatch(/mount-started +mount a,/);
    expect(out).toMatch(/identical to the recording: \d+ fingerprints agree, to the byte/);
  });

  it('tells of one mountpoint and one time only', () => {
    expect(replay(file, '--mount', '/a', '--from', '0', '--to', '0.5').out).toContain('mount-started');
    expect(replay(file, '--mount', 'b').out).not.toContain('mount-started');
    expect(replay(file, '--from', '0.5s').out).not.toContain('mount-started');
  });

  it('prints JSON', () => {
    const { ok, stretches, events } = JSON.parse(replay(file, '--json').out) as { ok: boolean; stretches: { blocks: number }[]; events: { kind: string }[] };
    expect(ok).toBe(true);
    expect(stretches[0]!.blocks).toBeGreaterThan(3);
    expect(events.map(({ kind }) => kind)).toContain('listener-joined');
  });

  it('plays it otherwise', () => {
    const { status, out, problems } = replay(file, '--what-if', 'path-1-down@1s', '--set', 'mountEndMs=1000');
    expect({ status, problems }).toEqual({ status: 0, problems: [] });
    expect(out).toMatch(/^\+ +\d\.\d+ +path-closed/m);
    expect(out).toMatch(/^\+ +\d\.\d+ +mount-ended +mount a/m);
    const { whatIf } = JSON.parse(replay(file, '--json', '--what-if', 'path-1-down@1s').out) as { whatIf: { programmeS: number }[][] };
    expect(whatIf[0]![1]!.programmeS).toBeLessThan(whatIf[0]![0]!.programmeS);
    expect(replay(file, '--what-if', 'path-9-down@1s').problems).toEqual(['replay: --what-if: no path 9 is open at 1 s']);
  });

  it('plays it with other settings for one mountpoint, before which those for all of them go', () => {
    const endings = (...args: string[]): string[] => replay(file, '--what-if', 'path-1-down@1s', ...args).out.match(/^. +\d\.\d+ +mount-ended .*$/gm) ?? [];
    const silentMs = (lines: readonly string[]): (string | undefined)[] => lines.filter((line) => line.startsWith('+')).map((line) => /silentMs (\d+)/.exec(line)?.[1]);
    expect(silentMs(endings('--set', '/a/mountEndMs=700'))).toEqual(['700']);
    expect(silentMs(endings('--set', 'b/mountEndMs=700'))).toEqual(['1500']);
  });

  it('writes a picture, and a recording without audio that does the same', () => {
    const [page, redaction] = [join(directory, 'page.html'), join(directory, 'outline')];
    expect(replay(file, '--html', page, '--outline', redaction).status).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain('identical to the recording');
    expect(statSync(redaction).size).toBeLessThan(whole.length / 3);
    expect(replay(redaction)).toMatchObject({ status: 0, problems: [] });
  });

  it('replays what is whole of a file that is cut, and says so', () => {
    const cut = join(directory, 'cut');
    writeFileSync(cut, whole.subarray(0, whole.length - 1_000));
    const { status, out, problems } = replay(cut);
    expect(status).toBe(0);
    expect(out).toContain('identical to the recording');
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/cut: the file ends in the middle of a block, which begins at byte \d+$/);
  });

  it('exits with 2 and one line when it cannot do what it was asked', () => {
    const garbage = join(directory, 'garbage');
    writeFileSync(garbage, 'something else');
    const wrong: readonly (readonly [string[], string | RegExp])[] = [
      [[], 'recording is missing: npm run replay FILE'],
      [[join(directory, 'none')], /cannot read .*none: ENOENT/],
      [[file, '--what-if', 'relay-2-up@3'], /--what-if must be relay-2-down@12.5s, .*, not relay-2-up@3/],
      [[file, '--set', 'nothing=3'], /--set must be the name of a setting/],
      [[file, '--set', 'stallMinMs=1'], '--set: stallMinMs must be a whole number of ms from 50 to 60000, not 1'],
      [[file, '--set', 'stallMinMs=9000'], '--set: stallMinMs (9000) must not be more than stallMaxMs (3000)'],
      [[file, '--set', 'a/ringMs=9000'], /--set must be the name of a setting/],
      [[file, '--set', 'a/mountEndMs=1'], '--set: mountEndMs must be a whole number of ms from 100 to 3600000, not 1'],
      [[file, '--set', 'a/prefer='], /--set must be the name of a setting/],
      [[file, '--from', '9', '--to', '3'], '--to must not be before --from'],
      [[file, '--from', 'x'], '--from must be seconds, such as 12.5, not x'],
      [[file, file], /only one recording can be replayed at a time/],
    ];
    for (const [args, says] of wrong) {
      const { status, problems } = replay(...args);
      expect(status).toBe(2);
      expect(problems).toHaveLength(1);
      expect(problems[0]!.replace('replay: ', '')).toMatch(says);
    }
    expect(replay(garbage)).toMatchObject({ status: 2, problems: [/nothing can be read/, /contains nothing that can be replayed/].map((text) => expect.stringMatching(text) as string) });
  });
});
