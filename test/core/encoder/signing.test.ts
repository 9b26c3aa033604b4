import { describe, expect, it } from 'vitest';
import type { SourceId, TargetId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { Encoder } from '../../../core/encoder/encoder.ts';
import { transports } from '../../../core/links/transport.ts';
import { decodeSignature, type Signed } from '../../../core/wire/messages/signature.ts';
import { join } from '../codec/build.ts';
import { FRAME_US, numbered, range } from '../support/frames.ts';
import { parts, streamId } from '../support/messages.ts';
import { Checks, Key, signerWith } from '../support/signing.ts';

const key = new Key('studio-a');

/** An encoder that signs, and all that it sends as datagrams. */
class Rig {
  now = 0;
  readonly sent: { readonly at: number; readonly message: Uint8Array }[] = [];
  readonly encoder: Encoder;
  readonly source: SourceId;

  constructor(signMs = 1_000) {
    const signer = signerWith(key, () => 1_800_000_000_000 + this.now / 1000);
    this.encoder = new Encoder({ settings: { ...defaultSettings, signMs }, signer }, {
      send: (_target: TargetId, bytes) => this.sent.push({ at: this.now, message: bytes.slice() }),
      backlogBytes: () => 0,
      reset: () => {},
      event: () => {},
    });
    this.encoder.addTarget(0 as Micros, { transport: transports.udp, label: 'relay' });
    this.source = this.encoder.openSource(0 as Micros, { streamId: streamId(1), mountpoint: 'jazz' });
  }

  until(at: number): void {
    while (this.encoder.deadline <= at) {
      this.now = Math.max(this.now, this.encoder.deadline);
      this.encoder.advance(this.now as Micros);
    }
    this.now = Math.max(this.now, at);
  }

  play(frames: number, everyUs = FRAME_US): void {
    for (const n of range(1, frames)) {
      this.encoder.receive(this.now as Micros, this.source, numbered(n));
      this.until(Math.round(this.now + everyUs));
    }
  }

  get signatures(): (Signed & { readonly at: number })[] {
    return this.sent.filter(({ message }) => message[0] === 22).map(({ at, message }) => ({ at, ...decodeSignature({ bytes: message, start: 0, end: message.length, sequence: parts(message).sequence })! }));
  }

  /** Each message but the signatures, by number. */
  get others(): ReadonlyMap<number, Uint8Array> {
    return new Map(this.sent.filter(({ message }) => message[0] !== 22).map(({ message }) => [parts(message).sequence, message]));
  }
}

describe('an encoder that signs', () => {
  it('covers each message by one signature, within a second, in its ordinary sequence', () => {
    const rig = new Rig();
    rig.play(400);
    rig.encoder.endSource(rig.now as Micros, rig.source);
    expect(rig.sent.map(({ message }) => parts(message).sequence)).toEqual(range(1, rig.sent.length));
    const checks = new Checks([key], ['jazz']);
    let covered = 0;
    for (const signed of rig.signatures) {
      checks.nowMs = signed.atMs;
      expect(signed.mountpoint).toBe('jazz');
      expect(checks.faultOf(signed)).toBe(0);
      expect(signed.atMs).toBe(1_800_000_000_000 + Math.floor(signed.at / 1000));
      for (let sequence = signed.from; sequence < signed.to; sequence++, covered++) expect(checks.differs(rig.others.get(sequence)!, signed.digests, (sequence - signed.from) * 10)).toBe(0);
    }
    expect(covered).toBe(rig.others.size);
    const waits = rig.signatures.map(({ from, at }) => at - rig.sent[from - 1]!.at);
    expect(Math.max(...waits)).toBe(1_000_000);
    expect(rig.signatures).toHaveLength(11);
  });

  it('signs 128 messages at most at a time', () => {
    const rig = new Rig();
    rig.encoder.receive(0 as Micros, rig.source, join(...range(1, 300).map((n) => numbered(n))));
    rig.until(5_000_000);
    expect(rig.signatures.map(({ from, to }) => to - from).slice(0, 2)).toEqual([128, 128]);
    expect(rig.signatures.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(rig.others.size);
  });

  it('signs the last messages of a source that has paused, and of one that has ended', () => {
    const rig = new Rig(300);
    rig.play(20, 1_000);
    rig.until(1_000_000);
    expect(rig.signatures.at(-1)!.to).toBe(rig.sent.length);
    rig.play(5, 1_000);
    rig.encoder.endSource(rig.now as Micros, rig.source);
    expect(rig.signatures.at(-1)!.to).toBe(rig.sent.length);
    const before = rig.sent.length;
    rig.until(60_000_000);
    expect(rig.sent).toHaveLength(before);
  });
});
