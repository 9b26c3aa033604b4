import { urlAuthDefaults, type ListenerAuth, type UrlAuthConfig } from '../../cli/mounts/listener-auth.ts';
import { DEFAULT_AUTH_HEADER, type SourceAuthConfig } from '../auth-service/source-auth.ts';
import { serviceUrl } from '../../cli/options/arguments.ts';
import type { Section } from './section.ts';

/** How listeners of a `<mount>` authenticate. */
export interface IcecastAuth {
  readonly auth?: ListenerAuth;
  /** Of its source clients. */
  readonly sourceAuth?: SourceAuthConfig;
  /** That of an Icecast-KH. */
  readonly timeoutS?: number;
}

/** Why options that are known are not honoured. */
const optionReasons: Readonly<Record<string, string>> = {
  'stream_start': 'it is mount_add', 'stream_end': 'it is mount_remove',
  'action_add': 'it is listener_add', 'action_remove': 'it is listener_remove',
  'handlers': '32 requests at a time are made', 'stop_req_duration': 'a service that is down is left alone for 10 s', 'redirect_page': 'nobody is sent to another page',
};

export interface AuthContext {
  /** What services are told that this server is called. */
  readonly server: string | undefined;
  /** Finds files. */
  readonly from: (text: string) => string;
}

/** Reads an `<authentication>`. Throws a UsageError with its line. */
export function authOf(section: Section, context: AuthContext): IcecastAuth {
  const { type } = section.element.attributes;
  if (type === 'htpasswd') return htpasswdOf(section, context);
  if (type === 'url') return urlOf(section, context);
  section.noteSelf(type === undefined ? 'without type is not honoured: url and htpasswd are' : `type="${type}" is not honoured: url and htpasswd are`);
  return {};
}

function htpasswdOf(section: Section, { from }: AuthContext): IcecastAuth {
  const options = new Options(section);
  const file = options.text('filename');
  if (file === undefined) throw section.errorSelf('type="htpasswd" needs <option name="filename" value="…"/>');
  const once = onceOf(options);
  options.tellRest();
  return { auth: { kind: 'htpasswd', file: from(file), ...once } };
}

function urlOf(section: Section, { server }: AuthContext): IcecastAuth {
  const options = new Options(section);
  const [add, remove] = [options.url('listener_add'), options.url('listener_remove')];
  const [streamAuth, mountAdd, mountRemove] = [options.url('stream_auth'), options.url('mount_add'), options.url('mount_remove')];
  const [user, password] = [options.text('username'), options.text('password')];
  const [authHeader, timelimitHeader, headers, headerPrefix] = ['auth_header', 'timelimit_header', 'headers', 'header_prefix'].map((name) => options.text(name));
  const timeoutS = options.number('timeout');
  const once = onceOf(options);
  const isOpen = options.text('presume_innocent') === '1';
  options.tellRest();
  const service = {
    ...((user !== undefined || password !== undefined) && { login: { user: user ?? '', password: password ?? '' } }),
    ...(authHeader !== undefined && { authHeader }),
    ...(server !== undefined && { server }),
  };
  const isOfSources = streamAuth !== undefined || mountAdd !== undefined || mountRemove !== undefined;
  const sourceAuth: SourceAuthConfig = { authHeader: DEFAULT_AUTH_HEADER, ...service, ...(streamAuth !== undefined && { streamAuth }), ...(mountAdd !== undefined && { mountAdd }), ...(mountRemove !== undefined && { mountRemove }) };
  const ofSources = isOfSources && { sourceAuth };
  if (add === undefined && remove === undefined) return { ...ofSources };
  const auth: UrlAuthConfig = {
    ...urlAuthDefaults,
    ...(add !== undefined && { add }),
    ...(remove !== undefined && { remove }),
    ...service,
    // Icecast takes a name without its colon as well.
    ...(timelimitHeader !== undefined && { timelimitHeader: timelimitHeader.includes(':') ? timelimitHeader : `${timelimitHeader}:` }),
    ...(headers !== undefined && { headers: headers.split(',').map((name) => name.trim()).filter((name) => name !== '') }),
    ...(headerPrefix !== undefined && { headerPrefix }),
    ...(isOpen && { whenDown: 'admit' }),
  };
  return { ...ofSources, auth: { ...auth, ...once }, ...(timeoutS !== undefined && { timeoutS }) };
}

function onceOf(options: Options): { readonly onePerUser?: true } {
  return options.text('allow_duplicate_users') === '0' ? { onePerUser: true } : {};
}

/** `<option name="…" value="…"/>`. Of options that are there twice the last one counts. */
class Options {
  readonly #sections: readonly Section[];
  readonly #read = new Set<string>();

  constructor(section: Section) {
    this.#sections = section.sections('option');
    section.tellRest({});
  }

  /** Undefined when it is not there, or empty. */
  text(name: string): string | undefined {
    return this.#find(name)?.element.attributes['value'] || undefined;
  }

  /** Throws a UsageError when it is none. */
  url(name: string): URL | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const url = serviceUrl(text);
    if (url === undefined) throw this.#find(name)!.errorSelf(`name="${name}" must be an address such as http://host/path or https://host/path`);
    return url;
  }

  /** Throws a UsageError when it is none. */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,9}$/.test(text)) throw this.#find(name)!.errorSelf(`name="${name}" must be a whole number, not "${text}"`);
    return Number(text);
  }

  tellRest(): void {
    for (const section of this.#sections) {
      const { name = '' } = section.element.attributes;
      if (!this.#read.has(name)) section.noteSelf(`name="${name}" is not honoured: ${Object.hasOwn(optionReasons, name) ? optionReasons[name] : 'unknown'}`);
    }
  }

  #find(name: string): Section | undefined {
    this.#read.add(name);
    return this.#sections.findLast(({ element }) => element.attributes['name'] === name);
  }
}
