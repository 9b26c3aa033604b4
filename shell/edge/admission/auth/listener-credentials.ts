import { basicCredentials, type Credentials } from '../../../http/auth/basic-auth.ts';
import type { HttpRequest } from '../../../http/request.ts';
import { textOf } from '../../../http/message/request-target.ts';

/** Those of an Authorization header, or else of the address, as players have them that cannot send the header: `/radio?user=x&pass=y`. */
export function credentialsOf({ head, target }: HttpRequest): Credentials | undefined {
  const basic = basicCredentials(head.headers.get('authorization'));
  if (basic !== undefined) return basic;
  const [user, password] = [textOf(target, 'user'), textOf(target, 'pass')];
  return user === undefined && password === undefined ? undefined : { user: user ?? '', password: password ?? '' };
}
