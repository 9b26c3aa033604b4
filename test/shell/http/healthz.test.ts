import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import { EncoderApp } from '../../../shell/encoder/encoder.ts';
import type { Log } from '../../../shell/log/log.ts';
import type { App } from '../../../shell/process/app.ts';
import { RelayApp } from '../../../shell/relay/relay.ts';
import { ask, CapturedLog } from '../support/support.ts';
import { askSecurely, pairOf } from '../net/tls/support.ts';

const bind = '127.0.0.1';
const settings = defaultSettings;
const running: App[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.stop()));
});

const tls = { port: 0, certificates: [pairOf('local')] };
const relay = (httpPort?: number) => (log: Log): App => new RelayApp({ bind, inPort: 0, outPort: 0, httpPort, tls: httpPort === undefined ? undefined : tls, upstreams: [], multicasts: [], settings }, log);
const edge = (log: Log): App => new EdgeApp({ bind, httpPort: 0, tls, relays: [], settings }, log);
const encoder = (log: Log): App =>
  new EncoderApp({ mounts: [{ name: 'one', input: { kind: 'listen', password: 'pw' }, headers: [], title: '' }], targets: [], tls, bind, settings }, log);

async function start(make: (log: Log) => App): Promise<CapturedLog> {
  const told = new CapturedLog();
  const app = make(told.log);
  running.push(app);
  await app.start();
  return told;
}

describe.each([['relay', relay(0), 'http'], ['edge', edge, 'http'], ['encoder', encoder, 'source']] as const)('the HTTP port of a process: %s', (_, make, what) => {
  it('says that the process serves', async () => {
    const port = await (await start(make)).port(what);
    const answer = await ask(port, 'GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.0 200 OK\r\n/);
    expect(answer).toMatch(/\r\n\r\nok\n$/);
    expect(await ask(port, 'HEAD /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 OK\r\n.*\r\n\r\n$/s);
    expect(await ask(port, 'POST /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 405 .*\r\nAllow: GET, HEAD\r\n/s);
    expect(await ask(port, 'OPTIONS * HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 204 /);
    expect(await ask(port, 'GET * HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 400 /);
    expect(await ask(port, 'GET /nothing HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 404 /);
  });

  it('says so by TLS, too', async () => {
    const told = await start(make);
    expect(await askSecurely(await told.port('https'), 'GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 OK\r\n.*\r\n\r\nok\n$/s);
    expect(told.all('certificate-loaded')).toMatchObject([{ serial: '1001', names: 'localhost, 127.0.0.1', until: '2120-01-01T00:00:00.000Z' }]);
  });
});

it('is not there at a relay that was not given one', async () => {
  const told = await start(relay());
  expect(told.all('listening').map(({ what }) => what)).toEqual(['in', 'in', 'out']);
});

it('cannot be taken by a source', async () => {
  const port = await (await start(encoder)).port('source');
  expect(await ask(port, `SOURCE /healthz HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:pw').toString('base64')}\r\n\r\n`)).toMatch(/^HTTP\/1\.0 405 /);
});
