import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pairOf, type PairName } from '../shell/tls/support.ts';
import { Ledger, type Saying } from './ledger.ts';
import { eventually, HOST, type Running } from './running.ts';
import { Site } from './site.ts';

// Each incident of docs/runbook.md on one site, from the small ones to the large ones. What takes long goes on behind the next ones.
const site = new Site();
const ledger = new Ledger();
const { edge, relays, other } = site;
const [relay] = relays as [Running];
let slowListener: Promise<readonly number[]>;
let lostByThen: Promise<unknown>;

const recovery = { withinMs: 60_000 };
/** Where its metrics and its health are. */
const portOf = (by: Running): 'source' | 'http' => (site.encoders.includes(by) || by === other ? 'source' : 'http');
/** A counter or gauge of one process. */
const sample = (by: Running, name: string, is: (value: number) => boolean, late?: string): Saying => ({
  by, metric: new RegExp(`^${name.replace(/[{}".*+|]/g, (c) => (c === '.' || c === '*' ? c : `\\${c}`))}`), is, at: portOf(by), shown: name.replace('.*', '…'), ...(late !== undefined && { late }),
});
const grown = (value: number): boolean => value > 0;
const zero = (value: number): boolean => value === 0;
const readyz = (by: Running, status: number, shown: string, check: RegExp): Saying => ({ by, at: portOf(by), page: '/readyz', shown: `GET /readyz: ${shown}`, holds: (answer) => answer.status === status && check.test(answer.body) });

beforeAll(async () => {
  await site.start();
  slowListener = ledger.incident('a listener takes nothing', () => site.listen('loud', false), [
    { by: edge, log: 'listener-dropped', fields: { mount: 'loud' }, late: 'once it is 512 KiB behind, and what the system takes for it is full' },
    sample(edge, 'davecast_listeners_slow_total{mount="loud"}', grown, 'with the line in the log'),
  ]);
  slowListener.catch(() => undefined);
});

afterAll(async () => {
  await site.stop();
  console.log(`\n${ledger.table}\n`);
});

it('a source with a wrong password', async () => {
  const [studio] = site.encoders;
  await ledger.incident('a source has a wrong password', () => {
    site.alsoStop(net.connect(studio.port('source'), HOST)).write(`SOURCE /radio HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:guessed').toString('base64')}\r\n\r\n`);
  }, [
    { by: studio, log: 'source-refused', fields: { reason: 'wrong password' } },
    sample(studio, 'davecast_events_total{event="source-refused",level="warn"}', grown),
  ]);
});

it('a source of a format that nobody can play', async () => {
  await ledger.incident('a source sends Ogg', () => {
    const socket = site.alsoStop(net.connect(other.port('source'), HOST));
    socket.write(`SOURCE /spare HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:secret').toString('base64')}\r\n\r\n`);
    socket.write(`OggS${'\0'.repeat(24)}\u0001\u001e\u0001vorbis${'\0'.repeat(2_000)}`);
  }, [{ by: other, log: 'source-refused', fields: { reason: /^Ogg/ } }]);
});

it('wrong wiring', async () => {
  const astray = site.beside('encoder', ['source'], ['encoder', '--mount', 'radio', '--listen', '0', '--to', `${HOST}:${relay.port('out')}`]);
  await ledger.incident('an encoder sends to --out of a relay (from its start)', () => astray.start(), [
    { by: astray, log: 'wiring', fields: { found: /outgoing port/ } },
    { by: relay, log: 'wiring' },
    sample(relay, 'davecast_events_total{event="wiring",level="warn"}', grown),
  ]);
  const reader = site.beside('edge 2', ['http'], ['edge', '--http', '0', '--relay', `${HOST}:${relay.port('in')}`]);
  await ledger.incident('an edge reads from --in of a relay (from its start)', () => reader.start(), [
    { by: reader, log: 'wiring', late: 'nothing has come for silentPeerMs (5 s), and nothing was answered for 2 s' },
    { by: relay, log: 'wiring', late: 'when the edge asks what it is' },
    readyz(reader, 503, '503: no mountpoint', /0 on air/),
  ]);
});

it('certificates', async () => {
  const files = { cert: join(site.directory, 'cert.pem'), key: join(site.directory, 'key.pem') };
  const put = (name: PairName): void => {
    const pair = pairOf(name);
    copyFileSync(pair.cert, files.cert);
    copyFileSync(pair.key, files.key);
  };
  const secure = ['relay', '--in', '0', '--out', '0', '--http', '0', '--https', '0'];
  const { cert, key } = pairOf('expired');
  const outdated = await site.beside('relay 3', ['https'], [...secure, '--tls-cert', cert, '--tls-key', key]).start();
  expect(outdated.find('certificate-expired')).toBeDefined();
  put('local');
  const renewing = await site.beside('relay 4', ['https', 'http'], [...secure, '--tls-cert', files.cert, '--tls-key', files.key]).start();
  await ledger.incident('an expired certificate is put in place', () => {
    put('expired');
    renewing.signal('SIGHUP');
  }, [{ by: renewing, log: 'certificate-refused', fields: { problem: /expired/ } }]);
  await ledger.incident('a certificate with five days left is put in place', () => {
    // Only the authority of the tests is in their directory, and nobody has its key any more: this one is its own.
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '5', '-subj', '/CN=local', '-out', files.cert, '-keyout', files.key]);
    expect(made.status, String(made.stderr ?? made.error)).toBe(0);
    renewing.signal('SIGHUP');
  }, [
    { by: renewing, log: 'certificate-expires' },
    { by: renewing, at: 'http', metric: /^davecast_certificate_expiry_timestamp_seconds/, is: (until) => until < Date.now() / 1000 + 6 * 86_400, shown: 'davecast_certificate_expiry_timestamp_seconds' },
  ]);
});

it.skipIf(process.platform !== 'linux')('a disk that is full', async () => {
  // A limit for the length of files: writes fail from now on, as on a full disk.
  const limit = (bytes: string): void => {
    const { status, stderr } = spawnSync('prlimit', ['--pid', `${edge.pid}`, `--fsize=${bytes}:`], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  };
  const [listener, later] = [site.listen('jazz'), site.listen('jazz')];
  await eventually('both listeners hear something', () => (Math.min(listener.bytesRead, later.bytesRead) > 1_000 ? true : undefined), recovery);
  await ledger.incident('the disk is full, and a listener leaves', () => {
    limit('1');
    listener.destroy();
  }, [
    { by: edge, log: 'access-not-written' },
    sample(edge, 'davecast_events_total{event="access-not-written",level="error"}', grown),
    { by: edge, log: 'record-stopped', late: 'when the next block of the recording is full' },
  ]);
  await ledger.incident('there is room again, and the next listener leaves', () => {
    limit('unlimited');
    later.destroy();
  }, [{ by: edge, log: 'access-dropped' }]);
});

it('a worker that dies', async () => {
  const listener = site.listen('jazz');
  await eventually('the listener hears something', () => (listener.bytesRead > 1_000 ? true : undefined), recovery);
  // The listener that takes nothing came first, and is with the first one.
  const worker = edge.find('worker-started', { worker: 2 })!;
  await ledger.incident('a listener worker is killed', () => process.kill(Number(worker['pid']), 'SIGKILL'), [
    { by: edge, log: 'worker-ended', fields: { pid: Number(worker['pid']) } },
    { by: edge, log: 'worker-started', fields: {} },
    sample(edge, 'davecast_events_total{event="worker-ended",level="error"}', grown),
  ]);
});

it('a stranger on a mountpoint', async () => {
  await ledger.incident('a stranger announces a mountpoint (from its start)', () => site.stranger('talk'), [
    { by: relay, log: 'stream-announced', fields: { mount: 'talk' } },
    { by: edge, log: 'backup-added', fields: { mount: 'talk', origin: 'stranger' } },
    sample(edge, 'davecast_stream_info{mount="talk",stream=".*",origin="stranger"', grown),
  ]);
});

it('silence, and a source that is gone', async () => {
  for (const mount of ['radio', 'news']) await eventually(`${mount} has a backup`, async () => ([...(await edge.metrics('http'))].some(([name, value]) => name.startsWith(`davecast_mount_redundancy_lost_seconds{mount="${mount}"`) && value === 0) ? true : undefined), recovery);
  const [news] = site.onAir('news');
  const [radio] = site.onAir('radio');
  const silence = ledger.incident('the encoder on air is silent', () => void (site.source(news, 'news').isSilent = true), [
    { by: edge, log: 'switch', fields: { mount: 'news', reason: 'silent' }, late: 'silentSwitchMs (5 s): a pause is none' },
    sample(edge, 'davecast_mount_standing_by{mount="news"}', zero, 'with the switch'),
    { by: edge, log: 'backup-lost', fields: { mount: 'news' }, late: 'six seconds more: one encoder may be so far behind the other in a silence of the programme' },
  ]);
  const gone = ledger.incident('the source of the encoder on air is gone', () => site.source(radio, 'radio').stop(), [
    { by: radio, log: 'source-ended', fields: { mount: 'radio' } },
    sample(radio, 'davecast_sources{mount="radio"}', zero),
    { by: edge, log: 'switch', fields: { mount: 'radio', reason: 'stalled' } },
    { by: edge, log: 'backup-lost', fields: { mount: 'radio' } },
    sample(edge, 'davecast_mount_switches_total{mount="radio",reason="stalled"}', grown),
    sample(edge, 'davecast_mount_redundancy_lost_seconds{mount="radio"}', grown),
  ]);
  await Promise.all([silence, gone]);
  site.source(news, 'news').isSilent = false;
  site.feedOne(radio, 'radio');
});

it('a stopped encoder', async () => {
  const [live] = site.onAir('jazz');
  await ledger.incident('the encoder on air is frozen (SIGSTOP)', () => live.signal('SIGSTOP'), [
    { by: edge, log: 'switch', fields: { mount: 'jazz', reason: 'stalled' } },
    { by: edge, log: 'backup-lost', fields: { mount: 'jazz' } },
    sample(edge, 'davecast_mount_standing_by{mount="jazz"}', zero),
    sample(edge, `davecast_stream_healthy{mount="jazz",stream="${live.find('source-started', { mount: 'jazz' })!['stream'] as string}"}`, zero),
  ]);
  live.signal('SIGCONT');
  lostByThen = eventually('the backup of jazz is back', () => edge.find('redundancy-restored', { mount: 'jazz' }), recovery);
  lostByThen.catch(() => undefined);
});

it('a relay that dies', async () => {
  await ledger.incident('one of two relays is killed', () => relay.kill(), [
    { by: edge, log: 'relay-lost' },
    { by: other, log: 'target-down' },
    sample(edge, `davecast_upstream_connected{machine="edge",peer="${HOST}:${relay.port('out')}"}`, zero),
    sample(other, `davecast_target_connected{target="${HOST}:${relay.port('in')}"`, zero),
    readyz(edge, 200, '1 of 2 connected', /1 of 2 connected/),
  ]);
  await ledger.incident('the relay is started again (from its start)', () => relay.start(), [{ by: edge, log: 'relay-back' }, { by: other, log: 'target-up' }]);
});

it('encoders that die, until none is left', async () => {
  await lostByThen;
  const [live, backup] = site.onAir('jazz');
  await ledger.incident('the encoder on air is killed', () => live.kill(), [
    { by: edge, log: 'switch', fields: { mount: 'jazz', reason: 'stalled' } },
    { by: edge, log: 'backup-lost', fields: { mount: 'jazz' } },
    { by: relay, log: 'path-closed' },
    sample(edge, 'davecast_mount_standing_by{mount="jazz"}', zero),
  ]);
  const [stalled, fallback, ended] = await ledger.incident('the last encoder is killed, too', () => backup.kill(), [
    { by: edge, log: 'stalled', fields: { mount: 'jazz' } },
    { by: edge, log: 'fallback-entered', fields: { mount: 'radio' } },
    { by: edge, log: 'mount-ended', fields: { mount: 'jazz' }, late: 'mountEndMs (10 s)' },
    sample(edge, 'davecast_mount_on_air{mount="jazz"}', zero),
    sample(edge, 'davecast_mount_fallback{mount="radio"}', (value) => value === 1),
    { by: edge, at: 'http', page: '/readyz?mount=/jazz', shown: 'GET /readyz?mount=/jazz: 503', holds: ({ status }) => status === 503, late: 'with mount-ended' },
  ]);
  expect([stalled! < fallback!, fallback! < ended!]).toEqual([true, true]);
  const starts = 'starting two processes took until then, and the sources look for them every 200 ms';
  await ledger.incident('the encoders are started again (from their start)', async () => await Promise.all([live, backup].map((encoder) => encoder.start())), [
    { by: edge, log: 'mount-started', fields: { mount: 'jazz' }, late: starts },
    { by: edge, log: 'fallback-left', fields: { mount: 'radio' }, late: `${starts}; fallbackLeaveMs (1 s)` },
    sample(edge, 'davecast_mount_on_air{mount="jazz"}', (value) => value === 1, starts),
  ]);
});

it('a listener that takes nothing', async () => {
  await slowListener;
});

it('relays that die, until none is left', async () => {
  await ledger.incident('all relays are killed', async () => await Promise.all(relays.map((one) => one.kill())), [
    { by: edge, log: 'no-relay-left' },
    { by: other, log: 'no-target-left' },
    { by: edge, log: 'fallback-entered', fields: { mount: 'radio' } },
    { by: edge, log: 'stalled', fields: { mount: 'jazz' } },
    { by: edge, at: 'http', metric: /^davecast_upstream_connected/, is: zero, shown: 'davecast_upstream_connected' },
    { by: other, at: 'source', metric: /^davecast_target_connected/, is: zero, shown: 'davecast_target_connected' },
    readyz(edge, 503, '503', /0 of 2 connected/),
    readyz(other, 503, '503', /0 of 2 connected/),
  ]);
});
