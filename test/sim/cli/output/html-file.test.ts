import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { run } from '../../../../sim/cli/run.ts';
import type { Picture } from '../../../../sim/picture/data.ts';

const DEATH = join(import.meta.dirname, '../../../../scenarios/encoder-death.ts');
const scratch = mkdtempSync(join(tmpdir(), 'davecast-picture-'));
afterAll(() => rmSync(scratch, { recursive: true }));

async function sim(...args: string[]): Promise<{ status: number; out: string[]; problems: string[] }> {
  const [out, problems]: string[][] = [[], []];
  const status = await run(args, { out: (text) => out!.push(text), problem: (text) => problems!.push(text) });
  return { status, out: out!, problems: problems! };
}

function pictureIn(file: string): Picture {
  const [, data] = /id="picture">(.*)<\/script>\n<script>/s.exec(readFileSync(file, 'utf8'))!;
  return JSON.parse(data!) as Picture;
}

test('--html writes the picture of the very run that is told', async () => {
  const file = join(scratch, 'death.html');
  const { status, out } = await sim(DEATH, '--seed', '5', '--json', '--html', file);
  const plain = await sim(DEATH, '--seed', '5', '--json');
  const [told, alone] = [out, plain.out].map(([line]) => JSON.parse(line!) as Record<string, unknown>);
  expect(status).toBe(0);
  expect({ ...told, wallMs: 0 }).toEqual({ ...alone, wallMs: 0 });
  const picture = pictureIn(file);
  expect(picture.title).toBe('encoder-death, seed 5');
  expect(picture.facts).toContainEqual(['trace', told!['traceHash']]);
  expect(picture.marks.filter(({ kind }) => kind === 'switch')).toHaveLength(1);
});

test('--for draws as much as is played', async () => {
  const file = join(scratch, 'short.html');
  const { status } = await sim(DEATH, '--for', '19', '--html', file);
  expect(status).toBe(1);
  expect(pictureIn(file)).toMatchObject({ untilMs: 19_000, verdict: { tone: 'bad' } });
});

test('a page that cannot be written is one line, and exit 2', async () => {
  const { status, out, problems } = await sim(DEATH, '--html', '/no/such/place/picture.html');
  expect([status, out]).toEqual([2, []]);
  expect(problems).toEqual([expect.stringMatching(/^sim: cannot write the picture to /)]);
});
