import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mountpointProblem } from '../../../core/wire/messages/announce.ts';
import type { Fallback, MountPolicy } from '../../../core/config/mount-policy.ts';
import { isUserName } from '../../cli/options/arguments.ts';
import type { MountListener } from '../../cli/mounts/mount-listeners.ts';
import { stationHeaders } from '../../cli/mounts/mount-sources.ts';
import { percentEncodePath } from '../../http/message/text.ts';
import { formatHost } from '../../net/addresses/address.ts';
import type { StationMount } from '../../station/station-mounts.ts';
import { authOf, type AuthContext } from './listeners.ts';
import type { Reasons, Section } from './section.ts';

/** One `<mount>`. */
export interface IcecastMount {
  readonly name: string;
  readonly source: StationMount;
  readonly policy: MountPolicy;
  /** Who may listen; undefined: everybody. */
  readonly listener?: MountListener;
}

const mountReasons: Reasons = {
  'dump-file': 'streams are not written to files',
  'burst-size': 'the burst is that of <limits>',
  'queue-size': 'the queue is that of <limits>',
  'on-connect': 'no programs are started',
  'on-disconnect': 'no programs are started',
  'http-headers': 'responses have their own headers',
  'mp3-metadata-interval': 'it is icyIntervalBytes, for all mountpoints',
  'icy-metadata-interval': 'it is icyIntervalBytes, for all mountpoints',
  'charset': 'UTF-8 and ISO 8859-1 are recognised', 'bitrate': 'it is that of the audio', 'type': 'it is that of the audio', 'subtype': 'it is that of the audio',
  'no-mount': 'a mountpoint that only serves as a fallback can be heard, too',
  'event-bindings': 'no programs are started',
};

export interface MountContext extends AuthContext {
  /** Where Icecast looks for fallbacks that are files. */
  readonly webroot: string | undefined;
}

/** Undefined for one that is no mountpoint of its own. */
export function mountOf(section: Section, context: MountContext): IcecastMount | undefined {
  const { attributes: { type = 'normal' } } = section.element;
  if (type !== 'normal') {
    tellOfDefault(section, type);
    return undefined;
  }
  const name = nameIn(section, 'mount-name');
  if (name === undefined) throw section.error('mount-name', 'is missing');
  const user = section.text('username');
  if (user !== undefined && !isUserName(user)) throw section.error('username', 'must be a name without a colon');
  const limit = section.number('max-listeners');
  const fallback = nameIn(section, 'fallback-mount');
  const override = section.flag('fallback-override');
  if (override === false) section.note('fallback-override', '0 is not honoured: listeners return from the fallback to the stream');
  // As Icecast has it by default.
  else if (override === undefined && fallback !== undefined) section.note('fallback-mount', 'without <fallback-override> is as with it: listeners return from the fallback to the stream');
  section.refuse('hidden', 'all mountpoints are listed on the status page');
  section.refuse('fallback-when-full', 'a listener beyond the limit is answered 403');
  section.skip('public', 'no-yp');
  const headers = Object.entries(stationHeaders).flatMap(([key, header]) => {
    const value = section.text(key === 'genre' ? key : `stream-${key}`);
    return value === undefined ? [] : [[header, value] as const];
  });
  const intro = section.text('intro');
  const authentication = section.sections('authentication').at(-1);
  const { auth, sourceAuth, timeoutS } = authentication === undefined ? {} : authOf(authentication, context);
  const settings = {
    ...(limit !== undefined && limit >= 0 && section.setting('max-listeners', 'maxListeners')),
    ...section.setting('max-listener-duration', 'listenerDurationMs', 1_000),
    ...(timeoutS !== undefined && section.settingFor('authentication', timeoutS, 'listenerAuthTimeoutMs', 1_000)),
  };
  const policy: MountPolicy = {
    ...(intro !== undefined && { intro: context.webroot === undefined ? resolve(intro) : join(context.webroot, intro) }),
    ...(fallback !== undefined && { fallback: fallbackOf(fallback, context.webroot) }),
    ...(Object.keys(settings).length > 0 && { settings }),
  };
  const password = section.text('password');
  section.tellRest(mountReasons);
  return { name, source: { ...(user !== undefined && { user }), password, ...(sourceAuth !== undefined && { auth: sourceAuth }), headers }, policy, ...(auth !== undefined && { listener: { auth } }) };
}

/**
 * Of all mountpoints that have no `<mount>` of their own: there is nothing like that here. Where it says who may listen or send, the station does not start: streams that
 * are for some would be for everybody.
 */
function tellOfDefault(section: Section, type: string): void {
  const { children } = section.element;
  const help = 'give each mountpoint a <mount> of its own';
  if (children.some(({ name }) => name === 'authentication')) throw section.error('authentication', `of <mount type="${type}"> cannot be honoured: ${help}, with <authentication>, and take it out here`);
  const names = [...new Set(children.map(({ name }) => `<${name}>`))];
  section.noteSelf(`type="${type}" is not honoured${names.length > 0 ? `, with ${names.join(', ')}` : ''}: ${help}`);
}

/** A mountpoint that is pulled from another server. */
export interface IcecastRelay {
  readonly mount: string;
  readonly url: URL;
}

export function relayOf(section: Section): IcecastRelay {
  const server = section.text('server');
  const mount = nameIn(section, 'mount');
  if (server === undefined) throw section.error('server', 'is missing');
  if (mount === undefined) throw section.error('mount', 'is missing');
  const text = `http://${formatHost(server)}:${section.number('port') ?? 8_000}/${percentEncodePath(mount)}`;
  if (!URL.canParse(text)) throw section.error('server', `and <port> are no address: ${text}`);
  const url = new URL(text);
  url.username = section.text('username') ?? '';
  url.password = section.text('password') ?? '';
  section.refuse('on-demand', 'the stream is pulled all the time');
  if (section.flag('relay-shoutcast-metadata') === false) section.note('relay-shoutcast-metadata', '0 is not honoured: titles are always taken');
  const local = nameIn(section, 'local-mount') ?? mount;
  section.tellRest({ 'bind': 'the system chooses the address', 'master': 'each server needs a <relay> of its own' });
  return { mount: local, url };
}

/** A mountpoint's name without its leading slash. */
export function nameIn(section: Section, element: string): string | undefined {
  const name = section.text(element)?.replace(/^\//, '');
  const problem = name === undefined ? undefined : mountpointProblem(name);
  if (problem !== undefined) throw section.error(element, `cannot be /${name}: ${problem}`);
  return name;
}

function fallbackOf(name: string, webroot: string | undefined): Fallback {
  const file = webroot === undefined ? undefined : join(webroot, name);
  return file !== undefined && existsSync(file) ? { file } : { mount: name };
}
