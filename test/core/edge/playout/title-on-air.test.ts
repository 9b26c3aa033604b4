import { describe, expect, it } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { encodeTitle } from '../../../../core/wire/messages/set-title.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { icyTitleText } from '../../../../core/wire/icy.ts';
import { numbered } from '../../support/frames.ts';
import { announce, data, message, metadata } from '../../support/messages.ts';
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

describe('titles of a history', () => {
  it('do not follow the newest one, which a relay says first', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1, first: 2_000, title: 'Song 1' });
    rig.tcp(path, announce(2_200, 'test'), metadata(2_200, icyTitleText('Song 2')));
    const shown = new Set<string>();
    for (let atMs = 100; atMs <= 3_000; atMs += 100) {
      onAir(rig, [source], atMs);
      shown.add(rig.edge.mount('test')?.title ?? '');
    }
    expect(source.sequence).toBeLessThan(2_200);
    source.setTitle(rig, 'Song 2');
    onAir(rig, [source], 10_000);
    source.setTitle(rig, 'Song 3');
    onAir(rig, [source], 11_000);
    expect([[...shown].filter((title) => title !== ''), rig.edge.mount('test')!.title]).toEqual([['Song 2'], 'Song 3']);
  });
});

describe('a number that is far ahead of all', () => {
  const FAR = 2 ** 47;

  it('does not keep the titles that come from being shown, where the first one has it', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1, first: 2_000, title: 'Song 1' });
    rig.tcp(path, announce(FAR, 'test'), metadata(FAR + 1, icyTitleText('Wrong')));
    onAir(rig, [source], 3_000);
    expect(rig.edge.mount('test')!.title).toBe('Song 1');
    source.setTitle(rig, 'Song 2');
    onAir(rig, [source], 4_000);
    expect(rig.edge.mount('test')!.title).toBe('Song 2');
  });

  it('does not keep a title that was set in force, where that has it', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const source = new Source(path, { stream: 1, title: 'Old' });
    onAir(rig, [source], 5_000);
    rig.tcp(path, message(MessageType.TITLE, FAR, encodeTitle({ version: 5, title: 'Set', isOrdered: true })));
    onAir(rig, [source], 6_000);
    expect(rig.edge.mount('test')!.title).toBe('Set');
    source.setTitle(rig, 'Song 1');
    onAir(rig, [source], 7_000);
    expect(rig.edge.mount('test')!.title).toBe('Song 1');
  });
});

describe('a title that was set while an edge heard nothing', () => {
  it('is in force again behind older ones of the history', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1, title: 'Old' });
    const titleAt = (sequence: number, isOrdered: boolean): Uint8Array => message(MessageType.TITLE, sequence, encodeTitle({ version: 5, title: 'Set', isOrdered }));
    const sendUntil = (ms: number): void => {
      while (source.nextMs < ms) source.send(rig);
    };
    onAir(rig, [source], 5_000);
    rig.close(source.paths[0]!);
    rig.until(8_000);
    const path = rig.open();
    source.paths = [path];
    rig.tcp(path, titleAt(0, false));
    sendUntil(6_000);
    source.setTitle(rig, 'Song 1');
    sendUntil(7_000);
    rig.tcp(path, titleAt(source.sequence++, true));
    source.setTitle(rig, 'Set');
    onAir(rig, [source], 9_000);
    expect([rig.of('gap').length, rig.edge.mount('test')!.title]).toEqual([0, 'Set']);
  });
});

describe('a title that was set, and is heard of before what its encoder had said until then', () => {
  it('stays', () => {
    const pair = new Pair();
    pair.until(5_000);
    const { a, rig } = pair;
    const [path] = a.paths as [PathId];
    const first = a.sequence;
    a.sequence += 3;
    const taken = message(MessageType.TITLE, first + 2, encodeTitle({ version: 5_000, title: 'Set', isOrdered: true }), a);
    rig.tcp(path, taken);
    // Another title was set before, and was not in force any more: nobody says of the text that it is that one.
    rig.tcp(path, metadata(first, icyTitleText('Set before'), a), data(first + 1, numbered(a.number++, a.stream), a));
    pair.until(5_200);
    expect(pair.title).toBe('Set');
    a.setTitle(rig, 'Song 1');
    pair.until(5_400);
    expect(pair.title).toBe('Song 1');
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

  it('is not followed by one that the live stream may have had before, and lost until it was said again', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1, title: 'Old' });
    const set = (title: string): void => void rig.edge.setTitle(rig.now as Micros, 'test', title, rig.now);
    onAir(rig, [source], 5_000);
    source.title = 'Song 1';
    source.skipTo(5_300);
    rig.until(5_200);
    set('Set');
    onAir(rig, [source], 8_000);
    expect(rig.edge.mount('test')!.title).toBe('Set');
    // Behind another loss, but told when it is new.
    source.skipTo(8_100);
    onAir(rig, [source], 8_200);
    set('Set again');
    source.setTitle(rig, 'Song 2');
    onAir(rig, [source], 9_000);
    expect([rig.of('gap').length, rig.edge.mount('test')!.title]).toEqual([2, 'Song 2']);
  });

  it('of a mountpoint that is not there is nothing', () => {
    const pair = new Pair();
    pair.rig.edge.setTitle(pair.rig.now as Micros, 'other', 'x', 1);
    pair.until(4_000);
    expect(pair.title).toBe('Old');
  });
});
