import type { Situation } from './situation.ts';
import type { Story } from './story.ts';

/** Connections that hang, queues and tables that are full, hosts and clocks that misbehave. */
export const connectionSituations: readonly Situation[] = [
  { name: 'target stuck', why: 'An encoder detects a vanished target by missing acknowledgements.', times: (story) => story.count('target-stuck') },
  { name: 'idle reset', why: 'A connection that has carried data is idle: half open, and made again.', times: lost('idle') },
  { name: 'ended by keep-alive', why: 'Only the kernel detects that the peer is gone.', times: lost('timed out') },
  { name: 'connect timeout', why: 'There is no answer at all, not even a refusal.', times: lost('connect-timeout') },
  { name: 'connection reset', why: 'The peer no longer knows this connection.', times: lost('reset') },
  { name: 'edge without any path', why: 'All streams lose their last path at once.', times: (story) => story.count('path-closed', ({ actor, atMs }) => story.openPaths(actor, atMs) === 0) },
  { name: 'stream forgotten', why: 'All state of the stream must be released.', times: (story) => story.count('stream-forgotten') },
  { name: 'subscriber behind', why: 'A slow subscriber loses the oldest messages, and delays no one else.', times: (story) => story.count('subscriber-behind') },
  { name: 'subscriber cut', why: 'A subscriber that never catches up is better off reconnecting.', times: (story) => story.count('subscriber-cut') },
  { name: 'listener dropped', why: 'A slow listener must not use up the memory.', times: (story) => story.count('listener-dropped') },
  { name: 'history at its bound', why: 'The relay drops history by size before it does by time.', times: bound('historyBytes') },
  { name: 'listener refused', why: 'An edge is full.', times: bound('maxListeners') },
  { name: 'subscriber refused', why: 'A relay is full.', times: bound('maxSubscribers') },
  { name: 'path refused', why: 'A relay or an edge accepts no more connections.', times: bound('maxPaths') },
  { name: 'stream refused', why: 'A table of streams is full.', times: bound('maxStreams') },
  {
    name: 'listener came again',
    why: 'The burst repeats what the listener has heard, or what it missed is lost.',
    times: ({ listeners }) => listeners.reduce((sum, { switches }) => sum + switches.filter(({ reason }) => reason === 'reconnected').length, 0),
  },
  { name: 'clock set back on an edge', why: 'With the raw clock, every deadline would be too far in the future.', times: steps('edge', -1) },
  { name: 'clock set forward on an edge', why: 'With the raw clock, every deadline would have passed at once.', times: steps('edge', 1) },
  { name: 'clock set on a relay', why: 'The history is kept by that clock.', times: (story) => steps('relay', 1)(story) + steps('relay', -1)(story) },
  {
    name: 'stopped edge',
    why: 'Its timers fire late, which must not be held against any peer.',
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
