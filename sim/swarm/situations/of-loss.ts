import type { Note } from '../../world/trace.ts';
import type { Situation } from './situation.ts';
import type { Story } from './story.ts';

/** Messages that do not come, come twice, late, or from far away. */
export const lossSituations: readonly Situation[] = [
  {
    name: 'sequence jump over the window',
    why: 'A stream continues so far ahead that nothing tells what is between; a forged message looks the same.',
    times: gaps('jump'),
  },
  {
    name: 'window full',
    why: 'Early messages reach their limit: the gap before them must be given up, the limit must hold.',
    times: gaps('window-full'),
  },
  { name: 'gap at the hard limit', why: 'There is no evidence, and only the clock ends the wait.', times: gaps('hard-limit') },
  { name: 'gap after a path fell silent', why: 'A path that may still deliver the message is idle, and no longer waited for.', times: gaps('silent-paths') },
  { name: 'gap when the last path closed', why: 'No path is left that could deliver it.', times: gaps('no-path') },
  {
    name: 'both copies lost',
    why: 'Two paths or more are open, and all of them skip a message: the loss must be decided at once.',
    times: (story) => story.count('gap', ({ actor, atMs, fields }) => fields['verdict'] === 'disproved' && story.openPaths(actor, atMs) >= 2),
  },
  {
    name: 'loss on one path of three',
    why: 'The other paths have it, so listeners must not notice.',
    times: sighted('loss on one path of three'),
  },
  { name: 'loss skipped on air', why: 'The listeners miss a little, because no backup has more.', times: (story) => story.count('gap', action('skipped')) },
  { name: 'loss switched away from', why: 'A backup has what the live stream has lost.', times: (story) => story.count('gap', action('switched')) },
  {
    name: 'loss in a backup',
    why: 'Its ring gets a hole, which a switch must avoid.',
    times: (story) => story.count('gap', action('none')),
  },
  {
    name: 'long loss',
    why: 'A single loss of more than a second: its length in programme is an estimate.',
    times: (story) => story.count('gap', ({ fields }) => Number(fields['messages']) >= 40),
  },
  {
    name: 'arrival after the verdict',
    why: 'A message arrives that was given up: it must be counted, and not be heard.',
    times: dropped('late'),
  },
  { name: 'second copy', why: 'A message arrives on a second path, or twice on one.', times: dropped('duplicate') },
  { name: 'message far off', why: 'A single one may be forged, and must not move the stream.', times: dropped('far-off') },
  {
    name: 'clock step during a gap',
    why: 'The wait for a missing message is measured by the clock that jumps.',
    times: (story) =>
      story.count('gap', ({ actor, atMs, fields }) => hostFaults(story, 'step', actor).some((at) => at <= atMs && at >= atMs - Number(fields['waitedMs']) - STEP_NEAR_MS)),
  },
  {
    name: 'relay history into a live window',
    why: 'A new connection replays up to ten seconds that other paths have delivered already.',
    times: (story) =>
      story.count('subscriber-joined', ({ atMs, fields }) => Number(fields['historyMessages']) > 0 && story.openPaths(String(fields['label']), atMs - 1) >= 1),
  },
  { name: 'encoder journal overflow', why: 'A target is unreachable for longer than messages are kept: the oldest are dropped, counted.', times: (story) => story.count('target-lost') },
  {
    name: 'encoder journal sent again',
    why: 'Messages written to a lost connection are sent again, and receivers drop those that they have.',
    times: (story) => story.count('target-up', ({ fields }) => Number(fields['keptMessages']) > 100),
  },
];

/** A step and a gap's timer that it makes ring are not at the very same time. */
const STEP_NEAR_MS = 500;

function gaps(verdict: string): (story: Story) => number {
  return (story) => story.count('gap', ({ fields }) => fields['verdict'] === verdict);
}

function action(which: string): (note: Note) => boolean {
  return ({ fields }) => fields['action'] === which;
}

/** Messages that a path dropped for that reason, counted by paths. */
function dropped(reason: string): (story: Story) => number {
  return (story) => story.count('path-closed', ({ fields }) => Object.hasOwn(fields['dropped'] as object, reason));
}

function sighted(what: string): (story: Story) => number {
  return ({ sightings }) => sightings[what] ?? 0;
}

function hostFaults(story: Story, kind: string, host: string): number[] {
  return story
    .of(kind)
    .filter(({ actor, fields }) => actor === 'fault' && fields['host'] === host)
    .map(({ atMs }) => atMs);
}
