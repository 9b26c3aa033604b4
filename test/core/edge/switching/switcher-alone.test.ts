import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';
import { describe, expect, it } from 'vitest';
import { Correlator } from '../../../../core/edge/content/correlation.ts';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import type { PathId } from '../../../../core/base/machine.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { CurrentPolicy } from '../../../../core/config/policies.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import type { EdgeEvent } from '../../../../core/edge/events.ts';
import { readFileFrames, type FileFrames } from '../../../../core/edge/fallback/file-frames.ts';
import { FallbackFile } from '../../../../core/edge/fallback/file.ts';
import { FallbackController } from '../../../../core/edge/fallback/controller.ts';
import type { FrameOutput } from '../../../../core/edge/output/output.ts';
import { MountState } from '../../../../core/edge/playout/state.ts';
import { EdgeStream, type StreamConsumer } from '../../../../core/edge/stream/stream.ts';
import { MountEnd } from '../../../../core/edge/switching/mount-end.ts';
import { Switcher } from '../../../../core/edge/switching/switcher.ts';
import { Path } from '../../../../core/links/paths/path.ts';
import { emptyMessageView, readMessage } from '../../../../core/wire/pdu.ts';
import { join } from '../../codec/build.ts';
import { FRAME_US, makerOf, numbered, numberedAac, range } from '../../support/frames.ts';
import { announce, data, streamId } from '../../support/messages.ts';
import { SameClock } from '../../support/same-clock.ts';
import { Clock } from '../fallback/support.ts';

const FRAME_MS = FRAME_US / 1000;

/** A switcher with its streams, and nothing of an edge around it. */
class Alone {
  readonly clock: Clock = new Clock();
  readonly events: EdgeEvent[] = [];
  /** Who made each frame that listeners were given; 9 is the fallback. */
  readonly makers: number[] = [];
  readonly endedAt: number[] = [];
  readonly outgrownBy: EdgeStream[] = [];
  readonly state: MountState = new MountState();
  readonly switcher: Switcher;
  readonly #budget: MemoryBudget = new MemoryBudget(1e9);
  readonly #path: Path = new Path({ id: 1 as PathId, transport: transports.tcp, peer: anonymous('relay', 'relay'), openedAt: 0 as Micros, message: () => undefined });
  readonly #view = emptyMessageView();
  readonly #sent: Map<EdgeStream, number> = new Map();

  constructor({ hasFallback = false }: { readonly hasFallback?: boolean } = {}) {
    const { timer } = this.clock;
    const event = (one: EdgeEvent): void => void this.events.push(one);
    const output: FrameOutput = { discontinuity: () => {}, frame: (_now, bytes) => this.makers.push(makerOf(bytes)) };
    const end = new MountEnd({
      settings: defaultSettings,
      timer,
      isFallbackAwaited: () => this.switcher.isFallbackAwaited,
      ended: (now) => {
        this.endedAt.push(now / 1000);
        this.switcher.dispose(undefined);
      },
    });
    const frames = readFileFrames(join(...range(0, 9).map((n) => numbered(n, 9)))) as FileFrames;
    const controller = new FallbackController<EdgeStream>({
      mount: 'test',
      settings: defaultSettings,
      state: this.state,
      source: hasFallback ? (sink) => new FallbackFile({ name: 'Back soon', frames, sink, timer }) : undefined,
      output,
      textOnAir: () => '',
      gives: (now) => end.heard(now),
      offAir: () => this.switcher.fallbackOffAir(),
      event,
    });
    this.switcher = new Switcher({
      mount: 'test',
      wanted: new CurrentPolicy(defaultSettings),
      earlier: { hadBackups: false, lostSince: undefined },
      matcher: new SameClock('content'),
      correlator: new Correlator(),
      state: this.state,
      end,
      output: controller.output,
      controller,
      timer,
      event,
      outgrown: (_now, stream) => this.outgrownBy.push(stream),
    });
  }

  stream(number: number): EdgeStream {
    const { switcher } = this;
    const consumer: StreamConsumer = {
      frame: (now, stream) => (switcher.has(stream) ? switcher.frame(now, stream) : switcher.add(now, stream)),
      lost: (now, stream, loss) => switcher.lost(now, stream, loss),
      pathClosed: (now, stream) => switcher.pathClosed(now, stream),
      reportedClosed: (now, stream) => switcher.reportedClosed(now, stream),
      forgotten: (now, stream) => switcher.remove(now, stream),
      isHeard: () => false,
    };
    const stream = new EdgeStream({
      id: streamId(number),
      now: this.clock.now,
      settings: { ...defaultSettings, forgetMs: 3_600_000 },
      budget: this.#budget,
      sink: { announced: () => undefined, paceChanged: () => undefined, pointed: () => undefined },
      consumer,
      before: [],
      timer: this.clock.timer,
      forget: () => undefined,
    });
    this.#receive(stream, announce(0, 'test', { stream: number }));
    this.#sent.set(stream, 0);
    return stream;
  }

  /** These streams come, each a frame at a time, until `untilMs`. */
  on(untilMs: number, streams: readonly EdgeStream[], frame: (n: number, maker: number) => Uint8Array = numbered): void {
    for (let atMs = this.clock.now / 1000 + FRAME_MS; atMs <= untilMs; atMs += FRAME_MS) {
      this.clock.until(atMs);
      for (const stream of streams) {
        const sent = this.#sent.get(stream)! + 1;
        this.#sent.set(stream, sent);
        const number = stream.id[1]!;
        this.#receive(stream, data(sent, frame(sent, number), { stream: number }));
      }
    }
    this.clock.until(untilMs);
  }

  get kinds(): readonly string[] {
    return this.events.map(({ kind }) => kind);
  }

  #receive(stream: EdgeStream, message: Uint8Array): void {
    expect(readMessage(this.#view, message, 0, message.length)).toBeUndefined();
    stream.receive(this.clock.now, this.#path, this.#view);
  }
}

describe('a switcher', () => {
  it('begins with the first stream, and has a second one as its backup', () => {
    const alone = new Alone();
    const [a, b] = [alone.stream(1), alone.stream(2)];
    expect(alone.state.kind).toBe('nothing');
    expect(alone.switcher.live).toBeUndefined();
    alone.on(1_000, [a, b]);
    expect(alone.state.kind).toBe('live');
    expect(alone.switcher.live).toBe(a);
    expect(alone.switcher.streams).toBe(2);
    expect([...alone.switcher]).toEqual([a, b]);
    expect(alone.kinds).toEqual(['mount-started', 'backup-added']);
    expect(new Set(alone.makers)).toEqual(new Set([1]));
  });

  it('leaves a live stream that stalls for a backup, and is never stalled itself', () => {
    const alone = new Alone();
    const [a, b] = [alone.stream(1), alone.stream(2)];
    alone.on(2_000, [a, b]);
    const given = alone.makers.length;
    alone.on(3_000, [b]);
    expect(alone.state.kind).toBe('live');
    expect(alone.switcher.live).toBe(b);
    expect(alone.switcher.switches).toBe(1);
    expect(alone.events.at(-1)).toMatchObject({ kind: 'switch', from: a.name, to: b.name, reason: 'stalled', missingMs: 0 });
    // Of a second that the backup went on, all of it was given.
    expect(alone.makers.length - given).toBe(38);
  });

  it('is stalled while nothing can take over, and live with the next frame', () => {
    const alone = new Alone();
    const a = alone.stream(1);
    alone.on(2_000, [a]);
    alone.on(2_250, []);
    expect(alone.state.kind).toBe('live');
    alone.on(3_000, []);
    expect(alone.state.kind).toBe('stalled');
    alone.on(3_100, [a]);
    expect(alone.state.kind).toBe('live');
    expect(alone.kinds).toEqual(['mount-started', 'stalled', 'resumed']);
  });

  it('ends when nothing has come for mountEndMs, and is given nothing after that', () => {
    const alone = new Alone();
    const a = alone.stream(1);
    alone.on(2_000, [a]);
    alone.on(2_000 + defaultSettings.mountEndMs - 100, []);
    expect(alone.endedAt).toEqual([]);
    alone.on(2_000 + defaultSettings.mountEndMs, []);
    expect(alone.endedAt).toHaveLength(1);
    expect(alone.state.kind).toBe('ended');
    expect(() => alone.on(alone.clock.now / 1000 + 100, [a])).toThrow('has ended');
  });

  it('calls its fallback once nothing was heard for fallbackMs, and leaves it for a stream that has been well for fallbackLeaveMs', () => {
    const { fallbackMs, fallbackLeaveMs } = defaultSettings;
    const alone = new Alone({ hasFallback: true });
    const a = alone.stream(1);
    alone.on(2_000, [a]);
    alone.on(2_000 + fallbackMs - 50, []);
    expect(alone.state.kind).toBe('stalled');
    alone.on(2_000 + fallbackMs, []);
    expect(alone.state.current).toMatchObject({ kind: 'fallback', streams: 'stalled' });
    expect(alone.switcher.isOnFallback).toBe(true);
    alone.on(10_000, []);
    expect(alone.makers.at(-1)).toBe(9);
    alone.on(10_000 + fallbackLeaveMs - 50, [a]);
    expect(alone.state.kind).toBe('fallback');
    alone.on(10_000 + fallbackLeaveMs + 100, [a]);
    expect(alone.state.current).toEqual({ kind: 'live', call: undefined });
    expect(alone.makers.at(-1)).toBe(1);
    expect(alone.kinds).toEqual(['mount-started', 'stalled', 'fallback-entered', 'fallback-left']);
    expect(alone.endedAt).toEqual([]);
  });

  it('begins with its fallback where there is no stream yet', () => {
    const alone = new Alone({ hasFallback: true });
    alone.switcher.beginWithFallback(alone.clock.now);
    alone.on(100, []);
    expect(alone.state.current).toMatchObject({ kind: 'fallback', streams: 'nothing' });
    expect(alone.switcher.live).toBeUndefined();
    const a = alone.stream(1);
    alone.on(3_000, [a]);
    expect(alone.state.kind).toBe('live');
    expect(alone.kinds).toEqual(['mount-started', 'fallback-entered', 'fallback-left']);
  });

  it('has outgrown its fallback when only another codec comes', () => {
    const alone = new Alone({ hasFallback: true });
    alone.switcher.beginWithFallback(alone.clock.now);
    alone.on(100, []);
    const aac = alone.stream(3);
    alone.on(3_000, [aac], numberedAac);
    expect(alone.outgrownBy[0]).toBe(aac);
    expect(alone.state.kind).toBe('fallback');
  });

  it('stays with a live stream that is forgotten while nothing else is there', () => {
    const alone = new Alone();
    const [a, b] = [alone.stream(1), alone.stream(2)];
    alone.on(2_000, [a]);
    a.dispose(alone.clock.now);
    expect(alone.switcher.live).toBe(a);
    expect(alone.switcher.streams).toBe(0);
    // By this matcher it is two seconds behind.
    alone.on(5_000, [b]);
    expect(alone.switcher.live).toBe(b);
    expect(alone.kinds).toEqual(['mount-started', 'backup-added', 'stalled', 'switch']);
  });
});
