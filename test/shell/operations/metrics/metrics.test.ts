import { afterEach, describe, expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import type { MountFigures, StreamFigures } from '../../../../core/edge/mountpoint/figures.ts';
import type { PeerFigures } from '../../../../core/links/paths/peer-figures.ts';
import type { ProcessEvent } from '../../../../shell/log/events.ts';
import type { EdgeToMeasure } from '../../../../shell/operations/metrics/figures/edge.ts';
import { families, sampleName, type FamilyName } from '../../../../shell/operations/metrics/families.ts';
import { Metrics } from '../../../../shell/operations/metrics/metrics.ts';
import type { RelayToMeasure } from '../../../../shell/operations/metrics/figures/relay.ts';
import { bounds } from '../../../../shell/operations/metrics/scrape.ts';
import type { ProcessRole } from '../../../../shell/process/app.ts';
import { samplesOf } from './support.ts';

const running: Metrics[] = [];

afterEach(() => {
  for (const metrics of running.splice(0)) metrics.stop();
});

function make(role: ProcessRole): Metrics {
  const metrics = new Metrics({ role, tell: () => undefined, droppedLines: () => 7 });
  running.push(metrics);
  return metrics;
}

async function told(metrics: Metrics): Promise<ReturnType<typeof samplesOf>> {
  return samplesOf(Buffer.from(await metrics.text('openmetrics')).toString());
}

const stream: StreamFigures = {
  id: '00000000000000000000000000000001',
  origin: 'studio-a',
  source: '192.0.2.7',
  format: { codec: 'mp3', mpegVersion: '1', sampleRateHz: 44_100, channels: 2, samplesPerBlock: 1_152, aacObjectType: 0 },
  isOnAir: true,
  isPreferred: false,
  isChosen: false,
  isHealthy: true,
  contentFault: undefined,
  aheadMs: 12.5,
  matchedBy: undefined,
  whyNot: undefined,
  isStandingBy: false,
  agreement: undefined,
  earlyMessages: 0,
};

const backup: StreamFigures = { ...stream, id: '00000000000000000000000000000002', origin: undefined, isOnAir: false, isStandingBy: true, matchedBy: 'content', agreement: { confidence: 0.8, errorUs: 1_500 } };

const figures: MountFigures = {
  name: 'radio',
  state: 'live',
  experience: { missingUs: { switch: 250_000, skipped: 0 }, repeatedUs: { switch: 0, skipped: 125_000 }, stalls: 2, stalledUs: 1_500_000, bufferedUs: 4_000_000 },
  silencedUs: 26_122.4,
  redundancyLostUs: 2_500_000,
  audience: { listeners: 3, listenerPeak: 5, slowListeners: 1, bytesOut: 1_000 },
  switches: 4,
  bytesOut: 2_000,
  streams: [stream, backup],
};

/** The encoder on air is silent; so is not what is told of its backup. */
const silent: MountFigures = { ...figures, name: 'jazz', streams: [{ ...stream, contentFault: 'silent' }, { ...backup, contentFault: 'frozen' }] };

const peer: PeerFigures = { peer: '192.0.2.1:8001', isUpstream: true, transport: 'tcp', open: 1, messages: 10, bytes: 4_000, dropped: new Map([['duplicate', 4]]), reordered: 2, lagUs: 30_000 };

function edge(mounts: readonly MountFigures[], peers: readonly PeerFigures[] = [peer]): EdgeToMeasure {
  const byName = new Map(mounts.map((mount) => [mount.name, mount]));
  return {
    machine: {
      mountNames: [...byName.keys()],
      figuresOf: (_, name) => byName.get(name),
      startable: () => [['asleep', 1]],
      peers,
      stats: { paths: [], streams: 2, mounts: mounts.length, listeners: 0, heldMessages: 0, countedBytes: 99 },
    },
    now: () => 0 as Micros,
    upstreams: () => [{ label: '192.0.2.1:8001', isUp: true }, { label: 'relay-2:8001', isUp: false }],
    settings: { edgeBytes: 1_000 },
  };
}

const relay: RelayToMeasure = {
  machine: {
    peers: [{ ...peer, peer: '192.0.2.7', isUpstream: false }],
    stats: { paths: [], streams: 2, subscribers: 1, choosySubscribers: 0, messagesIn: 10, messagesKept: 9, lostMessages: 0, pathHolders: [], subscriberHolders: [] },
    historyBytes: 5_000,
  },
  upstreams: () => [{ label: 'relay-3:8001', isUp: true }],
  settings: { historyBytes: 1_000_000 },
};

const events = [
  { kind: 'mount-started', mount: 'radio' },
  { kind: 'switch', mount: 'radio', reason: 'stalled', offByMs: 3 },
  { kind: 'fallback-entered', mount: 'radio' },
  { kind: 'source-started', mount: 'radio' },
  { kind: 'source-started', mount: 'radio' },
  { kind: 'source-ended', mount: 'radio', reason: 'idle', frames: 100 },
  { kind: 'refused', reason: 'not allowed', count: 1 },
  { kind: 'refused', reason: 'not allowed', count: 41 },
  { kind: 'refused', reason: 'datagram repeated', key: 'studio-a', count: 3 },
  { kind: 'bound-hit', bound: 'maxPaths', count: 8 },
  { kind: 'open-to-everybody', what: 'in', port: 9001 },
  { kind: 'open-to-everybody', what: 'in', port: 9001 },
  { kind: 'certificate-loaded', file: '/etc/fullchain.pem', until: '2030-01-01T00:00:00.000Z' },
  { kind: 'worker-started' },
  { kind: 'worker-started' },
  { kind: 'worker-ended' },
] as unknown as readonly ProcessEvent[];

describe('metrics', () => {
  it('of all roles together are all that the table has, each with its labels', async () => {
    const all = new Map<string, ReadonlySet<string>>();
    const roles: readonly (readonly [ProcessRole, (metrics: Metrics) => void])[] = [
      ['edge', (metrics) => metrics.measureEdge(edge([figures, silent]))],
      ['relay', (metrics) => metrics.measureRelay(relay)],
      ['station', (metrics) => {
        metrics.measureRelay(relay);
        metrics.measureEdge(edge([figures, silent]));
      }],
      ['encoder', (metrics) => metrics.measureEncoder(() => ({ targets: [{ label: 'relay:9001', transport: 'tcp', isUp: true, bytes: 5, lostMessages: 0, stuck: 0 }], sources: [{ mount: 'radio', frames: 11 }], heldBytes: 3 }))],
    ];
    for (const [role, measure] of roles) {
      const metrics = make(role);
      measure(metrics);
      const hasMounts = role === 'edge' || role === 'station';
      const hasSources = role === 'encoder' || role === 'station';
      for (const event of events) {
        const isOurs = event.kind.startsWith('source-') ? hasSources : hasMounts || !('mount' in event);
        if ((event.kind === 'open-to-everybody' || (event.kind === 'refused' && event.key !== undefined)) && role !== 'relay' && role !== 'station') continue;
        if (isOurs && !(event.kind.startsWith('worker-') && !hasMounts)) metrics.event(event);
      }
      if (hasMounts) {
        metrics.measureHls(() => ({ memoryBytes: 5, fileBytes: 6, made: [{ mount: 'radio', programme: 7, gap: 1 }], listeners: [['radio', 2]] }));
        metrics.listenerLeft('radio', 'closed by listener');
      }
      const samples = await told(metrics);
      const expected = (Object.keys(families) as FamilyName[]).filter((name) => families[name].of.includes(role)).map(sampleName);
      expect([...samples.keys()].toSorted(), role).toEqual(expected.toSorted());
      for (const [name, own] of samples) for (const of of own.keys()) all.set(name, new Set([...(all.get(name) ?? []), ...[...of.matchAll(/(\w+)="/g)].map(([, label]) => label!)]));
    }
    for (const [name, { labels }] of Object.entries(families)) expect([...all.get(sampleName(name as FamilyName))!], name).toEqual(labels);
  });

  it('have the figures of machines and events, in seconds and bytes', async () => {
    const metrics = make('edge');
    metrics.measureEdge(edge([figures]));
    for (const event of events) metrics.event(event);
    const samples = await told(metrics);
    const of = (name: string): Record<string, number> => Object.fromEntries(samples.get(name)!);
    expect(of('davecast_mount_on_air')).toEqual({ 'mount="radio"': 1 });
    expect(of('davecast_mount_standing_by')).toEqual({ 'mount="radio"': 1 });
    expect(of('davecast_mount_missing_seconds_total')).toEqual({ 'mount="radio",reason="switch"': 0.25, 'mount="radio",reason="skipped"': 0 });
    expect(of('davecast_mount_repeated_seconds_total')).toEqual({ 'mount="radio",reason="switch"': 0, 'mount="radio",reason="skipped"': 0.125 });
    expect(of('davecast_mount_garbled_seconds_total')).toEqual({ 'mount="radio"': 0.026_122 });
    expect(of('davecast_mount_stalled_seconds_total')).toEqual({ 'mount="radio"': 1.5 });
    expect(of('davecast_mount_redundancy_lost_seconds')).toEqual({ 'mount="radio"': 2.5 });
    expect(of('davecast_stream_info')).toEqual({
      [`mount="radio",stream="${stream.id}",origin="studio-a",source="192.0.2.7",codec="mp3"`]: 1,
      [`mount="radio",stream="${backup.id}",origin="",source="192.0.2.7",codec="mp3"`]: 1,
    });
    expect(of('davecast_stream_alignment_error_seconds')).toEqual({ [`mount="radio",stream="${backup.id}"`]: 0.001_5 });
    expect(Object.keys(of('davecast_stream_alignment_confidence_ratio'))).toEqual([`mount="radio",stream="${backup.id}"`]);
    expect(of('davecast_upstream_connected')).toEqual({ 'machine="edge",peer="192.0.2.1:8001"': 1, 'machine="edge",peer="relay-2:8001"': 0 });
    expect(of('davecast_path_dropped_total')).toEqual({ 'machine="edge",peer="192.0.2.1:8001",from="relay",transport="tcp",reason="duplicate"': 4 });
    expect(of('davecast_path_lag_seconds')).toEqual({ 'machine="edge",peer="192.0.2.1:8001",from="relay",transport="tcp"': 0.03 });
    expect(of('davecast_refused_total')).toEqual({ 'reason="not allowed"': 42, 'reason="datagram repeated"': 3 });
    expect(of('davecast_key_refused_total')).toEqual({ 'key="studio-a",reason="datagram repeated"': 3 });
    expect(of('davecast_limit_reached_total')).toEqual({ 'limit="maxPaths"': 8 });
    expect(of('davecast_port_open_to_everybody')).toEqual({ 'port="in"': 1 });
    expect(of('davecast_certificate_expiry_timestamp_seconds')).toEqual({ 'file="/etc/fullchain.pem"': 1_893_456_000 });
    expect(of('davecast_events_total')).toMatchObject({ 'event="switch",level="warn"': 1, 'event="refused",level="warn"': 3 });
    expect(of('davecast_workers')).toEqual({ '': 1 });
    expect(of('davecast_log_lines_dropped_total')).toEqual({ '': 7 });
    expect(of('process_resident_memory_bytes')['']).toBeGreaterThan(1_000_000);
    expect(of('process_open_fds')['']).toBeGreaterThan(3);
    expect(of('process_start_time_seconds')['']).toBeCloseTo((Date.now() - performance.now()) / 1_000, -2);
  });

  it.each(['stalled', 'nothing'] as const)('say of a mountpoint that is %s that it is not on air', async (state) => {
    const metrics = make('edge');
    metrics.measureEdge(edge([{ ...figures, state }]));
    expect((await told(metrics)).get('davecast_mount_on_air')).toEqual(new Map([['mount="radio"', 0]]));
  });

  it('tell of silence that is on air, and not of a backup that repeats itself, nor of one that is well or too fast', async () => {
    const metrics = make('edge');
    const unpaced: MountFigures = { ...figures, name: 'news', streams: [{ ...stream, contentFault: 'unpaced' }] };
    metrics.measureEdge(edge([figures, silent, unpaced]));
    expect((await metrics.text('prometheus')).toString().split('\n').filter((line) => line.startsWith('davecast_mount_fault{'))).toEqual(['davecast_mount_fault{mount="jazz",fault="silent"} 1']);
  });

  it('go on with frames where a source has ended and another one sends', async () => {
    const metrics = make('encoder');
    metrics.measureEncoder(() => ({ targets: [], sources: [{ mount: 'radio', frames: 11 }], heldBytes: 3 }));
    for (const event of events) if (event.kind.startsWith('source-')) metrics.event(event);
    expect((await told(metrics)).get('davecast_source_frames_total')).toEqual(new Map([['mount="radio"', 111]]));
  });

  it('are bounded, whatever is announced, and lose nothing that can be added up', async () => {
    const [mounts, streams] = [bounds.mount + 20, 3];
    const many = Array.from({ length: mounts }, (_, mount) => ({ ...figures, name: `m${mount}`, streams: Array.from({ length: streams }, (__, number) => ({ ...backup, id: `${mount}-${number}` })) }));
    const metrics = make('edge');
    metrics.measureEdge(edge(many, Array.from({ length: bounds.peer + 5 }, (_, number) => ({ ...peer, peer: `10.0.0.${number}:1` }))));
    const samples = await told(metrics);
    const own = samples.get('davecast_listeners')!;
    expect(own.size).toBe(bounds.mount + 1);
    expect(own.get('mount="all others"')).toBe(3 * 20);
    expect(samples.get('davecast_stream_healthy')!.get('mount="all others",stream="all others"')).toBe(mounts * streams - bounds.stream);
    expect(samples.get('davecast_stream_info')!.size).toBe(bounds.stream);
    expect(samples.get('davecast_mount_buffer_seconds')!.size).toBe(bounds.mount);
    // The two relays that are subscribed to have their values, too.
    expect(samples.get('davecast_path_open')!.get('machine="edge",peer="all others",from="relay",transport="tcp"')).toBe(7);
    expect(samples.get('davecast_metrics_summed')).toEqual(new Map([['label="mount"', 20], ['label="stream"', mounts * streams - bounds.stream], ['label="peer"', 7]]));
  });

  it('tell what is there when its turn comes: what has ended meanwhile is left out', async () => {
    const metrics = make('edge');
    const gone = edge([figures]);
    metrics.measureEdge({ ...gone, machine: { ...gone.machine, mountNames: ['radio', 'gone'] } });
    expect((await told(metrics)).get('davecast_mount_on_air')).toEqual(new Map([['mount="radio"', 1]]));
  });

  it('leave the event loop free between two mountpoints that take long', async () => {
    const turns: number[] = [];
    let turn = 0;
    let isOver = false;
    const next = (): void => {
      turn++;
      if (!isOver) setImmediate(next);
    };
    const slow = edge(['a', 'b', 'c', 'd'].map((name) => ({ ...figures, name })));
    const metrics = make('edge');
    metrics.measureEdge({
      ...slow,
      machine: {
        ...slow.machine,
        figuresOf: (now, name) => {
          turns.push(turn);
          for (const until = performance.now() + 3; performance.now() < until; );
          return slow.machine.figuresOf(now, name);
        },
      },
    });
    next();
    await metrics.text('openmetrics');
    isOver = true;
    expect(new Set(turns).size).toBe(4);
  });

  it('are looked at once for all who ask at the same time', async () => {
    let looks = 0;
    const metrics = make('encoder');
    metrics.measureEncoder(() => ({ targets: [], sources: [], heldBytes: ++looks }));
    const [one, other, third] = await Promise.all([metrics.text('openmetrics'), metrics.text('openmetrics'), metrics.text('prometheus')]);
    expect(one).toBe(other);
    expect(third).not.toEqual(one);
    expect(looks).toBe(2);
    await metrics.text('openmetrics');
    expect(looks).toBe(3);
  });
});
