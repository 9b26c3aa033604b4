import { hlsAgree } from './agreement/agreement.ts';
import { BadOption } from './common/options.ts';
import { core } from './costs/core/core.ts';
import { latency } from './costs/latency.ts';
import { memory } from './costs/memory.ts';
import { nats } from './costs/links/nats.ts';
import { recording } from './costs/recording.ts';
import { refused } from './costs/links/refused.ts';
import { sealed } from './costs/links/sealed.ts';
import { signatures } from './costs/links/signatures.ts';
import { simulator } from './costs/simulator.ts';
import { start } from './costs/start.ts';
import { detection } from './detection/detection.ts';
import { switches } from './detection/switches.ts';
import { ingest } from './ingest/ingest.ts';
import { hls } from './listeners/hls.ts';
import { listeners } from './listeners/listeners.ts';
import { outagesDoc } from './outages/outages-doc.ts';
import { outages } from './outages/outages.ts';
import { performance } from './performance/performance.ts';
import { short } from './performance/short.ts';

/** Side-by-side measurements, by name: `npm run bench -- ingest`. */
const benches: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  core,
  detection,
  hls,
  'hls-agree': hlsAgree,
  ingest,
  latency,
  listeners,
  memory,
  nats,
  outages,
  'outages-doc': outagesDoc,
  performance,
  recording,
  refused,
  sealed,
  short,
  signatures,
  simulator,
  start,
  switches,
};

const [name, ...args] = process.argv.slice(2);
const bench = name === undefined ? undefined : benches[name];
if (bench === undefined) {
  process.stderr.write(`bench: name one of: ${Object.keys(benches).join(', ')}\n`);
  process.exitCode = 2;
} else {
  try {
    await bench(args);
  } catch (error) {
    if (!(error instanceof BadOption)) throw error;
    process.stderr.write(`bench: ${error.message}\n`);
    process.exitCode = 2;
  }
}
