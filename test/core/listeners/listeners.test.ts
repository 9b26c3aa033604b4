import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../core/base/memory/budget.ts';
import { LISTENER_BYTES } from '../../../core/base/memory/costs.ts';
import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import { NEVER, type Micros } from '../../../core/base/units.ts';
import { withSettings, type Settings } from '../../../core/config/settings.ts';
import type { MountOutput, OutputOf } from '../../../core/edge/output/output.ts';
import { toListeners } from '../../../core/edge/output/to-listeners.ts';
import { Listeners } from '../../../core/listeners/listeners.ts';
import type { ListenersSink } from '../../../core/listeners/sink.ts';
import type { ListenersEvent } from '../../../core/listeners/events.ts';
import { StateReader, StateWriter } from '../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../core/recording/file/wire.ts';
import { join } from '../codec/build.ts';
import { EdgeRig } from '../support/edge-rig.ts';
import { FRAME_US, numbered } from '../support/frames.ts';
import { onAir, Source } from '../support/station.ts';

/** One input of the machine, as it could go through a pipe. */
type Call = { readonly [Name in 'opened' | 'format' | 'title' | 'frame' | 'ended' | 'join' | 'leave']: readonly [Name, ...Parameters<Listeners[Name]>] }['opened' | 'format' | 'title' | 'frame' | 'ended' | 'join' | 'leave'];

function serialised(calls: readonly Call[]): string {
  return calls.map((call) => JSON.stringify(call, (_, value: unknown) => (value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value))).join('\n');
}

function read(lines: string): Call[] {
  const revive = (_: string, value: unknown): unknown => (typeof value === 'object' && value !== null && 'base64' in value ? Uint8Array.from(Buffer.from(String(value.base64), 'base64')) : value);
  return lines.split('\n').map((line) => JSON.parse(line, revive) as Call);
}

/** The machine with nothing around it, which is driven by such calls. */
class Alone {
  now = 0 as Micros;
  readonly heard: Map<ListenerId, Uint8Array[]> = new Map();
  readonly ended: (readonly [ListenerId, string])[] = [];
  readonly events: ListenersEvent[] = [];
  readonly budget: MemoryBudget;
  readonly listeners: Listeners;

  constructor(settings: Partial<Settings> = {}, limitBytes = 1e9) {
    this.budget = new MemoryBudget(limitBytes);
    const sink: ListenersSink = {
      send: (listener, bytes) => this.heard.set(listener, [...(this.heard.get(listener) ?? []), bytes.slice()]),
      backlogBytes: () => 0,
      end: (listener, reason) => this.ended.push([listener, reason]),
      event: (event) => this.events.push(event),
    };
    this.listeners = new Listeners({ settings: withSettings({ listenerFlushMs: 50, ...settings }), budget: this.budget }, sink);
  }

  apply([name, ...args]: Call): unknown {
    this.until(args[0]);
    return (this.listeners[name] as (...all: unknown[]) => unknown)(...args);
  }

  until(at: Micros): void {
    while (this.listeners.deadline <= at) {
      this.now = Math.max(this.now, this.listeners.deadline) as Micros;
      this.listeners.advance(this.now);
    }
    this.now = Math.max(this.now, at) as Micros;
  }

  audio(listener: ListenerId): Uint8Array {
    return join(...(this.heard.get(listener) ?? []));
  }
}

/** What an edge would send to another process, for its listeners there. */
function wire(calls: Call[]): (of: OutputOf) => readonly MountOutput[] {
  return ({ id, name }) => [{
    opened: (now) => calls.push(['opened', now, id, name]),
    format: (now, format) => calls.push(['format', now, id, format]),
    title: (now, text) => calls.push(['title', now, id, text]),
    discontinuity: () => {},
    frame: (now, bytes, durationUs) => calls.push(['frame', now, id, bytes.slice(), durationUs]),
    ended: (now) => calls.push(['ended', now, id]),
  }];
}

const mount = 1 as MountId;

function begun(settings?: Partial<Settings>, limitBytes?: number): Alone {
  const alone = new Alone(settings, limitBytes);
  alone.listeners.opened(alone.now, mount, 'test');
  return alone;
}

function play(alone: Alone, count: number): void {
  for (let i = 0; i < count; i++) {
    alone.until((alone.now + Math.floor(FRAME_US)) as Micros);
    alone.listeners.frame(alone.now, mount, numbered(i), FRAME_US);
  }
}

describe('listeners in another process', () => {
  it('hear the same bytes as those of the edge, by a sequence of calls without objects', () => {
    const calls: Call[] = [];
    const rig = new EdgeRig({}, { outputs: wire(calls) });
    const sources = [new Source(rig.open(), { stream: 1, title: 'One' }), new Source(rig.open(), { stream: 2, phaseMs: 9 }), new Source(rig.open(), { stream: 3, mount: 'other' })];
    const here: ListenerId[] = [];
    const come = (name: string, icy: boolean, burstMs: number): void => {
      here.push(rig.join(name, { icy, burstMs }));
      calls.push(['join', rig.now as Micros, name, { icy, label: 'listener', burstMs }]);
    };
    onAir(rig, sources, 3_000);
    come('test', true, 2_000);
    come('test', false, 0);
    come('other', true, 1_000);
    onAir(rig, sources, 6_000);
    sources[0]!.setTitle(rig, 'Two');
    onAir(rig, sources, 10_000);
    come('test', true, 4_000);
    // A switch, then the end of one mountpoint, and of the other.
    onAir(rig, [sources[1]!, sources[2]!], 20_000);
    rig.edge.leave(rig.now as Micros, here[1]!, 'closed');
    calls.push(['leave', rig.now as Micros, here[1]!, 'closed']);
    onAir(rig, [sources[2]!], 40_000);

    const alone = new Alone();
    for (const call of read(serialised(calls))) alone.apply(call);
    alone.until(rig.now as Micros);
    for (const listener of here) {
      expect(rig.audio(listener).length).toBeGreaterThan(100_000);
      expect(Buffer.compare(alone.audio(listener), rig.audio(listener))).toBe(0);
    }
    expect(alone.ended).toEqual([...rig.ended]);
    expect(alone.events).toEqual(rig.events.filter(({ kind }) => kind.startsWith('listener-')));
    expect(alone.listeners.audience(3 as MountId)).toEqual({ listeners: 0, listenerPeak: 0, slowListeners: 0, bytesOut: 0 });
  });

  it('go on from a saved state as if nothing had happened', () => {
    const calls: Call[] = [];
    const rig = new EdgeRig({}, { outputs: wire(calls) });
    const sources = [new Source(rig.open(), { stream: 1, title: 'One' }), new Source(rig.open(), { stream: 2, mount: 'other' })];
    onAir(rig, sources, 2_000);
    for (const name of ['test', 'other', 'test']) calls.push(['join', rig.now as Micros, name, { icy: name === 'test', label: 'listener' }]);
    onAir(rig, sources, 4_017);
    const saved = calls.length;
    calls.push(['join', rig.now as Micros, 'test', { icy: true, label: 'listener' }]);
    onAir(rig, sources, 8_000);
    sources[0]!.setTitle(rig, 'Two');
    onAir(rig, [sources[0]!], 25_000);

    const [whole, first] = [new Alone(), new Alone()];
    for (const call of calls) whole.apply(call);
    for (const call of calls.slice(0, saved)) first.apply(call);
    const writer = new ByteWriter();
    const to = new StateWriter(writer, 'whole', 'whole');
    first.listeners.snapshot(to);
    first.budget.snapshot(to);
    const second = new Alone();
    second.now = first.now;
    const from = new StateReader(new ByteReader(writer.written), 'whole', 'whole');
    second.listeners.snapshot(from);
    second.budget.snapshot(from);
    expect(second.listeners.deadline).toBe(first.listeners.deadline);
    expect(second.listeners.size).toBe(3);
    for (const call of calls.slice(saved)) second.apply(call);
    for (const listener of [1, 2, 3, 4] as ListenerId[]) expect(Buffer.compare(join(first.audio(listener), second.audio(listener)), whole.audio(listener))).toBe(0);
    expect([...first.events, ...second.events]).toEqual(whole.events);
    expect(second.ended).toEqual(whole.ended);
    expect(second.listeners.heldBytes).toBe(whole.listeners.heldBytes);
    for (const id of [1, 2] as MountId[]) expect(second.listeners.audience(id)).toEqual(whole.listeners.audience(id));
  });
});

describe('a machine of listeners', () => {
  it('refuses them beyond their number', () => {
    const alone = begun({ maxListeners: 3 });
    const come = (): unknown => alone.listeners.join(alone.now, 'test', { icy: false, label: 'listener' });
    expect([come(), come(), come(), come(), come(), come()]).toEqual([1, 2, 3, 'full', 'full', 'full']);
    alone.listeners.leave(alone.now, 2 as ListenerId, 'closed');
    expect(come()).toBe(4);
    expect(alone.events.filter(({ kind }) => kind === 'bound-hit')).toEqual([{ kind: 'bound-hit', bound: 'maxListeners', count: 1 }, { kind: 'bound-hit', bound: 'maxListeners', count: 2 }]);
    expect(alone.listeners.join(alone.now, 'other', { icy: false, label: 'listener' })).toBe('no-such-mount');
  });

  it('sets memory aside for each of them while it is there', () => {
    const alone = begun({ mountEndMs: 1_000 }, 3 * LISTENER_BYTES + 20_000);
    play(alone, 10);
    const [first] = [1, 2].map(() => alone.listeners.join(alone.now, 'test', { icy: false, label: 'listener' }) as ListenerId);
    expect(alone.budget.isSpent).toBe(false);
    alone.listeners.join(alone.now, 'test', { icy: false, label: 'listener' });
    expect(alone.budget.isSpent).toBe(false);
    play(alone, 100);
    expect(alone.budget.isSpent).toBe(true);
    alone.listeners.leave(alone.now, first!, 'closed');
    alone.listeners.leave(alone.now, first!, 'closed');
    expect(alone.listeners.size).toBe(2);
    alone.listeners.ended(alone.now, mount);
    expect(alone.listeners.size).toBe(0);
    expect(alone.listeners.heldBytes).toBe(0);
    expect(alone.budget.usedBytes).toBe(0);
    alone.until((alone.now + 1_000_000) as Micros);
    expect(alone.listeners.deadline).toBe(NEVER);
  });

  it('keeps the numbers of a mountpoint that is over for nobody', () => {
    const alone = begun();
    play(alone, 10);
    alone.listeners.ended(alone.now, mount);
    expect(() => alone.listeners.frame(alone.now, mount, numbered(1), FRAME_US)).toThrow(/there is no mountpoint 1/);
    alone.listeners.opened(alone.now, 2 as MountId, 'test');
    expect(() => alone.listeners.opened(alone.now, 3 as MountId, 'test')).toThrow(/the same name/);
    expect(alone.listeners.join(alone.now, 'test', { icy: false, label: 'listener' })).toBe(1);
    expect(alone.listeners.audience(2 as MountId)).toMatchObject({ listeners: 1 });
  });
});

it('takes an output of a mountpoint as it is', () => {
  const alone = new Alone();
  const output = toListeners(alone.listeners, { id: mount, name: 'test', format: undefined, text: '' });
  output.opened(alone.now);
  output.discontinuity(alone.now, { reason: 'switch', missingUs: 0 });
  const listener = alone.listeners.join(alone.now, 'test', { icy: false, label: 'listener' }) as ListenerId;
  output.frame(alone.now, numbered(7), FRAME_US);
  alone.until(1_000_000 as Micros);
  expect(alone.audio(listener)).toEqual(numbered(7));
});
