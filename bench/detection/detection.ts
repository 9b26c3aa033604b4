import { pathModels } from './models.ts';
import { detect, unneededSwitches, type Ending } from './trial.ts';
import { positive } from '../common/positive.ts';
import { quantiles } from '../common/quantiles.ts';

const endings: readonly Ending[] = ['kill', 'freeze'];
const HOURS = 24;
const TRIALS = 100;

/**
 * How soon the encoder on air is replaced when it is killed, and when it freezes: from when its first missing frame would have been given out,
 * over so many seeds; and how often it is left in so many hours in which nothing ends. A row for each kind of way.
 *
 *     npm run bench -- detection [HOURS] [TRIALS] [PART OF A NAME]
 */
export async function detection([hoursText = String(HOURS), trialsText = String(TRIALS), part = '']: readonly string[]): Promise<void> {
  const hours = positive('HOURS', hoursText);
  const trials = positive('TRIALS', trialsText);
  if (hours === undefined || trials === undefined) return;
  console.log(`| network | killed: median, 95 %, worst | frozen: median, 95 %, worst | left in ${hours} h |`);
  console.log('|---|---|---|---|');
  for (const model of pathModels.filter(({ name }) => name.includes(part))) {
    const ended = Array.from({ length: trials }, (_, index) => detect(model, index + 1, endings)).flat();
    const lateMs = (ending: Ending): number[] => ended.filter((one) => one.ending === ending).map((one) => one.lateMs);
    const late = endings.map((ending) => quantiles(lateMs(ending), [0.5, 0.95, 1], 0));
    const counts = unneededSwitches(model, 1, 3_600 * hours);
    const left = Object.entries(counts).map(([reason, times]) => `${times} ${reason}`);
    console.log(`| ${model.name} | ${late.join(' | ')} | ${left.join(', ') || '0'} |`);
  }
}
