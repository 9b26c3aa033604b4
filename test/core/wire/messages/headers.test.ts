import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedHeaders, decodeHeaders, encodeHeaders, headerNames, MAX_HEADER_VALUE_BYTES, MAX_HEADERS_BYTES } from '../../../../core/wire/messages/headers.ts';
import { utf8Encode } from '../../../../core/base/text.ts';
import { ascii } from '../../codec/build.ts';

describe('headers', () => {
  it('are pairs with a CR between, and a LF between the pairs', () => {
    const payload = encodeHeaders([['icy-name', 'Radio'], ['ICY-GENRE', 'Jazz'], ['Content-Type', 'audio/mpeg']]);
    expect(payload).toEqual(ascii('Icy-Name\rRadio\nIcy-Genre\rJazz\nContent-Type\raudio/mpeg'));
    expect(decodeHeaders(payload)).toEqual({ headers: [['Icy-Name', 'Radio'], ['Icy-Genre', 'Jazz'], ['Content-Type', 'audio/mpeg']], dropped: 0 });
  });

  it('of no other name pass, in either direction', () => {
    expect(encodeHeaders([['Set-Cookie', 'a=b'], ['Icy-Url', 'http://x/']])).toEqual(ascii('Icy-Url\rhttp://x/'));
    expect(decodeHeaders(ascii('Location\rhttp://evil/\nIcy-Pub\r1\nTransfer-Encoding\rchunked'))).toEqual({ headers: [['Icy-Pub', '1']], dropped: 2 });
    expect(allowedHeaders([['__proto__', 'x'], ['constructor', 'x'], ['', 'x'], [' Icy-Name', 'x']])).toEqual([]);
  });

  it.each(['a\r\nSet-Cookie: x', 'a\rb', 'a\u0000b', 'tab\there', 'del\u007f', 'c1\u0085'])('with the value %j do not pass', (value) => {
    expect(allowedHeaders([['Icy-Name', value]])).toEqual([]);
  });

  it('have values of 1,024 bytes at most', () => {
    expect(allowedHeaders([['Icy-Name', 'x'.repeat(MAX_HEADER_VALUE_BYTES)]])).toHaveLength(1);
    expect(allowedHeaders([['Icy-Name', 'x'.repeat(MAX_HEADER_VALUE_BYTES + 1)]])).toEqual([]);
    expect(allowedHeaders([['Icy-Name', 'é'.repeat(513)]])).toEqual([]);
  });

  it.each(['http://x/', 'HTTPS://x/', 'www.example.com', 'example.com:8000/a', '/relative', '#', '', 'a?b:c'])('have %j as their address', (value) => {
    expect(allowedHeaders([['Icy-Url', value]])).toHaveLength(1);
  });

  it.each(['javascript:alert(1)', ' JavaScript:alert(1)', 'javascript:8000', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:x'])(
    'do not have %j as their address, which a page would make a link of', (value) => {
      expect(allowedHeaders([['Icy-Url', value]])).toEqual([]);
      expect(allowedHeaders([['Icy-Name', value]])).toHaveLength(1);
    });

  it('are looked for in so many bytes and lines, and no more', () => {
    expect(decodeHeaders(utf8Encode(`Icy-Name\rx\n${'a\n'.repeat(100)}`)).headers).toEqual([['Icy-Name', 'x']]);
    expect(decodeHeaders(utf8Encode(`${'a\n'.repeat(100)}Icy-Name\rx`))).toEqual({ headers: [], dropped: 65 });
    expect(decodeHeaders(utf8Encode(`Icy-Name\rx\n${'a'.repeat(MAX_HEADERS_BYTES)}`))).toEqual({ headers: [], dropped: 1 });
    const longest = encodeHeaders(headerNames.map((name) => [name, 'x'.repeat(MAX_HEADER_VALUE_BYTES)]));
    expect(decodeHeaders(longest).headers).toHaveLength(headerNames.length);
    expect(longest.length).toBeLessThanOrEqual(MAX_HEADERS_BYTES);
  });

  it('appear once each: the first counts', () => {
    expect(decodeHeaders(ascii('Icy-Name\rone\nicy-name\rtwo'))).toEqual({ headers: [['Icy-Name', 'one']], dropped: 1 });
  });

  it('without a CR, and empty lines, are not pairs', () => {
    expect(decodeHeaders(ascii('\n\nIcy-Name\nIcy-Pub\r\n'))).toEqual({ headers: [['Icy-Pub', '']], dropped: 1 });
    expect(decodeHeaders(new Uint8Array(0))).toEqual({ headers: [], dropped: 0 });
  });

  it('in ISO 8859-1 are read', () => {
    expect(decodeHeaders(Uint8Array.of(...ascii('Icy-Name\rBj'), 0xf6, ...ascii('rk'))).headers).toEqual([['Icy-Name', 'Björk']]);
  });

  it('decode to what was encoded', () => {
    const pair = fc.tuple(fc.constantFrom(...headerNames), fc.string({ unit: 'grapheme', maxLength: 30 }));
    fc.assert(fc.property(fc.uniqueArray(pair, { selector: ([name]) => name }), (pairs) => {
      const allowed = allowedHeaders(pairs).filter(([, value]) => !value.includes('\ufffd'));
      expect(decodeHeaders(encodeHeaders(allowed))).toEqual({ headers: allowed, dropped: 0 });
    }));
  });

  it('from any bytes are known names with harmless values', () => {
    const lines = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...headerNames), fc.string()), fc.constantFrom('\r', '', ':', '\n'), fc.string({ unit: 'binary' })));
    fc.assert(fc.property(fc.oneof(fc.uint8Array(), lines.map((all) => utf8Encode(all.map((line) => line.join('')).join('\n')))), (payload) => {
      for (const [name, value] of decodeHeaders(payload).headers) {
        expect(headerNames).toContain(name);
        // eslint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(value).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }
    }), { numRuns: 150 });
  });
});
