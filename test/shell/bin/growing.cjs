// Loaded before a program: when its thread has begun, keeps a million objects, which has V8 enlarge the young generation of the heap.
// Prints how many were kept, and how large that is before and after, in bytes.
const { writeSync } = require('node:fs');
const { getHeapSpaceStatistics } = require('node:v8');

process.once('worker', (worker) => worker.once('online', () => setImmediate(grow)));

function grow() {
  const before = youngBytes();
  const kept = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
  writeSync(2, `${kept.length} ${before} ${youngBytes()}\n`);
  process.exit(0);
}

function youngBytes() {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size;
}
