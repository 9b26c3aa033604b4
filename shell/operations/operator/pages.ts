import type { CommandResult, MountCommand } from '../../../core/edge/switching/operator/command.ts';
import type { EndedMount } from '../../../core/edge/edge.ts';
import type { StreamInfo } from '../../../core/edge/mountpoint/stream-info.ts';
import type { Guard } from '../../http/auth/guards.ts';
import { finish, formatReply, jsonReply, jsonVoice, type Reply } from '../../http/message/reply.ts';
import type { Log } from '../../log/log.ts';
import { mountIn, textOf, type RequestTarget } from '../../http/message/request-target.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { Route } from '../../http/router.ts';
import type { Reload, ReloadResult } from '../../process/app.ts';
import type { OperatorGuard } from './allowed.ts';
import { answers, endedOf, sourceOf, type Answer, type Sources } from './answers.ts';

/** The edge, as operators need it. Mountpoints without their leading slash. */
export interface OperatorApi {
  command(mount: string, command: MountCommand): CommandResult;
  streamsOf(mount: string): readonly StreamInfo[] | undefined;
  /** A mountpoint that has ended, and when by the clock on the wall. */
  endedMount(mount: string): { readonly mount: EndedMount; readonly at: Date } | undefined;
  /** What is on air instead of all streams. */
  fallbackOf(mount: string): string | undefined;
  /** It is not taken in, and starts when somebody listens. */
  startsOnDemand(mount: string): boolean;
}

export interface OperatorPagesOptions {
  readonly api: OperatorApi;
  /** Undefined: there is nothing to be read again. */
  readonly reload?: Reload | undefined;
  readonly allowed: OperatorGuard;
  readonly log: Log;
  /** Keeps what is recorded, and says in which file; undefined: it cannot be. Without it nothing is recorded, and there is no such page. */
  readonly keepRecording?: (() => Promise<string | undefined>) | undefined;
}

/** What an edge answers to its operators: POST /admin/switch?mount=/radio&to=studio-b and the like, in JSON. What changes something is never a link that somebody follows. */
export function operatorRoutes(options: OperatorPagesOptions): readonly Route[] {
  const voice = jsonVoice;
  const { keepRecording } = options;
  const [who, whoChanges] = [false, true].map((isChange) => options.allowed({ voice, isChange })) as [Guard, Guard];
  return [
    { at: 'admin/sources', methods: ['GET'], who, voice, handle: ({ target }) => sources(target, options) },
    { at: 'admin/switch', methods: ['POST'], who: whoChanges, voice, handle: (request) => switchTo(request, options) },
    { at: 'admin/automatic', methods: ['POST'], who: whoChanges, voice, handle: (request) => command(request, { kind: 'automatic' }, options) },
    ...(keepRecording === undefined ? [] : [{ at: 'admin/dump', methods: ['POST'], who: whoChanges, voice, handle: (request: HttpRequest) => dump(request, keepRecording) }]),
    reloadRoute(options),
  ];
}

/** POST /admin/reload: reads the configuration again. Answered when it is done: 200, or 400 where the configuration is wrong and nothing has changed. */
export function reloadRoute({ reload, allowed }: Pick<OperatorPagesOptions, 'reload' | 'allowed'>): Route {
  const voice = jsonVoice;
  return { at: 'admin/reload', methods: ['POST'], who: allowed({ voice, isChange: true }), voice, handle: (request) => readAgain(request, reload) };
}

/** The answer comes when the file is written, or when it is clear that it cannot be. */
function dump({ socket, head }: HttpRequest, keepRecording: () => Promise<string | undefined>): 'taken' {
  void keepRecording().then((file) => {
    const reply = file === undefined ? jsonVoice(500, 'the recording could not be kept: the log says why') : jsonReply(200, { message: `recording kept: ${file}`, file });
    finish(socket, formatReply(reply, head.method));
  });
  return 'taken';
}

function sources(target: RequestTarget, { api }: OperatorPagesOptions): Reply {
  const mount = mountIn(target);
  if (mount === undefined) return noMount;
  const streams = api.streamsOf(mount);
  if (streams !== undefined) return jsonReply(200, { mount, fallback: api.fallbackOf(mount) ?? null, sources: streams.map(sourceOf), ended: null } satisfies Sources);
  if (api.startsOnDemand(mount)) return jsonVoice(404, `/${mount} is not taken in: it starts when its first listener asks`);
  const ended = api.endedMount(mount);
  return ended === undefined ? jsonVoice(404, answers['no-such-mount'].message) : jsonReply(200, endedOf(ended.mount, ended.at));
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

function readAgain({ socket, from }: HttpRequest, reload: Reload | undefined): Reply | 'taken' {
  if (reload === undefined) return jsonVoice(409, 'There is no configuration file to be read again: the process was started without --config');
  void reload(from).then((result) => finish(socket, formatReply(reloadReply(result))));
  return 'taken';
}

/** `message` is the same for people. */
function reloadReply(result: ReloadResult): Reply {
  if (!result.isApplied) return jsonReply(400, { message: `Nothing has changed. ${result.problems.join('; ')}`, problems: result.problems });
  const { changed, needRestart } = result;
  const restart = needRestart.length === 0 ? '' : `. Cannot change while the process runs: ${needRestart.join(', ')}`;
  return jsonReply(200, { message: `Changed: ${changed.join(', ') || 'nothing'}${restart}`, changed, needRestart });
}

const noMount = jsonVoice(400, 'Parameter is missing: ?mount=/NAME');
