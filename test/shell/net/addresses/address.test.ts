import { describe, expect, it } from 'vitest';
import { formatEndpoint, isLoopback, isMulticast, parseEndpoint, parsePort, plainAddress } from '../../../../shell/net/addresses/address.ts';
import { parseTarget } from '../../../../shell/http/message/request-target.ts';
import { usable } from '../../../../shell/net/addresses/resolve.ts';
import { decodeText } from '../../../../shell/http/message/text.ts';

describe('an endpoint', () => {
  it.each([
    ['relay-1.example:8001', { transport: 'tcp', host: 'relay-1.example', port: 8001 }],
    ['10.0.0.1@9001', { transport: 'udp', host: '10.0.0.1', port: 9001 }],
    ['[::1]:8001', { transport: 'tcp', host: '::1', port: 8001 }],
    ['[ff02::1]@9001', { transport: 'udp', host: 'ff02::1', port: 9001 }],
  ])('is read from %s, and written the same', (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint);
    expect(formatEndpoint(parseEndpoint(text)!)).toBe(text);
  });

  it.each(['', 'host', ':1', '@1', 'host:', 'host:0', 'host:65536', 'host:1x', 'host:-1', '::1:8001', 'a b:1', 'http://host:1', '[host]:1', 'a/b:1'])('is not %j', (text) => {
    expect(parseEndpoint(text)).toBeUndefined();
  });
});

describe('addresses', () => {
  it('know ports, loopback and multicast', () => {
    expect(['0', '65535', '65536', '1e3', '', '+1', '080'].map(parsePort)).toEqual([0, 65_535, undefined, undefined, undefined, undefined, 80]);
    expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '10.0.0.1', undefined].map(isLoopback)).toEqual([true, true, true, true, false, false]);
    expect(['224.0.0.1', '239.255.1.1', '223.1.1.1', '240.0.0.1', 'ff02::1', 'fe80::1', 'host'].map(isMulticast)).toEqual([true, true, false, false, true, false, false]);
    expect(plainAddress('::ffff:1.2.3.4')).toBe('1.2.3.4');
  });

  it('of one name are all taken', () => {
    expect(usable(['10.0.0.1', '10.0.0.2', '10.0.0.1', 'fd00::1'], true)).toEqual([['10.0.0.1'], ['10.0.0.2'], ['fd00::1']]);
    expect(usable(['127.0.0.1', '127.0.0.2'], true)).toEqual([['127.0.0.1'], ['127.0.0.2']]);
  });

  it('are not those of a protocol that this machine does not speak, unless there are no others', () => {
    expect(usable(['fd00::1', '10.0.0.1'], false)).toEqual([['10.0.0.1']]);
    expect(usable(['fd00::1'], false)).toEqual([['fd00::1']]);
  });

  it('of this very machine are tried in turn', () => {
    expect(usable(['::1', '127.0.0.1'], false)).toEqual([['127.0.0.1', '::1']]);
    expect(usable(['::1'], false)).toEqual([['::1']]);
  });
});

describe('a request target', () => {
  it('is decoded, without its slash and its query', () => {
    expect(parseTarget('/one')?.name).toBe('one');
    expect(parseTarget('/one%2Ftwo%20%C3%A4?x=y')?.name).toBe('one/two ä');
    expect(parseTarget('http://host:8000/one?x')?.name).toBe('one');
    expect([parseTarget('http://host')?.name, parseTarget('http://host?x=y')?.name, parseTarget('http://host/')?.name]).toEqual(['', '', '']);
    expect([parseTarget('?x=y'), parseTarget('http:/host')]).toEqual([undefined, undefined]);
    expect(parseTarget('one')).toBeUndefined();
    expect(parseTarget('/%zz')).toBeUndefined();
  });

  it('has values in the charset of the sender', () => {
    const song = (target: string, charset?: string): string => decodeText(parseTarget(target)!.query.get('song')!, charset);
    expect(song('/a?mode=x&song=A+%26+B%20%3D')).toBe('A & B =');
    expect(song('/a?song=Beyonc%C3%A9')).toBe('Beyoncé');
    expect(song('/a?song=Beyonc%E9')).toBe('Beyoncé');
    expect(song('/a?song=%C0%C1', 'windows-1251')).toBe('АБ');
    for (const charset of [undefined, 'ISO-8859-1', 'latin1', 'windows-1252']) expect(song('/a?song=D%92Angelo%20%96%20%80', charset)).toBe('D’Angelo – €');
    expect(song('/a?song=%C3%A9', 'no-such-charset')).toBe('é');
    expect(song('/a?song=100%')).toBe('100%');
  });
});
