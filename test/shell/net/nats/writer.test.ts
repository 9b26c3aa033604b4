import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { parseNats } from '../../../../shell/net/addresses/nats-address.ts';
import { NatsWriter } from '../../../../shell/net/nats/writer.ts';
import { encodeMessage, MessageType } from '../../../../core/wire/pdu.ts';
import { encodeTitle } from '../../../../core/wire/messages/set-title.ts';
import { announce, data, framed, parts, streamId, unframed } from '../../../core/support/messages.ts';
import { CapturedLog } from '../../support/support.ts';
import { dialTo, FakeWire, settled } from './fake-wire.ts';

const audio = new Uint8Array(400);
const endpoint = parseNats('nats://a:1,b:2')!;

describe('what an encoder publishes to NATS', () => {
  let wires: FakeWire[];
  let told: CapturedLog;
  let ups: string[];
  let titles: string[];
  let writer: NatsWriter;
  let attempts: () => number;

  beforeEach(() => {
    vi.useFakeTimers();
    wires = [new FakeWire(), new FakeWire()];
    told = new CapturedLog();
    ups = [];
    titles = [];
    const dialling = dialTo(wires);
    attempts = dialling.attempts;
    writer = new NatsWriter(endpoint, { settings: defaultSettings, log: told.log, dial: dialling.dial, mountOf: (bytes, at) => (bytes[at + 3] === 1 ? 'jazz/main' : bytes[at + 3] === 2 ? 'news' : undefined) }, { up: () => ups.push('up'), down: (reason) => ups.push(reason), titled: (mount, { title }) => titles.push(`${mount}: ${title}`) });
    writer.start();
  });

  afterEach(() => {
    writer.stop();
    vi.useRealTimers();
  });

  /** The first connection, to a server without JetStream. */
  async function up(wire = wires[0]!): Promise<void> {
    await settled();
    wire.question.fail('no responders');
    await settled();
    expect(ups.at(-1)).toBe('up');
  }

  function sequences(wire: FakeWire): readonly number[] {
    return wire.published.flatMap(({ data: bytes }) => unframed(bytes).map((one) => Number(parts(one).sequence)));
  }

  it('goes to a subject for each mountpoint and stream, whole messages of one stream together', async () => {
    await up();
    const [one, two, three, four] = [data(1, audio), data(2, audio), data(1, audio, { stream: 2 }), data(3, audio)];
    writer.write(framed(one, two, three, four));
    const subject = (stream: number, rest: string): string => `davecast.v1.${Buffer.from(streamId(stream)).toString('hex')}.${rest}`;
    expect(wires[0]!.published.map(({ subject: on, data: bytes }) => [on, Buffer.from(bytes).toString('hex')])).toEqual([
      [subject(1, 'jazz.main'), Buffer.from(framed(one, two)).toString('hex')],
      [subject(2, 'news'), Buffer.from(framed(three)).toString('hex')],
      [subject(1, 'jazz.main'), Buffer.from(framed(four)).toString('hex')],
    ]);
  });

  it('has its newest announcement also on a subject of announcements', async () => {
    await up();
    writer.write(framed(announce(1, 'jazz/main'), data(2, audio), announce(3, 'jazz/main'), data(4, audio)));
    const [, announced, ...more] = wires[0]!.published;
    expect([announced!.subject, sequences(wires[0]!), more]).toEqual([`davecast.v1-announce.${Buffer.from(streamId(1)).toString('hex')}.jazz.main`, [1, 2, 3, 4, 3], []]);
  });

  it('is no larger than the server takes', async () => {
    await up();
    wires[0]!.maxPayloadBytes = 1_000;
    writer.write(framed(...[1, 2, 3, 4, 5].map((n) => data(n, audio))));
    expect(wires[0]!.published.map(({ data: bytes }) => unframed(bytes).length)).toEqual([2, 2, 1]);
  });

  it('is a backlog when the server is late to take it, or when it is more than a way there and back holds', async () => {
    await up();
    writer.write(framed(data(1, audio)));
    expect(writer.backlogBytes).toBe(0);
    vi.advanceTimersByTime(1_001);
    expect(writer.backlogBytes).toBe(428);
    wires[0]!.flush();
    await settled();
    expect(writer.backlogBytes).toBe(0);
    writer.write(framed(...Array.from({ length: 40 }, (_, n) => data(2 + n, new Uint8Array(30_000)))));
    expect(writer.backlogBytes).toBe(40 * 30_028 - 1_048_576);
  });

  it('is sent again by the next connection, but for what the server has had for long', async () => {
    await up();
    for (let n = 1; n <= 60; n++) {
      writer.write(framed(data(n, audio)));
      wires[0]!.flush();
      await settled();
      vi.advanceTimersByTime(100);
    }
    wires[0]!.close('closed by peer');
    await settled();
    expect(ups).toEqual(['up', 'closed by peer']);
    vi.advanceTimersByTime(1_000);
    await up(wires[1]);
    writer.write(framed(...Array.from({ length: 61 }, (_, n) => data(n + 1, audio))));
    const again = sequences(wires[1]!);
    expect(again.at(-1)).toBe(61);
    // Two to four seconds.
    expect(again[0]).toBeGreaterThan(20);
    expect(again[0]).toBeLessThan(42);
    expect(again).toHaveLength(62 - again[0]!);
  });

  it('is sent again as a whole where the server has confirmed nothing', async () => {
    await up();
    for (let n = 1; n <= 60; n++) {
      writer.write(framed(data(n, audio)));
      vi.advanceTimersByTime(100);
    }
    wires[0]!.close('closed by peer');
    await settled();
    vi.advanceTimersByTime(1_000);
    await up(wires[1]);
    writer.write(framed(...Array.from({ length: 60 }, (_, n) => data(n + 1, audio))));
    wires[1]!.flush();
    expect(sequences(wires[1]!)).toHaveLength(60);
  });

  describe('titles that were set elsewhere', () => {
    const titleMessage = (title: string, version = 1): Uint8Array => encodeMessage({ type: MessageType.TITLE, replica: 0, streamId: streamId(9), sequence: 0, payload: encodeTitle({ version, title, isOrdered: false }) });

    function say(bytes: Uint8Array, subject = 'davecast.v1-title.jazz.main', wire = wires[0]!): void {
      for (const one of wire.subscribed) if (one.subject === subject) one.take({ subject, data: bytes, status: 0 });
    }

    it('are heard of each mountpoint that is sent, once, also by the next connection, until nothing of it is sent any more', async () => {
      await up();
      writer.write(framed(data(1, audio), data(2, audio), data(1, audio, { stream: 2 })));
      expect(wires[0]!.subscribed.map(({ subject }) => subject)).toEqual(['davecast.v1-title.jazz.main', 'davecast.v1-title.news']);
      say(framed(titleMessage('One')));
      say(framed(titleMessage('Two')), 'davecast.v1-title.news');
      expect(titles).toEqual(['jazz/main: One', 'news: Two']);
      wires[0]!.close('closed by peer');
      await settled();
      vi.advanceTimersByTime(1_000);
      await up(wires[1]);
      expect(wires[1]!.subscribed).toHaveLength(2);
      vi.advanceTimersByTime(61_000);
      wires[1]!.flush();
      writer.write(framed(data(3, audio, { stream: 2 })));
      expect(wires[1]!.subscribed.map(({ subject }) => subject)).toEqual(['davecast.v1-title.news']);
    });

    it('are no more than a mountpoint has', async () => {
      await up();
      writer.write(framed(data(1, audio)));
      for (let n = 1; n <= 1_000; n++) say(framed(titleMessage(`${n}`, n)));
      expect(titles).toHaveLength(256);
      vi.advanceTimersByTime(4_000);
      for (let n = 1; n <= 1_000; n++) say(framed(titleMessage(`${n}`, n)));
      expect(titles).toHaveLength(258);
    });

    it.each([
      ['nothing', new Uint8Array(0)],
      ['another message', framed(data(1, audio))],
      ['two', framed(titleMessage('One'), titleMessage('Two'))],
      ['a part', framed(titleMessage('One')).subarray(0, 30)],
      ['one that is none', framed(titleMessage('One').with(26, 9))],
    ])('are not %s', async (_, bytes) => {
      await up();
      writer.write(framed(data(1, audio)));
      say(bytes);
      expect(titles).toEqual([]);
    });

    it('are left alone where they may not be heard', async () => {
      await up();
      writer.write(framed(data(1, audio)));
      wires[0]!.subscribed[0]!.fail('permissions violation');
      await settled();
      expect(ups).toEqual(['up']);
    });
  });

  it('makes its history, in three copies or in one', async () => {
    await settled();
    const [wire] = wires as [FakeWire];
    expect(wire.question.subject).toBe('$JS.API.STREAM.INFO.DAVECAST');
    wire.question.answer({ error: { code: 404, err_code: 10_059 } });
    await settled();
    expect(wire.question.subject).toBe('$JS.API.STREAM.CREATE.DAVECAST');
    expect(JSON.parse(wire.question.body)).toMatchObject({ subjects: ['davecast.v1.>'], storage: 'memory', max_age: 10_000_000_000, num_replicas: 3 });
    wire.question.answer({ error: { code: 500, err_code: 10_074 } });
    await settled();
    expect(JSON.parse(wire.question.body)).toMatchObject({ num_replicas: 1 });
    expect(ups).toEqual([]);
    wire.question.answer({});
    await settled();
    expect(ups).toEqual(['up']);
    expect(told.all('nats-no-history')).toEqual([]);
  });

  it('does not wait for a history that is not made soon, and says once that there is none', async () => {
    await settled();
    vi.advanceTimersByTime(250);
    await settled();
    expect(ups).toEqual(['up']);
    wires[0]!.question.fail("no responders: '$JS.API.STREAM.INFO.DAVECAST'");
    await settled();
    expect(told.all('nats-no-history')).toEqual([{ kind: 'nats-no-history', peer: 'nats://a:1,b:2', reason: 'JetStream is off' }]);
    wires[0]!.close('closed by peer');
    await settled();
    vi.advanceTimersByTime(1_000);
    await up(wires[1]);
    expect(told.all('nats-no-history')).toHaveLength(1);
  });

  it('asks three times for its history where JetStream does not answer, and then says so', async () => {
    await settled();
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(wires[0]!.requested).toHaveLength(attempt);
      expect(told.all('nats-no-history')).toEqual([]);
      wires[0]!.question.fail('timeout');
      await settled();
      await vi.advanceTimersByTimeAsync(3_000);
    }
    expect(told.all('nats-no-history')).toMatchObject([{ reason: 'JetStream does not answer' }]);
    expect(wires[0]!.requested).toHaveLength(3);
  });

  it('is told of once, and then once a minute, where the server complains of every message', async () => {
    await up();
    for (const what of ['no publishing to a', 'no publishing to b', 'no publishing to a', 'no publishing to a']) wires[0]!.complain(what);
    const lines = (): readonly unknown[] => told.all('nats-complaint').map(({ reason, peer, count }) => [reason, peer, count]);
    const first = ['a', 'b'].map((subject) => [`no publishing to ${subject}`, writer.label, 1]);
    expect(lines()).toEqual(first);
    vi.advanceTimersByTime(60_000);
    expect(lines()).toEqual([...first, ['no publishing to a', undefined, 2]]);
  });

  it('is connected again for ever, with waits between, and one line', async () => {
    await up();
    wires[1]!.close('at once');
    wires[0]!.close('closed by peer');
    for (let second = 0; second < 120; second++) {
      await settled();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(attempts()).toBeGreaterThan(100);
    expect(attempts()).toBeLessThan(260);
    expect(told.all('disconnected').length).toBeLessThanOrEqual(2);
  });
});
