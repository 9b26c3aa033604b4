import { dirname, resolve } from 'node:path';
import type { ListenerAuth } from './listener-auth.ts';
import { JsonReader, keyText } from './json-reader.ts';
import type { Option } from './options.ts';

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
export function listenersIn(file: string, mounts: unknown): MountListeners {
  const read = new ListenerReader(file);
  const listeners = new Map<string, MountListener>();
  read.each('mounts', mounts, (key, where, value) => {
    const found = read.entries(where, value).find(([inside]) => inside === LISTENERS_KEY);
    if (found !== undefined) listeners.set(read.mount(where, key), read.listener(keyText(where, LISTENERS_KEY), found[1]));
  });
  return listeners;
}

class ListenerReader extends JsonReader {
  listener(where: string, value: unknown): MountListener {
    let listener: MountListener = {};
    this.each(where, value, (key, inside, one) => (listener = this.#with(listener, key, inside, one)));
    return listener;
  }

  #with(listener: MountListener, key: string, inside: string, value: unknown): MountListener {
    if (key === 'allow' || key === 'deny') return { ...listener, [key]: this.#file(inside, value) };
    if (key === 'auth') return { ...listener, auth: this.#auth(inside, value) };
    throw this.error(inside, 'unknown key: listeners have allow, deny, auth');
  }

  #auth(where: string, value: unknown): ListenerAuth {
    const keys = this.entries(where, value).map(([key]) => key);
    if (keys.includes('htpasswd')) return this.#htpasswd(where, value);
    throw this.error(where, 'must have htpasswd');
  }

  #htpasswd(where: string, value: unknown): ListenerAuth {
    let auth: ListenerAuth = { kind: 'htpasswd', file: '', onePerUser: false };
    this.each(where, value, (key, inside, one) => {
      if (key === 'htpasswd') auth = { ...auth, file: this.#file(inside, one) };
      else if (key === 'onePerUser') auth = { ...auth, onePerUser: this.flag(inside, one) };
      else throw this.error(inside, 'unknown key: with htpasswd there is onePerUser');
    });
    return auth;
  }

  /** A relative path starts at the directory of the configuration file. */
  #file(where: string, value: unknown): string {
    return resolve(dirname(this.file), this.text(where, value));
  }
}
