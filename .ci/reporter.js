import { appendFileSync, writeFileSync } from 'node:fs';

/** As much of an error as tells what it is, lines. */
const REASON_LINES = 6;

/** Stands for the file of what no file can be blamed for. */
const NO_FILE = '-';

/**
 * Tells .ci/run what a run of Vitest has come to. Writes a line `PASSED FAILED FILE` for each file of tests to the file
 * that the environment names as CI_COUNTS, and appends each failure, with its errors, to the file CI_FAILURES. What
 * failed outside a test (the set-up of a group, a file that cannot be read, an error that nobody handled) counts as one
 * failure, too.
 *
 * @implements {import('vitest/node').Reporter}
 */
export default class {
  onTestRunEnd(modules, unhandled) {
    const files = modules.map((module) => ({ ...lookAt(module), file: module.relativeModuleId }));
    if (unhandled.length > 0) files.push({ passed: 0, failures: [tell('errors that nobody handled', unhandled)], file: NO_FILE });
    writeFileSync(process.env['CI_COUNTS'], files.map(({ passed, failures, file }) => `${passed} ${failures.length} ${file}\n`).join(''));
    appendFileSync(process.env['CI_FAILURES'], files.flatMap(({ failures }) => failures).join(''));
  }
}

function lookAt(module) {
  const outside = [[module.relativeModuleId, module], ...[...module.children.allSuites()].map((group) => [`${module.relativeModuleId}: ${group.fullName}`, group])];
  const failures = outside.map(([name, part]) => [name, part.errors()]).filter(([, errors]) => errors.length > 0).map(([name, errors]) => tell(`${name}: outside its tests`, errors));
  let passed = 0;
  for (const test of module.children.allTests()) {
    const { state, errors } = test.result();
    if (state === 'passed') passed++;
    if (state === 'failed') failures.push(tell(`${module.relativeModuleId}: ${test.fullName}`, errors));
  }
  return { passed, failures };
}

function tell(name, errors) {
  // Anything can be thrown, also what has no message.
  const lines = errors.flatMap(({ message = 'an error without a message', stacks = [] }) => [
    ...String(message).split('\n').slice(0, REASON_LINES),
    ...stacks.filter(({ file }) => file.includes('/test/')).slice(0, 2).map(({ file, line }) => `at ${file}:${line}`),
  ]);
  return [`-- ${name}`, ...lines.map((line) => `     ${line}`), ''].join('\n');
}
