import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import { EncoderApp } from '../../../shell/encoder/encoder.ts';
import { EventFanOut } from '../../../shell/log/fan-out.ts';
import { Metrics } from '../../../shell/operations/metrics/metrics.ts';
import type { App } from '../../../shell/process/app.ts';
import { StationApp } from '../../../shell/station/station.ts';
import { expressionsOf } from '../../shell/operations/metrics/monitoring.ts';
import { Programme, source, stopAll } from '../../shell/station/support.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { CapturedLog, sleep } from '../../shell/support/support.ts';
import { describeWith } from '../support/need.ts';

const monitoring = join(import.meta.dirname, '../../../packaging/monitoring');

/** Ends with what it has said when that is no success. */
async function promtool(argv: readonly string[], input = ''): Promise<string> {
  const child = spawn('promtool', argv, { cwd: monitoring });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
  child.stdin.end(input);
  const status = await new Promise((resolve) => child.once('close', resolve));
  expect(status, said).toBe(0);
  return said;
}

/** What a server of Prometheus answers to a query, once it answers something. */
async function queried(port: number, query: string): Promise<readonly { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }[]> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`).then((response) => response.json()).catch(() => undefined);
    const result = (answer as { data?: { result?: [] } } | undefined)?.data?.result ?? [];
    if (result.length > 0) return result;
    await sleep(100);
  }
}

describeWith(['promtool', 'prometheus'], 'Prometheus', () => {
  const bind = '127.0.0.1';
  const settings = defaultSettings;
  const apps: { readonly app: App; readonly metrics: Metrics; readonly told: CapturedLog }[] = [];

  async function start(role: 'station' | 'encoder', make: (events: EventFanOut, metrics: Metrics) => App): Promise<CapturedLog> {
    const told = new CapturedLog();
    const events = new EventFanOut(told.log);
    const metrics = new Metrics({ role, tell: events.tell });
    events.join(metrics.event);
    const app = make(events, metrics);
    apps.push({ app, metrics, told });
    await app.start();
    return told;
  }

  beforeAll(async () => {
    const station = await start('station', ({ tell }, metrics) => new StationApp({
      bind, httpPort: 0, inPort: 0, outPort: 0, sources: { title: '', headers: [], mounts: new Map() }, sourcesPerMount: 2, pulled: [], peers: [], allowIn: [], allowOut: [], settings, relaySettings: settings, metrics,
    }, tell));
    const targets = [{ transport: 'tcp' as const, host: bind, port: await station.port('in') }];
    // Names that have to be escaped.
    const mounts = [{ name: 'a\\b', input: { kind: 'listen' as const, password: 'pw' }, headers: [], title: '', origin: 'st"u\\dio' }];
    const encoder = await start('encoder', ({ tell }, metrics) => new EncoderApp({ bind, mounts, targets, settings, metrics }, tell));
    // On air for as long as a server of Prometheus needs to start.
    expect(new Programme([await source(await encoder.port('source'), 'a%5Cb', 'SOURCE', 'pw')], { frames: 20_000 }).sent).toBe(0);
    await station.until('mount-started');
  });

  afterAll(async () => {
    await stopAll();
    await Promise.all(apps.map(({ app }) => app.stop()));
    for (const { metrics } of apps) metrics.stop();
  });

  it('reads all metrics, and finds nothing wrong with how they are named', async () => {
    for (const { metrics } of apps) expect(await promtool(['check', 'metrics'], Buffer.from(await metrics.text('prometheus')).toString())).toBe('');
  });

  it('scrapes them as OpenMetrics', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'davecast-prometheus-'));
    const ports = [await apps[0]!.told.port('http'), await apps[1]!.told.port('source')];
    const config = { scrape_configs: [{ job_name: 'davecast', scrape_interval: '1s', static_configs: [{ targets: ports.map((port) => `${bind}:${port}`) }] }], rule_files: [join(monitoring, 'davecast.rules.yml')] };
    await writeFile(join(directory, 'prometheus.json'), JSON.stringify(config));
    const port = await freeTcpPort();
    const server = spawn('prometheus', [`--config.file=${directory}/prometheus.json`, `--storage.tsdb.path=${directory}/data`, `--web.listen-address=${bind}:${port}`], { stdio: 'ignore' });
    try {
      expect((await queried(port, 'davecast_mount_streams')).map(({ metric, value }) => [metric['mount'], value[1]])).toEqual([['a\\b', '1']]);
      expect((await queried(port, 'davecast_stream_info'))[0]!.metric).toMatchObject({ mount: 'a\\b', origin: 'st"u\\dio', codec: 'mp3' });
      await expect.poll(async () => Number((await queried(port, 'davecast_source_frames_total'))[0]!.value[1])).toBeGreaterThanOrEqual(39);
      expect((await queried(port, 'up')).map(({ value }) => value[1])).toEqual(['1', '1']);
    } finally {
      const ended = new Promise((resolve) => server.once('close', resolve));
      server.kill('SIGTERM');
      await ended;
      await rm(directory, { recursive: true });
    }
  });

  it('takes the alert rules, and they fire when they should, and only then', async () => {
    expect(await promtool(['check', 'rules', 'davecast.rules.yml'])).toMatch(/SUCCESS: 20 rules found/);
    expect(await promtool(['test', 'rules', 'davecast.rules.test.yml'])).toMatch(/SUCCESS/);
  });

  it('understands what the dashboard asks', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'davecast-dashboard-'));
    try {
      const expressions = expressionsOf(JSON.parse(readFileSync(join(monitoring, 'davecast.dashboard.json'), 'utf8')));
      const rules = expressions.map((expr, index) => ({ record: `dashboard:${index}`, expr: expr.replaceAll('$__rate_interval', '1m') }));
      await writeFile(join(directory, 'rules.json'), JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      expect(await promtool(['check', 'rules', join(directory, 'rules.json')])).toMatch(new RegExp(`SUCCESS: ${expressions.length} rules found`));
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
