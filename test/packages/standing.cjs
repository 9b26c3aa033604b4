// Loaded before a program: its event loop is made to stand once the watchdog's thread looks on, for so long that it is told of.
const { isMainThread } = require('node:worker_threads');

if (isMainThread) process.once('worker', (worker) => worker.once('online', () => setTimeout(standStill, 300)));

function standStill() {
  const untilMs = performance.now() + 1_500;
  while (performance.now() < untilMs);
}
