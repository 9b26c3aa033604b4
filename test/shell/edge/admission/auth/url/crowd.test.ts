import net from 'node:net';
import { expect, it } from 'vitest';
import { urlAuthDefaults } from '../../../../../../shell/cli/mounts/listener-auth.ts';
import type { Admitted, NotAdmitted } from '../../../../../../shell/edge/admission/auth/authenticator.ts';
import type { ServiceAnswer, ServiceClient, ServiceRequest } from '../../../../../../shell/icecast/auth-service/service-client.ts';
import { UrlAuth } from '../../../../../../shell/edge/admission/auth/url/url-auth.ts';
import type { HttpRequest } from '../../../../../../shell/http/request.ts';
import { CapturedLog } from '../../../../support/support.ts';

const IN_FLIGHT = 32;
const WAITING = 2_048;

interface Rig {
  readonly told: CapturedLog;
  /** Addresses that the service was asked about. */
  readonly asked: string[];
  readonly answers: { readonly admit: () => void; readonly fail: () => void }[];
  admit(address: string): Promise<Admitted | NotAdmitted>;
}

/** A service that has listeners admitted while it is down. */
function rig(timeoutMs: number): Rig {
  const [told, asked, answers] = [new CapturedLog(), [] as string[], [] as Rig['answers']];
  const post = ({ body }: ServiceRequest): Promise<ServiceAnswer> => {
    asked.push(new URLSearchParams(body).get('ip')!);
    return new Promise((resolve, reject) => {
      answers.push({ admit: () => resolve({ status: 200, firstLine: '', headers: [['icecast-auth-user', '1']] }), fail: () => reject(new Error('ECONNREFUSED')) });
    });
  };
  const auth = new UrlAuth({ config: { ...urlAuthDefaults, add: new URL('http://auth/'), whenDown: 'admit' }, mount: 'one', timeoutMs, client: { post } as unknown as ServiceClient, log: told.log });
  const admit = (address: string): ReturnType<UrlAuth['admit']> => {
    const request = { head: { target: '/one', headers: new Map() }, socket: new net.Socket(), client: { address } } as unknown as HttpRequest;
    return auth.admit({ client: 1, mount: 'one', request, credentials: undefined, isGone: () => false });
  };
  return { told, asked, answers, admit };
}

const busy = { isAdmitted: false, reply: { status: 503 }, refusal: 'too many listeners wait to be authenticated' };

it('does not make a service count as down, which would let them in, and others have their turn', async () => {
  const { told, asked, answers, admit } = rig(60_000);
  const crowd = Array.from({ length: IN_FLIGHT + WAITING + 1 }, () => admit('192.0.2.1'));
  expect(await crowd.at(-1)).toMatchObject(busy);
  const other = admit('192.0.2.2');
  expect(await crowd.at(-2)).toMatchObject(busy);
  answers[0]!.admit();
  answers[1]!.admit();
  await expect.poll(() => asked).toHaveLength(IN_FLIGHT + 2);
  expect(asked.slice(IN_FLIGHT)).toEqual(['192.0.2.1', '192.0.2.2']);
  answers.at(-1)!.admit();
  expect(await other).toMatchObject({ isAdmitted: true });
  expect(told.events).toEqual([]);
  for (let at = 0; at < answers.length; at++) {
    answers[at]!.admit();
    await Promise.resolve();
  }
});

it('is answered 503 when a service that answers others has no time for it', async () => {
  const { told, answers, admit } = rig(20);
  const crowd = Array.from({ length: IN_FLIGHT }, () => admit('192.0.2.1'));
  expect(await admit('192.0.2.2')).toMatchObject(busy);
  for (const one of answers) one.admit();
  for (const verdict of await Promise.all(crowd)) expect(verdict).toMatchObject({ isAdmitted: true });
  expect(told.events).toEqual([]);
});

it('is let in, where that is configured, when a service answers nobody', async () => {
  const { told, asked, answers, admit } = rig(20);
  const crowd = Array.from({ length: IN_FLIGHT + 1 }, () => admit('192.0.2.1'));
  const late = admit('192.0.2.2');
  answers[0]!.fail();
  expect(await crowd[0]).toMatchObject({ isAdmitted: true });
  expect(told.all('auth-service-down')).toMatchObject([{ reason: 'ECONNREFUSED', whenDown: 'admit' }]);
  expect(await late).toMatchObject({ isAdmitted: true });
  expect(asked).toHaveLength(IN_FLIGHT + 1);
});
