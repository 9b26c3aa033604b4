import { afterEach, describe, expect, it } from 'vitest';
import { parseEndpoint, type Endpoint } from '../../../shell/net/addresses/address.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { ask, RawClient } from '../support/support.ts';
import { isUnbroken, listener, Programme, running, source, station, stopAll } from './support.ts';

afterEach(stopAll);

describe('a station', () => {
  it('gives what a source sends to listeners, at the same port, with a mountpoint as soon as it sends', async () => {
    const { port } = await station();
    expect(await ask(port, 'GET /radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 404 /);
    const programme = new Programme([await source(port, 'radio')]);
    const client = await listener(port, 'radio');
    await expect.poll(() => programme.heard(client).length).toBeGreaterThan(60);
    expect(isUnbroken(programme.heard(client))).toBe(true);
    expect(await ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).toContain(`"listenurl":"http://127.0.0.1:${port}/radio"`);
    expect(await ask(port, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/ok\n$/);
  });

  it('goes on without a gap when one of two sources of a mountpoint is killed', async () => {
    const { port, told } = await station();
    const first = await source(port, 'radio', 'PUT');
    const programme = new Programme([first]);
    const client = await listener(port, 'radio');
    programme.sources.add(await source(port, 'radio', 'SOURCE'));
    await told.until('backup-added', { mount: 'radio' });
    await expect.poll(() => programme.heard(client).length).toBeGreaterThan(60);
    programme.sources.delete(first);
    first.socket.resetAndDestroy();
    await told.until('source-ended', { mount: 'radio' });
    const before = programme.heard(client).length;
    await expect.poll(() => programme.heard(client).length).toBeGreaterThan(before + 50);
    expect(isUnbroken(programme.heard(client))).toBe(true);
    expect(told.all('source-refused')).toEqual([]);
    expect(told.all('origin-contested')).toEqual([]);
  }, 30_000);

  it('has all sources of its peer, and the other way round: when it is killed, listeners of the other one hear all', async () => {
    const [onePort, twoPort] = [await freeTcpPort(), await freeTcpPort()];
    const peers = (port: number): { peers: [Endpoint] } => ({ peers: [parseEndpoint(`127.0.0.1:${port}`)!] });
    const one = await station({ outPort: onePort, ...peers(twoPort) });
    const two = await station({ outPort: twoPort, ...peers(onePort), sources: { origin: 'there' } });
    const programme = new Programme([await source(one.port, 'radio')]);
    const client = await listener(two.port, 'radio');
    programme.sources.add(await source(two.port, 'radio'));
    await Promise.all([one, two].map(({ told }) => told.until('backup-added', { mount: 'radio' })));
    await expect.poll(() => programme.heard(client).length).toBeGreaterThan(60);
    expect(await ask(two.port, `GET /admin/metadata?mount=/radio&mode=updinfo&song=One HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:x').toString('base64')}\r\n\r\n`)).toContain('Metadata update successful');
    for (const { told } of [one, two]) await told.until('encoder-title', { title: 'One' });
    const titlesAre = async (title: string): Promise<void> => {
      for (const { port } of [one, two]) await expect.poll(() => ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).toContain(`"title":"${title}"`);
    };
    await titlesAre('One');
    // Scripts know one station: it takes the title of a mountpoint whose sources are all at the other one.
    const alone = await source(one.port, 'alone');
    programme.sources.add(alone);
    await two.told.until('mount-started', { mount: 'alone' });
    const set = (port: number, mount: string, song: string): Promise<string> => ask(port, `GET /admin/metadata?mount=/${mount}&mode=updinfo&song=${song} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:x').toString('base64')}\r\n\r\n`);
    expect(await set(two.port, 'alone', 'Elsewhere')).toContain('Metadata update successful');
    await titlesAre('Elsewhere');
    expect(await set(two.port, 'none', 'x')).toContain('Source does not exist');
    programme.sources.delete(alone);
    await one.app.stop();
    const before = programme.heard(client).length;
    await expect.poll(() => programme.heard(client).length).toBeGreaterThan(before + 50);
    expect(isUnbroken(programme.heard(client))).toBe(true);
    expect(two.told.all('switch')).toHaveLength(1);
  }, 40_000);

  it('has its listeners in other processes, where it has workers', async () => {
    const { port, told } = await station({ workers: 2 });
    const programme = new Programme([await source(port, 'radio')]);
    const clients = [await listener(port, 'radio'), await listener(port, 'radio')];
    await expect.poll(() => Math.min(...clients.map((client) => programme.heard(client).length))).toBeGreaterThan(60);
    expect(clients.map((client) => isUnbroken(programme.heard(client)))).toEqual([true, true]);
    expect(told.all('worker-started')).toHaveLength(2);
  });

  it('calls each source by its own name and by the address of the source', async () => {
    const { port } = await station({ adminPassword: 'sesame', sources: { mounts: new Map([['other', { origin: 'studio' }]]) } });
    const programme = new Programme([await source(port, 'radio'), await source(port, 'radio'), await source(port, 'other')]);
    await listener(port, 'radio');
    await listener(port, 'other');
    const origins = async (mount: string): Promise<unknown> => {
      const answer = await ask(port, `GET /admin/sources?mount=/${mount} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('admin:sesame').toString('base64')}\r\n\r\n`);
      const { sources } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as { sources: { origin: string; source: string }[] };
      return sources.map(({ origin, source: address }) => [origin, address]).toSorted();
    };
    await expect.poll(() => origins('radio')).toEqual([['here/127.0.0.1', '127.0.0.1'], ['here/127.0.0.1/2', '127.0.0.1']]);
    expect(await origins('other')).toEqual([['studio', '127.0.0.1']]);
    expect(programme.sent).toBeGreaterThan(0);
  });

  it('gives a title that comes aside to all sources of a mountpoint, so that a switch shows no old one', async () => {
    const { port, told } = await station();
    const first = await source(port, 'radio');
    const programme = new Programme([first]);
    await listener(port, 'radio');
    programme.sources.add(await source(port, 'radio'));
    await told.until('backup-added', { mount: 'radio' });
    expect(await ask(port, 'GET /admin/metadata?mount=/radio&mode=updinfo&song=A+Song HTTP/1.0\r\nAuthorization: Basic c291cmNlOng=\r\n\r\n')).toContain('Metadata update successful');
    const status = (): Promise<string> => ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n');
    await expect.poll(status).toContain('"title":"A Song"');
    programme.sources.delete(first);
    first.socket.resetAndDestroy();
    await told.until('switch', { mount: 'radio' });
    expect(await status()).toContain('"title":"A Song"');
  });

  it('counts the sources that it has taken', async () => {
    const { port } = await station({ adminPassword: 'sesame' });
    const count = async (): Promise<string | undefined> =>
      /<source_client_connections>(\d+)<.*<source_relay_connections>0<.*<source_total_connections>\1</.exec(await ask(port, `GET /admin/stats HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('admin:sesame').toString('base64')}\r\n\r\n`))?.[1];
    expect(await count()).toBe('0');
    await source(port, 'radio');
    (await source(port, 'other')).socket.destroy();
    expect(await count()).toBe('2');
  });

  it('says what the source on air calls itself, and ends it for an operator where listeners have nothing to go on with', async () => {
    const { port, told } = await station({ adminPassword: 'sesame' });
    const get = (target: string): Promise<string> => ask(port, `GET ${target} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('admin:sesame').toString('base64')}\r\n\r\n`);
    const first = await source(port, 'radio', 'PUT', 'x', 'User-Agent: Studio <1>');
    const programme = new Programme([first]);
    await listener(port, 'radio');
    expect(await get('/admin/stats?mount=/radio')).toContain('<source_ip>127.0.0.1</source_ip>');
    expect(await get('/admin/stats?mount=/radio')).toContain('<user_agent>Studio &lt;1&gt;</user_agent>');
    // Of two that come from one address it is not known which one is on air.
    programme.sources.add(await source(port, 'radio', 'PUT', 'x', 'User-Agent: Other'));
    expect(await get('/admin/stats?mount=/radio')).not.toContain('<user_agent>');
    first.socket.resetAndDestroy();
    await told.until('source-ended', { mount: 'radio' });
    await told.until('switch', { mount: 'radio' });
    expect(await get('/admin/stats?mount=/radio')).toContain('<user_agent>Other</user_agent>');
    // The other stream is still known, but nothing comes by it.
    await expect.poll(() => get('/admin/sources?mount=/radio')).toMatch(/"healthy":true.*"healthy":false|"healthy":false.*"healthy":true/);
    expect(await get('/admin/killsource?mount=/radio')).toContain('<iceresponse><message>Source Removed</message><return>1</return></iceresponse>');
    expect(told.all('source-ended').at(-1)).toMatchObject({ mount: 'radio', reason: 'killed' });
    expect(told.all('operator').at(-1)).toMatchObject({ command: 'killsource', result: 'done' });
  }, 30_000);

  it.each(['source:pw', 'admin:sesame'])('takes a title with the login %s, and counts the wrong passwords of both', async (login) => {
    const { port, told } = await station({ adminPassword: 'sesame', sources: { password: 'pw' } });
    const programme = new Programme([await source(port, 'radio', 'PUT', 'pw')]);
    const client = await listener(port, 'radio');
    const title = (given: string, song: string, method = 'GET'): Promise<string> => ask(port, `${method} /admin/metadata?mount=/radio&mode=updinfo&song=${song} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from(given).toString('base64')}\r\n\r\n`);
    expect(await title(login, 'Zero', 'POST')).toContain('Metadata update successful');
    expect(await title(login, 'One')).toContain('Metadata update successful');
    await expect.poll(() => ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).toContain('"title":"One"');
    for (const wrong of ['source:sesame', 'admin:pw', 'other:pw', ':sesame']) expect(await title(wrong, 'Two'), wrong).toMatch(/^HTTP\/1\.0 401 /);
    const user = login.split(':')[0]!;
    const answers: string[] = [];
    for (let guess = 0; guess < 20; guess++) answers.push(await title(`${user}:guess-${guess}`, 'Two'));
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.0 429')).length).toBeGreaterThan(5);
    expect(await title(login, 'Two')).toMatch(/^HTTP\/1\.0 429 /);
    expect(told.all('encoder-title').filter((event) => event['title'] === 'Two')).toEqual([]);
    expect(programme.heard(client).length).toBeGreaterThan(0);
  });
});

describe('the login of a mountpoint at a station', () => {
  it('serves to see its listeners and to end its sources, and Shoutcast titles come with the password of a source or of an operator', async () => {
    const { port, told } = await station({ adminUser: 'boss', adminPassword: 'sesame', sources: { password: 'pw', mounts: new Map([['own', { password: 'mine', user: 'dj' }]]) } });
    const programme = new Programme([await source(port, 'radio', 'PUT', 'pw')]);
    const client = await listener(port, 'radio');
    const get = (target: string, login?: string): Promise<string> => ask(port, `GET ${target} HTTP/1.0\r\n${login === undefined ? '' : `Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`}\r\n`);
    for (const login of ['source:pw', 'boss:sesame']) {
      expect(await get('/admin/listclients?mount=/radio', login), login).toMatch(/<Listeners>1<\/Listeners><listener><IP>127\.0\.0\.1<\/IP>/);
      expect(await get('/admin/listclients.json?mount=/radio', login), login).toContain('"Listeners":1');
    }
    for (const target of ['/admin/listclients?mount=/radio', '/admin/listclients.json?mount=/radio', '/admin/killsource?mount=/radio']) {
      for (const wrong of [undefined, 'source:sesame', 'dj:mine', 'admin:sesame', 'boss:pw']) expect(await get(target, wrong), `${target} ${wrong}`).toMatch(/^HTTP\/1\.0 401 /);
    }
    expect(await get('/admin/listclients?mount=/own', 'source:pw')).toMatch(/^HTTP\/1\.0 401 /);
    expect(await get('/admin/listclients?mount=/own', 'source:mine')).toMatch(/^HTTP\/1\.0 401 /);
    expect(await get('/admin/listclients?mount=/own', 'dj:mine')).toContain('Source does not exist');
    expect(await get('/admin/stats', 'source:pw')).toMatch(/^HTTP\/1\.0 401 /);
    for (const pass of ['pw', 'sesame']) {
      expect(await get(`/admin.cgi?pass=${pass}&mount=/radio&mode=updinfo&song=${pass}`), pass).toContain('Metadata update successful');
      await told.until('encoder-title', { title: pass });
    }
    expect(await get('/admin.cgi?pass=wrong&mount=/radio&mode=updinfo&song=x')).toMatch(/^HTTP\/1\.0 401 /);
    expect(await get('/admin.cgi?pass=sesame&mount=/none&mode=updinfo&song=x')).toContain('Source does not exist');
    // Where there is one mountpoint it need not be named.
    for (const pass of ['pw', 'sesame']) {
      expect(await get(`/admin.cgi?pass=${pass}&mode=updinfo&song=unnamed-${pass}`), pass).toContain('Metadata update successful');
      await told.until('encoder-title', { title: `unnamed-${pass}` });
    }
    expect(await get('/admin.cgi?pass=mine&mode=updinfo&song=x')).toMatch(/^HTTP\/1\.0 401 /);
    expect(programme.heard(client).length).toBeGreaterThan(0);
    expect(await get('/admin/killsource?mount=/radio', 'source:pw')).toContain('<message>Source Removed</message>');
    expect(await told.until('source-ended', { mount: 'radio' })).toMatchObject({ reason: 'killed' });
  });

  it('is none where no password is configured: then only an operator sees listeners and ends sources', async () => {
    const { port } = await station({ adminPassword: 'sesame' });
    const programme = new Programme([await source(port, 'radio')]);
    await listener(port, 'radio');
    for (const page of ['listclients', 'killsource']) {
      expect(await ask(port, `GET /admin/${page}?mount=/radio HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:x').toString('base64')}\r\n\r\n`), page).toMatch(/^HTTP\/1\.0 401 /);
    }
    expect(programme.sent).toBeGreaterThan(0);
  });
});

const push = (mount: string, password = 'x'): string => `SOURCE /${mount} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from(`source:${password}`).toString('base64')}\r\n\r\n`;

describe('the sources of a station', () => {
  it('have one password, and mountpoints can have one of their own', async () => {
    const { port, told } = await station({ sources: { password: 'all', mounts: new Map([['own', { password: 'mine' }]]) } });
    for (const [mount, password] of [['radio', 'mine'], ['radio', 'x'], ['own', 'all']] as const) expect(await ask(port, push(mount, password)), mount).toMatch(/^HTTP\/1\.0 401 /);
    await source(port, 'radio', 'PUT', 'all');
    await source(port, 'own', 'SOURCE', 'mine');
    // The log says which mountpoint it was, and whether it was the name or the password.
    expect(await ask(port, `PUT /own HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('admin:mine').toString('base64')}\r\n\r\n`)).toMatch(/^HTTP\/1\.0 401 /);
    expect(told.all('source-refused').map(({ mount, why }) => [mount, why])).toEqual([
      ['radio', { code: 'wrong-password' }], ['radio', { code: 'wrong-password' }], ['own', { code: 'wrong-password' }], ['own', { code: 'wrong-user', user: 'source' }],
    ]);
  });

  it('name no mountpoint like a page, and only those that are configured where some are', async () => {
    const { port, told } = await station({ sources: { only: new Set(['radio']) } });
    expect(await ask(port, push('status.xsl'))).toMatch(/^HTTP\/1\.0 405 /);
    for (const [mount, why] of [['stats.xml', 'the name stats.xml is reserved for a page'], ['admin/x', 'names that begin with admin/ are reserved for pages'], ['other', 'it is not among those of --mount'], ['a%20b', "a mountpoint's name has no spaces"], ['', 'a mountpoint needs a name']]) {
      expect(await ask(port, push(mount!)), mount).toMatch(new RegExp(`^HTTP/1\\.0 404 [^]*\r\n\r\nNo such mountpoint: ${why!}`));
    }
    expect(told.all('source-refused')).toHaveLength(5);
    await source(port, 'radio');
  });

  it('are told of when they have yet to authenticate, but not before each title, as libshout asks', async () => {
    const { port, told } = await station({ sources: { password: 'pw' } });
    expect(await ask(port, 'SOURCE /radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 401 /);
    for (const method of ['GET', 'POST']) expect(await ask(port, `${method} /admin/metadata?mount=/radio&mode=updinfo&song=x HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.0 401 /);
    expect(told.all('source-unauthorized')).toHaveLength(1);
  });

  it('are one of a mountpoint at a time, where that is configured', async () => {
    const { port } = await station({ sourcesPerMount: 1 });
    await source(port, 'radio');
    expect(await ask(port, push('radio'))).toMatch(/^HTTP\/1\.0 403 [^]*Mountpoint in use/);
  });

  it('make room in the relay for others, when there is none, and are told of', async () => {
    const { port, told } = await station({ settings: { maxPaths: 1 } });
    const first = await source(port, 'radio');
    await source(port, 'other');
    first.write('audio');
    expect(await told.until('source-ended', { mount: 'radio' })).toMatchObject({ reason: expect.stringContaining('maxPaths') as string });
  });

  it('are pulled from another station, too', async () => {
    const one = await station();
    const programme = new Programme([await source(one.port, 'radio')]);
    await listener(one.port, 'radio');
    const two = await station({ pulled: [{ mount: 'copy', url: new URL(`http://127.0.0.1:${one.port}/radio`) }] });
    const client = await listener(two.port, 'copy');
    await expect.poll(() => programme.heard(client).length).toBeGreaterThan(60);
    expect(isUnbroken(programme.heard(client))).toBe(true);
  });

  it('speak Shoutcast at a port of their own', async () => {
    const { port, told } = await station({ shoutcast: { port: 0, mount: 'radio' }, sources: { password: 'pw' } });
    const client = new RawClient(await told.port('shoutcast')).write('pw\r\n');
    running.push({ stop: () => client.socket.destroy() });
    await client.untilText('OK2');
    client.write('icy-name:Radio\r\n\r\n');
    const programme = new Programme([client]);
    const heard = await listener(port, 'radio');
    expect(heard.text).toContain('icy-name:Radio');
    expect(programme.sent).toBeGreaterThan(0);
  });
});
