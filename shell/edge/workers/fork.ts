import { fork, type ChildProcess } from 'node:child_process';

/** Starts a module of this folder, by its name without an ending, in a process of its own that can be given connections. */
export function forkModule(name: string): ChildProcess {
  const isBuilt = import.meta.url.endsWith('.js');
  const module = new URL(isBuilt ? `./${name}.js` : `./${name}.ts`, import.meta.url);
  return fork(module, [], {
    // A process does not inherit what has this one read TypeScript.
    execArgv: isBuilt ? process.execArgv : ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
  });
}
