import fc from 'fast-check';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { clientOf, type Caller, type Client } from '../../../../shell/http/callers/client.ts';
import { HeadReader, type Head } from '../../../../shell/http/message/head.ts';
import { parseRange } from '../../../../shell/net/addresses/allow.ts';
import { RangeSet } from '../../../../shell/net/addresses/range-set.ts';

const PROXY = '10.0.0.1';
const trusted = new RangeSet(['10.0.0.0/24', 'fd00::/8', '127.0.0.1'].map((text) => parseRange(text)!));

/** Who asks, by a connection from `from` with these header lines. */
function client(from: string | Partial<Caller>, ...lines: readonly string[]): Client {
  const caller: Caller = { address: PROXY, port: 5, isProxied: false, isSecure: undefined, ...(typeof from === 'string' ? { address: from } : from) };
  const reader = new HeadReader();
  reader.push(Buffer.from(['GET / HTTP/1.1', 'Host: inner:8000', ...lines, '', ''].join('\r\n')));
  return clientOf(caller, { socket: new Socket(), head: reader.parse() as Head, trusted });
}

describe('the client of a trusted proxy', () => {
  it.each<[readonly string[], Partial<Client>]>([
    [['X-Forwarded-For: 192.0.2.7'], { address: '192.0.2.7', port: undefined }],
    [['X-Forwarded-For: 192.0.2.7:4711'], { address: '192.0.2.7', port: 4_711 }],
    [['X-Forwarded-For: 2001:DB8::0007'], { address: '2001:db8::7', port: undefined }],
    [['X-Forwarded-For: [2001:db8::7]:4711'], { address: '2001:db8::7', port: 4_711 }],
    [['X-Forwarded-For: ::ffff:192.0.2.7'], { address: '192.0.2.7' }],
    // The nearest one that is no proxy of ours; what that says of others is its own affair.
    [['X-Forwarded-For: 198.51.100.9, 192.0.2.7'], { address: '192.0.2.7' }],
    [['X-Forwarded-For: 198.51.100.9, 192.0.2.7, 10.0.0.2, fd00::2'], { address: '192.0.2.7' }],
    [['X-Forwarded-For: 10.0.0.3, 10.0.0.2'], { address: '10.0.0.3' }],
    // A proxy that adds a line of its own.
    [['X-Forwarded-For: 198.51.100.9', 'X-Forwarded-For: 192.0.2.7'], { address: '192.0.2.7' }],
    [['X-Forwarded-For: 198.51.100.9', 'x-forwarded-for: 192.0.2.7, 10.0.0.2'], { address: '192.0.2.7' }],
    // Who says nothing that can be understood hides its own clients.
    [['X-Forwarded-For: unknown'], { address: PROXY, port: 5 }],
    [['X-Forwarded-For: unknown, 10.0.0.2'], { address: '10.0.0.2' }],
    [['X-Forwarded-For: 192.0.2.7, '], { address: PROXY }],
    [['X-Forwarded-For: fe80::1%eth0'], { address: PROXY }],
    [['X-Forwarded-For: 192.0.2.7:port'], { address: PROXY }],
    [['X-Forwarded-For:'], { address: PROXY }],
    [['Forwarded: for=192.0.2.7'], { address: '192.0.2.7', isSecure: false, host: 'inner:8000' }],
    [['forwarded: For="[2001:db8:cafe::17]:4711"; PROTO=HTTPS; Host="radio.example"'], { address: '2001:db8:cafe::17', port: 4_711, isSecure: true, host: 'radio.example' }],
    [['Forwarded: for="192.0.2.7:_x1";by=_proxy'], { address: '192.0.2.7', port: undefined }],
    [['Forwarded: for=198.51.100.9;proto=http, for=192.0.2.7;proto=https;by=10.0.0.2, for=10.0.0.2;proto=http'], { address: '192.0.2.7', isSecure: true }],
    [['Forwarded: for=198.51.100.9', 'Forwarded: for=192.0.2.7'], { address: '192.0.2.7' }],
    [['Forwarded: for=unknown;proto=https'], { address: PROXY, isSecure: true }],
    [['Forwarded: for=_hidden, for=10.0.0.2'], { address: '10.0.0.2' }],
    [['Forwarded: for=192.0.2.7;for=192.0.2.8'], { address: PROXY }],
    [['Forwarded: for="192.0.2.7'], { address: PROXY }],
    [['Forwarded: for=2001:db8::7'], { address: PROXY }],
    [['Forwarded: proto=https;host=radio.example'], { address: PROXY, isSecure: true, host: 'radio.example' }],
    [['X-Forwarded-For: 192.0.2.7', 'Forwarded: for=198.51.100.9;proto=https;host=evil.example'], { address: '192.0.2.7', isSecure: false, host: 'inner:8000' }],
    [['X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: radio.example'], { address: '192.0.2.7', isSecure: true, host: 'radio.example' }],
    [['X-Forwarded-Proto: https'], { address: PROXY, isSecure: true, host: 'inner:8000' }],
    [['X-Forwarded-Proto: gopher'], { isSecure: false }],
    // Two proxies: both may have added, or the first one alone has said it.
    [['X-Forwarded-For: 192.0.2.7, 10.0.0.2', 'X-Forwarded-Proto: https, http', 'X-Forwarded-Host: radio.example, inner'], { address: '192.0.2.7', isSecure: true, host: 'radio.example' }],
    [['X-Forwarded-For: 192.0.2.7, 10.0.0.2', 'X-Forwarded-Proto: https'], { isSecure: true }],
    [['X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Proto: https, http'], { isSecure: false }],
  ])('is who %j says', (lines, expected) => {
    expect(client(PROXY, ...lines)).toMatchObject(expected);
  });

  it('is the one of the PROXY header, who may be a proxy again', () => {
    const proxied = { address: '192.0.2.7', port: 4_711, isProxied: true };
    expect(client(proxied, 'X-Forwarded-For: 198.51.100.9', 'X-Forwarded-Proto: https')).toMatchObject({ address: '192.0.2.7', port: 4_711, isSecure: false });
    expect(client({ ...proxied, isSecure: true })).toMatchObject({ isSecure: true });
    expect(client({ ...proxied, address: '10.0.0.2' }, 'X-Forwarded-For: 198.51.100.9')).toMatchObject({ address: '198.51.100.9' });
  });

  it('is never told by what it sends itself', () => {
    const word = fc.oneof(fc.constantFrom('"', ',', ';', '=', 'for=', 'for="', '\\', '[', ']', ' ', '203.0.113.9', '10.0.0.9', 'unknown', 'proto=https'), fc.string({ maxLength: 6 }));
    const sent = fc.array(word, { maxLength: 12 }).map((words) => words.join('').replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(sent, fc.boolean(), (forged, isOneLine) => {
        for (const [name, own] of [['X-Forwarded-For', '192.0.2.7'], ['Forwarded', 'for=192.0.2.7;proto=http']] as const) {
          const lines = isOneLine ? [`${name}: ${forged}, ${own}`] : [`${name}: ${forged}`, `${name}: ${own}`];
          // A proxy passes on no control characters.
          if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(forged)) continue; // oxlint-disable-line no-control-regex -- they are what is looked for
          expect(client(PROXY, ...lines)).toMatchObject({ address: '192.0.2.7', isSecure: false });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is looked for among the sixteen nearest', () => {
    const lines = (proxies: number): string => `X-Forwarded-For: 192.0.2.7${', 10.0.0.2'.repeat(proxies)}`;
    expect(client(PROXY, lines(15)).address).toBe('192.0.2.7');
    expect(client(PROXY, lines(16)).address).toBe('10.0.0.2');
  });
});

describe('a client that is no trusted proxy', () => {
  it.each(['X-Forwarded-For: 192.0.2.7', 'Forwarded: for=192.0.2.7;proto=https;host=evil.example', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.example'])('is who it is, whatever it says: %s', (line) => {
    expect(client('203.0.113.9', line)).toEqual({ address: '203.0.113.9', port: 5, isLocal: false, isSecure: false, host: 'inner:8000' });
  });
});

describe('who is on this machine', () => {
  it('asks by a loopback address', () => {
    expect(['127.0.0.2', '::1'].map((address) => client(address).isLocal)).toEqual([true, true]);
    expect(client('192.0.2.7').isLocal).toBe(false);
  });

  it('does not ask by a proxy, be it trusted or not', () => {
    expect(client('127.0.0.2', 'X-Forwarded-For: 192.0.2.7').isLocal).toBe(false);
    expect(client('127.0.0.2', 'Via: 1.1 proxy').isLocal).toBe(false);
    expect(client('127.0.0.1').isLocal).toBe(false);
    expect(client('127.0.0.1', 'X-Forwarded-For: 127.0.0.2').isLocal).toBe(false);
    expect(client({ address: '127.0.0.2', isProxied: true }).isLocal).toBe(false);
  });
});
