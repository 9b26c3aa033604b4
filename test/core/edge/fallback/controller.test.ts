import { describe, expect, test } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import type { EdgeEvent } from '../../../../core/edge/events.ts';
import { readFileFrames, type FileFrames } from '../../../../core/edge/fallback/file-frames.ts';
import { FallbackFile } from '../../../../core/edge/fallback/file.ts';
import { FallbackMount } from '../../../../core/edge/fallback/mount.ts';
import type { FallbackSink, FallbackSource } from '../../../../core/edge/fallback/source.ts';
import { FallbackController } from '../../../../core/edge/fallback/controller.ts';
import type { Discontinuity } from '../../../../core/edge/output/output.ts';
import { MountState } from '../../../../core/edge/playout/state.ts';
import { emptyFrameHeader, type FrameFormat } from '../../../../core/codec/format/format.ts';
import { readHeader } from '../../../../core/codec/header.ts';
import { ReservoirCarrier } from '../../../../core/codec/mpeg/reservoir.ts';
import { ReservoirWatch } from '../../../../core/codec/mpeg/reservoir-watch.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import { join } from '../../codec/build.ts';
import { FRAME_US, numbered, numberedAac, range } from '../../support/frames.ts';
import { Clock } from './support.ts';

interface Stream {
  readonly origin: string | undefined;
  readonly source: string | undefined;
  readonly name: string;
  readonly health: { flowsSince: Micros; heardAt: Micros };
}

const FRAME_MS = FRAME_US / 1000;
const stream: Stream = { name: '07', origin: 'studio-a', source: '192.0.2.7', health: { flowsSince: 0 as Micros, heardAt: 0 as Micros } };
const other: Stream = { name: '08', origin: undefined, source: undefined, health: { flowsSince: 0 as Micros, heardAt: 0 as Micros } };
const ten = fileOf(range(0, 9).map((n) => numbered(n)));
const mp3 = ten.format;
const realFrames = loadProgramme().b.frames.map(({ bytes }) => Uint8Array.from(bytes));
const real = formatOf(realFrames[0]!);

function fileOf(frames: readonly Uint8Array[]): FileFrames {
  return readFileFrames(join(...frames)) as FileFrames;
}

/** A stand-in, and what listeners get of it. */
class Stage {
  readonly clock: Clock = new Clock();
  readonly events: EdgeEvent[] = [];
  readonly given: { atMs: number; bytes: Uint8Array; text: string | undefined }[] = [];
  readonly discontinuities: (Discontinuity & { readonly afterFrames: number })[] = [];
  readonly state: MountState = new MountState();
  readonly controller: FallbackController<Stream>;
  text = "StreamTitle='Programme';";
  follower: FallbackMount | undefined;

  constructor(frames: FileFrames | 'other mount' = ten) {
    const source = (sink: FallbackSink): FallbackSource => {
      if (frames !== 'other mount') return new FallbackFile({ name: 'Back soon', frames, sink, timer: this.clock.timer });
      this.follower = new FallbackMount({ name: 'other', budget: new MemoryBudget(1e9), sink });
      return this.follower;
    };
    this.controller = new FallbackController({
      mount: 'test',
      settings: defaultSettings,
      state: this.state,
      source,
      output: {
        discontinuity: (_now, discontinuity) => this.discontinuities.push({ afterFrames: this.given.length, ...discontinuity }),
        frame: (now, bytes, _durationUs, text) => {
          this.given.push({ atMs: now / 1000, bytes: bytes.slice(), text });
          if (text !== undefined) this.text = text;
        },
      },
      textOnAir: () => this.text,
      gives: () => undefined,
      offAir: () => undefined,
      event: (event) => this.events.push(event),
    });
  }

  /** Nothing has been heard since so many milliseconds ago. */
  call(format: FrameFormat = mp3, agoMs = 1_000): void {
    this.controller.call(this.clock.now, format, (this.clock.now - agoMs * 1000) as Micros);
  }

  /** A stream gives frames for so long; returns when it is to be entered, or undefined. */
  comes(from: Stream, untilMs: number): number | undefined {
    for (let atMs = this.clock.now / 1000; atMs <= untilMs; atMs += FRAME_MS) {
      this.clock.until(atMs);
      const { now } = this.clock;
      if (Math.abs(now - from.health.heardAt) > 300_000) from.health.flowsSince = now;
      from.health.heardAt = now;
      if (this.controller.hasReturned(this.clock.now, from)) return atMs;
    }
    return undefined;
  }
}

function formatOf(frame: Uint8Array): FrameFormat {
  const header = emptyFrameHeader();
  readHeader(frame, 0, header);
  return header.format;
}

describe('a fallback', () => {
  test('goes on air with its own title, and says how long nothing was heard', () => {
    const stage = new Stage();
    stage.clock.until(5_000);
    stage.call();
    expect(stage.state.kind).toBe('fallback');
    expect(stage.events).toEqual([{ kind: 'fallback-entered', mount: 'test', what: 'Back soon', silentMs: 1_000 }]);
    expect(stage.text).toBe("StreamTitle='Back soon';");
    stage.clock.until(8_000);
    expect(stage.given.length).toBeGreaterThan(3_900 / FRAME_MS);
  });

  test('is left for a stream that has been well for a second, and gives back the title', () => {
    const stage = new Stage();
    stage.clock.until(5_000);
    stage.call();
    stage.clock.until(10_000);
    const atMs = stage.comes(stream, 20_000)!;
    expect(atMs).toBeGreaterThanOrEqual(11_000);
    expect(atMs).toBeLessThan(11_000 + FRAME_MS);
    const had = stage.given.length;
    stage.controller.leave(stage.clock.now, stream);
    expect(stage.events.at(-1)).toEqual({ kind: 'fallback-left', mount: 'test', what: 'Back soon', toOrigin: 'studio-a', toSource: '192.0.2.7', to: '07', forMs: stage.clock.now / 1000 - 5_000 });
    stage.clock.until(30_000);
    expect(stage.given.length).toBe(had);
    stage.controller.output.frame(stage.clock.now, numbered(1), FRAME_US, undefined);
    expect(stage.text).toBe("StreamTitle='Programme';");
  });

  test('is one discontinuity where it begins, at each repetition, and where a stream is back', () => {
    const stage = new Stage();
    stage.clock.until(5_000);
    stage.call();
    const given = stage.given.length;
    expect(given).toBeGreaterThan(30);
    expect(stage.discontinuities).toEqual(range(0, Math.floor((given - 1) / 10)).map((n) => ({ afterFrames: 10 * n, reason: 'fallback', missingUs: undefined })));
    stage.controller.leave(stage.clock.now, stream);
    stage.discontinuities.length = 0;
    const { output } = stage.controller;
    // What the stream itself says of its first frame is not against the fallback.
    output.discontinuity(stage.clock.now, { reason: 'switch', missingUs: 400_000 });
    output.frame(stage.clock.now, numbered(1), FRAME_US, undefined);
    output.frame(stage.clock.now, numbered(2), FRAME_US, undefined);
    output.discontinuity(stage.clock.now, { reason: 'skipped', missingUs: 26_122 });
    expect(stage.discontinuities).toEqual([
      { afterFrames: given, reason: 'fallback', missingUs: undefined },
      { afterFrames: given + 2, reason: 'skipped', missingUs: 26_122 },
    ]);
  });

  test('leaves no title of its own where there was none', () => {
    const stage = new Stage();
    stage.text = '';
    stage.clock.until(5_000);
    stage.call();
    stage.controller.leave(stage.clock.now, stream);
    stage.controller.output.frame(stage.clock.now, numbered(1), FRAME_US, undefined);
    expect(stage.text).toBe("StreamTitle='';");
  });

  test('is not left for one that comes and goes', () => {
    const stage = new Stage();
    stage.clock.until(5_000);
    stage.call();
    for (let atMs = 10_000; atMs < 60_000; atMs += 1_500) {
      stage.clock.until(atMs);
      expect(stage.comes(stream, atMs + 900)).toBeUndefined();
    }
    stage.clock.until(61_000);
    expect(stage.comes(stream, 70_000)).toBeGreaterThanOrEqual(62_000);
  });

  test('judges each stream by itself', () => {
    const stage = new Stage();
    stage.clock.until(5_000);
    stage.call();
    stage.clock.until(10_000);
    stage.comes(stream, 10_600);
    expect(stage.comes(other, 11_500)).toBeUndefined();
    expect(stage.comes(other, 12_000)).toBeGreaterThan(11_580);
  });

  test('steps back without a word when a stream is heard before it has anything', () => {
    const stage = new Stage('other mount');
    stage.clock.until(5_000);
    stage.call();
    expect(stage.state.kind).toBe('nothing');
    stage.controller.output.frame(stage.clock.now, numbered(7), FRAME_US, undefined);
    stage.follower!.heard(stage.clock.now, numbered(1), FRAME_US, { text: '', format: mp3 });
    expect(stage.given.map(({ bytes }) => bytes)).toEqual([numbered(7)]);
    expect(stage.events).toEqual([]);
  });

  test('that has run dry itself is left at once', () => {
    const stage = new Stage('other mount');
    stage.clock.until(5_000);
    stage.call();
    stage.follower!.heard(stage.clock.now, numbered(1), FRAME_US, { text: '', format: mp3 });
    expect(stage.state.kind).toBe('fallback');
    stage.clock.until(5_990);
    expect(stage.controller.hasReturned(stage.clock.now, stream)).toBe(false);
    stage.clock.until(6_000);
    expect(stage.controller.hasReturned(stage.clock.now, stream)).toBe(true);
  });

  test('of another format is refused, with a reason, once', () => {
    const stage = new Stage();
    stage.clock.until(5_000);
    stage.call(formatOf(numberedAac(1)));
    stage.clock.until(9_000);
    expect(stage.given).toEqual([]);
    expect(stage.state.kind).toBe('nothing');
    expect(stage.events).toMatchObject([{ kind: 'fallback-refused', mount: 'test', what: 'Back soon', why: { code: 'cannot-follow', format: { codec: 'mp3' }, before: { codec: 'aac' } } }]);
  });

  test('is off the air as soon as it has another format, and on again when it fits', () => {
    const stage = new Stage('other mount');
    stage.clock.until(5_000);
    stage.call();
    const give = (frame: Uint8Array): void => stage.follower!.heard(stage.clock.now, frame, FRAME_US, { text: '', format: formatOf(frame) });
    give(numbered(1));
    give(numberedAac(2));
    expect(stage.state.kind).toBe('nothing');
    give(numberedAac(3));
    give(numbered(4));
    expect(stage.given.map(({ bytes }) => bytes)).toEqual([numbered(1), numbered(4)]);
    expect(stage.events.map(({ kind }) => kind)).toEqual(['fallback-entered', 'fallback-refused', 'fallback-entered']);
  });

  test('goes on from a saved state as if nothing had happened', () => {
    const one = new Stage(fileOf(realFrames.slice(100, 140)));
    one.clock.until(5_000);
    one.call(real);
    one.clock.until(9_000);
    one.controller.hasReturned(one.clock.now, stream);
    const writer = new ByteWriter();
    const streams = [other, stream];
    const save = new StateWriter(writer, 'whole');
    one.state.snapshot(save);
    one.controller.snapshot(save, (it) => streams[save.number(streams.indexOf(it!))]!);
    one.clock.queue.snapshot(save);
    const two = new Stage(fileOf(realFrames.slice(100, 140)));
    const load = new StateReader(new ByteReader(writer.written), 'whole');
    two.state.snapshot(load);
    two.controller.snapshot(load, () => streams[load.number()]!);
    two.clock.queue.snapshot(load);
    const had = one.given.length;
    two.clock.now = one.clock.now;
    expect(two.comes(stream, 12_000)).toBe(one.comes(stream, 12_000));
    expect(two.given).toEqual(one.given.slice(had));
    for (const { controller, clock } of [one, two]) {
      controller.leave(clock.now, stream);
      controller.output.frame(clock.now, numbered(1), FRAME_US, undefined);
    }
    expect(two.events).toEqual(one.events.slice(1));
    expect(two.text).toBe(one.text);
  });
});

describe('in MP3, whose frames need those before them,', () => {
  const output = loadProgramme().a.frames.map(({ bytes }) => Uint8Array.from(bytes));

  /** What decoders make of the programme, a fallback, and the programme again. */
  function decodability(given: readonly Uint8Array[]): string[] {
    const watch = new ReservoirWatch();
    const header = emptyFrameHeader();
    return [...output.slice(0, 200), ...given, ...back()].map((frame) => {
      expect(readHeader(frame, 0, header)).toBeUndefined();
      return watch.frame(frame, header);
    });
  }

  function back(): Uint8Array[] {
    const carrier = new ReservoirCarrier();
    carrier.cut();
    return output.slice(700, 720).map((frame, n) => carrier.next(frame, (before) => output[700 + n - before]));
  }

  test.each([[0, 40], [137, 60], [500, 97]])('a file of frames from %i on can be decoded over its seams', (from, count) => {
    const stage = new Stage(fileOf(realFrames.slice(from, from + count)));
    stage.clock.until(5_000);
    stage.call(real);
    stage.clock.until(5_000 + 3.5 * count * FRAME_MS);
    const given = stage.given.map(({ bytes }) => bytes);
    expect(given.length).toBeGreaterThan(3 * count);
    expect(decodability(given).slice(200).filter((frame) => frame !== 'whole')).toEqual([]);
  });

  test('another mountpoint can be entered anywhere', () => {
    for (let from = 300; from < 340; from++) {
      const stage = new Stage('other mount');
      for (const [n, frame] of realFrames.slice(from - 30, from + 30).entries()) {
        stage.clock.until((n + 1) * FRAME_MS);
        if (n === 30) stage.call(real, 200);
        stage.follower!.heard(stage.clock.now, frame, FRAME_US, { text: '', format: real });
      }
      const given = stage.given.map(({ bytes }) => bytes);
      expect(given.length).toBeGreaterThan(34);
      expect(decodability(given).slice(200).filter((frame) => frame !== 'whole'), `from frame ${from}`).toEqual([]);
      // With its audio, not mute.
      expect(given[0]!.subarray(4, 36).some((byte) => byte !== 0)).toBe(true);
    }
  });
});
