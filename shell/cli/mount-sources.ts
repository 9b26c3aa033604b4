import type { HeaderList } from '../../core/wire/headers.ts';
import { parseEndpoint, type Endpoint } from '../net/address.ts';
import { icecastUrl } from './arguments.ts';
import { JsonReader } from './json-reader.ts';
import { keyText, type YamlDocument } from '../yaml/document.ts';

/** What an encoder is told of the source of one mountpoint; what is not given is as for all others. */
export interface MountSource {
  /** What source clients that push it are called, and their password. */
  readonly user?: string;
  readonly password?: string;
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
  const sources = new Map<string, MountSource>();
  read.each('mounts', mounts, (key, where, value) => {
    const source = read.entries(where, value).find(([inside]) => inside === SOURCE_KEY);
    if (source !== undefined) sources.set(read.mount(where, key), read.source(keyText(where, SOURCE_KEY), source[1]));
  });
  return sources;
}

const sourceKeys = ['user', 'password', 'from', 'to', 'origin', 'title', ...Object.keys(stationHeaders)];

class SourceReader extends JsonReader {
  source(where: string, value: unknown): MountSource {
    let source: MountSource = {};
    this.each(where, value, (key, inside, one) => (source = this.#with(source, key, inside, one)));
    return source;
  }

  #with(source: MountSource, key: string, inside: string, value: unknown): MountSource {
    if (key === 'user') return { ...source, user: this.#user(inside, value) };
    if (key === 'password') return { ...source, password: this.text(inside, value) };
    if (key === 'from') return { ...source, from: icecastUrl(this.label(inside), this.text(inside, value)) };
    if (key === 'to') return { ...source, to: this.#targets(inside, value) };
    if (key === 'origin') return { ...source, origin: this.origin(inside, value) };
    if (key === 'title') return { ...source, title: this.text(inside, value) };
    const header = Object.hasOwn(stationHeaders, key) ? stationHeaders[key] : undefined;
    if (header !== undefined) return { ...source, headers: [...(source.headers ?? []), [header, this.text(inside, value)]] };
    throw this.unknown(inside, key, 'a source has', sourceKeys);
  }

  #user(where: string, value: unknown): string {
    const user = this.text(where, value);
    if (user === '' || user.includes(':')) throw this.error(where, 'must be a name without a colon');
    return user;
  }

  #targets(where: string, value: unknown): readonly Endpoint[] {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0) throw this.error(where, 'must be a target or a list of targets');
    return list.map((each: unknown) => {
      const text = this.text(where, each);
      const endpoint = parseEndpoint(text);
      if (endpoint === undefined) throw this.error(where, `must have HOST:PORT or HOST@PORT, not "${text}"`);
      return endpoint;
    });
  }
}
