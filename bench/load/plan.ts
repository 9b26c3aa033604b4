import type { Programme } from './programme.ts';

/** What a load process is to send, and where to. */
export interface LoadPlan {
  readonly programme: Programme;
  readonly mounts: number;
  /** Of each mountpoint. */
  readonly encoders: number;
  /** On 127.0.0.1: what relays take in from encoders, or the one port of an Icecast. */
  readonly ports: readonly number[];
  /** Messages to relays, or bare frames to an Icecast, which takes one encoder of each mountpoint. */
  readonly protocol: 'relay' | 'icecast';
  /** The first encoders of all mountpoints have one connection to each relay, the second ones another, and so on. */
  readonly shared: boolean;
}

/** What a load process tells: messages sent since all encoders were connected. */
export type LoadReport = 'connected' | { readonly sent: number; readonly elapsedMs: number };

/** Where in the programme an encoder is when the load begins, in seconds. */
export function placeOf({ programme, mounts }: LoadPlan, mount: number, encoder: number): number {
  return (programme.seconds * mount) / mounts + aheadS(mount, encoder);
}

/** The encoders of a mountpoint are up to 400 ms apart, and no two mountpoints alike. */
function aheadS(mount: number, encoder: number): number {
  return encoder === 0 ? 0 : ((mount * 37 + encoder * 29) % 81) / 100 - 0.4;
}

export function mountName(mount: number): string {
  return `mount-${mount}`;
}

export interface IngestSize {
  readonly mounts: number;
  /** Of each mountpoint. */
  readonly encoders: number;
  readonly relays: number;
}

/** How a result says what was taken in: those of one size are found by it. */
export function ingestWhat({ mounts, encoders, relays }: IngestSize): string {
  return `${mounts} mountpoints x ${encoders} encoders x ${relays} relays`;
}

/** And how it says who listened. */
export function listenersWhat(listeners: number, mounts: number): string {
  return `${listeners} listeners of ${mounts} ${mounts === 1 ? 'mountpoint' : 'mountpoints'}`;
}
