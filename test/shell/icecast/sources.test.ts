import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import { EncoderApp } from '../../../shell/encoder/encoder.ts';
import type { Log } from '../../../shell/log/log.ts';
import { parseEndpoint } from '../../../shell/net/addresses/address.ts';
import type { App } from '../../../shell/process/app.ts';
import { RelayApp } from '../../../shell/relay/relay.ts';
import { ask, CapturedLog, mp3Frames, RawClient } from '../support/support.ts';

const bind = '127.0.0.1';
const settings = defaultSettings;
const running: App[] = [];
const feeds: NodeJS.Timeout[] = [];

afterEach(async () => {
  for (const feed of feeds.splice(0)) clearInterval(feed);
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function start(make: (log: Log) => App): Promise<CapturedLog> {
  const told = new CapturedLog();
  const app = make(told.log);
  running.push(app);
  await app.start();
  return told;
}

/** An encoder of /radio, with a source client that plays in real time; gives its log and its port. */
async function encoder(relayPort: number, origin: string): Promise<{ told: CapturedLog; port: number; source: RawClient }> {
  const mounts = [{ name: 'radio', input: { kind: 'listen', password: 'pw' }, headers: [], title: 'Old', origin }] as const;
  const told = await start((log) => new EncoderApp({ mounts, targets: [parseEndpoint(`${bind}:${relayPort}`)!], bind, settings }, log));
  const port = await told.port('source');
  const source = new RawClient(port).write(`SOURCE /radio HTTP/1.0\r\n${login('source', 'pw')}\r\n`);
  await source.untilText('200 OK');
  const frames = mp3Frames(4_000);
  // What it sends at once is less than a source may be ahead.
  let sent = 0;
  const startedAt = performance.now();
  feeds.push(setInterval(() => {
    const due = 80 + ((performance.now() - startedAt) * 44_100) / 1_152_000;
    for (; sent < due && sent < frames.length; sent++) source.write(frames[sent]!);
  }, 20));
  return { told, port, source };
}

async function station(refusesTitles = false): Promise<{ told: CapturedLog; port: number; first: Awaited<ReturnType<typeof encoder>>; relayPort: number; relayPages: number }> {
  const relay = await start((log) => new RelayApp({ bind, inPort: 0, outPort: 0, httpPort: 0, adminPassword: 'sesame', upstreams: [], multicasts: [], settings, refusesTitles }, log));
  const relays = [parseEndpoint(`${bind}:${await relay.port('out')}`)!];
  const told = await start((log) => new EdgeApp({ bind, httpPort: 0, relays, settings, adminPassword: 'sesame' }, log));
  const relayPort = await relay.port('in');
  const first = await encoder(relayPort, 'studio-a');
  await told.until('mount-started');
  return { told, port: await told.port('http'), first, relayPort, relayPages: await relay.port('http') };
}

const login = (user: string, password: string): string => `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`;
const admin = (port: number, target: string): Promise<string> => ask(port, `GET ${target} HTTP/1.0\r\n${login('admin', 'sesame')}\r\n`);

describe('at an edge', () => {
  it.each(['/admin/metadata?mount=/radio&mode=updinfo&artist=Bj%F6rk&title=J%F3ga', '/admin.cgi?pass=sesame&mode=updinfo&song=Bj%C3%B6rk+-+J%C3%B3ga'])('%s is what listeners see', async (target) => {
    const { told, port } = await station();
    const listener = new RawClient(port).write('GET /radio HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n');
    await listener.untilText("StreamTitle='Old';");
    expect(await admin(port, target)).toContain('<?xml version="1.0"?>\n<iceresponse><message>Metadata update successful</message><return>1</return></iceresponse>\n');
    await listener.until((received) => received.includes("StreamTitle='Björk - Jóga';"));
    listener.socket.destroy();
    expect(told.all('operator')).toMatchObject([{ mount: 'radio', command: 'metadata', to: 'Björk - Jóga', result: 'done' }]);
  });

  it('killsource leaves the stream on air for another one, which goes on', async () => {
    const { told, port, first, relayPort } = await station();
    const listener = new RawClient(port).write('GET /radio HTTP/1.0\r\n\r\n');
    await listener.untilText('\r\n\r\n');
    const before = first.told.all('source-started')[0]!['stream'] as string;
    await encoder(relayPort, 'studio-b');
    await told.until('backup-added');
    expect(await admin(port, '/admin/killsource?mount=/radio')).toMatch(/<message>(Source Removed|The source is left as soon as another one is ready)<\/message><return>1<\/return>/);
    expect(await told.until('switch')).toMatchObject({ from: before });
    const length = listener.received.length;
    await listener.until((received) => received.length > length + 10_000);
    expect(listener.socket.destroyed).toBe(false);
    listener.socket.destroy();
  });
});

describe('at an encoder', () => {
  it('killsource closes the source, with its own login', async () => {
    const { first: { told, port, source } } = await station();
    expect(await ask(port, 'GET /admin/killsource?mount=/radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 401 /);
    expect(await ask(port, `GET /admin/killsource?mount=/radio HTTP/1.0\r\nOrigin: http://evil.example\r\n${login('source', 'pw')}\r\n`)).toMatch(/^HTTP\/1\.0 403 /);
    expect(source.socket.destroyed).toBe(false);
    // Nobody listens to an encoder.
    expect(await ask(port, `GET /admin/listclients?mount=/radio HTTP/1.0\r\n${login('source', 'pw')}\r\n`)).toContain('<icestats><source mount="/radio"><Listeners>0</Listeners></source></icestats>');
    expect(await ask(port, `GET /admin/listclients HTTP/1.0\r\n${login('source', 'pw')}\r\n`)).toContain('Missing parameter');
    expect(await ask(port, 'GET /admin/listclients?mount=/radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 401 /);
    expect(await ask(port, `GET /admin/killsource?mount=/radio HTTP/1.0\r\n${login('source', 'pw')}\r\n`)).toContain('<iceresponse><message>Source Removed</message><return>1</return></iceresponse>');
    await source.closed;
    expect(await told.until('source-ended')).toMatchObject({ mount: 'radio', reason: 'killed' });
    expect(await ask(port, `GET /admin/killsource?mount=/radio HTTP/1.0\r\n${login('source', 'pw')}\r\n`)).toContain('Source does not exist');
  });
});

describe('a title', () => {
  it('that is set at an edge, a relay or an encoder reaches all encoders and the edge', async () => {
    const { told, port, first, relayPort, relayPages } = await station();
    const second = await encoder(relayPort, 'studio-b');
    await told.until('backup-added');
    const update = (song: string): string => `/admin/metadata?mount=/radio&mode=updinfo&song=${song}`;
    const at = {
      edge: () => admin(port, update('Bj%F6rk')),
      relay: () => admin(relayPages, update('Caf%E9')),
      encoder: () => ask(first.port, `GET ${update('J%C3%B3ga')} HTTP/1.0\r\n${login('source', 'pw')}\r\n`),
    };
    for (const [where, title] of [['edge', 'Björk'], ['relay', 'Café'], ['encoder', 'Jóga']] as const) {
      expect(await at[where](), where).toContain('<iceresponse><message>Metadata update successful</message><return>1</return></iceresponse>');
      for (const one of [first, second]) await one.told.until('encoder-title', { title });
      await expect.poll(() => ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).toContain(`"title":"${Buffer.from(title).toString('latin1')}"`);
    }
  });

  it('needs the password of a relay, and one of its mountpoints; one that refuses titles has none of an edge', async () => {
    const { port, first, relayPages } = await station(true);
    const target = '/admin/metadata?mount=/radio&mode=updinfo&song=x';
    expect(await ask(relayPages, `GET ${target} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.0 401 /);
    expect(await ask(relayPages, `GET ${target} HTTP/1.0\r\nOrigin: http://evil.example\r\n${login('admin', 'sesame')}\r\n`)).toMatch(/^HTTP\/1\.0 403 /);
    expect(await admin(relayPages, '/admin/metadata?mount=/other&mode=updinfo&song=x')).toContain('Source does not exist');
    expect(await admin(relayPages, '/admin/metadata?mode=updinfo&song=x')).toContain('Missing parameter');
    expect(await admin(relayPages, '/admin/metadata?mount=/radio&song=x')).toContain('Missing parameter');
    expect(await ask(relayPages, 'GET /admin.cgi?pass=sesame&mount=/radio&mode=updinfo&song=x HTTP/1.0\r\n\r\n')).toContain('Metadata update successful');
    // Of two that are set within a millisecond, the one that counts would be decided by their characters.
    await expect.poll(() => ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).toContain('"title":"x"');
    await admin(port, '/admin/metadata?mount=/radio&mode=updinfo&song=Here');
    await expect.poll(() => ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).toContain('"title":"Here"');
    await admin(relayPages, '/admin/metadata?mount=/radio&mode=updinfo&song=Everywhere');
    await first.told.until('encoder-title', { title: 'Everywhere' });
    expect(first.told.all('encoder-title').filter(({ title }) => title === 'Here')).toEqual([]);
  });
});
