import { detection } from './detection.ts';
import { ingest } from './ingest.ts';
import { memory } from './memory.ts';
import { outages } from './outages.ts';
import { outagesDoc } from './outages-doc.ts';
import { recording } from './recording.ts';
import { refused } from './refused.ts';
import { simulator } from './simulator.ts';
import { switches } from './switches.ts';

/** Side-by-side measurements, by name: `npm run bench -- ingest`. */
const benches: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  detection,
  ingest,
  memory,
  outages,
  'outages-doc': outagesDoc,
  recording,
  refused,
  simulator,
  switches,
};

const [name, ...args] = process.argv.slice(2);
const bench = name === undefined ? undefined : benches[name];
if (bench === undefined) {
  process.stderr.write(`bench: name one of: ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
} else await bench(args);
