/** The processes that have a setting. */
export type Role = 'encoder' | 'relay' | 'edge';

export type Unit = 'ms' | 'bytes' | 'messages' | 'streams' | 'connections' | 'listeners';

export interface Setting {
  readonly value: number;
  readonly unit: Unit;
  readonly min: number;
  readonly max: number;
  readonly roles: readonly Role[];
  /** What it does, and the reason for its default: also the text of `--help`. Each is understandable without the others. */
  readonly why: string;
}

/** The values of all settings: see `settingTable` for what each does. */
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
  readonly silentPeerMs: number;
  readonly stopMs: number;
  readonly upgradeStartMs: number;
  readonly upgradeTakeMs: number;
  readonly upgradeDrainMs: number;
  readonly maxTimerLagMs: number;
  readonly loopBlockedMs: number;
  readonly loopBlockedExitMs: number;
  readonly maxPaths: number;
  readonly maxPathsPerAddress: number;
  readonly firstMessageMs: number;
  readonly maxSources: number;
  readonly sourceIdleMs: number;
  readonly noFrameMs: number;
  readonly sourceTakeOverMs: number;
  readonly sourceAheadMs: number;
  readonly drainMs: number;
  readonly announceMs: number;
  readonly signMs: number;
  readonly targetKeepMs: number;
  readonly targetKeepBytes: number;
  readonly targetInFlightBytes: number;
  readonly targetFlushMs: number;
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
  readonly ownerIdleMs: number;
  readonly maxSenders: number;
  readonly maxStreams: number;
  readonly maxUnannouncedStreams: number;
  readonly forgetMs: number;
  readonly windowMessages: number;
  readonly windowBytes: number;
  readonly udpReorderMessages: number;
  readonly reorderSpanMs: number;
  readonly cadenceSpanMs: number;
  readonly pathIdleMinMs: number;
  readonly pathIdleMaxMs: number;
  readonly pathRepairMs: number;
  readonly gapMaxMs: number;
  readonly unsignedMs: number;
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
  readonly introBytes: number;
  readonly lossySwitchMs: number;
  readonly slowerWaitMs: number;
  readonly mountEndMs: number;
  readonly hlsSegmentMs: number;
  readonly hlsPartMs: number;
  readonly formatSettleMs: number;
  readonly headTimeoutMs: number;
  readonly burstMs: number;
  readonly demandWaitMs: number;
  readonly listenerFlushMs: number;
  readonly icyIntervalBytes: number;
  readonly listenerQueueBytes: number;
  readonly maxListeners: number;
  readonly maxListenersPerAddress: number;
  readonly listenerDurationMs: number;
  readonly listenerAuthTimeoutMs: number;
  readonly hlsWindowMs: number;
  readonly hlsBytes: number;
  readonly hlsFileBytes: number;
  readonly recordMs: number;
  readonly recordBytes: number;
}

export type SettingName = keyof Settings;

const everyRole: readonly Role[] = ['encoder', 'relay', 'edge'];

/**
 * All time constants and limits of the core, with unit, default, valid range and reason: they are defined only here.
 * Each can be set on the command line (`stallMinMs` is `--stall-min-ms`) and in a configuration file.
 */
export const settingTable: Readonly<Record<SettingName, Setting>> = {
  // Outgoing connections, and the detection of dead ones.
  backoffMinMs: { value: 100, unit: 'ms', min: 1, max: 60_000, roles: everyRole, why: 'shortest wait before reconnecting; doubles after each failure, and each wait is a random value in its upper half' },
  backoffMaxMs: { value: 1_000, unit: 'ms', min: 1, max: 600_000, roles: everyRole, why: 'longest wait before reconnecting: a relay that is back is found within this time' },
  connectTimeoutMs: { value: 2_000, unit: 'ms', min: 10, max: 600_000, roles: everyRole, why: 'timeout of an attempt to connect; it is then retried' },
  answerTimeoutMs: { value: 20_000, unit: 'ms', min: 10, max: 600_000, roles: ['encoder'], why: 'time that the server of --from has to answer once connected: one that connects to its own source first, or asks an authentication service, needs seconds' },
  firstFrameMs: { value: 20_000, unit: 'ms', min: 10, max: 600_000, roles: ['encoder'], why: 'time that the server of --from has, after its answer, to send a whole frame: a source may only be starting, and at 8 kbit/s one block of a server takes four seconds' },
  idleMs: { value: 5_000, unit: 'ms', min: 100, max: 3_600_000, roles: everyRole, why: 'idle timeout of a connection that has carried messages, or the audio of --from: it is closed as half open, and reconnected' },
  keepAliveMs: { value: 5_000, unit: 'ms', min: 1_000, max: 3_600_000, roles: everyRole, why: 'TCP keep-alive: after this idle time the system probes the peer, ten times, once a second' },
  resolveMs: { value: 30_000, unit: 'ms', min: 100, max: 3_600_000, roles: everyRole, why: 'interval between DNS lookups of a host name, so that relays can be moved by their name; while one of its addresses is unreachable the interval is backoffMaxMs' },
  addressGraceMs: { value: 60_000, unit: 'ms', min: 0, max: 86_400_000, roles: everyRole, why: 'time that an address stays in use after its name stopped resolving to it, longer while no new address is reachable: some name servers rotate addresses' },
  silentPeerMs: { value: 5_000, unit: 'ms', min: 100, max: 3_600_000, roles: ['relay', 'edge'], why: 'a relay that has sent nothing for this long after connecting is reported in the log: the port is wrong, or it has no stream yet' },
  stopMs: { value: 1_000, unit: 'ms', min: 0, max: 60_000, roles: everyRole, why: 'time that a stopping process waits for its output to be written' },
  upgradeStartMs: { value: 30_000, unit: 'ms', min: 100, max: 600_000, roles: ['edge', 'relay'], why: 'at an upgrade, time that the new process has to come up, and once more to take the connections; the old one serves meanwhile, and goes on if that takes longer' },
  upgradeTakeMs: { value: 2_000, unit: 'ms', min: 50, max: 10_000, roles: ['edge', 'relay'], why: 'at an upgrade, longest time in which nothing is forwarded: if the new process has not taken over by then, the old one goes on. Players have buffered more than this' },
  upgradeDrainMs: { value: 3_600_000, unit: 'ms', min: 0, max: 604_800_000, roles: ['edge'], why: 'after an upgrade, time that the old process serves the listeners that cannot be handed over (those by TLS), before it disconnects them' },
  maxTimerLagMs: { value: 200, unit: 'ms', min: 1, max: 600_000, roles: everyRole, why: 'largest timer lag that is counted as elapsed time: a process that runs later than this was suspended, or its clock was set, and could not receive; the excess is held against no peer' },
  loopBlockedMs: { value: 2_000, unit: 'ms', min: 100, max: 600_000, roles: everyRole, why: 'time the event loop may be blocked before a watchdog thread logs it, with a stack trace' },
  loopBlockedExitMs: { value: 30_000, unit: 'ms', min: 0, max: 3_600_000, roles: everyRole, why: 'time the event loop may be blocked before the process is ended with status 70, for its supervisor to restart it; 0: never' },
  maxPaths: { value: 4_096, unit: 'connections', min: 1, max: 1_000_000, roles: ['relay', 'edge'], why: 'maximum number of incoming connections; beyond it a connection without useful traffic, or the newest of the address with the most, is closed in favour of the new one, or the new one is refused' },
  maxPathsPerAddress: { value: 2_048, unit: 'connections', min: 1, max: 1_000_000, roles: ['relay'], why: 'maximum number of incoming connections from one address: enough for two thousand encoders behind one, with half of the total left for others' },
  firstMessageMs: { value: 10_000, unit: 'ms', min: 100, max: 3_600_000, roles: ['relay'], why: 'an incoming connection that has sent no message within this time is closed; an encoder that waits for its source sends an empty message five times a second' },

  // Encoder.
  maxSources: { value: 1_024, unit: 'connections', min: 1, max: 1_000_000, roles: ['encoder'], why: 'maximum number of source clients that are connected, of all mountpoints together; further ones are answered 403' },
  sourceIdleMs: { value: 10_000, unit: 'ms', min: 100, max: 3_600_000, roles: ['encoder'], why: 'idle timeout of a source client: one that has sent nothing for this long is closed as half open, as by Icecast' },
  noFrameMs: { value: 2_000, unit: 'ms', min: 100, max: 600_000, roles: ['encoder'], why: 'a source that has sent data for this long without a valid frame is reported in the log, with the format detected, and again every ten seconds' },
  sourceTakeOverMs: { value: 2_000, unit: 'ms', min: 0, max: 3_600_000, roles: ['encoder'], why: 'a source client idle for this long is replaced when the same address connects again' },
  sourceAheadMs: { value: 10_000, unit: 'ms', min: 100, max: 600_000, roles: ['encoder'], why: 'how far a source may run ahead of real time (at least 128 KiB): room for the burst of a server, or for what it paused for; a source further ahead, such as a file in a pipe, is read in real time' },
  drainMs: { value: 5_000, unit: 'ms', min: 0, max: 600_000, roles: ['encoder'], why: 'after the end of --stdin, time that targets have to receive the remaining audio' },
  announceMs: { value: 2_000, unit: 'ms', min: 100, max: 60_000, roles: ['encoder'], why: 'interval between ANNOUNCE, HEADERS and METADATA messages: the longest time that a receiver who joins late lacks them' },
  signMs: { value: 1_000, unit: 'ms', min: 100, max: 2_000, roles: ['encoder'], why: 'with --sign, one signature covers the messages of this time: an edge that has yet to verify them waits this long; each costs about 115 bytes, and 10 for each message' },
  targetKeepMs: { value: 10_000, unit: 'ms', min: 100, max: 120_000, roles: ['encoder'], why: 'newest messages kept for all TCP targets together, and sent first to a target that is reached (again), at any address: an outage of all relays shorter than this loses nothing' },
  targetKeepBytes: { value: 4_194_304, unit: 'bytes', min: 65_536, max: 268_435_456, roles: ['encoder'], why: 'memory limit for the messages kept for TCP targets (targetKeepMs): ten seconds at 3 Mbit/s' },
  targetInFlightBytes: { value: 65_536, unit: 'bytes', min: 4_096, max: 16_777_216, roles: ['encoder'], why: 'limit for data handed to the system for one target and not yet taken by it: the newest audio of a stuck target stays here, where it can be sent again' },
  targetFlushMs: { value: 5, unit: 'ms', min: 0, max: 1_000, roles: ['encoder'], why: 'messages of all mountpoints are collected for this long before they are written to a TCP target; the frames of a single mountpoint are further apart, and go out at once' },
  targetPumpMs: { value: 20, unit: 'ms', min: 1, max: 1_000, roles: ['encoder'], why: 'retry interval for a target that did not accept all data at once: less than a frame' },
  targetStuckMs: { value: 2_000, unit: 'ms', min: 100, max: 600_000, roles: ['encoder'], why: 'a target that acknowledges nothing for this long is half open and is reconnected, soon enough to save what the edge would otherwise give up; for a target that never acknowledges (the original relay), what the system takes counts instead' },

  // History kept for late joiners.
  journalMarkMs: { value: 100, unit: 'ms', min: 1, max: 10_000, roles: everyRole, why: 'time resolution of the history kept for targets, subscribers and listeners: where it can be entered and cut off' },

  // Relay.
  acknowledgeMs: { value: 250, unit: 'ms', min: 10, max: 10_000, roles: ['relay'], why: 'minimum interval between acknowledgements to an encoder: several within targetStuckMs, after which the encoder would reconnect' },
  historyMs: { value: 10_000, unit: 'ms', min: 1_000, max: 120_000, roles: ['relay'], why: 'history kept of each stream for new and slow subscribers: as long as the ring of an edge, so that a restarted edge is complete at once; a subscriber further behind loses the oldest messages, counted' },
  historyBytes: { value: 268_435_456, unit: 'bytes', min: 1_048_576, max: 4_294_967_296, roles: ['relay'], why: 'memory limit for the history (historyMs), streams and connections of a relay, at most 60 % of available memory; beyond it the oldest messages are dropped, counted; one more quarter is for copies of a stream from another sender, until it is known which is genuine' },
  relayFlushMs: { value: 5, unit: 'ms', min: 0, max: 1_000, roles: ['relay'], why: 'messages are collected for this long before they are written to subscribers: a fifth of a frame, and a tenth of the writes' },
  subscriberInFlightBytes: { value: 1_048_576, unit: 'bytes', min: 65_536, max: 268_435_456, roles: ['relay'], why: 'limit for data handed to the system for one subscriber and not yet taken by it' },
  subscriberCutMs: { value: 10_000, unit: 'ms', min: 100, max: 600_000, roles: ['relay'], why: 'a subscriber that loses messages and has not caught up within this time is disconnected: it can reconnect and get the history' },
  maxSubscribers: { value: 256, unit: 'connections', min: 1, max: 100_000, roles: ['relay'], why: 'maximum number of subscribers; beyond it one whose peer is gone, or the newest of the address with the most, is closed in favour of the new one, or the new one is refused' },
  maxSubscribersPerAddress: { value: 128, unit: 'connections', min: 1, max: 100_000, roles: ['relay'], why: 'maximum number of subscribers from one address: enough for a hundred edges behind one, with half of the total left for others' },
  ownerIdleMs: { value: 1_900, unit: 'ms', min: 0, max: 10_000, roles: ['relay'], why: 'a stream is accepted only from the connection that brought it first, then from its address, until that owner has been idle for this long and for longer than its usual pauses, without even an empty message: less than targetStuckMs, so that an encoder that moves to its other line is accepted; 0: from any sender, for encoders that send from two addresses at once' },
  maxSenders: { value: 1_024, unit: 'connections', min: 0, max: 65_536, roles: ['relay'], why: 'maximum number of UDP senders (an address and a port) tracked separately at each port; further ones share one path' },

  // Relay and edge: streams.
  maxStreams: { value: 4_096, unit: 'streams', min: 1, max: 1_000_000, roles: ['relay', 'edge'], why: 'maximum number of streams tracked; beyond it the least useful is dropped for a new one; where none can be dropped, an edge refuses the new one, and a relay forwards it untracked, but not from relay to relay' },
  maxUnannouncedStreams: { value: 1_024, unit: 'streams', min: 1, max: 1_000_000, roles: ['edge'], why: 'maximum number of streams without an ANNOUNCE: anyone can invent stream ids, so this limit is lower than maxStreams' },
  forgetMs: { value: 20_000, unit: 'ms', min: 1_000, max: 3_600_000, roles: ['relay', 'edge'], why: 'a stream idle for this long is forgotten, as in the original' },
  windowMessages: { value: 1_024, unit: 'messages', min: 16, max: 65_536, roles: ['relay', 'edge'], why: 'size of the reordering window, in sequence numbers from the next expected one: ten seconds of most formats; the original has 999' },

  // Edge: reordering, and giving up gaps.
  windowBytes: { value: 2_097_152, unit: 'bytes', min: 65_536, max: 268_435_456, roles: ['relay', 'edge'], why: 'memory limit for early messages of one stream; beyond it the gap before them is given up; a rival copy of the stream may use a quarter of it on each path' },
  udpReorderMessages: { value: 3, unit: 'messages', min: 0, max: 1_000, roles: ['edge'], why: 'reordering assumed on a UDP path before any is observed (the packet threshold of RFC 9002); TCP starts at 0' },
  reorderSpanMs: { value: 30_000, unit: 'ms', min: 1_000, max: 3_600_000, roles: ['edge'], why: 'reordering observed on a path is remembered for one to two times this' },
  cadenceSpanMs: { value: 8_000, unit: 'ms', min: 1_000, max: 600_000, roles: ['relay', 'edge'], why: 'pauses between arrivals on a path or stream are remembered for one to two times this: three bursts of the slowest source pulled from an Icecast' },
  pathIdleMinMs: { value: 200, unit: 'ms', min: 10, max: 60_000, roles: ['relay', 'edge'], why: 'a path counts as idle after twice its usual pause, but not before this; it is then no longer waited for in the decision whether a message is lost, or whether a stream has moved' },
  pathIdleMaxMs: { value: 1_500, unit: 'ms', min: 10, max: 60_000, roles: ['edge'], why: 'a path counts as idle after this at the latest: how long a stopped relay can delay the decision about a gap' },
  pathRepairMs: { value: 600, unit: 'ms', min: 10, max: 60_000, roles: ['edge'], why: 'a path that has skipped no message counts as idle after this at the earliest: TCP needs 200 ms and a round trip to retransmit, and twice that if the packet is lost again' },
  gapMaxMs: { value: 2_000, unit: 'ms', min: 10, max: 60_000, roles: ['relay', 'edge'], why: 'no gap is waited for longer than this, whatever the evidence; a path that brings only copies keeps a stream at its present place for the same time' },

  // Edge: switching.
  unsignedMs: { value: 3_000, unit: 'ms', min: 500, max: 60_000, roles: ['edge'], why: 'with --verify, messages that no signature has covered for this long are dropped, and what follows the last good signature by more than this is not given out: longer than two intervals between signatures (signMs)' },
  ringMs: { value: 10_000, unit: 'ms', min: 500, max: 120_000, roles: ['edge'], why: 'audio kept of each stream, so that a switch can enter it where the other stream ended' },
  ringBytes: { value: 2_097_152, unit: 'bytes', min: 65_536, max: 268_435_456, roles: ['edge'], why: 'memory limit for the audio kept of one stream (ringMs): ten seconds at 1.6 Mbit/s' },
  edgeBytes: { value: 1_073_741_824, unit: 'bytes', min: 16_777_216, max: 68_719_476_736, roles: ['edge'], why: 'memory limit for rings, early messages, streams, mountpoints, listeners and the files of fallbacks and intros of an edge together, at most 60 % of available memory: ten seconds of 2,500 streams at 160 kbit/s; beyond it rings are shortened, gaps given up, and the least useful streams dropped' },
  stallMinMs: { value: 300, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'shortest stall timeout: the live stream is stalled after its usual pause, or the duration of its last burst, plus a quarter, but not before this; eleven MP3 frames, well above the jitter of a healthy path' },
  stallMaxMs: { value: 3_000, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'longest stall timeout of the live stream: sources pulled from an Icecast come in bursts of up to 2.7 s' },
  stallMarginMs: { value: 250, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'smallest margin of the stall timeout above the usual pause or last burst, where a quarter of it would be less: a source that comes in bursts is then left as soon as one that does not' },
  troubledStallMs: { value: 450, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'shortest stall timeout while a path of one of the streams is behind the others, or is just back from an unusual pause: then the network is the likely cause, and mostly recovers by itself' },
  closedStallMs: { value: 200, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'stall timeout when all relays report that the encoder has closed its connections, and nothing has come since: enough to reconnect and send what was missed, at a round trip of up to 100 ms' },
  unpacedMs: { value: 40_000, unit: 'ms', min: 1_000, max: 3_600_000, roles: ['edge'], why: 'a stream that has brought this much more programme than time has passed is faster than real time, and no candidate for a switch: the buffers of encoder and relay and a burst of Icecast hold less together' },
  behindSwitchMs: { value: 600, unit: 'ms', min: 50, max: 60_000, roles: ['edge'], why: 'the live stream is left, even if it is not stalled, when a backup is this far ahead of it, and further than bursts explain: listeners could have had that audio' },
  behindSettleMs: { value: 3_000, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'a backup must have been received for this long before behindSwitchMs applies to it: its first audio comes from a history, all at once' },
  resumeGraceMs: { value: 200, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'after an outage of all streams of a mountpoint, time that the live stream has to resume when a backup is back first: staying costs nothing, a switch half a frame; also the time for which a backup must lead before behindSwitchMs applies' },
  gapSwitchMs: { value: 60, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'extra length that a loss must have before it is worth a switch to a backup matched by arrival times alone; a loss is skipped, or bridged by a backup, whichever costs listeners less, and a switch costs half a frame at most when matched by content' },
  lossySwitchMs: { value: 200, unit: 'ms', min: 10, max: 60_000, roles: ['edge'], why: 'the live stream is left when it has lost this much more than a backup in the last five to ten seconds, however short each loss was' },
  slowerWaitMs: { value: 3_000, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'a backup that lags the live stream by up to this is waited for, which the buffer of most players covers; one that lags more is entered at once, and the lag is heard again' },
  matchMs: { value: 12_000, unit: 'ms', min: 1_000, max: 120_000, roles: ['edge'], why: 'media time over which the fastest arrivals are kept to match streams: longer than the ring, so that a backlog after an outage does not shift the match' },
  silentSwitchMs: { value: 5_000, unit: 'ms', min: 0, max: 3_600_000, roles: ['edge'], why: 'digital silence of the live stream that is tolerated before a switch to a stream with programme; 0: no switch, for a station where a single encoder may carry silence on purpose' },
  frozenSwitchMs: { value: 10_000, unit: 'ms', min: 0, max: 3_600_000, roles: ['edge'], why: 'exact repetition of the live stream that is tolerated before a switch to a stream that does not repeat; 0: no switch' },
  returnMs: { value: 30_000, unit: 'ms', min: 0, max: 86_400_000, roles: ['edge'], why: 'time for which the preferred encoder must have been healthy before listeners return to it: one that comes and goes must not cause switches' },
  fallbackMs: { value: 1_000, unit: 'ms', min: 100, max: 3_600_000, roles: ['edge'], why: 'the fallback goes on air when no stream has brought a frame for this long: before the buffer of a player is empty' },
  fallbackLeaveMs: { value: 1_000, unit: 'ms', min: 0, max: 3_600_000, roles: ['edge'], why: 'time for which a stream must have been healthy before listeners return to it from the fallback: longer would be heard as a delay, and a source that fails again at once should not be heard' },
  fallbackBytes: { value: 8_388_608, unit: 'bytes', min: 1_024, max: 268_435_456, roles: ['edge'], why: 'size limit for a fallback file, which is held in memory: nine minutes at 128 kbit/s' },
  introBytes: { value: 2_097_152, unit: 'bytes', min: 1_024, max: 16_777_216, roles: ['edge'], why: 'size limit for an intro file, which is held in memory, once in each process: two minutes at 128 kbit/s' },
  mountEndMs: { value: 10_000, unit: 'ms', min: 100, max: 3_600_000, roles: ['edge'], why: 'a mountpoint without any frame for this long ends, as in the original' },
  hlsSegmentMs: { value: 0, unit: 'ms', min: 0, max: 10_000, roles: ['edge'], why: 'length of the segments that are made of each mountpoint for HLS, at least 1000, and the same at all edges, so that their segments can be exchanged; 6000 is what players are made for; 0: none are made' },
  hlsPartMs: { value: 0, unit: 'ms', min: 0, max: 2_000, roles: ['edge'], why: 'length of the parts of segments that players of low latency get of mountpoints of AAC, at /MOUNT/parts.m3u8: at least 1000, a segment has a whole number of them, and the same at all edges; 0: there are none' },
  formatSettleMs: { value: 1_000, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'time that a new mountpoint with streams of several codecs waits for announced streams, and in which it can restart in the codec of the majority, as long as it has no listeners' },

  // Edge: listeners.
  headTimeoutMs: { value: 15_000, unit: 'ms', min: 100, max: 600_000, roles: everyRole, why: 'time that a client has for a complete request header, and for the TLS handshake before it, as in Icecast' },
  burstMs: { value: 4_000, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'burst on connect: audio sent to a new listener at once; 64 KiB at 128 kbit/s, the default of Icecast' },
  demandWaitMs: { value: 5_000, unit: 'ms', min: 0, max: 60_000, roles: ['edge'], why: 'with --on-demand: a listener waits for this long for the first audio of a mountpoint that is taken in for it, and is then told to try again: longer than a relay takes to be connected again' },
  listenerFlushMs: { value: 400, unit: 'ms', min: 0, max: 1_000, roles: ['edge'], why: 'of a thousand listeners or more, each is written to once in this time, because writes are what a listener costs; fewer are written to more often, up to every 50 ms. The first audio comes at once. Half of that time is added to the delay of the programme on average' },
  icyIntervalBytes: { value: 16_000, unit: 'bytes', min: 256, max: 1_000_000, roles: ['edge'], why: 'audio between two ICY metadata blocks (icy-metaint), as in Icecast' },
  listenerQueueBytes: { value: 524_288, unit: 'bytes', min: 16_384, max: 268_435_456, roles: ['edge'], why: 'a listener further behind than this is disconnected, as by Icecast' },
  maxListeners: { value: 10_000, unit: 'listeners', min: 1, max: 1_000_000, roles: ['edge'], why: 'maximum number of listeners on all mountpoints together; further ones are answered 403' },
  maxListenersPerAddress: { value: 5_000, unit: 'listeners', min: 1, max: 1_000_000, roles: ['edge'], why: 'maximum number of listeners from one address (IPv6: one /64 network); further ones are answered 403. Half of the places are left for others; all listeners behind a proxy that is not trusted have its address' },
  listenerDurationMs: { value: 0, unit: 'ms', min: 0, max: 2_592_000_000, roles: ['edge'], why: 'a listener is disconnected after this time, as by <max-listener-duration> of Icecast; 0: never' },
  listenerAuthTimeoutMs: { value: 5_000, unit: 'ms', min: 10, max: 60_000, roles: ['edge', 'encoder'], why: 'time that an authentication service has to answer about a listener, or a source client, who waits for it; after that it counts as down. One that cannot be asked for this long, because it is asked about others, costs the listener a 503' },

  // Edge: listeners by HLS (--hls).
  hlsWindowMs: { value: 60_000, unit: 'ms', min: 0, max: 604_800_000, roles: ['edge'], why: 'how far back listeners by HLS can go, at /MOUNT/dvr.m3u8: in memory, and with --hls-dir in files, for hours and days' },
  hlsBytes: { value: 536_870_912, unit: 'bytes', min: 1_048_576, max: 68_719_476_736, roles: ['edge'], why: 'memory limit for the segments of HLS, of all mountpoints together, and as much again for their parts (hlsPartMs); beyond it the oldest are dropped. A mountpoint at 128 kbit/s takes 1.7 MB with a window of 60 s, and 1.4 MB with --hls-dir' },
  hlsFileBytes: { value: 10_737_418_240, unit: 'bytes', min: 1_048_576, max: 1_099_511_627_776, roles: ['edge'], why: 'disk space that --hls-dir uses at most; beyond it the oldest segments are deleted. A mountpoint at 128 kbit/s takes 58 MB an hour' },

  // Recording (--record).
  recordMs: { value: 900_000, unit: 'ms', min: 1_000, max: 604_800_000, roles: ['relay', 'edge'], why: 'time that --record keeps, of which three quarters are guaranteed: enough for somebody to notice a failure and ask for it' },
  recordBytes: { value: 268_435_456, unit: 'bytes', min: 1_048_576, max: 1_099_511_627_776, roles: ['relay', 'edge'], why: 'disk space that --record uses at most: an hour of one mountpoint at 128 kbit/s from two encoders by two relays' },
};

export const settingNames: readonly SettingName[] = Object.keys(settingTable) as SettingName[];

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingTable, name);
}

export const defaultSettings: Settings = Object.fromEntries(
  settingNames.map((name) => [name, settingTable[name].value]),
) as unknown as Settings;

/** One sentence that says what is wrong with a value, or undefined when it is valid. */
export function settingProblem(name: SettingName, value: unknown): string | undefined {
  const { min, max, unit } = settingTable[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return undefined;
  return `${name} must be a whole number of ${unit} from ${min} to ${max}, not ${String(value)}`;
}

/** Pairs of a minimum and the maximum of the same quantity. */
const ordered: readonly (readonly [SettingName, SettingName])[] = [
  ['backoffMinMs', 'backoffMaxMs'],
  ['pathIdleMinMs', 'pathIdleMaxMs'],
  ['stallMinMs', 'stallMaxMs'],
];

/** More segments than that are only work, for players and for us. */
const LEAST_SEGMENT_MS = 1_000;
/** Frames do not end where parts do: of shorter ones some would be less than 85 % of what the longest can be. */
const LEAST_PART_MS = 1_000;

/** One sentence that says which valid values contradict each other, or undefined. */
export function settingsProblem(settings: Settings): string | undefined {
  const { hlsSegmentMs, hlsPartMs } = settings;
  if (hlsSegmentMs > 0 && hlsSegmentMs < LEAST_SEGMENT_MS) return `hlsSegmentMs (${hlsSegmentMs}) must be 0 or at least ${LEAST_SEGMENT_MS}`;
  if (hlsPartMs > 0 && hlsPartMs < LEAST_PART_MS) return `hlsPartMs (${hlsPartMs}) must be 0 or at least ${LEAST_PART_MS}`;
  if (hlsPartMs > 0 && hlsSegmentMs > 0 && (hlsSegmentMs % hlsPartMs > 0 || hlsSegmentMs === hlsPartMs)) return `hlsSegmentMs (${hlsSegmentMs}) must be a multiple of hlsPartMs (${hlsPartMs}), and at least twice as long`;
  const wrong = ordered.find(([least, most]) => settings[least] > settings[most]);
  if (wrong === undefined) return undefined;
  const [least, most] = wrong;
  return `${least} (${settings[least]}) must not be more than ${most} (${settings[most]})`;
}

/** The defaults with some values changed. Throws a RangeError, with a sentence for the operator, on an invalid one. */
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
