import { describe, expect, it } from 'vitest';
import { agreementOf } from '../../../sim/agreement/agreement.ts';
import { drawAgreement } from '../../../sim/agreement/draw.ts';
import { agreement } from '../../../sim/cli/commands/agreement.ts';

describe('segments of two edges', () => {
  // Both encoders, both relays and an edge are killed, an encoder is frozen, a path is cut, and all paths lose 2 %.
  it('are the same through the outages of seed 8', () => {
    const { pairs, same, parts, sameParts, violations } = agreementOf(8);
    expect(violations).toEqual([]);
    expect(pairs).toBeGreaterThan(30);
    expect(same).toBe(pairs);
    // Each is made two seconds sooner, so more of them can be made before something has come.
    expect(parts).toBeGreaterThan(100);
    expect(parts - sameParts).toBeLessThanOrEqual(2);
  });

  it('are of a station, and of outages, that follow from the seed', () => {
    expect(drawAgreement(5)).toEqual(drawAgreement(5));
    expect(drawAgreement(5)).not.toEqual(drawAgreement(6));
  });

  it('have a fallback file in some, where all encoders fail together', () => {
    const drawn = Array.from({ length: 40 }, (_, seed) => drawAgreement(seed));
    const withFile = drawn.filter(({ topology: { files } }) => files !== undefined);
    expect(withFile.length).toBeGreaterThan(4);
    expect(withFile.length).toBeLessThan(20);
    for (const { topology: { encoders, edges }, faults } of withFile) {
      for (const { policies } of edges) expect(policies).toMatchObject({ live: { fallback: { file: 'back-soon' } } });
      const killed = (name: string): number[] => faults.flatMap((fault) => (fault.kind === 'kill' && fault.host === name ? [fault.atS] : []));
      for (const { name } of encoders) expect(killed(name)).toEqual(killed(encoders[0]!.name));
    }
  });
});

describe('npm run hls-agree', () => {
  const said = (...args: string[]): [number, string[], string[]] => {
    const out: string[] = [];
    const problems: string[] = [];
    return [agreement(args, { out: (text) => out.push(text), problem: (text) => problems.push(text) }), out, problems];
  };

  it.each([['--seeds'], ['--seeds', '5'], ['--seeds', '5..3'], ['--seed', '1..2'], ['--seeds', '1..2', 'x']])('does not understand %s %s %s', (...args) => {
    const [status, out, problems] = said(...args);
    expect([status, out, problems.length]).toEqual([2, [], 1]);
  });

  it('explains itself', () => {
    expect(said('--help')).toMatchObject([0, [expect.stringContaining('--seeds')], []]);
  });
});
