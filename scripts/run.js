// Runs a program of this package, named as scripts/run.js sim/cli/main: its source where TypeScript can be read (a checkout with its
// development dependencies), or else what is built of it (the package).
import { existsSync } from 'node:fs';

const [node, , name, ...more] = process.argv;
const source = new URL(`../${name}.ts`, import.meta.url);
const built = new URL(`../dist/${name}.js`, import.meta.url);

process.argv = [node, name, ...more];
if (existsSync(source) && (await readsTypeScript())) await import(source.href);
else if (existsSync(built)) await import(built.href);
else {
  process.stderr.write(`${name} is not built: npm ci, with the development dependencies\n`);
  process.exitCode = 1;
}

async function readsTypeScript() {
  try {
    await import('tsx');
    // As if Node had been started so: a program that starts another one like itself looks there.
    process.execArgv.push('--import', import.meta.resolve('tsx'));
    return true;
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return false;
  }
}
