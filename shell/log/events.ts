import type { SettingName } from '../../core/config/settings.ts';
import type { EdgeEvent } from '../../core/edge/events.ts';
import type { CommandResult } from '../../core/edge/switching/operator/command.ts';
import type { EncoderEvent } from '../../core/encoder/events.ts';
import type { ConnectorEvent } from '../../core/links/connector.ts';
import type { AudioKept, FrozenMark } from '../../core/recording/file/format.ts';
import type { RelayEvent } from '../../core/relay/events.ts';
import type { WiringProblem } from '../../core/links/wiring/problem.ts';
import type { OtherReaders } from '../process/open-to-others.ts';

/** Why a connection or a request is refused: a closed set, so that they can be counted by it. */
export type Refusal =
  | 'too many paths'
  | 'too many subscribers'
  | 'not allowed'
  | 'listener not allowed'
  | 'address not allowed by HTTP'
  | 'too many unfinished requests'
  | 'head not finished in time'
  | 'answer not taken in time'
  | 'head too long'
  | 'bad head'
  | 'bad method'
  | 'no Host header'
  | 'bad PROXY header'
  | 'PROXY header from an address that is not trusted'
  | 'too many unfinished TLS handshakes'
  | 'TLS handshake not finished in time'
  | 'TLS handshake failed'
  | 'certificate not accepted by the client'
  | 'no TLS on the TLS port'
  | 'TLS on the plain port'
  | 'link without a key'
  | 'datagram without a key'
  | 'datagram of an unknown key'
  | 'datagram with a bad seal'
  | 'datagram repeated'
  | 'datagram of another time'
  | 'datagram in an unknown envelope'
  | 'too many datagrams of unknown senders'
  | 'key sends too fast: datagram dropped'
  | 'sealed datagram, but no --keys'
  | 'unknown key'
  | 'certificate that is not valid'
  | 'certificate of no peer'
  | 'key is for another port'
  | 'key withdrawn'
  | 'rights of a key changed'
  | 'too many connections of a key'
  | 'key sends too fast: read more slowly'
  | 'too many listeners'
  | 'too many listeners of a mountpoint'
  | 'too many listeners of an address'
  | 'too many listeners of an address at a mountpoint'
  | 'wrong listener password'
  | 'user is listening already'
  | 'refused by the authentication service'
  | 'the authentication service does not answer'
  | 'too many listeners wait to be authenticated'
  | 'too many wrong passwords'
  | 'wrong admin password'
  | 'metrics are not for this address'
  | 'message on a subject that does not parse'
  | 'message that is too large'
  | 'message that is not whole'
  | 'message of another stream than its subject says'
  | 'message of another mountpoint than its subject says'
  | 'message of one stream too many'
  | 'message while an upgrade lasts too long'
  | 'operator command from a page of another site'
  | 'source or title from a page of another site';

/** What came of a command that is none of a mountpoint's switcher. */
export type AdminResult = 'done' | 'no-such-listener' | 'cannot-follow' | 'refused';

/** Why a source is refused: another one is there, or as many as may be; its mountpoint is none of ours, or could be nobody's, for this problem with its name; it is on another machine or behind a proxy, and there is no password; it has a wrong one, or calls itself otherwise than `user`; it sends what is not supported. */
export type SourceRefusal = { readonly code: 'in-use' | 'too-many' | 'not-from-here' | 'wrong-password' } | { readonly code: 'wrong-user'; readonly user: string } | { readonly code: 'no-such-mount'; readonly mount: string; readonly problem?: string } | { readonly code: 'by-service' | 'service-down'; readonly reason: string } | { readonly code: 'unsupported'; readonly format: string };

/** What a process reports of itself, beside what its machine does. `reason` and `error` that are a `string` come from the system or the other side. */
export type ShellEvent =
  | { readonly kind: 'listening'; readonly what: 'in' | 'out' | 'multicast' | 'source' | 'shoutcast' | 'http' | 'https'; readonly transport: 'tcp' | 'udp'; readonly address: string; readonly port: number }
  /** Whoever reaches it needs no key, and may have any address. */
  | { readonly kind: 'open-to-everybody'; readonly what: 'in' | 'out' | 'multicast'; readonly port: number }
  | { readonly kind: 'memory'; readonly setting: SettingName; readonly bytes: number; readonly wanted: number; readonly there: number }
  | { readonly kind: 'failed'; readonly error: string | undefined }
  | { readonly kind: 'warning'; readonly name: string; readonly message: string }
  | { readonly kind: 'unwatched'; readonly error: string }
  | { readonly kind: 'signal'; readonly signal: string; readonly meaning: string | undefined }
  | { readonly kind: 'stopping'; readonly signal: string }
  /** `by`: a signal, or the address of an operator. What has `changed`, by the keys of the file. */
  | { readonly kind: 'reloaded'; readonly by: string; readonly changed: string }
  /** Keys with other values than the process runs with. */
  | { readonly kind: 'needs-restart'; readonly keys: string }
  /** One of the problems. */
  | { readonly kind: 'reload-refused'; readonly by: string; readonly problem: string }
  /** Of systemd; `reason` is a line of its program. */
  | { readonly kind: 'service-manager-not-told'; readonly reason: string }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'upgrade-started'; readonly pid: number }
  | { readonly kind: 'upgrade-failed'; readonly pid: number; readonly reason: string }
  /** Where it takes 'ports' only, listeners stay with this one, and `why`. */
  | { readonly kind: 'upgraded'; readonly pid: number; readonly takes: 'all' | 'ports'; readonly why?: string }
  /** The process that has taken over ends while this one is still there. */
  | { readonly kind: 'successor-ended'; readonly pid: number; readonly how: string }
  /** Nothing was forwarded for so long. */
  | { readonly kind: 'taken-over'; readonly from: string; readonly listeners: number; readonly relays: number; readonly stoodMs: number }
  | { readonly kind: 'log-dropped'; readonly count: number }
  /** One who joined the fan-out has failed, and gets no more. */
  | { readonly kind: 'event-sink-failed'; readonly error: string | undefined }
  | { readonly kind: 'unresolved'; readonly peer: string; readonly reason: string }
  /** `peer` with the first of them; `key` is the name of the peer with a key that they show or claim to be. */
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly key?: string; readonly peer?: string; readonly count: number }
  | { readonly kind: 'datagrams-lost'; readonly reason: string; readonly peer?: string; readonly count: number }
  | { readonly kind: 'access'; readonly mount: string; readonly ip: string; readonly agent: string; readonly connectedS: number; readonly bytes: number; readonly reason: string }
  /** Of a mountpoint that has them authenticate. */
  | { readonly kind: 'listener-refused'; readonly mount: string; readonly from: string; readonly user?: string; readonly reason: string }
  /** So many listeners are refused, or admitted, because of it. */
  | { readonly kind: 'auth-service-down'; readonly mount: string; readonly url: string; readonly reason: string; readonly whenDown: 'refuse' | 'admit'; readonly listeners?: number; readonly sources?: number }
  | { readonly kind: 'auth-service-up'; readonly mount: string; readonly url: string; readonly whenDown: 'refuse' | 'admit'; readonly listeners?: number; readonly sources?: number }
  /** It will not know that so many listeners have left. */
  | { readonly kind: 'auth-service-not-told'; readonly mount: string; readonly url: string; readonly reason: string; readonly listeners: number }
  | { readonly kind: 'access-not-written'; readonly file: string; readonly error: string }
  /** Told when lines are written again. */
  | { readonly kind: 'access-dropped'; readonly count: number }
  | { readonly kind: 'access-reopened'; readonly file: string }
  | { readonly kind: 'access-not-reopened'; readonly file: string; readonly error: string }
  /** A file of `--hls-dir` that is no segment, and so many in all. */
  | { readonly kind: 'hls-damaged'; readonly file: string; readonly count: number }
  /** A mountpoint has begun that has the name of a group, and is not in it. */
  | { readonly kind: 'hls-group-hidden'; readonly group: string }
  | { readonly kind: 'hls-not-written'; readonly directory: string; readonly error: string }
  | { readonly kind: 'worker-started'; readonly worker: number; readonly pid: number }
  /** `how`: the signal or the status; with it went so many listeners. */
  | { readonly kind: 'worker-ended'; readonly worker: number; readonly pid: number; readonly how: string; readonly listeners: number }
  | { readonly kind: 'worker-stuck'; readonly worker: number; readonly pid: number }
  /** It lists so many things. */
  | { readonly kind: 'file-loaded'; readonly file: string; readonly entries: number }
  /** A file that is read again; what it said before stays. */
  | { readonly kind: 'file-refused'; readonly problem: string }
  /** Somebody else can read a file with a secret in it. */
  | { readonly kind: 'file-exposed'; readonly file: string; readonly readBy: OtherReaders }
  /** What it says is probably not what was meant. */
  | { readonly kind: 'file-doubtful'; readonly file: string; readonly problem: string }
  /** `names` that it is for, and the last moment `until` which it is valid. */
  | { readonly kind: 'certificate-loaded'; readonly file: string; readonly names: string; readonly serial: string; readonly until: string }
  /** The one of serial number `inUse` stays. */
  | { readonly kind: 'certificate-refused'; readonly problem: string; readonly inUse: string; readonly until: string }
  | { readonly kind: 'certificate-expires'; readonly file: string; readonly names: string; readonly until: string; readonly daysLeft: number }
  | { readonly kind: 'certificate-expired'; readonly file: string; readonly names: string; readonly until: string }
  | { readonly kind: 'operator'; readonly mount: string; readonly command: string; readonly to?: string; readonly result: CommandResult | AdminResult; readonly from: string }
  | { readonly kind: 'request-failed'; readonly from: string; readonly method: string; readonly target: string; readonly error: string | undefined }
  /** Whoever seems to be a proxy, by what was `found`, and what to `change`. */
  | { readonly kind: 'proxy-not-trusted'; readonly peer: string; readonly found: string; readonly change: string }
  | { readonly kind: 'line-passed-over'; readonly from: string; readonly line: string }
  | { readonly kind: 'source-started'; readonly mount: string; readonly stream: string; readonly from: string }
  | { readonly kind: 'source-paced'; readonly mount: string; readonly stream: string; readonly from: string; readonly aheadMs: number }
  | { readonly kind: 'source-ended'; readonly mount: string; readonly stream: string; readonly from: string; readonly reason: string; readonly frames: number }
  | { readonly kind: 'source-refused'; readonly mount?: string; readonly from: string; readonly why: SourceRefusal }
  | { readonly kind: 'source-unauthorized'; readonly from: string }
  /** The same as 'target-lost', for an address that the name of the target has no more: nothing is missing at the others. */
  | (Omit<Extract<EncoderEvent, { kind: 'target-lost' }>, 'kind'> & { readonly kind: 'left-target-lost' })
  | { readonly kind: 'too-many-targets'; readonly peer: string; readonly max: number }
  /** Something is connected that does not belong there; `other` is the second address of a relay. */
  | { readonly kind: 'wiring'; readonly peer: string; readonly other?: string; readonly problem: WiringProblem }
  | { readonly kind: 'no-stream-yet'; readonly peer: string }
  /** The other end of a connection of ours does not take us in; told at once, and then once a minute. */
  | { readonly kind: 'link-refused'; readonly peer: string; readonly reason: string }
  /** A cluster of NATS keeps the newest messages, after it did not. */
  | { readonly kind: 'nats-history'; readonly peer: string }
  | { readonly kind: 'nats-no-history'; readonly peer: string; readonly reason: string }
  /** Of its server. */
  | { readonly kind: 'nats-complaint'; readonly reason: string; readonly peer?: string; readonly count: number }
  /** The same as 'disconnected', again. */
  | (Omit<Extract<ConnectorEvent, { kind: 'disconnected' }>, 'kind'> & { readonly kind: 'still-disconnected'; readonly peer: string })
  /** The same as 'connected', again, where it was idle. */
  | (Omit<Extract<ConnectorEvent, { kind: 'connected' }>, 'kind'> & { readonly kind: 'connected-again'; readonly peer: string })
  | { readonly kind: 'recording'; readonly directory: string; readonly audio: AudioKept }
  | { readonly kind: 'record-frozen'; readonly why: FrozenMark['why']; readonly file: string }
  | { readonly kind: 'record-stopped'; readonly why: string; readonly againS: number }
  | { readonly kind: 'record-not-frozen'; readonly why: string };

/** All that a process reports: what its machine does, with what the machine does not know of itself, and its own. */
export type ProcessEvent =
  | ShellEvent
  | RelayEvent
  | EdgeEvent
  | EncoderEvent
  | (ConnectorEvent & { readonly peer: string });

/** Takes each event as it happens. It does not wait, and calls no machine. */
export type EventSink = (event: ProcessEvent) => void;

