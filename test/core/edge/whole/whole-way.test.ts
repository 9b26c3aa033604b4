import { describe, expect, it } from 'vitest';
import { breaks, FRAME_US, numbered, numbersIn, range } from '../../support/frames.ts';
import { edgeIn, EncoderRig, RelayRig, World } from '../../support/world.ts';

const FRAME_MS = FRAME_US / 1000;

/** Feeds frame n at n frame lengths (and a little): live audio. */
function live(world: World, encoders: readonly EncoderRig[], frames: number): void {
  for (let n = 0; n < frames; n++) {
    world.at(n * FRAME_MS, () => {
      for (const encoder of encoders) encoder.feed(numbered(n));
    });
  }
}

describe('the whole way of a frame', () => {
  it('takes every frame from the encoder over the relay to a listener', () => {
    const world = new World();
    const encoder = new EncoderRig(world, 1);
    const relay = new RelayRig(world);
    const edge = edgeIn(world);
    relay.serve(edge.edge);
    encoder.connect(encoder.target(), relay.relay);
    live(world, [encoder], 400);
    world.run(500);
    const listener = edge.join('test');
    world.run(400 * FRAME_MS + 200);
    const numbers = numbersIn(edge.audio(listener));
    expect(numbers).toEqual(range(numbers[0]!, 399));
    expect(numbers.length).toBeGreaterThan(370);
    expect(edge.longestPauseMs(listener)).toBeLessThan(250);
    expect(edge.of('gap')).toEqual([]);
  });

  it.each([1_000, 5_000, 9_000])('loses no programme when all relays are away for %i ms', (awayMs) => {
    const world = new World();
    const encoder = new EncoderRig(world, 1);
    const target = encoder.target();
    const relay = new RelayRig(world);
    const edge = edgeIn(world);
    const cutEdge = relay.serve(edge.edge);
    const cutEncoder = encoder.connect(target, relay.relay);
    live(world, [encoder], 900);
    world.run(4_000);
    const listener = edge.join('test');
    world.at(6_000, () => {
      cutEncoder();
      cutEdge();
      world.remove(relay.relay);
    });
    let again: RelayRig | undefined;
    world.at(6_000 + awayMs - 500, () => {
      again = new RelayRig(world);
      encoder.connect(target, again.relay);
    });
    // The edge finds the relay later than the encoder does: the relay opens with what it has, newest ANNOUNCE first.
    world.at(6_000 + awayMs, () => again!.serve(edge.edge));
    world.run(20_000);
    const numbers = numbersIn(edge.audio(listener));
    expect(edge.of('gap')).toEqual([]);
    expect(breaks(numbers)).toEqual([]);
    expect(numbers.at(-1)!).toBeGreaterThan(750);
  });

  it('loses no programme when two relays die one after the other, with a time without either', () => {
    const world = new World();
    const encoder = new EncoderRig(world, 1);
    const targets = [encoder.target(), encoder.target()];
    const edge = edgeIn(world);
    const start = (index: number): (() => void) => {
      const relay = new RelayRig(world);
      const cuts = [encoder.connect(targets[index]!, relay.relay)];
      world.after(300, () => cuts.push(relay.serve(edge.edge)));
      return () => {
        world.remove(relay.relay);
        for (const cut of cuts) cut();
      };
    };
    const stop = [start(0), start(1)];
    live(world, [encoder], 1_400);
    world.run(3_000);
    const listener = edge.join('test');
    world.at(5_000, () => stop[0]!());
    world.at(10_000, () => stop[1]!());
    world.at(15_000, () => start(0));
    world.at(20_000, () => start(1));
    world.run(36_000);
    const numbers = numbersIn(edge.audio(listener));
    expect(breaks(numbers)).toEqual([]);
    expect(numbers.at(-1)!).toBeGreaterThan(1_300);
    expect(edge.of('gap')).toEqual([]);
  });

  it('makes a restarted edge whole within a second', () => {
    const world = new World();
    const encoder = new EncoderRig(world, 1);
    const relay = new RelayRig(world);
    encoder.connect(encoder.target(), relay.relay);
    live(world, [encoder], 900);
    world.run(20_000);
    const edge = edgeIn(world);
    relay.serve(edge.edge);
    world.run(20_100);
    const listener = edge.join('test', { burstMs: 4_000 });
    world.run(20_200);
    const numbers = numbersIn(edge.audio(listener));
    expect(breaks(numbers)).toEqual([]);
    expect(numbers.length * FRAME_MS).toBeGreaterThan(3_900);
    expect(edge.edge.mount('test')?.title).toBe('');
    world.run(23_000);
    expect(edge.of('gap')).toEqual([]);
    expect(numbersIn(edge.audio(listener)).at(-1)!).toBeGreaterThan(870);
  });

  it('keeps a listener through the death of the live encoder, whole to half a frame', () => {
    const world = new World();
    const encoders = [1, 2].map((stream) => new EncoderRig(world, stream));
    const relay = new RelayRig(world);
    const edge = edgeIn(world);
    relay.serve(edge.edge);
    const cuts = encoders.map((encoder) => encoder.connect(encoder.target(), relay.relay));
    live(world, encoders, 800);
    world.run(5_000);
    const listener = edge.join('test');
    const liveStream = edge.edge.mount('test')!.liveStream;
    const first = edge.of('mount-started')[0]!.stream;
    expect(liveStream).toBe(first);
    // The live one's connection to the relay breaks; the relay's own connection to the edge stays.
    const dying = first.startsWith('0001') ? 0 : 1;
    world.at(8_000, () => cuts[dying]!());
    world.run(15_000);
    const numbers = numbersIn(edge.audio(listener));
    expect(breaks(numbers)).toEqual([]);
    expect(edge.of('switch')).toMatchObject([{ reason: 'stalled', missingMs: 0, from: first }]);
    expect(edge.longestPauseMs(listener)).toBeLessThan(500);
  });
});
