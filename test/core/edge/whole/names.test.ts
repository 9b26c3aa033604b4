import { expect, test } from 'vitest';
import { EdgeRig } from '../../support/edge-rig.ts';
import { origin, source } from '../../support/messages.ts';
import { onAir, Source } from '../../support/station.ts';

/** Says who its encoder is, as its first message does and as a relay reports it. */
function named(rig: EdgeRig, from: Source, name: string, address: string): void {
  rig.tcp(from.paths[0]!, origin(from.sequence++, name, from), source(1, { isOpen: true, hops: 0, address }, from));
}

test('events name the encoders of streams, and their addresses', () => {
  const rig = new EdgeRig();
  const a = new Source(rig.open(), { stream: 1 });
  const b = new Source(rig.open(), { stream: 2, delayMs: [25] });
  named(rig, a, 'studio-a', '192.0.2.7');
  named(rig, b, 'studio-b', '192.0.2.8');
  onAir(rig, [a, b], 5_000);
  onAir(rig, [b], 12_000);
  onAir(rig, [], 60_000);
  const [nameA, nameB] = [{ origin: 'studio-a', source: '192.0.2.7' }, { origin: 'studio-b', source: '192.0.2.8' }];
  expect(rig.of('mount-started')).toMatchObject([{ ...nameA, stream: a.name }]);
  expect(rig.of('backup-added')).toMatchObject([{ ...nameB, stream: b.name }]);
  expect(rig.of('switch')).toMatchObject([{ fromOrigin: 'studio-a', fromSource: '192.0.2.7', from: a.name, toOrigin: 'studio-b', toSource: '192.0.2.8', to: b.name }]);
  expect(rig.of('stalled')).toMatchObject([{ ...nameB, stream: b.name }]);
  expect(rig.of('stream-forgotten')).toMatchObject([{ ...nameA, stream: a.name }, { ...nameB, stream: b.name }]);
});

test('events about a stream whose encoder says nothing of itself have no name', () => {
  const rig = new EdgeRig();
  onAir(rig, [new Source(rig.open(), { stream: 1 })], 1_000);
  expect(rig.of('mount-started')).toMatchObject([{ origin: '', source: '' }]);
});
