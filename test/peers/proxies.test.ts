import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withSettings } from '../../core/config/settings.ts';
import { EdgeApp } from '../../shell/edge/edge.ts';
import { parseRange } from '../../shell/net/addresses/allow.ts';
import { freeTcpPort } from '../../bench/common/free-port.ts';
import { CapturedLog, mp3Frames, RawClient, sleep } from '../shell/support/support.ts';
import { ca, certificateFile } from '../shell/net/tls/support.ts';
import { describeWith } from './support/need.ts';

/** Clients have another address of this machine than the proxies. */
const CLIENT = '127.0.0.2';
const PROXY = '127.0.0.1';

/** One port of a proxy, and how an edge is behind it. */
interface Way {
  readonly name: string;
  /** By TLS, also where the edge itself ends it. */
  readonly isSecure: boolean;
  /** What the proxy says, with the ports of the edge, and its own. */
  readonly config: (edge: { readonly http: number; readonly https: number }, port: number) => string;
}

const directory = mkdtempSync(join(tmpdir(), 'davecast-proxies-'));
const pem = join(directory, 'local.pem');

const nginxHttp = (port: number, http: number, listen: string): string => `
  server {
    listen ${PROXY}:${port}${listen};
    location / {
      proxy_pass http://${PROXY}:${http};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffering off;
    }
  }`;

const nginxWays: readonly Way[] = [
  { name: 'http', isSecure: false, config: ({ http }, port) => nginxHttp(port, http, '') },
  { name: 'http, by TLS', isSecure: true, config: ({ http }, port) => nginxHttp(port, http, ` ssl;\n    ssl_certificate ${certificateFile('local.crt')};\n    ssl_certificate_key ${certificateFile('local.key')}`) },
];

const nginxStreamWays: readonly Way[] = [
  { name: 'stream, PROXY version 1', isSecure: false, config: ({ http }, port) => `  server { listen ${PROXY}:${port}; proxy_pass ${PROXY}:${http}; proxy_protocol on; }` },
  { name: 'stream, TLS passed on behind PROXY version 1', isSecure: true, config: ({ https }, port) => `  server { listen ${PROXY}:${port}; proxy_pass ${PROXY}:${https}; proxy_protocol on; }` },
];

const haproxyWay = (mode: 'http' | 'tcp', listen: string, lines: readonly string[], server: string) => ({ http, https }: { readonly http: number; readonly https: number }, port: number): string => `
listen p${port}
  mode ${mode}
  bind ${PROXY}:${port}${listen.replace('PEM', pem)}
  ${lines.join('\n  ')}
  server edge ${PROXY}:${server.startsWith('https') ? https : http} ${server.replace(/^https? ?/, '')}
`;

const haproxyWays: readonly Way[] = [
  { name: 'http, X-Forwarded-For', isSecure: false, config: haproxyWay('http', '', ['option forwardfor'], 'http') },
  { name: 'http by TLS, X-Forwarded-For and -Proto', isSecure: true, config: haproxyWay('http', ' ssl crt PEM', ['option forwardfor', 'http-request set-header X-Forwarded-Proto https'], 'http') },
  { name: 'http by TLS, Forwarded', isSecure: true, config: haproxyWay('http', ' ssl crt PEM', ['http-request del-header X-Forwarded-For', 'http-request set-header Forwarded for=%[src];proto=https'], 'http') },
  { name: 'tcp, PROXY version 1', isSecure: false, config: haproxyWay('tcp', '', [], 'http send-proxy') },
  { name: 'tcp, PROXY version 2, with checks', isSecure: false, config: haproxyWay('tcp', '', [], 'http send-proxy-v2 check check-send-proxy inter 100') },
  { name: 'tcp by TLS, PROXY version 2 with what is known of TLS', isSecure: true, config: haproxyWay('tcp', ' ssl crt PEM', [], 'http send-proxy-v2-ssl') },
  { name: 'tcp, TLS passed on behind PROXY version 2', isSecure: true, config: haproxyWay('tcp', '', [], 'https send-proxy-v2') },
];

/** Sends a request from the address of a client, by a proxy. */
function ask(port: number, { isSecure }: Way, request: string): RawClient {
  const socket = net.connect({ port, host: PROXY, localAddress: CLIENT, allowHalfOpen: true });
  return new RawClient(port, isSecure ? tls.connect({ socket, ca, host: PROXY }) : socket).write(request);
}

/** Tests all ways of one proxy, which is one process. */
function testWays(ways: readonly Way[], start: (config: readonly string[]) => ChildProcess): void {
  const told = new CapturedLog();
  const edge = new EdgeApp({
    bind: PROXY, httpPort: 0, relays: [], settings: withSettings({ stopMs: 200 }), trustedProxies: [parseRange(PROXY)!],
    tls: { port: 0, certificates: [{ cert: certificateFile('local.crt'), key: certificateFile('local.key') }] },
    policies: { radio: { fallback: { file: join(directory, 'radio.mp3') } } },
  }, told.log);
  let ports: readonly number[] = [];
  let proxy: ChildProcess | undefined;

  beforeAll(async () => {
    writeFileSync(join(directory, 'radio.mp3'), Buffer.concat(mp3Frames(100)));
    writeFileSync(pem, ['local.crt', 'local.key'].map((name) => readFileSync(certificateFile(name), 'utf8')).join('\n'));
    await edge.start();
    const at = { http: await told.port('http'), https: await told.port('https') };
    ports = await Promise.all(ways.map(() => freeTcpPort()));
    proxy = start(ways.map(({ config }, index) => config(at, ports[index]!)));
    let errors = '';
    proxy.stderr!.on('data', (bytes: Buffer) => (errors += bytes.toString()));
    const isThere = (port: number): Promise<boolean> => new Promise((resolve) => {
      const socket = net.connect(port, PROXY, () => resolve(true)).on('error', () => resolve(false)).on('connect', () => socket.destroy());
    });
    while (!(await isThere(ports.at(-1)!))) {
      if (proxy.exitCode !== null) throw new Error(errors);
      await sleep(50);
    }
  });

  afterAll(async () => {
    const ended = proxy!.exitCode === null && once(proxy!, 'exit');
    proxy!.kill('SIGTERM');
    await ended;
    await edge.stop();
  });

  it.each(ways.map((way, index) => [way.name, way, index] as const))('%s', async (_, way, index) => {
    const port = ports[index]!;
    const forged = 'X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n';
    const page = ask(port, way, `GET /radio.m3u HTTP/1.1\r\nHost: radio.example:${port}\r\nConnection: close\r\n${forged}\r\n`);
    expect(await page.untilText('radio\r\n')).toContain(`\r\n\r\n${way.isSecure ? 'https' : 'http'}://radio.example:${port}/radio\r\n`);
    const listener = ask(port, way, `GET /radio HTTP/1.1\r\nHost: radio.example\r\nUser-Agent: ${way.name}\r\n${forged}\r\n`);
    await listener.until((received) => received.length > 5_000);
    listener.socket.destroy();
    expect(await told.until('access', { agent: way.name })).toMatchObject({ ip: CLIENT });
    expect(told.all('refused')).toEqual([]);
  });
}

afterAll(() => rmSync(directory, { recursive: true }));

describeWith(['nginx'], 'an edge behind nginx', () => {
  const start = (config: string): ChildProcess => {
    const file = join(directory, 'nginx.conf');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`).join(' ');
    writeFileSync(file, `daemon off; master_process off; pid ${directory}/nginx.pid; error_log stderr warn;\ninclude /etc/nginx/modules-enabled/*.conf;\nevents {}\n${config.replace('TEMPORARY', temporary)}\n`);
    return spawn('nginx', ['-e', 'stderr', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  };

  describe('as a server of HTTP', () => testWays(nginxWays, (servers) => start(`http { access_log off; TEMPORARY ${servers.join('\n')} }`)));
  describe('as one of TCP', () => testWays(nginxStreamWays, (servers) => start(`stream {\n${servers.join('\n')} }`)));
});

describeWith(['haproxy'], 'an edge behind HAProxy', () => {
  testWays(haproxyWays, (sections) => {
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(file, `global\n  log stderr local0 alert\ndefaults\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n${sections.join('')}`);
    return spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  });
});
