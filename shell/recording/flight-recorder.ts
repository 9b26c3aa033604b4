import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { GENERATIONS, Recorder, type RecordingOut } from '../../core/recording/recorder.ts';
import type { AudioKept, FrozenMark, RecordedRole } from '../../core/recording/format.ts';
import type { Settings } from '../../core/settings.ts';
import type { Log } from '../log.ts';
import { codeOf } from '../problems.ts';
import { version } from '../version.ts';
import { frozenFile, makeRoom, moveIn, moveOut, partFile, salvage, tenantsOf, UNFINISHED_SUFFIX, writeWhole } from './directory.ts';
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
 * Keeps the newest minutes of a machine's life in files, and freezes them to one file when something has happened.
 *
 *     machine -> Recorder -> blocks -> queue -> a file for each generation -> frozen: SIGUSR2, a failure
 *
 * The stream goes before the recording: whatever is wrong with the disk, recording stops with one line in the log.
 * Work on the files is done in order, one thing at a time, and never waited for.
 */
export class FlightRecorder implements RecordingOut {
  readonly recorder: Recorder;
  readonly #options: FlightRecorderOptions;
  readonly #parts: Part[] = [];
  readonly #onSignal = (): void => void this.freeze('signal');
  readonly #onFailure = (error: unknown): void => this.#freezeAtOnce(error);
  #work: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #hasGivenUp = false;

  constructor(options: FlightRecorderOptions) {
    const { role, settings, audio } = options;
    this.#options = options;
    this.recorder = new Recorder({ role, version, settings, audio, wallTime: () => new Date().toISOString(), checksum: crc32, out: this });
  }

  /** Before the machine's first call. Throws a StartError when the directory cannot be had. */
  start(): void {
    const { directory, role } = this.#options;
    const gone = existing(directory).filter(({ isAlive }) => !isAlive);
    moveIn(directory, role);
    this.#options.log({ kind: 'recording', directory, audio: this.#options.audio });
    process.on('SIGUSR2', this.#onSignal);
    process.on('uncaughtExceptionMonitor', this.#onFailure);
    for (const tenant of gone) {
      this.#then(async () => {
        const file = await salvage(directory, tenant);
        if (file !== undefined) this.#options.log({ kind: 'record-frozen', why: 'found', file });
      });
    }
  }

  /** The process ends in good order, and needs no recording any more. */
  async stop(): Promise<void> {
    process.off('SIGUSR2', this.#onSignal);
    process.off('uncaughtExceptionMonitor', this.#onFailure);
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
      await part.writeOne();
      this.#waitingBytes -= bytes.length;
      this.recorder.reuse(bytes);
    });
    if (this.#waitingBytes > Math.max(MAX_WAITING_BYTES, this.#options.settings.recordBytes / MAX_WAITING_PART)) this.#giveUp('the disk is too slow');
  }

  tooLarge(stateBytes: number): void {
    this.#giveUp(`the state alone is ${stateBytes} bytes: more than an eighth of recordBytes`);
  }

  /** Writes what there is into one file, while recording goes on; resolves with its name. */
  freeze(why: FrozenMark['why']): Promise<string | undefined> {
    const { directory, role, log } = this.#options;
    this.recorder.seal();
    const mark = this.recorder.mark(why);
    const parts = [...this.#parts];
    const file = frozenFile(directory, role, process.pid, why);
    let frozen: string | undefined;
    this.#then(async () => {
      await writeWhole(file, async (out) => {
        for (const part of parts) await part.copyTo(out);
        await out.write(mark);
      });
      makeRoom(directory, file);
      frozen = file;
      log({ kind: 'record-frozen', why, file });
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
      moveOut(directory, role, process.pid);
      makeRoom(directory, file);
    } catch {
      // The process ends of another error than this one.
    }
  }

  async #cleanUp(): Promise<void> {
    const { directory, role } = this.#options;
    await this.#work;
    for (const part of this.#parts) await part.close();
    moveOut(directory, role, process.pid);
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => this.#giveUp(codeOf(error)));
  }

  #giveUp(why: string): void {
    if (this.#hasGivenUp) return;
    this.#hasGivenUp = true;
    this.recorder.stop();
    this.#options.log({ kind: 'record-stopped', why });
  }
}

function existing(directory: string): ReturnType<typeof tenantsOf> {
  try {
    return tenantsOf(directory);
  } catch {
    return [];
  }
}
