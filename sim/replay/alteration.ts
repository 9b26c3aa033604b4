import { ms, type Micros } from '../../core/base/units.ts';

/** What is to have been otherwise; times in microseconds from the beginning of the recording. */
export type Alteration =
  /** A connection is closed, and whatever it delivered later is left out. */
  | { readonly kind: 'path-down'; readonly atUs: Micros; readonly path: number }
  /** All connections to one peer, also those it makes later. */
  | { readonly kind: 'peer-down'; readonly atUs: Micros; readonly peer: Peer }
  /** The process is stopped for so long; what came meanwhile is read afterwards. */
  | { readonly kind: 'pause'; readonly atUs: Micros; readonly forUs: Micros };

/** By its label; or, where nobody has that, by its place among all that were connected to, in the order in which they first were. */
export interface Peer {
  readonly label: string;
  readonly number: number | undefined;
}

export const alterationHelp = 'relay-2-down@12.5s, path-3-down@12.5s, HOST:PORT-down@12.5s or pause@12s+3s';

/**
 * Reads one of
 *
 *     LABEL-down@T        the peer of that label, as path-opened names it, is gone from T on
 *     relay-N-down@T      the same of the Nth peer (encoders, where it is a relay's recording), if none has that label
 *     path-N-down@T       the path of that number is closed at T; its peer may connect again
 *     pause@T+D           the process is stopped at T, for D
 *
 * with times in seconds, the `s` optional. Undefined when it is none of them.
 */
export function readAlteration(text: string): Alteration | undefined {
  const pause = /^pause@(\d+(?:\.\d+)?)s?\+(\d+(?:\.\d+)?)s?$/.exec(text);
  if (pause !== null) return { kind: 'pause', atUs: seconds(pause[1]!), forUs: seconds(pause[2]!) };
  const down = /^(.+)-down@(\d+(?:\.\d+)?)s?$/.exec(text);
  if (down === null) return undefined;
  const [, who, at] = down as unknown as [string, string, string];
  const atUs = seconds(at);
  const numbered = /^(relay|path)-(\d{1,9})$/.exec(who);
  const number = numbered === null ? undefined : Number(numbered[2]);
  return numbered?.[1] === 'path' ? { kind: 'path-down', atUs, path: number! } : { kind: 'peer-down', atUs, peer: { label: who, number } };
}

function seconds(text: string): Micros {
  return ms(1_000 * Number(text));
}
