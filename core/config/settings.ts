/** Which process a setting matters to. */
export type Role = 'encoder' | 'relay' | 'edge';

export type Unit = 'ms' | 'bytes' | 'messages' | 'streams' | 'connections' | 'listeners';

export interface Setting {
  readonly value: number;
  readonly unit: Unit;
  readonly min: number;
  readonly max: number;
  readonly roles: readonly Role[];
  /** What it does and why the default is what it is: also the text of `--help`. */
  readonly why: string;
}

/** The values that a machine is given: see `settingTable` for what each does. */
export interface Settings {
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  readonly connectTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly firstFrameMs: number;
  readonly idleMs: number;
  readonly keepAliveMs: number;
  readonly resolveMs: number;
  readonly addressGraceMs: number;
  readonly stopMs: number;
  readonly lateMs: number;
  readonly loopStandsMs: number;
  readonly loopEndMs: number;
  readonly maxPaths: number;
  readonly maxPathsPerAddress: number;
  readonly firstMessageMs: number;
  readonly sourceSilentMs: number;
  readonly noFrameMs: number;
  readonly sourceTakeOverMs: number;
  readonly sourceAheadMs: number;
  readonly drainMs: number;
  readonly announceMs: number;
  readonly targetKeepMs: number;
  readonly targetKeepBytes: number;
  readonly targetInFlightBytes: number;
  readonly targetPumpMs: number;
  readonly targetStuckMs: number;
  readonly journalMarkMs: number;
  readonly acknowledgeMs: number;
  readonly historyMs: number;
  readonly historyBytes: number;
  readonly relayFlushMs: number;
  readonly subscriberInFlightBytes: number;
  readonly subscriberCutMs: number;
  readonly maxSubscribers: number;
  readonly maxSubscribersPerAddress: number;
  readonly ownerSilentMs: number;
  readonly maxSenders: number;
  readonly maxStreams: number;
  readonly maxUnannouncedStreams: number;
  readonly forgetMs: number;
  readonly windowMessages: number;
  readonly windowBytes: number;
  readonly udpReorderMessages: number;
  readonly reorderSpanMs: number;
  readonly rhythmSpanMs: number;
  readonly pathSilenceMinMs: number;
  readonly pathSilenceMaxMs: number;
  readonly pathRepairMs: number;
  readonly gapMaxMs: number;
  readonly ringMs: number;
  readonly ringBytes: number;
  readonly edgeBytes: number;
  readonly stallMinMs: number;
  readonly stallMaxMs: number;
  readonly stallMarginMs: number;
  readonly troubledStallMs: number;
  readonly closedStallMs: number;
  readonly unpacedMs: number;
  readonly behindSwitchMs: number;
  readonly behindSettleMs: number;
  readonly resumeGraceMs: number;
  readonly gapSwitchMs: number;
  readonly matchMs: number;
  readonly silentSwitchMs: number;
  readonly frozenSwitchMs: number;
  readonly returnMs: number;
  readonly fallbackMs: number;
  readonly fallbackLeaveMs: number;
  readonly fallbackBytes: number;
  readonly lossySwitchMs: number;
  readonly slowerWaitMs: number;
  readonly mountEndMs: number;
  readonly formatSettleMs: number;
  readonly headTimeoutMs: number;
  readonly burstMs: number;
  readonly listenerFlushMs: number;
  readonly icyIntervalBytes: number;
  readonly listenerQueueBytes: number;
  readonly maxListeners: number;
  readonly recordMs: number;
  readonly recordBytes: number;
}

export type SettingName = keyof Settings;

const everyRole: readonly Role[] = ['encoder', 'relay', 'edge'];

/**
 * Every time constant and bound of the core, with its unit, default, legal range and reason: the only place for them.
 * Each can be set on the command line (`stallMinMs` is `--stall-min-ms`) and in a configuration file.
 */
export const settingTable: Readonly<Record<SettingName, Setting>> = {
  // Connections that we open, and how soon a dead one is noticed.
  backoffMinMs: { value: 100, unit: 'ms', min: 1, max: 60_000, roles: everyRole, why: 'first wait before connecting again; doubles at each failure, and each wait is drawn from its upper half' },
  backoffMaxMs: { value: 1_000, unit: 'ms', min: 1, max: 600_000, roles: everyRole, why: 'longest wait before connecting again: a relay that is back is found within this' },
  connectTimeoutMs: { value: 2_000, unit: 'ms', min: 10, max: 600_000, roles: everyRole, why: 'a connection not made by then is tried again: a vanished host answers nothing' },
  answerTimeoutMs: { value: 20_000, unit: 'ms', min: 10, max: 600_000, roles: ['encoder'], why: 'the server that --from names, once it is connected, has so long to answer: one that first connects to its own source, or asks somebody whether we may listen, needs seconds' },
  firstFrameMs: { value: 20_000, unit: 'ms', min: 10, max: 600_000, roles: ['encoder'], why: 'and behind its answer so long to send a whole frame: a source may only be about to begin, and at 8 kbit/s a block of a server takes four seconds' },
  idleMs: { value: 5_000, unit: 'ms', min: 100, max: 3_600_000, roles: everyRole, why: 'a connection that has carried messages, or the audio of --from, and then nothing for so long is half open: closed and made again' },
  keepAliveMs: { value: 5_000, unit: 'ms', min: 1_000, max: 3_600_000, roles: everyRole, why: 'after so much silence the system asks the other side of a connection whether it is there, ten times, once a second' },
  resolveMs: { value: 30_000, unit: 'ms', min: 100, max: 3_600_000, roles: everyRole, why: 'host names are looked up again this often: relays are moved by their name; while one cannot be reached, every backoffMaxMs' },
  addressGraceMs: { value: 60_000, unit: 'ms', min: 0, max: 86_400_000, roles: everyRole, why: 'an address that a name no longer has stays in use for so long, and longer if none of the new ones can be reached: some name servers give other addresses at each look' },
  stopMs: { value: 1_000, unit: 'ms', min: 0, max: 60_000, roles: everyRole, why: 'a process that is stopped waits so long for what it has written' },
  lateMs: { value: 200, unit: 'ms', min: 1, max: 600_000, roles: everyRole, why: 'a process that runs so much later than it asked to was stopped, or its clock was set forward: what is beyond this is not held against others, for it could not hear them' },
  loopStandsMs: { value: 2_000, unit: 'ms', min: 100, max: 600_000, roles: everyRole, why: 'when the event loop has stood still for so long, and nothing is carried, a thread of its own says so in the log, with what the loop is at' },
  loopEndMs: { value: 30_000, unit: 'ms', min: 0, max: 3_600_000, roles: everyRole, why: 'one that stands for so long is not expected to go on: the process ends with status 70, for its supervisor to start it again; 0: never' },
  maxPaths: { value: 4_096, unit: 'connections', min: 1, max: 1_000_000, roles: ['relay', 'edge'], why: 'incoming connections at most; beyond it one that brings nothing of use, or the newest of the address that has most, is closed for the newcomer, or the newcomer is refused' },
  maxPathsPerAddress: { value: 2_048, unit: 'connections', min: 1, max: 1_000_000, roles: ['relay'], why: 'and of one address at most: two thousand encoders can be behind one, and half of all is left for others' },
  firstMessageMs: { value: 10_000, unit: 'ms', min: 100, max: 3_600_000, roles: ['relay'], why: 'an incoming connection that has brought no message by then is closed; an encoder that waits for its source sends an empty one five times a second' },

  // Encoder.
  sourceSilentMs: { value: 10_000, unit: 'ms', min: 100, max: 3_600_000, roles: ['encoder'], why: 'a source client that sends nothing for so long is half open: closed, as Icecast does' },
  noFrameMs: { value: 2_000, unit: 'ms', min: 100, max: 600_000, roles: ['encoder'], why: 'a source that has sent bytes for so long, and no frame, is reported in the log, with what the bytes are, and again every ten seconds' },
  sourceTakeOverMs: { value: 2_000, unit: 'ms', min: 0, max: 3_600_000, roles: ['encoder'], why: 'one that has sent nothing for so long gives way when the same address connects again' },
  sourceAheadMs: { value: 10_000, unit: 'ms', min: 100, max: 600_000, roles: ['encoder'], why: 'a source may be so far ahead of real time, or 128 KiB if those last longer: the burst of a server, or what it has paused for; one that is further ahead has no pace of its own, as a file in a pipe, and is read no faster than it plays' },
  drainMs: { value: 5_000, unit: 'ms', min: 0, max: 600_000, roles: ['encoder'], why: 'when --stdin has ended, targets have so long to take what is left' },
  announceMs: { value: 2_000, unit: 'ms', min: 100, max: 60_000, roles: ['encoder'], why: 'ANNOUNCE, HEADERS and METADATA go out this often: the longest that a receiver who joins late knows nothing' },
  targetKeepMs: { value: 10_000, unit: 'ms', min: 100, max: 120_000, roles: ['encoder'], why: 'the newest messages kept for all TCP targets together, and sent first to one that is reached (again), under whatever address: an outage of all relays shorter than this loses nothing' },
  targetKeepBytes: { value: 4_194_304, unit: 'bytes', min: 65_536, max: 268_435_456, roles: ['encoder'], why: 'and no more than this: ten seconds at 3 Mbit/s' },
  targetInFlightBytes: { value: 65_536, unit: 'bytes', min: 4_096, max: 16_777_216, roles: ['encoder'], why: 'handed to the system at most before it has taken it, so that a stuck target keeps its newest audio here, where it can be sent again' },
  targetPumpMs: { value: 20, unit: 'ms', min: 1, max: 1_000, roles: ['encoder'], why: 'a target that does not take everything at once is looked at again after this: less than a frame' },
  targetStuckMs: { value: 2_000, unit: 'ms', min: 100, max: 600_000, roles: ['encoder'], why: 'a target that confirms nothing of what it was sent for so long is half open: its connection is made again, soon enough to save what the edge would otherwise end for; of one that never confirms anything, as relays of the original, what the system takes counts instead' },

  // What is kept for those who come late.
  journalMarkMs: { value: 100, unit: 'ms', min: 1, max: 10_000, roles: everyRole, why: 'how finely what is kept for targets, subscribers and listeners can be entered and cut off by time' },

  // Relay.
  acknowledgeMs: { value: 250, unit: 'ms', min: 10, max: 10_000, roles: ['relay'], why: 'an encoder that reads is told at most this often what has come of its messages: a few times in the targetStuckMs after which it would connect again' },
  historyMs: { value: 10_000, unit: 'ms', min: 1_000, max: 120_000, roles: ['relay'], why: 'kept of each stream for new and slow subscribers: as long as the ring of an edge, so that a restarted one is whole at once; a subscriber further behind loses the oldest messages, counted' },
  historyBytes: { value: 268_435_456, unit: 'bytes', min: 1_048_576, max: 4_294_967_296, roles: ['relay'], why: 'memory of that history, with what streams and connections cost besides; at most 60 % of the memory that there is; beyond it the oldest goes, counted; and a quarter as much for what comes from elsewhere than its stream is, until that is known' },
  relayFlushMs: { value: 5, unit: 'ms', min: 0, max: 1_000, roles: ['relay'], why: 'messages are gathered so long before they are written to subscribers: a fifth of a frame, and a tenth of the writes' },
  subscriberInFlightBytes: { value: 1_048_576, unit: 'bytes', min: 65_536, max: 268_435_456, roles: ['relay'], why: 'handed to the system at most per subscriber before it has taken it' },
  subscriberCutMs: { value: 10_000, unit: 'ms', min: 100, max: 600_000, roles: ['relay'], why: 'a subscriber that loses messages and has still not caught up after this is cut off: it can come back and get the history' },
  maxSubscribers: { value: 256, unit: 'connections', min: 1, max: 100_000, roles: ['relay'], why: 'outgoing connections at most; beyond it one whose other end is gone, or the newest of the address that has most, is closed for the newcomer, or the newcomer is refused' },
  maxSubscribersPerAddress: { value: 128, unit: 'connections', min: 1, max: 100_000, roles: ['relay'], why: 'and of one address at most: a hundred edges can be behind one, and half of all is left for others' },
  ownerSilentMs: { value: 1_900, unit: 'ms', min: 0, max: 10_000, roles: ['relay'], why: 'a stream is taken only from the connection that brought it first, and after that from its address, until that has been silent for so long, and for longer than its pauses are, without an empty message either: less than targetStuckMs, so that an encoder that comes by its other line is believed; 0: from everybody, where encoders send by two addresses at once' },
  maxSenders: { value: 1_024, unit: 'connections', min: 0, max: 65_536, roles: ['relay'], why: 'senders (an address and a port) whose datagrams are told apart, at each UDP port; those beyond it count as one' },

  // Relay and edge: streams.
  maxStreams: { value: 4_096, unit: 'streams', min: 1, max: 1_000_000, roles: ['relay', 'edge'], why: 'streams remembered at most; beyond it the least useful go for a new one; where none can go, an edge refuses it, and a relay forwards it without remembering, but not from relay to relay' },
  maxUnannouncedStreams: { value: 1_024, unit: 'streams', min: 1, max: 1_000_000, roles: ['edge'], why: 'streams without a name yet: anybody can invent stream ids, so they have a smaller bound' },
  forgetMs: { value: 20_000, unit: 'ms', min: 1_000, max: 3_600_000, roles: ['relay', 'edge'], why: 'silence before a stream is forgotten, as in the original' },
  windowMessages: { value: 1_024, unit: 'messages', min: 16, max: 65_536, roles: ['relay', 'edge'], why: 'sequence numbers from the next expected one that can be told apart and put in order: ten seconds of most formats; the original has 999' },

  // Edge: putting messages in order, and giving one up.
  windowBytes: { value: 2_097_152, unit: 'bytes', min: 65_536, max: 268_435_456, roles: ['relay', 'edge'], why: 'memory of early messages per stream; beyond it the gap in front of them is given up; a quarter of it for what one path brings from elsewhere' },
  udpReorderMessages: { value: 3, unit: 'messages', min: 0, max: 1_000, roles: ['edge'], why: 'reordering assumed of a UDP path before any was seen (the packet threshold of RFC 9002); TCP starts at 0' },
  reorderSpanMs: { value: 30_000, unit: 'ms', min: 1_000, max: 3_600_000, roles: ['edge'], why: 'reordering seen on a path is remembered for one to two of these' },
  rhythmSpanMs: { value: 8_000, unit: 'ms', min: 1_000, max: 600_000, roles: ['relay', 'edge'], why: 'pauses of a path or stream are remembered for one to two of these: three bursts of the slowest Icecast-pulled source' },
  pathSilenceMinMs: { value: 200, unit: 'ms', min: 10, max: 60_000, roles: ['relay', 'edge'], why: 'a path silent for twice its usual pause, but at least this, no longer counts as live when a gap is judged, or whether a stream has gone elsewhere' },
  pathSilenceMaxMs: { value: 1_500, unit: 'ms', min: 10, max: 60_000, roles: ['edge'], why: 'and at most this: how long a stopped relay can hold up a gap' },
  pathRepairMs: { value: 600, unit: 'ms', min: 10, max: 60_000, roles: ['edge'], why: 'but at least this, of a path that leaves nothing out: TCP brings what was lost again, after 200 ms and a round trip, and after twice that if it is lost once more' },
  gapMaxMs: { value: 2_000, unit: 'ms', min: 10, max: 60_000, roles: ['relay', 'edge'], why: 'hard limit behind all evidence: no gap is waited for longer; and for so long a path that brings only copies holds a stream where it is' },

  // Edge: switching.
  ringMs: { value: 10_000, unit: 'ms', min: 500, max: 120_000, roles: ['edge'], why: 'kept of each stream, to enter it where another one ended' },
  ringBytes: { value: 2_097_152, unit: 'bytes', min: 65_536, max: 268_435_456, roles: ['edge'], why: 'and no more than this: ten seconds at 1.6 Mbit/s' },
  edgeBytes: { value: 1_073_741_824, unit: 'bytes', min: 16_777_216, max: 68_719_476_736, roles: ['edge'], why: 'rings, early messages, and what streams, mountpoints and listeners cost besides, all together: ten seconds of 2,500 streams at 160 kbit/s; at most 60 % of the memory that there is; beyond it a ring keeps less, a gap is given up, and the least useful streams go for new ones' },
  stallMinMs: { value: 300, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'the live stream is tardy after its usual pause, or as much as its last burst holds, and a quarter more, but at least this: eleven MP3 frames, well above the jitter of a healthy path' },
  stallMaxMs: { value: 3_000, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'and at most this: sources pulled from an Icecast come in bursts of up to 2.7 s' },
  stallMarginMs: { value: 250, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'and instead of that quarter at least this: a source that comes in bursts is replaced as soon as one that does not' },
  troubledStallMs: { value: 450, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'and after this when a path of one of the streams has stopped behind the others, or has just come back from a pause that is not usual for it: then the network is to blame, and mostly repairs itself' },
  closedStallMs: { value: 200, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'but after this when all relays that carry it say that its encoder has closed its connections, and nothing has come since: in this time it connects again and sends what was missed, at a round trip of up to 100 ms' },
  unpacedMs: { value: 40_000, unit: 'ms', min: 1_000, max: 3_600_000, roles: ['edge'], why: 'a stream that has brought so much more programme than time has passed comes faster than real time, and is no candidate: what an encoder and a relay keep, and a burst of Icecast, are less, all together' },
  behindSwitchMs: { value: 600, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'a live stream that stutters, or comes too slowly, is left, whatever its rhythm, when a backup is this far ahead, and further than bursts explain: the listeners could have had that' },
  behindSettleMs: { value: 3_000, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'but not by one that has been heard for less than this: what comes first comes out of a history, all at once' },
  resumeGraceMs: { value: 200, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'after an outage of all streams of a mountpoint the live one is waited for so long when another is back first: to stay costs nothing, a switch half a frame; and for so long a backup must have left the live stream behind' },
  gapSwitchMs: { value: 60, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'of a loss, what costs the listeners less is done: to skip it, or to go on with a backup that has it and is off by half a frame at most; where only arrivals say what the same point is, the loss must be so much longer' },
  lossySwitchMs: { value: 200, unit: 'ms', min: 10, max: 60_000, roles: ['edge'], why: 'a live stream that has lost so much more than a backup in the last five to ten seconds is left, however short each loss was' },
  slowerWaitMs: { value: 3_000, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'a backup that is slower than the live stream by no more than this is waited for, which players hide that hold a burst; one that is slower repeats what it is behind' },
  matchMs: { value: 12_000, unit: 'ms', min: 1_000, max: 120_000, roles: ['edge'], why: 'media time over which the fastest arrival is kept to match streams: longer than the ring, so that a backlog after an outage does not shift the match' },
  silentSwitchMs: { value: 5_000, unit: 'ms', min: 0, max: 3_600_000, roles: ['edge'], why: 'a live stream of digital silence is left after so long for one that carries programme; 0: never, for a station that may be silent by one encoder alone' },
  frozenSwitchMs: { value: 10_000, unit: 'ms', min: 0, max: 3_600_000, roles: ['edge'], why: 'a live stream that has repeated itself for so long is left for one that does not; 0: never' },
  returnMs: { value: 30_000, unit: 'ms', min: 0, max: 86_400_000, roles: ['edge'], why: 'the preferred encoder must have been well for so long before listeners return to it: a source that comes and goes must not take them along' },
  fallbackMs: { value: 1_000, unit: 'ms', min: 100, max: 3_600_000, roles: ['edge'], why: 'nothing of any stream for so long: the fallback goes on air, before the buffer of a player is empty' },
  fallbackLeaveMs: { value: 1_000, unit: 'ms', min: 0, max: 3_600_000, roles: ['edge'], why: 'a stream must have been well for so long before listeners return to it from the fallback: twice that would be heard as waiting, and a source that drops out again at once should not be heard at all' },
  fallbackBytes: { value: 8_388_608, unit: 'bytes', min: 1_024, max: 268_435_456, roles: ['edge'], why: 'a file that is a fallback has this many bytes at most: nine minutes at 128 kbit/s, all of it in memory' },
  mountEndMs: { value: 10_000, unit: 'ms', min: 100, max: 3_600_000, roles: ['edge'], why: 'a mountpoint without any frame for so long ends, as in the original' },
  formatSettleMs: { value: 1_000, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'streams of one mountpoint in several codecs: so long it waits for those that were announced, and so long it can begin anew in what most of them have, as long as nobody listens' },

  // Edge: listeners.
  headTimeoutMs: { value: 15_000, unit: 'ms', min: 100, max: 600_000, roles: everyRole, why: 'a request whose head is not whole by then is closed, as by Icecast' },
  burstMs: { value: 4_000, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'audio a new listener is given at once: 64 KiB at 128 kbit/s, the default of Icecast' },
  listenerFlushMs: { value: 50, unit: 'ms', min: 0, max: 1_000, roles: ['edge'], why: 'frames are gathered so long before they are written to listeners: two frames, below anything a player notices' },
  icyIntervalBytes: { value: 16_000, unit: 'bytes', min: 256, max: 1_000_000, roles: ['edge'], why: 'audio between two metadata blocks, as Icecast' },
  listenerQueueBytes: { value: 524_288, unit: 'bytes', min: 16_384, max: 268_435_456, roles: ['edge'], why: 'a listener further behind than this is dropped, as Icecast' },
  maxListeners: { value: 10_000, unit: 'listeners', min: 1, max: 1_000_000, roles: ['edge'], why: 'listeners at most, all mountpoints together; further ones are answered 403' },

  // Recording (--record).
  recordMs: { value: 900_000, unit: 'ms', min: 1_000, max: 604_800_000, roles: ['relay', 'edge'], why: 'what --record keeps, three quarters of it at least: the time in which somebody notices a failure and asks for it' },
  recordBytes: { value: 268_435_456, unit: 'bytes', min: 1_048_576, max: 1_099_511_627_776, roles: ['relay', 'edge'], why: 'and no more than this on the disk: an hour of one mountpoint at 128 kbit/s from two encoders by two relays' },
};

export const settingNames: readonly SettingName[] = Object.keys(settingTable) as SettingName[];

export const defaultSettings: Settings = Object.fromEntries(
  settingNames.map((name) => [name, settingTable[name].value]),
) as unknown as Settings;

/** One sentence on what is wrong with a value, or undefined when it is well. */
export function settingProblem(name: SettingName, value: unknown): string | undefined {
  const { min, max, unit } = settingTable[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return undefined;
  return `${name} must be a whole number of ${unit} from ${min} to ${max}, not ${String(value)}`;
}

/** Smallest and largest of the same thing. */
const ordered: readonly (readonly [SettingName, SettingName])[] = [
  ['backoffMinMs', 'backoffMaxMs'],
  ['pathSilenceMinMs', 'pathSilenceMaxMs'],
  ['stallMinMs', 'stallMaxMs'],
];

/** One sentence on what is wrong with values that are well each by itself, or undefined. */
export function settingsProblem(settings: Settings): string | undefined {
  const wrong = ordered.find(([least, most]) => settings[least] > settings[most]);
  if (wrong === undefined) return undefined;
  const [least, most] = wrong;
  return `${least} (${settings[least]}) must not be more than ${most} (${settings[most]})`;
}

/** The defaults with some values changed. Throws RangeError, with a sentence for the operator, on a bad one. */
export function withSettings(changes: Partial<Settings>): Settings {
  for (const name of settingNames) {
    const value = changes[name];
    if (value === undefined) continue;
    const problem = settingProblem(name, value);
    if (problem !== undefined) throw new RangeError(problem);
  }
  const settings = { ...defaultSettings, ...changes };
  const problem = settingsProblem(settings);
  if (problem !== undefined) throw new RangeError(problem);
  return settings;
}
