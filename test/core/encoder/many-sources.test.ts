import { describe, expect, it } from 'vitest';
import { Encoder } from '../../../core/encoder/encoder.ts';
import type { EncoderEvent } from '../../../core/encoder/events.ts';
import type { SourceId, TargetId } from '../../../core/base/machine.ts';
import { transports } from '../../../core/links/transport.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import { ms, NEVER, type Micros } from '../../../core/base/units.ts';
import { join } from '../codec/build.ts';
import { FRAME_US, numbered, numberOf, range } from '../support/frames.ts';
import { framed, hex, message, parts, streamId, unframed } from '../support/messages.ts';

const CHUNK_BYTES = 16_384;

/** An encoder with several sources, and targets that take what they are told to. */
class Rig {
  now = 0 as Micros;
  readonly writes: { readonly target: TargetId; readonly at: Micros; readonly bytes: Uint8Array }[] = [];
  readonly backlog = new Map<TargetId, number>();
  /** Whose system takes nothing. */
  readonly blocked = new Set<TargetId>();
  readonly resets: TargetId[] = [];
  readonly events: EncoderEvent[] = [];
  readonly settings: Settings;
  readonly encoder: Encoder;
  readonly sources: SourceId[] = [];
  /** By target and stream. */
  readonly #newest = new Map<string, number>();

  constructor(sources: number, settings: Partial<Settings> = {}) {
    this.settings = { ...defaultSettings, ...settings };
    this.encoder = new Encoder({ settings: this.settings }, {
      send: (target, bytes) => {
        this.writes.push({ target, at: this.now, bytes: bytes.slice() });
        for (const { id, sequence } of unframed(bytes).map(parts)) this.#newest.set(`${target} ${id}`, sequence);
        if (this.blocked.has(target)) this.backlog.set(target, (this.backlog.get(target) ?? 0) + bytes.length);
      },
      backlogBytes: (target) => this.backlog.get(target) ?? 0,
      reset: (target) => this.resets.push(target),
      event: (event) => this.events.push(event),
    });
    for (let n = 0; n < sources; n++) this.open(n);
  }

  open(n: number, to?: readonly string[]): SourceId {
    const id = this.encoder.openSource(this.now, { streamId: streamId(n), mountpoint: `mount-${n}`, origin: 'studio', ...(to && { to }) });
    this.sources[n] = id;
    return id;
  }

  target(label = 'relay', up = true): TargetId {
    const id = this.encoder.addTarget(this.now, { transport: transports.tcp, label });
    if (up) this.encoder.targetUp(this.now, id);
    return id;
  }

  until(at: number): void {
    while (this.encoder.deadline <= at) {
      this.now = Math.max(this.now, this.encoder.deadline) as Micros;
      this.encoder.advance(this.now);
    }
    this.now = at as Micros;
  }

  /** All sources bring frames `first` to `last`, spread over the time of a frame. */
  live(first: number, last: number, each: (n: number) => void = () => undefined): void {
    for (const frame of range(first, last)) {
      for (const [n, source] of this.sources.entries()) {
        this.until(Math.round((frame + n / this.sources.length) * FRAME_US));
        this.encoder.receive(this.now, source, numbered(frame));
      }
      each(frame);
    }
    this.until(this.now + ms(this.settings.targetFlushMs));
  }

  messages(target: TargetId, source: number): ReturnType<typeof parts>[] {
    const id = hex(streamId(source));
    return this.writes.filter((write) => write.target === target).flatMap(({ bytes }) => unframed(bytes).map(parts)).filter((one) => one.id === id);
  }

  frames(target: TargetId, source: number): number[] {
    return this.messages(target, source).filter(({ type }) => type === MessageType.DATA).map(({ payload }) => numberOf(payload));
  }

  acknowledge(target: TargetId, source: number): void {
    const sequence = this.#newest.get(`${target} ${hex(streamId(source))}`)!;
    this.encoder.targetSaid(this.now, target, framed(message(MessageType.ACK, sequence, new Uint8Array(0), { stream: source })));
  }
}

describe('an encoder with many sources', () => {
  it('sends all of them to a target by one connection, each as a stream with its own name and numbers', () => {
    const rig = new Rig(20);
    const target = rig.target();
    rig.live(0, 30);
    for (const n of range(0, 19)) {
      const messages = rig.messages(target, n);
      expect(messages.map(({ sequence }) => sequence)).toEqual(range(1, messages.length));
      expect(Buffer.from(messages[0]!.payload).toString('latin1')).toBe(`\u0001mount-${n}`);
      expect(rig.frames(target, n)).toEqual(range(0, 30));
    }
    expect(rig.events.filter(({ kind }) => kind === 'target-up')).toHaveLength(1);
  });

  it('collects what they bring in targetFlushMs for one write, and holds nothing back for longer', () => {
    const rig = new Rig(250);
    const target = rig.target();
    rig.live(0, 12);
    const writes = rig.writes.filter((write) => write.target === target);
    const numberOfStream = new Map(range(0, 249).map((n) => [hex(streamId(n)), n]));
    const seconds = rig.now / 1e6;
    expect(writes.length).toBeLessThanOrEqual(Math.ceil((seconds * 1_000) / rig.settings.targetFlushMs) + 1);
    for (const { at, bytes } of writes) {
      for (const { type, payload, id } of unframed(bytes).map(parts)) {
        // The first frame of a stream is certain with the second.
        if (type !== MessageType.DATA || numberOf(payload) === 0) continue;
        const n = numberOfStream.get(id)!;
        expect(at - Math.round((numberOf(payload) + n / 250) * FRAME_US)).toBeLessThanOrEqual(ms(rig.settings.targetFlushMs));
      }
    }
  });

  it('says everything of every stream again by a new connection, and nothing is lost meanwhile', () => {
    const rig = new Rig(5);
    const target = rig.target();
    rig.live(0, 99);
    rig.encoder.targetDown(rig.now, target);
    rig.writes.length = 0;
    rig.live(100, 199);
    expect(rig.writes).toEqual([]);
    rig.encoder.targetUp(rig.now, target);
    rig.live(200, 210);
    for (const n of range(0, 4)) {
      expect(rig.messages(target, n)[0]!.type).toBe(MessageType.ANNOUNCE);
      expect(rig.frames(target, n)).toEqual(range(0, 210));
    }
    const kept = rig.events.filter((event) => event.kind === 'target-up').map(({ keptMessages }) => keptMessages);
    expect(kept[1]).toBe(5 * rig.messages(target, 0).filter(({ payload, type }) => type !== MessageType.DATA || numberOf(payload) < 200).length);
  });

  it('sends in turn what many streams have kept: none waits for more than a piece of each other', () => {
    const rig = new Rig(10, { targetInFlightBytes: 4_096 });
    const target = rig.target('relay', false);
    rig.live(0, 300);
    rig.blocked.add(target);
    rig.encoder.targetUp(rig.now, target);
    const order: number[] = [];
    while (order.length < 30) {
      const seen = rig.writes.length;
      rig.backlog.set(target, 0);
      rig.until(rig.now + ms(rig.settings.targetPumpMs));
      for (const { bytes } of rig.writes.slice(seen)) order.push(range(0, 9).find((n) => hex(streamId(n)) === parts(unframed(bytes)[0]!).id)!);
    }
    for (const { bytes } of rig.writes) expect(bytes.length).toBeLessThanOrEqual(4_096 + CHUNK_BYTES);
    for (const round of range(0, 1)) expect(order.slice(10 * round, 10 * round + 10).sort((a, b) => a - b)).toEqual(range(0, 9));
  });

  it('lets a source that floods it delay the others by no more than what is in flight and one piece', () => {
    const rig = new Rig(3, { targetInFlightBytes: 8_192 });
    const target = rig.target();
    rig.live(0, 50);
    rig.blocked.add(target);
    // An hour of a file at once: a megabyte.
    rig.encoder.receive(rig.now, rig.sources[0]!, join(...range(1_000, 3_500).map((n) => numbered(n))));
    for (const n of [1, 2]) rig.encoder.receive(rig.now, rig.sources[n]!, numbered(51));
    const before = rig.writes.length;
    let takenBytes = 0;
    while (!rig.frames(target, 1).includes(51) || !rig.frames(target, 2).includes(51)) {
      takenBytes += rig.backlog.get(target) ?? 0;
      rig.backlog.set(target, 0);
      rig.until(rig.now + ms(rig.settings.targetPumpMs));
      expect(rig.writes.length - before).toBeLessThan(5);
    }
    expect(takenBytes).toBeLessThanOrEqual(2 * (8_192 + CHUNK_BYTES));
  });

  it('sends a source only to the targets that it is for', () => {
    const rig = new Rig(1);
    const [one, two] = [rig.target('one'), rig.target('two')];
    rig.open(1, ['two']);
    const late = rig.target('three');
    rig.live(0, 10);
    expect([one, two, late].map((target) => rig.frames(target, 0).length)).toEqual([11, 11, 11]);
    expect([one, two, late].map((target) => rig.frames(target, 1).length)).toEqual([0, 11, 0]);
  });

  it('takes acknowledgements of each of them, and connects anew when none comes for what it has sent', () => {
    const rig = new Rig(50);
    const target = rig.target();
    rig.live(0, 50, (frame) => {
      if (frame > 2) for (const n of range(0, 49)) rig.acknowledge(target, n);
    });
    for (const n of range(0, 49)) rig.acknowledge(target, n);
    rig.until(rig.now + ms(60_000));
    expect(rig.resets).toEqual([]);
    expect(rig.encoder.deadline).toBe(NEVER);
    // Only one stream goes on, and the peer is gone.
    rig.encoder.receive(rig.now, rig.sources[7]!, join(numbered(51), numbered(52)));
    rig.until(rig.now + ms(rig.settings.targetStuckMs + 100));
    expect(rig.resets).toEqual([target]);
    expect(rig.encoder.stats.strayMessages).toBe(0);
  });

  it('expects nothing for a stream that is never acknowledged, beside others that are', () => {
    const rig = new Rig(3);
    const target = rig.target();
    rig.live(0, 50, (frame) => {
      if (frame > 2) for (const n of [0, 1]) rig.acknowledge(target, n);
    });
    for (const n of [0, 1]) rig.acknowledge(target, n);
    rig.until(rig.now + ms(60_000));
    expect(rig.resets).toEqual([]);
  });

  it('ends one without the others noticing, and forgets it when nobody can want it any more', () => {
    const rig = new Rig(3);
    const [here, away] = [rig.target('here'), rig.target('away', false)];
    rig.live(0, 20);
    const ended = rig.sources[2]!;
    rig.encoder.endSource(rig.now, ended);
    rig.sources.length = 2;
    expect(rig.frames(here, 2)).toEqual(range(0, 20));
    rig.live(21, 200);
    rig.encoder.targetUp(rig.now, away);
    expect(rig.frames(away, 2)).toEqual(range(0, 20));
    rig.live(201, 450);
    expect(rig.frames(here, 0)).toEqual(range(0, 450));
    expect(() => rig.encoder.source(ended)).toThrow(/no source/);
  });

  it('keeps no more than eight streams of a source that comes and goes', () => {
    const rig = new Rig(1);
    for (const n of range(1, 40)) {
      const source = rig.encoder.openSource(rig.now, { streamId: streamId(n), mountpoint: 'flaps' });
      rig.encoder.receive(rig.now, source, join(numbered(n), numbered(n + 1)));
      rig.encoder.endSource(rig.now, source);
    }
    expect(rig.encoder.heldBytes).toBeLessThanOrEqual(9 * (CHUNK_BYTES + 2_000));
    const target = rig.target();
    rig.until(rig.now + ms(100));
    expect(range(1, 40).filter((n) => rig.messages(target, n).length > 0)).toEqual(range(33, 40));
  });
});
