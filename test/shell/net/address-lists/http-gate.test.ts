import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { readDavecast } from '../../../../shell/bin/command-line.ts';
import { EventFanOut } from '../../../../shell/log/fan-out.ts';
import { Metrics } from '../../../../shell/operations/metrics/metrics.ts';
import type { App } from '../../../../shell/process/app.ts';
import { freeTcpPort } from '../../../../bench/common/free-port.ts';
import { ask, CapturedLog } from '../../support/support.ts';

const directory = mkdtempSync(join(tmpdir(), 'davecast-gate-'));
const deny = join(directory, 'deny');
writeFileSync(deny, '# nobody who comes by this proxy\n192.0.2.0/24\n');
const stops: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())));
afterAll(() => rmSync(directory, { recursive: true }));

function make(line: string): { readonly app: App; readonly told: CapturedLog } {
  const wish = readDavecast(`${line} --bind 127.0.0.1 --trusted-proxy 127.0.0.1`.split(' '));
  if (wish.kind !== 'run') throw new Error('it is no process');
  const told = new CapturedLog();
  const metrics = new Metrics({ role: wish.role, tell: told.log });
  const { app } = wish.make(new EventFanOut(told.log), metrics);
  stops.push(() => app.stop(), () => Promise.resolve(metrics.stop()));
  return { app, told };
}

const from = (address: string, request: string): string => `PROXY TCP4 ${address} 198.51.100.1 5432 443\r\n${request} HTTP/1.0\r\nAuthorization: Basic ${btoa('source:x')}\r\n\r\n`;

it.each([
  ['relay --in 0 --out 0 --http 0', 'http', ['GET /metrics', 'GET /none']],
  ['edge --http 0 --relay 127.0.0.1:9', 'http', ['GET /', 'GET /radio', 'GET /status-json.xsl']],
  ['station --http 0 --password x', 'http', ['GET /radio', 'SOURCE /radio', 'GET /admin/metadata?mount=/radio&mode=updinfo&song=x']],
  ['encoder --mount radio --to 127.0.0.1:9 --listen 0 --password x', 'source', ['SOURCE /radio', 'PUT /radio', 'GET /metrics']],
] as const)('davecast %s answers only whom its lists let in, but for health checks', async (line, what, requests) => {
  const { app, told } = make(`${line} --http-deny ${deny}`);
  await app.start();
  const port = await told.port(what);
  for (const request of requests) {
    expect(await ask(port, from('192.0.2.7', request)), request).toMatch(/^HTTP\/1\.0 403 [^]*Your address is not allowed here/);
  }
  expect(told.all('refused')[0]).toMatchObject({ reason: 'address not allowed by HTTP', peer: '192.0.2.7:5432' });
  for (const path of ['healthz', 'readyz?mount=/x', 'readyz']) expect(await ask(port, from('192.0.2.7', `GET /${path}`)), path).not.toMatch(/^HTTP\/1\.0 403 /);
  expect(await ask(port, from('192.0.2.7', 'GET /healthzz'))).toMatch(/^HTTP\/1\.0 403 /);
  expect(await ask(port, from('203.0.113.1', 'GET /none'))).not.toMatch(/^HTTP\/1\.0 403 /);
});

it('closes the port for Shoutcast to others, whatever their password', async () => {
  const shoutcast = await freeTcpPort();
  const { app, told } = make(`station --http 0 --password x --shoutcast-mount radio --shoutcast-port ${shoutcast} --http-deny ${deny}`);
  await app.start();
  expect(await ask(shoutcast, 'PROXY TCP4 192.0.2.7 198.51.100.1 5432 443\r\nx\r\n')).toBe('');
  expect(told.all('source-started')).toEqual([]);
});

it('is refused at the start with a line for each mistake', async () => {
  const wrong = join(directory, 'wrong');
  writeFileSync(wrong, '192.0.2.0/24\nhost.example\n');
  await expect(make(`station --http 0 --http-allow ${wrong}`).app.start()).rejects.toThrow(/wrong:2: must be a range of addresses/);
});
