// Loaded before a program: keeps what it makes, which has V8 enlarge the young generation, and prints how large that is then, in bytes.
setTimeout(() => {
  const kept = Array.from({ length: 1_000_000 }, (_, index) => ({ index }));
  const { space_size: bytes } = require('node:v8').getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  require('node:fs').writeSync(2, `${kept.length} ${bytes}\n`);
  process.exit(0);
}, 2_000);
