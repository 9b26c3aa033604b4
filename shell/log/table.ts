import type { ProcessEvent } from './events.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogEntry {
  readonly level: LogLevel;
  readonly text: string;
}

/** What the log tells besides events: of the event loop, by a thread of its own, and of itself. */
type LogOnlyKind = 'loop-stands' | 'loop-stands-at' | 'loop-goes-on' | 'loop-ended' | 'log-suppressed';

export type LogKind = ProcessEvent['kind'] | LogOnlyKind;

/** How every kind of event is told. */
export const logTable: Readonly<Record<LogKind, LogEntry>> = {
  // Of the shell.
  'memory': { level: 'info', text: 'memory budget' },
  'listening': { level: 'info', text: 'listening' },
  'failed': { level: 'error', text: 'the process has failed, and ends' },
  'warning': { level: 'warn', text: 'warning of Node' },
  'loop-stands': { level: 'error', text: 'the event loop stands: nothing is carried' },
  'loop-stands-at': { level: 'error', text: 'what it is at' },
  'loop-goes-on': { level: 'error', text: 'the event loop goes on' },
  'loop-ended': { level: 'error', text: 'the event loop stands for good, the process is ended' },
  'unwatched': { level: 'error', text: 'nobody looks any more whether the event loop stands' },
  'signal': { level: 'info', text: 'signal' },
  'stopping': { level: 'info', text: 'stopping' },
  'stopped': { level: 'info', text: 'stopped' },
  'unresolved': { level: 'warn', text: 'name has no address' },
  'refused': { level: 'warn', text: 'refused' },
  'datagrams-lost': { level: 'warn', text: 'datagrams cannot be sent' },
  'access': { level: 'info', text: 'listener gone' },
  'operator': { level: 'info', text: 'operator command' },
  'source-started': { level: 'info', text: 'source connected' },
  'source-paced': { level: 'info', text: 'source is faster than real time, and is held to it' },
  'source-ended': { level: 'warn', text: 'source gone' },
  'source-refused': { level: 'warn', text: 'source refused' },
  'source-unauthorized': { level: 'info', text: 'source asked for its password' },
  'request-failed': { level: 'error', text: 'a request could not be answered' },
  'line-passed-over': { level: 'info', text: 'a line of a request is no header, and is ignored' },
  'log-suppressed': { level: 'warn', text: 'too many lines of one kind, left out' },
  'event-sink-failed': { level: 'error', text: 'one who takes events has failed, and gets no more' },
  'log-dropped': { level: 'warn', text: 'log lines dropped' },
  'recording': { level: 'info', text: 'recording' },
  'record-frozen': { level: 'warn', text: 'recording frozen' },
  'record-stopped': { level: 'warn', text: 'recording stopped, and is tried again later' },
  'record-not-frozen': { level: 'error', text: 'recording could not be frozen' },
  'too-many-targets': { level: 'warn', text: 'more addresses than replica numbers' },

  // Connections that we open.
  'connecting': { level: 'debug', text: 'connecting' },
  'connected': { level: 'info', text: 'connected' },
  'disconnected': { level: 'warn', text: 'not connected' },
  'still-disconnected': { level: 'debug', text: 'still not connected' },

  // Encoder.
  'encoder-format': { level: 'info', text: 'audio format' },
  'source-unsupported': { level: 'error', text: 'source sends an unsupported format' },
  'source-without-frames': { level: 'warn', text: 'source sends no frame of MPEG audio or AAC (ADTS)' },
  'encoder-title': { level: 'info', text: 'title' },
  'source-repeats': { level: 'info', text: 'what the source brought again is passed over' },
  'target-up': { level: 'info', text: 'target reached' },
  'target-down': { level: 'warn', text: 'target lost' },
  'target-lost': { level: 'error', text: 'messages dropped for a target that is away or too slow' },
  'target-stuck': { level: 'warn', text: 'target confirms nothing' },

  // Relay and edge: what comes in.
  'path-opened': { level: 'info', text: 'path opened' },
  'path-closed': { level: 'info', text: 'path closed' },
  'bound-hit': { level: 'warn', text: 'bound reached' },
  'stream-new': { level: 'info', text: 'new stream' },
  'stream-announced': { level: 'info', text: 'stream has a name' },
  'stream-contested': { level: 'warn', text: 'stream comes from somebody else than its owner: refused' },
  'stream-forgotten': { level: 'info', text: 'stream forgotten' },

  // Relay: what goes out.
  'subscriber-joined': { level: 'info', text: 'subscriber joined' },
  'subscriber-left': { level: 'info', text: 'subscriber left' },
  'subscriber-behind': { level: 'warn', text: 'subscriber loses messages' },
  'subscriber-cut': { level: 'error', text: 'subscriber cut off' },

  // Edge.
  'mount-started': { level: 'info', text: 'mountpoint started' },
  'mount-ended': { level: 'error', text: 'mountpoint ended' },
  'stream-unpaced': { level: 'warn', text: 'stream comes faster than real time' },
  'stream-paced': { level: 'info', text: 'stream comes at its pace' },
  'backup-added': { level: 'info', text: 'backup added' },
  'backup-refused': { level: 'warn', text: 'stream cannot be a backup' },
  'programmes-differ': { level: 'warn', text: 'two streams do not carry the same programme' },
  'programmes-agree': { level: 'info', text: 'two streams carry the same programme after all' },
  'origin-contested': { level: 'warn', text: 'two encoders have the same origin' },
  'fallback-entered': { level: 'error', text: 'no programme from any encoder, the fallback is on air' },
  'fallback-left': { level: 'warn', text: 'back from the fallback' },
  'fallback-refused': { level: 'error', text: 'the fallback cannot follow what was on air' },
  'new-format': { level: 'warn', text: 'mountpoint goes on in another format' },
  'format-changed': { level: 'warn', text: 'mountpoint begins anew in another format' },
  'stalled': { level: 'warn', text: 'live stream is tardy' },
  'resumed': { level: 'info', text: 'live stream goes on' },
  'switch': { level: 'warn', text: 'switched to another stream' },
  'gap': { level: 'warn', text: 'messages lost on all paths' },
  'title': { level: 'info', text: 'title' },
  'listener-joined': { level: 'debug', text: 'listener joined' },
  'listener-left': { level: 'debug', text: 'listener left' },
  'listener-dropped': { level: 'warn', text: 'listener too slow, dropped' },
};
