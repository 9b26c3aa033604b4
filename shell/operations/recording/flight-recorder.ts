import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { GENERATIONS, Recorder, type RecordingOut } from '../../../core/recording/recorder.ts';
import type { AudioKept, FrozenMark, RecordedRole } from '../../../core/recording/file/format.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Log } from '../../log/log.ts';
import { inWords } from '../../process/problems.ts';
import { version } from '../../process/version.ts';
import { frozenFile, makeReady, makeRoom, moveIn, moveOut, partFile, runningFile, salvage, tenantsOf, UNFINISHED_SUFFIX, writeWhole, type Tenant } from './directory.ts';
import { Part } from './part.ts';

/** What `--record` asks for. */
export interface RecordConfig {
  readonly directory: string;
  readonly audio: AudioKept;
}

export interface FlightRecorderOptions extends RecordConfig {
  readonly role: RecordedRole;
  readonly settings: Settings;
  readonly log: Log;
}

/** What waits for the disk at most: as much, or this part of `recordBytes`. Beyond it the disk is too slow, and recording stops. */
const MAX_WAITING_BYTES = 8_388_608;
const MAX_WAITING_PART = 4;

/**
 * How long after it has stopped recording is tried again; twice as long each time that it stops again within the longest. A flood is over
 * by the first; a disk that is full is looked at a few times an hour; a state that is too large costs its writing each time.
 */
const AGAIN_MIN_MS = 10_000;
const AGAIN_MAX_MS = 600_000;

/** A disk that hangs does not keep the process from starting: what is recorded meanwhile waits. */
const READY_MS = 1_000;

/**
 * Keeps the newest minutes of a machine's life in files, and freezes them to one file when something has happened.
 *
 *     machine -> Recorder -> blocks -> queue -> a file for each generation -> frozen: SIGUSR2, a failure
 *
 * The stream goes before the recording: whatever is wrong with the disk, recording stops with one line in the log, and is tried again
 * later. Work on the files is done in order, one thing at a time, and never waited for.
 */
export class FlightRecorder implements RecordingOut {
  readonly recorder: Recorder;
  readonly #options: FlightRecorderOptions;
  readonly #parts: Part[] = [];
  readonly #onSignal = (): void => void this.freeze('signal');
  readonly #onFailure = (error: unknown): void => this.#freezeAtOnce(error);
  #work: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  /** Set while recording has stopped and is to be tried again. */
  #again: NodeJS.Timeout | undefined;
  #againMs = AGAIN_MIN_MS;
  #stoppedAt = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(options: FlightRecorderOptions) {
    const { role, settings, audio } = options;
    this.#options = options;
    this.recorder = new Recorder({ role, version, settings, audio, wallTime: () => new Date().toISOString(), checksum: crc32, out: this });
  }

  /** Before the machine's first call. Waits until the directory is there, or cannot be had, but no longer than READY_MS. */
  async start(): Promise<void> {
    process.on('SIGUSR2', this.#onSignal);
    process.on('uncaughtExceptionMonitor', this.#onFailure);
    this.#then(() => this.#moveIn());
    await Promise.race([this.#work, sleep(READY_MS, undefined, { ref: false })]);
  }

  /** The process ends in good order, and needs no recording any more. */
  async stop(): Promise<void> {
    process.off('SIGUSR2', this.#onSignal);
    process.off('uncaughtExceptionMonitor', this.#onFailure);
    this.#isOver = true;
    clearTimeout(this.#again);
    this.recorder.stop();
    // A disk that hangs does not keep the process from ending.
    await Promise.race([this.#cleanUp(), sleep(this.#options.settings.stopMs, undefined, { ref: false })]);
  }

  begin(generation: number): void {
    const { directory, role } = this.#options;
    this.#parts.push(new Part(partFile(directory, role, generation)));
    while (this.#parts.length > GENERATIONS) {
      const oldest = this.#parts.shift()!;
      this.#then(() => oldest.remove());
    }
  }

  write(bytes: Uint8Array): void {
    const part = this.#parts.at(-1)!;
    part.add(bytes);
    this.#waitingBytes += bytes.length;
    this.#then(async () => {
      try {
        await part.writeOne();
        this.recorder.reuse(bytes);
      } finally {
        this.#waitingBytes -= bytes.length;
      }
    });
    if (this.#waitingBytes > Math.max(MAX_WAITING_BYTES, this.#options.settings.recordBytes / MAX_WAITING_PART)) this.#giveUp('the disk is too slow');
  }

  tooLarge(stateBytes: number): void {
    this.#giveUp(`the state alone is ${stateBytes} bytes: more than an eighth of recordBytes`);
  }

  /** Writes what there is into one file, while recording goes on; resolves with its name, or with undefined when that cannot be done. */
  freeze(why: FrozenMark['why']): Promise<string | undefined> {
    const { directory, role, log } = this.#options;
    this.recorder.seal();
    const mark = this.recorder.mark(why);
    const parts = [...this.#parts];
    const file = frozenFile(directory, role, process.pid, why);
    let frozen: string | undefined;
    this.#then(async () => {
      try {
        await writeWhole(file, async (out) => {
          for (const part of parts) await part.copyTo(out);
          await out.write(mark);
        });
        await makeRoom(directory, file);
        frozen = file;
        log({ kind: 'record-frozen', why, file });
      } catch (error) {
        // It takes the room of all that is recorded once more: recording itself can go on without.
        log({ kind: 'record-not-frozen', why: inWords(error) });
      }
    });
    return this.#work.then(() => frozen);
  }

  /** The machine has thrown, and the process is about to end. */
  #freezeAtOnce(error: unknown): void {
    const { directory, role } = this.#options;
    const file = frozenFile(directory, role, process.pid, 'failure');
    try {
      this.recorder.seal();
      const out = openSync(`${file}${UNFINISHED_SUFFIX}`, 'w');
      for (const part of this.#parts) part.copySync(out);
      writeSync(out, this.recorder.mark('failure', error instanceof Error ? (error.stack ?? error.message) : String(error)));
      closeSync(out);
      renameSync(`${file}${UNFINISHED_SUFFIX}`, file);
      for (const part of this.#parts) rmSync(part.file, { force: true });
      rmSync(runningFile(directory, role, process.pid), { force: true });
    } catch {
      // The process ends of another error than this one.
    }
  }

  async #moveIn(): Promise<void> {
    const { directory, audio, role, log } = this.#options;
    await makeReady(directory, role);
    // In a container the one before had the same process id: what it has left goes first.
    for (const tenant of await tenantsOf(directory)) if (!tenant.isAlive) await this.#salvage(tenant);
    await makeRoom(directory);
    await moveIn(directory, role);
    log({ kind: 'recording', directory, audio });
  }

  async #salvage(tenant: Tenant): Promise<void> {
    const { directory, log } = this.#options;
    try {
      const file = await salvage(directory, tenant);
      if (file !== undefined) log({ kind: 'record-frozen', why: 'found', file });
    } catch (error) {
      log({ kind: 'record-not-frozen', why: inWords(error) });
    }
  }

  async #cleanUp(): Promise<void> {
    const { directory, role } = this.#options;
    await this.#work;
    for (const part of this.#parts) await part.close();
    await moveOut(directory, role, process.pid).catch(() => undefined);
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => this.#giveUp(inWords(error)));
  }

  /** For now. */
  #giveUp(why: string): void {
    if (this.#again !== undefined || this.#isOver) return;
    this.recorder.stop();
    for (const part of this.#parts) part.giveUp();
    const now = performance.now();
    this.#againMs = now - this.#stoppedAt > 2 * AGAIN_MAX_MS ? AGAIN_MIN_MS : Math.min(2 * this.#againMs, AGAIN_MAX_MS);
    this.#stoppedAt = now;
    this.#options.log({ kind: 'record-stopped', why, againS: this.#againMs / 1_000 });
    this.#again = setTimeout(() => this.tryAgain(), this.#againMs).unref();
  }

  /** Once the disk takes something, with the machine's state as it is then. */
  tryAgain(): void {
    clearTimeout(this.#again);
    this.#then(async () => {
      this.#again = undefined;
      await this.#moveIn();
      if (!this.#isOver && !this.recorder.isOn) this.recorder.restart();
    });
  }
}
