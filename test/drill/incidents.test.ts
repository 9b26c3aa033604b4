import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pairOf, type PairName } from '../shell/net/tls/support.ts';
import { Ledger, type Saying } from './ledger.ts';
import { until } from '../../bench/common/until.ts';
import { HOST, type Running } from './running.ts';
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
  by, metric: new RegExp(`^${name.replace(/[{}".*+|]/g, (c) => (c === '.' || c === '*' ? c : `\\${c}`))}`), is, at: portOf(by), shown: name, ...(late !== undefined && { late }),
});
const grown = (value: number): boolean => value > 0;
const zero = (value: number): boolean => value === 0;
const readyz = (by: Running, status: number, shown: string, check: RegExp): Saying => ({ by, at: portOf(by), page: '/readyz', shown: `GET /readyz: ${shown}`, holds: (answer) => answer.status === status && check.test(answer.body) });

/** Starts processes; when the first of them serves is the beginning. */
async function serving(...processes: readonly Running[]): Promise<number> {
  const fromMs = Date.now();
  await Promise.all(processes.map((one) => one.start()));
  return Math.min(...processes.map((one) => one.find('listening', {}, fromMs)!.atMs));
}

/** What is wrong, on the page of the edge. */
const page = (mount: string | undefined, problem: RegExp, late?: string): Saying => ({ by: edge, viewer: site.viewer, mount, problem, ...(late !== undefined && { late }) });

beforeAll(async () => {
  await site.start();
  slowListener = ledger.incident('a listener takes nothing', () => site.listen('loud', false), [
    { by: edge, log: 'listener-dropped', fields: { mount: 'loud' }, late: 'once it is 512 KiB behind, and what the system takes for it is full' },
    sample(edge, 'davecast_listeners_slow_total{mount="loud"}', grown, 'with the line'),
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
  await ledger.incident('a source sends Ogg', async () => {
    const socket = site.alsoStop(net.connect(other.port('source'), HOST));
    socket.write(`SOURCE /spare HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:secret').toString('base64')}\r\n\r\n`);
    // Told to go on, as clients that wait for an answer are.
    await once(socket, 'data');
    socket.write(`OggS${'\0'.repeat(24)}\u0001\u001e\u0001vorbis${'\0'.repeat(2_000)}`);
    return Date.now();
  }, [
    { by: other, log: 'source-unsupported', fields: { format: /^Ogg/ } },
    sample(other, 'davecast_events_total{event="source-unsupported",level="error"}', grown),
  ]);
});

it('wrong wiring', async () => {
  const astray = site.beside('encoder', ['source'], ['encoder', '--mount', 'radio', '--listen', '0', '--to', `${HOST}:${relay.port('out')}`]);
  await ledger.incident('an encoder sends to `--out` of a relay', () => serving(astray), [
    { by: astray, log: 'wiring', fields: { found: /outgoing port/ } },
    { by: relay, log: 'wiring' },
    sample(relay, 'davecast_events_total{event="wiring",level="warn"}', grown),
  ]);
  const reader = site.beside('edge 2', ['http'], ['edge', '--http', '0', '--relay', `${HOST}:${relay.port('in')}`]);
  await ledger.incident('an edge reads from `--in` of a relay', () => serving(reader), [
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

it('a file that is wrong, and an upgrade that fails for it', async () => {
  const list = join(site.directory, 'deny.txt');
  writeFileSync(list, '192.0.2.0/24\n');
  const guarded = await site.beside('edge 3', ['http'], ['edge', '--http', '0', '--relay', `${HOST}:${relay.port('out')}`, '--listener-deny', list]).start();
  await ledger.incident('a list of addresses is wrong', () => {
    writeFileSync(list, 'nobody\n');
    guarded.signal('SIGHUP');
  }, [{ by: guarded, log: 'file-refused' }]);
  await ledger.incident('an edge is upgraded, and the new process refuses that list', () => guarded.signal('SIGUSR1'), [
    { by: guarded, log: 'upgrade-failed', late: 'the new process has to start' },
    { by: guarded, at: 'http', page: '/healthz', shown: 'GET /healthz: ok', holds: ({ status }) => status === 200 },
  ]);
});

it('a configuration that is wrong', async () => {
  const file = join(site.directory, 'edge.yaml');
  writeFileSync(file, 'burstMs: 2000\nmounts:\n  radio: { prefer: studio-a }\n');
  const configured = await site.beside('edge 4', ['http'], ['edge', '--http', '0', '--relay', `${HOST}:${relay.port('out')}`, '--config', file]).start();
  await ledger.incident('a configuration is wrong', () => {
    writeFileSync(file, 'burstMs: 2000\nmounts:\n  radio: { prefers: studio-b }\n');
    configured.signal('SIGHUP');
  }, [
    { by: configured, log: 'reload-refused', fields: { problem: /prefers/ } },
    sample(configured, 'davecast_events_total{event="reload-refused",level="warn"}', grown),
  ]);
  await ledger.incident('a configuration needs a restart', () => {
    writeFileSync(file, 'listenerFlushMs: 50\nmounts:\n  radio: { prefer: studio-b }\n');
    configured.signal('SIGHUP');
  }, [{ by: configured, log: 'needs-restart', fields: { keys: /listenerFlushMs/ } }, { by: configured, log: 'reloaded', fields: { changed: /mounts\.radio/ } }]);
});

it.skipIf(process.platform !== 'linux')('a disk that is full', async () => {
  // A limit for the length of files: writes fail from now on, as on a full disk.
  const limit = (bytes: string): void => {
    const { status, stderr } = spawnSync('prlimit', ['--pid', `${edge.pid}`, `--fsize=${bytes}:`], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  };
  const [listener, later] = [site.listen('jazz'), site.listen('jazz')];
  await until('both listeners hear something', () => Math.min(listener.bytesRead, later.bytesRead) > 1_000, recovery);
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
  await until('the listener hears something', () => listener.bytesRead > 1_000, recovery);
  // The listener that takes nothing came first, and is with the first one.
  const worker = edge.find('worker-started', { worker: 2 })!;
  await ledger.incident('a listener worker is killed', () => process.kill(Number(worker['pid']), 'SIGKILL'), [
    { by: edge, log: 'worker-ended', fields: { pid: Number(worker['pid']) } },
    { by: edge, log: 'worker-started', fields: {} },
    sample(edge, 'davecast_events_total{event="worker-ended",level="error"}', grown),
  ]);
});

it('a stranger on a mountpoint', async () => {
  let stranger: Running | undefined;
  await ledger.incident('a stranger announces a mountpoint', async () => (await until('it has a source', async () => (stranger ??= await site.stranger('talk')).find('source-started'), recovery)).atMs, [
    { by: relay, log: 'stream-announced', fields: { mount: 'talk' } },
    { by: edge, log: 'backup-added', fields: { mount: 'talk', origin: 'stranger' } },
    sample(edge, 'davecast_stream_info{mount="talk",stream=".*",origin="stranger"', grown),
  ]);
});

it('silence, and a source that is gone', async () => {
  for (const mount of ['radio', 'news']) await until(`${mount} has a backup`, async () => [...(await edge.metrics('http'))].some(([name, value]) => name.startsWith(`davecast_mount_redundancy_lost_seconds{mount="${mount}"`) && value === 0), recovery);
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
    page('radio', /^backup lost/),
  ]);
  const alone = ledger.incident('the only encoder that carries its programme is silent', () => void (site.source(other, 'talk').isSilent = true), [
    sample(edge, 'davecast_mount_fault{mount="talk",fault="silent"}', grown, 'silentSwitchMs (5 s)'),
    page('talk', /^silence is on air/, 'the same'),
  ]);
  await Promise.all([silence, gone, alone]);
  site.source(news, 'news').isSilent = false;
  site.source(other, 'talk').isSilent = false;
  site.feedOne(radio, 'radio');
});

it('a stopped encoder', async () => {
  const [live] = site.onAir('jazz');
  await ledger.incident('the encoder on air is frozen (SIGSTOP)', () => live.signal('SIGSTOP'), [
    { by: edge, log: 'switch', fields: { mount: 'jazz', reason: 'stalled' } },
    { by: edge, log: 'backup-lost', fields: { mount: 'jazz' } },
    sample(edge, 'davecast_mount_standing_by{mount="jazz"}', zero),
    page('jazz', /^backup lost/),
    sample(edge, `davecast_stream_healthy{mount="jazz",stream="${live.find('source-started', { mount: 'jazz' })!['stream'] as string}"}`, zero),
  ]);
  live.signal('SIGCONT');
  lostByThen = until('the backup of jazz is back', () => edge.find('redundancy-restored', { mount: 'jazz' }), recovery);
  lostByThen.catch(() => undefined);
});

it('a relay that dies', async () => {
  await ledger.incident('one of two relays is killed', () => relay.kill(), [
    { by: edge, log: 'relay-lost' },
    { by: other, log: 'target-down' },
    sample(edge, `davecast_upstream_connected{machine="edge",peer="${HOST}:${relay.port('out')}"}`, zero),
    sample(other, `davecast_target_connected{target="${HOST}:${relay.port('in')}"`, zero),
    readyz(edge, 200, '1 of 2 connected', /1 of 2 connected/),
    page(undefined, /^relay lost/),
  ]);
  await ledger.incident('the relay is started again', () => serving(relay), [{ by: edge, log: 'relay-back' }, { by: other, log: 'target-up' }]);
});

it('encoders that die, until none is left', async () => {
  await lostByThen;
  const [live, backup] = site.onAir('jazz');
  await ledger.incident('the encoder on air is killed', () => live.kill(), [
    { by: edge, log: 'switch', fields: { mount: 'jazz', reason: 'stalled' } },
    { by: edge, log: 'backup-lost', fields: { mount: 'jazz' } },
    { by: relay, log: 'path-closed' },
    sample(edge, 'davecast_mount_standing_by{mount="jazz"}', zero),
    page('jazz', /^backup lost/),
  ]);
  const [stalled, fallback, ended] = await ledger.incident('the last encoder is killed, too', () => backup.kill(), [
    { by: edge, log: 'stalled', fields: { mount: 'jazz' } },
    { by: edge, log: 'fallback-entered', fields: { mount: 'radio' } },
    { by: edge, log: 'mount-ended', fields: { mount: 'jazz' }, late: 'mountEndMs (10 s)' },
    sample(edge, 'davecast_mount_on_air{mount="jazz"}', zero),
    sample(edge, 'davecast_mount_fallback{mount="radio"}', (value) => value === 1),
    page('jazz', /^the encoder on air has stalled/),
    page('radio', /^no encoder is on air, listeners hear the fallback/),
    page('jazz', /^ended: /, 'with mount-ended'),
    { by: edge, at: 'http', page: '/readyz?mount=/jazz', shown: 'GET /readyz?mount=/jazz: 503', holds: ({ status }) => status === 503, late: 'with mount-ended' },
  ]);
  expect([stalled! < fallback!, fallback! < ended!]).toEqual([true, true]);
  await ledger.incident('the encoders are started again', () => serving(live, backup), [
    { by: edge, log: 'mount-started', fields: { mount: 'jazz' } },
    { by: edge, log: 'fallback-left', fields: { mount: 'radio' } },
    sample(edge, 'davecast_mount_on_air{mount="jazz"}', (value) => value === 1),
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
    page(undefined, /^no relay left/),
    readyz(other, 503, '503', /0 of 2 connected/),
  ]);
});
