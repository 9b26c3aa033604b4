import type { SwitchReason } from '../../../core/edge/switching/events.ts';
import type { SwitchReport } from '../../machines/listener.ts';
import type { Note } from '../../world/trace.ts';
import type { Situation } from './situation.ts';
import type { Story } from './story.ts';

/** What is on air changes, ends, or cannot change. */
export const switchSituations: readonly Situation[] = [
  { name: 'switch from a stalled stream', why: 'The live stream is stalled, the most common reason for a switch.', times: switches('stalled') },
  { name: 'switch from a stream left behind', why: 'The live stream is irregular, and a steady backup is far ahead of it.', times: switches('behind') },
  { name: 'switch for a loss', why: 'The edge switches to a backup in the middle of a loss.', times: switches('lost') },
  { name: 'switch from a lossy stream', why: 'The live stream has had many short losses, more than a backup.', times: switches('lossy') },
  { name: 'switch from silence', why: 'The live stream carries digital silence, a backup carries programme.', times: switches('silent') },
  { name: 'return to the preferred encoder', why: 'It has been healthy for long enough.', times: switches('preferred') },
  { name: 'policy changed on air', why: 'An operator wants something else of a mountpoint that is on air.', times: (story) => story.count('policy-changed') },
  {
    name: 'fallback replaced while heard',
    why: 'It is taken away, or another one takes its place, while listeners hear it.',
    times: (story) => story.count('fallback-replaced'),
  },
  { name: "operator's switch", why: 'An operator commands it, at the same point of the programme.', times: switches('operator') },
  {
    name: 'entered ahead of its frames',
    why: 'The stream that is switched to lags: the listeners wait until it has the point.',
    times: (story) => story.count('switch', ({ fields }) => Number(fields['waitMs']) > 0),
  },
  {
    name: 'repeated instead of waited for',
    why: 'The backup lags by more than listeners would wait.',
    times: (story) => story.count('switch', ({ fields }) => Number(fields['repeatedMs']) > 0),
  },
  { name: 'switch as the last path closes', why: 'No time is lost waiting for a stream without a path.', times: switches('paths-closed') },
  {
    name: 'switch while switching',
    why: 'A second switch within half a second of the first: the new stream fails before it has settled.',
    times: (story) => pairs(story.of('switch'), (before, after) => after.atMs - before.atMs < 500),
  },
  {
    name: 'takeover with a hole',
    why: 'The backup does not have the point where the other stream ended: the listeners miss something, as little as possible.',
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
    why: 'The stream that was left continues: nothing of it may be heard.',
    times: ({ sightings }) => sightings['arrival after the switch'] ?? 0,
  },
  {
    name: 'splice into a non-zero bit reservoir',
    why: 'An MP3 frame refers to bytes that were never sent: a decoder renders noise.',
    times: spliced(({ garbledMs, reason }) => garbledMs > 0 && reason !== 'reconnected'),
  },
  { name: 'splice that repeats', why: 'The cut is before the point: something is heard twice.', times: spliced(({ repeatedMs }) => repeatedMs > 0) },
  { name: 'splice that leaves out', why: 'The cut is after the point: something is not heard.', times: spliced(({ missingMs }) => missingMs > 0) },
  {
    name: 'stream id restart',
    why: 'An encoder returns with a new stream id while its old stream is still known.',
    times: (story) => story.count('backup-added', ({ fields }) => startOf(fields['stream']) >= 2),
  },
  {
    name: 'stalled with nothing to switch to',
    why: 'The listeners must wait, and the first stream that is back is considered.',
    times: (story) => story.count('stalled'),
  },
  { name: 'resumed', why: 'The live stream is back before another took over: staying costs nothing.', times: (story) => story.count('resumed') },
  {
    name: 'back to the stream that was left',
    why: 'Its ring has advanced meanwhile, and no frame of it may be heard twice.',
    times: (story) => pairs(story.of('switch'), (before, after) => before.fields['from'] === after.fields['to']),
  },
  { name: 'backup refused', why: 'Frames of another codec cannot follow those on air.', times: (story) => story.count('backup-refused') },
  {
    name: 'backup lost',
    why: 'A mountpoint has had a backup, and nothing stands by any more.',
    times: (story) => story.count('backup-lost', ({ fields }) => Number(fields['forMs']) < 10_000),
  },
  { name: 'redundancy restored', why: 'A backup stands by again.', times: (story) => story.count('redundancy-restored') },
  { name: 'no relay left', why: 'An edge has lost its last relay.', times: (story) => story.count('no-relay-left', ({ fields }) => Number(fields['forMs']) < 10_000) },
  {
    name: 'mount ended',
    why: 'No source for so long that the listeners are disconnected.',
    times: (story) => story.count('mount-ended'),
  },
  {
    name: 'mount ended and began anew',
    why: 'Nothing from before the end may be heard after the restart.',
    times: (story) => story.count('mount-started', (begun) => story.of('mount-ended').some((ended) => isSameMount(ended, begun) && ended.atMs <= begun.atMs)),
  },
  {
    name: 'crash within a second of a switch',
    why: 'The encoder that has just taken over, or just been left, dies.',
    times: (story) => [...story.of('kill'), ...story.of('vanish')].filter((crash) => story.of('switch').some(({ atMs }) => Math.abs(crash.atMs - atMs) < 1_000)).length,
  },
  {
    name: 'title of another encoder',
    why: 'The title on air changes between two frames, at the first frame of the other stream.',
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
