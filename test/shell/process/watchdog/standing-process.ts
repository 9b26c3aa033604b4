import { existsSync } from 'node:fs';
import { withSettings } from '../../../../core/config/settings.ts';
import { createLogger } from '../../../../shell/log/log.ts';
import { watchEventLoop } from '../../../../shell/process/watchdog/watchdog.ts';

/** A process whose event loop stands, until a file is there, once standard input says so: what the tests of the watchdog watch. */
const untilFile = process.argv[2]!;
const [loopBlockedMs, loopBlockedExitMs] = process.argv.slice(3).map(Number) as [number, number];
const logger = createLogger({ role: 'edge', level: 'info' });
watchEventLoop(withSettings({ loopBlockedMs, loopBlockedExitMs }), 'edge', logger);

process.stdin.once('data', () => {
  standStill();
  process.stdin.once('data', () => process.exit(0));
});
process.stderr.write('ready\n');

/** Looks for the file so seldom that whoever looks finds this function, and none of Node's that it calls. */
function standStill(): void {
  let turns = 0;
  while (!existsSync(untilFile)) for (const end = turns + 1e8; turns < end; turns++);
}
