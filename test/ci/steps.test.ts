import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { inRepository } from '../../bench/common/repository.ts';

/** What one run of the tests writes: for .ci/run, and as its own status. */
interface Run {
  readonly counts: string;
  readonly failures?: string;
  readonly status?: number;
}

/** Takes one step of .ci/run, whose command comes to one of `runs` each time it is called. */
function take(step: 'suite' | 'suite_of_programs', ...runs: readonly Run[]): { readonly output: string; readonly status: number | null } {
  const directory = mkdtempSync(join(tmpdir(), 'davecast-ci-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  runs.forEach(({ counts, failures = '', status = 0 }, index) => {
    const file = join(directory, `${index}`);
    writeFileSync(`${file}.counts`, counts);
    writeFileSync(`${file}.failures`, failures);
    writeFileSync(`${file}.status`, `${status}`);
  });
  const command = join(directory, 'command');
  writeFileSync(
    command,
    `cd ${directory}
echo "run of: $*"
run=$(ls | grep -c done)
touch "$run.done"
cat "$run.counts" >"$CI_COUNTS"
cat "$run.failures" >>"$CI_FAILURES"
exit "$(cat "$run.status")"
`,
  );
  const { stdout, stderr, status } = spawnSync('bash', ['-uc', `. ${inRepository('.ci/steps.sh')}; ${step} name bash ${command}; tell`], { encoding: 'utf8' });
  return { output: `${stdout}${stderr}`, status };
}

const reporters = '--reporter=default --reporter=./.ci/reporter.js';
const bad: Run = { counts: '3 0 a\n1 2 b\n0 1 c\n', failures: '-- b: one\n     reason\n', status: 1 };

it('a step counts what its tests came to', () => {
  expect(take('suite', { counts: '3 0 a\n4 0 b\n' })).toEqual({ output: `== name\nrun of: ${reporters}\n7 passed, 0 failed\n`, status: 0 });
  expect(take('suite', bad)).toEqual({ output: `== name\nrun of: ${reporters}\n-- b: one\n     reason\n4 passed, 3 failed\n`, status: 1 });
});

it('a run that fails without a failed test, or tells nothing, has failed', () => {
  for (const run of [{ counts: '3 0 a\n', status: 7 }, { counts: '' }]) {
    const { output, status } = take('suite', run);
    expect(status).toBe(1);
    expect(output).toMatch(/-- bash \S+ ended with [07]\n\d passed, 1 failed\n$/);
  }
});

it('files of tests with real programs run once more when something in them failed, and that run counts', () => {
  const mended = take('suite_of_programs', bad, { counts: '3 0 b\n2 0 c\n' });
  expect(mended.output).toBe(`== name
run of: ${reporters}
== name once more: b c
run of: b c ${reporters}
-- at the first of two runs: b: one
     reason
8 passed, 0 failed
`);
  expect(mended.status).toBe(0);
  const again = take('suite_of_programs', bad, { counts: '2 1 b\n2 0 c\n', failures: '-- b: one\n', status: 1 });
  expect(again.output).toMatch(/runs: b: one\n {5}reason\n-- b: one\n7 passed, 1 failed\n$/);
  expect(again.status).toBe(1);
});

it('what no file can be blamed for does not run again', () => {
  const { output, status } = take('suite_of_programs', { counts: '3 1 a\n0 1 -\n', failures: '-- errors that nobody handled\n', status: 1 });
  expect(output).toBe(`== name\nrun of: ${reporters}\n-- errors that nobody handled\n3 passed, 2 failed\n`);
  expect(status).toBe(1);
  expect(take('suite_of_programs', { counts: '3 0 a\n', status: 7 }).status).toBe(1);
});
