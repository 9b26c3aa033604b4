import type { Situation } from './situation.ts';
import { lossSituations } from './of-loss.ts';
import { connectionSituations } from './of-connections.ts';
import { switchSituations } from './of-switches.ts';
import { Story } from './story.ts';
import type { Run } from '../../run/simulation.ts';

export const situations: readonly Situation[] = [...lossSituations, ...switchSituations, ...connectionSituations];

/** How often each situation was reached in a run, without those that were not. */
export function situationsOf(run: Pick<Run, 'listeners' | 'notes' | 'sightings'>): Record<string, number> {
  const story = new Story(run);
  return Object.fromEntries(situations.map(({ name, times }) => [name, times(story)] as const).filter(([, times]) => times > 0));
}
