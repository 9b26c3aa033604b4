import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Encoder } from '../../../core/encoder/encoder.ts';
import type { EncoderEvent } from '../../../core/encoder/events.ts';
import type { SourceId, TargetId } from '../../../core/base/machine.ts';
import { transports, type TransportName } from '../../../core/links/transport.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { encodeMessage, MessageType } from '../../../core/wire/pdu.ts';
import { NEVER, type Micros } from '../../../core/base/units.ts';
import { adtsFrame, join } from '../codec/build.ts';
import { FRAME_US, numbered, numberedAac, numberOf, range } from '../support/frames.ts';
import { chunked, framed, hex, parts, streamId, unframed } from '../support/messages.ts';

const FRAME_MS = FRAME_US / 1000;
const [DATA, METADATA, ANNOUNCE, HEADERS] = [0, 1, 2, 3];

class Rig {
  nowMs = 0;
  readonly sent: Map<TargetId, { atMs: number; bytes: Uint8Array }[]> = new Map();
  readonly backlog: Map<TargetId, number> = new Map();
  /** Targets whose connections take nothing. */
  readonly stuck: Set<TargetId> = new Set();
  /** Targets that acknowledge what they are sent, as soon as they are asked for by `live`. */
  readonly acknowledging: Set<TargetId> = new Set();
  readonly resets: TargetId[] = [];
  readonly events: EncoderEvent[] = [];
  readonly encoder: Encoder;
  readonly source: SourceId;
  readonly #transports: Map<TargetId, TransportName> = new Map();

  constructor(settings: Partial<Settings> = {}) {
    this.encoder = new Encoder(
      { settings: { ...defaultSettings, ...settings } },
      {
        send: (target, bytes) => {
          this.sent.get(target)!.push({ atMs: this.nowMs, bytes: bytes.slice() });
          if (this.stuck.has(target)) this.backlog.set(target, (this.backlog.get(target) ?? 0) + bytes.length);
        },
        backlogBytes: (target) => this.backlog.get(target) ?? 0,
        reset: (target) => this.resets.push(target),
        event: (event) => this.events.push(event),
      },
    );
    this.source = this.encoder.openSource(0 as Micros, { streamId: streamId(9), mountpoint: 'jazz', headers: [['icy-name', 'Radio'], ['content-type', 'text/html'], ['X-Bad', '1']] });
  }

  get now(): Micros {
    return Math.round(this.nowMs * 1000) as Micros;
  }

  target(transport: TransportName, up = true): TargetId {
    const id = this.encoder.addTarget(this.now, { transport: transports[transport], label: `${transport} target` });
    this.#transports.set(id, transport);
    this.sent.set(id, []);
    if (up) this.encoder.targetUp(this.now, id);
    return id;
  }

  /** Serves deadlines up to a time. */
  until(atMs: number): void {
    for (let turns = 0; this.encoder.deadline <= Math.round(atMs * 1000); turns++) {
      if (turns > 100_000) throw new Error('the deadline never passes');
      this.nowMs = Math.max(this.nowMs, this.encoder.deadline / 1000);
      this.encoder.advance(this.now);
    }
    this.nowMs = Math.max(this.nowMs, atMs);
  }

  /** Live audio: frames `first` to `last`, each at its own time. */
  live(first: number, last: number): void {
    for (const n of range(first, last)) {
      this.until(n * FRAME_MS);
      this.encoder.receive(this.now, this.source, numbered(n));
      for (const target of this.acknowledging) this.acknowledge(target);
    }
  }

  /** A target that has acknowledged frame 0 to `last`, and acknowledges nothing from then on. */
  acknowledgingUpTo(last: number): TargetId {
    const target = this.target('tcp');
    this.acknowledging.add(target);
    this.live(0, last);
    this.acknowledging.delete(target);
    return target;
  }

  /** The target says that it has all up to a message; unless given, up to the newest that it was sent. */
  acknowledge(target: TargetId, sequence: number = this.messages(target).at(-1)?.sequence ?? 0, stream = streamId(9)): void {
    this.encoder.targetSaid(this.now, target, framed(encodeMessage({ type: MessageType.ACK, replica: 0, streamId: stream, sequence, payload: new Uint8Array(0) })));
  }

  messages(target: TargetId): ReturnType<typeof parts>[] {
    const sent = this.sent.get(target)!.map(({ bytes }) => bytes);
    return (this.#transports.get(target) === 'udp' ? sent : unframed(join(...sent))).map(parts);
  }

  /** The numbers of the frames that a target was sent, in the order it got them. */
  frames(target: TargetId): number[] {
    return this.messages(target).filter(({ type }) => type === DATA).map(({ payload }) => numberOf(payload));
  }

  forget(target: TargetId): void {
    this.sent.set(target, []);
  }

  of<Kind extends EncoderEvent['kind']>(kind: Kind): Extract<EncoderEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<EncoderEvent, { kind: Kind }> => event.kind === kind);
  }
}

describe('the encoder', () => {
  it('opens with ANNOUNCE, HEADERS and METADATA, numbered from 1, then one frame a message', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.live(0, 4);
    const messages = rig.messages(target);
    expect(messages.map(({ type }) => type)).toEqual([ANNOUNCE, HEADERS, METADATA, DATA, DATA, DATA, DATA, ...messages.slice(7).map(() => DATA)]);
    expect(messages.map(({ sequence }) => sequence)).toEqual(range(1, messages.length));
    expect(messages.every(({ id }) => id === hex(streamId(9)))).toBe(true);
    expect(Buffer.from(messages[0]!.payload).toString('latin1')).toBe('\u0001jazz');
    expect(Buffer.from(messages[1]!.payload).toString()).toBe('Icy-Name\rRadio\nContent-Type\raudio/mpeg');
    expect(Buffer.from(messages[2]!.payload).toString()).toBe("StreamTitle='';");
    for (const { payload } of messages.slice(3)) expect(hex(payload)).toBe(hex(numbered(numberOf(payload))));
    expect(rig.of('encoder-format')).toMatchObject([{ codec: 'mp3', sampleRateHz: 44_100, channels: 2, bitrateBps: 128_000, audioType: 1 }]);
  });

  it('sends each frame as soon as it is whole, and the last one at the end', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.live(0, 9);
    expect(rig.frames(target)).toEqual(range(0, 9));
    rig.encoder.receive(rig.now, rig.source, numbered(10).subarray(0, 100));
    expect(rig.frames(target)).toEqual(range(0, 9));
    rig.encoder.receive(rig.now, rig.source, numbered(10).subarray(100));
    rig.encoder.endSource(rig.now, rig.source);
    expect(rig.frames(target)).toEqual(range(0, 10));
    expect(rig.encoder.source(rig.source).frames).toBe(11);
  });

  it('sends the same whatever the chunking', () => {
    const audio = join(...range(0, 30).map((n) => numbered(n)));
    const whole = new Rig();
    const expected = whole.target('udp');
    whole.encoder.receive(whole.now, whole.source, audio);
    whole.encoder.endSource(whole.now, whole.source);
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 1 }), (cuts) => {
      const rig = new Rig();
      const target = rig.target('udp');
      for (const chunk of chunked(audio, cuts)) rig.encoder.receive(rig.now, rig.source, chunk);
      rig.encoder.endSource(rig.now, rig.source);
      expect(rig.messages(target)).toEqual(whole.messages(expected));
    }), { numRuns: 15 });
  });

  it('announces again every two seconds', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.live(0, 800);
    const times = rig.sent.get(target)!.flatMap(({ atMs, bytes }) => unframed(bytes).map((message) => ({ atMs, type: message[0]! })));
    const announced = times.filter(({ type }) => type === ANNOUNCE).map(({ atMs }) => atMs);
    expect(announced.length).toBe(Math.floor((800 * FRAME_MS) / 2_000) + 1);
    for (let i = 1; i < announced.length; i++) expect(announced[i]! - announced[i - 1]!).toBeLessThan(2_000 + FRAME_MS + 0.01);
    const types = times.map(({ type }) => type);
    types.forEach((type, i) => {
      if (type === ANNOUNCE) expect(types.slice(i, i + 4)).toEqual([ANNOUNCE, HEADERS, METADATA, DATA]);
    });
  });

  it('announces again when the format changes, with another audio type', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.live(0, 9);
    for (const n of range(0, 9)) rig.encoder.receive(rig.now, rig.source, numberedAac(n));
    rig.encoder.endSource(rig.now, rig.source);
    const announces = rig.messages(target).filter(({ type }) => type === ANNOUNCE);
    expect(announces.map(({ payload }) => payload[0])).toEqual([1, 3]);
    const headers = rig.messages(target).filter(({ type }) => type === HEADERS);
    expect(Buffer.from(headers[1]!.payload).toString()).toContain('Content-Type\raudio/aac');
    expect(rig.messages(target).map(({ sequence }) => sequence)).toEqual(range(1, rig.messages(target).length));
  });

  it('sends a changed title and changed headers at once, and unchanged ones not', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.encoder.setTitle(rig.now, rig.source, 'before the start');
    rig.live(0, 9);
    rig.forget(target);
    rig.encoder.setTitle(rig.now, rig.source, 'A – B');
    rig.encoder.setTitle(rig.now, rig.source, 'A – B');
    rig.encoder.setHeaders(rig.now, rig.source, [['icy-name', 'Other']]);
    rig.encoder.setHeaders(rig.now, rig.source, [['icy-name', 'Other']]);
    rig.until(rig.nowMs + 5);
    const messages = rig.messages(target);
    expect(messages.map(({ type }) => type)).toEqual([METADATA, HEADERS]);
    expect(Buffer.from(messages[0]!.payload).toString()).toBe("StreamTitle='A – B';");
    expect(Buffer.from(messages[1]!.payload).toString()).toBe('Icy-Name\rOther\nContent-Type\raudio/mpeg');
    expect(rig.of('encoder-title').map(({ title }) => title)).toEqual(['before the start', 'A – B']);
  });

  it('gives every target the same messages, but for the replica number', () => {
    const rig = new Rig();
    const targets = [rig.target('tcp'), rig.target('udp'), rig.target('tcp')];
    expect(targets).toEqual([0, 1, 2]);
    rig.live(0, 50);
    const [first, ...others] = targets.map((target) => rig.messages(target));
    expect(first!.length).toBeGreaterThan(50);
    expect(first!.every(({ replica }) => replica === 0)).toBe(true);
    others.forEach((messages, i) => expect(messages).toEqual(first!.map((message) => ({ ...message, replica: i + 1 }))));
  });

  it('sends one message a datagram, none longer than 9,000 bytes', () => {
    const rig = new Rig();
    const target = rig.target('udp');
    rig.encoder.setMetadata(rig.now, rig.source, 'x'.repeat(20_000));
    rig.encoder.setHeaders(rig.now, rig.source, ['icy-name', 'icy-genre', 'icy-description', 'icy-url', 'icy-pub', 'icy-private'].map((name) => [name, 'y'.repeat(1_024)] as const));
    for (let i = 0; i < 4; i++) rig.encoder.receive(rig.now, rig.source, adtsFrame({ lengthBytes: 8_191, sampleRateHz: 96_000 }));
    const sizes = rig.sent.get(target)!.map(({ bytes }) => bytes.length);
    expect(Math.max(...sizes)).toBe(8_191 + 26);
    expect(rig.messages(target).map(({ sequence }) => sequence)).toEqual(range(1, sizes.length));
  });

  it('needs no target to be up, and keeps for each the newest ten seconds', () => {
    const rig = new Rig();
    const target = rig.target('tcp', false);
    rig.live(0, 1_000);
    expect(rig.messages(target)).toEqual([]);
    rig.encoder.targetUp(rig.now, target);
    const frames = rig.frames(target);
    expect(frames).toEqual(range(frames[0]!, 1_000));
    const keptMs = frames.length * FRAME_MS;
    expect(keptMs).toBeGreaterThanOrEqual(10_000 - FRAME_MS);
    expect(keptMs).toBeLessThan(10_000 + 100 + 2 * FRAME_MS);
    const lost = rig.encoder.stats.lostMessages[0]!;
    expect(lost + rig.messages(target).length).toBe(rig.encoder.source(rig.source).messages);
    expect(rig.of('target-up')).toMatchObject([{ target: 0, keptMessages: rig.messages(target).length }]);
    const reports = rig.of('target-lost').map(({ messages }) => messages);
    expect(reports.length).toBeGreaterThan(3);
    expect(reports.length).toBeLessThan(14);
  });

  it.each([500, 5_000, 9_800])('loses nothing in an outage of %i ms, and sends again what may not have arrived', (awayMs) => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.live(0, 500);
    rig.encoder.targetDown(rig.now, target);
    rig.forget(target);
    const away = Math.floor(awayMs / FRAME_MS);
    rig.live(501, 500 + away);
    expect(rig.messages(target)).toEqual([]);
    rig.encoder.targetUp(rig.now, target);
    const frames = rig.frames(target);
    expect(frames).toEqual(range(frames[0]!, 500 + away));
    expect(frames[0]!).toBeLessThanOrEqual(500);
    expect((500 + away - frames[0]!) * FRAME_MS).toBeGreaterThan(9_900);
    rig.live(501 + away, 510 + away);
    expect(rig.frames(target).at(-1)).toBe(510 + away);
    expect(rig.encoder.stats.lostMessages).toEqual([0]);
  });

  it('bounds what it keeps by bytes, too: the oldest go, counted', () => {
    const rig = new Rig({ targetKeepBytes: 65_536 });
    const target = rig.target('tcp', false);
    rig.live(0, 300);
    expect(rig.encoder.heldBytes).toBeLessThan(65_536 + 3 * 16_384 + 1_000);
    rig.encoder.targetUp(rig.now, target);
    const frames = rig.frames(target);
    expect(frames).toEqual(range(frames[0]!, 300));
    expect(frames.length).toBeGreaterThan(100);
    expect(frames.length).toBeLessThan(190);
    expect(rig.encoder.stats.lostMessages[0]! + rig.messages(target).length).toBe(rig.encoder.source(rig.source).messages);
  });

  it('bounds it also when everything comes at once, as from a file', () => {
    const rig = new Rig({ targetKeepBytes: 65_536 });
    rig.target('tcp', false);
    const audio = join(...range(0, 99).map((n) => numbered(n)));
    for (let i = 0; i < 30; i++) rig.encoder.receive(rig.now, rig.source, audio);
    expect(rig.encoder.heldBytes).toBeLessThan(65_536 + 3 * 16_384 + 1_000);
  });

  it('hands no more to the system than it takes', () => {
    const rig = new Rig({ targetStuckMs: 60_000, targetInFlightBytes: 20_000 });
    const target = rig.target('tcp');
    rig.stuck.add(target);
    rig.live(0, 150);
    expect(rig.backlog.get(target)!).toBeLessThan(20_000 + 16_384 + 1_000);
    expect(rig.encoder.deadlineReason).toBe('target-slow');
    const before = rig.frames(target).length;
    expect(before).toBeLessThan(100);
    // It takes everything again: the rest follows within a frame's time, without new audio.
    rig.stuck.delete(target);
    rig.backlog.set(target, 0);
    rig.until(rig.nowMs + 25);
    expect(rig.frames(target)).toEqual(range(0, 150));
    rig.until(rig.nowMs + 11_000);
    expect(rig.encoder.deadline).toBe(NEVER);
  });

  it('delays no target for another', () => {
    const rig = new Rig({ targetStuckMs: 60_000 });
    const [slow, away, good] = [rig.target('tcp'), rig.target('tcp', false), rig.target('tcp')];
    rig.stuck.add(slow);
    rig.live(0, 900);
    expect(rig.frames(good)).toEqual(range(0, 900));
    expect(rig.sent.get(good)!.every(({ bytes }) => bytes.length < 1_500)).toBe(true);
    expect(rig.frames(away)).toEqual([]);
    const lost = rig.encoder.stats.lostMessages;
    expect(lost[2]).toBe(0);
    expect(lost[0]).toBeGreaterThan(0);
    rig.stuck.delete(slow);
    rig.backlog.set(slow, 0);
    rig.live(901, 905);
    const frames = rig.frames(slow);
    expect([...frames].sort((a, b) => a - b)).toEqual(frames);
    expect(frames.at(-1)).toBe(905);
    expect(lost[0]! + rig.messages(slow).length).toBe(rig.encoder.source(rig.source).messages);
  });

  it('resets a target whose system takes everything, when it acknowledges nothing any more', () => {
    const rig = new Rig();
    const target = rig.acknowledgingUpTo(100);
    rig.live(101, 300);
    expect(rig.resets).toEqual([target]);
    expect(rig.of('target-stuck')[0]!.stuckMs).toBeGreaterThanOrEqual(2_000);
    expect(rig.of('target-stuck')[0]!.stuckMs).toBeLessThan(2_000 + 2 * FRAME_MS);
  });

  it('notices that also of the last thing that it has sent', () => {
    const rig = new Rig();
    const target = rig.acknowledgingUpTo(99);
    rig.live(100, 100);
    rig.until(rig.nowMs + 1_900);
    expect(rig.resets).toEqual([]);
    rig.until(rig.nowMs + 200);
    expect(rig.resets).toEqual([target]);
  });

  it('does not take a clock that was set forward for a target that is stuck', () => {
    const rig = new Rig();
    const target = rig.acknowledgingUpTo(99);
    rig.live(100, 100);
    rig.nowMs += 37_000;
    rig.encoder.advance(rig.now);
    rig.encoder.receive(rig.now, rig.source, numbered(101));
    rig.acknowledge(target);
    rig.until(rig.nowMs + 60_000);
    expect(rig.resets).toEqual([]);
  });

  it('waits for nothing when all is acknowledged', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.acknowledging.add(target);
    rig.live(0, 100);
    rig.until(rig.nowMs + 60_000);
    expect(rig.encoder.deadline).toBe(NEVER);
    rig.live(2_500, 2_600);
    expect(rig.resets).toEqual([]);
  });

  it('does not reset one that acknowledges late, but goes on doing so', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    for (const n of range(0, 500)) {
      rig.live(n, n);
      if (n > 200 && n % 10 === 0) rig.acknowledge(target, n - 150);
    }
    expect(rig.resets).toEqual([]);
  });

  it('does not expect anything of one that has never acknowledged', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.live(0, 1_000);
    expect(rig.resets).toEqual([]);
    expect(rig.frames(target)).toEqual(range(0, 1_000));
  });

  it('expects it of a connection when the one before was acknowledged, but once only', () => {
    const rig = new Rig();
    const target = rig.acknowledgingUpTo(50);
    rig.encoder.targetDown(rig.now, target);
    // Another program listens there now, which knows nothing of that.
    rig.encoder.targetUp(rig.now, target);
    rig.live(51, 200);
    expect(rig.resets).toEqual([target]);
    rig.encoder.targetUp(rig.now, target);
    rig.live(201, 600);
    expect(rig.resets).toEqual([target]);
  });

  it('takes no acknowledgement of another stream, of what it has not sent, or that is none', () => {
    const rig = new Rig();
    const target = rig.acknowledgingUpTo(50);
    for (const n of range(51, 200)) {
      rig.live(n, n);
      rig.acknowledge(target, n, streamId(8));
      rig.acknowledge(target, 100_000);
      rig.acknowledge(target, 40);
      rig.encoder.targetSaid(rig.now, target, framed(Uint8Array.of(1, 2, 3), new Uint8Array(40)));
    }
    expect(rig.resets).toEqual([target]);
    expect(rig.encoder.stats.strayMessages).toBeGreaterThan(4 * 70);
  });

  it('takes acknowledgements in any chunking, and none of a connection that is gone', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.live(0, 50);
    const sequence = rig.messages(target).at(-1)!.sequence;
    const bytes = framed(encodeMessage({ type: MessageType.ACK, replica: 0, streamId: streamId(9), sequence, payload: new Uint8Array(0) }));
    for (const byte of bytes) rig.encoder.targetSaid(rig.now, target, Uint8Array.of(byte));
    // Half of one was under way.
    rig.encoder.targetSaid(rig.now, target, bytes.subarray(0, 10));
    rig.encoder.targetDown(rig.now, target);
    rig.encoder.targetSaid(rig.now, target, bytes.subarray(10));
    rig.encoder.targetUp(rig.now, target);
    rig.acknowledge(target, sequence);
    rig.live(51, 100);
    expect(rig.encoder.stats.strayMessages).toBe(0);
    expect(rig.resets).toEqual([]);
    rig.live(101, 140);
    expect(rig.resets).toEqual([target]);
  });

  it('gives a target that is new all that it would have given the others', () => {
    const rig = new Rig();
    const old = rig.target('tcp');
    rig.live(0, 100);
    rig.encoder.targetDown(rig.now, old);
    rig.live(101, 200);
    // The name of the first one has another address now.
    const other = rig.target('tcp');
    expect(rig.frames(other)).toEqual(range(0, 200));
    expect(rig.messages(other).every(({ replica }) => replica === 1)).toBe(true);
    rig.encoder.removeTarget(rig.now, old);
    rig.live(201, 210);
    expect(rig.frames(other)).toEqual(range(0, 210));
    expect(rig.frames(old)).toEqual(range(0, 100));
    expect(rig.of('target-lost')).toEqual([]);
  });

  it('keeps no more for many targets than for one, and gives a number that is free again', () => {
    const rig = new Rig();
    const first = rig.target('tcp');
    rig.live(0, 400);
    const held = rig.encoder.heldBytes;
    let last = first;
    for (let moves = 0; moves < 300; moves++) {
      const next = rig.target('tcp');
      rig.encoder.targetDown(rig.now, last);
      rig.encoder.removeTarget(rig.now, last);
      last = next;
    }
    expect(last).toBeLessThanOrEqual(1);
    expect(rig.encoder.heldBytes).toBe(held);
    expect(rig.encoder.stats.lostMessages.length).toBe(2);
  });

  it('resets a target that takes nothing for two seconds, and then sends it everything kept', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.live(0, 100);
    rig.stuck.add(target);
    rig.live(101, 400);
    expect(rig.resets).toEqual([target]);
    expect(rig.of('target-stuck')).toMatchObject([{ target: 0, label: 'tcp target' }]);
    expect(rig.of('target-stuck')[0]!.stuckMs).toBeGreaterThanOrEqual(2_000);
    expect(rig.of('target-stuck')[0]!.stuckMs).toBeLessThan(2_100);
    rig.stuck.delete(target);
    rig.backlog.set(target, 0);
    rig.forget(target);
    rig.live(401, 405);
    expect(rig.messages(target)).toEqual([]);
    rig.encoder.targetUp(rig.now, target);
    expect(rig.frames(target)).toEqual(range(rig.frames(target)[0]!, 405));
    expect(rig.frames(target)[0]!).toBeLessThanOrEqual(101);
    expect(rig.resets).toHaveLength(1);
  });

  it('does not reset a target that takes its bytes slowly, nor one that has nothing to take', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.stuck.add(target);
    for (let n = 0; n < 600; n++) {
      rig.live(n, n);
      rig.backlog.set(target, Math.max(0, (rig.backlog.get(target) ?? 0) - 400));
    }
    rig.backlog.set(target, 0);
    rig.until(rig.nowMs + 60_000);
    rig.encoder.receive(rig.now, rig.source, numbered(601));
    expect(rig.resets).toEqual([]);
  });

  it('does not care how often it is told that a target is up or down', () => {
    const rig = new Rig();
    const target = rig.target('tcp');
    rig.live(0, 9);
    rig.encoder.targetUp(rig.now, target);
    expect(rig.frames(target)).toEqual(range(0, 9));
    rig.encoder.targetDown(rig.now, target);
    rig.encoder.targetDown(rig.now, target);
    expect(rig.events.map(({ kind }) => kind)).toEqual(['target-up', 'encoder-format', 'target-down', 'no-target-left']);
  });

  it('leaves out what is no frame, counted, and what a gap has cut', () => {
    const rig = new Rig();
    const target = rig.target('udp');
    rig.live(0, 9);
    rig.encoder.receive(rig.now, rig.source, new Uint8Array(100).fill(7));
    rig.live(10, 19);
    rig.encoder.receive(rig.now, rig.source, numbered(20).subarray(0, 200));
    rig.encoder.inputGap(rig.now, rig.source);
    rig.live(30, 39);
    rig.encoder.endSource(rig.now, rig.source);
    expect(rig.frames(target)).toEqual([...range(0, 19), ...range(30, 39)]);
    expect(rig.encoder.source(rig.source).skipped.garbage.bytes).toBe(100);
    expect(rig.encoder.source(rig.source).skipped['cut-frame'].bytes).toBe(200);
  });

  it('has as many targets as a replica number can tell apart', () => {
    const rig = new Rig();
    for (let i = 0; i < 256; i++) rig.target('udp');
    expect(() => rig.target('udp')).toThrow(/one byte/);
  });
});
