import { beforeEach, describe, expect, it } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import type { Micros } from '../../../../core/base/units.ts';
import type { EdgeOptions } from '../../../../core/edge/options.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { breaks, FRAME_US, numbered, numbersIn, range } from '../../support/frames.ts';
import { join } from '../../codec/build.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { announce, data } from '../../support/messages.ts';
import { edgeIn, EncoderRig, RelayRig, World } from '../../support/world.ts';

const onDemand = { lingerMs: 2_000 };
const mounts = ['live', 'talk', 'jazz'];

/** Two relays, each with all encoders, of which every mountpoint has one; an edge that does not want everything. */
class Site {
  readonly world = new World({ forgetMs: 5_000, demandWaitMs: 1_000 });
  readonly relays = [new RelayRig(this.world), new RelayRig(this.world)];
  edge: EdgeRig;
  readonly options: Omit<EdgeOptions, 'settings'>;
  readonly encoders: Map<string, EncoderRig> = new Map();
  /** Ends the connection of each encoder. */
  readonly cut: Map<string, () => void> = new Map();
  #fed = 0;

  /** @param reads each relay says that it reads what is wanted; an older one does not. */
  constructor(options: Omit<EdgeOptions, 'settings'>, { reads = true } = {}) {
    this.options = options;
    this.edge = edgeIn(this.world, options);
    for (const [index, mount] of mounts.entries()) this.encoder(mount, index + 1);
    for (const relay of this.relays) relay.serve(this.edge.edge, 1, reads ? this.edge.answers : undefined);
  }

  encoder(mount: string, stream: number): void {
    const encoder = new EncoderRig(this.world, stream, mount, mount);
    const cuts = this.relays.map((relay) => encoder.connect(encoder.target(), relay.relay, 1, relay.answers));
    this.encoders.set(mount, encoder);
    this.cut.set(mount, () => {
      for (const cut of cuts) cut();
      this.encoders.delete(mount);
      this.world.remove(encoder.encoder);
    });
  }

  run(untilMs: number): void {
    for (; this.#fed * FRAME_US < untilMs * 1_000; this.#fed++) {
      this.world.run((this.#fed * FRAME_US) / 1_000);
      for (const [index, mount] of mounts.entries()) this.encoders.get(mount)?.feed(numbered(this.#fed, index));
    }
    this.world.run(untilMs);
  }

  get now(): Micros {
    return this.world.now as Micros;
  }

  ask(mount: string): string {
    return this.edge.edge.ask(this.now, mount);
  }

  /** Messages that its paths have dropped, as not wanted and in all. */
  get dropped(): number {
    return this.edge.edge.stats.paths.reduce((sum, { dropped }) => sum + (dropped['not-wanted'] ?? 0), 0);
  }

  get bytes(): number {
    return this.edge.edge.stats.paths.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  kinds(...kinds: string[]): string[] {
    return this.edge.events.filter(({ kind }) => kinds.includes(kind)).map((event) => `${event.kind} ${'mount' in event ? event.mount : ''}`);
  }
}

describe('an edge that takes in mountpoints on demand', () => {
  let site: Site;

  beforeEach(() => {
    site = new Site({ wish: { onDemand } });
    site.run(8_000);
  });

  it('takes in nothing before somebody asks, and knows what there is', () => {
    const { edge } = site.edge;
    const before = site.bytes;
    site.run(12_000);
    expect(edge.stats).toMatchObject({ streams: 0, mounts: 0 });
    expect(edge.startable(site.now)).toEqual([['jazz', 1], ['live', 1], ['talk', 1]]);
    expect(['live', 'nothing'].map((mount) => edge.presence(site.now, mount))).toEqual(['starts', 'unknown']);
    // Of three mountpoints at 128 kbit/s by two relays that would be 384,000.
    expect(site.bytes - before).toBeLessThan(4_000);
  });

  it('has a mountpoint with all that its relays have kept as soon as somebody asks, and no other one', () => {
    const { edge } = site.edge;
    expect(site.ask('live')).toBe('starts');
    site.run(8_015);
    expect(edge.presence(site.now, 'live')).toBe('on-air');
    const listener = site.edge.join('live', { burstMs: 5_000 });
    site.run(8_100);
    expect(numbersIn(site.edge.audio(listener)).length).toBeGreaterThan(150);
    site.run(12_000);
    expect(breaks(numbersIn(site.edge.audio(listener)))).toEqual([]);
    expect(edge.mounts().map(({ name }) => name)).toEqual(['live']);
    expect(edge.stats.streams).toBe(1);
    expect(site.edge.of('gap')).toEqual([]);
  });

  it('lets go of it when nobody has listened for a while, and has it again from its beginning', () => {
    const { edge } = site.edge;
    for (const begin of [8_000, 18_000]) {
      site.run(begin);
      site.ask('live');
      site.run(begin + 100);
      const listener = site.edge.join('live', { burstMs: 5_000 });
      site.run(begin + 5_000);
      expect(edge.presence(site.now, 'live')).toBe('on-air');
      expect(numbersIn(site.edge.audio(listener)).length).toBeGreaterThan(300);
      edge.leave(site.now, listener, 'left');
      site.run(begin + 6_500);
      expect(edge.presence(site.now, 'live')).toBe('on-air');
      site.run(begin + 8_500);
      expect(edge.presence(site.now, 'live')).toBe('starts');
      expect(edge.stats).toMatchObject({ streams: 0, mounts: 0 });
    }
    expect(site.kinds('mount-asked', 'mount-let-go', 'mount-ended', 'stalled', 'gap')).toEqual(['mount-asked live', 'mount-let-go live', 'mount-asked live', 'mount-let-go live']);
    expect(site.edge.of('mount-let-go').every(({ forMs }) => forMs > 6_500)).toBe(true);
  });

  it('keeps it for so long whenever the last listener leaves', () => {
    const { edge } = site.edge;
    site.ask('live');
    site.run(8_100);
    const listener = site.edge.join('live', { burstMs: 5_000 });
    site.run(11_900);
    edge.leave(site.now, listener, 'left');
    site.run(13_850);
    expect(edge.presence(site.now, 'live')).toBe('on-air');
    site.run(15_000);
    expect(edge.presence(site.now, 'live')).toBe('starts');
  });

  it('keeps it for whoever waits for it, however short it is kept otherwise', () => {
    const impatient = edgeIn(site.world, { wish: { onDemand: { lingerMs: 0 } } });
    site.relays[0]!.serve(impatient.edge, 400, impatient.answers);
    site.run(10_000);
    impatient.edge.ask(site.now, 'live');
    site.run(10_500);
    impatient.edge.ask(site.now, 'talk');
    // What it has been asked for last is not let go of when it looks at what it has.
    site.run(11_300);
    expect(impatient.edge.presence(site.now, 'talk')).toBe('on-air');
    site.run(12_100);
    expect(impatient.edge.mounts()).toEqual([]);
  });

  it('gives out in its order what was under way when somebody asked right after the start', () => {
    site.run(9_000);
    // What a relay sends to one that has said nothing yet is under way until 9,121 ms.
    const started = range(0, 14).map((n) => ({ askMs: 9_063 + 4 * n, rig: edgeIn(site.world, { wish: { onDemand } }) }));
    for (const { rig } of started) {
      // What is said as soon as a relay greets is not lost.
      const path = 1 as PathId;
      rig.answers.set(path, (bytes) => site.world.after(1, () => rig.answers.get(path)!(bytes)));
      site.relays[0]!.serve(rig.edge, 60, rig.answers);
    }
    for (const { askMs, rig } of started) {
      site.run(askMs);
      expect(rig.edge.ask(site.now, 'live')).toBe('starts');
    }
    site.run(10_000);
    const listeners = started.map(({ rig }) => rig.join('live', { burstMs: 10_000 }));
    site.run(10_100);
    const heard = started.map(({ rig }, n) => numbersIn(rig.audio(listeners[n]!)));
    expect(heard.flatMap((numbers) => breaks(numbers))).toEqual([]);
    // With no more than one message under way there is a whole burst.
    expect(heard.filter((numbers) => numbers[0]! < 300).length).toBeGreaterThan(5);
    expect(started.flatMap(({ rig }) => rig.of('gap'))).toEqual([]);
  });

  it('keeps it for listeners of other processes', () => {
    site.ask('live');
    site.run(8_100);
    site.edge.edge.heardElsewhere(site.now, 'live', { listeners: 1, listenerPeak: 1, slowListeners: 0, bytesOut: 0 });
    site.run(14_000);
    expect(site.edge.edge.presence(site.now, 'live')).toBe('on-air');
  });

  it('is not told of anything that happens to a mountpoint that is not taken in', () => {
    site.cut.get('talk')!();
    site.run(16_000);
    expect(site.kinds('stalled', 'backup-lost', 'mount-ended', 'no-backup', 'stream-new')).toEqual([]);
    // Nobody announces it any more.
    expect(site.ask('talk')).toBe('unknown');
    site.encoder('talk', 7);
    site.run(16_500);
    expect(site.ask('talk')).toBe('starts');
  });

  it('lets go of it also where it is asked for and never comes', () => {
    site.cut.get('talk')!();
    site.run(9_000);
    expect(site.ask('talk')).toBe('starts');
    // What the relays have kept of it.
    site.run(9_100);
    expect(site.edge.edge.presence(site.now, 'talk')).toBe('on-air');
    site.run(20_000);
    expect(site.edge.edge.presence(site.now, 'talk')).toBe('unknown');
    expect(site.edge.edge.stats.streams).toBe(0);
  });

  it('goes on where its state is restored, with what was asked for and what it knows of', () => {
    site.ask('live');
    site.run(9_000);
    const listener = site.edge.join('live');
    site.run(9_500);
    const writer = new ByteWriter();
    site.edge.edge.snapshot(new StateWriter(writer, 'whole'));
    const again = edgeIn(new World(), site.options);
    again.edge.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
    expect(again.edge.startable(site.now)).toEqual([['jazz', 1], ['talk', 1]]);
    expect(again.edge.wants('live')).toBe(true);
    const rewritten = new ByteWriter();
    again.edge.snapshot(new StateWriter(rewritten, 'whole'));
    expect(Buffer.compare(rewritten.written, writer.written)).toBe(0);
    // It has all that it needs to let go of it.
    again.edge.leave(site.now, listener, 'left');
    while (again.edge.deadline < site.now + 10_000_000) again.edge.advance(again.edge.deadline);
    expect(again.edge.wants('live')).toBe(false);
  });

  it('is sent what it wants by a relay that comes later, also where that has not heard it at first, and brings nothing new', () => {
    site.ask('live');
    site.run(9_000);
    const listener = site.edge.join('live');
    // It greets before anything is heard of what is said back to it: that is lost, and said again.
    const third = new RelayRig(site.world);
    const encoder = site.encoders.get('live')!;
    encoder.connect(encoder.target(), third.relay, 1, third.answers);
    third.serve(site.edge.edge, 1, site.edge.answers);
    expect(third.relay.stats.choosySubscribers).toBe(0);
    site.run(12_000);
    expect(third.relay.stats).toMatchObject({ subscribers: 1, choosySubscribers: 1 });
    expect(breaks(numbersIn(site.edge.audio(listener)))).toEqual([]);
  });
});

describe('a stream that was announced before it is wanted', () => {
  it('is not waited for by the replica that has announced it, and may bring nothing more', () => {
    const rig = new EdgeRig({}, { wish: { onDemand } });
    const before = rig.open();
    rig.tcp(before, announce(1, 'live', { replica: 0 }));
    rig.close(before);
    rig.edge.ask(rig.now as Micros, 'live');
    const path = rig.open();
    for (const sequence of range(10, 30).filter((each) => each !== 20)) {
      rig.until(rig.now / 1_000 + FRAME_US / 1_000);
      rig.tcp(path, data(sequence, numbered(sequence), { replica: 1 }));
    }
    expect(rig.of('gap')).toMatchObject([{ sequence: 20, messages: 1, verdict: 'disproved', waitedMs: 0 }]);
  });
});

describe('with relays that read nothing', () => {
  it('everything comes, and what is not wanted is dropped before anything is made of it', () => {
    const site = new Site({ wish: { onDemand } }, { reads: false });
    site.run(8_000);
    const { edge } = site.edge;
    expect(edge.stats).toMatchObject({ streams: 0, mounts: 0 });
    expect(site.edge.of('stream-new')).toEqual([]);
    expect(edge.heldBytes).toBe(0);
    expect(site.dropped).toBeGreaterThan(3 * 2 * 290);
    site.ask('talk');
    // Of an announcement two seconds may be missing, and it is not waited for.
    site.run(8_060);
    expect(edge.presence(site.now, 'talk')).toBe('on-air');
    const listener = site.edge.join('talk');
    site.run(10_000);
    expect(breaks(numbersIn(site.edge.audio(listener)))).toEqual([]);
    edge.leave(site.now, listener, 'left');
    site.run(14_000);
    expect(edge.stats).toMatchObject({ streams: 0, mounts: 0 });
    site.ask('talk');
    site.run(15_900);
    expect(edge.presence(site.now, 'talk')).toBe('on-air');
  });
});

describe('an edge with names of mountpoints', () => {
  it('takes in those, from the beginning, and knows no others', () => {
    const site = new Site({ wish: { mounts: ['l*', 'talk'] } });
    site.run(4_000);
    const { edge } = site.edge;
    expect(edge.mounts().map(({ name }) => name)).toEqual(['live', 'talk']);
    expect(edge.startable(site.now)).toEqual([]);
    expect(site.ask('jazz')).toBe('unknown');
    expect(site.relays.map(({ relay }) => relay.stats.choosySubscribers)).toEqual([1, 1]);
    const before = site.dropped;
    site.run(8_000);
    expect(site.dropped).toBe(before);
  });

  it('takes in of these what is asked for, where it does so on demand', () => {
    const site = new Site({ wish: { mounts: ['l*', 'talk'], onDemand } });
    site.run(4_000);
    expect(site.edge.edge.startable(site.now)).toEqual([['live', 1], ['talk', 1]]);
    expect(['talk', 'jazz'].map((mount) => site.ask(mount))).toEqual(['starts', 'unknown']);
    site.run(4_100);
    expect(site.edge.edge.mounts().map(({ name }) => name)).toEqual(['talk']);
  });
});

describe('the fallback of a wanted mountpoint', () => {
  it('is wanted, too, and its own, and no longer than that', () => {
    const policies = { live: { fallback: { mount: 'talk' }, settings: { fallbackMs: 300 } }, talk: { fallback: { mount: 'jazz' } } };
    const site = new Site({ policies, wish: { onDemand } });
    site.run(4_000);
    expect(site.edge.edge.stats.mounts).toBe(0);
    site.ask('live');
    site.run(4_100);
    expect(site.edge.edge.mounts().map(({ name }) => name).toSorted()).toEqual(['jazz', 'live', 'talk']);
    const listener = site.edge.join('live');
    site.cut.get('live')!();
    site.run(8_000);
    expect(site.edge.edge.mount('live')).toMatchObject({ fallback: 'talk' });
    site.edge.edge.changePolicy(site.now, 'live', { fallback: { mount: 'jazz' }, settings: { fallbackMs: 300 } });
    expect(site.edge.edge.mounts().map(({ name }) => name)).toEqual(['jazz', 'live']);
    site.edge.edge.leave(site.now, listener, 'left');
    site.run(12_000);
    expect(site.edge.edge.mounts()).toEqual([]);
    expect(site.edge.edge.stats.streams).toBe(0);
  });

  it('is kept where somebody listens to it, also when nobody has asked for it', () => {
    const site = new Site({ policies: { live: { fallback: { mount: 'talk' } } }, wish: { onDemand } });
    site.run(4_000);
    site.ask('live');
    site.run(4_100);
    const listener = site.edge.join('talk');
    site.run(12_000);
    expect(site.edge.edge.mounts().map(({ name }) => name)).toEqual(['talk']);
    expect(site.edge.ended.has(listener)).toBe(false);
  });

  it('is wanted with names that do not have it', () => {
    const site = new Site({ policies: { live: { fallback: { mount: 'talk' } } }, wish: { mounts: ['live'] } });
    site.run(4_000);
    expect(site.edge.edge.mounts().map(({ name }) => name)).toEqual(['live', 'talk']);
  });

  it('that is a file plays for nobody, and begins for whoever asks while no stream is there', () => {
    const site = new Site({ wish: { onDemand } });
    const file = join(...range(0, 49).map((number) => numbered(number, 99)));
    for (const mount of ['live', 'off']) site.edge.edge.provideFallback(site.now, mount, 'Back soon', file);
    site.run(4_000);
    expect(site.edge.edge.stats.mounts).toBe(0);
    expect([site.ask('off'), site.ask('live')]).toEqual(['on-air', 'starts']);
    site.run(4_100);
    expect(site.edge.edge.mounts().map(({ name, fallback }) => [name, fallback])).toEqual([['live', undefined], ['off', 'Back soon']]);
    site.run(8_000);
    expect(site.edge.edge.mounts()).toEqual([]);
    expect(site.edge.edge.presence(site.now, 'off')).toBe('starts');
  });
});
