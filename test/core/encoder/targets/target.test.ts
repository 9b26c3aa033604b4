import { describe, expect, it } from 'vitest';
import { Journal } from '../../../../core/base/memory/journal.ts';
import type { TargetId } from '../../../../core/base/machine.ts';
import { transports, type TransportName } from '../../../../core/links/transport.ts';
import { ms, NEVER, type Micros } from '../../../../core/base/units.ts';
import { defaultSettings, type Settings } from '../../../../core/config/settings.ts';
import type { EncoderEvent } from '../../../../core/encoder/events.ts';
import { Lane } from '../../../../core/encoder/targets/lane.ts';
import { Target } from '../../../../core/encoder/targets/target.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { data, framed, message, parts, streamId, unframed } from '../../support/messages.ts';

const ID = 3 as TargetId;
const [STREAM, OTHER] = [1, 2];

/** One target of an encoder, whose connection takes what it is told to. */
class Stage {
  now = 0 as Micros;
  readonly sent: Uint8Array[] = [];
  readonly events: EncoderEvent[] = [];
  resets = 0;
  backlog = 0;
  isStuck = false;
  readonly journal: Journal = new Journal({ chunkBytes: 4_096, markEveryUs: 100_000 });
  readonly settings: Settings;
  readonly target: Target;
  readonly lane: Lane;
  #messages = 0;

  constructor(transport: TransportName = 'tcp', settings: Partial<Settings> = {}) {
    this.settings = { ...defaultSettings, ...settings };
    this.target = new Target({
      id: ID,
      transport: transports[transport],
      label: 'relay',
      settings: this.settings,
      wentDown: () => undefined,
      sink: {
        send: (_target, bytes) => {
          this.sent.push(bytes.slice());
          if (this.isStuck) this.backlog += bytes.length;
        },
        backlogBytes: () => this.backlog,
        reset: () => this.resets++,
        event: (event) => this.events.push(event),
      },
      title: () => true,
    });
    this.lane = new Lane(streamId(STREAM), this.journal);
    this.target.add(this.lane);
  }

  /** The encoder has so many messages more. */
  add(count: number): void {
    for (let n = 0; n < count; n++) {
      const one = data(++this.#messages, new Uint8Array(100));
      this.journal.append(this.now, one, 0, one.length, true);
      this.target.added(this.lane, one);
    }
  }

  pump(): Micros {
    return this.target.pump(this.now);
  }

  after(spanMs: number): Micros {
    this.now = (this.now + ms(spanMs)) as Micros;
    return this.pump();
  }

  /** The numbers of all messages that a TCP target was sent. */
  get numbers(): number[] {
    return this.sent.flatMap((bytes) => unframed(bytes)).map((one) => parts(one).sequence);
  }

  acknowledge(sequence: number, stream = STREAM): void {
    this.target.said(this.now, framed(message(MessageType.ACK, sequence, new Uint8Array(0), { stream })));
  }

  kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }
}

describe('a TCP target', () => {
  it('is sent nothing before it is up, and then all that is kept, each as its own replica', () => {
    const stage = new Stage();
    stage.add(3);
    expect(stage.pump()).toBe(NEVER);
    expect(stage.sent).toEqual([]);
    stage.target.up(stage.now);
    stage.pump();
    expect(stage.numbers).toEqual([1, 2, 3]);
    expect(stage.sent.flatMap((bytes) => unframed(bytes)).map((one) => one[1])).toEqual([ID, ID, ID]);
    expect(stage.events).toEqual([{ kind: 'target-up', target: ID, label: 'relay', keptMessages: 3 }]);
  });

  it('is sent the same again by its next connection', () => {
    const stage = new Stage();
    stage.target.up(stage.now);
    stage.add(2);
    stage.pump();
    stage.target.down();
    stage.add(1);
    expect(stage.pump()).toBe(NEVER);
    stage.target.up(stage.now);
    stage.pump();
    expect(stage.numbers).toEqual([1, 2, 1, 2, 3]);
    expect(stage.kinds()).toEqual(['target-up', 'target-down', 'target-up']);
    expect(stage.target.lostMessages).toBe(0);
  });

  it('counts what it was given, by all of its connections', () => {
    const stage = new Stage();
    expect(stage.target.figures).toEqual({ label: 'relay', transport: 'tcp', isUp: false, bytes: 0, lostMessages: 0, stuck: 0 });
    stage.target.up(stage.now);
    stage.add(2);
    stage.pump();
    stage.target.down();
    stage.target.up(stage.now);
    stage.pump();
    const bytes = stage.sent.reduce((sum, one) => sum + one.length, 0);
    expect(bytes).toBeGreaterThan(4 * 100);
    expect(stage.target.figures).toMatchObject({ isUp: true, bytes, stuck: 0 });
    stage.backlog = 1;
    stage.isStuck = true;
    stage.add(1);
    for (let look = 0; look < 10; look++) stage.after(500);
    expect(stage.target.figures).toMatchObject({ isUp: false, stuck: stage.resets });
    expect(stage.resets).toBe(1);
  });

  it('has no more in flight than it may, and goes on when that is taken', () => {
    const stage = new Stage('tcp', { targetInFlightBytes: 4_096 });
    stage.isStuck = true;
    stage.target.up(stage.now);
    stage.add(200);
    const again = stage.pump();
    expect(again).toBe(stage.now + ms(stage.settings.targetPumpMs));
    expect(stage.backlog).toBeGreaterThanOrEqual(4_096);
    expect(stage.backlog).toBeLessThan(2 * 4_096);
    for (let turns = 0; turns < 20; turns++) {
      stage.backlog = 0;
      stage.after(stage.settings.targetPumpMs);
    }
    expect(stage.numbers).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });

  it('is connected to anew when its connection takes nothing for targetStuckMs', () => {
    const stage = new Stage();
    stage.isStuck = true;
    stage.target.up(stage.now);
    stage.add(5);
    stage.pump();
    const turns = stage.settings.targetStuckMs / 500;
    for (let turn = 1; turn < turns; turn++) stage.after(500);
    expect(stage.resets).toBe(0);
    for (let turn = 0; turn < 2; turn++) stage.after(500);
    expect(stage.resets).toBe(1);
    expect(stage.kinds()).toEqual(['target-up', 'target-stuck']);
    expect(stage.after(500)).toBe(NEVER);
  });

  it('that has confirmed something is believed by that alone: its system may take all, and lead nowhere', () => {
    const stage = new Stage();
    stage.target.up(stage.now);
    stage.add(2);
    stage.pump();
    stage.acknowledge(2);
    expect(stage.pump()).toBe(NEVER);
    stage.add(1);
    expect(stage.pump()).toBe(NEVER);
    expect(stage.target.flushAt).toBe(ms(stage.settings.targetFlushMs));
    expect(stage.after(stage.settings.targetFlushMs)).toBe(stage.now + ms(stage.settings.targetStuckMs / 4));
    for (let turn = 0; turn < 5; turn++) stage.after(stage.settings.targetStuckMs / 4);
    expect(stage.resets).toBe(1);
  });

  it('is not stuck while it confirms', () => {
    const stage = new Stage();
    stage.target.up(stage.now);
    for (let sequence = 1; sequence <= 40; sequence++) {
      stage.add(1);
      stage.after(stage.settings.targetStuckMs / 4);
      stage.acknowledge(sequence);
    }
    expect(stage.resets).toBe(0);
    expect(stage.target.strayMessages).toBe(0);
  });

  it('counts what confirms nothing of this stream', () => {
    const stage = new Stage();
    stage.target.up(stage.now);
    stage.add(1);
    stage.pump();
    stage.acknowledge(1, OTHER);
    stage.acknowledge(2);
    stage.target.said(stage.now, framed(data(1, new Uint8Array(4))));
    expect(stage.target.strayMessages).toBe(3);
    stage.acknowledge(1);
    expect(stage.target.strayMessages).toBe(3);
  });

  it('counts what was dropped before it could be sent once, and says so at powers of two', () => {
    const stage = new Stage();
    for (let turn = 0; turn < 100; turn++) {
      stage.add(10);
      stage.journal.trimToBytes(0);
    }
    stage.target.up(stage.now);
    expect(stage.target.lostMessages).toBeGreaterThan(900);
    const told = stage.events.flatMap((event) => (event.kind === 'target-lost' ? [event.messages] : []));
    expect(told.length).toBeGreaterThan(2);
    for (const [index, messages] of told.entries()) if (index > 0) expect(messages).toBeGreaterThanOrEqual(2 * told[index - 1]!);
  });
});

describe('a UDP target', () => {
  it('is sent each message at once, and is never up or down', () => {
    const stage = new Stage('udp');
    stage.target.up(stage.now);
    stage.add(2);
    stage.target.down();
    stage.add(1);
    expect(stage.pump()).toBe(NEVER);
    expect(stage.sent.map((one) => [parts(one).sequence, one[1]])).toEqual([[1, ID], [2, ID], [3, ID]]);
    expect(stage.events).toEqual([]);
  });
});
