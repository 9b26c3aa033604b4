import type { Situation } from './situation.ts';
import type { Story } from './story.ts';

/** Connections that hang, queues and tables that are full, hosts and clocks that misbehave. */
export const connectionSituations: readonly Situation[] = [
  { name: 'target stuck', why: 'An encoder finds by what is not confirmed that the other side has vanished.', times: (story) => story.count('target-stuck') },
  { name: 'idle reset', why: 'A connection that carried something carries nothing any more: half open, and made again.', times: lost('idle') },
  { name: 'ended by keep-alive', why: 'Only the kernel finds out that nobody is there.', times: lost('timed out') },
  { name: 'connect timeout', why: 'Nobody answers at all, not even with a refusal.', times: lost('connect-timeout') },
  { name: 'connection reset', why: 'The other side does not know this connection any more.', times: lost('reset') },
  { name: 'edge without any path', why: 'All streams lose their last path at once.', times: (story) => story.count('path-closed', ({ actor, atMs }) => story.openPaths(actor, atMs) === 0) },
  { name: 'stream forgotten', why: 'What is remembered of it must go, and its memory with it.', times: (story) => story.count('stream-forgotten') },
  { name: 'subscriber behind', why: 'A slow subscriber loses the oldest messages, and nobody waits for it.', times: (story) => story.count('subscriber-behind') },
  { name: 'subscriber cut', why: 'One that never catches up had better come again.', times: (story) => story.count('subscriber-cut') },
  { name: 'listener dropped', why: 'A slow listener must not hold the memory of all.', times: (story) => story.count('listener-dropped') },
  { name: 'history at its bound', why: 'The relay forgets by bytes before it forgets by time.', times: bound('historyBytes') },
  { name: 'listener refused', why: 'An edge is full.', times: bound('maxListeners') },
  { name: 'subscriber refused', why: 'A relay is full.', times: bound('maxSubscribers') },
  { name: 'path refused', why: 'A relay or an edge takes in no more connections.', times: bound('maxPaths') },
  { name: 'stream refused', why: 'A table of streams is full.', times: bound('maxStreams') },
  {
    name: 'listener came again',
    why: 'Its burst repeats what it has heard, or what it missed is gone.',
    times: ({ listeners }) => listeners.reduce((sum, { switches }) => sum + switches.filter(({ reason }) => reason === 'reconnected').length, 0),
  },
  { name: 'clock set back on an edge', why: 'Every deadline lies too far in the future, if anybody believes the clock.', times: steps('edge', -1) },
  { name: 'clock set forward on an edge', why: 'Every deadline has come at once, if anybody believes the clock.', times: steps('edge', 1) },
  { name: 'clock set on a relay', why: 'Its history is kept by that clock.', times: (story) => steps('relay', 1)(story) + steps('relay', -1)(story) },
  {
    name: 'stopped edge',
    why: 'Its timers fire late, and it must hold that against nobody.',
    times: (story) => story.count('freeze', ({ fields }) => String(fields['host']).startsWith('edge')),
  },
];

function lost(reason: string): (story: Story) => number {
  return (story) => story.count('disconnected', ({ fields }) => fields['reason'] === reason);
}

function bound(which: string): (story: Story) => number {
  return (story) => story.count('bound-hit', ({ fields }) => fields['bound'] === which);
}

function steps(role: string, sign: number): (story: Story) => number {
  return (story) => story.count('step', ({ fields }) => String(fields['host']).startsWith(role) && Math.sign(Number(fields['byMs'])) === sign);
}
