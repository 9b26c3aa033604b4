import { Probe } from '../../../../core/probe/probe.ts';
import type { ProbeFigures } from '../../../../core/probe/figures.ts';
import { ms } from '../../../../core/base/units.ts';
import { audio } from './support.ts';

/** Of a minute in which all was well: MP3 of 48 kbit/s, with a burst of 2.4 s. */
export const calmFigures: ProbeFigures = calm();

function calm(): ProbeFigures {
  const probe = new Probe({ bufferMs: 1_000, stallMs: 500 }, { event: () => undefined });
  probe.start(ms(0));
  probe.connected(ms(40));
  probe.receive(ms(40), audio(0, 100));
  const rest = audio(100, 2_500);
  for (let at = 0; at < rest.length; at += 144) probe.receive(ms(40 + 24 * (1 + at / 144)), rest.subarray(at, at + 144));
  return { ...probe.figures(ms(40 + 24 * 2_400)), kbps: 128 };
}
