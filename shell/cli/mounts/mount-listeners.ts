import { urlAuthDefaults, type HtpasswdConfig, type ListenerAuth, type UrlAuthConfig } from './listener-auth.ts';
import { JsonReader } from '../json-reader.ts';
import type { Option } from '../options/options.ts';
import type { YamlDocument } from '../yaml/document.ts';

/** Who may listen to one mountpoint. */
export interface MountListener {
  /** File of ranges of addresses: only these may listen. */
  readonly allow?: string;
  /** File of ranges of addresses that may not. */
  readonly deny?: string;
  /** They have to say who they are. */
  readonly auth?: ListenerAuth;
}

/** By the names of mountpoints, without their leading slash. */
export type MountListeners = ReadonlyMap<string, MountListener>;

/** The key of a mountpoint in a configuration file that says who may listen. */
export const LISTENERS_KEY = 'listeners';

export const listenerOptions: readonly Option[] = [
  { name: 'listener-allow', value: 'FILE', help: 'only addresses in this file may listen: ranges such as 192.0.2.0/24 or 2001:db8::/32, one a line. It is read again when it changes, and at SIGHUP (default: all addresses may)' },
  { name: 'listener-deny', value: 'FILE', help: 'addresses in this file may not listen, even if --listener-allow has them. It is read again when it changes, and at SIGHUP' },
];

/** The mountpoints of a configuration file with what it says of their listeners. Throws a UsageError that names file and key of all that is wrong. */
export function listenersIn(document: YamlDocument, mounts: unknown): MountListeners {
  const read = new ListenerReader(document);
  return read.ofMounts(mounts, LISTENERS_KEY, (where, value) => read.listener(where, value));
}

class ListenerReader extends JsonReader {
  listener(where: string, value: unknown): MountListener {
    let listener: MountListener = {};
    this.each(where, value, (key, inside, one) => (listener = this.#with(listener, key, inside, one)));
    return listener;
  }

  #with(listener: MountListener, key: string, inside: string, value: unknown): MountListener {
    if (key === 'allow' || key === 'deny') return { ...listener, [key]: this.path(inside, value) };
    if (key === 'auth') return { ...listener, auth: this.#auth(inside, value) };
    throw this.unknown(inside, key, 'listeners have', ['allow', 'deny', 'auth']);
  }

  #auth(where: string, value: unknown): ListenerAuth {
    const methods: (HtpasswdConfig | UrlAuthConfig)[] = [];
    const once: { onePerUser?: boolean } = {};
    this.each(where, value, (key, inside, one) => {
      if (key === 'onePerUser') once.onePerUser = this.flag(inside, one);
      else if (key === 'htpasswd') methods.push({ kind: 'htpasswd', file: this.path(inside, one) });
      else if (key === 'url') methods.push(this.#url(inside, one));
      else throw this.unknown(inside, key, 'auth has', ['htpasswd', 'url', 'onePerUser']);
    });
    const [method, ...others] = methods;
    if (method === undefined || others.length > 0) throw this.error(where, 'must have either htpasswd or url');
    return { ...method, ...once };
  }

  #url(where: string, value: unknown): UrlAuthConfig {
    let auth: UrlAuthConfig = urlAuthDefaults;
    const login = { user: '', password: '' };
    this.each(where, value, (key, inside, one) => {
      if (key === 'username') login.user = this.text(inside, one);
      else if (key === 'password') login.password = this.text(inside, one);
      else auth = { ...auth, ...this.#urlPart(key, inside, one) };
    });
    if (auth.add === undefined && auth.remove === undefined) throw this.error(where, 'must have listenerAdd or listenerRemove');
    return login.user === '' && login.password === '' ? auth : { ...auth, login };
  }

  #urlPart(key: string, inside: string, one: unknown): Partial<UrlAuthConfig> {
    switch (key) {
      case 'listenerAdd': return { add: this.service(inside, one) };
      case 'listenerRemove': return { remove: this.service(inside, one) };
      case 'authHeader': case 'headerPrefix': case 'server': return { [key]: this.text(inside, one) };
      case 'timelimitHeader': return { timelimitHeader: this.#headerBegin(inside, one) };
      case 'headers': return { headers: this.#headers(inside, one) };
      case 'whenDown': return { whenDown: this.#whenDown(inside, one) };
      default: throw this.unknown(inside, key, 'url has', ['listenerAdd', 'listenerRemove', 'username', 'password', 'whenDown', 'authHeader', 'timelimitHeader', 'headers', 'headerPrefix', 'server']);
    }
  }

  #headerBegin(where: string, value: unknown): string {
    const text = this.text(where, value);
    if (!text.includes(':')) throw this.error(where, 'must be the name of a header with a colon behind it');
    return text;
  }

  #headers(where: string, value: unknown): readonly string[] {
    if (!Array.isArray(value)) throw this.error(where, 'must be a list of names of headers');
    return value.map((each: unknown) => this.text(where, each));
  }

  #whenDown(where: string, value: unknown): 'refuse' | 'admit' {
    if (value !== 'refuse' && value !== 'admit') throw this.error(where, 'must be "refuse" or "admit"');
    return value;
  }
}
