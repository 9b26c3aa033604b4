import { describe, expect, test } from 'vitest';
import type { SubscriberId, TargetId } from '../../../core/base/machine.ts';
import { icyBlock, NO_NEWS } from '../../../core/wire/icy.ts';
import { encodeMessage, MessageType } from '../../../core/wire/pdu.ts';
import { withSettings } from '../../../core/config/settings.ts';
import { mp3 } from '../../../sim/programme/model-frame.ts';
import { EncoderWatch } from '../../../sim/oracle/watches/encoder-watch.ts';
import { IcyReader } from '../../../sim/oracle/icy-reader.ts';
import { RelayWatch } from '../../../sim/oracle/watches/relay-watch.ts';
import { Oracle } from '../../../sim/oracle/oracle.ts';
import { Programme } from '../../../sim/programme/programme.ts';
import { World } from '../../../sim/world/world.ts';
import { framed } from '../../core/support/messages.ts';

function message(sequence: number, payload: Uint8Array = new Uint8Array(10)): Uint8Array {
  return framed(encodeMessage({ type: MessageType.DATA, replica: 0, streamId: new Uint8Array(16).fill(7), sequence, payload }));
}

describe('a relay', () => {
  const subscriber = 1 as SubscriberId;

  test('sends each message once to each subscriber', () => {
    const oracle = new Oracle(new World());
    const watch = new RelayWatch('relay', oracle, 1_024);
    for (const sequence of [1, 2, 3]) watch.sent(subscriber, message(sequence));
    watch.sent(2 as SubscriberId, message(2));
    expect(oracle.violations).toEqual([]);
    watch.sent(subscriber, message(2));
    expect(oracle.violations).toMatchObject([{ rule: 'a subscriber gets each message once' }]);
  });

  test('may do so again when it has forgotten the stream, or there are too many', () => {
    const oracle = new Oracle(new World());
    const watch = new RelayWatch('relay', oracle, 1_024);
    watch.sent(subscriber, message(1));
    watch.event({ kind: 'stream-forgotten', stream: '07' });
    watch.sent(subscriber, message(1));
    watch.event({ kind: 'bound-hit', bound: 'maxStreams' });
    watch.sent(subscriber, message(1));
    expect(oracle.violations).toEqual([]);
  });
});

describe('an encoder', () => {
  const target = 0 as TargetId;
  const programme = new Programme();
  const stream = programme.newStream({ name: 'a#1', mount: 'live', format: mp3(), ppm: 0, beginsAtUs: 0 });
  const frame = (index: number): Uint8Array => {
    while (stream.made <= index) stream.skip();
    const into = new Uint8Array(2_048);
    return into.slice(0, stream.write(into, index));
  };
  const watched = (): { oracle: Oracle; watch: EncoderWatch } => {
    const oracle = new Oracle(new World());
    const watch = new EncoderWatch('encoder', oracle, programme, withSettings({}));
    for (let n = 0; n < 1_000; n++) watch.made(n * 26_122, stream.instance, n, 417);
    watch.up(1_000 * 26_122, target);
    return { oracle, watch };
  };

  test('sends all that is kept when a target is back', () => {
    const whole = watched();
    whole.watch.sent(target, message(600, frame(618)));
    expect(whole.oracle.violations).toEqual([]);
    const short = watched();
    short.watch.sent(target, message(999, frame(990)));
    expect(short.oracle.violations).toMatchObject([{ rule: 'what is kept is sent again' }]);
  });

  test('lets go of a target that confirms nothing', () => {
    const { oracle, watch } = watched();
    watch.sent(target, message(600, frame(618)));
    watch.said(26_122_000, target);
    for (let ms = 0; ms <= 3_000; ms += 100) watch.unacknowledged(26_122_000 + 1_000 * ms, target, 400);
    expect(oracle.violations).toEqual([]);
    watch.unacknowledged(26_122_000 + 4_000_000, target, 400);
    expect(oracle.violations).toMatchObject([{ rule: 'a dead connection is let go of' }]);
  });
});

test('blocks of metadata are taken out wherever a write ends', () => {
  const audio: number[] = [];
  const blocks: (string | undefined)[] = [];
  const reader = new IcyReader(4, { audio: (bytes) => audio.push(...bytes), block: (text) => blocks.push(text) });
  const bytes = [1, 2, 3, 4, ...icyBlock("StreamTitle='x';"), 5, 6, 7, 8, ...NO_NEWS, 9];
  for (const byte of bytes) reader.push(Uint8Array.of(byte));
  reader.push(Uint8Array.of(10, 11, 12, ...NO_NEWS));
  expect(audio).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(blocks).toEqual(["StreamTitle='x';", undefined, undefined]);
});
