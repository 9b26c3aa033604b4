import { expect, test } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import { transports } from '../../../../core/links/transport.ts';
import { encodeMessage, formatStreamId, MessageType, PDU_HEADER_BYTES } from '../../../../core/wire/pdu.ts';
import { withSettings } from '../../../../core/config/settings.ts';
import { EdgeModel } from '../../../../sim/oracle/model/edge-model.ts';
import { givenTo, ListenerRules } from '../../../../sim/oracle/rules/listener-rules.ts';
import { Oracle } from '../../../../sim/oracle/oracle.ts';
import { mp3 } from '../../../../sim/programme/model-frame.ts';
import { Programme } from '../../../../sim/programme/programme.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { World } from '../../../../sim/world/world.ts';
import { FRAME_MS, Told } from '../../support/told.ts';
import { ENCODER } from '../../../core/support/encoder.ts';

const FRAME_US = 26_122;
const FRAMES = 40;
const SECOND_FRAMES = 38;
/** So much programme the encoder leaves out while it is stopped. */
const STOPPED_FRAMES = 300;

/** An encoder was stopped between two frames; between them come these messages without audio, by their distance from the first frame's. */
function decoded(titles: readonly number[], behind: number): readonly string[] {
  const world = new World();
  const programme = new Programme();
  const oracle = new Oracle(world);
  const model = new EdgeModel({ who: 'edge', clock: world, oracle, settings: withSettings({}), policies: {} });
  const rules = new ListenerRules(oracle, programme, model);
  const stream = programme.newStream({ name: 'a#1', mount: 'live', format: mp3(), ppm: 0, beginsAtUs: 0 });
  for (let n = 0; n < FRAMES + STOPPED_FRAMES + FRAMES; n++) stream.skip();
  const given = givenTo('live');
  const streamId = new Uint8Array(16);
  let atUs = 0;
  const comes = (type: number, sequence: number, payload: Uint8Array, index?: number): Uint8Array => {
    const message = encodeMessage({ type, replica: 0, streamId, sequence, payload });
    model.message(atUs, 1 as PathId, transports.tcp, message, 0, message.length, index === undefined ? undefined : { stream, index });
    return message;
  };
  const sends = (sequence: number, index: number): void => {
    const bytes = new Uint8Array(2_048);
    const message = comes(MessageType.DATA, sequence, bytes.slice(0, stream.write(bytes, index)), index);
    if (sequence === 1) {
      model.event(atUs, { kind: 'stream-new', stream: formatStreamId(streamId), label: 'relay' });
      model.event(atUs, { kind: 'mount-started', mount: 'live', ...ENCODER, stream: formatStreamId(streamId), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    }
    rules.frame(given, { stream, index }, message, PDU_HEADER_BYTES, message.length);
    atUs += FRAME_US;
  };
  for (let n = 0; n < FRAMES; n++) sends(1 + n, n);
  for (const title of titles) comes(MessageType.METADATA, FRAMES + title, new Uint8Array(4));
  for (let n = 0; n < FRAMES; n++) sends(FRAMES + behind + n, FRAMES + STOPPED_FRAMES + n);
  return [...new Set(oracle.violations.map(({ rule }) => rule))];
}

test('what an encoder leaves out while it is stopped is no cut to an edge, however many titles it sends meanwhile', () => {
  expect(decoded([], 1)).toEqual([]);
  expect(decoded([1, 2, 3, 4, 5, 6, 7], 8)).toEqual([]);
});

test('a message that did not come is one, also between titles', () => {
  expect(decoded([], 2)).toEqual(['a decoder is given nothing that it cannot decode']);
  expect(decoded([1, 3], 4)).toEqual(['a decoder is given nothing that it cannot decode']);
});

/** A switch from a to b by content, 40 s in, which repeats half a second more than the edge says; `lost` messages of b are given up just before it. */
function brokenBySwitch(lost: number): readonly string[] {
  const told = new Told();
  const { programme, oracle, model, a, b } = told;
  const rules = new ListenerRules(oracle, programme, model);
  const last = 40 * SECOND_FRAMES;
  for (const stream of [a, b]) for (let index = 0; index <= last; index++) stream.skip();
  told.begins((last + 0.5) * FRAME_MS);
  if (lost > 0) told.gap(b, last + 1, lost, { verdict: 'jump', action: 'none' });
  told.switches(a, b, 'behind');
  const given = givenTo('live');
  for (const [stream, index] of [[a, last], [b, last - SECOND_FRAMES / 2]] as const) {
    const bytes = new Uint8Array(2_048);
    const length = stream.write(bytes, index);
    rules.frame(given, programme.glance(bytes, 0)!, bytes, 0, length);
  }
  return told.broken.filter((rule) => rule === 'a switch costs no more than it must');
}

/** A listener sees the newest title of b, and then, on a, one that a got before; between them the mountpoint `ends`, or the edge goes over. */
function brokenByTitle(ends: boolean): readonly string[] {
  const told = new Told();
  const { programme, oracle, model, a, b } = told;
  const rules = new ListenerRules(oracle, programme, model);
  for (const stream of [a, b]) for (let index = 0; index < 600; index++) stream.skip();
  told.begins(1_000);
  let sequence = Math.ceil(1_000 / FRAME_MS);
  const says = (stream: typeof a, text: string): void => {
    const streamId = Uint8Array.from({ length: 16 }, (_, index) => 10 * stream.instance + index);
    const message = encodeMessage({ type: MessageType.METADATA, replica: 0, streamId, sequence, payload: Buffer.from(text) });
    model.message(told.world.now, 1 as PathId, transports.tcp, message, 0, message.length, undefined);
  };
  const plays = (untilMs: number, ...streams: (typeof a)[]): void => {
    for (sequence++; sequence * FRAME_MS < untilMs; sequence++) for (const stream of streams) told.comes(sequence * FRAME_MS, stream, sequence);
  };
  const given = givenTo('live');
  const hears = (stream: typeof a, news: string): void => {
    given.news = news;
    const bytes = new Uint8Array(2_048);
    rules.frame(given, { stream, index: sequence - 1 }, bytes, 0, stream.write(bytes, sequence - 1));
  };
  for (const text of ['Zero', 'One']) {
    says(a, `StreamTitle='${text} from a';`);
    says(b, `StreamTitle='${text} from b';`);
    plays(sequence * FRAME_MS + 500, a, b);
  }
  plays(9_000, a, b);
  says(b, "StreamTitle='Two from b';");
  plays(9_500, a, b);
  told.switches(a, b, 'behind');
  hears(b, "StreamTitle='Two from b';");
  if (ends) {
    told.says({ kind: 'mount-ended', mount: 'live', why: 'no-source', origin: '', source: '', stream: told.id(b), silentMs: 1_000, forMs: 9_500, listeners: 0, streams: [] });
    told.says({ kind: 'mount-started', mount: 'live', origin: '', source: '', stream: told.id(a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    told.says({ kind: 'backup-added', mount: 'live', origin: '', source: '', stream: told.id(b), backups: 1 });
  } else told.switches(b, a, 'behind');
  hears(a, "StreamTitle='One from a';");
  return told.broken.filter((rule) => rule === 'a title is that of its frames');
}

test('a title is no older than the one before it, unless the mountpoint has begun anew', () => {
  expect(brokenByTitle(false)).toHaveLength(1);
  expect(brokenByTitle(true)).toEqual([]);
});

test('a switch that costs more than the edge says is wrong, unless the new stream has lost something in the same moment', () => {
  expect(brokenBySwitch(0)).toHaveLength(1);
  expect(brokenBySwitch(129)).toEqual([]);
});

/** A listener is given these titles, one after the other; "Set 1" was set two seconds before "Set 2". */
function given(...titles: readonly string[]): readonly string[] {
  const world = new World();
  const programme = new Programme();
  const oracle = new Oracle(world);
  const model = new EdgeModel({ who: 'edge', clock: world, oracle, settings: withSettings({}), policies: {} });
  const rules = new ListenerRules(oracle, programme, model);
  const stream = programme.newStream({ name: 'a#1', mount: 'live', format: mp3(), ppm: 0, beginsAtUs: 0 });
  oracle.titleSet('Set 1');
  world.run(2_000_000 as Micros);
  oracle.titleSet('Set 2');
  const to = givenTo('live');
  const bytes = new Uint8Array(2_048);
  for (const [index, title] of titles.entries()) {
    stream.skip();
    to.news = `StreamTitle='${title}';`;
    rules.frame(to, { stream, index }, bytes, 0, stream.write(bytes, index));
  }
  return oracle.violations.map(({ rule }) => rule);
}

test('behind a title that was set comes none that was set before it, and none that an encoder begins with', () => {
  const rule = 'a title that was set is followed by newer ones only';
  expect(given('On air from a#1', 'Set 1', 'Part 1 from a#1', 'Set 2', 'Set 2')).toEqual([]);
  expect(given('Set 2', 'Set 1')).toEqual([rule]);
  expect(given('Set 2', 'Part 1 from a#1', 'Set 1')).toEqual([rule]);
  expect(given('Set 1', 'On air from a#1')).toEqual([rule]);
});
