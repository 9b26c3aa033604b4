import { expect, test } from 'vitest';
import type { PathId } from '../../../core/base/machine.ts';
import { encodeMessage, formatStreamId, MessageType } from '../../../core/wire/pdu.ts';
import { withSettings } from '../../../core/config/settings.ts';
import { micros } from '../../../core/base/units.ts';
import { transports } from '../../../core/links/transport.ts';
import { mp3 } from '../../../sim/programme/model-frame.ts';
import { EdgeModel } from '../../../sim/oracle/edge-model.ts';
import { givenTo, ListenerRules } from '../../../sim/oracle/listener-rules.ts';
import { Oracle } from '../../../sim/oracle/oracle.ts';
import { Programme, type ModelStream } from '../../../sim/programme/programme.ts';
import { World } from '../../../sim/world/world.ts';

const SECOND_FRAMES = 38;

/** A switch from a to b by content, 40 s in, which repeats half a second more than the edge says; `lost` messages of b are given up just before it. */
function brokenBySwitch(lost: number): string[] {
  const world = new World();
  const programme = new Programme();
  const oracle = new Oracle(world);
  const model = new EdgeModel({ who: 'edge', clock: world, oracle, settings: withSettings({}), policies: {} });
  const rules = new ListenerRules(oracle, programme, model);
  const [a, b] = ['a#1', 'b#1'].map((name) => programme.newStream({ name, mount: 'live', format: mp3(), ppm: 0, beginsAtUs: 0 })) as [ModelStream, ModelStream];
  const idOf = ({ instance }: ModelStream): Uint8Array => Uint8Array.from({ length: 16 }, (_, index) => 10 * instance + index);
  const idText = (stream: ModelStream): string => formatStreamId(idOf(stream));
  const last = 40 * SECOND_FRAMES;
  for (const stream of [a, b]) for (let index = 0; index <= last; index++) stream.skip();
  for (let index = 0; index <= last; index++) {
    world.run(micros(index * 26_122));
    for (const stream of [a, b]) {
      const message = encodeMessage({ type: MessageType.DATA, replica: 0, streamId: idOf(stream), sequence: index, payload: new Uint8Array(8) });
      model.message(world.now, 1 as PathId, transports.tcp, message, 0, message.length, { stream, index });
    }
    if (index > 0) continue;
    for (const stream of [a, b]) model.event(world.now, { kind: 'stream-new', stream: idText(stream), label: 'relay' });
    model.event(world.now, { kind: 'mount-started', mount: 'live', stream: idText(a), codec: 'mp3', sampleRateHz: 44_100, channels: 2 });
    model.event(world.now, { kind: 'backup-added', mount: 'live', stream: idText(b), backups: 1 });
  }
  if (lost > 0) model.event(world.now, { kind: 'gap', mount: 'live', stream: idText(b), sequence: last + 1, messages: lost, waitedMs: 0, verdict: 'jump', action: 'none' });
  const figures = { silentMs: 0, catchUpMs: 0, missingMs: 0, offByMs: 0, waitMs: 0, repeatedMs: 0, lagMs: 0, matchedBy: 'content', candidates: 1 } as const;
  model.event(world.now, { kind: 'switch', mount: 'live', from: idText(a), to: idText(b), reason: 'behind', ...figures });
  const given = givenTo('live');
  for (const [stream, index] of [[a, last], [b, last - SECOND_FRAMES / 2]] as const) {
    const bytes = new Uint8Array(2_048);
    const length = stream.write(bytes, index);
    rules.frame(given, programme.glance(bytes, 0)!, bytes, 0, length);
  }
  return oracle.violations.map(({ rule }) => rule).filter((rule) => rule === 'a switch costs no more than it must');
}

test('a switch that costs more than the edge says is wrong, unless the new stream has lost something in the same moment', () => {
  expect(brokenBySwitch(0)).toHaveLength(1);
  expect(brokenBySwitch(129)).toEqual([]);
});
