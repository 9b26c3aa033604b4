import { describe, expect, it } from 'vitest';
import { formatEndpoint, parseEndpoint } from '../../../../shell/net/addresses/address.ts';
import { readNats, withoutNatsLogin } from '../../../../shell/net/addresses/nats-address.ts';

describe('the address of a cluster of NATS', () => {
  it.each([
    ['nats://a', { servers: ['a:4222'], isSecure: false, login: undefined, prefix: 'davecast' }, 'nats://a:4222'],
    ['nats://a,b:4223,[::1]', { servers: ['a:4222', 'b:4223', '[::1]:4222'] }, 'nats://a:4222,b:4223,[::1]:4222'],
    ['tls://a,tls://b', { servers: ['a:4222', 'b:4222'], isSecure: true }, 'tls://a:4222,b:4222'],
    ['nats://studio:p%40ss@a', { login: { kind: 'user', user: 'studio', password: 'p@ss' } }, 'nats://a:4222'],
    ['nats://s3cr3t@a,b', { login: { kind: 'token', token: 's3cr3t' } }, 'nats://a:4222,b:4222'],
    ['nats://a?creds=/etc/davecast/north.creds', { login: { kind: 'creds', file: '/etc/davecast/north.creds' } }, 'nats://a:4222'],
    ['nats://a/?nkey=north.nk&prefix=radio.test', { login: { kind: 'nkey', file: 'north.nk' }, prefix: 'radio.test' }, 'nats://a:4222?prefix=radio.test'],
    ['nats://a?domain=hub', { domain: 'hub', login: undefined }, 'nats://a:4222'],
    ['NATS://a,nats://b', { servers: ['a:4222', 'b:4222'], isSecure: false }, 'nats://a:4222,b:4222'],
    ['Tls://a', { isSecure: true }, 'tls://a:4222'],
    ['nats://a?login=file', { login: { kind: 'login', file: 'file' } }, 'nats://a:4222'],
  ])('%s', (text, expected, formatted) => {
    const endpoint = parseEndpoint(text)!;
    expect(endpoint).toMatchObject({ transport: 'nats', ...expected });
    expect(formatEndpoint(endpoint)).toBe(formatted);
    expect(formatEndpoint(parseEndpoint(formatted)!)).toBe(formatted);
  });

  it.each(['nats://', 'nats://a:0', 'nats://a:65536', 'nats://a,,b', 'nats://a b', 'nats://@a', 'nats://:p@a', 'nats://u:p@a?creds=f', 'nats://a?creds=', 'nats://a?creds=f&nkey=g', 'nats://a?x=1', 'nats://a?prefix=a..b', 'nats://a?prefix=a.*', 'nats://a?domain=a.b', 'nats://a#b', 'nats://%zz@a', `nats://${'a,'.repeat(16)}a`])('%s is none', (text) => {
    expect(parseEndpoint(text)).toBeUndefined();
  });

  it.each([
    ['nat://a', 'the scheme must be nats or tls, and a relay has none, not "nat"'],
    ['nats://', 'a host is missing'],
    ['nats://studio:s3cr3t@', 'a host is missing'],
    ['nats://a,,b', 'a host is missing'],
    ['nats://a,b c', 'the host must be a name or an address, IPv6 in brackets, not "b c"'],
    ['nats://h/../x', 'the host must be a name or an address, IPv6 in brackets, not "h/../x"'],
    ['nats://[::g]:1', 'the host must be a name or an address, IPv6 in brackets, not "[::g]"'],
    ['nats://a:65536', 'the port must be from 1 to 65535, not "65536"'],
    ['nats://a,b:0', 'the port must be from 1 to 65535, not "0"'],
    ['nats://a:x', 'the port must be from 1 to 65535, not "x"'],
    ['nats://a:', 'the port must be from 1 to 65535, not ""'],
    ['nats://a?cred=f', '"cred" is none of creds, nkey, login, prefix, domain'],
    ['nats://a?creds', 'creds is empty'],
    ['nats://a?creds=f&nkey=g', 'the login is given twice, by creds and nkey'],
    ['nats://u:s3cr3t@a?creds=f', 'the login is given twice, in front of the host and by a file'],
    ['nats://:s3cr3t@a', 'the login must be USER:PASSWORD@ or TOKEN@, with special characters as %XX'],
    ['nats://a?creds=%zz', 'creds has a % that is not followed by two hexadecimal digits: write it as %25'],
    ['nats://a?prefix=a..b', 'prefix must be letters, digits, - and _, with dots between, at most 64 characters, not "a..b"'],
    ['nats://a?domain=a.b', 'domain must be letters, digits, - and _, at most 64 characters, not "a.b"'],
    ['nats://a#b', 'it ends with a #, which has no meaning here: write it as %23 in a login or the name of a file'],
    [`nats://${'a,'.repeat(16)}a`, 'it has 17 servers, at most 16 are possible'],
  ])('%s: says which part is wrong', (text, says) => {
    expect(readNats(text)).toMatchObject({ says });
  });

  it.each(['nats://u:s3cr3t?x@a', 'nats://u:x?s3cr3t@a', 'nats://u:a@b?s3cr3t@a', 'nats://u:x#s3cr3t@a', 'nats://u:x s3cr3t:1@a:x', 'nats://u:s3cr3t?creds=x@a,,b'])('%s: says nothing of the login', (text) => {
    expect(JSON.stringify(readNats(text))).toContain('"says"');
    expect(JSON.stringify(readNats(text))).not.toContain('s3cr3t');
    expect(withoutNatsLogin(text)).not.toContain('s3cr3t');
  });

  it('is told to nobody with its login', () => {
    expect(withoutNatsLogin('--to NATS://u:p@a:1 or tls://tok@b or nat://tok@c')).not.toMatch(/u:p|tok/);
    expect(withoutNatsLogin('nats://a:4222?creds=/x')).toBe('nats://a:4222?creds=/x');
  });
});
