import { beforeAll, expect, it } from 'vitest';
import type { Experience } from '../../../bench/outages/experience.ts';
import { faults, type FaultName } from '../../../bench/outages/fault.ts';
import { programmeS, runSession, type Task } from '../../../bench/outages/session.ts';
import { makeMaterial, type Material } from '../../../bench/referee/material.ts';
import { formats } from '../../../bench/rigs/formats.ts';
import { describeWith } from '../support/need.ts';

/** The referee's resolution: below this nothing is missing. */
const NOTHING_MS = 0.5;
/** Shorter than the bench has it. */
const times = { calmMs: 5_000, holdMs: 6_000, restMs: 3_000 } as const;
const tested: readonly FaultName[] = ['encoder-kill', 'encoder-freeze', 'relay-kill', 'relay-freeze'];

/**
 * The continuity of what a listener gets. How long it gets nothing is printed but not asserted, because that depends on
 * the machine: `npm run bench -- outages` measures it.
 */
describeWith(['ffmpeg', 'mpg123'], 'outages of a chain with two ffmpeg encoders', () => {
  const taskOf = (codec: Task['codec'], fault: FaultName): Task => ({ system: 'davecast', codec, fault, rounds: 1, ...times });
  let material: Material;
  beforeAll(() => {
    material = makeMaterial('outages', Math.max(...tested.map((fault) => programmeS(taskOf('mp3', fault)))));
  });

  for (const codec of ['mp3', 'aac'] as const) {
    for (const fault of tested) {
      const { label, isSwitch } = faults[fault];
      it(`${formats[codec].label}, ${label}: the programme goes on`, async () => {
        const { rounds, said } = await runSession(taskOf(codec, fault), material);
        console.log(`${formats[codec].label}, ${label}: ${tell(rounds[0]!, said)}`);
        const { missingMs, repeatedMs, silentMs, splices, disconnects } = rounds[0]!;
        const allowedMs = isSwitch ? 150 : NOTHING_MS;
        expect(disconnects).toBe(0);
        expect(missingMs).toBeLessThan(allowedMs);
        expect(repeatedMs).toBeLessThan(allowedMs);
        expect(silentMs).toBeLessThan(allowedMs);
        if (!isSwitch) expect(splices).toBe(0);
      });
    }
  }
});

function tell({ stallMs, bufferMs, missingMs, repeatedMs, garbledMs }: Experience, said: readonly string[]): string {
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const figures = `stall ${ms(stallMs)}, buffer needed ${ms(bufferMs)}, missing ${ms(missingMs)}, repeated ${ms(repeatedMs)}, garbled ${ms(garbledMs)}`;
  return [figures, ...said].join('\n  ');
}
