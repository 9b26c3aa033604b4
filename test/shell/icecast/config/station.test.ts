import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { commands } from '../../../../shell/bin/commands/commands.ts';
import { stationConfig } from '../../../../shell/bin/roles/station-config.ts';
import { readGiven } from '../../../../shell/cli/config/config.ts';
import { ask, RawClient } from '../../support/support.ts';
import { isUnbroken, listener, Programme, running, source, station, stopAll, type RunningStation } from '../../station/support.ts';
import { askSecurely, pairOf } from '../../net/tls/support.ts';

afterEach(stopAll);

/** Until the end of the test. */
function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'davecast-icecast-'));
  running.push({ stop: () => rmSync(folder, { recursive: true }) });
  return folder;
}

/** A station by the command line with this icecast.xml, at free ports of this machine. */
async function run(inside: string, line = '--http 0 --bind 127.0.0.1'): Promise<RunningStation> {
  const folder = temporary();
  writeFileSync(join(folder, 'icecast.xml'), `<icecast>${inside}</icecast>`);
  const { config, settings } = stationConfig(readGiven([...line.split(' '), '--icecast-config', join(folder, 'icecast.xml')], commands.station));
  return await station({ ...config, settings: { ...settings, backoffMinMs: defaultSettings.backoffMinMs } });
}

const push = (mount: string, password: string): string => `SOURCE /${mount} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from(`source:${password}`).toString('base64')}\r\n\r\n`;

it('takes in sources by the passwords of an icecast.xml, and listeners up to its limits', async () => {
  const { port } = await run(`<authentication><source-password>all</source-password></authentication><limits><sources>2</sources></limits>
    <mount><mount-name>/live</mount-name><password>own</password><max-listeners>1</max-listeners></mount>`);
  expect(await ask(port, push('live', 'all'))).toMatch(/^HTTP\/1\.0 401 /);
  expect(await ask(port, push('other', 'own'))).toMatch(/^HTTP\/1\.0 401 /);
  const programme = new Programme([await source(port, 'live', 'PUT', 'own'), await source(port, 'other', 'SOURCE', 'all')]);
  expect(await ask(port, push('third', 'all'))).toMatch(/^HTTP\/1\.0 403 [^]*Too many sources connected/);
  await listener(port, 'live');
  expect(await ask(port, 'GET /live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 403 [^]*Too many listeners/);
  expect(programme.sent).toBeGreaterThan(0);
});

it('has the fallback that an icecast.xml says', async () => {
  const { port, told } = await run('<mount><mount-name>/live</mount-name><fallback-mount>/auto</fallback-mount></mount>');
  const live = await source(port, 'live');
  const [programme, auto] = [new Programme([live]), new Programme([await source(port, 'auto')], { seed: 'automation' })];
  const client = await listener(port, 'live');
  await listener(port, 'auto');
  await expect.poll(() => programme.heard(client).length).toBeGreaterThan(50);
  programme.sources.clear();
  live.socket.resetAndDestroy();
  await told.until('fallback-entered', { mount: 'live' });
  await expect.poll(() => auto.heard(client).filter((number) => number >= 0).length).toBeGreaterThan(50);
  expect(client.socket.destroyed).toBe(false);
});

it('pulls what an icecast.xml has as a relay', async () => {
  const one = await station();
  const programme = new Programme([await source(one.port, 'radio')]);
  await listener(one.port, 'radio');
  const two = await run(`<relay><server>127.0.0.1</server><port>${one.port}</port><mount>/radio</mount><local-mount>/copy</local-mount></relay>`);
  const client = await listener(two.port, 'copy');
  await expect.poll(() => programme.heard(client).length).toBeGreaterThan(60);
  expect(isUnbroken(programme.heard(client))).toBe(true);
});

it('speaks TLS with a certificate that has its key in the same file, as Icecast wants it', async () => {
  const { cert, key } = pairOf('local');
  const pem = join(temporary(), 'both.pem');
  writeFileSync(pem, readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'));
  const { told } = await run(`<listen-socket><port>0</port><ssl>1</ssl></listen-socket><paths><ssl-certificate>${pem}</ssl-certificate></paths>`);
  expect(await askSecurely(await told.port('https'), 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/ok\n$/);
});

it('has a port for source clients that speak Shoutcast where an icecast.xml has one', async () => {
  const { port, told } = await run('<shoutcast-mount>/live</shoutcast-mount><listen-socket><port>0</port><shoutcast-compat>1</shoutcast-compat></listen-socket><authentication><source-password>pw</source-password></authentication>');
  const client = new RawClient(await told.port('shoutcast')).write('pw\r\n');
  running.push({ stop: () => client.socket.destroy() });
  await client.untilText('OK2');
  client.write('icy-name:R\r\n\r\n');
  const programme = new Programme([client]);
  await listener(port, 'live');
  expect(programme.sent).toBeGreaterThan(0);
});
