import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readDavecast } from '../../../shell/bin/command-line.ts';
import type { Running } from '../../../shell/bin/serve.ts';
import { announce } from '../../core/support/messages.ts';
import { ProcessPages } from '../../../shell/bin/process-pages.ts';
import { Reloader } from '../../../shell/bin/reload/reloader.ts';
import { Metrics } from '../../../shell/operations/metrics/metrics.ts';
import { EventFanOut } from '../../../shell/log/fan-out.ts';
import type { LogLevel } from '../../../shell/log/text/table.ts';
import type { ReloadResult } from '../../../shell/process/app.ts';
import { certificateFile, secureClient, serialFor, serials, serverOptions, type PairName } from '../net/tls/support.ts';
import { freeUdpPort } from '../../../bench/common/free-port.ts';
import { ask, CapturedLog, mp3Frames, RawClient } from '../support/support.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'davecast-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Process {
  readonly told: CapturedLog;
  readonly levels: LogLevel[];
  /** Writes its file anew, and has it read. */
  change(content: string): Promise<ReloadResult>;
}

/** A role as `serve` runs it, of a file that is its own. */
async function running(role: string, content: string): Promise<Process> {
  const file = join(directory, `${role}.yaml`);
  const write = (text: string): void => writeFileSync(file, `bind: 127.0.0.1\n${text}`);
  write(content);
  const wish = readDavecast([role, '--config', file]);
  if (wish.kind !== 'run') throw new Error('it is no process');
  const told = new CapturedLog();
  const levels: LogLevel[] = [];
  const events = new EventFanOut(told.log);
  const pages = new ProcessPages(events, { role: wish.role, allow: wish.metricsAllow, fleet: wish.fleet });
  const reloader = new Reloader({ first: wish.configuration, read: wish.again!, prepare: (config) => process.prepare(config), commit: pages.change, setLevel: (level) => levels.push(level), log: told.log });
  const process: Running = wish.make(events, pages.metrics, pages.shown, reloader.reload);
  stops.push(() => process.app.stop(), () => Promise.resolve(pages.stop()));
  await process.app.start();
  reloader.begin();
  return {
    told,
    levels,
    change: (text) => {
      write(text);
      return reloader.reload('SIGHUP');
    },
  };
}

const basic = (login: string): string => `Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`;

async function statusOf(port: number, path: string, { method = 'GET', login = '' } = {}): Promise<number> {
  const client = new RawClient(port).write(`${method} ${path} HTTP/1.0\r\n${login === '' ? '' : basic(login)}\r\n`);
  const answer = await client.untilText('\r\n');
  client.socket.destroy();
  return Number(answer.split(' ')[1]);
}

const applied = (changed: readonly string[], needRestart: readonly string[] = []): ReloadResult => ({ isApplied: true, changed, needRestart });

describe('an edge that reads its configuration again', () => {
  const first = `http: 0
relay: 127.0.0.1:9
adminPassword: one
mounts:
  radio: {fallback: {file: a.mp3}}
`;
  beforeAll(() => {
    for (const name of ['a.mp3', 'b.mp3']) writeFileSync(join(directory, name), Buffer.concat(mp3Frames(40, name)));
    writeFileSync(join(directory, 'text.mp3'), 'no audio at all, but a few words in a file that has the name of one');
  });

  it('takes other passwords, policies, relays and a log level, and says so', async () => {
    const { told, levels, change } = await running('edge', first);
    const port = await told.port('http');
    expect(await statusOf(port, '/admin/sources?mount=/radio', { login: 'admin:one' })).toBe(200);
    expect(await change(first.replace('one', 'two').replace('127.0.0.1:9', '[127.0.0.1:9, 127.0.0.1:10]').replace('a.mp3}', 'b.mp3}, prefer: studio') + 'logLevel: warn\n'))
      .toEqual(applied(['adminPassword', 'logLevel', 'mounts.radio', 'relay', join(directory, 'b.mp3')]));
    expect(await statusOf(port, '/admin/sources?mount=/radio', { login: 'admin:one' })).toBe(401);
    expect(await statusOf(port, '/admin/sources?mount=/radio', { login: 'admin:two' })).toBe(200);
    expect(told.all('policy-changed')).toMatchObject([{ mount: 'radio', changed: 'prefer fallback' }]);
    expect(told.all('reloaded')).toEqual([{ kind: 'reloaded', by: 'SIGHUP', changed: `adminPassword, logLevel, mounts.radio, relay, ${join(directory, 'b.mp3')}` }]);
    expect(levels).toEqual(['info', 'warn']);
    expect(await ask(port, 'GET /readyz HTTP/1.0\r\n\r\n')).toContain('0 of 2 connected');
    await change(first);
    expect(await ask(port, 'GET /readyz HTTP/1.0\r\n\r\n')).toContain('0 of 1 connected');
    expect(levels.at(-1)).toBe('info');
  });

  it('takes a file that has another content, without a word in the configuration', async () => {
    const { told, change } = await running('edge', first);
    expect(await change(first)).toEqual(applied([]));
    expect(told.all('reloaded')).toMatchObject([{ changed: 'nothing' }]);
    writeFileSync(join(directory, 'a.mp3'), Buffer.concat(mp3Frames(41, 'other')));
    expect(await change(first)).toEqual(applied([join(directory, 'a.mp3')]));
    expect(told.all('policy-changed')).toMatchObject([{ mount: 'radio', changed: 'fallback' }]);
    expect(await change(first)).toEqual(applied([]));
  });

  it('changes nothing where anything is wrong, and says all of it', async () => {
    const { told, change } = await running('edge', first);
    const port = await told.port('http');
    expect(await change(first.replace('one', 'two').replace('relay', 'relai') + 'stallMinMs: 1\n')).toEqual({
      isApplied: false,
      problems: [expect.stringMatching(/edge\.yaml:3:1: unknown key "relai": did you mean relay\?$/), expect.stringMatching(/edge\.yaml:7:1: stallMinMs must be a whole number/)],
    });
    for (const [file, problem] of [['none.mp3', 'cannot be read: no such file or directory (ENOENT)'], ['text.mp3', 'has no frame of']] as const) {
      expect(await change(first.replace('one', 'two').replace('a.mp3', file))).toEqual({ isApplied: false, problems: [expect.stringContaining(problem)] });
    }
    expect(await change(`${first.replace('one', 'two')}listenerAllow: none.txt\n`)).toEqual({ isApplied: false, problems: [expect.stringContaining('none.txt: cannot be read: no such file or directory (ENOENT)')] });
    // A list that is right is not watched on behalf of a configuration that is not.
    writeFileSync(join(directory, 'deny.txt'), '127.0.0.0/8\n');
    const watches = process.listenerCount('SIGHUP');
    expect(await change(`${first.replace('a.mp3', 'none.mp3')}listenerDeny: deny.txt\n`)).toMatchObject({ isApplied: false });
    expect(process.listenerCount('SIGHUP')).toBe(watches);
    expect(told.all('reload-refused')).toHaveLength(6);
    expect(told.all('policy-changed')).toEqual([]);
    expect(await statusOf(port, '/admin/sources?mount=/radio', { login: 'admin:one' })).toBe(200);
    expect(await change(first)).toEqual(applied([]));
  });

  it('says of many problems the first twenty, and how many more there are', async () => {
    const { told, change } = await running('edge', first);
    const wrong = Array.from({ length: 25 }, (_, n) => `zzz${n}: 1\n`).join('');
    expect(await change(first + wrong)).toMatchObject({ isApplied: false, problems: { length: 25 } });
    expect(told.all('reload-refused')).toHaveLength(21);
    expect(told.all('reload-refused').at(-1)).toMatchObject({ problem: 'and 5 more: davecast config check' });
  });

  it('names what cannot change, until it is restarted', async () => {
    const { told, change } = await running('edge', first);
    expect(await change(first.replace('http: 0', 'http: 1') + 'workers: 2\nstallMinMs: 400\nlogLevel: debug\n')).toEqual(applied(['logLevel'], ['http', 'stallMinMs', 'workers']));
    expect(await change(first.replace('http: 0', 'http: 1'))).toEqual(applied(['logLevel'], ['http']));
    expect(told.all('needs-restart')).toEqual([{ kind: 'needs-restart', keys: 'http, stallMinMs, workers' }, { kind: 'needs-restart', keys: 'http' }]);
    expect(await change(first)).toEqual(applied([]));
  });

  it('takes other limits, and other times of mountpoints', async () => {
    const { change } = await running('edge', first);
    expect(await change(`${first}maxListeners: 1\nreturnMs: 5000\nringMs: 5000\n`)).toEqual(applied(['maxListeners', 'returnMs'], ['ringMs']));
    expect(await change(first)).toEqual(applied(['maxListeners', 'returnMs']));
  });

  it('turns fallbacks round, though half of that is a loop', async () => {
    const mounts = (...all: readonly string[]): string => `http: 0\nrelay: 127.0.0.1:9\nmounts: {${all.map((text) => `${text[0]!}: {fallback: {mount: ${text[1]!}}}`).join(', ')}}\n`;
    const { told, change } = await running('edge', mounts('ab', 'bc'));
    expect(await change(mounts('ba', 'cb'))).toEqual(applied(['mounts.a', 'mounts.b', 'mounts.c']));
    expect(told.all('policy-changed').length).toBeGreaterThanOrEqual(3);
    expect(await change(mounts('ab', 'bc'))).toEqual(applied(['mounts.a', 'mounts.b', 'mounts.c']));
    expect(await change('http: 0\nrelay: 127.0.0.1:9\n')).toEqual(applied(['mounts.a', 'mounts.b']));
  });

  it('keeps others from listening, and lets those who do go on', async () => {
    const { told, change } = await running('edge', first);
    const port = await told.port('http');
    writeFileSync(join(directory, 'deny.txt'), '127.0.0.0/8\n');
    expect(await statusOf(port, '/none')).toBe(404);
    expect(await change(`${first}listenerDeny: deny.txt\n`)).toEqual(applied(['listenerDeny']));
    expect(await statusOf(port, '/radio')).toBe(403);
    expect(await change(first)).toEqual(applied(['listenerDeny']));
  });

  it('writes its access log to another file, in another format, where that can be opened', async () => {
    const { told, change } = await running('edge', first);
    const port = await told.port('http');
    await told.until('mount-started');
    const leave = async (agent: string): Promise<void> => {
      const listener = new RawClient(port).write(`GET /radio HTTP/1.0\r\nUser-Agent: ${agent}\r\n\r\n`);
      await listener.untilText('\r\n\r\n');
      listener.socket.destroy();
    };
    const lines = (name: string): string => readFileSync(join(directory, name), 'latin1');
    expect(await change(`${first}accessLog: one.log\n`)).toEqual(applied(['accessLog']));
    await leave('first');
    await expect.poll(() => lines('one.log')).toContain('"first"');
    expect(await change(`${first}accessLog: none/two.log\n`)).toEqual({ isApplied: false, problems: [expect.stringMatching(/^the access log .*two\.log cannot be opened: no such file or directory \(ENOENT\)$/)] });
    // What is opened for a configuration that is wrong elsewhere is not used.
    expect(await change(`${first}accessLog: two.log\nlistenerDeny: none.txt\n`)).toMatchObject({ isApplied: false });
    await leave('second');
    await expect.poll(() => lines('one.log')).toContain('"second"');
    expect(await change(`${first}accessLog: two.log\naccessLogFormat: json\n`)).toEqual(applied(['accessLog', 'accessLogFormat']));
    await leave('third');
    await expect.poll(() => lines('two.log')).toContain('"agent":"third"');
    expect(lines('one.log')).not.toContain('third');
    expect(await change(first)).toEqual(applied(['accessLog', 'accessLogFormat']));
    await leave('fourth');
    await told.until('access', { agent: 'fourth' });
  });

  it('does so for operators, and answers with what came of it', async () => {
    const { told } = await running('edge', first);
    const port = await told.port('http');
    const post = async (content: string, login = 'admin:one'): Promise<string> => {
      writeFileSync(join(directory, 'edge.yaml'), content);
      return await ask(port, `POST /admin/reload HTTP/1.0\r\n${basic(login)}\r\n`);
    };
    expect(await post(`bind: 127.0.0.1\n${first}`, 'admin:two')).toMatch(/^HTTP\/1\.0 401 /);
    expect(await statusOf(port, '/admin/reload', { login: 'admin:one' })).toBe(405);
    expect(await post(`bind: 127.0.0.1\n${first.replace('127.0.0.1:9', '127.0.0.1:10')}workers: 2\n`)).toMatch(/^HTTP\/1\.0 200 [\s\S]*\r\n\r\n\{"message":"Changed: relay\. Cannot change while the process runs: workers","changed":\["relay"\],"needRestart":\["workers"\]\}\n$/);
    expect(await post('htpp: 0\n')).toMatch(/^HTTP\/1\.0 400 [\s\S]*\{"message":"Nothing has changed\. .*","problems":\[".*edge\.yaml:1:1: unknown key \\"htpp\\": did you mean http\?"\]\}\n$/);
    expect(told.all('reload-refused')).toMatchObject([{ by: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }]);
  });
});

/** All roles: what each has at an HTTP port. */
describe.each([
  ['edge', 'http: 0\nrelay: 127.0.0.1:9\n', 'http', 'relays'],
  ['station', 'http: 0\npeer: 127.0.0.1:9\n', 'http', 'peers'],
  ['relay', 'in: 0\nout: 0\nhttp: 0\nupstream: 127.0.0.1:9\n', 'http', 'upstreams'],
  ['encoder', 'listen: 0\nmount: radio\nto: 127.0.0.1:9\n', 'source', 'targets'],
] as const)('%s', (role, first, what, check) => {
  it('takes other proxies, readers of metrics, checks, and names of operators', async () => {
    const { told, change } = await running(role, first);
    const port = await told.port(what);
    const proxied = async (path: string, more = ''): Promise<string> => await ask(port, `PROXY TCP4 192.0.2.7 198.51.100.1 5432 443\r\nGET ${path} HTTP/1.0\r\n${more}\r\n`);
    expect(await proxied('/healthz')).toMatch(/ 400 /);
    const operators = role === 'encoder' ? '' : 'adminUser: boss\nadminPassword: one\n';
    const changed = ['metricsAllow', 'readyCheck', 'trustedProxy', ...(role === 'encoder' ? [] : ['adminPassword', 'adminUser'])].toSorted();
    expect(await change(`${first}trustedProxy: 127.0.0.1\nmetricsAllow: 192.0.2.0/24\nreadyCheck: none\n${operators}`)).toEqual(applied(changed));
    expect(await proxied('/metrics')).toMatch(/^HTTP\/1\.0 200 /);
    expect(await ask(port, 'GET /readyz HTTP/1.0\r\n\r\n')).toMatch(new RegExp(`^HTTP/1\\.0 200 [^]*"${check}":\\{"ok":false,"counts":false`));
    if (role !== 'encoder') expect([await statusOf(port, '/admin/reload', { method: 'POST', login: 'admin:one' }), await statusOf(port, '/admin/reload', { method: 'POST', login: 'boss:one' })]).toEqual([401, 200]);
    expect(await change(first)).toEqual(applied(changed));
    expect(await proxied('/healthz')).toMatch(/ 400 /);
    if (role !== 'station') expect(await statusOf(port, '/readyz')).toBe(503);
  });
});

/** The same with lists of addresses. */
describe.each([
  ['edge', 'http: 0\nrelay: 127.0.0.1:9\n', 'http'],
  ['station', 'http: 0\n', 'http'],
  ['relay', 'in: 0\nout: 0\nhttp: 0\n', 'http'],
  ['encoder', 'listen: 0\nmount: radio\nto: 127.0.0.1:9\n', 'source'],
] as const)('%s', (role, first, what) => {
  it('keeps others from its HTTP ports, by other files, where these are right', async () => {
    const { told, change } = await running(role, first);
    const port = await told.port(what);
    const nobody = join(directory, 'nobody.txt');
    writeFileSync(join(directory, 'us.txt'), '127.0.0.0/8\n');
    writeFileSync(nobody, '# none\n');
    const statuses = async (): Promise<readonly number[]> => [await statusOf(port, '/metrics'), await statusOf(port, '/healthz')];
    expect(await statuses()).toEqual([200, 200]);
    expect(await change(`${first}httpDeny: us.txt\n`)).toEqual(applied(['httpDeny']));
    expect(await statuses()).toEqual([403, 200]);
    const watches = process.listenerCount('SIGHUP');
    expect(await change(`${first}httpDeny: us.txt\nhttpAllow: nobody.txt\n`)).toEqual({ isApplied: false, problems: [`${nobody}: has no range of addresses: nobody would be let in`] });
    expect(process.listenerCount('SIGHUP')).toBe(watches);
    expect(await statuses()).toEqual([403, 200]);
    expect(await change(`${first}httpAllow: us.txt\n`)).toEqual(applied(['httpAllow', 'httpDeny']));
    expect(await statuses()).toEqual([200, 200]);
    expect(await change(first)).toEqual(applied(['httpAllow']));
    expect(process.listenerCount('SIGHUP')).toBe(watches - 1);
  });
});

/** The same with ports by TLS. */
describe.each([
  ['edge', 'http: 0\nrelay: 127.0.0.1:9\n'],
  ['station', 'http: 0\n'],
  ['relay', 'in: 0\nout: 0\nhttp: 0\n'],
  ['encoder', 'listen: 0\nmount: radio\nto: 127.0.0.1:9\n'],
] as const)('%s', (role, first) => {
  it('shows other certificates to those who connect from then on, where these are right', async () => {
    const shown = (cert: PairName, key = cert): string => `${first}https: 0\ntlsCert: ${certificateFile(`${cert}.crt`)}\ntlsKey: ${certificateFile(`${key}.key`)}\n`;
    const { told, change } = await running(role, shown('local'));
    const port = await told.port('https');
    const open = secureClient(port);
    await once(open.socket, 'secureConnect');
    expect(await serialFor(port, 'localhost')).toBe(serials.local);
    const watches = process.listenerCount('SIGHUP');
    expect(await change(shown('renewed', 'one'))).toMatchObject({ isApplied: false, problems: [expect.stringContaining('one.key') as string] });
    expect([await serialFor(port, 'localhost'), process.listenerCount('SIGHUP')]).toEqual([serials.local, watches]);
    expect(await change(shown('renewed'))).toEqual(applied(['tlsCert', 'tlsKey']));
    expect([await serialFor(port, 'localhost'), process.listenerCount('SIGHUP')]).toEqual([serials.renewed, watches]);
    // Whoever is connected stays.
    expect(open.write('GET /healthz HTTP/1.0\r\n\r\n').socket.destroyed).toBe(false);
    expect(await open.untilText('ok')).toMatch(/^HTTP\/1\.0 200 /);
    expect(await change(first)).toEqual(applied(['tlsCert', 'tlsKey'], ['https']));
  });
});

it('an encoder trusts other authorities, for the next connection', async () => {
  let [asked, refused] = [0, 0];
  const server = tls.createServer(serverOptions('local'), (socket) => {
    asked++;
    socket.on('error', () => undefined).end('HTTP/1.0 404 Not Found\r\n\r\n');
  }).on('tlsClientError', () => refused++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => Promise.resolve(void server.close()));
  const first = `from: https://127.0.0.1:${(server.address() as { readonly port: number }).port}/radio\nmount: radio\nto: 127.0.0.1:9\nbackoffMaxMs: 100\n`;
  const { told, change } = await running('encoder', first);
  await told.until('disconnected', { reason: 'the certificate of the server is from no trusted authority; a private one is named with --ca' });
  const trusted = join(directory, 'trusted.pem');
  writeFileSync(trusted, readFileSync(certificateFile('ca.crt')));
  expect(await change(`${first}ca: trusted.pem\n`)).toEqual(applied(['ca']));
  await expect.poll(() => asked).toBeGreaterThan(0);
  // Another content of the same file.
  writeFileSync(trusted, readFileSync(certificateFile('stranger.crt')));
  expect(await change(`${first}ca: trusted.pem\n`)).toEqual(applied(['ca']));
  const before = refused;
  await expect.poll(() => refused).toBeGreaterThan(before);
});

it('an encoder takes other limits of its sources', async () => {
  const first = 'listen: 0\nmount: [radio, jazz]\nto: 127.0.0.1:9\npassword: a\n';
  const { told, change } = await running('encoder', `${first}maxSources: 1\n`);
  const port = await told.port('source');
  const source = new RawClient(port).write(`SOURCE /radio HTTP/1.0\r\n${basic('source:a')}\r\n`);
  await source.untilText(' 200 ');
  const jazz = (): Promise<number> => statusOf(port, '/jazz', { method: 'SOURCE', login: 'source:a' });
  expect(await jazz()).toBe(403);
  expect(await change(`${first}maxSources: 2\nresolveMs: 1000\n`)).toEqual(applied(['maxSources'], ['resolveMs']));
  expect(await jazz()).toBe(200);
  source.socket.destroy();
});

it('a relay and a station take other limits of connections', async () => {
  const all = [await running('relay', 'in: 0\nout: 0\nmaxSubscribers: 1\n'), await running('station', 'http: 0\nout: 0\nmaxSubscribers: 2\n')];
  const before = ['in: 0\nout: 0\n', 'http: 0\nout: 0\n'];
  for (const [index, { told, change }] of all.entries()) {
    const out = await told.port('out');
    const clients: RawClient[] = [];
    const subscribe = (): RawClient => {
      clients.push(new RawClient(out));
      return clients.at(-1)!;
    };
    for (let count = 0; count < 2; count++) subscribe();
    // One of them has no place.
    expect(await told.until('bound-hit')).toMatchObject({ bound: 'maxSubscribers', count: 1 });
    expect(await change(`${before[index]!}maxSubscribers: 10\nhistoryBytes: 2000000\n`)).toEqual(applied(['maxSubscribers'], ['historyBytes']));
    for (let count = 0; count < 2; count++) await subscribe().until((received) => received.length > 0);
    expect(told.all('bound-hit')).toHaveLength(1);
    for (const { socket } of clients) socket.destroy();
  }
});

it('a page shows other processes', async () => {
  const { told, change } = await running('edge', 'http: 0\nrelay: 127.0.0.1:9\n');
  const port = await told.port('http');
  const fleet = async (): Promise<readonly string[]> => [...(await ask(port, 'GET /page/state HTTP/1.0\r\n\r\n')).matchAll(/"kind":"fleet","name":"([^"]+)"/g)].map(([, name]) => name!);
  expect(await fleet()).toEqual([]);
  expect(await change('http: 0\nrelay: 127.0.0.1:9\nfleet: [http://127.0.0.1:8, http://127.0.0.1:7]\n')).toEqual(applied(['fleet']));
  await expect.poll(fleet).toEqual(['127.0.0.1:8', '127.0.0.1:7']);
  expect(await change('http: 0\nrelay: 127.0.0.1:9\nfleet: http://127.0.0.1:7\n')).toEqual(applied(['fleet']));
  await expect.poll(fleet).toEqual(['127.0.0.1:7']);
});

it('an edge without a file has nothing to read again', async () => {
  const wish = readDavecast('edge --http 0 --relay 127.0.0.1:9 --bind 127.0.0.1 --admin-password one'.split(' '));
  if (wish.kind !== 'run') throw new Error('it is no process');
  expect(wish.again).toBeUndefined();
  const told = new CapturedLog();
  const { app } = wish.make(new EventFanOut(told.log), new Metrics({ role: wish.role, tell: told.log }));
  stops.push(() => app.stop());
  await app.start();
  expect(await statusOf(await told.port('http'), '/admin/reload', { method: 'POST', login: 'admin:one' })).toBe(409);
});

it('a relay subscribes to other relays, and allows other addresses', async () => {
  const { told, change } = await running('relay', 'in: 0\nout: 0\nhttp: 0\nadminPassword: one\n');
  const upstream = await running('station', 'http: 0\nout: 0\n');
  const [port, inPort, out] = [await told.port('http'), await told.port('in'), await upstream.told.port('out')];
  expect(await ask(port, 'GET /readyz HTTP/1.0\r\n\r\n')).toContain('"checks":{}');
  expect(await change(`in: 0\nout: 0\nhttp: 0\nupstream: 127.0.0.1:${out}\nallowIn: 192.0.2.0/24\nadminPassword: two\n`)).toEqual(applied(['adminPassword', 'allowIn', 'upstream']));
  await told.until('connected', { peer: `127.0.0.1:${out}` });
  expect(await statusOf(port, '/admin/reload', { method: 'POST', login: 'admin:one' })).toBe(401);
  expect(await statusOf(port, '/admin/reload', { method: 'POST', login: 'admin:two' })).toBe(200);
  expect(await ask(inPort, '')).toBe('');
  await told.until('refused', { reason: 'not allowed' });
  await upstream.told.until('subscriber-joined');
  expect(await change('in: 0\nout: 0\nhttp: 0\n')).toEqual(applied(['adminPassword', 'allowIn', 'upstream']));
  await upstream.told.until('subscriber-left');
  expect(await ask(port, 'GET /readyz HTTP/1.0\r\n\r\n')).toContain('"checks":{}');
});

it('a relay joins other multicast groups, and leaves those that are not named any more', async () => {
  const first = 'in: 0\nout: 0\n';
  const { told, change } = await running('relay', first);
  const [one, two, never] = [await freeUdpPort(), await freeUdpPort(), await freeUdpPort()];
  const groups = (...all: readonly string[]): string => `${first}multicast: [${all.join(', ')}]\n`;
  const send = async (port: number, streamId: number): Promise<void> => {
    const socket = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.setMulticastInterface('127.0.0.1');
    await new Promise((resolve) => socket.send(announce(1, `m${streamId}`, { stream: streamId }), port, '239.255.9.9', resolve));
    socket.close();
  };
  expect(await change(groups(`239.255.9.9@${one}`))).toEqual(applied(['multicast']));
  await send(one, 1);
  await told.until('stream-announced', { mount: 'm1' });
  // One of two that cannot be joined: nothing changes.
  const taken = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => taken.bind(never, '239.255.9.9', resolve));
  expect(await change(groups(`239.255.9.9@${two}`, `239.255.9.9@${never}`))).toMatchObject({ isApplied: false, problems: [expect.stringMatching(/^multicast: cannot listen on 239\.255\.9\.9 port \d+ \(udp\): the port is in use \(EADDRINUSE\)$/)] });
  taken.close();
  expect(await change(groups(`239.255.9.9@${two}`))).toEqual(applied(['multicast']));
  await send(one, 2);
  await send(two, 3);
  await told.until('stream-announced', { mount: 'm3' });
  expect(told.all('stream-announced').map(({ mount }) => mount)).toEqual(['m1', 'm3']);
  expect(await change(first)).toEqual(applied(['multicast']));
});

it('a station takes other passwords of sources, other pulls and other peers', async () => {
  const first = 'http: 0\npassword: one\nmounts:\n  radio: {source: {password: own}}\n';
  const { told, change } = await running('station', first);
  const port = await told.port('http');
  const push = (mount: string, password: string): Promise<number> => statusOf(port, `/${mount}`, { method: 'SOURCE', login: `source:${password}` });
  expect([await push('jazz', 'two'), await push('radio', 'one')]).toEqual([401, 401]);
  expect(await change(first.replace('one', 'two').replace('own', 'other') + 'from: news=http://127.0.0.1:9/x\npeer: 127.0.0.1:9\nmount: [jazz, radio, news]\n')).toEqual(applied(['from', 'mount', 'mounts.radio', 'password', 'peer']));
  expect([await push('jazz', 'one'), await push('radio', 'own'), await push('jazz', 'two'), await push('radio', 'other'), await push('rock', 'two')]).toEqual([401, 401, 200, 200, 404]);
  await told.until('disconnected', { peer: '127.0.0.1:9/x' });
  expect(await ask(port, 'GET /readyz HTTP/1.0\r\n\r\n')).toContain('"peers":{"ok":false');
  expect(await change(first)).toEqual(applied(['from', 'mount', 'mounts.radio', 'password', 'peer']));
  expect([await push('rock', 'two'), await push('rock', 'one')]).toEqual([401, 200]);
  expect(await ask(port, 'GET /readyz HTTP/1.0\r\n\r\n')).not.toContain('peers');
});

it('an encoder sends to other targets, and takes sources of other mountpoints', async () => {
  const relays = [await running('relay', 'in: 0\nout: 0\n'), await running('station', 'http: 0\nin: 0\n')];
  const [one, two] = await Promise.all(relays.map(({ told }) => told.port('in')));
  const first = `listen: 0\nmount: radio\nto: 127.0.0.1:${one}\npassword: a\n`;
  const { told, change } = await running('encoder', first);
  const port = await told.port('source');
  await told.until('target-up', { label: `127.0.0.1:${one}` });
  const source = new RawClient(port).write(`SOURCE /radio HTTP/1.0\r\n${basic('source:a')}\r\n`).write(Buffer.concat(mp3Frames(20)));
  await told.until('encoder-format');
  expect(await change(first.replace(`127.0.0.1:${one}`, `127.0.0.1:${two}`).replace('radio', '[radio, jazz]').replace('password: a', 'password: b'))).toEqual(applied(['mount', 'password', 'to']));
  await told.until('target-up', { label: `127.0.0.1:${two}` });
  // What it has of the source it sends there, too, and nothing more to the first one.
  await relays[1]!.told.until('stream-announced');
  await relays[0]!.told.until('path-closed');
  expect(await statusOf(port, '/jazz', { method: 'SOURCE', login: 'source:a' })).toBe(401);
  expect(await statusOf(port, '/jazz', { method: 'SOURCE', login: 'source:b' })).toBe(200);
  expect(await change(first)).toEqual(applied(['mount', 'password', 'to']));
  source.socket.destroy();
});
