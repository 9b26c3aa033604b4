import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { prefixed } from '../../../../core/wire/framing.ts';
import { encodeMessage, MessageType } from '../../../../core/wire/pdu.ts';
import { encodeTitle } from '../../../../core/wire/messages/set-title.ts';
import { encodeWants } from '../../../../core/wire/messages/wants.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { parseNats } from '../../../../shell/net/addresses/nats-address.ts';
import { NatsReader, type NatsReaderOptions } from '../../../../shell/net/nats/reader.ts';
import { announcementSubjectOf, subjectOf } from '../../../../shell/net/nats/subjects.ts';
import type { NatsMessage } from '../../../../shell/net/nats/wire.ts';
import { announce, data, framed, parts, streamId, unframed } from '../../../core/support/messages.ts';
import { CapturedLog } from '../../support/support.ts';
import { dialTo, FakeWire, settled } from './fake-wire.ts';

const audio = new Uint8Array(400);
const subject = subjectOf('davecast', { streamId: streamId(1), mount: 'jazz' });
const endpoint = parseNats('nats://a:1')!;

describe('what an edge takes in by NATS', () => {
  let wires: FakeWire[];
  let told: CapturedLog;
  let heard: (number | string)[];
  let readers: NatsReader[];
  let refusals: Refusals;

  beforeEach(() => {
    vi.useFakeTimers();
    wires = [new FakeWire(), new FakeWire()];
    told = new CapturedLog();
    heard = [];
    readers = [];
    refusals = new Refusals(told.log);
  });

  afterEach(() => {
    for (const one of readers) one.stop();
    refusals.stop();
    vi.useRealTimers();
  });

  function reader(more: Partial<NatsReaderOptions> = {}, hasRoom = () => true): NatsReader {
    const one = new NatsReader(endpoint, { settings: defaultSettings, log: told.log, refusals, dial: dialTo(wires).dial, ...more }, {
      up: () => {
        heard.push('up');
        return hasRoom();
      },
      bytes: (bytes) => heard.push(...unframed(bytes).map((message) => Number(parts(message).sequence))),
      down: (reason) => heard.push(reason),
    });
    readers.push(one);
    one.start();
    return one;
  }

  function live(n: number, wire = wires[0]!): void {
    wire.subscribed[0]!.take({ subject, data: framed(data(n, audio)), status: 0 });
  }

  /** Until the server is asked for its history. */
  async function asked(wire = wires[0]!): Promise<void> {
    await settled();
    wire.flush();
    await settled();
  }

  async function up(wire = wires[0]!): Promise<void> {
    await asked(wire);
    wire.question.fail('no responders');
    await settled();
  }

  it('is its history first, and what has come meanwhile behind that', async () => {
    reader();
    await settled();
    live(6);
    await asked();
    const [wire] = wires as [FakeWire];
    expect(wire.question.subject).toBe('$JS.API.CONSUMER.CREATE.DAVECAST');
    expect(JSON.parse(wire.question.body)).toMatchObject({ config: { filter_subject: 'davecast.v1.*.>', ack_policy: 'none' } });
    wire.question.answer({ name: 'c1', num_pending: 3 });
    await settled();
    expect(wire.published[0]).toMatchObject({ subject: '$JS.API.CONSUMER.MSG.NEXT.DAVECAST.c1' });
    live(7);
    for (const n of [3, 4, 5]) wire.subscribed[1]!.take({ subject, data: framed(data(n, audio)), status: 0 });
    await settled();
    live(8);
    expect(heard).toEqual(['up', 3, 4, 5, 6, 7, 8]);
    expect(wire.subscribed).toHaveLength(1);
    expect(wire.question.subject).toBe('$JS.API.CONSUMER.DELETE.DAVECAST.c1');
  });

  it('goes on without what the history has lost meanwhile', async () => {
    reader();
    await asked();
    const [wire] = wires as [FakeWire];
    wire.question.answer({ name: 'c1', num_pending: 3 });
    await settled();
    live(7);
    wire.subscribed[1]!.take({ subject, data: framed(data(5, audio)), status: 0 });
    wire.subscribed[1]!.take({ subject: '', data: new Uint8Array(0), status: 404 });
    await settled();
    expect(heard).toEqual(['up', 5, 7]);
  });

  it('is all there is where JetStream is off, which is one line', async () => {
    reader();
    await settled();
    live(6);
    await up();
    expect(heard).toEqual(['up', 6]);
    expect(told.all('nats-no-history')).toHaveLength(1);
  });

  it('has no history before the first encoder has come, which is no problem', async () => {
    reader();
    await settled();
    live(6);
    await asked();
    wires[0]!.question.answer({ error: { code: 404, err_code: 10_059, description: 'stream not found' } });
    await settled();
    expect(heard).toEqual(['up', 6]);
    expect(told.all('nats-no-history')).toEqual([]);
  });

  it.each([
    ['7'], ['null'], ['nonsense'], ['{}'], ['{"name":"a b","num_pending":1}'], ['{"name":7,"num_pending":1}'], ['{"error":7}'], ['{"error":{"description":{}}}'], ['{"error":null,"name":"x","num_pending":"y"}'],
  ])('goes on without a history where somebody answers %s', async (answer) => {
    wires[0]!.request = () => Promise.resolve(answer);
    reader();
    await settled();
    live(6);
    await asked();
    await settled();
    expect(heard).toEqual(['up', 6]);
  });

  it('does not wait for a history that does not come', async () => {
    reader();
    await asked();
    const [wire] = wires as [FakeWire];
    wire.question.answer({ name: 'c1', num_pending: 3 });
    await settled();
    live(7);
    await vi.advanceTimersByTimeAsync(499);
    expect(heard).toEqual(['up']);
    await vi.advanceTimersByTimeAsync(1);
    live(8);
    // It is of use also when it is late.
    wire.subscribed[1]!.take({ subject, data: framed(data(5, audio)), status: 0 });
    expect(heard).toEqual(['up', 7, 8, 5]);
  });

  it('is let through when more has come than is held, without the rest of the history', async () => {
    reader();
    await asked();
    const large = framed(...[1, 2, 3, 4].map((n) => data(n, new Uint8Array(30_000))));
    const take = (): void => wires[0]!.subscribed[0]!.take({ subject, data: large, status: 0 });
    for (let n = 0; n < 139; n++) take();
    expect(heard).toEqual(['up']);
    take();
    expect(heard).toHaveLength(1 + 4 * 140);
  });

  it('loses the oldest, counted, when it is held for too long', async () => {
    const one = reader();
    await up();
    one.pause();
    for (let n = 1; n <= 150; n++) wires[0]!.subscribed[0]!.take({ subject, data: framed(...[1, 2, 3, 4].map((k) => data(4 * n + k, new Uint8Array(30_000)))), status: 0 });
    expect(heard).toEqual(['up']);
    one.goOn();
    expect(heard).toHaveLength(1 + 4 * 139);
    expect(heard.at(-1)).toBe(604);
    expect(told.all('refused')).toMatchObject([{ reason: 'message while an upgrade lasts too long' }]);
  });

  it('is told with its reason when it is refused, at most every ten seconds', async () => {
    reader();
    await up();
    for (let n = 0; n < 50; n++) wires[0]!.subscribed[0]!.take({ subject: 'davecast.v1.x.y', data: framed(data(1, audio)), status: 0 });
    vi.advanceTimersByTime(10_000);
    expect(told.all('refused')).toMatchObject([{ reason: 'message on a subject that does not parse', peer: 'nats://a:1', count: 1 }, { count: 49 }]);
    expect(heard).toEqual(['up']);
  });

  it('is told a title by the subject of its mountpoint, once something of that has come', async () => {
    const one = reader();
    await up();
    const titleMessage = prefixed(encodeMessage({ type: MessageType.TITLE, replica: 0, streamId: streamId(1), sequence: 0, payload: encodeTitle({ version: 7, title: 'Set', isOrdered: false }) }));
    one.said(titleMessage);
    const sent = (): readonly unknown[] => wires[0]!.published.filter(({ subject: on }) => on.includes('title')).map(({ subject: on, data: bytes }) => [on, Buffer.from(bytes).toString('hex')]);
    expect(sent()).toEqual([]);
    live(1);
    one.said(titleMessage);
    expect(sent()).toEqual([['davecast.v1-title.jazz', Buffer.from(titleMessage).toString('hex')]]);
  });

  describe('where not everything is wanted', () => {
    const taken = (version: number): readonly unknown[] => [version];

    function wanting(names: readonly string[]): NatsReader {
      const one = reader({}, () => {
        one.said(prefixed(encodeWants(1, names)));
        return true;
      });
      return one;
    }

    it('is subscribed to by the subjects of what is wanted, and of all announcements', async () => {
      wanting(['stations/*', 'jazz']);
      await settled();
      expect(wires[0]!.subscribed.map(({ subject: on }) => on)).toEqual(['davecast.v1-announce.>', 'davecast.v1.*.stations.>', 'davecast.v1.*.jazz']);
      expect(heard).toEqual(['up', ...taken(1)]);
    });

    it('changes with it: what is new has its history first, and nothing else waits for that', async () => {
      const one = wanting(['jazz']);
      await up();
      const [wire] = wires as [FakeWire];
      one.said(prefixed(encodeWants(2, ['jazz', 'news'])));
      await settled();
      expect(wire.subscribed.map(({ subject: on }) => on)).toEqual(['davecast.v1-announce.>', 'davecast.v1.*.jazz', 'davecast.v1.*.news']);
      const news = subjectOf('davecast', { streamId: streamId(2), mount: 'news' });
      const of = (n: number): NatsMessage => ({ subject: news, data: framed(data(n, audio, { stream: 2 })), status: 0 });
      wire.subscribed[2]!.take(of(16));
      wire.subscribed[1]!.take({ subject, data: framed(data(6, audio)), status: 0 });
      await asked();
      expect(JSON.parse(wire.question.body)).toMatchObject({ config: { filter_subject: 'davecast.v1.*.news' } });
      wire.question.answer({ name: 'c1', num_pending: 1 });
      await settled();
      wire.subscribed[3]!.take(of(15));
      await settled();
      expect(heard).toEqual(['up', ...taken(1), ...taken(2), 6, 15, 16]);
      one.said(prefixed(encodeWants(3, ['news'])));
      await settled();
      expect(wire.subscribed.map(({ subject: on }) => on)).toEqual(['davecast.v1-announce.>', 'davecast.v1.*.news']);
    });

    it('is nothing but announcements where nothing is wanted yet', async () => {
      wanting([]);
      await settled();
      expect(wires[0]!.subscribed.map(({ subject: on }) => on)).toEqual(['davecast.v1-announce.>']);
      wires[0]!.subscribed[0]!.take({ subject: announcementSubjectOf('davecast', { streamId: streamId(1), mount: 'jazz' }), data: framed(announce(7, 'jazz')), status: 0 });
      expect(heard).toEqual(['up', 1, 7]);
      // Of another one than its subject says.
      wires[0]!.subscribed[0]!.take({ subject: announcementSubjectOf('davecast', { streamId: streamId(1), mount: 'jazz' }), data: framed(announce(8, 'news')), status: 0 });
      expect(told.all('refused')).toHaveLength(1);
    });
  });

  it('is subscribed to again by the next connection, and by none when there is no room', async () => {
    let room = true;
    reader({}, () => room);
    await up();
    room = false;
    wires[0]!.close('slow consumer');
    await settled();
    await vi.advanceTimersByTimeAsync(150);
    expect(heard).toEqual(['up', 'slow consumer', 'up', 'too many paths']);
    expect(wires[1]!.isDestroyed).toBe(true);
  });

  it('may not be subscribed to: the connection is made again', async () => {
    reader();
    await settled();
    wires[0]!.subscribed[0]!.fail('permissions violation');
    expect(heard).toEqual(['up', 'permissions violation']);
    expect(told.all('disconnected')).toMatchObject([{ reason: 'permissions violation' }]);
  });
});
