import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadReader, MAX_HEAD_BYTES, requestOf, statusOf, type Head } from '../../../../shell/http/message/head.ts';

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

  it('may end its lines with CR CR LF, but not those that say where the body ends', () => {
    for (const size of [1, 1_000]) {
      expect(read('SOURCE /m HTTP/1.0\r\r\nice-name: x\r\r\n\r\r\naudio', size)).toEqual({
        head: { firstLine: 'SOURCE /m HTTP/1.0', headers: new Map([['ice-name', 'x']]) },
        rest: 'audio',
      });
    }
    expect(request('PUT /m HTTP/1.1\r\r\nContent-Length: 5\r\r\n\r\r\n')).toBe('bad head');
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

  it('takes the first of several headers with one name, and all of those that proxies add', () => {
    expect((read('GET / HTTP/1.0\r\nA: 1\r\na: 2\r\n\r\n').head as Head).headers.get('a')).toBe('1');
    for (const name of ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Forwarded']) {
      const { head } = read(`GET / HTTP/1.0\r\n${name}: 1, 2\r\nA: b\r\n${name.toLowerCase()}:3\r\n${name.toUpperCase()}: \r\n\r\n`);
      expect((head as Head).headers.get(name.toLowerCase())).toBe('1, 2, 3, ');
    }
  });

  it.each(['no colon', ' folded: x', 'sp ace: x', 'User Agent: x', 'a: b\u0000c', 'a: b\rc: d', ': x', '\u0001', 'second line of a description'])('passes over a line such as %j', (line) => {
    for (const size of [1, 1_000]) {
      const { head, rest } = read(`GET / HTTP/1.0\r\nA: 1\r\n${line}\r\nB: 2\r\n\r\naudio`, size);
      expect(head).toEqual({ firstLine: 'GET / HTTP/1.0', headers: new Map([['a', '1'], ['b', '2']]), passedOver: [line] });
      expect(rest).toBe('audio');
    }
  });

  it('is read line by line: one in Latin-1 does not spoil the others', () => {
    const head = read(Buffer.concat([Buffer.from('GET / HTTP/1.0\r\nice-name: Größe\r\nice-genre: '), Buffer.from('Größe', 'latin1'), Buffer.from('\r\n\r\n')])).head as Head;
    expect([...head.headers.values()]).toEqual(['Größe', 'Größe']);
  });

  it('takes every byte, whole and one by one, for the same: headers that are safe, or a reason', () => {
    const piece = fc.oneof(
      fc.constantFrom('\r\n', '\n', '\r', ':', ' ', '\t', '\0', 'A: 1', 'Content-Length: 5', 'Transfer-Encoding: chunked', 'X-Forwarded-For: 192.0.2.7', 'x-forwarded-for: "', 'Forwarded: for="', ' folded', '\u00e9', 'User Agent: x'),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = Buffer.from(`GET /m HTTP/1.1\r\n${pieces.join('')}\r\n\r\n`);
        const whole = read(text);
        expect(read(text, 1)).toEqual(whole);
        const { head } = whole;
        if (typeof head === 'string') return;
        for (const [name, value] of head.headers) {
          expect(name).toMatch(/^[\w!#$%&'*+.^`|~-]+$/);
          // oxlint-disable-next-line no-control-regex -- they are what must not be there
          expect(value).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f]/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a request', () => {
  it('may have blanks behind a question mark, and nowhere else', () => {
    expect(request('GET /a?b=c d  e  HTTP/1.0\r\n\r\n')).toMatchObject({ target: '/a?b=c d  e' });
    expect(request('GET /a? HTTP/1.0\r\n\r\n')).toMatchObject({ target: '/a?' });
    for (const line of ['GET /a b?c HTTP/1.0', 'GET /a?b\tc HTTP/1.0', 'GET ? HTTP/1.0 x']) expect(request(`${line}\r\n\r\n`)).toBe('bad head');
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'SOURCE', 'POST'])('may be %s', (method) => {
    expect(request(`${method} /a?b=c ICE/1.0\r\n\r\n`)).toMatchObject({ method, target: '/a?b=c', version: 'ICE/1.0' });
  });

  it.each(['GET /', 'GET / HTTP/2.0', 'GET  HTTP/1.0', '/ HTTP/1.0', 'GET /a b HTTP/1.1', '\u0016\u0003\u0001', 'GET / HTTP/1.1 x'])('is never %j', (line) => {
    expect(request(`${line}\r\n\r\n`)).toBe('bad head');
  });

  it('is any first line that says what is asked of what, and never another one', () => {
    const piece = fc.oneof(
      fc.constantFrom('GET', 'SOURCE', 'PUT', 'get', 'TRACE', ' ', '  ', '\t', '/', '/radio', '/;stream.mp3', 'http://h:8000/radio', '*', '?', '?a=b c', '%', '%00', '\u00e9', '\0', 'HTTP/1.1', 'HTTP/1.0', 'ICE/1.0', 'HTTP/2.0', 'PROXY TCP4 '),
      fc.string({ unit: 'binary', maxLength: 6 }).map((text) => Buffer.from(text, 'latin1').toString('latin1').replace(/[\r\n]/g, '')),
    );
    const likely = fc.tuple(fc.constantFrom('GET', 'HEAD', 'SOURCE', 'PATCH', ''), piece, piece, fc.constantFrom('HTTP/1.1', 'ICE/1.0', 'HTTP/3')).map(([method, one, other, version]) => `${method} ${one}${other} ${version}`);
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(likely, fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))), (line) => {
        const bytes = Buffer.from(`${line}\r\nHost: h\r\n\r\n`, 'latin1');
        const { head } = read(bytes);
        const asked = typeof head === 'string' ? 'bad head' : requestOf(head);
        seen.add(typeof asked === 'string' ? asked : 'request');
        if (typeof asked === 'string') return;
        expect(asked.method).toMatch(/^(GET|HEAD|OPTIONS|PUT|SOURCE|POST)$/);
        expect(asked.version).toMatch(/^(HTTP|ICE)\/1\.[01]$/);
        // oxlint-disable-next-line no-control-regex -- they are what must not be there
        expect(asked.target).toMatch(/^[^\u0000-\u0020\u007f?]+(\?[^\u0000-\u001f\u007f]*)?$/);
        // What was asked is all of the line, and in its order.
        expect(line.trim().replace(/ +/g, ' ')).toBe(`${asked.method} ${asked.target} ${asked.version}`.replace(/ +/g, ' '));
      }),
      { numRuns: 500 },
    );
    expect([...seen].toSorted()).toEqual(['bad head', 'bad method', 'request']);
  });

  it.each(['DELETE', 'get', 'CONNECT'])('is not answered when it is %s', (method) => {
    expect(request(`${method} / HTTP/1.1\r\n\r\n`)).toBe('bad method');
  });
});

describe('a request whose body may end in two places', () => {
  it.each([
    'Content-Length: 5\r\nContent-Length: 6',
    'Content-Length: 5\r\ncontent-length: 05',
    'Content-Length : 5',
    'Content-Length\t: 5',
    ' Content-Length: 5',
    'Content-Length: 5\r\n 6',
    'X: y\rContent-Length: 5',
    'X: y\u0000\r\n\u0000Content-Length: 5',
    '\u000bTransfer-Encoding: chunked',
    'Transfer-Encoding\u0000: chunked',
    'Transfer-Encoding: chunked\r\n , identity',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding:\u0001chunked',
  ])('is refused: %j', (lines) => {
    expect(request(`PUT /m HTTP/1.1\r\nHost: h\r\n${lines}\r\n\r\n`)).toBe('bad head');
  });

  it.each(['Content-Length: 5\r\nContent-Length: 5', 'Transfer-Encoding: Chunked', 'Transfer-Encoding: identity', 'ice-description: of two\r\nlines'])('is not %j', (lines) => {
    expect(request(`PUT /m HTTP/1.1\r\nHost: h\r\n${lines}\r\n\r\n`)).toMatchObject({ method: 'PUT' });
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
