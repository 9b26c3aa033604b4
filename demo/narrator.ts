import type { PartEvent } from './part.ts';

export interface Names {
  /** Whose stream it is: "encoder-a". */
  stream(id: string): string;
  /** Who is at an address: "relay-1". */
  peer(label: string): string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a part of the station has to say to somebody who watches the demo: one line, or nothing for what only matters to
 * an operator. Every figure is the part's own.
 */
export function narrate(role: string, event: PartEvent, names: Names): string | undefined {
  const tell = role === 'edge' ? edgeLines[event.event] : role.startsWith('encoder') ? encoderLines[event.event] : undefined;
  return tell?.(event, names);
}

type Lines = Readonly<Record<string, (fields: Fields, names: Names) => string | undefined>>;

const edgeLines: Lines = {
  'connected': ({ peer }, names) => `connected to ${names.peer(String(peer))}`,
  'disconnected': ({ peer, reason }, names) => `lost ${names.peer(String(peer))}: ${String(reason)}`,
  'mount-started': ({ mount, stream, codec, sampleRateHz }, names) =>
    `/${String(mount)} is on air from ${stream === '' ? 'its fallback' : names.stream(String(stream))}: ${String(codec)}, ${String(sampleRateHz)} Hz`,
  'fallback-entered': ({ mount, what, silentMs }) => `/${String(mount)} has no encoder left: on air is ${String(what)}, after ${millis(silentMs)}`,
  'fallback-left': ({ mount, to }, names) => `/${String(mount)} is back from its fallback, with ${names.stream(String(to))}`,
  'new-format': ({ mount, format, before }) => `/${String(mount)} goes on as ${String(format)}, behind ${String(before)}`,
  'mount-ended': ({ mount }) => `/${String(mount)} has ended`,
  'stream-unpaced': ({ stream }, names) => `${names.stream(String(stream))} comes faster than real time`,
  'stream-paced': ({ stream }, names) => `${names.stream(String(stream))} comes at its pace again`,
  'backup-added': ({ stream }, names) => `${names.stream(String(stream))} stands by`,
  'backup-refused': ({ stream, why }, names) => `${names.stream(String(stream))} cannot stand by: ${String(why)}`,
  'stalled': ({ stream, silentMs }, names) =>
    `nothing from ${names.stream(String(stream))} for ${millis(silentMs)}, and nobody to take over yet`,
  'resumed': ({ stream, silentMs }, names) => `${names.stream(String(stream))} goes on after ${millis(silentMs)}`,
  'switch': ({ from, to, reason, silentMs, catchUpMs }, names) =>
    `switched from ${names.stream(String(from))} (${String(reason)}) to ${names.stream(String(to))}: ` +
    `${millis(silentMs)} without audio, ${millis(catchUpMs)} of programme sent at once`,
  'gap': ({ stream, messages, action }, names) =>
    action === 'none' ? undefined : `${String(messages)} messages of ${names.stream(String(stream))} came by no relay: ${String(action)}`,
  'listener-dropped': ({ label }) => `dropped the listener at ${String(label)}: too slow`,
};

const encoderLines: Lines = {
  'target-lost': ({ label, messages }, names) => `${names.peer(String(label))} was away too long: ${String(messages)} messages dropped`,
  'target-stuck': ({ label }, names) => `${names.peer(String(label))} takes nothing any more`,
};

function millis(value: unknown): string {
  return `${Math.round(Number(value))} ms`;
}
