import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import { EncoderApp } from '../../../../shell/encoder/encoder.ts';
import { EventFanOut } from '../../../../shell/log/fan-out.ts';
import type { Log } from '../../../../shell/log/log.ts';
import { Metrics } from '../../../../shell/operations/metrics/metrics.ts';
import type { App, ProcessRole } from '../../../../shell/process/app.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import { StationApp } from '../../../../shell/station/station.ts';
import { ask, CapturedLog, mp3Frames, RawClient } from '../../support/support.ts';
import { expressionsOf } from './monitoring.ts';
import { samplesOf } from './support.ts';

const root = join(import.meta.dirname, '../../../..');
const bind = '127.0.0.1';
const settings = defaultSettings;
const tcp = (port: number) => ({ transport: 'tcp' as const, host: bind, port });
const basic = (login: string): string => `Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`;

/** What there is only once something has happened: by TLS, a lost backup, a switch, a second encoder, a drop, silence. Other tests of this folder have each. */
const later = ['certificate_expiry_timestamp_seconds', 'mount_redundancy_lost_seconds', 'mount_switches_total', 'mount_last_switch_error_seconds', 'stream_alignment_confidence_ratio', 'stream_alignment_error_seconds', 'path_dropped_total', 'mount_fault']
  .map((name) => `davecast_${name}`);

/** A process of one role, as the command line makes it. */
class Process {
  readonly told = new CapturedLog();
  readonly metrics: Metrics;
  readonly app: App;

  constructor(role: ProcessRole, make: (log: Log, metrics: Metrics) => App) {
    const events = new EventFanOut(this.told.log);
    this.metrics = new Metrics({ role, tell: events.tell });
    events.join(this.metrics.event);
    this.app = make(events.tell, this.metrics);
  }

  async samples(what: string): Promise<ReturnType<typeof samplesOf>> {
    const answer = await ask(await this.told.port(what), 'GET /metrics HTTP/1.0\r\n\r\n');
    return samplesOf(answer.slice(answer.indexOf('\r\n\r\n') + 4));
  }
}

describe('GET /metrics', () => {
  const all: Process[] = [];
  let relay: Process;
  let edge: Process;
  let encoder: Process;
  let station: Process;
  const sources: RawClient[] = [];

  async function start(role: ProcessRole, make: (log: Log, metrics: Metrics) => App): Promise<Process> {
    const made = new Process(role, make);
    all.push(made);
    await made.app.start();
    return made;
  }

  beforeAll(async () => {
    relay = await start('relay', (log, metrics) => new RelayApp({ bind, inPort: 0, outPort: 0, httpPort: 0, upstreams: [], multicasts: [], settings, metrics }, log));
    const relays = [tcp(await relay.told.port('out'))];
    edge = await start('edge', (log, metrics) => new EdgeApp({ bind, httpPort: 0, relays, adminPassword: 'sesame', settings, metrics }, log));
    const mounts = [{ name: 'radio', input: { kind: 'listen' as const, password: 'pw' }, headers: [], title: '' }];
    const targets = [tcp(await relay.told.port('in'))];
    encoder = await start('encoder', (log, metrics) => new EncoderApp({ bind, httpPort: 0, mounts, targets, settings, metrics }, log));
    station = await start('station', (log, metrics) => new StationApp({
      bind, httpPort: 0, sources: { title: '', headers: [], mounts: new Map(), password: 'pw' }, sourcesPerMount: 2, pulled: [], peers: [], allowIn: [], allowOut: [], settings, relaySettings: settings, metrics,
    }, log));
    for (const one of [encoder, station]) {
      const port = await one.told.port(one === encoder ? 'source' : 'http');
      sources.push(new RawClient(port).write(`SOURCE /radio HTTP/1.0\r\n${basic('source:pw')}Content-Type: audio/mpeg\r\n\r\n`).write(Buffer.concat(mp3Frames(40))));
    }
    await Promise.all([edge, station].map((one) => one.told.until('mount-started')));
  });

  afterAll(async () => {
    for (const { socket } of sources) socket.destroy();
    await Promise.all(all.map(({ app }) => app.stop()));
    for (const { metrics } of all) metrics.stop();
  });

  it('tells of an edge what its listeners hear, and by which relay it comes', async () => {
    const listener = new RawClient(await edge.told.port('http')).write('GET /radio HTTP/1.0\r\n\r\n');
    await edge.told.until('listener-joined');
    const [peer] = [...(await edge.samples('http')).get('davecast_upstream_connected')!.keys()];
    await expect.poll(async () => (await edge.samples('http')).get('davecast_path_messages_total')!.get(`${peer!},from="relay",transport="tcp"`)).toBeGreaterThan(40);
    const samples = await edge.samples('http');
    expect(samples.get('davecast_upstream_connected')!.get(peer!)).toBe(1);
    expect(Object.fromEntries(samples.get('davecast_listeners')!)).toEqual({ 'mount="radio"': 1 });
    expect(Object.fromEntries(samples.get('davecast_listeners_joined_total')!)).toEqual({ 'mount="radio"': 1 });
    expect(Object.fromEntries(samples.get('davecast_mount_streams')!)).toEqual({ 'mount="radio"': 1 });
    expect([...samples.get('davecast_build_info')!.keys()][0]).toMatch(/role="edge"/);
    listener.socket.resetAndDestroy();
    await edge.told.until('access');
    expect(Object.fromEntries((await edge.samples('http')).get('davecast_listeners_left_total')!)).toEqual({ 'mount="radio",reason="closed by listener"': 1 });
  });

  it('tells of a relay who sends to it and who subscribes', async () => {
    const samples = await relay.samples('http');
    expect(samples.get('davecast_relay_subscribers')!.get('')).toBe(1);
    expect(samples.get('davecast_relay_history_bytes')!.get('')).toBeGreaterThan(40 * 417);
    expect(samples.get('davecast_path_open')!.get('machine="relay",peer="127.0.0.1",from="source",transport="tcp"')).toBe(1);
  });

  it('tells of an encoder what comes and where it goes', async () => {
    const samples = await encoder.samples('source');
    const target = `target="127.0.0.1:${await relay.told.port('in')}",transport="tcp"`;
    expect(samples.get('davecast_sources')!.get('mount="radio"')).toBe(1);
    expect(samples.get('davecast_source_frames_total')!.get('mount="radio"')).toBeGreaterThanOrEqual(39);
    expect(samples.get('davecast_target_connected')!.get(target)).toBe(1);
    expect(samples.get('davecast_target_sent_bytes_total')!.get(target)).toBeGreaterThan(39 * 417);
  });

  it('tells of a station all that its machines have', async () => {
    const samples = await station.samples('http');
    expect(samples.get('davecast_path_open')).toEqual(new Map([
      ['machine="relay",peer="127.0.0.1",from="source",transport="tcp"', 1],
      ['machine="edge",peer="relay of this process",from="relay",transport="tcp"', 1],
    ]));
    expect(samples.get('davecast_sources')!.get('mount="radio"')).toBe(1);
    expect(samples.get('davecast_listeners')!.get('mount="radio"')).toBe(0);
    expect(samples.has('davecast_source_frames_total')).toBe(false);
  });

  it('has all that the dashboard and the alert rules ask for', async () => {
    const rules = readFileSync(join(root, 'packaging/monitoring/davecast.rules.yml'), 'utf8');
    const expressions = [...expressionsOf(JSON.parse(readFileSync(join(root, 'packaging/monitoring/davecast.dashboard.json'), 'utf8'))), ...[...rules.matchAll(/^ +expr: (.+)$/gm)].map(([, expression]) => expression!)];
    const asked = new Set(expressions.flatMap((expression) => expression.match(/\b(?:davecast|process)_\w+/g) ?? []));
    const given = new Set<string>();
    for (const [one, what] of [[edge, 'http'], [relay, 'http'], [encoder, 'http'], [station, 'http']] as const) for (const name of (await one.samples(what)).keys()) given.add(name);
    expect(asked.size).toBeGreaterThan(40);
    expect([...asked].filter((name) => !given.has(name) && !later.includes(name))).toEqual([]);
  });

  it('is in the form that is asked for', async () => {
    const port = await relay.told.port('http');
    const plain = await ask(port, 'GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(plain).toMatch(/^HTTP\/1\.0 200 OK\r\n.*\r\nContent-Type: text\/plain; version=0\.0\.4; charset=utf-8\r\n/s);
    expect(plain).toContain('\n# TYPE davecast_relay_messages_total counter\n');
    const asked = 'Host: h\r\nAccept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n';
    const open = await ask(port, `GET /metrics HTTP/1.1\r\n${asked}\r\n`);
    expect(open).toMatch(/\r\nContent-Type: application\/openmetrics-text; version=1\.0\.0; charset=utf-8\r\n/);
    expect(open).toMatch(/\n# TYPE davecast_relay_messages counter\n.*\n# EOF\n$/s);
    expect(open).toMatch(new RegExp(`\r\nContent-Length: ${open.length - open.indexOf('\r\n\r\n') - 4}\r\n`));
    const client = new RawClient(port).write(`GET /metrics HTTP/1.1\r\n${asked}Accept-Encoding: gzip\r\n\r\n`);
    await client.closed;
    expect(client.text).toMatch(/\r\nContent-Encoding: gzip\r\n/);
    expect(gunzipSync(client.received.subarray(client.received.indexOf('\r\n\r\n') + 4)).toString()).toMatch(/\n# EOF\n$/);
  });

  it('is answered to HEAD without a body, and not to POST', async () => {
    for (const [one, what] of [[edge, 'http'], [relay, 'http'], [encoder, 'source'], [encoder, 'http'], [station, 'http']] as const) {
      const port = await one.told.port(what);
      expect(await ask(port, 'HEAD /metrics HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 OK\r\n.*\r\nContent-Length: \d{4,}\r\n\r\n$/s);
      expect(await ask(port, 'POST /metrics HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 405 .*\r\nAllow: GET\r\n/s);
    }
  });

  it('is not for those for whom a proxy asks, but for operators wherever they are', async () => {
    const proxied = 'X-Forwarded-For: 198.51.100.1\r\n';
    expect(await ask(await relay.told.port('http'), `GET /metrics HTTP/1.0\r\n${proxied}\r\n`)).toMatch(/^HTTP\/1\.0 403 .*--metrics-allow/s);
    expect(await ask(await station.told.port('http'), `GET /metrics HTTP/1.0\r\n${proxied}${basic('admin:')}\r\n`)).toMatch(/^HTTP\/1\.0 403 /);
    const port = await edge.told.port('http');
    expect(await ask(port, `GET /metrics HTTP/1.0\r\n${proxied}\r\n`)).toMatch(/^HTTP\/1\.0 401 /);
    expect(await ask(port, `GET /metrics HTTP/1.0\r\n${proxied}${basic('admin:wrong')}\r\n`)).toMatch(/^HTTP\/1\.0 401 /);
    expect(await ask(port, `GET /metrics HTTP/1.0\r\n${proxied}${basic('admin:sesame')}\r\n`)).toMatch(/^HTTP\/1\.0 200 /);
  });

  it('costs nobody anything when whoever asked has gone', async () => {
    const port = await edge.told.port('http');
    const clients = Array.from({ length: 10 }, () => new RawClient(port));
    await Promise.all(clients.map(async ({ socket }) => {
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write('GET /metrics HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n', () => socket.resetAndDestroy());
    }));
    await Promise.all(clients.map(({ closed }) => closed));
    expect((await edge.samples('http')).has('davecast_build_info')).toBe(true);
    expect(edge.told.all('request-failed')).toEqual([]);
  });

  it('is a page that fails alone', async () => {
    const metrics = new Metrics({ role: 'relay', tell: relay.told.log });
    metrics.measureEncoder(() => { throw new Error('a fault of ours'); });
    const broken = await start('relay', (log) => new RelayApp({ bind, inPort: undefined, outPort: undefined, httpPort: 0, upstreams: [], multicasts: [], settings, metrics }, log));
    expect(await ask(await broken.told.port('http'), 'GET /metrics HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 500 /);
    expect(relay.told.all('request-failed')).toMatchObject([{ method: 'GET', target: '/metrics' }]);
    expect(await ask(await broken.told.port('http'), 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
    metrics.stop();
  });
});
