import { expect, test } from 'vitest';
import type { Micros } from '../../../core/base/units.ts';
import { Oracle } from '../../../sim/oracle/oracle.ts';
import { ShownTitles } from '../../../sim/oracle/shown-titles.ts';
import { World } from '../../../sim/world/world.ts';
import { encodeAnnouncement } from '../../../core/wire/messages/announce.ts';
import { encodeMessage, MessageType } from '../../../core/wire/pdu.ts';
import { encodeTitle } from '../../../core/wire/messages/set-title.ts';
import { transports } from '../../../core/links/transport.ts';
import type { PathId } from '../../../core/base/machine.ts';
import { Told } from '../support/told.ts';

/** "Set 1" was set two seconds before "Set 2". */
function oracleOfTwo(): Oracle {
  const world = new World();
  const oracle = new Oracle(world);
  oracle.titleSet('Set 1');
  world.run(2_000_000 as Micros);
  oracle.titleSet('Set 2');
  return oracle;
}

const textOf = (title: string): string => `StreamTitle='${title}';`;

/** Which of these titles may be shown, one after the other, where `all` shows these. */
function shown(titles: readonly string[], all?: readonly string[]): readonly boolean[] {
  const oracle = oracleOfTwo();
  const mount = all && new ShownTitles(oracle);
  for (const title of all ?? []) mount!.shows(textOf(title));
  const one = new ShownTitles(oracle);
  return titles.map((title) => one.shows(textOf(title), mount));
}

test('a mountpoint shows nothing older than a title that was set, and nothing that an encoder begins with behind it', () => {
  expect(shown(['On air from a#1', 'Set 1', 'Part 1 from a#1', 'On air from b#1', 'Set 2'])).toEqual([true, true, true, true, true]);
  expect(shown(['Set 2', 'Set 1'])).toEqual([true, false]);
  expect(shown(['Set 2', 'Part 1 from a#1', 'Set 1'])).toEqual([true, true, false]);
  expect(shown(['Set 1', 'On air from a#1'])).toEqual([true, false]);
});

test('a listener misses titles that were not on air for long', () => {
  const seen = ['Set 1', 'On air from b#1'];
  expect(shown(seen, ['Set 1', 'Part 1 from a#1', 'On air from b#1'])).toEqual([true, true]);
  expect(shown(seen, seen)).toEqual([true, false]);
  expect(shown(seen, ['Part 1 from a#1', 'On air from b#1', 'Set 1'])).toEqual([true, false]);
  expect(shown(seen, [])).toEqual([true, false]);
});

test('a mountpoint that ends and begins anew knows nothing of titles from before', () => {
  const rule = 'a title that was set is followed by newer ones only';
  const broken = (ends: boolean): readonly string[] => {
    const told = new Told();
    told.begins(100);
    told.oracle.titleSet('Set 1');
    told.model.shows('live', textOf('Set 1'));
    if (ends) {
      told.says({ kind: 'mount-ended', mount: 'live', why: 'no-source', origin: '', source: '', stream: told.id(told.a), silentMs: 1_000, forMs: 9_500, listeners: 0, streams: [] });
      told.says({ kind: 'mount-started', mount: 'live', origin: '', source: '', stream: told.id(told.b), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    }
    told.model.shows('live', textOf('On air from b#1'));
    return told.broken;
  };
  expect(broken(true)).toEqual([]);
  expect(broken(false)).toEqual([rule]);
});

test('a title that was set is followed by any, once the edge has heard that it is not in force any more', () => {
  const broken = (version: number, mountpoint = 'live'): readonly string[] => {
    const told = new Told();
    told.begins(100);
    told.oracle.titleSet('Set 1');
    const says = (type: number, sequence: number, payload: Uint8Array): void => {
      const message = encodeMessage({ type, replica: 0, streamId: new Uint8Array(16), sequence, payload });
      told.model.message(told.world.now, 1 as PathId, transports.tcp, message, 0, message.length, undefined);
    };
    says(MessageType.ANNOUNCE, 1, encodeAnnouncement({ mountpoint, audioType: 0 }));
    told.model.shows('live', textOf('Set 1'));
    says(MessageType.TITLE, 2, encodeTitle({ version, title: undefined, isOrdered: false }));
    told.model.shows('live', textOf('On air from b#1'));
    return told.broken;
  };
  expect(broken(200)).toEqual([]);
  expect(broken(50)).toEqual(['a title that was set is followed by newer ones only']);
  expect(broken(200, 'other')).toEqual(['a title that was set is followed by newer ones only']);
});

test('titles of a fallback are of another mountpoint, and what was set there is nothing to this one', () => {
  const told = new Told();
  told.begins(100);
  for (const title of ['Set 1', 'Set 2']) {
    told.world.run((told.world.now + 1_000_000) as Micros);
    told.oracle.titleSet(title);
  }
  const shows = (...titles: readonly string[]): void => titles.forEach((title) => told.model.shows('live', textOf(title)));
  shows('Set 1');
  told.says({ kind: 'fallback-entered', mount: 'live', what: 'talk', silentMs: 300 });
  shows('On air from talk#1', 'Set 2');
  told.says({ kind: 'fallback-left', mount: 'live', what: 'talk', toOrigin: '', toSource: '', to: told.id(told.b), forMs: 1_000 });
  shows('On air from b#1', 'Set 1');
  expect(told.broken).toEqual([]);
  shows('On air from a#1');
  expect(told.broken).toEqual(['a title that was set is followed by newer ones only']);
});
