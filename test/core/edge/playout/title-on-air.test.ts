import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { onAir, Source } from '../../support/station.ts';

/** Two encoders of one mountpoint, each with a path of its own; the first is on air. */
class Pair {
  readonly rig = new EdgeRig();
  readonly a: Source;
  readonly b: Source;

  constructor() {
    this.a = new Source(this.rig.open(), { stream: 1, title: 'Old' });
    this.b = new Source(this.rig.open(), { stream: 2, title: 'Old', phaseMs: 7 });
    onAir(this.rig, [this.a, this.b], 3_000);
  }

  until(atMs: number, ...sources: readonly Source[]): void {
    onAir(this.rig, sources.length === 0 ? [this.a, this.b] : sources, atMs);
  }

  get title(): string {
    return this.rig.edge.mount('test')!.title;
  }

  get live(): string {
    return this.rig.edge.mount('test')!.liveStream;
  }

  command(to?: Source): string {
    return this.rig.edge.command(this.rig.now as Micros, 'test', { kind: 'switch', ...(to !== undefined && { to: to.name }) });
  }

  set(title: string): void {
    this.rig.edge.setTitle(this.rig.now as Micros, 'test', title, this.rig.now);
  }
}

describe('a title that only the live encoder was sent', () => {
  it('stays when that is left, until another one comes', () => {
    const pair = new Pair();
    pair.a.setTitle(pair.rig, 'Song 1');
    pair.until(5_000);
    expect(pair.title).toBe('Song 1');
    pair.until(12_000, pair.b);
    expect(pair.live).toBe(pair.b.name);
    expect(pair.title).toBe('Song 1');
    pair.b.setTitle(pair.rig, 'Song 2');
    pair.until(13_000, pair.b);
    expect(pair.title).toBe('Song 2');
  });

  it('stays also when the switch goes there and back', () => {
    const pair = new Pair();
    pair.until(20_000);
    pair.a.setTitle(pair.rig, 'Song 1');
    pair.until(21_000);
    expect(['switched', 'waits']).toContain(pair.command(pair.b));
    pair.until(26_000);
    expect([pair.live, pair.title]).toEqual([pair.b.name, 'Song 1']);
    expect(['switched', 'waits']).toContain(pair.command(pair.a));
    pair.until(31_000);
    expect([pair.live, pair.title]).toEqual([pair.a.name, 'Song 1']);
  });

  it('stays also where nobody knows whose title is older', () => {
    const rig = new EdgeRig();
    const [a, b] = [1, 2].map((stream) => new Source(rig.open(), { stream, title: `Song ${stream}`, phaseMs: 7 * stream, first: 1_000_000 }));
    onAir(rig, [a!, b!], 5_000);
    onAir(rig, [b!], 12_000);
    expect(rig.edge.mount('test')).toMatchObject({ liveStream: b!.name, title: 'Song 1' });
  });
});

describe('a title that is newer', () => {
  it('counts from the switch on, though it has changed on nobody while it was on air', () => {
    const pair = new Pair();
    pair.until(5_000);
    // The one on air has stopped, the other one is told of the next song before it is entered.
    pair.b.setTitle(pair.rig, 'Song 1');
    pair.until(12_000, pair.b);
    expect([pair.live, pair.title]).toEqual([pair.b.name, 'Song 1']);
  });

  it('is also the first one of an encoder that has just begun', () => {
    const pair = new Pair();
    pair.until(20_000);
    const again = new Source(pair.rig.open(), { stream: 3, title: 'Song 3', phaseMs: 20_010 });
    pair.until(25_000, again);
    pair.until(40_000, again);
    expect([pair.live, pair.title]).toEqual([again.name, 'Song 3']);
  });
});

describe('a title that an operator sets', () => {
  it('is seen until the live stream has another one, and over a switch', () => {
    const pair = new Pair();
    pair.set("Bob's \u0007 song");
    pair.until(5_000);
    expect(pair.title).toBe("Bob's   song");
    // Encoders repeat theirs every two seconds.
    pair.until(9_000);
    expect(pair.title).toBe("Bob's   song");
    pair.until(16_000, pair.b);
    expect([pair.live, pair.title]).toEqual([pair.b.name, "Bob's   song"]);
    pair.b.setTitle(pair.rig, 'Song 2');
    pair.until(17_000, pair.b);
    expect(pair.title).toBe('Song 2');
  });

  it('of a mountpoint that is not there is nothing', () => {
    const pair = new Pair();
    pair.rig.edge.setTitle(pair.rig.now as Micros, 'other', 'x', 1);
    pair.until(4_000);
    expect(pair.title).toBe('Old');
  });
});
