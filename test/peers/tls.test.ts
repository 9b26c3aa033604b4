import { execFile, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultSettings } from '../../core/config/settings.ts';
import { EdgeApp } from '../../shell/edge/edge.ts';
import { EncoderApp } from '../../shell/encoder/encoder.ts';
import type { App } from '../../shell/process/app.ts';
import { RelayApp } from '../../shell/relay/relay.ts';
import { CapturedLog } from '../shell/support/support.ts';
import { certificateFile, pairOf } from '../shell/net/tls/support.ts';
import { describeWith } from './support/need.ts';

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function run(program: string, ...argv: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, argv, { timeout: 60_000 }, (error, out, err) => resolve({ status: error === null ? 0 : Number(error.code ?? -1), out, err }));
  });
}

describeWith(['ffmpeg', 'curl'], 'programs that speak TLS', () => {
  const bind = '127.0.0.1';
  const settings = defaultSettings;
  const tls = { port: 0, certificates: [pairOf('local')] };
  const told = { relay: new CapturedLog(), edge: new CapturedLog(), encoder: new CapturedLog() };
  const apps: App[] = [];
  const ca = certificateFile('ca.crt');
  let url = '';
  let source: ReturnType<typeof spawn>;

  async function start(app: App): Promise<void> {
    apps.push(app);
    await app.start();
  }

  beforeAll(async () => {
    const tcp = (port: number) => ({ transport: 'tcp' as const, host: bind, port });
    await start(new RelayApp({ bind, inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings }, told.relay.log));
    await start(new EdgeApp({ bind, httpPort: 0, tls, relays: [tcp(await told.relay.port('out'))], settings }, told.edge.log));
    const mounts = [{ name: 'radio', input: { kind: 'listen' as const, password: 'pw' }, headers: [], title: '' }];
    await start(new EncoderApp({ bind, mounts, targets: [tcp(await told.relay.port('in'))], tls, settings }, told.encoder.log));
    const to = `icecast://source:pw@127.0.0.1:${await told.encoder.port('https')}/radio`;
    source = spawn('ffmpeg', ['-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'sine=440', '-c:a', 'libmp3lame', '-b:a', '128k', '-content_type', 'audio/mpeg', '-f', 'mp3', '-tls', '1', to]);
    await told.edge.until('mount-started');
    url = `https://localhost:${await told.edge.port('https')}`;
  });

  afterAll(async () => {
    source.kill('SIGKILL');
    await Promise.all(apps.map((app) => app.stop()));
  });

  it('ffmpeg plays what ffmpeg sends, and checks the certificate', async () => {
    expect(await run('ffmpeg', '-loglevel', 'error', '-xerror', '-ca_file', ca, '-tls_verify', '1', '-t', '6', '-i', `${url}/radio`, '-f', 'null', '-')).toEqual({ status: 0, out: '', err: '' });
    expect(told.encoder.all('source-started')).toHaveLength(1);
  });

  it('curl takes the playlist by TLS 1.2 and 1.3 when it trusts the certificate, and nothing otherwise', async () => {
    for (const version of ['--tlsv1.2', '--tlsv1.3']) {
      const only = version.replace('--tlsv', '');
      expect(await run('curl', '-sS', version, '--tls-max', only, '--cacert', ca, `${url}/radio.m3u`)).toMatchObject({ status: 0, out: `${url}/radio\r\n` });
    }
    expect(await run('curl', '-sS', `${url}/radio`)).toMatchObject({ status: 60, out: '' });
    await told.edge.until('refused', { reason: 'certificate not accepted by the client' });
  });

  it('curl without TLS is told so', async () => {
    expect((await run('curl', '-sS', url.replace('https', 'http'))).out).toContain('This port is for https');
  });
});
