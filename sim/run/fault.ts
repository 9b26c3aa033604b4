import type { MountPolicy } from '../../core/config/mount-policy.ts';
import type { MountCommand } from '../../core/edge/switching/operator/command.ts';
import { ms, type Micros } from '../../core/base/units.ts';
import type { Carried } from '../programme/feed.ts';
import type { Conditions } from '../world/path.ts';
import type { Stage } from '../machines/stage.ts';
import type { Forging } from '../world/host.ts';

/** Something that goes wrong, or right again, at a certain time. */
export type Fault =
  | { readonly atS: number; readonly kind: HostFault; readonly host: string }
  | { readonly atS: number; readonly kind: Carried; readonly host: string }
  | { readonly atS: number; readonly kind: 'step'; readonly host: string; readonly byMs: number }
  | { readonly atS: number; readonly kind: 'command'; readonly host: string; readonly mount: string; readonly command: MountCommand }
  | { readonly atS: number; readonly kind: 'title'; readonly host: string; readonly mount: string; readonly title: string }
  | { readonly atS: number; readonly kind: 'policy'; readonly host: string; readonly mount: string; readonly policy: MountPolicy }
  | { readonly atS: number; readonly kind: WayFault; readonly ways: readonly WayName[] }
  | { readonly atS: number; readonly kind: 'change'; readonly ways: readonly WayName[]; readonly changes: Partial<Conditions> };

export type HostFault = 'kill' | 'restart' | 'freeze' | 'thaw' | 'vanish' | Forging | 'mend';

export type WayFault = 'cut' | 'heal' | 'forget' | 'recall';

export interface WayName {
  readonly from: string;
  readonly to: string;
}

type Names = string | readonly string[];

/** `at(10).kill('relay-1')`: what happens ten seconds after the beginning. */
export interface At {
  /** SIGKILL: the process is gone, its kernel closes its connections. */
  kill(host: string): Fault;
  /** Started anew, also after its host has vanished. */
  restart(host: string): Fault;
  /** SIGSTOP: connections stay open, nothing is done. */
  freeze(host: string): Fault;
  /** SIGCONT. */
  thaw(host: string): Fault;
  /** Power or network gone for good: no FIN, no answer. */
  vanish(host: string): Fault;
  /** Somebody takes a relay over: all audio that it forwards is his own, in the messages of the streams that it forwards. Over when it is restarted. */
  forge(relay: string): Fault;
  /** The same, but he lets all of it by, and puts his own in between: with the number of the next message, before that comes. */
  insert(relay: string): Fault;
  /** The same, but what he puts in is what the relay has sent seconds before, to the byte. */
  repeat(relay: string): Fault;
  /** He spoils all signatures, and lets all else by. */
  unsign(relay: string): Fault;
  mend(relay: string): Fault;
  /** Its clock is set: back where `byMs` is less than 0. */
  step(host: string, byMs: number): Fault;
  /** No fault of anybody: an operator takes an edge's mountpoint over to an encoder, by its name, or gives the choice back. */
  switchTo(edge: string, mount: string, encoder: string): Fault;
  automatic(edge: string, mount: string): Fault;
  /** No fault either: the title of a mountpoint is set at an encoder, a relay or an edge. */
  title(host: string, mount: string, title: string): Fault;
  /** Or wants something else of the mountpoint from now on: all that is wanted of it. */
  policy(edge: string, mount: string, policy: MountPolicy): Fault;
  /** An encoder goes on with digital silence, as if its line was pulled out. */
  silence(encoder: string): Fault;
  /** It hangs: the frames of its last second again and again. Over when it is restarted. */
  loop(encoder: string): Fault;
  /** It has the programme again. */
  programme(encoder: string): Fault;
  /** Nothing passes between these and those, and nobody is told. */
  cut(these: Names, those: Names): Fault;
  heal(these: Names, those: Names): Fault;
  cutOneWay(from: Names, to: Names): Fault;
  healOneWay(from: Names, to: Names): Fault;
  /** The connections that there are between these and those carry nothing any more, and nobody is told; new ones do. */
  forget(these: Names, those: Names): Fault;
  recall(these: Names, those: Names): Fault;
  /** The paths between these and those become better or worse. */
  change(these: Names, those: Names, changes: Partial<Conditions>): Fault;
}

export function at(atS: number): At {
  return {
    kill: (host) => ({ atS, kind: 'kill', host }),
    restart: (host) => ({ atS, kind: 'restart', host }),
    freeze: (host) => ({ atS, kind: 'freeze', host }),
    thaw: (host) => ({ atS, kind: 'thaw', host }),
    vanish: (host) => ({ atS, kind: 'vanish', host }),
    forge: (host) => ({ atS, kind: 'forge', host }),
    insert: (host) => ({ atS, kind: 'insert', host }),
    repeat: (host) => ({ atS, kind: 'repeat', host }),
    unsign: (host) => ({ atS, kind: 'unsign', host }),
    mend: (host) => ({ atS, kind: 'mend', host }),
    step: (host, byMs) => ({ atS, kind: 'step', host, byMs }),
    switchTo: (host, mount, to) => ({ atS, kind: 'command', host, mount, command: { kind: 'switch', to } }),
    automatic: (host, mount) => ({ atS, kind: 'command', host, mount, command: { kind: 'automatic' } }),
    title: (host, mount, title) => ({ atS, kind: 'title', host, mount, title }),
    policy: (host, mount, policy) => ({ atS, kind: 'policy', host, mount, policy }),
    silence: (host) => ({ atS, kind: 'silence', host }),
    loop: (host) => ({ atS, kind: 'loop', host }),
    programme: (host) => ({ atS, kind: 'programme', host }),
    cut: (these, those) => ({ atS, kind: 'cut', ways: bothWays(these, those) }),
    heal: (these, those) => ({ atS, kind: 'heal', ways: bothWays(these, those) }),
    cutOneWay: (from, to) => ({ atS, kind: 'cut', ways: oneWay(from, to) }),
    healOneWay: (from, to) => ({ atS, kind: 'heal', ways: oneWay(from, to) }),
    forget: (these, those) => ({ atS, kind: 'forget', ways: bothWays(these, those) }),
    recall: (these, those) => ({ atS, kind: 'recall', ways: bothWays(these, those) }),
    change: (these, those, changes) => ({ atS, kind: 'change', ways: bothWays(these, those), changes }),
  };
}

/** Every so many seconds, from one time until before another. */
export function every(periodS: number, fromS: number, untilS: number, faults: (atS: number, count: number) => readonly Fault[]): Fault[] {
  const times = Math.ceil((untilS - fromS) / periodS);
  return Array.from({ length: times }, (_, count) => faults(fromS + count * periodS, count)).flat();
}

/** Puts the faults into the world's agenda. */
export function schedule(stage: Stage, faults: readonly Fault[]): void {
  const inOrder = [...faults].sort((a, b) => a.atS - b.atS);
  for (const fault of inOrder) {
    stage.world.at(ms(fault.atS * 1000) as Micros, () => {
      const { atS: _, kind, ...fields } = fault;
      stage.trace.note(stage.world.now, 'fault', kind, fields);
      happen(stage, fault);
    });
  }
}

/** Hosts that a fault names. */
export function namesIn(fault: Fault): string[] {
  return 'host' in fault ? [fault.host] : fault.ways.flatMap(({ from, to }) => [from, to]);
}

function happen(stage: Stage, fault: Fault): void {
  switch (fault.kind) {
    case 'kill':
      return stage.host(fault.host).kill();
    case 'restart':
      return stage.host(fault.host).start();
    case 'freeze':
      return stage.host(fault.host).pause();
    case 'thaw':
      return stage.host(fault.host).resume();
    case 'vanish':
      return stage.host(fault.host).vanish();
    case 'forge':
    case 'insert':
    case 'repeat':
    case 'unsign':
      return stage.host(fault.host).forge(fault.kind);
    case 'mend':
      return stage.host(fault.host).forge(undefined);
    case 'step':
      return stage.host(fault.host).stepClock(ms(fault.byMs));
    case 'command':
      return stage.host(fault.host).command(fault.mount, fault.command);
    case 'title':
      return stage.host(fault.host).setTitle(fault.mount, fault.title);
    case 'policy':
      return stage.host(fault.host).changePolicy(fault.mount, fault.policy);
    case 'silence':
    case 'loop':
    case 'programme':
      return stage.feed(fault.host).carry(fault.kind);
    case 'cut':
      return fault.ways.forEach(({ from, to }) => stage.network.way(from, to).cut());
    case 'heal':
      return fault.ways.forEach(({ from, to }) => stage.network.way(from, to).heal());
    case 'forget':
      return fault.ways.forEach(({ from, to }) => stage.network.way(from, to).forget());
    case 'recall':
      return fault.ways.forEach(({ from, to }) => stage.network.way(from, to).recall());
    case 'change':
      return fault.ways.forEach(({ from, to }) => stage.network.way(from, to).change(fault.changes));
    default:
      return fault satisfies never;
  }
}

function oneWay(from: Names, to: Names): WayName[] {
  return [from].flat().flatMap((a) => [to].flat().map((b) => ({ from: a, to: b })));
}

function bothWays(these: Names, those: Names): WayName[] {
  return [...oneWay(these, those), ...oneWay(those, these)];
}
