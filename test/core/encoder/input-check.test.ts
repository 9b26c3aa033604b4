import { describe, expect, it } from 'vitest';
import { Encoder } from '../../../core/encoder/encoder.ts';
import type { EncoderEvent } from '../../../core/encoder/events.ts';
import type { SourceId } from '../../../core/base/machine.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { NEVER, type Micros } from '../../../core/base/units.ts';
import { adtsFrame, ascii, id3v2, join, times } from '../codec/build.ts';
import { FRAME_US, numbered } from '../support/frames.ts';
import { streamId } from '../support/messages.ts';
import { formatStreamId } from '../../../core/wire/pdu.ts';

/** An encoder whose source sends something at each step of a clock. */
class Source {
  readonly encoder: Encoder;
  readonly source: SourceId;
  readonly events: EncoderEvent[] = [];
  nowUs = 0;

  constructor() {
    this.encoder = new Encoder(
      { settings: defaultSettings },
      { send: () => undefined, backlogBytes: () => 0, reset: () => undefined, event: (event) => this.events.push(event) },
    );
    this.source = this.encoder.openSource(0 as Micros, { streamId: streamId(1), mountpoint: 'jazz' });
  }

  until(atUs: number): this {
    while (this.encoder.deadline <= atUs) {
      this.nowUs = Math.max(this.nowUs, this.encoder.deadline);
      this.encoder.advance(this.nowUs as Micros);
    }
    this.nowUs = Math.max(this.nowUs, atUs);
    return this;
  }

  send(bytes: Uint8Array, times = 1): this {
    for (let i = 0; i < times; i++) {
      this.encoder.receive(this.nowUs as Micros, this.source, bytes);
      this.until(this.nowUs + FRAME_US);
    }
    return this;
  }

  told(kind: 'source-unsupported' | 'source-without-frames'): EncoderEvent[] {
    return this.events.filter((event) => event.kind === kind);
  }
}

const unsupported = (format: string): EncoderEvent[] => [{ kind: 'source-unsupported', format, mount: 'jazz', origin: '', stream: formatStreamId(streamId(1)) }];
const noise = new Uint8Array(400).fill(0x33);
const secondsOf = (seconds: number): number => Math.ceil((seconds * 1_000_000) / FRAME_US);

it('an encoder tells nothing of a source that pauses in the middle of a frame', () => {
  const source = new Source();
  for (let number = 0; number < 20; number++) source.send(numbered(number));
  const frame = numbered(20);
  source.send(frame.subarray(0, 100)).until(source.nowUs + 5_000_000);
  expect(source.told('source-without-frames')).toEqual([]);
  source.send(frame.subarray(100)).send(frame.subarray(0, 100)).until(source.nowUs + 5_000_000);
  expect(source.told('source-without-frames')).toEqual([]);
  source.send(noise, secondsOf(2.1));
  expect(source.told('source-without-frames')).toHaveLength(1);
});

describe('an encoder tells of a source', () => {
  it('that sends bytes and no frame: after two seconds, every ten, and with what the bytes are', () => {
    const source = new Source().send(noise, secondsOf(1.9));
    expect(source.told('source-without-frames')).toEqual([]);
    source.send(noise, secondsOf(0.2));
    expect(source.told('source-without-frames')).toMatchObject([{ forMs: 2_000, skipped: { garbage: expect.any(Number) } }]);
    expect(source.told('source-without-frames')[0]).toMatchObject({ bytes: expect.any(Number) });
    source.send(noise, secondsOf(9.8));
    expect(source.told('source-without-frames')).toHaveLength(1);
    source.send(noise, secondsOf(0.4));
    expect(source.told('source-without-frames')).toHaveLength(2);
  });

  it('that sends nothing, once, and of what it sends then', () => {
    const source = new Source().until(1_900_000);
    expect(source.told('source-without-frames')).toEqual([]);
    source.until(60_000_000);
    expect(source.told('source-without-frames')).toMatchObject([{ forMs: 2_000, bytes: 0, skipped: {} }]);
    source.send(noise, secondsOf(2.1));
    expect(source.told('source-without-frames')).toHaveLength(2);
    expect(source.told('source-without-frames')[1]).toMatchObject({ forMs: 2_000 });
    expect(new Source().send(numbered(1), 3).until(60_000_000).told('source-without-frames')).toEqual([]);
  });

  it('that falls into that after it was well, and not of what was left out before', () => {
    const source = new Source().send(noise, 20).send(numbered(1), 50);
    source.send(noise, secondsOf(2.1));
    const [told] = source.told('source-without-frames');
    expect(told).toMatchObject({ kind: 'source-without-frames' });
    expect(Object.values((told as { skipped: Record<string, number> }).skipped).reduce((a, b) => a + b)).toBeLessThan(noise.length * secondsOf(2.1));
  });

  it('but not of one that pauses, is well, has ended, or sends nothing more', () => {
    expect(new Source().send(numbered(1), 200).until(60_000_000).told('source-without-frames')).toEqual([]);
    const gone = new Source().send(noise, secondsOf(2.1)).until(90_000_000);
    // What had come when it was told is told once; what came behind that, with the next.
    expect(gone.told('source-without-frames').length).toBeLessThanOrEqual(2);
    const ended = new Source().send(noise, 3);
    ended.encoder.endSource(ended.nowUs as Micros, ended.source);
    ended.until(defaultSettings.targetKeepMs * 1_000);
    expect(ended.until(20_000_000).told('source-without-frames')).toEqual([]);
    expect(ended.encoder.deadline).toBe(NEVER);
  });

  it.each([
    ['at once', join(ascii('OggS'), new Uint8Array(22), Uint8Array.of(1, 19), ascii('OpusHead'), new Uint8Array(100)), 'Ogg (Opus)'],
    ['behind a tag of 300 kB', join(id3v2(300_000), ascii('fLaC'), new Uint8Array(100)), 'FLAC'],
    ['behind a tag shorter than what is kept', join(id3v2(30), ascii('fLaC'), new Uint8Array(100)), 'FLAC'],
  ])('that is not supported, %s, and in any chunking', (_, bytes, format) => {
    expect(new Source().send(bytes).told('source-unsupported')).toEqual(unsupported(format));
    const piecemeal = new Source();
    for (const byte of bytes) piecemeal.encoder.receive(0 as Micros, piecemeal.source, Uint8Array.of(byte));
    expect(piecemeal.told('source-unsupported')).toEqual(unsupported(format));
  });

  it.each([1, 184, 1_024, 16_384])('that is not supported, and has whole frames in its packets, by %i bytes at a time', (size) => {
    const packet = join(Uint8Array.of(0x47, 1, 0, 0x10), times(4, adtsFrame({ lengthBytes: 46 })));
    const bytes = times(20, packet);
    const source = new Source();
    for (let at = 0; at < bytes.length; at += size) source.encoder.receive(0 as Micros, source.source, bytes.subarray(at, at + size));
    expect(source.told('source-unsupported')).toEqual(unsupported('an MPEG transport stream'));
  });

  it('but takes no frame for something else, whatever is in it', () => {
    const frame = numbered(1);
    frame.set(ascii('OggS'), 100);
    expect(new Source().send(frame, 100).told('source-unsupported')).toEqual([]);
  });
});

describe('a tag that never ends', () => {
  it('keeps a live source silent for ten seconds', () => {
    const endless = Uint8Array.of(...ascii('ID3'), 4, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f);
    const source = new Source().send(numbered(1), 40).send(endless);
    source.send(numbered(2), secondsOf(9.9));
    expect(source.encoder.source(source.source).frames).toBe(40);
    source.send(numbered(3), secondsOf(5));
    expect(source.encoder.source(source.source).frames).toBeGreaterThan(40 + secondsOf(4.7));
  });

  it('is a long one where its bytes come fast: nothing in it is heard', () => {
    const source = new Source().send(numbered(1), 40);
    const tag = id3v2(20_000_000);
    for (let at = 10; at + 417 < tag.length; at += 417) tag.set(numbered(7), at);
    source.encoder.receive(source.nowUs as Micros, source.source, tag);
    source.send(numbered(2), 40);
    expect(source.encoder.source(source.source).frames).toBe(80);
  });
});
