import { withSettings } from '../../../../core/config/settings.ts';
import { createLogger } from '../../../../shell/log/log.ts';
import { watchEventLoop } from '../../../../shell/process/watchdog/watchdog.ts';

/** A process whose event loop stands, for so many milliseconds, once standard input says so: what the tests of the watchdog watch. */
const [standMs, loopBlockedMs, loopBlockedExitMs] = process.argv.slice(2).map(Number) as [number, number, number];
const logger = createLogger({ role: 'edge', level: 'info' });
watchEventLoop(withSettings({ loopBlockedMs, loopBlockedExitMs }), 'edge', logger);

process.stdin.once('data', () => {
  standStill(performance.now() + standMs);
  process.stdin.once('data', () => process.exit(0));
});
process.stderr.write('ready\n');

/** Asks for the time so seldom that whoever looks finds this function, and none of Node's that it calls. */
function standStill(untilMs: number): void {
  let turns = 0;
  while (performance.now() < untilMs) for (const end = turns + 1e7; turns < end; turns++);
}
