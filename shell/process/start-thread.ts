import { Worker } from 'node:worker_threads';

/** The modules that are threads of their own, by their path in shell/ without an ending. Where davecast is one file, they are part of it. */
export type ThreadName = 'process/watchdog/thread' | 'edge/admission/auth/password-thread';

export function startThread(name: ThreadName, workerData: object): Worker {
  const isBuilt = import.meta.url.endsWith('.js');
  const module = new URL(`../${name}${isBuilt ? '.js' : '.ts'}`, import.meta.url);
  if (isBuilt) return new Worker(module, { workerData });
  // A thread does not inherit what has this one read TypeScript.
  const [modules, commonJs, ours] = [import.meta.resolve('tsx/esm/api'), import.meta.resolve('tsx/cjs/api'), module.href].map((url) => JSON.stringify(url));
  const code = `(async () => {
    for (const api of [${modules}, ${commonJs}]) (await import(api)).register();
    await import(${ours});
  })();`;
  return new Worker(code, { eval: true, execArgv: [], workerData });
}
