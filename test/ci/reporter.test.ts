import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

interface Failure {
  readonly message?: unknown;
  readonly stacks?: readonly { readonly file: string; readonly line: number }[];
}

interface Group {
  readonly fullName: string;
  errors(): readonly Failure[];
}

interface Test {
  readonly fullName: string;
  result(): { readonly state: string; readonly errors?: readonly Failure[] };
}

interface Module {
  readonly relativeModuleId: string;
  readonly children: { allSuites(): readonly Group[]; allTests(): readonly Test[] };
  errors(): readonly Failure[];
}

interface Reporter {
  onTestRunEnd(modules: readonly Module[], unhandled: readonly Failure[]): void;
}

const { default: CiReporter } = (await import(new URL('../../.ci/reporter.js', import.meta.url).href)) as { readonly default: new () => Reporter };

const test = (fullName: string, state: string, errors: readonly Failure[] = []): Test => ({ fullName, result: () => ({ state, errors }) });
const group = (fullName: string, ...errors: readonly Failure[]): Group => ({ fullName, errors: () => errors });

function module(name: string, tests: readonly Test[], groups: readonly Group[] = [], errors: readonly Failure[] = []): Module {
  return { relativeModuleId: name, children: { allSuites: () => groups, allTests: () => tests }, errors: () => errors };
}

/** What .ci/run is told of a run. */
function told(modules: readonly Module[], unhandled: readonly Failure[] = []): { readonly counts: string; readonly failures: string } {
  const directory = mkdtempSync(join(tmpdir(), 'davecast-ci-'));
  const [counts, failures] = [join(directory, 'counts'), join(directory, 'failures')];
  const { CI_COUNTS, CI_FAILURES } = process.env;
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
    // In CI they are set for this run itself.
    for (const [name, value] of Object.entries({ CI_COUNTS, CI_FAILURES })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  Object.assign(process.env, { CI_COUNTS: counts, CI_FAILURES: failures });
  new CiReporter().onTestRunEnd(modules, unhandled);
  const read = (file: string): string => readFileSync(file, { encoding: 'utf8', flag: 'a+' });
  return { counts: read(counts), failures: read(failures) };
}

it('a run is told by what has passed and failed, whatever failed and whatever was thrown', () => {
  expect(told([module('a', [test('one', 'passed'), test('two', 'skipped'), test('three', 'pending')])])).toEqual({ counts: '1 0 a\n', failures: '' });
  const thrown = [{ message: 'not so\nfor a reason', stacks: [{ file: '/x/node_modules/y.js', line: 1 }, { file: '/x/test/a.test.ts', line: 7 }] }];
  const failing = [
    module('a', [test('one', 'passed'), test('two', 'failed', thrown)]),
    module('b', [test('three', 'skipped')], [group('its set-up', { message: 'no port' })]),
    module('c', [], [], [{ message: 'cannot be read' }]),
    module('d', [test('four', 'failed', [{}, { message: 5 }])]),
  ];
  const { counts, failures } = told(failing, [{ message: 'a worker is gone' }]);
  expect(counts).toBe('1 1 a\n0 1 b\n0 1 c\n0 1 d\n0 1 -\n');
  expect(failures).toBe(`-- a: two
     not so
     for a reason
     at /x/test/a.test.ts:7
-- b: its set-up: outside its tests
     no port
-- c: outside its tests
     cannot be read
-- d: four
     an error without a message
     5
-- errors that nobody handled
     a worker is gone
`);
});
