import { Worker } from 'node:worker_threads';

/** Starts a module beside another one, whose address is `beside`, in a thread of its own. `name` has no ending. */
export function startThread(beside: string, name: string, workerData: object): Worker {
  const isBuilt = beside.endsWith('.js');
  const module = new URL(isBuilt ? `./${name}.js` : `./${name}.ts`, beside);
  if (isBuilt) return new Worker(module, { workerData });
  // A thread does not inherit what has this one read TypeScript.
  const [modules, commonJs, ours] = [import.meta.resolve('tsx/esm/api'), import.meta.resolve('tsx/cjs/api'), module.href].map((url) => JSON.stringify(url));
  const code = `(async () => {
    for (const api of [${modules}, ${commonJs}]) (await import(api)).register();
    await import(${ours});
  })();`;
  return new Worker(code, { eval: true, execArgv: [], workerData });
}
