import { isatty } from 'node:tty';
import type { Settings } from '../../../core/config/settings.ts';
import type { ProcessRole } from '../app.ts';
import type { Logger } from '../../log/log.ts';
import { STDOUT } from '../../log/writer.ts';
import { keepYoungGenerationSmall } from '../young-generation.ts';
import { startThread } from '../start-thread.ts';

/** What the thread is given. */
export interface WatchdogData {
  /** One number, which the event loop that is watched keeps increasing. */
  readonly beats: Int32Array<SharedArrayBuffer>;
  readonly lookMs: number;
  readonly standsMs: number;
  readonly endMs: number;
  readonly role: ProcessRole;
  /** Where it says what it sees. */
  readonly descriptor: number;
  readonly isForPeople: boolean;
}

/** So often is looked in the time after which a loop that stands is told of. */
const LOOKS = 4;

/**
 * Says when the event loop stands, which the loop itself cannot: a loop without end in our own code, or a call of the system that does
 * not come back. A thread looks whether it goes on, tells what it is at, and ends the process in the end, for somebody to start it again.
 */
export function watchEventLoop({ loopBlockedMs, loopBlockedExitMs }: Settings, role: ProcessRole, { log, descriptor }: Logger): void {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const lookMs = Math.ceil(loopBlockedMs / LOOKS);
  const workerData: WatchdogData = { beats, lookMs, standsMs: loopBlockedMs, endMs: loopBlockedExitMs, role, descriptor, isForPeople: isatty(STDOUT) };
  const thread = startThread('process/watchdog/thread', workerData);
  thread.on('error', (error) => log({ kind: 'unwatched', error: error.message }));
  thread.once('online', keepYoungGenerationSmall);
  thread.unref();
  setInterval(() => void Atomics.add(beats, 0, 1), lookMs).unref();
}
