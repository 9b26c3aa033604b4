import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AudioKept } from '../../../../core/recording/file/format.ts';
import { readRecording, type Recording } from '../../../../core/recording/file/read.ts';
import { recordedEdge, type EdgeMachine } from '../../../../core/recording/recorded-edge.ts';
import { withSettings, type Settings } from '../../../../core/config/settings.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { FlightRecorder } from '../../../../shell/operations/recording/flight-recorder.ts';
import { replay } from '../../../../sim/replay/replay.ts';
import { announce, data, framed } from '../../../core/support/messages.ts';
import { numbered } from '../../../core/support/frames.ts';
import { CapturedLog } from '../../support/support.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';

let directory: string;
let flight: FlightRecorder | undefined;
const log = new CapturedLog();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davecast-test-'));
  log.events.length = 0;
});

afterEach(async () => {
  await flight?.stop();
  flight = undefined;
  rmSync(directory, { recursive: true, force: true });
});

/** An edge that is recorded, and a stream of frames for it. */
class Programme {
  readonly edge: EdgeMachine;
  readonly #path: number;
  #frames = 0;
  #nowUs = 0;

  constructor(changes: Partial<Settings> = {}, audio: AudioKept = 'whole') {
    const settings = withSettings(changes);
    flight = new FlightRecorder({ directory, audio, role: 'edge', settings, log: log.log });
    void flight.start();
    this.edge = recordedEdge({ settings }, { send: () => {}, backlogBytes: () => 0, end: () => {}, event: () => {} }, flight.recorder);
    this.#path = this.edge.openPath(0 as Micros, transports.tcp, anonymous('relay', 'relay'))!;
    this.#give(announce(1, 'radio', { stream: 1 }));
    this.run(5);
    this.edge.join(this.#nowUs as Micros, 'radio', { icy: false, label: 'listener' });
  }

  run(frames: number): void {
    for (let i = 0; i < frames; i++) {
      this.#nowUs += 26_000;
      if (this.edge.deadline <= this.#nowUs) this.edge.advance(this.#nowUs as Micros);
      this.#frames++;
      this.#give(data(1 + this.#frames, numbered(this.#frames), { stream: 1 }));
    }
  }

  /** Streams of other mountpoints, of a frame each. */
  begin(streams: number): void {
    for (let stream = 2; stream < 2 + streams; stream++) {
      this.#give(announce(1, `radio-${stream}`, { stream }));
      this.#give(data(2, numbered(1), { stream }));
      this.#give(data(3, numbered(2), { stream }));
    }
  }

  /** A call that no driver makes, and that breaks what must hold. */
  fail(): void {
    this.edge.receive((this.#nowUs + 1) as Micros, 4_711 as never, new Uint8Array(3));
  }

  #give(message: Uint8Array): void {
    this.edge.receive(this.#nowUs as Micros, this.#path as never, framed(message));
  }
}

const parts = (): string[] => readdirSync(directory).filter((name) => name.endsWith('.part')).sort();
const frozen = (): string[] => readdirSync(directory).filter((name) => name.endsWith('.davecast'));

function recordingIn(name: string): Recording {
  const recording = readRecording(readFileSync(join(directory, name)));
  expect(recording.problems).toEqual([]);
  return recording;
}

describe('a flight recorder', () => {
  it('freezes what there is to a file that can be replayed, and goes on', async () => {
    const programme = new Programme();
    programme.run(100);
    process.emit('SIGUSR2', 'SIGUSR2');
    const { file, why } = await log.until('record-frozen');
    expect(why).toBe('signal');
    const [stretch] = replay(recordingIn(frozen()[0]!));
    expect(join(directory, frozen()[0]!)).toBe(file);
    expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
    expect(stretch!.blocksWithContent).toBe(stretch!.blocks);
    expect(stretch!.calls).toBeGreaterThan(100);
    programme.run(50);
    expect(flight!.recorder.isOn).toBe(true);
  });

  it('keeps no more than it may, and what it keeps can be replayed', async () => {
    const recordBytes = 1_048_576;
    const programme = new Programme({ recordBytes });
    for (let i = 0; i < 60; i++) {
      programme.run(100);
      await new Promise(setImmediate);
    }
    const file = await flight!.freeze('signal');
    expect(log.all('record-stopped')).toEqual([]);
    expect(parts()).toHaveLength(4);
    expect(parts()[0]).not.toContain('-000001.part');
    // A generation ends with the block that fills it, and begins with a state.
    expect(statSync(file!).size).toBeLessThan(recordBytes + 4 * 140_000);
    expect(statSync(file!).size).toBeGreaterThan(recordBytes / 2);
    const [stretch, ...more] = replay(recordingIn(frozen()[0]!));
    expect(more).toEqual([]);
    expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
    expect(stretch!.generations[0]!.state.length).toBeGreaterThan(0);
  });

  it('freezes a failure at once, with the call that failed, which fails again when it is replayed', () => {
    const programme = new Programme();
    programme.run(40);
    let failure: unknown;
    try {
      programme.fail();
    } catch (error) {
      failure = error;
    }
    // What Node does with an exception that nobody catches, just before the process ends.
    (process as NodeJS.EventEmitter).emit('uncaughtExceptionMonitor', failure, 'uncaughtException');
    const recording = recordingIn(frozen()[0]!);
    expect(recording.generations.at(-1)!.mark).toMatchObject({ why: 'failure' });
    const [stretch] = replay(recording);
    expect(stretch!.divergence).toBeUndefined();
    expect(stretch!.failure).toContain('there is no path 4711');
    expect(parts()).toEqual([]);
  });

  it.each(['whole', 'left-out'] as const)('stops with one line when the disk fails, and goes on when it is well; the machine does all the time; audio %s', async (audio) => {
    const programme = new Programme({}, audio);
    await log.until('recording');
    programme.run(30);
    rmSync(directory, { recursive: true });
    programme.run(300);
    await log.until('record-stopped');
    programme.run(300);
    expect(log.all('record-stopped')).toMatchObject([{ why: 'no such file or directory (ENOENT)' }]);
    expect(programme.edge.mount('radio')!.bytesIn).toBeGreaterThan(600 * 400);
    expect(flight!.recorder.isOn).toBe(false);

    log.events.length = 0;
    flight!.tryAgain();
    await log.until('recording');
    await expect.poll(() => flight!.recorder.isOn).toBe(true);
    programme.run(100);
    expect(await flight!.freeze('signal')).toBeDefined();
    // What was written before lies in the directory that is gone.
    const [stretch] = replay(recordingIn(frozen()[0]!));
    expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
    expect(stretch!.calls).toBeGreaterThan(50);
  });

  it('stops when the disk takes less than comes in, and goes on behind that', async () => {
    const programme = new Programme({ recordBytes: 1_048_576 });
    await log.until('recording');
    programme.run(200);
    // All in one turn of the event loop: nothing is written meanwhile.
    programme.run(22_000);
    expect(log.all('record-stopped')).toMatchObject([{ why: 'the disk is too slow' }]);
    log.events.length = 0;
    flight!.tryAgain();
    await expect.poll(() => flight!.recorder.isOn).toBe(true);
    programme.run(200);
    await flight!.freeze('signal');
    const stretches = replay(recordingIn(frozen()[0]!));
    expect(stretches.length).toBeGreaterThan(0);
    for (const stretch of stretches) expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
  });

  it('freezes what a process that was killed has left', async () => {
    new Programme().run(100);
    const whole = await flight!.freeze('signal');
    const bytes = readFileSync(whole!);
    rmSync(whole!);
    await flight!.stop();
    writeFileSync(join(directory, 'edge-999999999.running'), '1');
    writeFileSync(join(directory, 'edge-999999999-000001.part'), bytes.subarray(0, bytes.length - 100));
    const again = new Programme();
    again.run(1);
    const { file, why } = await log.until('record-frozen', { why: 'found' });
    expect(why).toBe('found');
    expect(existsSync(join(directory, 'edge-999999999-000001.part'))).toBe(false);
    const { generations, problems } = readRecording(readFileSync(file as string));
    expect(problems).toHaveLength(1);
    expect(replay({ generations, problems })).toMatchObject([{ divergence: undefined }]);
  });

  it('freezes what one with the same process id has left, and still says that it records', async () => {
    // As in a container, where every process has the same.
    writeFileSync(join(directory, `edge-${process.pid}.running`), '1');
    writeFileSync(join(directory, `edge-${process.pid}-000001.part`), 'left');
    new Programme().run(1);
    expect(readFileSync((await log.until('record-frozen'))['file'] as string, 'utf8')).toBe('left');
    await log.until('recording');
    expect(existsSync(join(directory, `edge-${process.pid}.running`))).toBe(true);
  });

  it('keeps only the newest few frozen files', async () => {
    const programme = new Programme();
    for (let i = 0; i < 7; i++) {
      programme.run(10);
      writeFileSync(join(directory, `edge-old-${i}.davecast`), '');
    }
    await flight!.freeze('signal');
    expect(frozen()).toHaveLength(4);
    expect(frozen().filter((name) => name.endsWith('-signal.davecast'))).toHaveLength(1);
  });

  it('leaves nothing behind when the process stops in good order', async () => {
    new Programme().run(100);
    await flight!.stop();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(['/dev/null/x', '/proc/x/y'])('decides nothing where no directory can be: %s', async (directory) => {
    flight = new FlightRecorder({ directory, audio: 'whole', role: 'edge', settings: withSettings({}), log: log.log });
    await flight.start();
    expect(await log.until('record-stopped')).toMatchObject({ why: expect.stringMatching(/\(ENOTDIR\)|\(ENOENT\)$/) as string, againS: 10 });
    expect(await flight.freeze('signal')).toBeUndefined();
    expect(log.all('record-not-frozen')).toHaveLength(1);
  });

  it('says so when the state alone is too large, and the machine goes on', () => {
    // More streams than a sixteenth of a megabyte has room for, even without their audio.
    const programme = new Programme({ recordBytes: 1_048_576, recordMs: 1_000 });
    programme.begin(1_500);
    programme.run(20);
    expect(log.all('record-stopped')).toMatchObject([{ why: expect.stringMatching(/^the state alone is \d+ bytes: more than an eighth of recordBytes$/) as string }]);
    expect(programme.edge.mount('radio')!.bytesIn).toBeGreaterThan(20 * 400);
  });
});
