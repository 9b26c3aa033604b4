import { afterEach, describe, expect, it } from 'vitest';
import { withSettings } from '../../../../core/config/settings.ts';
import { SourceServer } from '../../../../shell/encoder/source/push/source-server.ts';
import { SteadyTimers } from '../../../../shell/process/time/steady-timers.ts';
import { CapturedLog, RawClient, sleep } from '../../support/support.ts';

const running: { stop(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

/** The process does nothing, as if it were stopped: no timer fires, and no socket is read. */
function stopFor(spanMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, spanMs);
}

describe('steady timers', () => {
  function timers(): SteadyTimers {
    const made = new SteadyTimers({ maxTimerLagMs: 50 });
    running.push(made);
    return made;
  }

  it('fire when they are due, in their order, and not when they were put off or cancelled', async () => {
    const [fired, steady] = [[] as string[], timers()];
    const timer = (name: string): ReturnType<SteadyTimers['timer']> => steady.timer(() => fired.push(name));
    const [first, second, putOff, cancelled] = [timer('first'), timer('second'), timer('put off'), timer('cancelled')];
    second.set(40);
    first.set(20);
    putOff.set(20);
    cancelled.set(20);
    putOff.set(60_000);
    cancelled.cancel();
    await expect.poll(() => fired).toEqual(['first', 'second']);
  });

  it('do not count what the process was stopped for, as far as it does not know that others could be heard', async () => {
    const [fired, steady] = [[] as string[], timers()];
    steady.timer(() => fired.push('long')).set(2_000);
    await sleep(20);
    stopFor(2_100);
    await sleep(200);
    expect(fired).toEqual([]);
    await expect.poll(() => fired).toEqual(['long']);
  });
});

describe('a source, while its encoder is stopped,', () => {
  it('is heard afterwards, and not thrown out for a silence of ours', async () => {
    const [bodies, ended] = [[] as string[], [] as string[]];
    const told = new CapturedLog();
    const settings = withSettings({ sourceIdleMs: 300, maxTimerLagMs: 50 });
    const sink = {
      hasFrames: true,
      audio: (bytes: Uint8Array) => void bodies.push(Buffer.from(bytes).toString()),
      title: () => true,
      metadata: () => undefined,
      end: (reason: string) => void ended.push(reason),
    };
    const server = new SourceServer({ mounts: [{ name: 'm', password: undefined, api: { begin: () => sink } }], bind: { address: '127.0.0.1', port: 0 }, settings, log: told.log });
    running.push(server);
    await server.start();
    const client = new RawClient(await told.port('source')).write('SOURCE /m HTTP/1.0\r\n\r\n');
    await client.untilText('200 OK');
    client.write('before');
    await expect.poll(() => bodies).toEqual(['before']);
    client.write('meanwhile');
    stopFor(700);
    await expect.poll(() => bodies).toEqual(['before', 'meanwhile']);
    expect(ended).toEqual([]);
    await expect.poll(() => ended).toEqual(['idle']);
  });
});
