import { addressOf } from '../../core/wire/extensions.ts';
import type { CommandResult, MountCommand } from '../../core/edge/switching/command.ts';
import type { StreamInfo } from '../../core/edge/mountpoint/stream-info.ts';
import { basicCredentials, samePassword } from '../http/basic-auth.ts';
import { GuessLimit } from '../http/guess-limit.ts';
import type { RequestHead } from '../http/head.ts';
import type { Reply } from '../http/reply.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import type { RequestTarget } from '../http/request-target.ts';
import { decodeText } from '../http/text.ts';
import { answers, sourceOf, type Answer, type Sources } from './answers.ts';

/** The edge, as operators need it. Mountpoints without their leading slash. */
export interface OperatorDesk {
  command(mount: string, command: MountCommand): CommandResult;
  streamsOf(mount: string): readonly StreamInfo[] | undefined;
  /** What is on air instead of all streams. */
  fallbackOf(mount: string): string | undefined;
}

export interface OperatorPagesOptions {
  readonly desk: OperatorDesk;
  /** Of user "admin"; without one nobody is an operator. */
  readonly password: string | undefined;
  readonly log: Log;
  readonly refusals: Refusals;
}

/** Which method each page takes: what changes something is never a link that somebody follows. */
const pages: ReadonlyMap<string, 'GET' | 'POST'> = new Map([
  ['admin/sources', 'GET'],
  ['admin/switch', 'POST'],
  ['admin/automatic', 'POST'],
]);

/** What an edge answers to its operators: POST /admin/switch?mount=/radio&to=studio-b and the like, in JSON. */
export class OperatorPages {
  readonly #options: OperatorPagesOptions;
  readonly #guesses = new GuessLimit();

  constructor(options: OperatorPagesOptions) {
    this.#options = options;
  }

  /** Undefined when it is another page. `from` is who asks, with its port. */
  answer(request: RequestHead, target: RequestTarget, from: string): Reply | undefined {
    const method = pages.get(target.name);
    if (method === undefined) return undefined;
    const isRight = request.method === method || (method === 'GET' && request.method === 'HEAD');
    if (!isRight) return problem(405, `This takes ${method} only`, [['Allow', method]]);
    const refused = this.#refusal(request, from);
    if (refused !== undefined) return refused;
    const mount = textOf(target, 'mount')?.replace(/^\//, '');
    if (mount === undefined || mount === '') return problem(400, 'Which mountpoint? ?mount=/NAME is missing');
    if (target.name === 'admin/sources') return this.#sources(mount);
    const to = textOf(target, 'to');
    if (to === '') return problem(400, 'to= is empty');
    const command: MountCommand = target.name === 'admin/automatic' ? { kind: 'automatic' } : { kind: 'switch', ...(to !== undefined && { to }) };
    return this.#command(mount, command, from);
  }

  #command(mount: string, command: MountCommand, from: string): Reply {
    const { desk, log } = this.#options;
    const result = desk.command(mount, command);
    const { kind, ...what } = command;
    log({ kind: 'operator', mount, command: kind, ...what, result, from });
    const { status, message } = answers[result];
    const onAir = desk.streamsOf(mount)?.find(({ isOnAir }) => isOnAir)?.id ?? null;
    return json(status, { result, message, mount, onAir } satisfies Answer);
  }

  #sources(mount: string): Reply {
    const { desk } = this.#options;
    const streams = desk.streamsOf(mount);
    if (streams === undefined) return problem(404, answers['no-such-mount'].message);
    return json(200, { mount, fallback: desk.fallbackOf(mount) ?? null, sources: streams.map(sourceOf) } satisfies Sources);
  }

  /** Why whoever asks is not obeyed, or undefined. */
  #refusal({ headers }: RequestHead, from: string): Reply | undefined {
    const { password, refusals } = this.#options;
    if (password === undefined) return problem(403, 'This edge has no operators: it was started without an admin password');
    // A browser that has the password lends it to the forms of any site, and says whose form it was.
    const origin = headers.get('origin');
    if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== headers.get('host')) {
      refusals.count('operator command from a page of another site', from);
      return problem(403, 'Not from a page of another site');
    }
    const given = basicCredentials(headers.get('authorization'));
    if (given !== undefined) {
      const isRight = (): boolean => given.user === 'admin' && samePassword(given.password, password);
      const verdict = this.#guesses.check(addressOf(from), `${given.user}:${given.password}`, performance.now(), isRight);
      if (verdict === 'right') return undefined;
      refusals.count(verdict === 'wait' ? 'too many wrong passwords' : 'wrong admin password', from);
      if (verdict === 'wait') return problem(429, 'Too many wrong passwords: wait a second', [['Retry-After', '1']]);
    }
    return problem(401, 'Operators authenticate as user admin', [['WWW-Authenticate', 'Basic realm="Davecast"']]);
  }
}

function problem(status: number, message: string, headers: Reply['headers'] = []): Reply {
  return { ...json(status, { message }), headers };
}

function json(status: number, value: object): Reply {
  return { status, contentType: 'application/json; charset=UTF-8', body: `${JSON.stringify(value)}\n` };
}

function textOf({ query }: RequestTarget, name: string): string | undefined {
  const value = query.get(name);
  return value === undefined ? undefined : decodeText(value);
}
