import { beforeAll, expect, it } from 'vitest';
import { formats, type Format } from '../../bench/peers/ffmpeg-encoder.ts';
import { experience, MATERIAL_S, outages, type Experience } from '../../bench/peers/outage.ts';
import { makeMaterial, type Material } from '../../bench/peers/rig.ts';
import { describeWith } from './need.ts';

/** The referee's resolution: below this nothing is missing. */
const NOTHING_MS = 0.5;

/**
 * The continuity of what a listener gets. How long it gets nothing is printed but not asserted, because that depends on
 * the machine: `npm run bench -- outages` holds it against its bars.
 */
describeWith(['ffmpeg', 'mpg123'], 'outages of a chain with two ffmpeg encoders', () => {
  let material: Material;
  beforeAll(() => {
    material = makeMaterial('outages', MATERIAL_S);
  });

  for (const format of Object.keys(formats) as Format[]) {
    for (const outage of outages) {
      const { part, how } = outage;
      it(`${formats[format].label}, ${part} ${how}: the programme goes on`, async () => {
        const result = await experience(format, outage, material);
        console.log(`${formats[format].label}, ${part} ${how}: ${tell(result)}`);
        const allowedMs = part === 'encoder' ? 150 : NOTHING_MS;
        expect(result.disconnects).toBe(0);
        expect(result.recognisedMs).toBeGreaterThan(10_000);
        expect(result.missingMs).toBeLessThan(allowedMs);
        expect(result.repeatedMs).toBeLessThan(allowedMs);
        if (part === 'relay') expect(result.splices).toEqual([]);
      });
    }
  }
});

function tell(result: Experience): string {
  const { longestStallMs, bufferMs, missingMs, repeatedMs, garbledMs, complaints } = result;
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const figures = `stall ${ms(longestStallMs)}, buffer needed ${ms(bufferMs)}, missing ${ms(missingMs)}, repeated ${ms(repeatedMs)}, garbled ${ms(garbledMs)}`;
  return [figures, ...complaints].join('\n  ');
}
