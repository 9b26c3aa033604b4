import { describe, expect, it } from 'vitest';
import { HeadReader, MAX_HEAD_BYTES, requestOf, statusOf, type Head } from '../../shell/http-head.ts';

/** Reads a head in pieces of `size` bytes; gives it with what came behind it. */
function read(text: string | Buffer, size = Number.POSITIVE_INFINITY): { head: Head | string; rest: string } {
  const bytes = Buffer.from(text);
  const reader = new HeadReader();
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    const progress = reader.push(chunk);
    if (progress === 'more') continue;
    if (progress === 'head too long') return { head: progress, rest: '' };
    return { head: reader.parse(), rest: bytes.subarray(at + progress).toString('latin1') };
  }
  return { head: 'more', rest: '' };
}

function request(text: string): ReturnType<typeof requestOf> {
  const { head } = read(text);
  return typeof head === 'string' ? 'bad head' : requestOf(head);
}

describe('a head', () => {
  const whole = 'GET /m HTTP/1.1\r\nHost: a:1\r\nIcy-MetaData:1\r\n\r\nrest';

  it('is the same whole and byte by byte', () => {
    for (const size of [1, 2, 3, 7, 1_000]) {
      const { head, rest } = read(whole, size);
      expect(head).toEqual({ firstLine: 'GET /m HTTP/1.1', headers: new Map([['host', 'a:1'], ['icy-metadata', '1']]) });
      expect(rest).toBe('rest');
    }
  });

  it('may end its lines with LF alone, and mix them', () => {
    for (const size of [1, 1_000]) {
      expect(read('SOURCE /m HTTP/1.0\nice-name: x\r\n\naudio', size)).toEqual({
        head: { firstLine: 'SOURCE /m HTTP/1.0', headers: new Map([['ice-name', 'x']]) },
        rest: 'audio',
      });
    }
  });

  it('may have empty lines in front of it', () => {
    expect(read('\r\n\nGET / HTTP/1.0\r\n\r\n', 1).head).toEqual({ firstLine: 'GET / HTTP/1.0', headers: new Map() });
  });

  it('is at most 8 KiB long', () => {
    const start = 'GET / HTTP/1.0\r\nX: ';
    const fits = `${start}${'x'.repeat(MAX_HEAD_BYTES - start.length - 3)}\r\n\r\n`;
    expect(read(fits).head).toBeTypeOf('object');
    expect(read(`${start}${'x'.repeat(MAX_HEAD_BYTES)}`).head).toBe('head too long');
    expect(read('x'.repeat(MAX_HEAD_BYTES + 1), 100).head).toBe('head too long');
  });

  it('is UTF-8, or Latin-1 when it is not that', () => {
    const name = (bytes: Buffer): unknown => (read(Buffer.concat([Buffer.from('GET / HTTP/1.0\r\nice-name: '), bytes, Buffer.from('\r\n\r\n')])).head as Head).headers.get('ice-name');
    expect(name(Buffer.from('Größe €'))).toBe('Größe €');
    expect(name(Buffer.from('Größe', 'latin1'))).toBe('Größe');
  });

  it('takes the first of several headers with one name', () => {
    expect((read('GET / HTTP/1.0\r\nA: 1\r\na: 2\r\n\r\n').head as Head).headers.get('a')).toBe('1');
  });

  it.each(['no colon', ' folded: x', 'sp ace: x', 'a: b\u0000c', 'a: b\rc: d', ': x'])('does not have a line such as %j', (line) => {
    expect(read(`GET / HTTP/1.0\r\n${line}\r\n\r\n`).head).toBe('bad head');
  });
});

describe('a request', () => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'SOURCE', 'POST'])('may be %s', (method) => {
    expect(request(`${method} /a?b=c ICE/1.0\r\n\r\n`)).toMatchObject({ method, target: '/a?b=c', version: 'ICE/1.0' });
  });

  it.each(['GET /', 'GET / HTTP/2.0', 'GET  HTTP/1.0', '/ HTTP/1.0', 'GET /a b HTTP/1.1', '\u0016\u0003\u0001', 'GET / HTTP/1.1 x'])('is never %j', (line) => {
    expect(request(`${line}\r\n\r\n`)).toBe('bad head');
  });

  it.each(['DELETE', 'get', 'CONNECT'])('is not answered when it is %s', (method) => {
    expect(request(`${method} / HTTP/1.1\r\n\r\n`)).toBe('bad method');
  });
});

describe('a response', () => {
  it.each([['HTTP/1.0 200 OK', 200], ['HTTP/1.1 302 Found', 302], ['ICY 200 OK', 200], ['HTTP/1.1 404', 404], ['SSH-2.0-x', undefined], ['HTTP/1.1 20', undefined]])(
    '%j has status %s',
    (line, status) => {
      expect(statusOf(read(`${line}\r\n\r\n`).head as Head)).toBe(status);
    },
  );
});
