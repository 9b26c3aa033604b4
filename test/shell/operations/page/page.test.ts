import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { EventFanOut } from '../../../../shell/log/fan-out.ts';
import { Page } from '../../../../shell/operations/page/page.ts';
import type { Changes, Whole } from '../../../../shell/operations/page/state.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import { StationApp } from '../../../../shell/station/station.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { ask, CapturedLog, RawClient } from '../../support/support.ts';
import { Programme, running, source, stopAll } from '../../station/support.ts';
import { figures, onAir, stream, switched } from './support.ts';

const bind = '127.0.0.1';
const settings = { ...defaultSettings, stopMs: 200 };
const login = `Authorization: Basic ${Buffer.from('admin:sesame').toString('base64')}\r\n`;
const proxied = 'X-Forwarded-For: 198.51.100.1\r\n';

const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4);

/** Events that have come so far, by their names. */
function eventsIn(client: RawClient): readonly { readonly name: string; readonly data: Whole & Changes }[] {
  return [...Buffer.from(bodyOf(client.text), 'latin1').toString('utf8').matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, name, data]) => ({ name: name!, data: JSON.parse(data!) as Whole & Changes }));
}

describe('the page of a station', () => {
  const told = new CapturedLog();
  const directory = mkdtempSync(join(tmpdir(), 'davecast-page-'));
  let page: Page;
  let port: number;

  beforeAll(async () => {
    const events = new EventFanOut(told.log);
    page = new Page({ role: 'station', tell: events.tell });
    events.join(page.event);
    const app = new StationApp({
      bind, httpPort: 0, sources: { origin: 'here', title: '', headers: [], mounts: new Map() }, sourcesPerMount: 8, pulled: [], peers: [], allowIn: [], allowOut: [], settings, relaySettings: settings,
      adminPassword: 'sesame', page: { page, allow: [] }, record: { directory, audio: 'whole' },
    }, events.tell);
    running.push(app, page);
    await app.start();
    port = await told.port('http');
    const sources = [await source(port, 'radio'), await source(port, 'radio')];
    const programme = new Programme(sources);
    await told.until('backup-added');
    expect(programme.sent).toBeGreaterThan(0);
  });

  afterAll(async () => {
    await stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  const state = async (path: string, headers = ''): Promise<Whole> => JSON.parse(bodyOf(await ask(port, `GET ${path} HTTP/1.0\r\n${headers}\r\n`))) as Whole;

  it('is shown to browsers, and to players the stream of the only mountpoint', async () => {
    const answer = await ask(port, 'GET / HTTP/1.1\r\nHost: h\r\nAccept: text/html,*/*;q=0.8\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.0 200 OK\r\n.*\r\nContent-Security-Policy: default-src 'none'; script-src 'sha256-/s);
    expect(answer).not.toMatch(/unsafe|https?:\/\/(?!www\.w3\.org\/)/);
    expect(await ask(port, 'HEAD / HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 OK\r\n.*\r\n\r\n$/s);
    for (const accept of ['Accept: */*\r\n', 'Accept: text/html\r\n', '']) {
      const player = new RawClient(port).write(`GET / HTTP/1.0\r\n${accept}Icy-MetaData: 1\r\n\r\n`);
      expect(await player.untilText('icy-metaint')).toMatch(/^HTTP\/1\.0 200 OK\r\n.*\r\nContent-Type: audio\/mpeg\r\n/s);
      player.socket.destroy();
    }
    expect(await ask(port, 'GET / HTTP/1.0\r\nAccept: */*\r\n\r\n')).toMatch(/^HTTP\/1\.0 404 /);
    expect(await ask(port, 'POST / HTTP/1.0\r\nAccept: text/html\r\n\r\n')).toMatch(/^HTTP\/1\.0 405 /);
  });

  it('tells everybody titles and listeners, and no names', async () => {
    const { parts } = await state('/page/state', proxied);
    expect(parts['process']).toMatchObject({ kind: 'process', role: 'station', view: 'public', host: '', version: '', canLogIn: true, commands: [] });
    expect(parts['mount radio']).toEqual({ kind: 'mount', mount: 'radio', onAir: 'live', label: '', title: '', codec: 'mp3 44100 Hz 2 ch', kbps: expect.any(Number), listeners: expect.any(Number), listenerPeak: expect.any(Number) });
    expect(Object.keys(parts).toSorted()).toEqual(['mount radio', 'process', 'relay']);
    expect(JSON.stringify(parts)).not.toMatch(/here|127\.0\.0\.1|198\.51/);
  });

  it('tells this machine who sends, and operators what they can do besides', async () => {
    const { parts } = await state('/page/state');
    expect(parts['process']).toMatchObject({ view: 'full', commands: [] });
    const mount = (await state('/admin/page/state', `${proxied}${login}`)).parts['mount radio'];
    expect(mount).toMatchObject({ listeners: expect.any(Number), detail: { standingBy: expect.any(Number), encoders: [{ name: expect.stringMatching(/^here\//), state: expect.any(String) }, { name: expect.stringMatching(/^here\//) }] } });
    const lanes = parts['lanes radio'];
    expect(lanes).toMatchObject({ kind: 'lanes', lanes: expect.arrayContaining([expect.objectContaining({ name: 'here/127.0.0.1' }), expect.objectContaining({ name: 'here/127.0.0.1/2' })]) });
    expect(lanes).toMatchObject({ marks: expect.arrayContaining([expect.objectContaining({ kind: 'mount-started' })]) });
    expect((await state('/admin/page/state', login)).parts['process']).toMatchObject({ view: 'operator', commands: ['switch', 'kick', 'dump'] });
  });

  it('is for operators with the password only, and not for pages of other sites', async () => {
    for (const path of ['/admin/page', '/admin/page/state', '/admin/page/events']) {
      expect(await ask(port, `GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.0 401 .*\r\nWWW-Authenticate: Basic /s);
      expect(await ask(port, `GET ${path} HTTP/1.0\r\nHost: here\r\nOrigin: http://evil.example\r\n${login}\r\n`)).toMatch(/^HTTP\/1\.0 403 /);
    }
    expect(await ask(port, `GET /admin/page HTTP/1.0\r\n${login}\r\n`)).toMatch(/^HTTP\/1\.0 200 .*data-at="\/admin\/page"/s);
    for (const command of ['switch?mount=/radio', 'dump']) expect(await ask(port, `POST /admin/${command} HTTP/1.0\r\nHost: here\r\nOrigin: http://evil.example\r\n${login}\r\n`)).toMatch(/^HTTP\/1\.0 403 /);
  });

  it('keeps the recording on command', async () => {
    const answer = await ask(port, `POST /admin/dump HTTP/1.0\r\n${login}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.0 200 /);
    const { file } = JSON.parse(bodyOf(answer)) as { file: string };
    expect(file).toMatch(/-operator\.davecast$/);
    expect(told.all('record-frozen')).toMatchObject([{ why: 'operator', file }]);
    expect(await ask(port, `GET /admin/dump HTTP/1.0\r\n${login}\r\n`)).toMatch(/^HTTP\/1\.0 405 /);
  });

  it('follows what happens', async () => {
    const operator = new RawClient(port).write(`GET /admin/page/events HTTP/1.0\r\n${login}\r\n`);
    const everybody = new RawClient(port).write(`GET /page/events HTTP/1.0\r\n${proxied}\r\n`);
    await Promise.all([operator.untilText('event: whole'), everybody.untilText('event: whole')]);
    // On a busy machine the edge may have switched by itself in between.
    for (let result = 'on-air'; result === 'on-air';) {
      const seen = (await state('/page/state')).parts['mount radio'] as unknown as { detail: { encoders: { name: string; onAir: boolean }[] } };
      const backup = seen.detail.encoders.find(({ onAir: isOnAir }) => !isOnAir);
      const answer = await ask(port, `POST /admin/switch?mount=/radio&to=${encodeURIComponent(backup!.name)} HTTP/1.0\r\n${login}\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.0 20[02] /);
      ({ result } = JSON.parse(bodyOf(answer)) as { result: string });
    }
    await told.until('switch', { reason: 'operator' });
    const lanesWithIt = (): Changes['parts'][string] | undefined => eventsIn(operator).map(({ data }) => data.parts['lanes radio']).find((part) => JSON.stringify(part ?? '').includes('operator command'));
    await operator.until(() => lanesWithIt() !== undefined);
    expect(lanesWithIt()).toMatchObject({ marks: expect.arrayContaining([expect.objectContaining({ kind: 'switch', text: expect.stringMatching(/operator command$/), errorMs: expect.any(Number) })]) });
    await operator.until(() => eventsIn(operator).some(({ data }) => JSON.stringify(data.parts['events'] ?? '').includes('operator command')));
    expect(JSON.stringify(eventsIn(everybody))).not.toMatch(/here|127\.0\.0\.1|lanes|operator/);
    for (const client of [operator, everybody]) client.socket.destroy();
    await Promise.all([operator.closed, everybody.closed]);
  });

  it('takes no more who follow than it has room for', async () => {
    const clients = Array.from({ length: 33 }, () => new RawClient(port).write(`GET /admin/page/events HTTP/1.0\r\n${login}\r\n`));
    const answers = await Promise.all(clients.map(async (client) => (await client.untilText('\r\n\r\n')).slice(0, 12)));
    // 16 at a time are answered, and 32 may follow.
    expect(answers.filter((answer) => answer === 'HTTP/1.0 503').length).toBeGreaterThan(0);
    expect(answers.filter((answer) => answer === 'HTTP/1.0 200').length).toBeGreaterThan(0);
    for (const { socket } of clients) socket.destroy();
    await Promise.all(clients.map(({ closed }) => closed));
    expect(told.all('request-failed')).toEqual([]);
  });
});

describe('the page of a relay', () => {
  it('tells this machine who is connected, and everybody how many', async () => {
    const told = new CapturedLog();
    const page = new Page({ role: 'relay', tell: told.log });
    const app = new RelayApp({ bind, inPort: 0, outPort: 0, httpPort: 0, upstreams: [{ transport: 'tcp', host: bind, port: 9 }], multicasts: [], settings, page: { page, allow: [] } }, told.log);
    await app.start();
    const port = await told.port('http');
    const subscriber = new RawClient(await told.port('out'));
    await told.until('subscriber-joined');
    const state = async (headers: string): Promise<Whole> => JSON.parse(bodyOf(await ask(port, `GET /page/state HTTP/1.0\r\n${headers}\r\n`))) as Whole;
    expect((await state('')).parts).toMatchObject({
      process: { role: 'relay', view: 'full', canLogIn: false },
      relay: { subscribers: 1, holders: { subscribers: [['127.0.0.1', 1]] } },
      paths: { paths: [{ name: '127.0.0.1:9', isRelay: true, isUp: false }] },
      problems: { problems: [{ level: 'bad', text: 'no relay left: 127.0.0.1:9' }] },
    });
    expect((await state(proxied)).parts).toEqual({ process: expect.objectContaining({ view: 'public' }), relay: { kind: 'relay', streams: 0, subscribers: 1, lostMessages: 0 } });
    expect(await ask(port, 'GET / HTTP/1.0\r\nAccept: text/html\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 /);
    expect(await ask(port, 'GET /admin/page HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 404 /);
    subscriber.socket.destroy();
    await app.stop();
    page.stop();
  });
});

describe('what a page shows', () => {
  let isThere: boolean;
  const asleep: string[] = [];
  let calls: string[];
  let page: Page;
  let changed: (text: string) => void;

  beforeEach(() => {
    [isThere, calls, changed] = [false, [], () => undefined];
    page = new Page({ role: 'edge', tell: new CapturedLog().log, wallMs: () => 5 });
    const machine = {
      mountNames: ['radio'],
      peers: [],
      figuresOf: () => {
        calls.push('figures');
        return figures([stream('a', onAir)]);
      },
      mount: () => void calls.push('info'),
      endedMount: () => undefined, startable: () => asleep.map((mount): [string, number] => [mount, 1]),
    };
    page.stop();
    page.showEdge({ machine, now: () => 0 as Micros, upstreams: () => [] });
    page.lookedAtBy({ isThere: () => isThere, told: ({ full }) => changed(full) });
  });

  it('is made of nothing but what each encoder is while nobody looks', async () => {
    const changes: string[] = [];
    changed = (text) => changes.push(text);
    await page.turn();
    expect([calls.splice(0), changes]).toEqual([['figures'], []]);
    isThere = true;
    await page.turn();
    await page.turn();
    expect(calls).toEqual(['figures', 'info', 'figures', 'info']);
    expect(changes[0]).toContain('"lanes radio"');
    expect(changes[1]).toBe('event: changes\ndata: {"nowMs":5,"parts":{},"gone":[]}\n\n');
  });

  it('has a mountpoint that starts on demand, and nothing to say of it', async () => {
    isThere = true;
    asleep.push('jazz');
    const shown: string[] = [];
    changed = (text) => shown.push(text);
    await page.turn();
    asleep.pop();
    expect(shown[0]).toContain('"mount jazz":{"kind":"mount","mount":"jazz","onAir":"on-demand"');
    expect(shown[0]).not.toContain('"mount":"jazz","sinceMs"');
  });

  it('is shown anew at once when something of note happens, and somebody looks', async () => {
    page.event(switched('a', 'b', 'stalled'));
    isThere = true;
    const shown = new Promise<string>((resolve) => {
      changed = resolve;
    });
    page.event({ kind: 'connected', attempt: 1, peer: 'x' });
    page.event(switched('b', 'a', 'lost'));
    expect(await shown).toMatch(/b to a, it has lost audio.*a to b, stalled/);
    expect(calls).toEqual(['figures', 'info']);
  });
});
