import { describe, expect, it } from 'vitest';
import { accessLine, type AccessEntry } from '../../../../shell/operations/access-log/lines.ts';

const entry: AccessEntry = {
  endedAt: new Date(2026, 10, 2, 3, 4, 5),
  ip: '2001:db8::7',
  mount: 'radio',
  request: 'GET /radio?x="y" HTTP/1.1',
  referer: '-',
  agent: 'A "player" \\ of\n\u0007mine ö',
  bytes: 4_711,
  connectedMs: 59_500,
  reason: 'closed by listener',
};

describe('a line of the access log', () => {
  it('has the form of Icecast', () => {
    const east = -entry.endedAt.getTimezoneOffset();
    const zone = `${east < 0 ? '-' : '+'}${new Date(Date.UTC(0, 0, 0, 0, Math.abs(east))).toISOString().slice(11, 16).replace(':', '')}`;
    expect(accessLine.combined(entry)).toBe(`2001:db8::7 - - [02/Nov/2026:03:04:05 ${zone}] "GET /radio?x=\\"y\\" HTTP/1.1" 200 4711 "-" "A \\"player\\" \\\\ of??mine ö" 60\n`);
  });

  it('names the user where there is one, in a field of its own', () => {
    const userOf = (user: string): string => accessLine.combined({ ...entry, user }).split(' [')[0]!;
    expect([userOf('ann@site.example'), userOf('a "b" ü'), userOf('')]).toEqual(['2001:db8::7 - ann@site.example', '2001:db8::7 - a%20%22b%22%20%C3%BC', '2001:db8::7 - -']);
    expect(JSON.parse(accessLine.json({ ...entry, user: 'a "b"' }))).toMatchObject({ user: 'a "b"' });
  });

  it('is JSON', () => {
    const line = accessLine.json(entry);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    const { ip, mount, request, referer, agent, bytes, reason } = entry;
    expect(JSON.parse(line)).toEqual({ time: entry.endedAt.toISOString(), ip, mount, request, referer, agent, bytes, reason, status: 200, seconds: 60 });
  });
});
