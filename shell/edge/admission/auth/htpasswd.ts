import type { HtpasswdConfig } from '../../../cli/mounts/listener-auth.ts';
import { readLines } from '../../../process/files/lines.ts';
import type { Content, ReloadedFile, ReloadedFiles } from '../../../process/files/reloaded-files.ts';
import type { Refusal } from '../../../log/events.ts';
import type { Reply } from '../../../http/message/reply.ts';
import type { Admitted, Authenticator, NotAdmitted, Unknown } from './authenticator.ts';
import { loginNeeded } from './login-needed.ts';
import { refusalReply } from './refusal-reply.ts';
import { hashProblem } from './password-hash.ts';
import type { PasswordChecker } from './password-checker.ts';

const slowDown = refusalReply(403, 'Too many wrong passwords: try again in a second');
const busy = refusalReply(503, 'Too many listeners wait for their password to be checked: try again', [['Retry-After', '5']]);

/** Admits whoever has the password of a user in a file. */
export class Htpasswd implements Authenticator {
  readonly #users: ReloadedFile<ReadonlyMap<string, string>>;
  readonly #checker: PasswordChecker;

  constructor({ file }: HtpasswdConfig, files: ReloadedFiles, checker: PasswordChecker) {
    this.#users = files.add(file, usersIn);
    this.#checker = checker;
  }

  async admit({ credentials, request, isGone }: Unknown): Promise<Admitted | NotAdmitted> {
    if (credentials === undefined) return refusedFor('no user and password', loginNeeded);
    const { user, password } = credentials;
    // Also one who is not in the file is somebody who guesses.
    const hash = this.#users.value.get(user) ?? NO_HASH;
    const verdict = await this.#checker.check({ password, hash }, request.client.address, isGone);
    if (verdict === 'wait') return refusedFor('too many wrong passwords', slowDown, 'too many wrong passwords');
    if (verdict === 'busy') return refusedFor('too many wait for their password to be checked', busy, 'too many listeners wait to be authenticated');
    if (verdict === 'wrong') return refusedFor('wrong password', loginNeeded, 'wrong listener password');
    return { isAdmitted: true };
  }

  restore(): undefined {
    return undefined;
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

/** No password has it. */
const NO_HASH = '0'.repeat(32);

function refusedFor(why: string, reply: Reply, refusal?: Refusal): NotAdmitted {
  return { isAdmitted: false, reply, why, ...(refusal !== undefined && { refusal }) };
}

async function usersIn(text: string, file: string): Promise<Content<ReadonlyMap<string, string>>> {
  const users = new Map<string, string>();
  await readLines(text, file, (line) => {
    const [user = '', hash = ''] = line.split(':');
    if (user === '' || hash === '') return 'must be USER:HASH';
    const problem = hashProblem(hash);
    if (problem !== undefined) return `user "${user}" ${problem}`;
    if (users.has(user)) return `user "${user}" is given twice`;
    users.set(user, hash);
    return undefined;
  });
  return { value: users, entries: users.size };
}
