import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withSettings } from '../../../core/config/settings.ts';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import { makersIn, numbered, numberedAac, numbersIn, range } from '../../core/support/frames.ts';
import { ask, CapturedLog, RawClient } from '../support/support.ts';

const PASSWORD = 'sesame';
const settings = withSettings({ burstMs: 1_000, listenerFlushMs: 20 });

let folder: string;
let app: EdgeApp | undefined;
let told: CapturedLog;
let port: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'admin-'));
});

afterEach(async () => {
  await app?.stop();
  app = undefined;
  await rm(folder, { recursive: true });
});

/** An edge with mountpoints `one` and `two`, each of frames of its own, and `aac`, which need no stream. */
async function start({ workers = 1, mounts = ['one', 'two', 'aac'], password = PASSWORD }: { readonly workers?: number; readonly mounts?: readonly string[]; readonly password?: string | null } = {}): Promise<void> {
  const policies: Record<string, MountPolicies[string]> = {};
  for (const [index, mount] of mounts.entries()) {
    const file = join(folder, `${mount} & co.${mount === 'aac' ? 'aac' : 'mp3'}`);
    await writeFile(file, Buffer.concat(range(0, 3_999).map((number) => (mount === 'aac' ? numberedAac(number) : numbered(number, index + 1)))));
    policies[mount] = { fallback: { file }, ...(mount === 'two' && { settings: { maxListeners: 7 } }) };
  }
  told = new CapturedLog();
  app = new EdgeApp({ bind: '127.0.0.1', httpPort: 0, relays: [], workers, settings, policies, adminPassword: password ?? undefined }, told.log);
  await app.start();
  port = await told.port('http');
}

const basic = (user: string, password: string): string => `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;

async function get(target: string, head = basic('admin', PASSWORD), method = 'GET'): Promise<{ status: number; type: string; body: string }> {
  const answer = await ask(port, `${method} ${target} HTTP/1.0\r\nHost: edge:8000\r\n${head}\r\n`);
  const body = Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1').toString('utf8');
  return { status: Number(answer.split(' ')[1]), type: /Content-Type: ([^\r]*)/.exec(answer)?.[1] ?? '', body };
}

async function document(target: string): Promise<string> {
  const { status, type, body } = await get(target);
  expect({ status, type }).toEqual({ status: 200, type: 'text/xml; charset=utf-8' });
  expect(body.startsWith('<?xml version="1.0"?>\n')).toBe(true);
  return body.split('\n')[1]!;
}

async function json(target: string): Promise<Record<string, Record<string, unknown>>> {
  const { status, type, body } = await get(target);
  expect({ status, type }).toEqual({ status: 200, type: 'application/json; charset=utf-8' });
  return JSON.parse(body) as Record<string, Record<string, unknown>>;
}

/** A listener who has got so many bytes of audio. */
async function listen(mount: string, head = 'User-Agent: Player "1" <x>\r\n'): Promise<RawClient> {
  const client = new RawClient(port).write(`GET /${mount} HTTP/1.0\r\n${head}\r\n`);
  await client.until((received) => received.includes('\r\n\r\n') && audioOf(received).length > 20_000);
  return client;
}

function audioOf(received: Buffer): Buffer {
  return received.subarray(received.indexOf('\r\n\r\n') + 4);
}

async function idsOf(mount: string): Promise<number[]> {
  const { icestats } = await json(`/admin/listclients.json?mount=/${mount}`);
  return (icestats!['source'] as { listener?: { ID: number }[] }[])[0]!.listener?.map(({ ID }) => ID) ?? [];
}

const response = (message: string, done: 0 | 1): string => `<iceresponse><message>${message}</message><return>${done}</return></iceresponse>`;

describe('who asks for an admin page', () => {
  it.each(['/admin/listclients?mount=/one', '/admin/killsource?mount=/one', '/admin/stats', '/admin/stats.json', '/admin/anything', '/admin.cgi?mode=updinfo&song=x'])('of %s is the admin, or is told so', async (target) => {
    await start();
    for (const head of ['', basic('admin', 'wrong'), basic('source', PASSWORD), basic('admin', '')]) expect((await get(target, head)).status).toBe(401);
  });

  it('is refused where there is no password', async () => {
    await start({ password: null });
    expect(await get('/admin/stats', basic('admin', ''))).toMatchObject({ status: 403, body: expect.stringContaining('has no admin password') as string });
  });

  it('may have the password in the address only where Shoutcast has it', async () => {
    await start({ mounts: ['one'] });
    expect((await get(`/admin.cgi?pass=${PASSWORD}&mode=updinfo&song=x`, '')).status).toBe(200);
    expect((await get('/admin.cgi?pass=wrong&mode=updinfo&song=x', '')).status).toBe(401);
    expect((await get(`/admin/metadata?pass=${PASSWORD}&mount=/one&mode=updinfo&song=x`, '')).status).toBe(401);
  });

  it('does not ask from a page of another site, when that would change something', async () => {
    await start();
    for (const head of ['Origin: http://evil.example\r\n', 'Sec-Fetch-Site: cross-site\r\n', 'Referer: http://evil.example/\r\n']) {
      for (const target of ['killsource?mount=/one', 'killclient?mount=/one&id=1', 'moveclients?mount=/one&destination=/two', 'metadata?mount=/one&mode=updinfo&song=x', 'killsource.json?mount=/one']) {
        expect((await get(`/admin/${target}`, basic('admin', PASSWORD) + head)).status).toBe(403);
      }
    }
    expect(told.all('operator')).toEqual([]);
  });
});

describe('what is no right request', () => {
  it.each([
    ['/admin/anything', 404, 'Unknown admin request'],
    ['/admin/anything.json', 404, 'Unknown admin request'],
    ['/admin/listclients', 400, 'Missing parameter'],
    ['/admin/listclients?mount=/none', 400, 'Source does not exist'],
    ['/admin/listclients.json?mount=/none', 400, 'Source does not exist'],
    ['/admin/killclient?mount=/one', 400, 'Missing parameter'],
    ['/admin/killsource', 400, 'Missing parameter'],
    ['/admin/moveclients?mount=/one&destination=', 400, 'Missing parameter'],
    ['/admin/moveclients?mount=/one&destination=/none', 400, 'No such destination'],
    ['/admin/moveclients?mount=/one&destination=/one', 400, 'supplied mountpoints are identical'],
    ['/admin/moveclients?mount=/one&destination=/aac', 400, 'Listeners cannot be moved: '],
    ['/admin/fallbacks?mount=/one', 400, 'Missing parameter'],
    ['/admin/fallbacks?mount=/none&fallback=/one', 400, 'Source does not exist'],
    ['/admin/fallbacks?mount=/one&fallback=/admin/x', 400, 'reserved for pages'],
    ['/admin/fallbacks?mount=/one&fallback=/%3Cscript%3E', 400, "a mountpoint's name has no spaces"],
    ['/admin/metadata?mount=/one&song=x', 400, 'Missing parameter'],
    ['/admin/metadata?mount=/one&mode=other&song=x', 400, 'No such action'],
    ['/admin/metadata?mount=/one&mode=updinfo', 400, 'Missing parameter'],
    ['/admin/metadata?mode=updinfo&song=x', 400, 'Missing parameter'],
    ['/admin/metadata?mount=/none&mode=updinfo&song=x', 400, 'Source does not exist'],
    ['/admin/stats?mount=/none', 400, 'Source does not exist'],
    [`/admin.cgi?pass=${PASSWORD}&mode=updinfo&song=x`, 400, 'Missing parameter'],
  ])('%s is answered %i %s', async (target, status, sentence) => {
    await start();
    const answer = await get(target);
    expect(answer.status).toBe(status);
    if (target.includes('.json')) expect(JSON.parse(answer.body)).toEqual({ message: sentence });
    else expect(answer.body).toContain(sentence);
  });

  it('as another method is not answered at all', async () => {
    await start();
    expect((await get('/admin/killsource?mount=/one', basic('admin', PASSWORD), 'HEAD')).status).toBe(405);
    expect((await get('/admin/stats', basic('admin', PASSWORD), 'HEAD')).status).toBe(200);
  });
});

it.each(['/admin/streamlist.txt', '/admin/streams'])('%s lists the mountpoints for a slave, which is no admin', async (target) => {
  await start();
  expect(await get(target, basic('relay', 'x'))).toEqual({ status: 200, type: 'text/plain; charset=utf-8', body: '/aac\r\n/one\r\n/two\r\n' });
});

describe.each([1, 2])('listeners of %i process(es)', (workers) => {
  it('are listed, and disconnected by their number', async () => {
    await start({ workers });
    const [first, second] = [await listen('one'), await listen('one')];
    const clients = await document('/admin/listclients?mount=/one');
    const one = (id: string): string => `<listener><IP>127.0.0.1</IP><UserAgent>Player &quot;1&quot; &lt;x&gt;</UserAgent><Connected>\\d+</Connected><ID>${id}</ID></listener>`;
    expect(clients).toMatch(new RegExp(`^<icestats><source mount="/one"><Listeners>2</Listeners>${one('1')}${one('2')}</source></icestats>$`));
    expect(await json('/admin/listclients.json?mount=/two')).toEqual({ icestats: { source: [{ mount: '/two', Listeners: 0 }] } });
    expect(await document('/admin/killclient?mount=/one&id=999')).toBe(response('Client 999 not found', 0));
    expect(await document('/admin/killclient?mount=/two&id=1')).toBe(response('Client 1 not found', 0));
    expect(await document('/admin/killclient?mount=/one&id=1')).toBe(response('Client 1 removed', 1));
    await first.closed;
    expect(await told.until('access', { reason: 'killed' })).toMatchObject({ mount: 'one', bytes: expect.any(Number) as number });
    expect(await idsOf('one')).toEqual([2]);
    const before = second.received.length;
    await second.until((received) => received.length > before + 4_000);
    expect(second.socket.destroyed).toBe(false);
    expect(told.all('operator').map(({ command, result }) => [command, result])).toEqual([['killclient', 'no-such-listener'], ['killclient', 'no-such-listener'], ['killclient', 'done']]);
    second.socket.destroy();
  });

  it('are moved, each at a whole frame, and stay connected', async () => {
    await start({ workers });
    const clients = [await listen('one'), await listen('one')];
    // Where they can be moved to.
    expect(await document('/admin/moveclients?mount=/one')).toMatch(/^<icestats><current_source>\/one<\/current_source><source mount="\/two">(?!.*<source ).*<listeners>0<\/listeners>.*<\/source><\/icestats>$/);
    expect(await document('/admin/moveclients?mount=/one&destination=two')).toBe(response('Clients moved from /one to /two', 1));
    for (const client of clients) await client.until((received) => makersIn(audioOf(received)).filter((maker) => maker === 2).length > 20);
    for (const { received } of clients) {
      const audio = audioOf(received);
      const whole = audio.subarray(0, audio.length - (audio.length % numbered(0).length));
      // Throws at what is no whole frame.
      expect(numbersIn(whole).length).toBeGreaterThan(60);
      const makers = makersIn(whole);
      expect(makers).toEqual([...makers].sort());
      expect(new Set(makers)).toEqual(new Set([1, 2]));
    }
    expect([await idsOf('one'), (await idsOf('two')).toSorted((a, b) => a - b)]).toEqual([[], [1, 2]]);
    expect(await document('/admin/listmounts')).toMatch(/<source mount="\/one"><fallback>[^<]*one &amp; co\.mp3<\/fallback><listeners>0<\/listeners><Connected>\d+<\/Connected><content-type>audio\/mpeg<\/content-type><\/source><source mount="\/two"><fallback>[^<]*<\/fallback><listeners>2<\/listeners>/);
    for (const client of clients) client.socket.destroy();
    await told.until('access', { mount: 'two' });
  });

  it('hear another fallback from when an operator says so, and the file again that was read at start', async () => {
    await start({ workers, mounts: ['one', 'two'] });
    const fallbacks = async (): Promise<unknown[]> => ((await json('/admin/listmounts.json'))['icestats']!['source'] as { fallback: string }[]).map(({ fallback }) => fallback);
    const before = await fallbacks();
    const client = await listen('one');
    expect(await document('/admin/fallbacks?mount=/one&fallback=/two')).toBe(response('Fallback configured', 1));
    await client.until((received) => makersIn(audioOf(received)).at(-1) === 2);
    expect(await fallbacks()).toEqual(['/two', before[1]]);
    // It would come back to where it began.
    expect(await get('/admin/fallbacks?mount=/two&fallback=/one')).toMatchObject({ status: 400, body: expect.stringContaining('the fallbacks form a loop: /two, /one, /two') as string });
    expect(await document(`/admin/fallbacks?mount=/one&fallback=${encodeURIComponent(String(before[0]))}`)).toBe(response('Fallback configured', 1));
    await client.until((received) => makersIn(audioOf(received)).at(-1) === 1);
    expect(await document('/admin/fallbacks?mount=/one&fallback=')).toBe(response('Fallback configured', 1));
    expect(await fallbacks()).toEqual(['', before[1]]);
    const whole = audioOf(client.received);
    const makers = makersIn(whole.subarray(0, whole.length - (whole.length % numbered(0).length)));
    expect(makers.filter((maker, at) => maker !== makers[at - 1])).toEqual([1, 2, 1]);
    expect(told.all('operator').map(({ command, to, result }) => [command, to, result])).toEqual([
      ['fallbacks', '/two', 'done'], ['fallbacks', '/one', 'refused'], ['fallbacks', before[0], 'done'], ['fallbacks', '', 'done'],
    ]);
    client.socket.destroy();
  });
});

describe('figures', () => {
  it('of all mountpoints, or of one, are in admin/stats', async () => {
    await start();
    const client = await listen('one');
    const other = await listen('one');
    const third = await listen('one', 'User-Agent: another\r\n');
    const { icestats } = await json('/admin/stats.json');
    expect(icestats).toMatchObject({ clients: 4, connections: 4, client_connections: 4, listener_connections: 3, listeners: 3, sources: 3, host: 'edge', server_id: expect.stringMatching(/^Davecast\//) as string });
    const [, one] = icestats!['source'] as Record<string, unknown>[];
    expect(one).toMatchObject({ mount: '/one', listeners: 3, listener_peak: 3, unique_listeners: 2, listenurl: 'http://edge:8000/one', title: 'one & co', server_type: 'audio/mpeg', public: '0', slow_listeners: 0 });
    const sent = one!['total_bytes_sent'] as number;
    expect(sent).toBeGreaterThan(60_000);
    const xml = await document('/admin/stats?mount=/two');
    expect(xml).toMatch(/^<icestats><admin\/><client_connections>5<\/client_connections>.*<source mount="\/two">.*<title>two &amp; co<\/title>.*<\/source><\/icestats>$/);
    expect(xml).not.toContain('mount="/one"');
    // Those of the server are of all of its mountpoints, also where one is asked for.
    expect(xml).toMatch(/<listeners>3<\/listeners>.*<sources>3<\/sources>.*<source /);
    expect(xml).toContain('<max_listeners>7</max_listeners>');
    expect(one).toMatchObject({ max_listeners: settings.maxListeners });
    expect(icestats).toMatchObject({ source_client_connections: 0, source_relay_connections: 0, source_total_connections: 0, file_connections: 0, stats_connections: 0 });
    const withoutCounts = async (target: string): Promise<string> => (await document(target)).replace(/>\d+</g, '><');
    expect(await withoutCounts('/admin/stats.xml?mount=/two')).toBe(await withoutCounts('/admin/stats?mount=/two'));
    for (const one of [client, other, third]) one.socket.destroy();
  });

  it('are on a page for people, and in the line of Shoutcast', async () => {
    await start({ mounts: ['one', 'two'] });
    const client = await listen('two');
    const page = await get('/status.xsl', '');
    expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect(page.body).toContain('<a href="http://edge:8000/two">/two</a> <a href="http://edge:8000/two.m3u">M3U</a></td><td></td><td>two &amp; co</td><td>audio/mpeg, 128 kbit/s</td><td>1</td><td>1</td>');
    const seven = await get('/7.html?mount=/two', '');
    expect(seven.body).toBe(`<HTML><meta http-equiv="Pragma" content="no-cache"></head><body>1,1,1,7,1,128,two &amp; co</body></html>`);
    expect((await get('/7.html', '')).body).toContain('<body>0,1,0,');
    client.socket.destroy();
  });

  it('have the start of a mountpoint where it was after the process has been stopped', async () => {
    await start({ mounts: ['one'] });
    const startMs = async (): Promise<number> => {
      const { icestats } = await json('/admin/stats.json');
      return Date.parse((icestats!['source'] as { stream_start_iso8601: string }[])[0]!.stream_start_iso8601);
    };
    const before = await startMs();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
    expect(Math.abs(await startMs() - before)).toBeLessThanOrEqual(1_000);
  });

  it('of no mountpoint', async () => {
    await start({ mounts: [] });
    expect(await document('/admin/listmounts')).toBe('<icestats/>');
    expect(await document('/admin/streamlist')).toBe('<icestats/>');
    expect((await get('/7.html', '')).body).toContain('<body>0,0,0,');
    expect((await get('/status.xsl', '')).body).toContain('No mountpoint is on air.');
    expect((await json('/admin/stats.json'))['icestats']).toMatchObject({ listeners: 0, sources: 0 });
  });
});

it('tells that there is no other source', async () => {
  await start({ mounts: ['one'] });
  expect(await document('/admin/killsource?mount=/one')).toBe(response('There is no other source that listeners could go on with', 0));
});
