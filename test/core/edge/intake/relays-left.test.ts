import { describe, expect, test } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import { IDLE, STOPPED } from '../../../../core/links/connector.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { announce, source } from '../../support/messages.ts';
import { onAir, Source } from '../../support/station.ts';

const relayEvents = (rig: EdgeRig): unknown[] =>
  rig.events.flatMap((event, at) => {
    const isOfIt = event.kind === 'relay-lost' || event.kind === 'no-relay-left' || event.kind === 'relay-back';
    return isOfIt ? [{ atS: Math.round(rig.eventTimes[at]! / 1_000_000), ...event }] : [];
  });

test('tells of each relay that is lost, every minute that none is left, and of each that is back', () => {
  const rig = new EdgeRig();
  const [one, two] = [rig.open('tcp', 'relay-1'), rig.open('tcp', 'relay-2')];
  rig.until(10_000);
  rig.close(one);
  rig.until(20_000);
  rig.close(two);
  rig.until(150_000);
  rig.open('tcp', 'relay-2');
  rig.until(160_000);
  rig.open('tcp', 'relay-1');
  rig.until(300_000);
  rig.open('tcp', 'relay-3');
  expect(relayEvents(rig)).toEqual([
    { atS: 10, kind: 'relay-lost', label: 'relay-1', reason: 'closed', left: 1 },
    { atS: 20, kind: 'no-relay-left', label: 'relay-2', reason: 'closed', forMs: 0 },
    { atS: 80, kind: 'no-relay-left', label: 'relay-2', reason: 'closed', forMs: 60_000 },
    { atS: 140, kind: 'no-relay-left', label: 'relay-2', reason: 'closed', forMs: 120_000 },
    { atS: 150, kind: 'relay-back', label: 'relay-2', relays: 1, forMs: 130_000 },
    { atS: 160, kind: 'relay-back', label: 'relay-1', relays: 2, forMs: 0 },
  ]);
});

test('tells ten seconds after a start that no relay was reached, and when one is', () => {
  const rig = new EdgeRig();
  for (const label of ['relay-1', 'relay-2']) rig.edge.awaitRelay(rig.now as Micros, label);
  rig.until(75_000);
  rig.open('tcp', 'relay-2');
  rig.open('tcp', 'relay-1');
  rig.until(200_000);
  expect(relayEvents(rig)).toEqual([
    { atS: 10, kind: 'no-relay-left', label: 'relay-1', reason: 'not reached', forMs: 10_000 },
    { atS: 70, kind: 'no-relay-left', label: 'relay-1', reason: 'not reached', forMs: 70_000 },
    { atS: 75, kind: 'relay-back', label: 'relay-2', relays: 1, forMs: 75_000 },
  ]);
});

test('says nothing of a start that reaches its relays in time', () => {
  const rig = new EdgeRig();
  rig.edge.awaitRelay(rig.now as Micros, 'relay-1');
  rig.until(9_000);
  rig.open('tcp', 'relay-1');
  rig.until(200_000);
  expect(relayEvents(rig)).toEqual([]);
});

test('says in the same moment that no relay is left, and of each mountpoint that nothing stands by', () => {
  const rig = new EdgeRig();
  const path = rig.open();
  onAir(rig, [new Source(path, { stream: 1 }), new Source(path, { stream: 2, delayMs: [25] })], 20_000);
  const before = rig.events.length;
  rig.close(path);
  rig.until(20_000);
  expect(rig.events.slice(before).map(({ kind }) => kind)).toEqual(['path-closed', 'no-relay-left', 'backup-lost']);
});

test('says nothing of connections that the edge has closed itself, as it does when it ends', () => {
  const rig = new EdgeRig();
  for (const path of [rig.open('tcp', 'relay-1'), rig.open('tcp', 'relay-2')]) rig.edge.closePath(rig.now as Micros, path, STOPPED);
  rig.until(100_000);
  expect(relayEvents(rig)).toEqual([]);
});

describe('a relay that stands still, beside one that does not', () => {
  /** Both carry a stream, until one is stopped. */
  function oneStops(): { readonly rig: EdgeRig; readonly one: PathId; readonly stream: Source } {
    const rig = new EdgeRig();
    const [one, two] = [rig.open('tcp', 'relay-1'), rig.open('tcp', 'relay-2')];
    const stream = new Source(one, { stream: 1 });
    onAir(rig, [stream, new Source(two, { stream: 2 })], 10_000);
    onAir(rig, [stream], 15_000);
    rig.edge.closePath(rig.now as Micros, two, IDLE);
    return { rig, one, stream };
  }

  test('is back when it has sent something, and not by a connection, which its system makes', () => {
    const { rig, stream } = oneStops();
    for (const untilMs of [20_000, 25_000]) {
      const again = rig.open('tcp', 'relay-2');
      onAir(rig, [stream], untilMs);
      rig.close(again);
    }
    const again = rig.open('tcp', 'relay-2');
    onAir(rig, [stream], 30_000);
    rig.tcp(again, announce(1, 'test', { stream: 2 }));
    expect(relayEvents(rig)).toEqual([
      { atS: 15, kind: 'relay-lost', label: 'relay-2', reason: IDLE, left: 1 },
      { atS: 30, kind: 'relay-back', label: 'relay-2', relays: 2, forMs: 0 },
    ]);
  });

  test('is told from one whose encoder has gone, as it had said', () => {
    const rig = new EdgeRig();
    const [one, two] = [rig.open('tcp', 'relay-1'), rig.open('tcp', 'relay-2')];
    const [stream, other] = [new Source(one, { stream: 1 }), new Source(two, { stream: 2 })];
    onAir(rig, [stream, other], 10_000);
    rig.tcp(two, source(1, { isOpen: false, hops: 0, address: '192.0.2.8' }, other));
    onAir(rig, [stream], 15_000);
    rig.edge.closePath(rig.now as Micros, two, IDLE);
    rig.open('tcp', 'relay-2');
    expect(relayEvents(rig)).toEqual([
      { atS: 15, kind: 'relay-lost', label: 'relay-2', reason: IDLE, left: 1 },
      { atS: 15, kind: 'relay-back', label: 'relay-2', relays: 2, forMs: 0 },
    ]);
  });

  test('is none that is left', () => {
    const { rig, one, stream } = oneStops();
    rig.open('tcp', 'relay-2');
    onAir(rig, [stream], 20_000);
    rig.close(one);
    rig.until(90_000);
    rig.open('tcp', 'relay-1');
    expect(relayEvents(rig)).toEqual([
      { atS: 15, kind: 'relay-lost', label: 'relay-2', reason: IDLE, left: 1 },
      { atS: 20, kind: 'no-relay-left', label: 'relay-1', reason: 'closed', forMs: 0 },
      { atS: 80, kind: 'no-relay-left', label: 'relay-1', reason: 'closed', forMs: 60_000 },
      { atS: 90, kind: 'relay-back', label: 'relay-1', relays: 1, forMs: 70_000 },
    ]);
  });
});

describe('while no encoder sends, and all connections are idle', () => {
  const idle = (rig: EdgeRig, path: PathId): void => rig.edge.closePath(rig.now as Micros, path, IDLE);

  test('says nothing of relays that are reached again', () => {
    const rig = new EdgeRig();
    const [one, two] = [rig.open('tcp', 'relay-1'), rig.open('tcp', 'relay-2')];
    onAir(rig, [new Source(one, { stream: 1 })], 10_000);
    for (const path of [one, two]) {
      rig.until(15_000);
      idle(rig, path);
    }
    rig.until(16_000);
    for (const label of ['relay-1', 'relay-2']) rig.open('tcp', label);
    rig.until(100_000);
    expect(relayEvents(rig)).toEqual([]);
  });

  test('tells after three seconds of those that are not', () => {
    const rig = new EdgeRig();
    const [one, two] = [rig.open('tcp', 'relay-1'), rig.open('tcp', 'relay-2')];
    rig.until(10_000);
    idle(rig, one);
    rig.until(11_000);
    idle(rig, two);
    rig.until(12_000);
    const again = rig.open('tcp', 'relay-1');
    rig.until(20_000);
    rig.close(again);
    rig.until(30_000);
    rig.open('tcp', 'relay-1');
    expect(relayEvents(rig)).toEqual([
      { atS: 14, kind: 'relay-lost', label: 'relay-2', reason: IDLE, left: 1 },
      { atS: 20, kind: 'no-relay-left', label: 'relay-1', reason: 'closed', forMs: 0 },
      { atS: 30, kind: 'relay-back', label: 'relay-1', relays: 1, forMs: 10_000 },
    ]);
  });

  test('tells once that none is left, since when the last one was closed', () => {
    const rig = new EdgeRig();
    const [one, two] = [rig.open('tcp', 'relay-1'), rig.open('tcp', 'relay-2')];
    rig.until(10_000);
    idle(rig, one);
    idle(rig, two);
    rig.until(40_000);
    rig.open('tcp', 'relay-2');
    rig.until(41_000);
    rig.open('tcp', 'relay-1');
    expect(relayEvents(rig)).toEqual([
      { atS: 13, kind: 'no-relay-left', label: 'relay-1', reason: IDLE, forMs: 3_000 },
      { atS: 40, kind: 'relay-back', label: 'relay-2', relays: 1, forMs: 30_000 },
      { atS: 41, kind: 'relay-back', label: 'relay-1', relays: 2, forMs: 0 },
    ]);
  });

  test('tells at once of one that is idle while another brings something', () => {
    const rig = new EdgeRig();
    const [one, two] = [rig.open('tcp', 'relay-1'), rig.open('tcp', 'relay-2')];
    onAir(rig, [new Source(one, { stream: 1 })], 10_000);
    idle(rig, two);
    expect(relayEvents(rig)).toEqual([{ atS: 10, kind: 'relay-lost', label: 'relay-2', reason: IDLE, left: 1 }]);
  });
});
