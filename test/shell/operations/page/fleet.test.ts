import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../../../../shell/operations/page/fleet.ts';
import { PAGE_FORMAT } from '../../../../shell/operations/page/state.ts';

const whole = { format: PAGE_FORMAT, nowMs: 7_000, parts: { 'process': { kind: 'process', role: 'edge' }, 'mount x': { kind: 'mount', mount: 'x' }, 'fleet y': { kind: 'fleet' }, 'odd': 7 } };

/** Answers by what its path begins with. */
const server = http.createServer((request, response) => {
  asked.push(`${request.url} ${Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString()}`);
  if (request.url!.startsWith('/good')) response.end(JSON.stringify({ ...whole, nowMs: remoteMs }));
  else if (request.url!.startsWith('/other')) response.end('{"format":"something else"}');
  else if (request.url!.startsWith('/moved')) response.writeHead(302, { location: '/good/page/state' }).end();
  else if (request.url!.startsWith('/long')) response.end('x'.repeat(4_194_305));
  else response.writeHead(401).end('who?');
});
const asked: string[] = [];
let remoteMs = 7_000;
let base: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const member = (path: string, auth?: string): { url: URL; auth: string | undefined } => ({ url: new URL(path, base), auth });

/** Until all have answered, or not. */
async function refreshed(fleet: Fleet): Promise<Fleet['parts']> {
  fleet.refresh();
  while (fleet.parts.some(({ error }) => error === 'not asked yet')) await new Promise((resolve) => setTimeout(resolve, 5));
  return fleet.parts;
}

describe('a fleet', () => {
  it('is shown as each member tells, without those that it shows itself', async () => {
    const fleet = new Fleet({ members: [member('/good/', 'admin:se same'), member('/good/2/')], wallMs: () => 2_000 });
    const parts = await refreshed(fleet);
    expect(asked.splice(0).toSorted()).toEqual(['/good/2/page/state ', '/good/admin/page/state admin:se same']);
    expect(parts[0]).toMatchObject({ kind: 'fleet', name: new URL(base).host, link: `${base}/good/admin/page`, error: undefined, clockAheadMs: 5_000, parts: { 'process': { role: 'edge' }, 'mount x': { mount: 'x' } } });
    expect(Object.keys(parts[0]!.parts)).toEqual(['process', 'mount x']);
    expect(parts[1]!.link).toBe(`${base}/good/2/`);
    expect(JSON.stringify(parts)).not.toContain('se same');
  });

  it.each([
    ['refuses us', '/closed/', 'refuses the login (401)'],
    ['is something else', '/other/', 'answers 200, but not as a Davecast does'],
    ['sends us elsewhere', '/moved/', 'answers 302, but not as a Davecast does'],
    ['does not come to an end', '/long/', 'response too long'],
    ['is not there', 'http://127.0.0.1:1/', 'connection refused (ECONNREFUSED)'],
  ])('says so when one %s', async (_, path, error) => {
    const [part] = await refreshed(new Fleet({ members: [{ url: new URL(path, base), auth: 'admin:x' }], wallMs: () => 2_000 }));
    expect(part).toMatchObject({ error, sinceMs: 2_000, parts: {} });
  });

  it('asks again after two seconds, and keeps what it knew when there is no answer', async () => {
    let wallMs = 10_000;
    const fleet = new Fleet({ members: [member('/good/')], wallMs: () => wallMs });
    await refreshed(fleet);
    asked.length = 0;
    wallMs += 1_999;
    fleet.refresh();
    expect(asked).toEqual([]);
    wallMs += 1;
    remoteMs = 13_000;
    fleet.refresh();
    fleet.refresh();
    while (fleet.parts[0]!.clockAheadMs !== 1_000) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(asked.length).toBe(1);
  });
});
