import type { HeaderList } from '../../../core/wire/messages/headers.ts';
import { DEFAULT_AUTH_HEADER, type SourceAuthConfig } from '../../icecast/auth-service/source-auth.ts';
import type { Endpoint } from '../../net/addresses/address.ts';
import { icecastUrl, isUserName, targetEndpoint } from '../options/arguments.ts';
import { JsonReader } from '../json-reader.ts';
import type { YamlDocument } from '../yaml/document.ts';

/** What an encoder is told of the source of one mountpoint; what is not given is as for all others. */
export interface MountSource {
  /** What source clients that push it are called, and their password. */
  readonly user?: string;
  readonly password?: string;
  /** A web service that knows them, or is told when there are any. */
  readonly auth?: SourceAuthConfig;
  /** It is pulled from there. */
  readonly from?: URL;
  readonly to?: readonly Endpoint[];
  readonly origin?: string;
  readonly title?: string;
  readonly headers?: HeaderList;
}

/** By the names of mountpoints, without their leading slash. */
export type MountSources = ReadonlyMap<string, MountSource>;

/** The key of a mountpoint in a configuration file that an encoder reads; edges read the others. */
export const SOURCE_KEY = 'source';

/** What listeners are told of a station: option or key, and header. */
export const stationHeaders: Readonly<Record<string, string>> = { name: 'Icy-Name', genre: 'Icy-Genre', description: 'Icy-Description', url: 'Icy-Url' };

/** The mountpoints of a configuration file that have a source. Throws a UsageError that names file and key of all that is wrong. */
export function sourcesIn(document: YamlDocument, mounts: unknown): MountSources {
  const read = new SourceReader(document);
  return read.ofMounts(mounts, SOURCE_KEY, (where, value) => read.source(where, value));
}

const serviceKeys = ['streamAuth', 'mountAdd', 'mountRemove', 'username', 'password', 'authHeader', 'server'];
const sourceKeys = ['user', 'password', 'auth', 'from', 'to', 'origin', 'title', ...Object.keys(stationHeaders)];

class SourceReader extends JsonReader {
  source(where: string, value: unknown): MountSource {
    let source: MountSource = {};
    this.each(where, value, (key, inside, one) => (source = this.#with(source, key, inside, one)));
    return source;
  }

  #with(source: MountSource, key: string, inside: string, value: unknown): MountSource {
    if (key === 'user') return { ...source, user: this.#user(inside, value) };
    if (key === 'password') return { ...source, password: this.text(inside, value) };
    if (key === 'auth') return { ...source, auth: this.#auth(inside, value) };
    if (key === 'from') return { ...source, from: icecastUrl(this.label(inside), this.text(inside, value)) };
    if (key === 'to') return { ...source, to: this.#targets(inside, value) };
    if (key === 'origin') return { ...source, origin: this.origin(inside, value) };
    if (key === 'title') return { ...source, title: this.text(inside, value) };
    const header = Object.hasOwn(stationHeaders, key) ? stationHeaders[key] : undefined;
    if (header !== undefined) return { ...source, headers: [...(source.headers ?? []), [header, this.text(inside, value)]] };
    throw this.unknown(inside, key, 'a source has', sourceKeys);
  }

  #auth(where: string, value: unknown): SourceAuthConfig {
    let auth: SourceAuthConfig | undefined;
    this.each(where, value, (key, inside, one) => {
      if (key !== 'url') throw this.unknown(inside, key, 'auth of a source has', ['url']);
      auth = this.#service(inside, one);
    });
    if (auth === undefined) throw this.error(where, 'must have url');
    return auth;
  }

  #service(where: string, value: unknown): SourceAuthConfig {
    let auth: SourceAuthConfig = { authHeader: DEFAULT_AUTH_HEADER };
    const login = { user: '', password: '' };
    this.each(where, value, (key, inside, one) => {
      if (!serviceKeys.includes(key)) throw this.unknown(inside, key, 'url of a source has', serviceKeys);
      if (key === 'username') login.user = this.text(inside, one);
      else if (key === 'password') login.password = this.text(inside, one);
      else auth = { ...auth, [key]: key === 'authHeader' || key === 'server' ? this.text(inside, one) : this.service(inside, one) };
    });
    if (auth.streamAuth === undefined && auth.mountAdd === undefined && auth.mountRemove === undefined) throw this.error(where, 'must have streamAuth, mountAdd or mountRemove');
    return login.user === '' && login.password === '' ? auth : { ...auth, login };
  }

  #user(where: string, value: unknown): string {
    const user = this.text(where, value);
    if (!isUserName(user)) throw this.error(where, 'must be a name without a colon');
    return user;
  }

  #targets(where: string, value: unknown): readonly Endpoint[] {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0) throw this.error(where, 'must be a target or a list of targets');
    return list.map((each: unknown) => targetEndpoint(this.label(where), this.text(where, each)));
  }
}
