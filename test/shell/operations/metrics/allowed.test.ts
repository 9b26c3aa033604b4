import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../../shell/http/request.ts';
import { textReply } from '../../../../shell/http/message/reply.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { metricsGuard } from '../../../../shell/operations/metrics/allowed.ts';
import { parseRange } from '../../../../shell/net/addresses/allow.ts';
import { CapturedLog } from '../../support/support.ts';

const told = new CapturedLog();
const refusals = new Refusals(told.log);
const asked = (address: string, isLocal = false): HttpRequest => ({ client: { address, port: 5, isLocal, isSecure: false, host: undefined }, from: `${address}:5` }) as unknown as HttpRequest;

describe('metrics are for', () => {
  const allow = ['192.0.2.0/24', '2001:db8::/32'].map((range) => parseRange(range)!);

  it.each([['192.0.2.9'], ['2001:db8::7'], ['::ffff:192.0.2.9']])('%s', (address) => {
    expect(metricsGuard({ allow, refusals })(asked(address))).toBeUndefined();
  });

  it.each([['198.51.100.1'], ['2001:db9::1'], ['']])('not for %s, and that is counted', (address) => {
    expect(metricsGuard({ allow, refusals })(asked(address))).toMatchObject({ status: 403 });
    expect(told.all('refused')[0]).toMatchObject({ reason: 'metrics are not for this address' });
  });

  it('nobody but this machine, where nobody is named', () => {
    expect(metricsGuard({ allow: [], refusals })(asked('192.0.2.9'))).toMatchObject({ status: 403 });
    expect(metricsGuard({ allow: [], refusals })(asked('127.0.0.1', true))).toBeUndefined();
  });

  it('nobody for whom a proxy on this machine asks, unless that is named', () => {
    expect(metricsGuard({ allow, refusals })(asked('127.0.0.1'))).toMatchObject({ status: 403 });
    expect(metricsGuard({ allow: [parseRange('127.0.0.1')!], refusals })(asked('127.0.0.1'))).toBeUndefined();
  });

  it('others by the password of operators, where there is one', () => {
    const refused = textReply(401, 'password');
    expect(metricsGuard({ allow, refusals, operators: () => () => refused })(asked('198.51.100.1'))).toBe(refused);
    expect(metricsGuard({ allow, refusals, operators: () => () => undefined })(asked('198.51.100.1'))).toBeUndefined();
    expect(metricsGuard({ allow, refusals, operators: () => undefined })(asked('198.51.100.1'))).toMatchObject({ status: 403 });
  });
});
