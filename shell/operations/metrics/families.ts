import type { ProcessRole } from '../../process/app.ts';

/** One family of metrics. Its name ends with its unit; a counter's samples have `_total` behind that, those of an info `_info`. */
export interface Family {
  readonly type: 'counter' | 'gauge' | 'info';
  readonly unit?: 'seconds' | 'bytes' | 'ratio';
  readonly labels: readonly string[];
  /** The processes that have it. */
  readonly of: readonly ProcessRole[];
  /** Each is understandable without the others. */
  readonly help: string;
}

const all: readonly ProcessRole[] = ['edge', 'station', 'relay', 'encoder'];
const edges: readonly ProcessRole[] = ['edge', 'station'];
const relays: readonly ProcessRole[] = ['relay', 'station'];
const receivers: readonly ProcessRole[] = ['edge', 'relay', 'station'];
const sources: readonly ProcessRole[] = ['encoder', 'station'];
const encoders: readonly ProcessRole[] = ['encoder'];

const path: readonly string[] = ['machine', 'peer', 'from', 'transport'];
const mount: readonly string[] = ['mount'];
const stream: readonly string[] = ['mount', 'stream'];
const target: readonly string[] = ['target', 'transport'];

export type FamilyName =
  | 'davecast_mount_on_air'
  | 'davecast_mount_fallback'
  | 'davecast_mount_fault'
  | 'davecast_mount_streams'
  | 'davecast_mount_standing_by'
  | 'davecast_mount_redundancy_lost_seconds'
  | 'davecast_mount_switches'
  | 'davecast_mount_fallbacks'
  | 'davecast_mount_ends'
  | 'davecast_mount_missing_seconds'
  | 'davecast_mount_repeated_seconds'
  | 'davecast_mount_garbled_seconds'
  | 'davecast_mount_stalls'
  | 'davecast_mount_stalled_seconds'
  | 'davecast_mount_buffer_seconds'
  | 'davecast_mount_last_switch_error_seconds'
  | 'davecast_mount_bytes'
  | 'davecast_listeners'
  | 'davecast_listeners_peak'
  | 'davecast_listeners_joined'
  | 'davecast_listeners_left'
  | 'davecast_listeners_slow'
  | 'davecast_listeners_sent_bytes'
  | 'davecast_hls_listeners'
  | 'davecast_hls_segments'
  | 'davecast_hls_memory_bytes'
  | 'davecast_hls_files_bytes'
  | 'davecast_stream'
  | 'davecast_stream_on_air'
  | 'davecast_stream_healthy'
  | 'davecast_stream_standing_by'
  | 'davecast_stream_ahead_seconds'
  | 'davecast_stream_matched'
  | 'davecast_stream_alignment_error_seconds'
  | 'davecast_stream_alignment_confidence_ratio'
  | 'davecast_stream_early_messages'
  | 'davecast_edge_streams'
  | 'davecast_edge_startable_mounts'
  | 'davecast_edge_memory_bytes'
  | 'davecast_edge_memory_limit_bytes'
  | 'davecast_workers'
  | 'davecast_upstream_connected'
  | 'davecast_path_open'
  | 'davecast_path_messages'
  | 'davecast_path_received_bytes'
  | 'davecast_path_dropped'
  | 'davecast_path_reordered'
  | 'davecast_path_lag_seconds'
  | 'davecast_relay_streams'
  | 'davecast_relay_subscribers'
  | 'davecast_relay_subscribers_filtered'
  | 'davecast_relay_messages'
  | 'davecast_relay_subscriber_lost_messages'
  | 'davecast_relay_history_messages'
  | 'davecast_relay_history_bytes'
  | 'davecast_relay_history_limit_bytes'
  | 'davecast_sources'
  | 'davecast_sources_started'
  | 'davecast_sources_ended'
  | 'davecast_source_frames'
  | 'davecast_target_connected'
  | 'davecast_target_sent_bytes'
  | 'davecast_target_lost_messages'
  | 'davecast_target_stuck'
  | 'davecast_encoder_memory_bytes'
  | 'davecast_events'
  | 'davecast_refused'
  | 'davecast_key_refused'
  | 'davecast_limit_reached'
  | 'davecast_port_open_to_everybody'
  | 'davecast_certificate_expiry_timestamp_seconds'
  | 'davecast_log_lines_dropped'
  | 'davecast_event_loop_lag_mean_seconds'
  | 'davecast_event_loop_lag_max_seconds'
  | 'davecast_event_loop_active_seconds'
  | 'davecast_heap_bytes'
  | 'davecast_heap_limit_bytes'
  | 'davecast_build'
  | 'davecast_metrics_summed'
  | 'davecast_metrics_duration_seconds'
  | 'process_cpu_seconds'
  | 'process_resident_memory_bytes'
  | 'process_open_fds'
  | 'process_max_fds'
  | 'process_start_time_seconds';

/** All metrics, in the order in which they are told. docs/metrics.md has a table that is made of this one. */
export const families: Readonly<Record<FamilyName, Family>> = {
  // Edge: what listeners hear of a mountpoint.
  davecast_mount_on_air: { type: 'gauge', labels: mount, of: edges, help: '1 while listeners of the mountpoint hear an encoder or the fallback; 0 while its live stream is stalled, and for a day after the mountpoint has ended' },
  davecast_mount_fallback: { type: 'gauge', labels: mount, of: edges, help: '1 while listeners of the mountpoint hear its fallback' },
  davecast_mount_fault: { type: 'gauge', labels: ['mount', 'fault'], of: edges, help: '1 while the encoder on air has sent digital silence for silentSwitchMs (fault silent), or the same again and again for frozenSwitchMs (frozen); not there otherwise' },
  davecast_mount_streams: { type: 'gauge', labels: mount, of: edges, help: 'streams that announce the mountpoint' },
  davecast_mount_standing_by: { type: 'gauge', labels: mount, of: edges, help: 'backups that could take over now' },
  davecast_mount_redundancy_lost_seconds: { type: 'gauge', unit: 'seconds', labels: mount, of: edges, help: 'time for which no backup has stood by; 0 while one does; not there where none ever did for ten seconds' },
  davecast_mount_switches: { type: 'counter', labels: ['mount', 'reason'], of: edges, help: 'switches from one stream to another' },
  davecast_mount_fallbacks: { type: 'counter', labels: mount, of: edges, help: 'times that the fallback went on air' },
  davecast_mount_ends: { type: 'counter', labels: mount, of: edges, help: 'times that the mountpoint ended, which disconnects its listeners' },
  davecast_mount_missing_seconds: { type: 'counter', unit: 'seconds', labels: ['mount', 'reason'], of: edges, help: 'programme that listeners did not hear, by reason: switch, or skipped where all streams lost it' },
  davecast_mount_repeated_seconds: { type: 'counter', unit: 'seconds', labels: ['mount', 'reason'], of: edges, help: 'programme that listeners heard twice, by reason' },
  davecast_mount_garbled_seconds: { type: 'counter', unit: 'seconds', labels: mount, of: edges, help: 'programme behind a cut that was replaced with silence, because it would have been garbled: its frames need data from frames that are missing' },
  davecast_mount_stalls: { type: 'counter', labels: mount, of: edges, help: 'times that a player which began with a burst had nothing left to play' },
  davecast_mount_stalled_seconds: { type: 'counter', unit: 'seconds', labels: mount, of: edges, help: 'time that a player which began with a burst had nothing to play' },
  davecast_mount_buffer_seconds: { type: 'gauge', unit: 'seconds', labels: mount, of: edges, help: 'audio that a player which began with a burst has left to play' },
  davecast_mount_last_switch_error_seconds: { type: 'gauge', unit: 'seconds', labels: mount, of: edges, help: 'distance of the last cut from where it should be: less than 0 repeats, more than 0 leaves out; not there before the first switch' },
  davecast_mount_bytes: { type: 'counter', unit: 'bytes', labels: mount, of: edges, help: 'programme given out since the mountpoint started, counted once for all listeners' },

  // Edge: listeners.
  davecast_listeners: { type: 'gauge', labels: mount, of: edges, help: 'listeners now, in all workers' },
  davecast_listeners_peak: { type: 'gauge', labels: mount, of: edges, help: 'most listeners at a time since the mountpoint started' },
  davecast_listeners_joined: { type: 'counter', labels: mount, of: edges, help: 'listeners that connected, or were moved to the mountpoint' },
  davecast_listeners_left: { type: 'counter', labels: ['mount', 'reason'], of: edges, help: 'listeners that are gone, by reason' },
  davecast_listeners_slow: { type: 'counter', labels: mount, of: edges, help: 'listeners that were disconnected for being too slow, since the mountpoint started' },
  davecast_listeners_sent_bytes: { type: 'counter', unit: 'bytes', labels: mount, of: edges, help: 'bytes given to listeners since the mountpoint started, ICY metadata included' },

  // Edge: streams.
  davecast_hls_listeners: { type: 'gauge', labels: mount, of: edges, help: 'of the listeners now, those by HLS' },
  davecast_hls_segments: { type: 'counter', labels: [...mount, 'content'], of: edges, help: 'segments of HLS that were made since the process started, by content: programme, or a gap where no stream had it' },
  davecast_hls_memory_bytes: { type: 'gauge', unit: 'bytes', labels: [], of: edges, help: 'segments of HLS in memory, and their parts; hlsBytes is the limit of each' },
  davecast_hls_files_bytes: { type: 'gauge', unit: 'bytes', labels: [], of: edges, help: 'segments of HLS in the directory of --hls-dir; hlsFileBytes is the limit' },
  davecast_stream: { type: 'info', labels: ['mount', 'stream', 'origin', 'source', 'codec'], of: edges, help: 'a stream of a mountpoint: the name and address of its encoder, and its codec' },
  davecast_stream_on_air: { type: 'gauge', labels: stream, of: edges, help: '1 for the stream that listeners hear' },
  davecast_stream_healthy: { type: 'gauge', labels: stream, of: edges, help: '1 while frames of the stream come in their usual cadence by an open path' },
  davecast_stream_standing_by: { type: 'gauge', labels: stream, of: edges, help: '1 while the stream is not on air and could take over now' },
  davecast_stream_ahead_seconds: { type: 'gauge', unit: 'seconds', labels: stream, of: edges, help: 'programme that the stream has beyond the point where listeners are; not there where the two cannot be compared' },
  davecast_stream_matched: { type: 'gauge', labels: ['mount', 'stream', 'by'], of: edges, help: '1 for what the point where listeners are was found by in a backup: frames, content or arrival' },
  davecast_stream_alignment_error_seconds: { type: 'gauge', unit: 'seconds', labels: stream, of: edges, help: 'difference between the known delay of a backup and its last comparison by content' },
  davecast_stream_alignment_confidence_ratio: { type: 'gauge', unit: 'ratio', labels: stream, of: edges, help: 'how alike a backup and the live stream were at their last comparison by content: 1 is the same' },
  davecast_stream_early_messages: { type: 'gauge', labels: stream, of: edges, help: 'messages that wait for one before them' },
  davecast_edge_streams: { type: 'gauge', labels: [], of: edges, help: 'streams that the edge knows, also those of no mountpoint yet' },
  davecast_edge_startable_mounts: { type: 'gauge', labels: [], of: edges, help: 'mountpoints that are announced, and start when their first listener asks (--on-demand)' },
  davecast_edge_memory_bytes: { type: 'gauge', unit: 'bytes', labels: [], of: edges, help: 'memory that counts against edgeBytes' },
  davecast_edge_memory_limit_bytes: { type: 'gauge', unit: 'bytes', labels: [], of: edges, help: 'limit of that memory: edgeBytes' },
  davecast_workers: { type: 'gauge', labels: [], of: edges, help: 'processes that have listeners, beside this one' },

  // Edge and relay: what comes in.
  davecast_upstream_connected: { type: 'gauge', labels: ['machine', 'peer'], of: receivers, help: '1 while the connection to a relay that is subscribed to is open' },
  davecast_path_open: { type: 'gauge', labels: path, of: receivers, help: 'open paths from a peer: connections, or senders of datagrams' },
  davecast_path_messages: { type: 'counter', labels: path, of: receivers, help: 'messages from a peer, by all paths that it has had' },
  davecast_path_received_bytes: { type: 'counter', unit: 'bytes', labels: path, of: receivers, help: 'bytes from a peer, by all paths that it has had' },
  davecast_path_dropped: { type: 'counter', labels: [...path, 'reason'], of: receivers, help: 'messages from a peer that were dropped, by reason; duplicate is normal where a stream comes by several paths, late came after it was given up' },
  davecast_path_reordered: { type: 'counter', labels: path, of: edges, help: 'messages from a peer that came behind a later one of their stream' },
  davecast_path_lag_seconds: { type: 'gauge', unit: 'seconds', labels: path, of: edges, help: 'how much later than the first path the slowest path of a peer delivers the same message, smoothed' },

  // Relay.
  davecast_relay_streams: { type: 'gauge', labels: [], of: relays, help: 'streams that the relay knows' },
  davecast_relay_subscribers: { type: 'gauge', labels: [], of: relays, help: 'edges and relays that are subscribed' },
  davecast_relay_subscribers_filtered: { type: 'gauge', labels: [], of: relays, help: 'of these, those that are sent only the mountpoints that they want' },
  davecast_relay_messages: { type: 'counter', labels: [], of: relays, help: 'messages that came in, all copies' },
  davecast_relay_subscriber_lost_messages: { type: 'counter', labels: [], of: relays, help: 'messages that subscribers lost because they were too slow' },
  davecast_relay_history_messages: { type: 'gauge', labels: [], of: relays, help: 'messages kept for new and slow subscribers' },
  davecast_relay_history_bytes: { type: 'gauge', unit: 'bytes', labels: [], of: relays, help: 'bytes kept for new and slow subscribers' },
  davecast_relay_history_limit_bytes: { type: 'gauge', unit: 'bytes', labels: [], of: relays, help: 'limit for the history, streams and connections: historyBytes' },

  // Encoder.
  davecast_sources: { type: 'gauge', labels: mount, of: sources, help: 'sources that are connected' },
  davecast_sources_started: { type: 'counter', labels: mount, of: sources, help: 'sources that connected' },
  davecast_sources_ended: { type: 'counter', labels: ['mount', 'reason'], of: sources, help: 'sources that are gone, by reason' },
  davecast_source_frames: { type: 'counter', labels: mount, of: encoders, help: 'frames sent, of all sources of the mountpoint' },
  davecast_target_connected: { type: 'gauge', labels: target, of: encoders, help: '1 while a target is connected; always 1 for UDP' },
  davecast_target_sent_bytes: { type: 'counter', unit: 'bytes', labels: target, of: encoders, help: 'bytes handed to the system for a target, copies after a reconnection included' },
  davecast_target_lost_messages: { type: 'counter', labels: target, of: encoders, help: 'messages dropped before they could be sent to a target even once' },
  davecast_target_stuck: { type: 'counter', labels: target, of: encoders, help: 'times that a target acknowledged nothing for targetStuckMs and was reconnected' },
  davecast_encoder_memory_bytes: { type: 'gauge', unit: 'bytes', labels: [], of: encoders, help: 'memory kept for targets and unfinished frames' },

  // Every process.
  davecast_events: { type: 'counter', labels: ['event', 'level'], of: all, help: 'events, by the name and level that they have in the log, whatever its level is' },
  davecast_refused: { type: 'counter', labels: ['reason'], of: all, help: 'connections, requests and datagrams that were refused; told within ten seconds, and datagrams within a minute' },
  davecast_key_refused: { type: 'counter', labels: ['key', 'reason'], of: relays, help: 'of davecast_refused, connections and datagrams that show or claim a peer of the file of --keys, by its name; told within a minute' },
  davecast_limit_reached: { type: 'counter', labels: ['limit'], of: all, help: 'times that a limit was reached, at the last power of two: 1, 2, 4, 8, …' },
  davecast_port_open_to_everybody: { type: 'gauge', labels: ['port'], of: relays, help: '1 for a port of encoders (in), of edges and relays (out) or of a multicast group that asks for no key and takes any address, where this machine has a public one, or that --plain-from opens to all: anybody who reaches it can go on air' },
  davecast_certificate_expiry_timestamp_seconds: { type: 'gauge', unit: 'seconds', labels: ['file'], of: all, help: 'end of a certificate in use, as Unix time' },
  davecast_log_lines_dropped: { type: 'counter', labels: [], of: all, help: 'log lines that were dropped because nobody took them' },
  davecast_event_loop_lag_mean_seconds: { type: 'gauge', unit: 'seconds', labels: [], of: all, help: 'mean lag of the event loop in the last ten seconds' },
  davecast_event_loop_lag_max_seconds: { type: 'gauge', unit: 'seconds', labels: [], of: all, help: 'longest lag of the event loop in the last minute' },
  davecast_event_loop_active_seconds: { type: 'counter', unit: 'seconds', labels: [], of: all, help: 'time that the event loop was not idle' },
  davecast_heap_bytes: { type: 'gauge', unit: 'bytes', labels: ['kind'], of: all, help: 'memory as V8 tells it: used, total, external, array_buffers (within external)' },
  davecast_heap_limit_bytes: { type: 'gauge', unit: 'bytes', labels: [], of: all, help: 'limit of the V8 heap (--max-old-space-size)' },
  davecast_build: { type: 'info', labels: ['version', 'role', 'node'], of: all, help: 'version of Davecast and Node.js, and what the process is' },
  davecast_metrics_summed: { type: 'gauge', labels: ['label'], of: all, help: 'values of a label beyond its limit, which are summed as "all others"' },
  davecast_metrics_duration_seconds: { type: 'gauge', unit: 'seconds', labels: [], of: all, help: 'processor time that the last scrape took' },
  process_cpu_seconds: { type: 'counter', unit: 'seconds', labels: [], of: all, help: 'processor time of the process, without workers' },
  process_resident_memory_bytes: { type: 'gauge', unit: 'bytes', labels: [], of: all, help: 'resident memory of the process, without workers' },
  process_open_fds: { type: 'gauge', labels: [], of: all, help: 'open file descriptors' },
  process_max_fds: { type: 'gauge', labels: [], of: all, help: 'limit of open file descriptors' },
  process_start_time_seconds: { type: 'gauge', unit: 'seconds', labels: [], of: all, help: 'start of the process, as Unix time' },
};

const endings = { counter: '_total', gauge: '', info: '_info' } as const;

/** The name that a family's samples have. */
export function sampleName(name: FamilyName): string {
  return `${name}${endings[families[name].type]}`;
}
