import { framesOf, readProgramme } from './frames.ts';
import { Outlet } from './outlet.ts';
import { mountName, type LoadPlan, type LoadReport } from './plan.ts';
import { BareStream, RelayStream, sourceRequest, type Sender, type StreamOptions } from './stream.ts';

const TICK_MS = 5;
const REPORT_MS = 500;

/**
 * All encoders of a load in one process, which ends with the one that started it. Argument: a LoadPlan in JSON. It costs little itself: frames are
 * in memory, one buffer serves all messages, and each is written by one call of the system.
 */
const plan = JSON.parse(process.argv[2]!) as LoadPlan;
const programme = readProgramme(plan.programme);
const outlets: Outlet[] = [];

const planned: Omit<StreamOptions, 'startMs'>[] = [];
const shared: Outlet[][] = [];
for (let encoder = 0; encoder < plan.encoders; encoder++) {
  if (plan.shared) shared.push(await openAll());
  for (let mount = 0; mount < plan.mounts; mount++) {
    const { frames, first } = framesOf(plan, programme, mount, encoder);
    const name = mountName(mount);
    planned.push({ mount: name, frames, first, outlets: shared[encoder] ?? (await openAll(plan.protocol === 'icecast' ? sourceRequest(name, frames) : '')) });
  }
}
tell('connected');

const startMs = performance.now();
const Stream = plan.protocol === 'relay' ? RelayStream : BareStream;
const senders: readonly Sender[] = planned.map((each) => new Stream({ ...each, startMs }));
let sent = 0;
setInterval(() => {
  const nowMs = performance.now();
  for (const sender of senders) sent += sender.tick(nowMs);
  for (const outlet of outlets) outlet.flush();
}, TICK_MS);
setInterval(() => tell({ sent, elapsedMs: performance.now() - startMs }), REPORT_MS);
process.once('disconnect', () => process.exit(0));

function openAll(opening = ''): Promise<Outlet[]> {
  return Promise.all(
    plan.ports.map(async (port) => {
      const outlet = await Outlet.open(port, { collects: plan.shared, opening });
      outlets.push(outlet);
      return outlet;
    }),
  );
}

function tell(report: LoadReport): void {
  process.send!(report);
}
