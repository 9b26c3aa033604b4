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
  'failed': { level: 'error', text: 'internal error, exiting' },
  'warning': { level: 'warn', text: 'Node.js warning' },
  'loop-stands': { level: 'error', text: 'event loop blocked: no audio is forwarded' },
  'loop-stands-at': { level: 'error', text: 'event loop blocked: stack trace' },
  'loop-goes-on': { level: 'error', text: 'event loop running again' },
  'loop-ended': { level: 'error', text: 'event loop blocked for too long, exiting' },
  'unwatched': { level: 'error', text: 'event loop watchdog has failed' },
  'signal': { level: 'info', text: 'signal ignored' },
  'reloaded': { level: 'info', text: 'configuration read again' },
  'needs-restart': { level: 'warn', text: 'cannot change while the process runs' },
  'reload-refused': { level: 'warn', text: 'configuration is wrong, nothing has changed' },
  'stopping': { level: 'info', text: 'stopping' },
  'service-manager-not-told': { level: 'warn', text: 'systemd cannot be told that this process serves' },
  'upgrade-started': { level: 'info', text: 'upgrade: new process started' },
  'upgrade-failed': { level: 'warn', text: 'upgrade failed, this process goes on' },
  'upgraded': { level: 'info', text: 'upgrade: new process has taken over' },
  'taken-over': { level: 'info', text: 'taken over from the process before' },
  'stopped': { level: 'info', text: 'stopped' },
  'unresolved': { level: 'warn', text: 'host name cannot be resolved' },
  'refused': { level: 'warn', text: 'connection or request refused' },
  'datagrams-lost': { level: 'warn', text: 'datagrams cannot be sent' },
  'access': { level: 'info', text: 'listener disconnected' },
  'listener-refused': { level: 'info', text: 'listener not authenticated' },
  'auth-service-down': { level: 'warn', text: 'authentication service does not answer' },
  'auth-service-up': { level: 'info', text: 'authentication service answers again' },
  'auth-service-not-told': { level: 'warn', text: 'authentication service could not be told that listeners have left' },
  'access-not-written': { level: 'error', text: 'access log cannot be written: lines are lost' },
  'access-dropped': { level: 'error', text: 'access log is written again, lines were lost' },
  'access-reopened': { level: 'info', text: 'access log reopened' },
  'access-not-reopened': { level: 'error', text: 'access log cannot be reopened, the file that was open is kept' },
  'worker-started': { level: 'info', text: 'listener worker started' },
  'worker-ended': { level: 'error', text: 'listener worker ended: its listeners are disconnected' },
  'worker-stuck': { level: 'error', text: 'listener worker does not respond, ending it' },
  'file-loaded': { level: 'info', text: 'file loaded' },
  'file-refused': { level: 'warn', text: 'file not loaded, what it said before stays in force' },
  'certificate-loaded': { level: 'info', text: 'certificate loaded' },
  'certificate-refused': { level: 'warn', text: 'certificate not loaded, the one in use stays' },
  'certificate-expires': { level: 'warn', text: 'certificate expires soon: renew it' },
  'certificate-expired': { level: 'warn', text: 'certificate has expired: clients refuse it' },
  'operator': { level: 'info', text: 'operator command' },
  'source-started': { level: 'info', text: 'source connected' },
  'source-paced': { level: 'info', text: 'source is faster than real time, reading it in real time' },
  'source-ended': { level: 'warn', text: 'source disconnected' },
  'source-refused': { level: 'warn', text: 'source refused' },
  'source-unauthorized': { level: 'info', text: 'source asked to authenticate' },
  'request-failed': { level: 'error', text: 'internal error in a request' },
  'proxy-not-trusted': { level: 'warn', text: 'proxy is not trusted: its clients have its address' },
  'line-passed-over': { level: 'info', text: 'malformed header line ignored' },
  'log-suppressed': { level: 'warn', text: 'log lines of one kind suppressed: too many' },
  'event-sink-failed': { level: 'error', text: 'receiver of events has failed, and gets no more' },
  'log-dropped': { level: 'warn', text: 'log lines dropped: output blocked' },
  'recording': { level: 'info', text: 'recording started' },
  'record-frozen': { level: 'warn', text: 'recording frozen' },
  'record-stopped': { level: 'warn', text: 'recording stopped, will be retried' },
  'record-not-frozen': { level: 'error', text: 'recording could not be frozen' },
  'too-many-targets': { level: 'warn', text: 'too many target addresses, the rest is ignored' },

  // Connections that we open.
  'connecting': { level: 'debug', text: 'connecting' },
  'connected': { level: 'info', text: 'connected' },
  'disconnected': { level: 'warn', text: 'disconnected' },
  'still-disconnected': { level: 'debug', text: 'still disconnected' },
  'wiring': { level: 'warn', text: 'wrong wiring' },
  'no-stream-yet': { level: 'info', text: 'connected, but no stream yet' },

  // Encoder.
  'encoder-format': { level: 'info', text: 'audio format' },
  'source-unsupported': { level: 'error', text: 'source sends an unsupported format' },
  'source-without-frames': { level: 'warn', text: 'no MPEG audio or AAC (ADTS) frame from the source' },
  'encoder-title': { level: 'info', text: 'title' },
  'source-repeats': { level: 'info', text: 'audio sent again by the source skipped' },
  'target-up': { level: 'info', text: 'target connected' },
  'target-down': { level: 'warn', text: 'target disconnected' },
  'target-lost': { level: 'error', text: 'messages dropped: target unreachable or too slow' },
  'left-target-lost': { level: 'info', text: 'messages dropped for an address that the name no longer has' },
  'no-target-left': { level: 'error', text: 'no target connected' },
  'target-back': { level: 'info', text: 'target connected again' },
  'target-stuck': { level: 'warn', text: 'target acknowledges nothing, reconnecting' },

  // Relay and edge: what comes in.
  'path-opened': { level: 'info', text: 'path opened' },
  'path-closed': { level: 'info', text: 'path closed' },
  'bound-hit': { level: 'warn', text: 'limit reached' },
  'stream-new': { level: 'info', text: 'new stream' },
  'stream-announced': { level: 'info', text: 'stream announced' },
  'title-set': { level: 'info', text: 'title set' },
  'stream-contested': { level: 'warn', text: 'stream refused: sent by another address than its owner' },
  'stream-forgotten': { level: 'info', text: 'stream forgotten' },

  // Relay: what goes out.
  'subscriber-joined': { level: 'info', text: 'subscriber joined' },
  'subscriber-left': { level: 'info', text: 'subscriber left' },
  'subscriber-behind': { level: 'warn', text: 'subscriber too slow, losing messages' },
  'subscriber-cut': { level: 'error', text: 'subscriber too slow, disconnected' },

  // Edge.
  'relay-lost': { level: 'warn', text: 'relay lost' },
  'no-relay-left': { level: 'error', text: 'no relay left' },
  'relay-back': { level: 'info', text: 'relay back' },
  'mount-started': { level: 'info', text: 'mountpoint started' },
  'mount-ended': { level: 'error', text: 'mountpoint ended' },
  'stream-unpaced': { level: 'warn', text: 'stream is faster than real time' },
  'stream-paced': { level: 'info', text: 'stream is at real time again' },
  'backup-added': { level: 'info', text: 'backup added' },
  'no-backup': { level: 'info', text: 'no backup, there is a single encoder' },
  'backup-lost': { level: 'warn', text: 'backup lost, nothing stands by' },
  'redundancy-restored': { level: 'info', text: 'redundancy restored' },
  'backup-refused': { level: 'warn', text: 'stream refused as backup' },
  'programmes-differ': { level: 'warn', text: 'two streams carry different programmes' },
  'programmes-agree': { level: 'info', text: 'two streams carry the same programme again' },
  'origin-contested': { level: 'warn', text: 'two encoders have the same origin' },
  'fallback-entered': { level: 'error', text: 'no encoder available, fallback on air' },
  'fallback-left': { level: 'warn', text: 'encoder available, fallback left' },
  'fallback-replaced': { level: 'warn', text: 'fallback on air replaced by an operator' },
  'policy-changed': { level: 'info', text: 'mountpoint configured' },
  'fallback-refused': { level: 'error', text: 'fallback refused: its codec cannot follow the one on air' },
  'new-format': { level: 'warn', text: 'mountpoint continues in another format' },
  'format-changed': { level: 'warn', text: 'mountpoint restarted in another format' },
  'stalled': { level: 'warn', text: 'live stream stalled' },
  'resumed': { level: 'info', text: 'live stream resumed' },
  'switch': { level: 'warn', text: 'switched' },
  'gap': { level: 'warn', text: 'messages lost on all paths' },
  'intro-skipped': { level: 'warn', text: 'listeners did not get the intro: its format is not the one on air' },
  'listener-joined': { level: 'debug', text: 'listener joined' },
  'listener-left': { level: 'debug', text: 'listener left' },
  'listener-moved': { level: 'debug', text: 'listener moved to another mountpoint' },
  'listener-dropped': { level: 'warn', text: 'listener too slow, disconnected' },
};
