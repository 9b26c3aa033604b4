import { describe, expect, it } from 'vitest';
import { encodeAnnouncement } from '../../../../core/wire/messages/announce.ts';
import type { MountPolicy } from '../../../../core/config/mount-policy.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { mpegFrame } from '../../codec/build.ts';
import { numbered, numberedAac } from '../../support/frames.ts';
import { message } from '../../support/messages.ts';
import { onAir, Source } from '../../support/station.ts';

const AUDIO_TYPE = { aac: 0, mp3: 1, mp2: 1 } as const;
const frameOf = { aac: numberedAac, mp3: numbered, mp2: numberedMp2 } as const;

function numberedMp2(number: number): Uint8Array {
  const frame = mpegFrame({ layer: 2 });
  frame[41] = number & 0x7f;
  frame[42] = (number >> 7) & 0x7f;
  return frame;
}

interface Encoder {
  readonly stream: number;
  readonly codec: 'aac' | 'mp3' | 'mp2';
  /** It has announced itself, and is dead. */
  readonly isDead?: boolean;
}

/** An edge that is started: of all streams it hears what they are, and then their frames, in this order. */
function started(encoders: readonly Encoder[], policy: MountPolicy = {}): { readonly rig: EdgeRig; readonly sources: Source[] } {
  const rig = new EdgeRig({}, { policies: { test: policy } });
  rig.until(1_000);
  const path = rig.open();
  for (const { stream, codec } of encoders) {
    rig.tcp(path, message(MessageType.ANNOUNCE, 1, encodeAnnouncement({ audioType: AUDIO_TYPE[codec], mountpoint: 'test' }), { stream }));
  }
  const sources = encoders.filter(({ isDead }) => isDead !== true).map(({ stream, codec }, index) =>
    new Source(path, { stream, first: 2, phaseMs: 1_000 + 3 * index, frame: frameOf[codec] }));
  return { rig, sources };
}

function codecOf(rig: EdgeRig): string | undefined {
  return rig.edge.mount('test')?.format.codec;
}

describe('a mountpoint whose streams have several codecs begins with', () => {
  const three: readonly Encoder[] = [{ stream: 1, codec: 'aac' }, { stream: 2, codec: 'mp3' }, { stream: 3, codec: 'mp3' }];

  it.each([[[0, 1, 2]], [[1, 0, 2]], [[2, 1, 0]], [[1, 2, 0]]])('what most of them have, whoever is first (%j)', (order) => {
    const { rig, sources } = started(order.map((index) => three[index]!));
    onAir(rig, sources, 1_200);
    expect(codecOf(rig)).toBe('mp3');
    expect(rig.of('mount-started')).toHaveLength(1);
  });

  it.each([[[0, 1]], [[1, 0]]])('that of the lowest id, when there are as many of each (%j)', (order) => {
    const { rig, sources } = started(order.map((index) => three[index]!));
    onAir(rig, sources, 1_200);
    expect(codecOf(rig)).toBe('aac');
  });

  it.each([[[0, 1, 2]], [[2, 1, 0]]])('what most of them can follow, and counts MP2 and MP3 together (%j)', (order) => {
    const mixed: readonly Encoder[] = [{ stream: 1, codec: 'aac' }, { stream: 2, codec: 'mp2' }, { stream: 3, codec: 'mp3' }];
    const { rig, sources } = started(order.map((index) => mixed[index]!));
    onAir(rig, sources, 1_200);
    expect(codecOf(rig)).toBe(order[0] === 0 ? 'mp2' : 'mp3');
    expect(rig.of('mount-started')).toHaveLength(1);
    expect(rig.of('format-changed')).toEqual([]);
  });

  it('what is there, a second later, when most of them only were', () => {
    const { rig, sources } = started(three.map((one) => ({ ...one, isDead: one.codec === 'mp3' })));
    onAir(rig, sources, 1_900);
    expect(codecOf(rig)).toBeUndefined();
    onAir(rig, sources, 2_200);
    expect(codecOf(rig)).toBe('aac');
  });

  it('what it is to have, and says who has another', () => {
    const { rig, sources } = started([...three, { stream: 4, codec: 'aac' }, { stream: 5, codec: 'aac' }], { codec: 'mp3' });
    onAir(rig, sources, 5_000);
    expect(codecOf(rig)).toBe('mp3');
    const refused = rig.of('backup-refused');
    expect(refused).toHaveLength(3);
    for (const { why } of refused) expect(why).toEqual({ code: 'other-codec', wanted: 'mp3', codec: 'aac' });
    // Nobody is taken to one of those, whatever happens.
    onAir(rig, sources.filter(({ stream }) => ![2, 3].includes(stream)), 30_000);
    expect(codecOf(rig)).toBeUndefined();
  });
});

describe('a mountpoint that has begun with what few of its streams have', () => {
  /** The second relay, a moment later, has two more. */
  const late = (codec: 'aac' | 'mp2' = 'aac'): { readonly rig: EdgeRig; readonly sources: Source[]; readonly more: Source[] } => {
    const { rig, sources } = started([{ stream: 1, codec }]);
    onAir(rig, sources, 1_100);
    const path = rig.open();
    const more = [2, 3].map((stream) => new Source(path, { stream, phaseMs: 1_100 + stream, frame: numbered }));
    return { rig, sources, more };
  };

  it('begins anew with what most have, while it is new and nobody listens', () => {
    const { rig, sources, more } = late();
    onAir(rig, [...sources, ...more], 1_300);
    expect(codecOf(rig)).toBe('mp3');
    expect(rig.of('format-changed')).toMatchObject([{ listeners: 0 }]);
  });

  it('goes on where the others can follow: MP3 behind MP2', () => {
    const { rig, sources, more } = late('mp2');
    onAir(rig, [...sources, ...more], 3_000);
    expect(codecOf(rig)).toBe('mp2');
    expect(rig.of('format-changed')).toEqual([]);
    expect(rig.of('mount-started')).toHaveLength(1);
    const listener = rig.join('test');
    onAir(rig, more, 10_000);
    expect(codecOf(rig)).toBe('mp3');
    expect(rig.ended.has(listener)).toBe(false);
  });

  it('is not torn from a listener', () => {
    const { rig, sources, more } = late();
    const listener = rig.join('test');
    onAir(rig, [...sources, ...more], 20_000);
    expect(codecOf(rig)).toBe('aac');
    expect(rig.ended.has(listener)).toBe(false);
  });

  it('stays when it is new no more', () => {
    const { rig, sources, more } = late();
    onAir(rig, sources, 2_500);
    for (const source of more) source.skipTo(2_500);
    onAir(rig, [...sources, ...more], 20_000);
    expect(codecOf(rig)).toBe('aac');
  });
});
