import { appendFileSync, writeFileSync } from 'node:fs';

/** As much of an error as tells what it is, lines. */
const REASON_LINES = 6;

/**
 * Tells .ci/run what a run of Vitest has come to. Writes `PASSED FAILED` to the file that the environment names as
 * CI_COUNTS, and appends each failure, with its errors, to the file CI_FAILURES. What failed outside a test (the
 * set-up of a group, a file that cannot be read, an error that nobody handled) counts as one failure, too.
 *
 * @implements {import('vitest/node').Reporter}
 */
export default class {
  #passed = 0;
  #failed = 0;

  onTestRunEnd(modules, unhandled) {
    for (const module of modules) {
      this.#outside(module.relativeModuleId, module);
      for (const group of module.children.allSuites()) this.#outside(`${module.relativeModuleId}: ${group.fullName}`, group);
      for (const test of module.children.allTests()) this.#test(`${module.relativeModuleId}: ${test.fullName}`, test);
    }
    if (unhandled.length > 0) this.#fail('errors that nobody handled', unhandled);
    writeFileSync(process.env['CI_COUNTS'], `${this.#passed} ${this.#failed}\n`);
  }

  #test(name, test) {
    const { state, errors } = test.result();
    if (state === 'passed') this.#passed++;
    if (state === 'failed') this.#fail(name, errors);
  }

  #outside(name, group) {
    const errors = group.errors();
    if (errors.length > 0) this.#fail(`${name}: outside its tests`, errors);
  }

  #fail(name, errors) {
    this.#failed++;
    // Anything can be thrown, also what has no message.
    const lines = errors.flatMap(({ message = 'an error without a message', stacks = [] }) => [
      ...String(message).split('\n').slice(0, REASON_LINES),
      ...stacks.filter(({ file }) => file.includes('/test/')).slice(0, 2).map(({ file, line }) => `at ${file}:${line}`),
    ]);
    appendFileSync(process.env['CI_FAILURES'], [`-- ${name}`, ...lines.map((line) => `     ${line}`), ''].join('\n'));
  }
}
