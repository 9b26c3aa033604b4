import type { ProcessRole } from '../process/app.ts';
import { anybody } from './auth/guards.ts';
import { jsonReply, jsonVoice, type Reply } from './message/reply.ts';
import { mountIn, type RequestTarget } from './message/request-target.ts';
import type { Route } from './router.ts';

/** What holds of one part of a process. */
export interface Condition {
  readonly isOk: boolean;
  /** For people, and no more than one line. */
  readonly detail: string;
}

export interface Check {
  readonly name: string;
  /** Asked at each request. */
  readonly look: () => Condition;
}

/** The checks of each role, and those that count unless others are chosen. A check of something that is not configured is not there. */
export const readyChecks: Readonly<Record<ProcessRole, { readonly all: readonly string[]; readonly counted: readonly string[] }>> = {
  relay: { all: ['upstreams'], counted: ['upstreams'] },
  edge: { all: ['relays', 'mounts'], counted: ['relays', 'mounts'] },
  encoder: { all: ['targets', 'mounts'], counted: ['targets'] },
  station: { all: ['mounts', 'peers'], counted: ['mounts'] },
};

export interface ReadyRouteOptions {
  /** Asked at each request. */
  readonly checks: () => readonly Check[];
  /** The names of those that count, asked at each request. */
  readonly counted: () => readonly string[];
  /** Of one mountpoint, for those who ask for it; a role without it has no mountpoints. */
  readonly mount?: (name: string) => Condition;
}

/** Whether a load balancer should send somebody: 200 or 503, with what holds of each part. */
export function readyRoute(options: ReadyRouteOptions): Route {
  return { at: 'readyz', methods: ['GET', 'HEAD'], who: anybody, handle: ({ target }) => readyReply(options, target) };
}

/** Whether there is a connection to at least one of these. Which one is missing says the log: anybody may ask, and addresses are nobody's business. */
export function oneConnected(ways: readonly { readonly isUp: boolean }[]): Condition {
  const up = ways.filter(({ isUp }) => isUp).length;
  return { isOk: up > 0, detail: `${up} of ${ways.length} connected` };
}

function readyReply({ checks, counted, mount }: ReadyRouteOptions, target: RequestTarget): Reply {
  // Somebody who asks for two must not be told of one alone.
  if (target.repeated.has('mount')) return jsonVoice(400, 'Ask for one mountpoint: mount= is given twice');
  const name = mountIn(target);
  if (name !== undefined && mount === undefined) return jsonVoice(400, 'A relay does not look at mountpoints: ask an edge, a station or an encoder');
  const asked = name === undefined || mount === undefined ? [] : [{ name: 'mount', look: () => mount(name) }];
  const found = [...checks(), ...asked].map(({ name, look }) => ({ name, counts: name === 'mount' || counted().includes(name), ...look() }));
  const ready = found.every(({ counts, isOk }) => isOk || !counts);
  return jsonReply(ready ? 200 : 503, { ready, checks: Object.fromEntries(found.map(({ name, isOk: ok, counts, detail }) => [name, { ok, counts, detail }])) });
}
