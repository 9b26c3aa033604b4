import { expect, test } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { Encoder } from '../../../../core/encoder/encoder.ts';
import type { EncoderEvent } from '../../../../core/encoder/events.ts';
import { STOPPED } from '../../../../core/links/connector.ts';
import { transports } from '../../../../core/links/transport.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';

/** An encoder, and at which second it tells that no target, or one again, is connected. */
class Rig {
  readonly told: unknown[] = [];
  now = 0 as Micros;
  readonly encoder = new Encoder({ settings: defaultSettings }, {
    send: () => undefined,
    backlogBytes: () => 0,
    reset: () => undefined,
    event: (event: EncoderEvent) => {
      if (event.kind === 'no-target-left' || event.kind === 'target-back') this.told.push([this.now / 1_000_000, event.kind, event.label, event.forMs]);
    },
  });

  until(atS: number): this {
    const at = ms(1_000 * atS);
    while (this.encoder.deadline <= at) {
      this.now = this.encoder.deadline;
      this.encoder.advance(this.now);
    }
    this.now = at;
    return this;
  }
}

test('an encoder tells at once that its last target is gone, every minute, and that one is back', () => {
  const rig = new Rig();
  const [one, two] = ['relay-1', 'relay-2'].map((label) => rig.encoder.addTarget(rig.now, { transport: transports.tcp, label }));
  rig.encoder.targetUp(rig.now, one!);
  rig.encoder.targetUp(rig.now, two!);
  rig.until(20).encoder.targetDown(rig.now, one!);
  rig.until(30).encoder.targetDown(rig.now, two!);
  rig.until(160).encoder.targetUp(rig.now, one!);
  rig.until(300);
  expect(rig.told).toEqual([
    [30, 'no-target-left', 'relay-2', 0],
    [90, 'no-target-left', 'relay-2', 60_000],
    [150, 'no-target-left', 'relay-2', 120_000],
    [160, 'target-back', 'relay-1', 130_000],
  ]);
});

test('an encoder that has reached no target since its start tells so after ten seconds', () => {
  const rig = new Rig();
  const one = rig.encoder.addTarget(rig.now, { transport: transports.tcp, label: 'relay-1' });
  rig.until(15).encoder.targetUp(rig.now, one);
  expect(rig.until(100).told).toEqual([[10, 'no-target-left', 'relay-1', 10_000], [15, 'target-back', 'relay-1', 15_000]]);
});

test('an encoder says nothing while datagrams go somewhere, nor of targets that it has given up itself', () => {
  const rig = new Rig();
  const one = rig.encoder.addTarget(rig.now, { transport: transports.tcp, label: 'relay-1' });
  rig.encoder.targetUp(rig.now, one);
  rig.encoder.targetDown(rig.now, one, STOPPED);
  rig.encoder.addTarget(rig.now, { transport: transports.udp, label: 'relay-2' });
  rig.until(5).encoder.targetDown(rig.now, one);
  expect(rig.until(100).told).toEqual([]);
});
