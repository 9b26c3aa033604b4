import type { CommandResult, MountCommand } from '../../core/edge/switching/command.ts';
import type { StreamInfo } from '../../core/edge/mountpoint/stream-info.ts';
import { basicCredentials } from '../http/basic-auth.ts';
import { withPassword, type Guard } from '../http/guards.ts';
import { jsonReply, jsonVoice, type Reply } from '../http/reply.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import { textOf, type RequestTarget } from '../http/request-target.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Route } from '../http/router.ts';
import { answers, sourceOf, type Answer, type Sources } from './answers.ts';

/** The edge, as operators need it. Mountpoints without their leading slash. */
export interface OperatorApi {
  command(mount: string, command: MountCommand): CommandResult;
  streamsOf(mount: string): readonly StreamInfo[] | undefined;
  /** What is on air instead of all streams. */
  fallbackOf(mount: string): string | undefined;
}

export interface OperatorPagesOptions {
  readonly api: OperatorApi;
  /** Of user "admin"; without one nobody is an operator. */
  readonly password: string | undefined;
  readonly log: Log;
  readonly refusals: Refusals;
}

/** What an edge answers to its operators: POST /admin/switch?mount=/radio&to=studio-b and the like, in JSON. What changes something is never a link that somebody follows. */
export function operatorRoutes(options: OperatorPagesOptions): readonly Route[] {
  const who = operators(options);
  const voice = jsonVoice;
  return [
    { at: 'admin/sources', methods: ['GET'], who, voice, handle: ({ target }) => sources(target, options) },
    { at: 'admin/switch', methods: ['POST'], who, voice, handle: (request) => switchTo(request, options) },
    { at: 'admin/automatic', methods: ['POST'], who, voice, handle: (request) => command(request, { kind: 'automatic' }, options) },
  ];
}

/** Whoever has the password, and does not ask from a page of another site. */
function operators({ password, refusals }: OperatorPagesOptions): Guard {
  if (password === undefined) return () => jsonVoice(403, 'Operator commands are disabled: the edge was started without an admin password');
  const hasPassword = withPassword({
    passwordsFor: () => [password],
    isUser: (user) => user === 'admin',
    credentialsOf: ({ head }) => basicCredentials(head.headers.get('authorization')),
    refused: (why, from) => {
      if (why !== 'missing') refusals.count(why === 'wait' ? 'too many wrong passwords' : 'wrong admin password', from);
    },
    voice: jsonVoice,
    needed: 'Authenticate as user admin',
  });
  return (request) => {
    const { headers } = request.head;
    // A browser that has the password lends it to the forms of any site, and says whose form it was.
    const origin = headers.get('origin');
    if (origin === undefined || origin.replace(/^https?:\/\//, '') === headers.get('host')) return hasPassword(request);
    refusals.count('operator command from a page of another site', request.from);
    return jsonVoice(403, 'Refused: the request comes from a page of another site');
  };
}

function sources(target: RequestTarget, { api }: OperatorPagesOptions): Reply {
  const mount = mountIn(target);
  if (mount === undefined) return noMount;
  const streams = api.streamsOf(mount);
  if (streams === undefined) return jsonVoice(404, answers['no-such-mount'].message);
  return jsonReply(200, { mount, fallback: api.fallbackOf(mount) ?? null, sources: streams.map(sourceOf) } satisfies Sources);
}

function switchTo(request: HttpRequest, options: OperatorPagesOptions): Reply {
  const to = textOf(request.target, 'to');
  if (to === '' && mountIn(request.target) !== undefined) return jsonVoice(400, 'Parameter to= is empty');
  return command(request, { kind: 'switch', ...(to !== undefined && { to }) }, options);
}

function command({ target, from }: HttpRequest, command: MountCommand, { api, log }: OperatorPagesOptions): Reply {
  const mount = mountIn(target);
  if (mount === undefined) return noMount;
  const result = api.command(mount, command);
  const { kind, ...what } = command;
  log({ kind: 'operator', mount, command: kind, ...what, result, from });
  const { status, message } = answers[result];
  const onAir = api.streamsOf(mount)?.find(({ isOnAir }) => isOnAir)?.id ?? null;
  return jsonReply(status, { result, message, mount, onAir } satisfies Answer);
}

const noMount = jsonVoice(400, 'Parameter is missing: ?mount=/NAME');

/** Without its leading slash; undefined when none is named. */
function mountIn(target: RequestTarget): string | undefined {
  return textOf(target, 'mount')?.replace(/^\//, '') || undefined;
}
