import { expect, it } from 'vitest';
import { readDavecast } from '../../../shell/bin/command-line.ts';
import { EventFanOut } from '../../../shell/log/fan-out.ts';
import { Metrics } from '../../../shell/operations/metrics/metrics.ts';
import { ask, CapturedLog } from '../support/support.ts';

it.each([
  ['relay --in 0 --out 0 --http 0', 'http'],
  ['-r 0 0 --http 0', 'http'],
  ['edge --http 0 --relay 127.0.0.1:9', 'http'],
  ['0 127.0.0.1:9', 'http'],
  ['station --http 0', 'http'],
  ['encoder --mount m --to 127.0.0.1:9 --listen 0', 'source'],
])('davecast %s takes its proxies from the command line', async (line, what) => {
  const wish = readDavecast(`${line} --bind 127.0.0.1 --trusted-proxy 192.0.2.0/24 --trusted-proxy 127.0.0.1`.split(' '));
  if (wish.kind !== 'run') throw new Error('it is no process');
  const told = new CapturedLog();
  const metrics = new Metrics({ role: wish.role, tell: told.log });
  const { app } = wish.make(new EventFanOut(told.log), metrics);
  await app.start();
  expect(await ask(await told.port(what), 'PROXY TCP4 192.0.2.7 198.51.100.1 5432 443\r\nGET /healthz HTTP/1.0\r\n\r\n')).toMatch(/ok\n$/);
  await app.stop();
  metrics.stop();
});
