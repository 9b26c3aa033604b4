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
  'fallback-entered': ({ mount, what, silentMs }) => `/${String(mount)} has no encoder: fallback ${String(what)} on air after ${millis(silentMs)}`,
  'fallback-left': ({ mount, to }, names) => `/${String(mount)} has left its fallback for ${names.stream(String(to))}`,
  'fallback-replaced': ({ mount, what }) => `/${String(mount)} does not have ${String(what)} as its fallback any more`,
  'new-format': ({ mount, format, before }) => `/${String(mount)} continues as ${String(format)}, after ${String(before)}`,
  'mount-ended': ({ mount }) => `/${String(mount)} has ended`,
  'stream-unpaced': ({ stream }, names) => `${names.stream(String(stream))} is faster than real time`,
  'stream-paced': ({ stream }, names) => `${names.stream(String(stream))} is at real time again`,
  'backup-added': ({ stream }, names) => `${names.stream(String(stream))} is standby`,
  'backup-refused': ({ stream, why }, names) => `${names.stream(String(stream))} refused as standby: ${String(why)}`,
  'stalled': ({ stream, silentMs }, names) =>
    `${names.stream(String(stream))} stalled for ${millis(silentMs)}, no standby ready`,
  'resumed': ({ stream, silentMs }, names) => `${names.stream(String(stream))} resumed after ${millis(silentMs)}`,
  'switch': ({ from, to, reason, silentMs, catchUpMs }, names) =>
    `switched from ${names.stream(String(from))} (${String(reason)}) to ${names.stream(String(to))}: ` +
    `${millis(silentMs)} without audio, ${millis(catchUpMs)} of programme sent at once`,
  'gap': ({ stream, messages, action }, names) =>
    action === 'none' ? undefined : `${String(messages)} messages of ${names.stream(String(stream))} lost on all relays: ${String(action)}`,
  'listener-dropped': ({ label }) => `disconnected the listener at ${String(label)}: too slow`,
};

const encoderLines: Lines = {
  'target-lost': ({ label, messages }, names) => `${names.peer(String(label))} unreachable for too long: ${String(messages)} messages dropped`,
  'target-stuck': ({ label }, names) => `${names.peer(String(label))} acknowledges nothing, reconnecting`,
};

function millis(value: unknown): string {
  return `${Math.round(Number(value))} ms`;
}
