/** What docs/performance.md is made of: benches with their arguments, the most important first. */
export const plan: readonly (readonly string[])[] = [
  ['ingest'],
  ['listeners', '--listeners', '1000', '--rounds', '3'],
  ['listeners', '--listeners', '2000', '--rounds', '3'],
  ['latency'],
  ['start'],
  ['core'],
  ['memory'],
  ['ingest', '--mounts', '50'],
  ['ingest', '--mounts', '1000'],
  ['ingest', '--relays', '1'],
  ['ingest', '--relays', '4'],
  ['ingest', '--encoders', '1'],
  ['ingest', '--encoders', '4'],
  ['ingest', '--subscribers', '5'],
  ['ingest', '--shared-connections'],
  ['listeners', '--listeners', '100'],
  ['listeners', '--listeners', '5000'],
  ['listeners', '--listeners', '10000'],
  ['listeners', '--listeners', '1000', '--mounts', '250'],
  ['listeners', '--listeners', '2000', '--icy'],
];

/** Where only some are given a program of somebody else's. */
export const takesPeer = (run: readonly string[]): boolean => run[0] === 'listeners';
export const takesOriginal = (run: readonly string[]): boolean => run[0] === 'ingest';

/** In a few minutes: enough to see that everything works, and too short to be recorded. */
export const quickPlan: readonly (readonly string[])[] = [
  ['ingest', '--mounts', '50', '--warm-up-s', '12'],
  ['listeners', '--listeners', '100'],
  ['latency', '--mounts', '50', '--warm-up-s', '5'],
  ['start', '--rounds', '3'],
  ['core', '--mounts', '10'],
];
