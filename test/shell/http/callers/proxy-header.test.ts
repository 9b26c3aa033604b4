import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginsProxied, MAX_PROXY_HEADER_BYTES, ProxyHeaderReader } from '../../../../shell/http/callers/proxy-header.ts';
import { proxyHeader2, SIGNATURE, tlv } from '../support.ts';

type Read = { readonly header: unknown; readonly rest: string } | 'bad' | 'more';

/** Reads the beginning of a connection that comes in pieces of `size` bytes; what came behind the piece in which it is decided is put behind `rest`. */
function read(bytes: Uint8Array, size = Number.POSITIVE_INFINITY): Read {
  const reader = new ProxyHeaderReader();
  for (let at = 0; at < bytes.length; at += size) {
    // It is borrowed: what is there behind the call is somebody else's.
    const chunk = Uint8Array.from(bytes.subarray(at, at + size));
    const beginning = reader.push(chunk);
    if (beginning === 'more') {
      chunk.fill(0xaa);
      continue;
    }
    if (beginning === 'bad') return 'bad';
    return { header: beginning.header, rest: Buffer.concat([beginning.rest, bytes.subarray(at + size)]).toString('latin1') };
  }
  return 'more';
}

const text = (line: string): Buffer => Buffer.from(line, 'latin1');
const from = (address: string, port: number, isSecure?: boolean): object => ({ address, port, isSecure });
const v4 = Buffer.from([192, 0, 2, 7, 198, 51, 100, 1, 0x15, 0x38, 0x01, 0xbb]);

function v6(address: string): Buffer {
  return Buffer.concat([Buffer.from(address, 'hex'), Buffer.alloc(16), v4.subarray(8)]);
}

describe('a header of the PROXY protocol, version 1', () => {
  it.each([
    ['PROXY TCP4 192.0.2.7 198.51.100.1 5432 443\r\n', from('192.0.2.7', 5_432)],
    ['PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n', from('255.255.255.255', 65_535)],
    ['PROXY TCP6 2001:DB8::0007 2001:db8::1 5432 443\r\n', from('2001:db8::7', 5_432)],
    ['PROXY TCP6 ::ffff:192.0.2.7 ::1 5432 443\r\n', from('192.0.2.7', 5_432)],
    ['PROXY UNKNOWN\r\n', 'nobody'],
    ['PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n', 'nobody'],
  ])('%j names the client, in pieces of any size', (line, header) => {
    for (const size of [1, 2, 7, 1_000]) expect(read(text(`${line}GET / HTTP/1.0`), size)).toEqual({ header, rest: 'GET / HTTP/1.0' });
  });

  it.each([
    'PROXY \r\n',
    'PROXY TCP4\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 5432 443\n',
    'PROXY  TCP4 192.0.2.7 198.51.100.1 5432 443\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 5432 443 \r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n',
    'PROXY TCP4 192.0.2.256 198.51.100.1 5432 443\r\n',
    'PROXY TCP4 192.0.2.7 localhost 5432 443\r\n',
    'PROXY TCP4 2001:db8::7 2001:db8::1 5432 443\r\n',
    'PROXY TCP6 192.0.2.7 198.51.100.1 5432 443\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 5432 443\r\n',
    'PROXY UDP4 192.0.2.7 198.51.100.1 5432 443\r\n',
    'PROXY UNKNOWN \u0007\r\n',
    `PROXY UNKNOWN ${'x'.repeat(100)}\r\n`,
    `PROXY ${'x'.repeat(101)}`,
  ])('%j is malformed', (line) => {
    for (const size of [1, 1_000]) expect(read(text(line), size)).toBe('bad');
  });
});

describe('a header of the PROXY protocol, version 2', () => {
  it.each([
    ['IPv4', proxyHeader2(0x21, 0x11, v4), from('192.0.2.7', 5_432)],
    ['IPv6', proxyHeader2(0x21, 0x21, v6('20010db8000000000000000000000007')), from('2001:db8::7', 5_432)],
    ['IPv4 in IPv6', proxyHeader2(0x21, 0x21, v6('00000000000000000000ffffc0000207')), from('192.0.2.7', 5_432)],
    ['fields that are passed over', proxyHeader2(0x21, 0x11, v4, tlv(0x01, 'http/1.1'), tlv(0x04, ''), tlv(0xea, 'vpce-1')), from('192.0.2.7', 5_432)],
    ['a client by TLS', proxyHeader2(0x21, 0x11, v4, tlv(0x02, 'radio.example'), tlv(0x20, '\x01\0\0\0\0')), from('192.0.2.7', 5_432, true)],
    ['a client without TLS', proxyHeader2(0x21, 0x11, v4, tlv(0x20, '\0\0\0\0\0')), from('192.0.2.7', 5_432, false)],
    ['the proxy itself', proxyHeader2(0x20, 0x00, Buffer.alloc(0)), 'nobody'],
    ['the proxy itself, with addresses', proxyHeader2(0x20, 0x11, v4), 'nobody'],
    ['no family', proxyHeader2(0x21, 0x00, Buffer.from('anything')), 'nobody'],
    ['datagrams', proxyHeader2(0x21, 0x12, v4), 'nobody'],
    ['a socket of a file system', proxyHeader2(0x21, 0x31, Buffer.alloc(216)), 'nobody'],
  ])('is understood in pieces of any size: %s', (_, bytes, header) => {
    for (const size of [1, 2, 7, 10_000]) expect(read(Buffer.concat([bytes, text('GET')]), size)).toEqual({ header, rest: 'GET' });
  });

  it.each([
    ['another version', proxyHeader2(0x11, 0x11, v4)],
    ['another command', proxyHeader2(0x22, 0x11, v4)],
    ['half an address', proxyHeader2(0x21, 0x11, v4.subarray(0, 11))],
    ['IPv4 where IPv6 is said', proxyHeader2(0x21, 0x21, v4)],
    ['half a field', proxyHeader2(0x21, 0x11, v4, Buffer.from([0x01, 0]))],
    ['a field that is longer than the header', proxyHeader2(0x21, 0x11, v4, Buffer.from([0x01, 0, 2, 0]))],
    ['more than may be', proxyHeader2(0x21, 0x11, v4, tlv(0x05, 'x'.repeat(MAX_PROXY_HEADER_BYTES)))],
  ])('is malformed with %s', (_, bytes) => {
    for (const size of [1, 10_000]) expect(read(bytes, size)).toBe('bad');
  });

  it('may be as long as the limit', () => {
    const fits = proxyHeader2(0x21, 0x11, v4, tlv(0x05, 'x'.repeat(MAX_PROXY_HEADER_BYTES - 16 - v4.length - 3)));
    expect(fits).toHaveLength(MAX_PROXY_HEADER_BYTES);
    expect(read(fits, 100)).toMatchObject({ header: { address: '192.0.2.7' } });
  });
});

it.each(['GET / HTTP/1.0\r\n\r\n', 'PUT /x HTTP/1.0\r\n', 'PROXIED', '\r\n\r\nGET / HTTP/1.0\r\n\r\n', '\u0016\u0003\u0001', 'password\r\n', '\r\n\r\n\0\r\nQUIET'])('a connection that begins with %j has none', (begins) => {
  for (const size of [1, 3, 1_000]) expect(read(text(begins), size)).toEqual({ header: 'none', rest: begins });
  expect(beginsProxied(text(begins))).toBe(false);
});

it('is known by what nothing else begins with', () => {
  expect([text('PROXY '), text('PROXY TCP4 x'), SIGNATURE, proxyHeader2(0x11, 0, v4)].map(beginsProxied)).toEqual([true, true, true, true]);
  expect([text('PROXY'), text('\r\n'), SIGNATURE.subarray(0, 11), text('')].map(beginsProxied)).toEqual([false, false, false, false]);
});

it('takes any bytes, whole and in pieces, for the same, and waits for no more than a header may have', () => {
  const piece = fc.oneof(fc.constantFrom('PROXY ', 'TCP4 ', 'TCP6 ', 'UNKNOWN', '192.0.2.7 ', '::1 ', '80 ', '443', '\r\n', '\n'), fc.string({ unit: 'binary', maxLength: 8 }));
  const binary = fc
    .record({ command: fc.constantFrom(0x20, 0x21, 0x11), family: fc.constantFrom(0, 0x11, 0x21, 0x31), body: fc.uint8Array({ maxLength: 60 }), isFitting: fc.boolean(), length: fc.nat(0xffff) })
    .map(({ command, family, body, isFitting, length }) => {
      const bytes = proxyHeader2(command, family, body);
      if (!isFitting) bytes.writeUInt16BE(length, 14);
      return bytes;
    });
  const beginning = fc.oneof(fc.array(piece, { maxLength: 12 }).map((pieces) => text(pieces.join(''))), binary, fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.concat([SIGNATURE, bytes])));
  fc.assert(
    fc.property(beginning, fc.integer({ min: 1, max: 9 }), (bytes, size) => {
      const whole = read(bytes);
      expect(read(bytes, size)).toEqual(whole);
      if (whole === 'more') expect(read(Buffer.concat([bytes, Buffer.alloc(MAX_PROXY_HEADER_BYTES)]))).not.toBe('more');
      if (typeof whole === 'object') expect(text(whole.rest).equals(bytes.subarray(bytes.length - whole.rest.length))).toBe(true);
    }),
    { numRuns: 300 },
  );
});
