import { mkdirSync, renameSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { readLines } from '../../../../shell/process/files/lines.ts';
import { ReloadedFiles, type Content } from '../../../../shell/process/files/reloaded-files.ts';
import { scratchDirectory } from '../../edge/admission/support.ts';
import { CapturedLog } from '../../support/support.ts';

const scratch = scratchDirectory();
const stops: (() => void)[] = [];
let told: CapturedLog;
beforeEach(() => void (told = new CapturedLog()));
afterEach(() => stops.splice(0).forEach((stop) => stop()));
afterAll(() => scratch.remove());

async function words(text: string, file: string): Promise<Content<readonly string[]>> {
  const value: string[] = [];
  await readLines(text, file, (line) => {
    if (line.includes('!')) return `must have no "!"`;
    value.push(line);
    return undefined;
  });
  return { value, entries: value.length };
}

function files(lookMs: number): ReloadedFiles {
  const made = new ReloadedFiles(told.log, lookMs);
  stops.push(() => made.stop());
  return made;
}

it('reads a file again when it has changed, and keeps what it said when it is wrong', async () => {
  const all = files(5);
  const file = all.add(scratch.write('words', 'one\n# no\n\n two \r\n'), words);
  await all.start();
  expect(file.value).toEqual(['one', 'two']);
  scratch.write('words', 'three!\n');
  expect(await told.until('file-refused')).toEqual({ kind: 'file-refused', problem: `${file.file}:1: must have no "!"` });
  expect(file.value).toEqual(['one', 'two']);
  // As editors and configuration tools replace it.
  scratch.write('new', 'three\nfour\nfive\n');
  renameSync(scratch.path('new'), scratch.path('words'));
  expect(await told.until('file-loaded', { entries: 3 })).toMatchObject({ file: file.file });
  expect(file.value).toEqual(['three', 'four', 'five']);
  expect(told.all('file-refused')).toHaveLength(1);
});

it('says at the start what is wrong with all files, ten lines of each at most', async () => {
  const all = files(60_000);
  all.add(scratch.write('many', '!\n'.repeat(50)), words);
  mkdirSync(scratch.path('directory'));
  all.add(scratch.path('directory'), words);
  all.add(scratch.write('large', 'x'.repeat(4_194_305)), words);
  const message = await all.start().then(() => '', (error: Error) => error.message);
  expect(message.split('\n')).toEqual([
    ...Array.from({ length: 10 }, (_, at) => `${scratch.path('many')}:${at + 1}: must have no "!"`),
    `${scratch.path('directory')}: is not a file`,
    `${scratch.path('large')}: has more than 4194304 bytes`,
  ]);
});

it('lets others work while it reads a long file', async () => {
  const all = files(60_000);
  const file = all.add(scratch.write('long', 'word\n'.repeat(5_000)), words);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const count = (): void => {
    turns++;
    if (turns < 1_000) setImmediate(count);
  };
  setImmediate(count);
  await all.start();
  clearInterval(timer);
  expect(file.value).toHaveLength(5_000);
  expect(turns).toBeGreaterThan(3);
  turns = 1_000;
});
