import { expect, it } from 'vitest';
import { HeadReader, requestOf } from '../../../../shell/http/message/head.ts';
import { lacksHost } from '../../../../shell/http/message/host.ts';

function request(text: string): ReturnType<typeof requestOf> {
  const reader = new HeadReader();
  reader.push(Buffer.from(`${text}\r\n\r\n`));
  const head = reader.parse();
  return head === 'bad head' ? head : requestOf(head);
}

it.each([
  ['GET /radio HTTP/1.1', true],
  ['HEAD /radio HTTP/1.1\r\nIcy-MetaData: 1', true],
  ['POST /admin/switch?mount=/radio HTTP/1.1', true],
  ['GET http://h:8000/radio HTTP/1.1', true],
  ['GET /7.html.mp3 HTTP/1.1', true],
  ['GET /radio HTTP/1.1\r\nHost:', false],
  ['GET /radio HTTP/1.1\r\nHost: radio.example.com', false],
  ['GET /radio HTTP/1.0', false],
  // Source clients, and scripts made for Shoutcast.
  ['SOURCE /radio ICE/1.0', false],
  ['SOURCE /radio HTTP/1.1', false],
  ['PUT /radio HTTP/1.1\r\nExpect: 100-continue', false],
  ['OPTIONS * HTTP/1.1', false],
  ['GET /admin/metadata?mode=updinfo&mount=/radio&song=x HTTP/1.1', false],
  ['GET /admin.cgi?pass=x&mode=updinfo&song=x HTTP/1.1', false],
  ['GET /7.html HTTP/1.1\r\nUser-Agent:Mozilla', false],
])('%j lacks its Host: %s', (text, lacks) => {
  const head = request(text);
  expect(typeof head === 'object' && lacksHost(head)).toBe(lacks);
  expect(typeof head).toBe('object');
});

it('two of them are no request, whatever they say', () => {
  expect(request('GET /radio HTTP/1.0\r\nHost: a\r\nHost: b')).toBe('bad head');
  expect(request('GET /radio HTTP/1.1\r\nhost: a\r\nHost: a')).toBe('bad head');
});
