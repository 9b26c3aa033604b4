import type { Fault, WayName } from '../../../run/fault.ts';
import type { Conditions } from '../../../world/path.ts';

/** What goes wrong together with what mends it: neither is meant to be without the other. */
export type Outage = readonly Fault[];

/** The faults in outages: a kill with its restart, a cut with its healing, a change with the change back. */
export function outagesOf(faults: readonly Fault[]): Outage[] {
  const outages: Fault[][] = [];
  const open = new Map<string, Fault[]>();
  for (const fault of inOrder(faults)) {
    const key = keyOf(fault);
    const begun = open.get(key);
    if (begun !== undefined && (isMending(fault) || fault.kind === 'change')) {
      begun.push(fault);
      open.delete(key);
      continue;
    }
    const outage = [fault];
    outages.push(outage);
    if (!isMending(fault)) open.set(key, outage);
  }
  return outages;
}

/** What is still broken when all faults have happened, in words that can be compared. */
export function brokenAtEnd(faults: readonly Fault[]): Set<string> {
  const down = new Set<string>();
  const frozen = new Set<string>();
  const forging = new Set<string>();
  const cut = new Set<string>();
  const forgetful = new Set<string>();
  const fed = new Map<string, string>();
  const changed = new Map<string, Partial<Conditions>>();
  for (const fault of inOrder(faults)) {
    switch (fault.kind) {
      case 'kill':
      case 'vanish':
        down.add(fault.host);
        frozen.delete(fault.host);
        forging.delete(fault.host);
        break;
      case 'restart':
        down.delete(fault.host);
        break;
      case 'freeze':
        frozen.add(fault.host);
        break;
      case 'thaw':
        frozen.delete(fault.host);
        break;
      case 'forge':
      case 'insert':
      case 'repeat':
      case 'unsign':
        forging.add(fault.host);
        break;
      case 'mend':
        forging.delete(fault.host);
        break;
      case 'step':
      case 'command':
      case 'title':
      case 'policy':
        break;
      case 'silence':
      case 'loop':
        fed.set(fault.host, fault.kind);
        break;
      case 'programme':
        fed.delete(fault.host);
        break;
      case 'cut':
        for (const way of fault.ways) cut.add(nameOf(way));
        break;
      case 'heal':
        for (const way of fault.ways) cut.delete(nameOf(way));
        break;
      case 'forget':
        for (const way of fault.ways) forgetful.add(nameOf(way));
        break;
      case 'recall':
        for (const way of fault.ways) forgetful.delete(nameOf(way));
        break;
      case 'change':
        for (const way of fault.ways) changed.set(nameOf(way), { ...changed.get(nameOf(way)), ...fault.changes });
        break;
      default:
        fault satisfies never;
    }
  }
  return new Set([
    ...[...down].map((host) => `${host} is down`),
    ...[...frozen].map((host) => `${host} is frozen`),
    ...[...forging].map((host) => `${host} is somebody else's`),
    ...[...fed].map(([host, what]) => `${host} carries ${what}`),
    ...[...cut].map((way) => `${way} is cut`),
    ...[...forgetful].map((way) => `${way} has forgotten its connections`),
    ...[...changed].map(([way, changes]) => `${way} is ${JSON.stringify(changes)}`),
  ]);
}

/** 0 when there are none. */
export function lastFaultS(faults: readonly Fault[]): number {
  return faults.reduce((last, { atS }) => Math.max(last, atS), 0);
}

/** In the order in which they happen. */
export function inOrder(faults: readonly Fault[]): Fault[] {
  return [...faults].sort((a, b) => a.atS - b.atS);
}

function isMending({ kind }: Fault): boolean {
  return kind === 'restart' || kind === 'thaw' || kind === 'heal' || kind === 'recall' || kind === 'programme' || kind === 'mend';
}

/** The same for a fault and for what mends it. */
function keyOf(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
    case 'vanish':
    case 'restart':
      return `${fault.host} runs`;
    case 'freeze':
    case 'thaw':
      return `${fault.host} goes on`;
    case 'forge':
    case 'insert':
    case 'repeat':
    case 'unsign':
    case 'mend':
      return `${fault.host} is ours`;
    case 'step':
      return `${fault.host} has the time`;
    case 'title':
      return `${fault.mount} has a title`;
    case 'command':
      return `${fault.host} has on ${fault.mount} what its operator wants`;
    case 'policy':
      return `${fault.host} has for ${fault.mount} what is wanted of it`;
    case 'silence':
    case 'loop':
    case 'programme':
      return `${fault.host} carries the programme`;
    case 'cut':
    case 'heal':
      return `open: ${fault.ways.map(nameOf).join()}`;
    case 'forget':
    case 'recall':
      return `known: ${fault.ways.map(nameOf).join()}`;
    case 'change':
      return `as usual: ${fault.ways.map(nameOf).join()}`;
    default:
      return fault satisfies never;
  }
}

function nameOf({ from, to }: WayName): string {
  return `${from}→${to}`;
}
