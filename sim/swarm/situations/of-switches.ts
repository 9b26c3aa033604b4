import type { SwitchReason } from '../../../core/edge/switching/events.ts';
import type { SwitchReport } from '../../machines/listener.ts';
import type { Note } from '../../world/trace.ts';
import type { Situation } from './situation.ts';
import type { Story } from './story.ts';

/** What is on air changes, ends, or cannot change. */
export const switchSituations: readonly Situation[] = [
  { name: 'switch from a stalled stream', why: 'The live stream is tardy, the commonest reason to leave it.', times: switches('stalled') },
  { name: 'switch from a stream left behind', why: 'It stutters, and a steady backup is far ahead of it.', times: switches('behind') },
  { name: 'switch for a loss', why: 'A backup is entered in the middle of a loss.', times: switches('lost') },
  { name: 'switch from a lossy stream', why: 'It has lost a little again and again, more than a backup has.', times: switches('lossy') },
  { name: 'switch from silence', why: 'The live stream carries nothing, a backup does.', times: switches('silent') },
  { name: 'return to the preferred encoder', why: 'It has been well for long enough.', times: switches('preferred') },
  { name: "operator's switch", why: 'Somebody wants it, at the same point of the programme.', times: switches('operator') },
  {
    name: 'entered ahead of its frames',
    why: 'The stream that is gone over to is slower: the listeners wait until it has the point.',
    times: (story) => story.count('switch', ({ fields }) => Number(fields['waitMs']) > 0),
  },
  {
    name: 'repeated instead of waited for',
    why: 'The backup is so much slower that nobody would wait.',
    times: (story) => story.count('switch', ({ fields }) => Number(fields['repeatedMs']) > 0),
  },
  { name: 'switch as the last path closes', why: 'No time is lost waiting for a stream that nobody carries.', times: switches('paths-closed') },
  {
    name: 'switch while switching',
    why: 'A second switch within half a second of the first: what was entered fails before it has settled.',
    times: (story) => pairs(story.of('switch'), (before, after) => after.atMs - before.atMs < 500),
  },
  {
    name: 'takeover with a hole',
    why: 'The backup does not have the point where the other ended: the listeners miss something, as little as possible.',
    times: (story) => story.count('switch', ({ fields }) => Number(fields['missingMs']) > 0),
  },
  {
    name: 'long catch-up',
    why: 'More than two seconds of programme follow a switch at once.',
    times: (story) => story.count('switch', ({ fields }) => Number(fields['catchUpMs']) > 2_000),
  },
  {
    name: 'switch with several candidates',
    why: 'The best one is taken, not the first.',
    times: (story) => story.count('switch', ({ fields }) => Number(fields['candidates']) >= 2),
  },
  {
    name: 'arrival after the switch',
    why: 'The stream that was left goes on: nothing of it may be heard.',
    times: ({ sightings }) => sightings['arrival after the switch'] ?? 0,
  },
  {
    name: 'splice into a non-zero bit reservoir',
    why: 'An MP3 frame reaches back into bytes that were never sent: a decoder makes noise of it.',
    times: spliced(({ garbledMs, reason }) => garbledMs > 0 && reason !== 'reconnected'),
  },
  { name: 'splice that repeats', why: 'The cut lies before the point: something is heard twice.', times: spliced(({ repeatedMs }) => repeatedMs > 0) },
  { name: 'splice that leaves out', why: 'The cut lies behind the point: something is not heard.', times: spliced(({ missingMs }) => missingMs > 0) },
  {
    name: 'stream id restart',
    why: 'An encoder comes back under a new id while its old stream is still remembered.',
    times: (story) => story.count('backup-added', ({ fields }) => startOf(fields['stream']) >= 2),
  },
  {
    name: 'stalled with nothing to switch to',
    why: 'The listeners must wait, and whoever is back first is looked at.',
    times: (story) => story.count('stalled'),
  },
  { name: 'resumed', why: 'The live stream is back before anything took over: to stay costs nothing.', times: (story) => story.count('resumed') },
  {
    name: 'back to the stream that was left',
    why: 'Its ring has gone on meanwhile, and no frame of it may be heard twice.',
    times: (story) => pairs(story.of('switch'), (before, after) => before.fields['from'] === after.fields['to']),
  },
  { name: 'backup refused', why: 'Frames of another codec cannot follow those on air.', times: (story) => story.count('backup-refused') },
  {
    name: 'mount ended',
    why: 'No source for so long that the listeners are let go.',
    times: (story) => story.count('mount-ended'),
  },
  {
    name: 'mount ended and began anew',
    why: 'Nothing of the life before may be heard in the new one.',
    times: (story) => story.count('mount-started', (begun) => story.of('mount-ended').some((ended) => isSameMount(ended, begun) && ended.atMs <= begun.atMs)),
  },
  {
    name: 'crash within a second of a switch',
    why: 'The one who has just taken over, or just been left, dies.',
    times: (story) => [...story.of('kill'), ...story.of('vanish')].filter((crash) => story.of('switch').some(({ atMs }) => Math.abs(crash.atMs - atMs) < 1_000)).length,
  },
  {
    name: 'title of another encoder',
    why: 'The title on air changes between two frames, at the very frame from which on another stream is heard.',
    times: (story) => story.count('splice', ({ fields }) => fields['from'] !== fields['to']),
  },
];

function switches(reason: SwitchReason): (story: Story) => number {
  return (story) => story.count('switch', ({ fields }) => fields['reason'] === reason);
}

function spliced(isSo: (splice: SwitchReport) => boolean): (story: Story) => number {
  return ({ listeners }) => listeners.reduce((sum, listener) => sum + listener.switches.filter(isSo).length, 0);
}

/** Of notes of one mountpoint at one edge that follow one another, how many pairs are so. */
function pairs(notes: readonly Note[], isSo: (before: Note, after: Note) => boolean): number {
  const latest = new Map<string, Note>();
  let count = 0;
  for (const note of notes) {
    const key = `${note.actor} ${String(note.fields['mount'])}`;
    const before = latest.get(key);
    if (before !== undefined && isSo(before, note)) count++;
    latest.set(key, note);
  }
  return count;
}

function isSameMount(a: Note, b: Note): boolean {
  return a.actor === b.actor && a.fields['mount'] === b.fields['mount'];
}

/** The how manieth start of an encoder a stream such as `live-1#2` is of. */
function startOf(stream: unknown): number {
  return Number(String(stream).split('#')[1]);
}
