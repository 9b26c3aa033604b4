import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { logTable, type LogKind } from '../../log/text/table.ts';
import { askWhereMainThreadIs, endMainThread } from './main-thread.ts';
import { StandingTime } from './standing-time.ts';
import type { WatchdogData } from './watchdog.ts';

/** The status of a process that is ended because its event loop stands (EX_SOFTWARE of sysexits.h). */
const STANDING_STATUS = 70;
/** One that does not even end by then is killed. */
const KILL_MS = 5_000;

const { beats, lookMs, standsMs, endMs, role, descriptor, isForPeople } = workerData as WatchdogData;
let format: ((line: string) => string) | undefined;
if (isForPeople) void import('../../log/format.ts').then(({ formatForPeople }) => (format = formatForPeople()));
const standing = new StandingTime(lookMs);
let isTold = false;

const timer = setInterval(() => {
  const stoodMs = standing.look(performance.now(), Atomics.load(beats, 0));
  if (stoodMs === 0 && isTold) tell('loop-goes-on', { stoodMs: standing.lastMs });
  else if (stoodMs >= standsMs && !isTold) {
    tell('loop-stands', { stoodMs });
    askWhereMainThreadIs((at) => tell('loop-stands-at', { at }));
  }
  isTold = stoodMs >= standsMs;
  if (endMs > 0 && stoodMs >= endMs) end(stoodMs);
}, lookMs);

function end(stoodMs: number): void {
  clearInterval(timer);
  tell('loop-ended', { stoodMs, status: STANDING_STATUS });
  endMainThread(STANDING_STATUS);
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), KILL_MS);
}

/** As the log does, which is the main thread's. */
function tell(event: LogKind, figures: object): void {
  const { level, text } = logTable[event];
  const line = `${JSON.stringify({ level, time: new Date().toISOString(), role, event, ...figures, msg: text })}\n`;
  try {
    writeSync(descriptor, format === undefined ? line : format(line));
  } catch {
    // It takes nothing now.
  }
}
