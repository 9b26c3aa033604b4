import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { join } from '../../codec/build.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { FRAME_BYTES, makersIn, numbered, numbersIn, range, scenes } from '../../support/frames.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

/** Frames of a mount's encoders as they are due, and of one that is fed without a clock: so many of them every 20 ms. */
function hurry(rig: EdgeRig, paced: readonly Source[], unpaced: Source, untilMs: number, framesEach = 20): void {
  for (let atMs = rig.now / 1000; atMs < untilMs; atMs += 20) {
    onAir(rig, paced, atMs);
    for (let n = 0; n < framesEach; n++) sendNow(rig, unpaced);
  }
  onAir(rig, paced, untilMs);
}

/** Its next frame comes now, whenever that is due. */
function sendNow(rig: EdgeRig, source: Source): void {
  const at = rig.now;
  source.send(rig);
  // There are tens of thousands of them, too many for as many assertions.
  if (rig.now !== at) throw new Error(`it came at ${rig.now} µs instead of ${at} µs`);
}

const UNPACED = 3;

describe('a third encoder that is fed without a clock', () => {
  const station = (): { readonly rig: EdgeRig; readonly paced: readonly [Source, Source]; readonly unpaced: Source } => {
    const rig = new EdgeRig();
    const paced = [new Source(rig.open(), { stream: 1 }), new Source(rig.open(), { stream: 2, phaseMs: 7 })] as const;
    return { rig, paced, unpaced: new Source(rig.open(), { stream: UNPACED }) };
  };

  it('is heard by nobody, be the live one well, stuttering or dead', () => {
    const { rig, paced, unpaced } = station();
    onAir(rig, paced, 10_000);
    const listener = rig.join('test');
    hurry(rig, paced, unpaced, 20_000, 50);
    expect(rig.of('stream-unpaced')).toMatchObject([{ mount: 'test', stream: unpaced.name, origin: '' }]);
    const { programmeMs, withinMs } = rig.of('stream-unpaced')[0]!;
    expect(programmeMs).toBeGreaterThanOrEqual(40_000);
    expect(withinMs).toBeLessThan(2_000);
    expect(rig.edge.streamsOf(rig.now as Micros, 'test')!.at(-1)).toMatchObject({ id: unpaced.name, isHealthy: false, contentFault: 'unpaced', whyNot: { code: 'unpaced' } });
    // The live one loses programme, and then comes half a second late.
    paced[0].lose(20);
    hurry(rig, paced, unpaced, 22_000);
    hurry(rig, [paced[1]], unpaced, 24_000);
    hurry(rig, [], unpaced, 26_000);
    for (const source of paced) source.skipTo(26_000);
    hurry(rig, paced, unpaced, 30_000);
    expect(rig.of('switch').map(({ to }) => to)).not.toContain(unpaced.name);
    expect(scenes(makersIn(rig.audio(listener)))).not.toContain(UNPACED);
    expect(rig.ended.size).toBe(0);
    expect(rig.of('listener-dropped')).toEqual([]);
    expect(unpaced.number * FRAME_MS).toBeGreaterThan(900_000);
  });

  it('keeps no mountpoint that has nothing else from its end', () => {
    const { rig, paced, unpaced } = station();
    onAir(rig, paced, 8_000);
    const listener = rig.join('test');
    hurry(rig, paced, unpaced, 10_000);
    hurry(rig, [], unpaced, 21_000);
    expect(rig.of('switch').map(({ to }) => to)).not.toContain(unpaced.name);
    expect(rig.ended.get(listener)).toBe('mount-ended');
    // There it begins anew, with what there is.
    expect(rig.edge.mount('test')!.liveStream).toBe(unpaced.name);
  });

  it('is not taken by an operator either, before it comes at its pace', () => {
    const { rig, paced, unpaced } = station();
    onAir(rig, paced, 20_000);
    hurry(rig, paced, unpaced, 22_000);
    expect(rig.edge.command(rig.now as Micros, 'test', { kind: 'switch', to: unpaced.name })).toBe('waits');
    hurry(rig, paced, unpaced, 40_000);
    expect(rig.of('switch')).toEqual([]);
  });

  it('that was there first is left as soon as another one is', () => {
    const { rig, paced, unpaced } = station();
    hurry(rig, [], unpaced, 200);
    const listener = rig.join('test');
    hurry(rig, paced, unpaced, 1_000);
    hurry(rig, paced, unpaced, 20_000);
    expect(rig.of('switch')).toMatchObject([{ from: unpaced.name, reason: 'unpaced' }]);
    expect(rig.edge.mount('test')!.liveStream).toBe(paced[0].name);
    const makers = makersIn(rig.audio(listener));
    expect(scenes(makers).at(-1)).toBe(1);
    expect(scenes(makers).length).toBeLessThanOrEqual(2);
    // What the others have now, and all of it.
    const numbers = numbersIn(rig.audio(listener)).filter((_, n) => makers[n] === 1);
    expect(numbers).toEqual(range(numbers[0]!, numbers[0]! + numbers.length - 1));
    expect(numbers.length * FRAME_MS).toBeGreaterThan(18_000);
  });
});

describe('a stream that comes too fast and is all there is', () => {
  it('goes out in pieces of seconds, no faster than it plays and forty seconds ahead', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 10_000);
    const listener = rig.join('test');
    hurry(rig, [], source, 130_000, 8);
    const numbers = numbersIn(rig.audio(listener));
    expect(numbers.length * FRAME_MS).toBeGreaterThan(120_000);
    expect(numbers.length * FRAME_MS).toBeLessThan(120_000 + 41_000);
    const begins = numbers.flatMap((number, n) => (number === (numbers[n - 1] ?? NaN) + 1 ? [] : [n]));
    const pieces = begins.slice(1).map((begin, n) => (begin - begins[n]!) * FRAME_MS);
    expect(pieces.length).toBeGreaterThan(15);
    expect(Math.min(...pieces)).toBeGreaterThan(4_900);
    expect(rig.ended.size).toBe(0);
    expect(rig.edge.streamsOf(rig.now as Micros, 'test')).toMatchObject([{ isOnAir: true, contentFault: 'unpaced', whyNot: undefined }]);
    // It goes on as it should in the end, and so do they.
    const from = numbers.length;
    for (let atMs = 130_000; atMs < 500_000; atMs += FRAME_MS) {
      rig.until(atMs);
      sendNow(rig, source);
    }
    expect(rig.of('stream-paced')).toMatchObject([{ mount: 'test', stream: source.name }]);
    const after = numbersIn(rig.audio(listener)).slice(from + 2_000);
    expect(after).toEqual(range(after[0]!, after[0]! + after.length - 1));
    expect(rig.edge.streamsOf(rig.now as Micros, 'test')).toMatchObject([{ isHealthy: true, contentFault: undefined }]);
  });

  it('throws nobody out who takes it as fast as it plays', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 10_000);
    const listener = rig.join('test');
    rig.stuck.add(listener);
    for (let atMs = 10_000; atMs < 90_000; atMs += 1_000) {
      hurry(rig, [], source, atMs, 8);
      rig.backlog.set(listener, Math.max(0, (rig.backlog.get(listener) ?? 0) - (1_000 / FRAME_MS) * FRAME_BYTES));
    }
    expect(rig.ended.size).toBe(0);
    // Who takes nothing is let go all the same.
    hurry(rig, [], source, 160_000, 8);
    expect(rig.ended.get(listener)).toBe('too-slow');
  });

  it('is no reason to leave the fallback', () => {
    const rig = new EdgeRig();
    rig.edge.provideFallback(0 as Micros, 'test', 'Back soon', join(...range(0, 49).map((n) => numbered(n, 99))));
    const source = new Source(rig.open(), { stream: 1 });
    hurry(rig, [], source, 500, 100);
    onAir(rig, [], 10_000);
    const listener = rig.join('test');
    hurry(rig, [], source, 20_000, 100);
    expect(scenes(makersIn(rig.audio(listener)))).toEqual([99]);
  });
});
